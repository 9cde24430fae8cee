"""Progress on the terminal."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.progress import Progress


def bars() -> Progress:
    """Bars with an ETA on standard error; nothing where that is no terminal."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), TimeRemainingColumn())
    return Progress(*columns, console=console, transient=True, disable=not console.is_terminal)


@contextlib.contextmanager
def bar(label: str, total: float) -> Iterator[Callable[..., None]]:
    """One bar; yields `advance(amount=1)`."""
    with bars() as progress:
        task = progress.add_task(label, total=total)

        def advance(amount: float = 1) -> None:
            progress.advance(task, amount)

        yield advance
