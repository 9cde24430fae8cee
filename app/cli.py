"""The command `evoke`: the window, or any part of the path without it."""

from __future__ import annotations

import io
import logging
import math
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Literal

import typer

from app.avatar_cli import avatar_cli
from app.bench.cli import bench_cli
from app.evaluation_cli import evaluate, speed
from app.results import show
from app.source_spec import SourceSpec
from app.study_cli import recipes, sweep, table
from app.training_cli import distill, train
from evoke.errors import EvokeError, SettingsError, gpu_sentence

log = logging.getLogger(__name__)

cli = typer.Typer(
    name="evoke",
    help="EEG in, an emotion out, worn by a face. Research use only, not a medical device.",
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
board_cli = typer.Typer(help="Boards that BrainFlow knows.", no_args_is_help=True)
cli.add_typer(board_cli, name="board")
cli.add_typer(avatar_cli, name="avatar")
cli.add_typer(bench_cli, name="bench")
cli.command()(train)
cli.command()(distill)
cli.command()(evaluate)
cli.command()(table)
cli.command()(recipes)
cli.command()(sweep)
cli.command()(speed)

DemoFormat = Literal["dat", "mat", "bdf"]
Preset = Literal["benchmark", "showcase"]


def _say_version(asked: bool) -> None:
    if asked:
        typer.echo(version("evoke"))
        raise typer.Exit


@cli.callback(invoke_without_command=True)
def window(
    context: typer.Context,
    _version: Annotated[
        bool,
        typer.Option("--version", callback=_say_version, is_eager=True, help="Which this is."),
    ] = False,
) -> None:
    """Without a command: open the application."""
    if context.invoked_subcommand is None:
        open_window(None)


def open_window(spec: SourceSpec | None, *, speed: float = 1.0, model: Path | None = None) -> None:
    """Run the window until it is closed."""
    from app.screen import has_screen

    if not has_screen():
        raise EvokeError("The window needs a screen; try `evoke replay demo --headless --out DIR`.")
    from app.main import run

    raise typer.Exit(run(spec, speed=speed, model=model))


@cli.command()
def replay(
    path: Annotated[str, typer.Argument(help="A recording, a DEAP subject, or 'demo'.")],
    trial: Annotated[
        int | None, typer.Option(help="Begin with this trial; with --headless, play it alone.")
    ] = None,
    speed: Annotated[str | None, typer.Option(help="0.25 to 16, or 'max'.")] = None,
    headless: Annotated[bool, typer.Option("--headless", help="Without a window.")] = False,
    out: Annotated[Path | None, typer.Option(help="Folder for the results.")] = None,
    board: Annotated[str, typer.Option(help="The board a BrainFlow CSV came from.")] = "",
    montage: Annotated[
        Path | None, typer.Option(help="CSV with two columns: channel, electrode.")
    ] = None,
    model: Annotated[Path | None, typer.Option(help="Checkpoint; default: the demo's.")] = None,
    chunk: Annotated[int | None, typer.Option(min=1, hidden=True)] = None,
) -> None:
    """Replay a recording in the window, or without one into timeline.csv and summary.json."""
    spec = source_spec(path, trial=trial, board=board, montage=montage)
    if not headless:
        open_window(spec, speed=parse_speed(speed or "1"), model=model)
        return
    if out is None:
        raise SettingsError("--headless needs --out DIR for the results.")
    from app.replay_command import run

    run(spec, parse_speed(speed or "max"), out, model=model, chunk=chunk)


@board_cli.command("list")
def board_list() -> None:
    """Every board with its channels, its rate and what it asks for."""
    from rich.table import Table

    from evoke.sources.boards import boards

    table = Table("board", "name", "EEG channels", "Hz", "asks for", box=None)
    for b in boards():
        layout = ("its file's",) * 2 if b.borrows else (str(len(b.eeg)), f"{b.rate_hz:g}")
        table.add_row(b.name, b.title, *layout, ", ".join(b.required) or "-")
    show(table)


@board_cli.command("open")
def board_open(
    name: Annotated[str, typer.Argument(help="As `evoke board list` names it.")],
    given: Annotated[
        list[str] | None,
        typer.Option("--input", metavar="NAME=VALUE", help="What the board asks for."),
    ] = None,
) -> None:
    """Open a board in the window."""
    inputs = dict(pair.partition("=")[::2] for pair in given or ())
    open_window(SourceSpec("board", board=name, params=inputs))


@cli.command()
def check(
    path: Annotated[Path, typer.Argument(help="A DEAP subject file, or a folder of them.")],
) -> None:
    """Say whether DEAP files are sound, and what is wrong where."""
    from app.progress import bars
    from evoke.dataset.check import Level, check_path

    faulty = False
    with bars() as progress:
        task = progress.add_task("reading", total=None)
        for finding in check_path(
            path, lambda done, total: progress.update(task, completed=done, total=total)
        ):
            typer.echo(f"{finding.level.value:8}{finding.message}")
            typer.echo(
                "".join(f"        {name}: {fact}\n" for name, fact in finding.facts.items()),
                nl=False,
            )
            faulty |= finding.level is Level.ERROR
    if faulty:
        raise typer.Exit(2)


@cli.command("demo-data")
def demo_data(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Folder for the files.")],
    subjects: Annotated[int, typer.Option(min=1, max=99)] = 2,
    seed: Annotated[int, typer.Option(min=0)] = 1,
    format: Annotated[
        DemoFormat,
        typer.Option(help="DEAP's preprocessed form for Python or MATLAB, or its original."),
    ] = "dat",
    preset: Annotated[Preset, typer.Option(help="Effects as weak as real ones, or strong.")] = (
        "benchmark"
    ),
) -> None:
    """Write synthetic recordings in DEAP's exact layout."""
    from app.progress import bar
    from evoke.dataset.demo_files import write_demo

    numbers = range(1, subjects + 1)
    with bar("making subjects", subjects) as advance:
        if format == "bdf":
            from evoke.dataset.demo_original import write_demo_original

            write_demo_original(folder, numbers, seed, preset, lambda *_: advance())
        else:
            write_demo(folder, numbers, seed, preset, format, lambda *_: advance())
    typer.echo(f"{subjects} synthetic subjects ({preset}, seed {seed}) in {folder}")


def source_spec(
    path: str, *, trial: int | None = None, board: str = "", montage: Path | None = None
) -> SourceSpec:
    """What a path on the command line means. Raises SettingsError for a bad montage file, and for a
    board where there can be none; SourceError for one that is not known."""
    from app.compose import read_montage

    if board and Path(path).suffix.lower() != ".csv":
        raise SettingsError("--board says what a BrainFlow CSV came from; this is none.")
    if board:
        from evoke.sources.boards import find_board

        find_board(board)

    names = read_montage(montage) if montage else {}
    if path == "demo":
        return SourceSpec("demo", trial=trial, montage=names)
    file = Path(path)
    deap = file.is_dir() or file.suffix.lower() in {".dat", ".mat"}
    return SourceSpec("deap" if deap else "file", path, trial, board=board, montage=names)


def parse_speed(text: str) -> float:
    """Times real time; inf for 'max'. Raises SettingsError."""
    if text == "max":
        return math.inf
    from evoke.sources.playback import checked_speed

    try:
        return checked_speed(float(text))
    except ValueError:
        raise SettingsError(f"Speed must be 0.25 to 16, or max; got {text}.") from None


def main() -> None:
    """Entry point. A user meets one sentence, never a traceback; the log keeps that."""
    from app.logs import start_logging

    if isinstance(sys.stdout, io.TextIOWrapper):  # into a pipe Windows writes few letters
        sys.stdout.reconfigure(errors="backslashreplace")  # as standard error has it
    log_file = start_logging()
    try:
        code = cli(standalone_mode=False)
        sys.exit(code if isinstance(code, int) else 0)
    except typer.Exit as done:
        sys.exit(done.exit_code)
    except typer.TyperException as error:
        print(f"evoke: {error.format_message()}", file=sys.stderr)  # noqa: T201
        sys.exit(2)
    except EvokeError as error:
        print(f"evoke: {error}", file=sys.stderr)  # noqa: T201
        sys.exit(2)
    except (KeyboardInterrupt, typer.Abort):
        sys.exit(130)
    except Exception as error:
        log.exception("internal error")
        if sentence := gpu_sentence(error):
            print(f"evoke: {sentence}", file=sys.stderr)  # noqa: T201
            sys.exit(2)
        where = f" The details are in {log_file}." if log_file else ""
        print(f"evoke: an internal error stopped the command.{where}", file=sys.stderr)  # noqa: T201
        sys.exit(1)


if __name__ == "__main__":
    main()
