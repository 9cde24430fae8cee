"""The process of a run: trains the plan's networks one after another, and judges them.

`python -m app.wizard.work FOLDER [cpu]`, as `app.wizard.process` starts it. It trains by the
functions of `evoke train` and `evoke distill`, and outlives the window. Everything it leaves on
disk appears whole or not at all, so it may be killed at any moment: a cancel does just that.
"""

from __future__ import annotations

import contextlib
import faulthandler
import logging
import os
import sys
import threading
import time
from pathlib import Path

from app.files import set_aside
from app.logs import log_to_stderr
from app.training_commands import distill, train
from app.training_request import TrainRequest
from app.wizard import messages as told
from app.wizard.messages import Message, to_line
from app.wizard.pace import Pace
from app.wizard.plan import Stage
from app.wizard.process import give_way, kill
from app.wizard.runs import Phase, Run, State
from evoke.errors import (
    EvokeError,
    GpuError,
    OtherDataError,
    TrainingError,
    gpu_sentence,
    internal,
)
from evoke.training.events import BatchesDone, Event, WindowsRead
from evoke.training.runs import fold_path, load_fold, lock

LOOK_S = 0.1
"""Between two looks at what the window wants."""

TELL_S = 1.0
"""Between two messages about progress within an epoch."""

LOCK_TRIES = 20
"""A window that looks whether the lock is held holds it itself, for microseconds."""

log = logging.getLogger(__name__)


