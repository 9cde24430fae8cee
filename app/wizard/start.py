"""What starts a run: the button, why it cannot be pressed, and what it will take."""

from __future__ import annotations

from PySide6.QtCore import QTimer, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QWidget

from app.buttons import Button, on_click
from app.widgets import Card, Glyph, boxed, column, label, row, rule
from app.wizard import progress
from app.wizard.estimate import Estimate, estimate
from app.wizard.guard import PAGES, reasons
from app.wizard.plan import Plan
from app.wizard.runs import RunStore
from app.wizard.survey import Survey
from app.words import translate
from app.worker import Task
from evoke.types import HIGH_ABOVE

MEASURE_AFTER_MS = 700
"""After the last change of the plan, so that clicking through choices measures once."""


def blocked(plan: Plan, survey: Survey | None) -> str:
    """Why a run of the plan cannot be started, with the page that can mend it; "" if it can."""
    names = {
        "data": translate("wizard", "Data"),
        "features": translate("wizard", "Features"),
        "protocol": translate("wizard", "Protocol"),
        "teacher": translate("wizard", "Teacher"),
        "distil": translate("wizard", "Distil"),
    }
    found = reasons(plan, survey)
    return next((f"{names[page]}: {found[page]}" for page in PAGES if found[page]), "")


def other_at_work() -> str:
    """Why a run cannot be started beside another window's; "" if it can."""
    if RunStore().at_work is None:
        return ""
    return translate("wizard", "A training is at work already, begun by another window.")


def trivial_accuracy(survey: Survey | None) -> float | None:
    """Share of trials that always giving the commoner answer is right about, mean of the three;
    None where there are none."""
    import numpy as np

    if survey is None or not survey.trials:
        return None
    high = (survey.ratings > HIGH_ABOVE).mean(axis=0)
    return float(np.maximum(high, 1 - high).mean())


class StartBar(QWidget):
    """Start, and beside it why not."""

    asked = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.button = Button(self.tr("Start training"), "play", "primary")
        self._glyph = Glyph("warning-circle", "warn", 16)
        self.words = label("", 13, kind="ink2", wrap=True)
        layout = row(self.button, gap=10)
        layout.addWidget(self._glyph)
        layout.addWidget(self.words, 1)
        self.setLayout(layout)
        on_click(self.button, self.asked.emit)

    def show_reason(self, reason: str) -> None:
        self.button.setEnabled(not reason)
        self.button.setAccessibleDescription(reason)
        self._glyph.setVisible(bool(reason))
        said = self.tr("The window may be closed meanwhile: training goes on.")
        self.words.setText(reason or said)


class EstimateCard(Card):
    """How long a plan will train on this computer, measured while the card is looked at.

    measured: an estimate has come.
    """

    measured = Signal()

    def __init__(self) -> None:
        self.head = label("", 24, 600)
        self.how = label("", 12, kind="ink3", wrap=True)
        self._rows = column(gap=4)
        body = column(self.head, self.how, rule(), gap=8)
        body.addLayout(self._rows)
        super().__init__(self.tr("On this computer"), body=body)
        self._plan = Plan()
        self._survey: Survey | None = None
        self._task: Task[Estimate] | None = None
        self.estimate: Estimate | None = None
        self._wait = QTimer(self, singleShot=True, interval=MEASURE_AFTER_MS)
        self._wait.timeout.connect(self._measure)
        self._say(self.tr("Not measured"), "")

    def show_plan(self, plan: Plan, survey: Survey | None) -> None:
        """Measure for a plan, as soon as it is looked at and nothing keeps it from starting."""
        if plan == self._plan and survey is self._survey:
            return
        self._plan, self._survey = plan, survey
        self.stop()
        self.estimate = None
        self._plan_measurement()

    def stop(self) -> None:
        """What is being measured is no longer wanted."""
        self._wait.stop()
        if self._task is not None:
            self._task.cancel()
            self._task = None

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if self.estimate is None and self._task is None:
            self._plan_measurement()

    def _plan_measurement(self) -> None:
        if blocked(self._plan, self._survey):
            self._say(
                self.tr("Not measured"),
                self.tr("A few real batches are timed as soon as this plan can be started."),
            )
            return
        self._say(self.tr("Measuring…"), self.tr("A few real batches of each network are timed."))
        if self.isVisible():
            self._wait.start()

    def _measure(self) -> None:
        plan, survey = self._plan, self._survey
        if survey is None:
            return
        self._task = Task(self, lambda: estimate(plan, survey), self._show, self._not_measured)

    def _not_measured(self, why: str) -> None:
        self._task = None
        self._say(self.tr("Not measured"), why)

    def _show(self, found: Estimate) -> None:
        self._task, self.estimate = None, found
        if self._plan.cluster:
            self._say(
                self.tr("{0} here at most").format(progress.duration(found.seconds)),
                self.tr("So long on this computer alone. How fast the cluster is, nobody knows."),
            )
            self._show_rows(found)
            return
        threads = self.tr("1 thread") if found.threads == 1 else self.tr("{0} threads")
        on = f"{found.device}, {threads.format(found.threads)}"
        stops = any(self._plan.config(stage).patience is not None for stage in self._plan.stages)
        how_long = self.tr("{0} at most") if stops else self.tr("About {0}")
        words = [
            self.tr(
                "Of training alone, measured just now on {0} with a few real batches of each "
                "network; reading the data before and judging after come on top."
            ).format(on)
        ]
        if stops:
            words.append(self.tr("Where an epoch no longer helps, it stops earlier."))
        self._say(how_long.format(progress.duration(found.seconds)), " ".join(words))
        self._show_rows(found)

    def _show_rows(self, found: Estimate) -> None:
        for stage in self._plan.stages:
            title = progress.stage_title(self._plan, stage)
            self._row(title, progress.duration(found.of(stage)))
        memory = progress.memory(found.memory_mb, found.memory_total_mb)
        if found.scaled:
            memory = self.tr("about {0}").format(memory)
        if found.on_gpu and found.memory_total_mb:
            memory = self.tr("{0} free").format(memory)
        self._row(self.tr("Memory"), memory)
        if found.fits is not None:
            words = self.tr(
                "Batches of {0} windows are all that its free memory holds; they come to other "
                "figures than those asked for. End what else uses the GPU, or train on the CPU."
            )
            self._rows.addWidget(label(words.format(found.fits), 13, 500, "warn", wrap=True))
        if found.too_large:
            words = self.tr(
                "That is more than {0} can spare: leave people out, take a longer hop, or train on "
                "a larger computer."
            )
            self._rows.addWidget(label(words.format(found.device), 13, 500, "warn", wrap=True))
        self._row(self.tr("Disk, for resuming"), progress.size(found.disk_mb))
        self.measured.emit()

    def _say(self, head: str, how: str) -> None:
        self.head.setText(head)
        self.how.setText(how)
        while self._rows.count():
            item = self._rows.takeAt(0)
            widget = item.widget() if item is not None else None
            if widget is not None:
                widget.hide()
                widget.deleteLater()

    def _row(self, name: str, value: str) -> None:
        self._rows.addWidget(boxed(row(label(name, 13, kind="ink2"), None, label(value, 13, 500))))
