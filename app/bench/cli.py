"""`evoke bench`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from app import screen as virtual
from app.compose import Composer

bench_cli = typer.Typer(help="Measure this computer; nothing passes or fails.")


@bench_cli.callback(invoke_without_command=True)
def everything(context: typer.Context) -> None:
    """Without a name: all of them."""
    if context.invoked_subcommand in (None, "start", "screen", "wizard", "avatar"):
        context.with_resource(virtual.screen())
    if context.invoked_subcommand is None:
        for measure in (features, inference, training, window, start, screen, wizard, avatar):
            measure()


@bench_cli.command()
def features() -> None:
    """Differential entropy of one DEAP subject and of all, against filtering with scipy."""
    from app.bench.features import run, run_whole, sentence

    f = run()
    typer.echo(
        f"features of a subject ({f['windows']:.0f} s x 32 electrodes), one core: "
        f"{f['ours_s']:.3f} s; scipy.signal.lfilter, vectorised, {f['filtering_s']:.3f} s: "
        f"{f['times_faster']:.1f} times faster, {f['largest_difference_bit']:.1e} bit apart"
    )
    typer.echo(sentence(run_whole()))


@bench_cli.command()
def inference(
    model: Annotated[Path | None, typer.Option(help="A checkpoint; else the demo student.")] = None,
) -> None:
    """A network alone: one window from host to host, and many at once."""
    from app.bench.inference import run, sentence

    typer.echo(sentence(run(model)))


@bench_cli.command()
def training(
    epochs: Annotated[int | None, typer.Option(min=1, help="Timed, after a first one.")] = None,
    windows: Annotated[int | None, typer.Option(min=10, help="In all folds together.")] = None,
    folds: Annotated[int | None, typer.Option(min=1, max=5)] = None,
    tf32: Annotated[bool, typer.Option(help="Let the plain loop take TF32 on a GPU.")] = False,
) -> None:
    """Teacher and student of all folds, against a plain PyTorch loop."""
    from app.bench.training import run, sentence, size

    typer.echo(sentence(run(size(folds, windows, epochs), tf32)))


@bench_cli.command()
def window() -> None:
    """One window from samples to emotion."""
    from app.bench.path import window_ms

    composer = Composer()
    m = window_ms(composer)
    typer.echo(
        f"one window, samples to emotion, {composer.classifier().device}: "
        f"median {m['median_ms']:.2f} ms, p95 {m['p95_ms']:.2f} ms"
    )


@bench_cli.command()
def start() -> None:
    """From the command to the first painted window, and what was imported by then."""
    from app.bench.window import start_s

    m = start_s()
    typer.echo(
        f"start to first painted window: {m['cold_s']:.2f} s, warm {m['warm_s']:.2f} s; "
        f"imported by then: {m['heavy'] or 'none of torch, mne, sklearn, trimesh'}"
    )


@bench_cli.command()
def screen(seconds: Annotated[float, typer.Option(min=1.0)] = 20.0) -> None:
    """From a sample's arrival to its emotion on the screen, and the GUI thread's longest block."""
    from app.bench.window import running

    m = running(seconds)
    typer.echo(
        f"sample to painted emotion: median {m['painted_median_ms']:.0f} ms, "
        f"p95 {m['painted_p95_ms']:.0f} ms over {m['readings']:.0f} readings; "
        f"longest block of the GUI thread {m['own_longest_block_ms']:.0f} ms, "
        f"{m['longest_block_ms']:.0f} ms while the face is drawn on the same processor; "
        f"{m['frames_s']:.0f} frames of the face a second, "
        f"{m['width_px']:.0f} x {m['height_px']:.0f} pixels"
    )


@bench_cli.command()
def wizard(
    subjects: Annotated[int, typer.Option(min=1, max=99)] = 8,
    folder: Annotated[
        Path | None,
        typer.Option(exists=True, file_okay=False, help="Data to check; else written anew."),
    ] = None,
) -> None:
    """Checking data in the training wizard: how long, and the GUI thread's longest block."""
    from app.bench.wizard import run

    m = run(subjects, folder)
    blocks = ", ".join(
        f"{name} {ms:.0f} ms ({m.work_ms[name]:.0f})" for name, ms in m.block_ms.items()
    )
    typer.echo(
        f"training wizard, {m.files} files of {m.gigabytes:.1f} GB checked in {m.check_s:.1f} s; "
        f"longest block of the GUI thread (own work): {blocks}"
    )


@bench_cli.command()
def avatar(
    frames: Annotated[int, typer.Option(min=1)] = 200,
    size: Annotated[int, typer.Option(min=16, max=4096)] = 480,
    changes: Annotated[int, typer.Option(min=0, help="Avatars that follow one another.")] = 20,
) -> None:
    """Time of one frame of the avatar, and what changing it costs and leaves behind.

    EVOKE_GL_DEBUG=1 checks every call of OpenGL.
    """
    from app.bench.avatar import frame_ms

    m = frame_ms(frames, size, changes)
    typer.echo(
        f"avatar, {size} x {size}, {m['renderer']}: median {m['median_ms']:.1f} ms, "
        f"p95 {m['p95_ms']:.1f} ms over {frames} frames; an identity is built in "
        f"{m['build_ms']:.0f} ms at most"
    )
    if changes:
        typer.echo(
            f"{m['changes']} changes of avatar, median {m['change_ms']:.0f} ms each; memory "
            f"{m['before_mib']:.0f} MiB after a quarter, {m['after_mib']:.0f} MiB at the end; "
            f"{m['errors']} errors of OpenGL"
        )
