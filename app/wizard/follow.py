"""Following a run from the window: what it tells, how far it is, and what is wanted of it."""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass, field

from PySide6.QtCore import QObject, QTimer, Signal

from app.wizard import messages as told
from app.wizard.messages import Message
from app.wizard.process import end, kill
from app.wizard.runs import Phase, Run, State
from evoke.errors import EvokeError
from evoke.training.events import (
    BatchesDone,
    BatchReduced,
    EpochEnded,
    FoldEnded,
    FoldResumed,
    FoldStarted,
    WindowsRead,
)
from evoke.training.runs import kept_free, stored_epoch

LOOK_MS = 250
CATCH_UP_MS = 5
"""Between two looks while the journal holds more than was read."""

DEAF_S = 1.0
"""After which a process that does not answer a cancel is killed; it looks ten times a second."""

_AT_REST = (Phase.CANCELLED, Phase.INTERRUPTED, Phase.FAILED)

log = logging.getLogger(__name__)


@dataclass
class FoldState:
    """One fold, from 1. epochs: in order. batch: the last news within an epoch; batch_t and
    begun_t: when that came and the fold began, in seconds of training. reduced: the last time that
    memory ran out; reduced_before: the same before the fold was begun again."""

    number: int
    started: FoldStarted | None = None
    epochs: list[EpochEnded] = field(default_factory=list)
    batch: BatchesDone | None = None
    ended: FoldEnded | None = None
    reduced: BatchReduced | None = None
    reduced_before: BatchReduced | None = None
    epoch_t: list[float] = field(default_factory=list)
    begun_t: float = 0.0
    batch_t: float = 0.0

    @property
    def done(self) -> float:
        """Epochs done, with the part of the one at work."""
        last = self.epochs[-1].epoch if self.epochs else 0
        if self.batch is None or self.batch.epoch <= last:
            return float(last)
        return self.batch.epoch - 1 + self.batch.done / max(1, self.batch.total)

    def epoch_s(self) -> float | None:
        """Seconds an epoch takes lately; None before there is anything to go by, and after a clock
        was set back."""
        seconds = self._epoch_s()
        return seconds if seconds is not None and seconds >= 0 else None

    def _epoch_s(self) -> float | None:
        if len(self.epoch_t) > 1:
            recent = self.epoch_t[-6:]
            return (recent[-1] - recent[0]) / (len(recent) - 1)
        if self.epoch_t:
            return self.epoch_t[0] - self.begun_t
        if self.batch is not None and self.batch.done > 0:
            return (self.batch_t - self.begun_t) * self.batch.total / self.batch.done
        return None


@dataclass
class StageState:
    """One network in training. read: subjects; asked: windows the teacher has answered."""

    name: str
    folds: dict[int, FoldState] = field(default_factory=dict)
    read: told.Reading | None = None
    asked: WindowsRead | None = None
    ended: bool = False

    @property
    def fold(self) -> FoldState | None:
        """The latest to have begun."""
        return next(reversed(self.folds.values()), None)

    @property
    def left_s(self) -> float | None:
        """Seconds to its end, at most; None before there is anything to go by."""
        if self.ended:
            return 0.0
        at_work = [fold for fold in self.folds.values() if fold.ended is None and fold.started]
        paces = [pace for fold in self.folds.values() if (pace := fold.epoch_s()) is not None]
        if not paces or not at_work:
            return None
        left = [
            (f.started.epochs - f.done) * (f.epoch_s() or paces[-1]) for f in at_work if f.started
        ]
        first = at_work[0].started
        assert first is not None
        if first.device != "cpu":  # folds run side by side
            return max(left)
        return sum(left) + (first.folds - len(self.folds)) * first.epochs * paces[-1]


