"""What is seen while it trains: curves, time left, folds, advice, and pause and cancel."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.buttons import Button, on_click
from app.widgets import Card, Combo, Notice, boxed, column, row, scrolling
from app.wizard import progress
from app.wizard.curves import Curves
from app.wizard.drawing import Legend
from app.wizard.follow import Follower, StageState
from app.wizard.plan import Role, Stage
from app.wizard.progress_card import FoldRow, ProgressCard
from app.wizard.runs import Phase
from app.wizard.titles import percent
from evoke.errors import EvokeError

DRAW_MS = 200
"""At most so often are the curves drawn again."""

SIDE_PX = 320


class RunningView(QWidget):
    """A run, for the networks of some roles.

    changed: its phase, or something the frame's footer says. anew_asked: to plan another run.
    """

    changed = Signal()
    anew_asked = Signal()

    def __init__(self, roles: Sequence[Role]) -> None:
        super().__init__()
        self._roles = roles
        self._follower: Follower | None = None
        self._stages: list[Stage] = []
        self._trivial: float | None = None
        self._phase: Phase | None = None
        self.stage = Combo(small=True)
        self.accuracy = Curves(_in_percent, 0.06)
        self.loss = Curves(lambda v: f"{v:.3g}", 0.1)
        self.progress = ProgressCard()
        self.folds: list[FoldRow] = []
        self._folds = column(gap=2)
        self.advice = Notice("warn", "")
        self.resume = Button(self.tr("Resume"), "play", "primary")
        self.resume_on_cpu = Button(self.tr("Resume on the CPU"), "cpu")
        self.anew = Button(self.tr("Plan another training"), "arrow-counter-clockwise")
        self.really = Button(self.tr("Cancel training"))
        self.keep = Button(self.tr("Keep training"), kind="primary")
        self._drawing = QTimer(self, singleShot=True, interval=DRAW_MS)
        self._drawing.timeout.connect(self._draw)
        self._build()

    # -- building

    def _build(self) -> None:
        key = Legend(
            (self.tr("latest fold"), "accent", 2.4, False),
            (self.tr("former folds"), "ink3", 1.0, False),
        )
        self.stage.setAccessibleName(self.tr("Network shown"))
        self.stage.activated.connect(lambda _i: self._draw())
        self.stage.setSizeAdjustPolicy(Combo.SizeAdjustPolicy.AdjustToContents)
        accuracy = Card(self.tr("Accuracy"), "", (self.stage, key), self.accuracy)
        lines = Legend(
            (self.tr("held out"), "ink2", 1.6, False), (self.tr("training"), "ink2", 1.4, True)
        )
        loss = Card(self.tr("Loss"), "", (lines,), self.loss)
        self._accuracy_hint, self._loss_hint = accuracy.hint, loss.hint
        left = column(gap=12)
        left.addWidget(accuracy, 1)
        left.addWidget(loss, 1)
        self._folds_card = Card(
            self.tr("Folds"),
            self.tr("bar: epochs; figure: accuracy in its test"),
            body=self._folds,
            gap=2,
        )
        self._folds_card.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
        side = column(
            *(self._make_confirm(), self._make_state(), self.progress, self._folds_card),
            *(self.advice, None),
            gap=12,
            margins=(0, 0, 4, 0),
        )
        scroll = scrolling(boxed(side))
        scroll.setFixedWidth(SIDE_PX)
        layout = row(gap=12, margins=(12, 12, 8, 12))
        layout.addLayout(left, 1)
        layout.addWidget(scroll)
        self.setLayout(layout)
        on_click(self.progress.pause, self._pause_or_go_on)
        on_click(self.progress.cancel, self._ask)
        on_click(self.really, self._cancel)
        on_click(self.keep, self._confirm_box.hide)
        on_click(self.resume, lambda: self._tell(Follower.resume))
        on_click(self.resume_on_cpu, lambda: self._tell(lambda run: run.resume(on_cpu=True)))
        for again in (self.anew, self.progress.again):
            on_click(again, self.anew_asked.emit)

    def _make_confirm(self) -> QWidget:
        """Asked once before a cancel."""
        self._confirm_box = Notice(
            "warn",
            self.tr("Cancel this training?"),
            self.tr("The epochs done so far stay on this computer: it can be resumed later."),
            self.really,
            self.keep,
        )
        self._confirm_box.hide()
        return self._confirm_box

    def _make_state(self) -> QWidget:
        """Why it does not train, and what can be done."""
        ways_on = (self.resume, self.resume_on_cpu, self.anew)  # too wide for one row here
        below = column(*(row(button, None) for button in ways_on), gap=8)
        self.state = Notice("error", "", "", boxed(below))
        return self.state

    # -- following

    def show_run(self, follower: Follower | None) -> None:
        """The run to be shown, followed already; None for none."""
        if self._follower is not None and self._follower is not follower:
            self._follower.changed.disconnect(self._news)
        if follower is not None and self._follower is not follower:
            follower.changed.connect(self._news)
        self._follower = follower
        self._phase = None
        self._confirm_box.hide()
        if follower is not None:
            plan = follower.run.plan
            self._stages = progress.stages_of(plan, self._roles)
            self.stage.clear()
            self.stage.addItem(self.tr("The one at work"), None)
            for stage in self._stages:
                self.stage.addItem(progress.stage_title(plan, stage), stage.name)
            self.stage.setVisible(len(self._stages) > 1)
            self._draw()

    def show_trivial(self, accuracy: float | None) -> None:
        """What always giving the commoner answer would reach over all the data."""
        self._trivial = accuracy
        self._draw()

    def _news(self) -> None:
        if not self._drawing.isActive():
            self._drawing.start()

    # -- drawing

    def _draw(self) -> None:
        follower = self._follower
        if follower is None or not self._stages:
            return
        state, plan = follower.state, follower.run.plan
        if state.phase is Phase.DONE and self.stage.itemData(0) is None:
            self.stage.removeItem(0)
        chosen = self.stage.currentData()
        stage = progress.stage_at(state, self._stages)
        stage = next((s for s in self._stages if s.name == chosen), stage)
        told = state.stages.get(stage.name)
        epochs = progress.epochs_of(plan, stage, told)
        empty = progress.doing(state, told) or self.tr("The first epoch comes here")
        if plan.config(stage).patience is None:
            empty_accuracy = self.tr(
                "This preset holds nothing out while it trains: accuracy comes with each fold's end"
            )
        else:
            empty_accuracy = empty
        trivial = self._majority(told)
        self.accuracy.show_lines(progress.accuracy_lines(told, epochs, trivial, empty_accuracy))
        self.loss.show_lines(progress.loss_lines(told, epochs, empty))
        held = self.tr("on {0} held out to say when to stop, by epoch").format(_held_out(stage))
        self._accuracy_hint.setText(held)
        if stage.role == "student":
            said = self.tr("training: distance from the teacher; held out: cross-entropy")
        else:
            said = self.tr("cross-entropy of a label, by epoch; held out: once calibrated")
        self._loss_hint.setText(said)
        self._show_progress(follower, stage)
        self._show_folds(follower, stage)
        self._show_advice(follower, stage)
        if state.phase is not self._phase:
            self._phase = state.phase
            self._show_phase(follower)
        self.changed.emit()

    def _majority(self, told: StageState | None) -> float | None:
        """Of all the data, else of the first fold that has ended: a line that stands still."""
        if self._trivial is not None or told is None:
            return self._trivial
        ended = [fold.ended.majority for fold in told.folds.values() if fold.ended is not None]
        return ended[0] if ended else None

    def _show_progress(self, follower: Follower, stage: Stage) -> None:
        state, run, card = follower.state, follower.run, self.progress
        told = state.stages.get(stage.name)
        card.head.setText(progress.headline(run, state, stage))
        doing = progress.doing(state, told)
        card.where.setText(doing or progress.where(run.plan, stage, told))
        card.bar.show_share(progress.share(run.plan, stage, told))
        left = progress.left_s(run, state, run.plan.stages)
        training = state.phase is Phase.RUNNING
        words = ""
        if training and left is not None and len(run.plan.stages) > 1:
            words = self.tr("all networks of this run: {0} at most").format(progress.duration(left))
        elif training and (others := progress.to_come(run.plan, state)):
            words = self.tr("then the next of {0} more").format(others)
        card.all.setText(words)
        card.all.setVisible(bool(words))
        machine = state.machine
        if machine is not None:
            card.device.say(machine.device)
            card.memory.say(progress.memory(machine.memory_mb, machine.memory_total_mb))
            fast = machine.windows_per_s and training
            card.speed.say(f"{machine.windows_per_s:,.0f} windows/s" if fast else "–")
        reduced = progress.reduced(told)
        card.reduced.setText(reduced)
        card.reduced.setVisible(bool(reduced))
        card.saved.say(progress.saved(state, told))

    def _show_folds(self, follower: Follower, stage: Stage) -> None:
        plan, told = follower.run.plan, follower.state.stages.get(stage.name)
        count = progress.folds_of(plan, stage)
        while len(self.folds) < count:
            self.folds.append(FoldRow(len(self.folds) + 1))
            self._folds.addWidget(self.folds[-1])
        epochs = progress.epochs_of(plan, stage, told)
        latest = told.fold if told is not None and not told.ended else None
        for k, fold_row in enumerate(self.folds):
            fold_row.setVisible(k < count)
            fold = told.folds.get(k + 1) if told is not None else None
            fold_row.show_fold(fold, epochs, current=fold is not None and fold is latest)

    def _show_advice(self, follower: Follower, stage: Stage) -> None:
        from app.wizard.advice import advice

        told = follower.state.stages.get(stage.name)
        fold = told.fold if told is not None else None
        found = None
        if fold is not None:
            config, ended = follower.run.plan.config(stage), fold.ended is not None
            nothing = fold.started.nothing_nll if fold.started is not None else None
            found = advice(fold.epochs, config, ended=ended, nothing_nll=nothing)
        if found is not None:
            self.advice.say(found.title, found.text, found.kind)
        else:
            self.advice.hide()

    # -- phases

    def _show_phase(self, follower: Follower) -> None:
        phase = follower.state.phase
        active = phase in (Phase.RUNNING, Phase.PAUSED, Phase.NEW)
        self.progress.buttons.setVisible(active)
        self.progress.again.setVisible(phase is Phase.DONE)
        paused = phase is Phase.PAUSED
        self.progress.pause.set_words(self.tr("Go on") if paused else self.tr("Pause"))
        self.progress.pause.set_icon("play" if paused else "pause")
        if not active:
            self._confirm_box.hide()
        self.resume.setVisible(not follower.run.damage)
        came_to = follower.run.state
        gpu_failed = phase is Phase.FAILED and came_to is not None and came_to.gpu_failed
        self.resume_on_cpu.setVisible(gpu_failed and not follower.run.damage)
        title, text = self._said_of(phase, follower)
        kinds = {Phase.FAILED: "error", Phase.INTERRUPTED: "warn"}
        self.state.say(title, text, kinds.get(phase, "info"))

    def _said_of(self, phase: Phase, follower: Follower) -> tuple[str, str]:
        saved = follower.state.saved_epoch
        run = follower.run
        if run.damage:
            return run.damage, ""
        kept = self.tr("Resuming begins this network anew: no epoch of it was kept.")
        if saved is not None:
            kept = self.tr("Nothing up to epoch {0} is lost: it goes on from there.").format(saved)
        if set(run.ended) >= {stage.name for stage in run.plan.stages}:
            kept = self.tr("All its networks are trained: resuming judges them.")
        if phase in (Phase.INTERRUPTED, Phase.FAILED, Phase.CANCELLED):
            kept = progress.begins_again(run) or kept
        if phase is Phase.INTERRUPTED:
            title = self.tr("Training was interrupted, its process is gone.")
            return title, run.obstacle or kept
        if phase is Phase.FAILED:
            return follower.state.why or self.tr("Training stopped by a fault."), kept
        if phase is Phase.CANCELLED:
            return self.tr("Training was cancelled."), kept
        return "", ""

    # -- asking of it

    def _ask(self) -> None:
        self._confirm_box.show()
        self.keep.setFocus()

    def _cancel(self) -> None:
        self._confirm_box.hide()
        self._tell(Follower.cancel)

    def _pause_or_go_on(self) -> None:
        paused = self._follower is not None and self._follower.state.phase is Phase.PAUSED
        self._tell(Follower.resume if paused else Follower.pause)

    def _tell(self, wish: Callable[[Follower], object]) -> None:
        """Ask the run for something; what goes wrong is said where its state is."""
        if self._follower is None:
            return
        try:
            wish(self._follower)
        except EvokeError as error:
            self.state.say(str(error), kind="error")


def _in_percent(value: float) -> str:
    """'55 %', '55.3 %'."""
    whole = abs(100 * value - round(100 * value)) < 1e-6
    return percent(value, 0 if whole else 1)


def _held_out(stage: Stage) -> str:
    return {
        "segments": progress.translate("wizard", "seconds"),
        "trials": progress.translate("wizard", "trials"),
        "videos": progress.translate("wizard", "videos"),
        "subjects": progress.translate("wizard", "people"),
    }[stage.protocol]
