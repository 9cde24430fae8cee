"""A student for every temperature and weight of the teacher, with a run's own teacher: what there
is of it on disk, and the process that trains them.

RUN/sweep-PROTOCOL/sweep.json    what is to be trained, and what was found so far
RUN/sweep-PROTOCOL/lock          held by the process for as long as it lives
RUN/sweep-PROTOCOL/part-*        the student at work
RUN/sweep-PROTOCOL/sweep.damaged    one that could not be read
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict, ValidationError

from app.files import set_aside, write_atomically
from app.json_files import from_json, to_json
from app.wizard.process import end as end_process
from app.wizard.process import kill, spawn
from app.wizard.result import Score
from evoke.dataset.splits import Protocol
from evoke.errors import EvokeError
from evoke.training.runs import kept_free, locked_by

if TYPE_CHECKING:
    from app.wizard.runs import Run

PART = "part-"

FEW = tuple((t, a) for t in (1.25, 4.0) for a in (0.25, 0.5, 0.9))
MANY = tuple((t, a) for t in (1.0, 1.25, 2.0, 4.0) for a in (0.1, 0.25, 0.5, 0.75, 0.9))
"""Temperature and alpha, as `evoke sweep` takes them: the paper's best (1.25, 0.25) and others."""


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True)


class SweepPoint(_Frozen):
    """One student. accuracy: mean over the three labels, on the test windows. seconds: that it
    took; None in sweeps of older versions."""

    temperature: float
    alpha: float
    accuracy: Score
    seconds: float | None = None


class Sweep(_Frozen):
    """grid: temperatures and alphas to be trained, in order. why: it stopped, in one sentence."""

    protocol: Protocol
    grid: tuple[tuple[float, float], ...]
    points: tuple[SweepPoint, ...] = ()
    why: str = ""

    @property
    def open(self) -> list[tuple[float, float]]:
        """What is still to be trained."""
        done = {(p.temperature, p.alpha) for p in self.points}
        return [pair for pair in self.grid if pair not in done]


def folder_of(run: Run, protocol: Protocol) -> Path:
    return run.folder / f"sweep-{protocol}"


def load_sweep(run: Run, protocol: Protocol) -> Sweep | None:
    """What there is; None where none was begun. Raises EvokeError where it cannot be read; a
    damaged one is set aside."""
    path = folder_of(run, protocol) / "sweep.json"
    try:
        return from_json(Sweep, path.read_bytes())
    except (FileNotFoundError, NotADirectoryError):
        return None
    except ValidationError as error:
        aside = set_aside(path)
        raise EvokeError(
            f"The students trained so far could not be read: what is damaged is kept as {aside}, "
            "and all would be trained again."
        ) from error
    except OSError as error:
        raise EvokeError(f"{path} could not be read: {error.strerror}.") from error


def keep_sweep(run: Run, sweep: Sweep) -> None:
    """Raises EvokeError if it cannot be written; a run's folder that was moved is not made anew."""
    if not run.folder.is_dir():
        raise EvokeError(run.why)
    path = folder_of(run, sweep.protocol) / "sweep.json"
    write_atomically(path, to_json(sweep))


def at_work(run: Run, protocol: Protocol) -> bool:
    """Whether a process trains it, or is about to."""
    return locked_by(folder_of(run, protocol)) is not None or run.starting


def begin(run: Run, protocol: Protocol, grid: tuple[tuple[float, float], ...]) -> None:
    """Start the process, which goes on where an earlier one ended. Raises EvokeError."""
    if at_work(run, protocol):
        return
    if run.damage or not (run.folder / "plan.json").exists():
        raise EvokeError(run.why or f"{run.folder} holds no run.")
    before = load_sweep(run, protocol)
    keep_sweep(run, Sweep(protocol=protocol, grid=grid, points=before.points if before else ()))
    command = [sys.executable, "-m", "app.wizard.sweep_work", str(run.folder), protocol]
    spawn(command, folder_of(run, protocol) / "log.txt")


def end(run: Run, protocol: Protocol) -> None:
    """End the process, now, though it may have only been started; the students that are done
    stay."""
    process = locked_by(folder_of(run, protocol))
    if process:
        kill(process)
    end_process(run.folder, protocol)


def clear_half_made(run: Run, protocol: Protocol) -> None:
    """Remove the student that a process was ended over."""
    folder = folder_of(run, protocol)
    left = list(folder.glob(f"{PART}*"))
    if left:
        with kept_free(folder) as free:
            for path in left if free else ():
                shutil.rmtree(path, ignore_errors=True)