@dataclass
class RunState:
    """All that a run has told so far. stage: name of the one at work, '' between them.
    saved_epoch: the last that a resumed run would go on from, of the fold at work; saved_t: since
    when, seconds since 1970."""

    phase: Phase = Phase.NEW
    why: str = ""
    stage: str = ""
    stages: dict[str, StageState] = field(default_factory=dict)
    machine: told.Machine | None = None
    judging: told.Judging | None = None
    saved_epoch: int | None = None
    saved_t: float | None = None
    paused_s: float = 0.0
    _paused_t: float | None = None

    @property
    def at_work(self) -> StageState | None:
        return self.stages.get(self.stage)

    @property
    def unfinished(self) -> StageState | None:
        """The one that has begun and not ended."""
        return next((stage for stage in self.stages.values() if not stage.ended), None)

    @property
    def left_s(self) -> float | None:
        """Seconds to the end of the stage at work, at most; None if not yet known."""
        return self.at_work.left_s if self.at_work else None

    def take(self, message: Message) -> None:
        """Add what a message says."""
        event, t = message.event, message.t
        if isinstance(event, told.StageStarted):
            self.stage = message.stage
            self._of(message.stage).ended = False
        elif isinstance(event, told.RunEnded):
            self.stage = ""
        elif isinstance(event, told.Paused):
            self._paused_t = t
        elif isinstance(event, told.Resumed):
            self.paused_s += max(0.0, t - (self._paused_t or t))
            self._paused_t = None
        elif isinstance(event, told.Machine):
            self.machine = event
        elif isinstance(event, told.Judging):
            self.judging = event
        elif message.stage:
            self._take_of_stage(self._of(message.stage), message)

    def _of(self, name: str) -> StageState:
        return self.stages.setdefault(name, StageState(name))

    def _take_of_stage(self, stage: StageState, message: Message) -> None:
        event, t = message.event, message.t - self.paused_s
        if isinstance(event, told.StageEnded):
            stage.ended = True
        elif isinstance(event, told.Reading):
            stage.read = event
        elif isinstance(event, WindowsRead):
            stage.asked = event
        elif isinstance(event, FoldStarted):
            fold = stage.folds.setdefault(event.fold, FoldState(event.fold))
            fold.started, fold.begun_t, fold.batch, fold.epoch_t = event, t, None, []
            fold.ended = None
            fold.reduced_before, fold.reduced = fold.reduced, None
        elif isinstance(event, FoldResumed | BatchesDone | BatchReduced | EpochEnded | FoldEnded):
            fold = stage.folds.setdefault(event.fold, FoldState(event.fold))
            self._take_of_fold(fold, event, t)
            if isinstance(event, EpochEnded):
                self.saved_epoch, self.saved_t = event.epoch, message.t

    def _take_of_fold(
        self,
        fold: FoldState,
        event: FoldResumed | BatchesDone | BatchReduced | EpochEnded | FoldEnded,
        t: float,
    ) -> None:
        if isinstance(event, FoldResumed):
            fold.epochs = [epoch for epoch in fold.epochs if epoch.epoch <= event.epoch]
            fold.ended = None
            before = fold.reduced_before
            if before is not None and before.epoch <= event.epoch:  # kept with the epoch
                fold.reduced = before
            self.saved_epoch = event.epoch
        elif isinstance(event, BatchesDone):
            if fold.epochs and fold.epochs[-1].epoch >= event.epoch:  # it began again
                fold.epochs = [epoch for epoch in fold.epochs if epoch.epoch < event.epoch]
            fold.batch, fold.batch_t = event, t
        elif isinstance(event, BatchReduced):
            fold.reduced, fold.batch = event, None
        elif isinstance(event, EpochEnded):
            fold.epochs = [epoch for epoch in fold.epochs if epoch.epoch < event.epoch]
            fold.epochs.append(event)
            fold.epoch_t.append(t)
        else:
            fold.ended = event


