"""Training runs on disk, each a folder that says everything about it.

plan.json       what is to be trained, since when, on how many threads
control         what the window wants of the process: run, pause or cancel
state.json      what the process came to, and the stages it has done
events.jsonl    what it told meanwhile, a line a message
lock            held, by the operating system, for as long as the process lives
log.txt         whatever else it said
STAGE/          a stage's epochs (evoke.training.runs)
STAGE.safetensors, STAGE.md    its network and card
result.json     what a finished run found
"""

from __future__ import annotations

import logging
import os
import shutil
import sys
import tempfile
import uuid
from collections.abc import Iterable
from datetime import UTC, datetime
from enum import Enum
from pathlib import Path
from typing import Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, ValidationError

from app.files import write_atomically
from app.json_files import from_json, to_json
from app.wizard.estimate import Estimate
from app.wizard.messages import Message, from_line
from app.wizard.plan import Plan, Stage
from app.wizard.process import spawn, starting
from app.wizard.result import Result
from evoke import paths
from evoke.dataset.atomic import PART
from evoke.errors import EvokeError
from evoke.training.runs import (
    FULL,
    clear_half_made,
    fold_path,
    is_begun,
    is_whole,
    locked_by,
    stored_progress,
)
from evoke.training.threads import all_but_one
from evoke.training.ways import unlike_asked

READ_BYTES = 16 * 1024
"""Of the journal at a time: a hundred messages, two milliseconds."""

PROBE_BYTES = 64 * 1024
"""Written, and removed, to see whether a folder can keep anything."""

Wish = Literal["run", "pause", "cancel"]

log = logging.getLogger(__name__)


class Phase(Enum):
    """INTERRUPTED: its process is gone without having ended; resuming goes on."""

    NEW = "new"
    RUNNING = "running"
    PAUSED = "paused"
    CANCELLED = "cancelled"
    INTERRUPTED = "interrupted"
    FAILED = "failed"
    DONE = "done"


_LASTING = (Phase.DONE, Phase.FAILED, Phase.CANCELLED)


class State(BaseModel):
    """What a run's process writes of itself. ended: names of the stages that are done. gpu_failed:
    whether that is why it failed."""

    model_config = ConfigDict(frozen=True)

    phase: Phase
    why: str = ""
    ended: tuple[str, ...] = ()
    gpu_failed: bool = False


class Begun(BaseModel):
    """plan.json. threads: of the training, which decide its last bits. estimate: of its length,
    where one was made."""

    model_config = ConfigDict(frozen=True)

    schema_version: Literal[1] = 1
    begun: AwareDatetime
    threads: int
    plan: Plan
    estimate: Estimate | None = None


