"""What the pages of teacher and student share: settings before a run, the run itself after."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QTimer
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import QAbstractSpinBox, QStackedWidget, QWidget

from app.widgets import Card, Item, column, scrolling
from app.wizard.follow import Follower
from app.wizard.guard import Page, reasons
from app.wizard.plan import Plan, Role
from app.wizard.running import RunningView
from app.wizard.runs import Phase
from app.wizard.start import StartBar, blocked, other_at_work, trivial_accuracy
from app.wizard.step import Step
from app.wizard.survey import Survey

PREPARE_MS = 200
"""After the page is shown; plots take tens of milliseconds to make."""


LOOK_MS = 2000
"""Between two looks whether another window has begun or ended a training."""


class TrainedPage(Step):
    """Shows its settings while no run is, and the run where there is one."""

    def __init__(self, page: Page, roles: Sequence[Role]) -> None:
        super().__init__()
        self._page: Page = page
        self.plan = Plan()
        self.survey: Survey | None = None
        self._roles = roles
        self._running: RunningView | None = None
        self._settings = QWidget()
        self.follower: Follower | None = None
        self.start = StartBar()
        self._stack = QStackedWidget()
        self.setLayout(column(self._stack, gap=0))
        self.start.asked.connect(self._start)
        self._look = QTimer(self, interval=LOOK_MS)
        self._look.timeout.connect(lambda: None if self.follower else self._say_reason())

    def set_settings(self, settings: QWidget) -> None:
        """The settings shown before a run."""
        scroll = scrolling(settings)
        self._settings = scroll
        self._stack.addWidget(scroll)

    def _start(self) -> None:
        """What is being typed counts, too: a click takes no focus from it."""
        for number in self.findChildren(QAbstractSpinBox):
            number.interpretText()
        self.start_asked.emit()

    @property
    def running(self) -> RunningView:
        """Made a moment after the page is first seen, or when it is needed."""
        if self._running is None:
            self._running = RunningView(self._roles)
            self._running.show_trivial(trivial_accuracy(self.survey))
            self._running.anew_asked.connect(self.anew_asked)
            self._running.changed.connect(self.status)
            self._running.show_run(self.follower)
            self._stack.addWidget(self._running)
        return self._running

    def _start_card(self, *above: Item) -> Card:
        return Card(body=column(*above, self.start, gap=10), pad=14)

    # -- as a step

    def show_survey(self, found: Survey | None) -> None:
        """What is known of the data."""
        self.survey = found
        if self._running is not None:
            self._running.show_trivial(trivial_accuracy(found))
        self.show_reason()

    def show_run(self, follower: Follower | None) -> None:
        """A run that is followed, or None: to plan one."""
        self.follower = follower
        if self._running is not None:
            self._running.show_run(follower)
        if self.isVisible() or follower is None:
            self._show_either()
        self.status.emit()

    def _show_either(self) -> None:
        """The settings, or the run."""
        settings = self.follower is None
        self._stack.setCurrentWidget(self._settings if settings else self.running)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._show_either()
        self._say_reason()
        self._look.start()
        QTimer.singleShot(PREPARE_MS, self, lambda: self.running)

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._look.stop()

    def show_reason(self) -> None:
        """Say beside the button why it cannot be pressed."""
        self._say_reason()
        self.status.emit()

    def _say_reason(self) -> None:
        why = blocked(self.plan, self.survey) or self.own_reason
        if not why and self.follower is None:
            why = other_at_work()
        self.start.show_reason(why)

    @property
    def phase(self) -> Phase | None:
        """Of the run shown; None while one is planned."""
        return self.follower.state.phase if self.follower is not None else None

    @property
    def own_reason(self) -> str:
        """What is wrong with this page's settings."""
        return "" if self.follower else reasons(self.plan, self.survey)[self._page]

    def change(self, **fields: object) -> None:
        """The user changed something of the plan."""
        self.plan = self.plan.changed(**fields)
        self.show_reason()
        self.planned.emit(self.plan)
