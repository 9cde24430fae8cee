"""Work for workers: some tasks kill the process that is at them, as running out of memory does."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from evoke.errors import TrainingError
from evoke.training.jobs import Outcome, Result, Task, run_tasks

NUMBERS = np.linspace(0, 1, 300_000)
"""Large enough (2.4 MB) for joblib to hand it over as a memory map."""


def square(shared: Any, settings: Mapping[str, Any]) -> Result:
    """n squared plus the sum of what is shared. Leaves a mark of every start; dies while there
    are not more marks than `deaths`."""
    marks, n = Path(settings["marks"]), settings["n"]
    (marks / f"{n}.{os.getpid()}.{len(list(marks.iterdir()))}").touch()
    if len(list(marks.glob(f"{n}.*"))) <= settings.get("deaths", 0):
        os.kill(os.getpid(), signal.SIGKILL)
    if settings.get("fails"):
        raise TrainingError("Training diverged.")
    return Result({"value": n**2 + float(np.sum(shared))}, {"n": np.full(50_000, n)})


def tasks(folder: Path, **special: Mapping[str, Any]) -> list[Task]:
    """Eight tasks; special: 'n3' -> further settings of task 3."""
    (folder / "marks").mkdir(exist_ok=True)
    marks = str(folder / "marks")
    return [Task({"n": n, "marks": marks, **special.get(f"n{n}", {})}) for n in range(8)]


def starts(folder: Path) -> list[int]:
    """The tasks as often as each was started."""
    return sorted(int(mark.name.partition(".")[0]) for mark in (folder / "marks").iterdir())


def values(outcomes: list[Outcome]) -> list[float | str]:
    """What each task found, or why it did not."""
    for o in outcomes:
        if o.result is not None:
            assert np.array_equal(o.result.arrays["n"], np.full(50_000, o.task.settings["n"]))
    return [o.result.facts["value"] if o.result else o.failure for o in outcomes]


if __name__ == "__main__":  # on a Ray cluster, which a process joins once in its life
    folder, address = Path(sys.argv[1]), sys.argv[2]
    asked = tasks(folder, n2={"deaths": 1}, n5={"deaths": 9})
    found = run_tasks(square, asked, folder / "out", NUMBERS, cluster=address)
    print(values(found))  # noqa: T201