class Run:
    """One run. damage: why its folder cannot be used, '' if it can."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.damage = ""
        self._read: tuple[tuple[int, ...], bool] = ((), False)
        path = folder / "plan.json"
        try:
            self._begun = from_json(Begun, path.read_bytes())
        except (OSError, ValidationError) as error:
            self.damage = f"{path} cannot be read: {_first(error)}."
            if isinstance(error, ValidationError) and is_newer(error):
                self.damage = f"{path} was written by a newer version of EVOKE: use that one."
            self._begun = Begun(begun=_changed(folder), threads=1, plan=Plan())

    @property
    def id(self) -> str:
        return self.folder.name

    @property
    def plan(self) -> Plan:
        return self._begun.plan

    @property
    def begun(self) -> datetime:
        return self._begun.begun

    @property
    def threads(self) -> int:
        return self._begun.threads

    @property
    def estimate(self) -> Estimate | None:
        return self._begun.estimate

    # -- what it came to

    @property
    def process(self) -> int | None:
        """Number of the process that works on it, 0 if it cannot be told; None where none does."""
        return locked_by(self.folder)

    @property
    def phase(self) -> Phase:
        if self.damage or not self.folder.is_dir():
            return Phase.FAILED
        alive = self.process is not None  # first: one that ends now has written its state
        state = self.state
        if not alive:
            if state is None and not (self.folder / "control").exists():
                return Phase.NEW
            if state is not None and state.phase in _LASTING:
                judged = state.phase is not Phase.DONE or self._judged
                return state.phase if judged else Phase.INTERRUPTED
            if self.process is None:  # still: it may have begun meanwhile
                return Phase.INTERRUPTED
        paused = state is not None and state.phase is Phase.PAUSED
        return Phase.PAUSED if paused else Phase.RUNNING

    @property
    def why(self) -> str:
        """Why it failed, in one sentence; '' if it has not."""
        if self.damage:
            return self.damage
        if not self.folder.is_dir():
            return (
                f"{self.folder} is gone: it was moved or deleted. Put it back to go on from its "
                "last epoch, or begin anew."
            )
        state = self.state
        return state.why if state is not None and self.phase is Phase.FAILED else ""

    @property
    def state(self) -> State | None:
        """What its process wrote last; None where it never did."""
        try:
            return from_json(State, (self.folder / "state.json").read_bytes())
        except FileNotFoundError:
            return None
        except (OSError, ValidationError) as error:
            return State(phase=Phase.FAILED, why=f"{self.folder} is damaged: {_first(error)}.")

    @property
    def ended(self) -> tuple[str, ...]:
        """Names of the stages that are done."""
        state = self.state
        return state.ended if state is not None else ()

    @property
    def result(self) -> Result | None:
        """What it found; None before it is done. Raises EvokeError if that is damaged."""
        path = self.folder / "result.json"
        try:
            return from_json(Result, path.read_bytes())
        except FileNotFoundError:
            return None
        except (OSError, ValidationError) as error:
            raise EvokeError(f"{path} cannot be read: {_first(error)}.") from error

    @property
    def _judged(self) -> bool:
        """Whether there is a result that can be read; without one it is judged again. Read once
        for as long as it is the same file: a run is looked at four times a second."""
        try:
            status = (self.folder / "result.json").stat()
        except OSError:
            return False
        stamp = status.st_mtime_ns, status.st_size, status.st_ino
        if self._read[0] != stamp:
            try:
                self._read = stamp, self.result is not None
            except EvokeError:
                self._read = stamp, False
        return self._read[1]

    @property
    def obstacle(self) -> str:
        """Why its folder can keep no epoch just now, in one sentence; '' if it can."""
        try:
            with tempfile.NamedTemporaryFile(dir=self.folder, prefix=".", suffix=PART) as probe:
                probe.write(bytes(PROBE_BYTES))
        except OSError as error:
            remedy = "make room there" if error.errno in FULL else "let it be written to"
            return f"{self.folder} cannot be written: {error.strerror}; {remedy}, then resume."
        return ""

    def damaged_folds(self, stage: Stage) -> list[int]:
        """Of a stage's folds, those that begin again when it is resumed; [0] if it begins again as
        a whole, because it does not say what it was begun with."""
        folder = self.folder / stage.name
        folds = range(1, self.plan.config(stage).run_folds + 1)
        kept = {fold: path for fold in folds if (path := fold_path(folder, fold)).exists()}
        if folder.is_file() or ((kept or (folder / "run.json").exists()) and not is_begun(folder)):
            return [0]
        return [fold for fold, path in kept.items() if not is_whole(path)]

    def otherwise(self, stage: Stage) -> list[tuple[int, str]]:
        """Of a stage's folds, those that were not trained as their command would, and how."""
        config, folder = self.plan.config(stage), self.folder / stage.name
        said = []
        for fold in range(1, config.run_folds + 1):
            kept = stored_progress(folder, fold)
            if kept is not None and (words := unlike_asked(config.batch, kept.ways)):
                said.append((fold, words))
        return said

    def clear_half_made(self) -> None:
        """Remove what was being written when its process ended; not while one works on it."""
        for folder in (self.folder, *(self.folder / stage.name for stage in self.plan.stages)):
            clear_half_made(folder)

    def checkpoint(self, stage: Stage) -> Path:
        """Where that stage's network is once the stage has ended."""
        return self.folder / f"{stage.name}.safetensors"

    def messages(self, since: int = 0) -> tuple[list[Message], int]:
        """The next messages from byte `since` on, at most about `READ_BYTES` of them, and the
        byte that follows them. Damaged lines are left out, and the log says so; of a journal that
        was shortened, what comes after its end is read."""
        try:
            with (self.folder / "events.jsonl").open("rb") as file:
                since = min(since, file.seek(0, os.SEEK_END))
                file.seek(since)
                content = file.read(READ_BYTES)
        except OSError:
            return [], since
        whole = content[: content.rfind(b"\n") + 1]
        if not whole and len(content) == READ_BYTES:  # no line is that long
            whole = content
        found = []
        for line in whole.decode(errors="replace").splitlines():
            try:
                if line:
                    found.append(from_line(line))
            except EvokeError as error:
                log.warning("%s: %s", self.folder.name, error)
        return found, since + len(whole)

    # -- what is wanted of it

    @property
    def wish(self) -> Wish:
        """What the window wants of the process."""
        try:
            text = (self.folder / "control").read_bytes().strip()
        except OSError:
            return "run"
        return "pause" if text == b"pause" else "cancel" if text == b"cancel" else "run"

    def ask(self, wish: Wish) -> None:
        """Tell the process, which looks several times a second. Raises EvokeError."""
        self.write("control", wish)

    def launch(self, *, on_cpu: bool = False) -> None:
        """Start its process, or let it go on from its last epoch; it outlives this one. on_cpu:
        this time, whatever its plan says. Raises EvokeError if it cannot be started."""
        self.ask("run")
        device = ["cpu"] if on_cpu else []
        command = [sys.executable, "-m", "app.wizard.work", str(self.folder), *device]
        spawn(command, self.folder / "log.txt")

    @property
    def starting(self) -> bool:
        """Whether a process started from here for it, its sweep's too, is still alive."""
        return starting(self.folder)

    def note(self, state: State) -> None:
        """Keep what the run came to. Raises EvokeError if it cannot be written."""
        self.write("state.json", to_json(state))

    def write(self, name: str, text: str) -> None:
        """Keep a file of the run's. Raises EvokeError; a folder that was moved is not made anew."""
        if not self.folder.is_dir():
            raise EvokeError(self.why)
        write_atomically(self.folder / name, text, durable=True)


