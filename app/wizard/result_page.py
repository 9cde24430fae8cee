"""What training found: the verdict first, then pictures and figures that all say it in full."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRectF, QSize
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import (
    QMenu,
    QSizePolicy,
    QStackedWidget,
)

from app.buttons import Button
from app.file_dialogs import ask_folder
from app.widgets import (
    Card,
    Combo,
    Notice,
    Segmented,
    boxed,
    column,
    label,
    row,
    scrolling,
)
from app.wizard import exports
from app.wizard.accuracy import Accuracy, People, protocols_of
from app.wizard.charts import CalibrationCurve, Confusion, Figures, exact_words
from app.wizard.columns import across_or_down
from app.wizard.commands_view import CommandsView
from app.wizard.drawing import Legend, Picture
from app.wizard.exports import Kind
from app.wizard.plan import ROLES, Plan, Role
from app.wizard.progress import student_s
from app.wizard.result import Judged, Result
from app.wizard.runs import Phase, Run
from app.wizard.step import Step
from app.wizard.sweep import load_sweep
from app.wizard.sweep_view import SweepView
from app.wizard.titles import (
    LABELS,
    MACRO,
    label_title,
    protocol_name,
    role_title,
)
from app.wizard.verdict import Verdict
from app.words import people, trials
from app.worker import Task
from evoke.dataset.splits import Protocol
from evoke.errors import EvokeError
from evoke.types import DIMENSIONS

if TYPE_CHECKING:
    from app.wizard.follow import Follower

_LOW_PX = 640
"""A page lower than this has lower rows in its table."""

_LOWER_PX = 258
"""Least height of what stands below the tabs: eight emotions can be told apart in it."""

_NUMBERS, _CONFUSION, _PEOPLE, _SWEEP, _VERDICT, _COMMANDS = range(6)


class ResultPage(Step):
    """The result of a run, or why there is none yet."""

    def __init__(self) -> None:
        super().__init__()
        self._plan = Plan()
        self._run: Run | None = None
        self._student_s: float | None = None
        self._result: Result | None = None
        self._label = MACRO
        self._protocol: Protocol = "trials"
        self._commands: Sequence[str] = ()
        self._reading: Task[tuple[Result | None, list[str]]] | None = None
        self.verdict = Verdict()
        self.labels = Segmented([label_title(name) for name in LABELS])
        self.accuracy = Picture(QSize(400, 190))
        self.protocol = Combo(small=True)
        self.network = Combo(small=True)
        self.calibration = Picture(QSize(240, 190))
        self.views = Segmented(
            [
                self.tr("In numbers"),
                self.tr("Confusion of emotions"),
                self.tr("Per person"),
                self.tr("Temperature"),
                self.tr("In words"),
                self.tr("Commands"),
            ]
        )
        self.figures, self.confusion, self.people = Picture(), Picture(), Picture()
        self.sweep = SweepView()
        self.words = label("", 13, 400, "ink2", wrap=True)
        self.exact = label("", 12, kind="ink3")
        self.commands = CommandsView()
        self.notice = Notice("info", "")
        self.export_button = Button(self.tr("Export"), "export", "ghost")
        self._empty = Notice("info", self.tr("There is no result yet."))
        self._build()
        self._show_none("")

    # -- building

    def _build(self) -> None:
        self._menu = QMenu(self.export_button)
        for words, kinds in self._exports():
            action = self._menu.addAction(words)
            action.triggered.connect(lambda _on=False, kinds=kinds: self._ask_folder(kinds))
        self.export_button.setMenu(self._menu)
        self.labels.choose(LABELS.index(self._label))
        self.labels.chosen.connect(self._choose_label)
        self.views.chosen.connect(self._show_view)
        self.protocol.activated.connect(self._choose_protocol)
        self.network.activated.connect(lambda _i: self._show_lower())
        self.accuracy.pressed.connect(self._press)
        self.protocol.setAccessibleName(self.tr("Protocol"))
        self.network.setSizeAdjustPolicy(Combo.SizeAdjustPolicy.AdjustToContents)
        self.network.setAccessibleName(self.tr("Network"))
        accuracy = Card(self.tr("Accuracy"), "", (self.labels,), self.accuracy, gap=4)
        key = Legend(
            (self.tr("after"), "accent", 2.4, False), (self.tr("before"), "ink3", 1.6, False)
        )
        actions = (self.network, key)
        calibration = Card(self.tr("Calibration"), "", actions, self.calibration, gap=4)
        self._upper = upper = row(gap=12)
        upper.addWidget(accuracy, 68)
        upper.addWidget(calibration, 32)
        content = column(self.verdict, gap=10, margins=(12, 10, 12, 10))
        content.addLayout(upper, 1)
        content.addWidget(self._lower())
        content.addWidget(self.notice)
        self._content = boxed(content)
        scroll = scrolling(self._content)
        self._stack = QStackedWidget()
        empty = row(None, boxed(column(None, self._empty, None)), None)
        self._stack.addWidget(boxed(empty))
        self._stack.addWidget(scroll)
        self.setLayout(column(self._stack, gap=0))

    def _lower(self) -> Card:
        self._hint = label("", 12, kind="ink3")
        self._lower_stack = QStackedWidget()
        confusion = column(self.confusion, self.exact, gap=4)
        self._lower_pages = (
            boxed(column(self.figures, None, gap=0)),
            boxed(confusion),
            scrolling(boxed(column(self.people, None, gap=0))),
            scrolling(self.sweep),
            scrolling(boxed(column(self.words, None, gap=0))),
            self.commands,
        )
        for page in self._lower_pages:
            self._lower_stack.addWidget(page)
        self._hint.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        head = row(self.views)
        head.addWidget(self._hint, 1)
        for widget in (self.protocol, self.export_button):
            head.addWidget(widget)
        made = Card(body=column(head, self._lower_stack, gap=6), pad=10)
        made.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
        self.views.choose(_NUMBERS)
        return made

    def _exports(self) -> tuple[tuple[str, tuple[Kind, ...]], ...]:
        return (
            (self.tr("Summary (PDF)…"), ("pdf",)),
            (self.tr("Pictures (PNG)…"), ("png",)),
            (self.tr("Pictures to edit (SVG)…"), ("svg",)),
            (self.tr("Figures (CSV)…"), ("csv",)),
            (self.tr("Everything…"), exports.KINDS),
        )

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.verdict.set_narrow(self.width() < 1300)
        across_or_down(self._upper, self.width())
        self._show_lower()

    # -- as a step

    def show_plan(self, plan: Plan) -> None:
        """A plan alone has no result; `show_run` brings it."""

    def show_run(self, follower: Follower | None) -> None:
        """The run's result, or why there is none."""
        if self._reading is not None:
            self._reading.cancel()
        run = follower.run if follower is not None else None
        if run is None or run.phase is not Phase.DONE:
            self._show_none(self.tr("It appears here as soon as teacher and student are trained."))
            return
        seconds = student_s(follower.state) if follower is not None else None
        self._reading = Task(
            self,
            lambda: _read(run),
            lambda found: self._show_read(run, seconds, *found),
            self._show_none,
        )

    def _show_read(
        self, run: Run, seconds: float | None, result: Result | None, commands: list[str]
    ) -> None:
        if result is not None:
            self.show_result(result, run.plan, commands, run, seconds)

    @property
    def reason(self) -> str:
        return "" if self._result else self.tr("Deploy opens when the student has been judged.")

    @property
    def fact(self) -> str:
        if self._result is None:
            return ""
        tested = self._result.judged[0].trials
        return self.tr("{0} · judged on {1} of {2}").format(
            people(self._result.subjects), f"{tested:,}", trials(self._result.trials)
        )

    # -- showing

    def _show_none(self, why: str) -> None:
        self._result = None
        self._empty.say(self.tr("There is no result yet."), why)
        self._stack.setCurrentIndex(0)
        self.status.emit()

    def show_result(
        self,
        result: Result,
        plan: Plan,
        commands: Sequence[str] = (),
        run: Run | None = None,
        student_s: float | None = None,
    ) -> None:
        """commands: that make the same figures. student_s: seconds that a student takes."""
        self._result, self._plan, self._commands = result, plan, commands
        self._run, self._student_s = run, student_s
        self.commands.show_commands(commands)
        self._protocol = result.judged[0].protocol
        self.verdict.say(result.headline, synthetic=result.synthetic)
        self.notice.hide()
        self.protocol.clear()
        self.protocol.addItems([protocol_name(p) for p in protocols_of(result)])
        self.protocol.setVisible(self.protocol.count() > 1)
        self.network.clear()
        for role in self._roles():
            self.network.addItem(role_title(role), role)
        roles = self._roles()
        self.network.setCurrentIndex(roles.index("student") if "student" in roles else 0)
        self._stack.setCurrentIndex(1)
        self._show_all()
        self.status.emit()

    def _roles(self) -> list[Role]:
        assert self._result is not None
        found = {judged.role for judged in self._result.judged}
        return [role for role in ROLES if role in found]

    def _choose_label(self, chosen: int) -> None:
        self._label = LABELS[chosen]
        self._show_all()

    def _choose_protocol(self, chosen: int) -> None:
        if self._result is not None:
            self._protocol = protocols_of(self._result)[chosen]
            self._show_all()

    def _press(self, place: QPointF) -> None:
        """A click on a protocol's panel chooses it."""
        drawing = self.accuracy.drawing
        if isinstance(drawing, Accuracy):
            protocol = drawing.at(place, QRectF(self.accuracy.rect()))
            if protocol is not None:
                self._choose_protocol(drawing.protocols.index(protocol))

    def _show_view(self, _chosen: int) -> None:
        self._show_lower()

    def _show_all(self) -> None:
        result = self._result
        if result is None:
            return
        self.protocol.setCurrentIndex(protocols_of(result).index(self._protocol))
        self.accuracy.show_drawing(Accuracy(result, self._plan, self._label, self._protocol))
        self._show_lower()

    def _judged(self) -> Judged | None:
        """The network and protocol chosen."""
        role = self.network.currentData()
        return self._result.of(role, self._protocol) if self._result and role else None

    def _show_calibration(self, judged: Judged) -> None:
        name = self._label if self._label != MACRO else DIMENSIONS[0]
        self.calibration.show_drawing(CalibrationCurve(judged, name))

    def _show_lower(self) -> None:
        judged, result = self._judged(), self._result
        if judged is None or result is None:
            return
        self._show_calibration(judged)
        view = self.views.index
        self._lower_stack.setCurrentIndex(view)
        low = self.height() < _LOW_PX
        figures = Figures(result, self._label, self._protocol, low=low)
        height = max(_LOWER_PX, figures.size.height())
        self._fix(self.figures, figures, figures.size.height())
        self._fix(self.confusion, Confusion(judged), height - 20)
        people = People(judged)
        self._fix(self.people, people, people.size.height())
        self.sweep.show_run(self._run, result, self._protocol, self._student_s)
        self.exact.setText(exact_words(judged))
        self.words.setText("\n".join(judged.words))
        self._hint.setText(self._said_of(view, judged))
        self._lower_stack.setFixedHeight(height)  # of all alike: the tabs stay under the pointer

    @staticmethod
    def _fix(picture: Picture, drawing: Confusion | Figures | People, height: int) -> None:
        picture.show_drawing(drawing)
        picture.setFixedHeight(height)

    def _said_of(self, view: int, judged: Judged) -> str:
        assert self._result is not None
        of = role_title(judged.role)
        if view == _NUMBERS:
            cost = next(iter(self._result.costs.values()), None)
            device = self.tr(" · timed here on {0}").format(cost.device) if cost else ""
            return f"[{self._over(judged)}]{device}"
        if view == _CONFUSION:
            return self.tr("{0} · % of the windows rated so").format(of)
        if view == _PEOPLE:
            return self.tr("{0} · dot: right, line: the commoner answer").format(of)
        return of if view == _VERDICT else ""

    def _over(self, judged: Judged) -> str:
        """What the brackets are."""
        if judged.drawn == "people":
            return self.tr("95 % over {0}").format(people(len(judged.people)))
        if judged.drawn == "videos":
            return self.tr("95 % over the videos tested")
        if judged.protocol == "videos":
            return self.tr("95 % over {0} of one video").format(trials(judged.trials))
        return self.tr("95 % over {0}").format(trials(judged.trials))

    # -- exporting

    def _ask_folder(self, kinds: tuple[Kind, ...]) -> None:
        ask_folder(self, self.tr("Export to a folder"), lambda folder: self.export(folder, kinds))

    def export(self, folder: Path, kinds: tuple[Kind, ...]) -> None:
        """Write files into a folder, off the GUI thread, and say what was written."""
        result, plan, commands, run = self._result, self._plan, self._commands, self._run
        if result is None:
            return
        found = []
        if run is not None:
            for protocol in protocols_of(result):
                with contextlib.suppress(EvokeError):  # its own view says it
                    found.append(load_sweep(run, protocol))
        sweeps = [sweep for sweep in found if sweep is not None]
        self.export_button.setEnabled(False)
        Task(
            self,
            lambda: exports.export(result, plan, folder, kinds, commands, sweeps),
            lambda files: self._exported(folder, files),
            self._not_exported,
        )

    def _exported(self, folder: Path, files: list[Path]) -> None:
        self.export_button.setEnabled(True)
        if len(files) == 1:
            self.notice.say(self.tr("Written to {0}").format(files[0]))
        else:
            self.notice.say(self.tr("{0} files written to {1}").format(len(files), folder))

    def _not_exported(self, why: str) -> None:
        self.export_button.setEnabled(True)
        self.notice.say(self.tr("Nothing more was exported."), why)


def _read(run: Run) -> tuple[Result | None, list[str]]:
    """Its result and the commands that give the same figures; also loads what the pictures need.
    Raises EvokeError if the result is damaged."""
    import evoke.training.tables  # noqa: F401

    commands = run.plan.commands(run.threads)
    otherwise = [
        f"# {stage.name}, fold {fold}: {said}; the command alone comes to other figures"
        for stage in run.plan.stages
        for fold, said in run.otherwise(stage)
    ]
    return run.result, [*commands, *otherwise]
