"""A progress bar with an ETA, on standard error."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator


@contextlib.contextmanager
def bar(label: str, total: float) -> Iterator[Callable[..., None]]:
    """Yields `advance(amount=1)`."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task(label, total=total)

        def advance(amount: float = 1) -> None:
            progress.advance(task, amount)

        yield advance