class Follower(QObject):
    """One run, followed on the GUI thread by looking at the end of its journal.

    message: each Message, in order, old ones first. changed: some came, or the phase changed; for
    what need not be drawn for every message. phase_changed: a Phase.
    """

    message = Signal(object)
    changed = Signal()
    phase_changed = Signal(object)

    def __init__(self, run: Run, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.run = run
        self.state = RunState()
        self._at = 0
        self._cancelled_t: float | None = None
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._look)

    @property
    def caught_up(self) -> bool:
        """Whether all that was told by the last look has been taken in."""
        return self._timer.interval() != CATCH_UP_MS

    # -- what is wanted of the run

    def start(self) -> None:
        """Start a new run's process, and follow it. Raises EvokeError."""
        self.run.launch()
        self.follow()

    def follow(self) -> None:
        """Follow a run whatever its phase, from its first message on."""
        self._timer.start(CATCH_UP_MS)

    def pause(self) -> None:
        """Let the process wait before its next batch. Raises EvokeError."""
        self.run.ask("pause")

    def resume(self, *, on_cpu: bool = False) -> None:
        """Let a waiting process go on; start one where it was interrupted, failed or cancelled,
        if `on_cpu` there. Raises EvokeError."""
        if self.run.phase in (Phase.PAUSED, Phase.RUNNING):
            self.run.ask("run")
        else:
            self.run.launch(on_cpu=on_cpu)
        self.follow()

    def cancel(self) -> None:
        """End the process, now; what it has done so far is kept. A run that came to its end just
        before stays what it came to. Raises EvokeError where there is no process, and the folder
        cannot be written."""
        if self.run.process is None and not self.run.starting:
            if self.run.phase in (Phase.NEW, Phase.INTERRUPTED):
                self.run.note(State(phase=Phase.CANCELLED, ended=self.run.ended))
            return
        try:
            self.run.ask("cancel")
        except EvokeError as error:  # a full disk must not keep it at work
            log.warning("%s", error)
            self._kill()
        else:
            self._cancelled_t = time.monotonic()

    def stop_following(self) -> None:
        """Leave it to itself; but a cancel that was not heard yet is carried out."""
        self._timer.stop()
        if self._cancelled_t is not None and self.run.wish == "cancel":
            self._kill()

    # -- looking

    def _look(self) -> None:
        found, at = self.run.messages(self._at)
        more = at > self._at
        self._at = at
        for message in found:
            self.state.take(message)
            self.message.emit(message)
        self._timer.setInterval(CATCH_UP_MS if more else LOOK_MS)
        phase = self._phase()
        news = phase is not self.state.phase
        self.state.phase, self.state.why = phase, self.run.why if phase is Phase.FAILED else ""
        if phase in _AT_REST and news:
            self._clear_half_made()
        if phase in _AT_REST and (news or found):
            self._see_what_is_kept()
        if news:
            self.phase_changed.emit(phase)
        if news or found:
            self.changed.emit()

    def _see_what_is_kept(self) -> None:
        """Epochs are written while the next one trains: the last one told may not be there."""
        stage = self.state.unfinished
        if stage is None or stage.fold is None or not self.run.folder.is_dir():
            return
        self.state.saved_epoch = stored_epoch(self.run.folder / stage.name, stage.fold.number)
        self.state.saved_t = None

    def _clear_half_made(self) -> None:
        """An epoch that a process was killed over."""
        with kept_free(self.run.folder) as free:
            if free:
                self.run.clear_half_made()

    def _phase(self) -> Phase:
        phase = self.run.phase
        if phase in (Phase.NEW, Phase.INTERRUPTED) and self.run.starting:
            return Phase.RUNNING
        if phase in (Phase.RUNNING, Phase.PAUSED) and self._deaf():
            self._kill()
        return phase

    def _deaf(self) -> bool:
        waited = self._cancelled_t and time.monotonic() - self._cancelled_t
        return bool(waited and waited > DEAF_S and self.run.wish == "cancel")

    def _kill(self) -> None:
        """A process that is stopped or stuck does not hear a cancel."""
        self._cancelled_t = None
        process = self.run.process
        if process:
            kill(process)
        elif not self.run.starting:
            return
        end(self.run.folder)
        state = self.run.state
        if state is not None and state.phase in (Phase.DONE, Phase.FAILED):
            return  # it ended by itself, a moment before
        try:
            self.run.note(State(phase=Phase.CANCELLED, ended=self.run.ended))
        except EvokeError as error:
            log.warning("%s", error)
