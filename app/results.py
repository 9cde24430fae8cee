"""What the commands that give results share: options, files, tables on the terminal."""

from __future__ import annotations

import contextlib
import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from app.files import writable_folder, write_atomically
from evoke.errors import SettingsError

if TYPE_CHECKING:
    from rich.table import Table as RichTable

Data = Annotated[
    str | None, typer.Argument(help="Folder in DEAP's layout, or demo:PRESET:SUBJECTS[:SEED].")
]
LeaveOut = Annotated[
    list[str] | None, typer.Option(help="A file of DATA that is not read; may be repeated.")
]
Device = Annotated[str, typer.Option(help="auto (a GPU where there is one) or cpu.")]
Json = Annotated[Path | None, typer.Option("--json", help="Write everything there (.json).")]
Csv = Annotated[Path | None, typer.Option("--csv", help="Write the figures there (.csv).")]

Listener = Callable[[int, int], None]
"""Told how much of how much is done."""


def device_named(name: str) -> Literal["auto", "cpu"]:
    """Raises SettingsError for a device that is neither 'auto' nor 'cpu'."""
    if name == "auto":
        return "auto"
    if name == "cpu":
        return "cpu"
    raise SettingsError(f"The device must be auto or cpu, got '{name}'.")


@contextlib.contextmanager
def listening(*labels: str) -> Iterator[tuple[Listener, ...]]:
    """For each label a listener; a bar with an ETA is shown from its first news to its end."""
    from app.progress import bars

    with bars() as progress:

        def listener(label: str) -> Listener:
            task = progress.add_task(label, total=None, visible=False)
            return lambda done, total: progress.update(
                task, completed=done, total=total, visible=done < total
            )

        yield tuple(listener(label) for label in labels)


def check_out(path: Path | None, suffix: str) -> None:
    """Make the folder of `path`. Raises EvokeError, before any work, unless `path` ends in
    `suffix` and something can be written there."""
    if path is None:
        return
    if path.suffix != suffix:
        raise SettingsError(f"{path.name} must end in {suffix}.")
    writable_folder(path.parent)


def as_json(value: object) -> str:
    """Indented; raises ValueError for NaN, which JSON does not know."""
    return json.dumps(value, indent=1, allow_nan=False) + "\n"


def write(path: Path | None, content: Callable[[], str]) -> None:
    """Write what `content` gives, if a path was asked for, and say so. Raises EvokeError if the
    file cannot be written."""
    if path is not None:
        write_atomically(path, content())
        typer.echo(f"Written to {path}")


def show(table: RichTable) -> None:
    """On the terminal, as wide as it is; elsewhere 160 columns."""
    from rich.console import Console

    Console(width=None if sys.stdout.isatty() else 160).print(table)