class Journal:
    """Appends messages to the run's events. A disk that is full costs messages, no more: the
    epochs that cannot be kept say so themselves."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "events.jsonl"
        self._lock = threading.Lock()
        self._over = False
        try:
            self._whole = self._path.read_bytes()[-1:] in (b"", b"\n")
        except OSError:  # there is none yet
            self._whole = True

    def write(self, stage: str, event: told.Told) -> None:
        line = to_line(Message(round(time.time(), 3), stage, event)) + "\n"
        with self._lock:
            if self._over:  # the training's own thread, which lives a moment longer
                return
            self._over = isinstance(event, told.RunEnded)
            begin = "" if self._whole else "\n"  # after half a line: of a killed process, say
            try:
                with self._path.open("a", encoding="utf-8") as file:
                    file.write(begin + line)
                self._whole = True
            except OSError as error:
                self._whole = False
                log.warning("a message is lost: %s", error)


class Worker:
    """Does a run, and answers to what the window wants meanwhile."""

    def __init__(self, run: Run, *, on_cpu: bool = False) -> None:
        self.run = run
        self.plan = run.plan.changed(device="cpu") if on_cpu else run.plan
        self.journal = Journal(run.folder)
        self.ended = list(run.ended)
        self._ending = threading.Lock()
        self._told_t: dict[object, float] = {}
        self._wish = run.wish

    def work(self) -> None:
        """Train what is not trained yet, and judge it all. Raises EvokeError."""
        from app.wizard.judge import judge

        self._note(Phase.RUNNING)
        threading.Thread(target=self._watch, name="control", daemon=True).start()
        for stage in self.run.plan.stages:
            self._mend(stage)
        for stage in self.run.plan.stages:
            if stage.name not in self.ended:
                self._train(stage)
        judge(self.run, self._on_judged)

    def end(self, phase: Phase, why: str = "", *, gpu_failed: bool = False) -> None:
        """Keep what it came to; only the first end counts."""
        with self._ending:
            if not self.run.folder.is_dir():  # moved away, or deleted
                kill(os.getpid())
            self.journal.write("", told.RunEnded(phase.value, why))
            self._keep(phase, why, gpu_failed)
            self.run.clear_half_made()
            kill(os.getpid())

    def _note(self, phase: Phase) -> None:
        """Keep where it is, unless it is ending."""
        with self._ending:
            self._keep(phase)

    def _keep(self, phase: Phase, why: str = "", gpu_failed: bool = False) -> None:
        state = State(phase=phase, why=why, ended=tuple(self.ended), gpu_failed=gpu_failed)
        try:
            self.run.note(state)
        except EvokeError as error:
            log.error("%s", error)

    # -- stages

    def _mend(self, stage: Stage) -> None:
        """Set aside what is damaged of a stage: it begins again from what is sound. Raises
        EvokeError where that cannot be done."""
        from models.checkpoint import load
        from models.errors import ModelError

        run, folder, checkpoint = self.run, self.run.folder / stage.name, self.run.checkpoint(stage)
        if stage.name in self.ended:
            try:
                load(checkpoint)
                return
            except ModelError as error:
                _check_damaged(error)
            self.ended.remove(stage.name)
            if checkpoint.exists():
                set_aside(checkpoint)
        damaged = run.damaged_folds(stage)
        taught = stage.role == "student" and stage.teacher.name not in self.ended
        if damaged == [0] or (taught and folder.exists()):  # by a teacher that is lost
            log.warning("%s begins again: %s is set aside", stage.name, set_aside(folder))
            return
        for fold in range(1, run.plan.config(stage).run_folds + 1):
            try:
                load_fold(folder, fold)
            except TrainingError as error:
                _check_damaged(error)
                set_aside(fold_path(folder, fold))

    def _train(self, stage: Stage) -> None:
        plan, folder = self.plan, self.run.folder
        self.journal.write(stage.name, told.StageStarted(stage.protocol, stage.role))
        request = TrainRequest(
            data=plan.data,
            out=self.run.checkpoint(stage),
            config=plan.config(stage),
            network=plan.network_of(stage),
            name=plan.title(stage),
            features=plan.features,
            baseline=plan.baseline,
            hop_s=plan.hop_s,
            command=plan.command(stage, self.run.threads),
            run=folder / stage.name,
            resume=(folder / stage.name / "run.json").exists(),
            leave_out=plan.leave_out,
            device=plan.device,
            threads=self.run.threads,
            cluster=plan.cluster,
        )
        pace = Pace(request.config)

        def on_event(event: Event) -> None:
            if not self._too_soon(event):
                self.journal.write(stage.name, event)
            machine = pace.take(event)
            if machine is not None:
                self.journal.write(stage.name, machine)

        def on_read(done: int, total: int) -> None:
            self.journal.write(stage.name, told.Reading(done, total))
            self.wait_while_paused()

        if stage.role == "student":
            teacher = self.run.checkpoint(stage.teacher)
            distill(request, teacher, plan.distillation, on_event, on_read, self.wait_while_paused)
        else:
            train(request, on_event, on_read, self.wait_while_paused)
        self.ended.append(stage.name)
        self._note(Phase.RUNNING)
        self.journal.write(stage.name, told.StageEnded(request.out.name))

    def _on_judged(self, done: int, total: int) -> None:
        if done == total or not self._recently("judging"):
            self.journal.write("", told.Judging(done, total))
        self.wait_while_paused()

    def _too_soon(self, event: Event) -> bool:
        """Whether another of its kind was told just now, and this one need not be."""
        if isinstance(event, BatchesDone):
            return self._recently(("batches", event.fold))
        if isinstance(event, WindowsRead):
            return event.done < event.total and self._recently("windows")
        return False

    def _recently(self, what: object) -> bool:
        now = time.monotonic()
        if now - self._told_t.get(what, -TELL_S) < TELL_S:
            return True
        self._told_t[what] = now
        return False

    # -- what the window wants

    def wait_while_paused(self) -> bool:
        """Called between batches: returns at once, or when the pause is over. False: the run is
        not cancelled, for then its process ends where it stands."""
        if self._wish == "pause":
            self._note(Phase.PAUSED)
            self.journal.write("", told.Paused())
            while self._wish == "pause":
                time.sleep(LOOK_S)
            self._note(Phase.RUNNING)
            self.journal.write("", told.Resumed())
        return False

    def _watch(self) -> None:
        """On a thread of its own: whatever the training is at, a cancel is heard."""
        while True:
            time.sleep(LOOK_S)
            if not self.run.folder.is_dir():
                self.end(Phase.FAILED)
            self._wish = self.run.wish
            if self._wish == "cancel":
                self.end(Phase.CANCELLED)


def main(folder: Path, *, on_cpu: bool = False) -> None:
    """Do the run in `folder`. What stops it is kept there, as one sentence. on_cpu: whatever its
    plan says."""
    log_to_stderr()
    faulthandler.enable()  # a crash in a driver says where, in log.txt
    give_way()
    try:
        _lock(folder)
    except TrainingError as error:
        log.error("%s", error)
        return
    run = Run(folder)
    if run.damage:
        log.error("%s", run.damage)
        return
    worker = Worker(run, on_cpu=on_cpu)
    try:
        worker.work()
    except EvokeError as error:
        log.error("%s", error)
        worker.end(Phase.FAILED, _said(run, error), gpu_failed=isinstance(error, GpuError))
    except Exception as error:
        log.exception("internal error")
        of_gpu = gpu_sentence(error)
        why = of_gpu or internal("Training", error, str(folder / "log.txt"))
        worker.end(Phase.FAILED, why, gpu_failed=bool(of_gpu))
    worker.end(Phase.DONE)


def _check_damaged(error: Exception) -> None:
    """Raises EvokeError where a file is there, and only cannot be read just now."""
    cause = error.__cause__
    if isinstance(cause, OSError) and not isinstance(cause, FileNotFoundError):
        raise EvokeError(str(error)) from error
    log.warning("%s", error)


def _said(run: Run, error: EvokeError) -> str:
    """What stopped a run, to who may have moved its data."""
    data = run.plan.data
    if not data.startswith("demo:") and not Path(data).exists():
        return f"{data} is gone: bring the data back, then resume."
    if isinstance(error, OtherDataError):
        return (
            f"{data} has changed since the teacher was trained on it: bring the files back as they "
            "were, then resume, or begin anew."
        )
    return str(error)


def _lock(folder: Path) -> int:
    """Raises TrainingError if another process works on the run."""
    for _ in range(LOCK_TRIES):
        with contextlib.suppress(TrainingError):
            return lock(folder)
        time.sleep(0.05)
    return lock(folder)


if __name__ == "__main__":
    main(Path(sys.argv[1]), on_cpu=sys.argv[2:] == ["cpu"])
