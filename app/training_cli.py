"""`evoke train` and `evoke distill` on the terminal."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from evoke.training.events import Event
    from models.checkpoint import Checkpoint

Data = Annotated[
    str, typer.Argument(help="Folder in DEAP's layout, or demo:PRESET:SUBJECTS[:SEED].")
]
Out = Annotated[Path, typer.Option(help="The checkpoint to write (.safetensors).")]
Protocol = Annotated[
    str | None,
    typer.Option(help="segments (mixes seconds of one trial), trials, videos, subjects."),
]
Epochs = Annotated[int | None, typer.Option(help="At most this many epochs.")]
Batch = Annotated[int | None, typer.Option(help="Windows in a batch.")]
Seed = Annotated[int | None, typer.Option(help="Of folds, weights and order.")]
Name = Annotated[str, typer.Option(help="Shown to the user; default: the file's name.")]
TestOn = Annotated[
    list[str] | None, typer.Option(help="Data of people not trained on; may be repeated.")
]


def train(
    data: Data,
    out: Out,
    preset: Annotated[str, typer.Option(help="default, or paper: as arXiv 2401.06957.")] = (
        "default"
    ),
    network: Annotated[str, typer.Option(help="ccnn (the teacher) or student.")] = "ccnn",
    fusion: Annotated[
        str | None, typer.Option(help="ccnn's last convolution: 4x4 (Table I) or 1x1 (the text).")
    ] = None,
    features: Annotated[str, typer.Option(help="de or psd.")] = "de",
    baseline: Annotated[str, typer.Option(help="mean, or paper.")] = "mean",
    protocol: Protocol = None,
    epochs: Epochs = None,
    batch: Batch = None,
    learning_rate: Annotated[float | None, typer.Option(help="Adam's.")] = None,
    windows_per_epoch: Annotated[int | None, typer.Option(help="Drawn anew each epoch.")] = None,
    run_folds: Annotated[int | None, typer.Option(help="How many folds are run.")] = None,
    hop_s: Annotated[float, typer.Option(help="Seconds between windows.")] = 1.0,
    seed: Seed = None,
    name: Name = "",
    test_on: TestOn = None,
) -> None:
    """Train a network on rated recordings."""
    from app.training_commands import TrainRequest, command_line, train, train_config

    given = {k: v for k, v in locals().items() if k in _RECORDED}
    config = train_config(
        preset,
        protocol=protocol,
        epochs=epochs,
        batch=batch,
        learning_rate=learning_rate,
        windows_per_epoch=windows_per_epoch,
        run_folds=run_folds,
        seed=seed,
    )
    request = TrainRequest(
        data=data,
        out=out,
        config=config,
        network=network,
        options={"fusion": fusion} if fusion else None,
        name=name,
        features=features,
        baseline=baseline,
        hop_s=hop_s,
        test_on=test_on or (),
        command=command_line("train", data, out, given),
    )
    with _shown() as listeners:
        checkpoint = train(request, *listeners)
    _tell(checkpoint, out)


def distill(
    data: Data,
    teacher: Annotated[Path, typer.Option(help="The teacher's checkpoint.")],
    out: Out,
    network: Annotated[str, typer.Option(help="student or ccnn.")] = "student",
    temperature: Annotated[float | None, typer.Option(help="Of both; the paper's best: 1.25.")] = (
        None
    ),
    alpha: Annotated[float | None, typer.Option(help="Weight on the teacher; paper: 0.25.")] = None,
    epochs: Epochs = None,
    batch: Batch = None,
    windows_per_epoch: Annotated[int | None, typer.Option(help="Drawn anew each epoch.")] = None,
    name: Name = "",
    test_on: TestOn = None,
) -> None:
    """Train a student from the labels and a teacher's answers."""
    from app.training_commands import TrainRequest, command_line, distill, train_config
    from evoke.training.config import DistillConfig

    given = {k: v for k, v in locals().items() if k in _RECORDED}
    config = train_config(
        "default", epochs=epochs, batch=batch, windows_per_epoch=windows_per_epoch
    )
    asked = {"temperature": temperature, "alpha": alpha}
    recipe = DistillConfig(**{k: v for k, v in asked.items() if v is not None})
    request = TrainRequest(
        data=data,
        out=out,
        config=config,
        network=network,
        name=name,
        test_on=test_on or (),
        command=command_line("distill", data, out, given),
    )
    with _shown() as listeners:
        checkpoint = distill(request, teacher, recipe, *listeners)
    _tell(checkpoint, out)


_RECORDED = (
    *("preset", "network", "fusion", "features", "baseline", "protocol", "teacher", "temperature"),
    *("alpha", "epochs", "batch", "learning_rate", "windows_per_epoch", "run_folds", "hop_s"),
    *("seed", "name", "test_on"),
)


@contextlib.contextmanager
def _shown() -> Iterator[tuple[Callable[[Event], None], Callable[[int, int], None]]]:
    """Listeners that show a run: a line an epoch, and a bar with an ETA."""
    from app.progress import bars
    from evoke.training import events

    with bars() as progress:
        reading = progress.add_task("reading", total=None)
        task = progress.add_task("training", total=None, visible=False)

        def on_read(done: int, total: int) -> None:
            progress.update(reading, completed=done, total=total, visible=done < total)

        def on_event(event: Event) -> None:
            if isinstance(event, events.FoldStarted):
                about = f"fold {event.fold} of {event.folds}"
                typer.echo(
                    f"{about} on {event.device}: {event.train} windows to train on, "
                    f"{event.validation} to validate, {event.test} to test"
                )
                progress.reset(task, total=event.epochs, description=about, visible=True)
            elif isinstance(event, events.BatchesDone):
                progress.update(task, completed=event.epoch - 1 + event.done / event.total)
            elif isinstance(event, events.EpochEnded):
                typer.echo(_epoch(event))
            else:
                typer.echo(
                    f"fold {event.fold}: {event.accuracy:.1%} right on test windows, the commoner "
                    f"class {event.majority:.1%}; {event.finish.value}, epoch {event.best_epoch} "
                    f"kept, {event.elapsed_s:.0f} s"
                )

        yield on_event, on_read


def _epoch(event: Any) -> str:
    line = f"  epoch {event.epoch:3d} of {event.epochs}: loss {event.loss:.4f}"
    if event.nll is not None:
        line += f", validation NLL {event.nll:.4f}, {event.accuracy:.1%} right"
    return line + (" *" if event.best else "")


def _tell(checkpoint: Checkpoint, out: Path) -> None:
    from models.card import render

    typer.echo(render(checkpoint.card))
    typer.echo(f"Written to {out}")