class RunStore:
    """All runs of this user. folder: by default that of the user's data folder."""

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = folder or paths.runs_dir()

    def create(self, plan: Plan, estimate: Estimate | None = None) -> Run:
        """A new run, not yet started. Raises EvokeError if its folder cannot be written."""
        begun = datetime.now(UTC)
        name = f"{begun.astimezone():%Y-%m-%d-%H%M%S}-{uuid.uuid4().hex[:4]}"
        stored = Begun(begun=begun, threads=all_but_one(), plan=plan, estimate=estimate)
        try:
            write_atomically(self.folder / name / "plan.json", to_json(stored))
        except EvokeError:
            self.discard(self.folder / name)
            raise
        return Run(self.folder / name)

    @staticmethod
    def discard(folder: Path) -> None:
        """Remove what a start that failed has made."""
        shutil.rmtree(folder, ignore_errors=True)

    def all(self) -> list[Run]:
        """Newest first, those that are damaged too."""
        folders = [path for path in self.folder.glob("*") if path.is_dir()]
        return _by_age(folders)

    @property
    def at_work(self) -> Run | None:
        """The newest run whose process is alive: a second one would share its cores."""
        held = (path for path in self.folder.glob("*") if locked_by(path) is not None)
        return next(iter(_by_age(held)), None)


def _by_age(folders: Iterable[Path]) -> list[Run]:
    """Newest first."""
    return sorted((Run(path) for path in folders), key=lambda run: run.begun, reverse=True)


def _changed(folder: Path) -> datetime:
    try:
        return datetime.fromtimestamp(folder.stat().st_mtime, UTC)
    except OSError:
        return datetime.fromtimestamp(0, UTC)


def is_newer(error: ValidationError) -> bool:
    """Whether what does not fit are only fields, or a schema, that this version does not know."""
    return all(
        one["type"] == "extra_forbidden" or one["loc"] == ("schema_version",)
        for one in error.errors()
    )


def _first(error: OSError | ValidationError) -> str:
    """The first thing that is wrong."""
    if isinstance(error, OSError):
        return error.strerror or str(error)
    first = error.errors()[0]
    where = ".".join(map(str, first["loc"])) or "the whole"
    return f"{where}: {first['msg']}"
