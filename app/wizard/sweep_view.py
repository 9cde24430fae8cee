"""The sweep of a run: begun from here, drawn while it is trained."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QTimer
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import QWidget

from app.buttons import Button, on_click
from app.widgets import column, label, row
from app.wizard import sweep as sweeps
from app.wizard.drawing import (
    Picture,
)
from app.wizard.progress import duration
from app.wizard.result import Result
from app.wizard.runs import Run
from app.wizard.sweep import Sweep
from app.wizard.sweep_drawing import SweepDrawing
from evoke.dataset.splits import Protocol
from evoke.errors import EvokeError

LOOK_MS = 500


class SweepView(QWidget):
    """Begins the sweep of a run and shows what there is of it."""

    def __init__(self) -> None:
        super().__init__()
        self._run: Run | None = None
        self._result: Result | None = None
        self._protocol: Protocol = "trials"
        self._seconds: float | None = None
        self._problem, self._stopped = "", False
        self.sweep: Sweep | None = None
        self.few = Button("", "play")
        self.many = Button("", "play")
        self.stop = Button(self.tr("Stop"), "stop")
        self.said = label("", 13, kind="ink2", wrap=True)
        self.picture = Picture()
        self.picture.setFixedHeight(SweepDrawing.size.height())
        caution = self.tr(
            "With this run's teacher, the paper's plain loss, and the same test windows: look, but "
            "choose nothing by them, or they no longer test it."
        )
        head = row(self.few, self.many, self.stop, gap=8)
        head.addWidget(self.said, 1)
        self.setLayout(
            column(head, self.picture, label(caution, 12, kind="ink3", wrap=True), None, gap=6)
        )
        self._timer = QTimer(self, interval=LOOK_MS)
        self._timer.timeout.connect(self.look)
        on_click(self.few, lambda: self._begin(sweeps.FEW))
        on_click(self.many, lambda: self._begin(sweeps.MANY))
        on_click(self.stop, self._stop)

    def show_run(
        self, run: Run | None, result: Result, protocol: Protocol, seconds: float | None = None
    ) -> None:
        """seconds: that a student takes, where it is known; once one of the sweep's own is there,
        what that took is gone by."""
        if (run, protocol) != (self._run, self._protocol):
            self._problem, self._stopped = "", False
        self._run, self._result, self._protocol = run, result, protocol
        self._seconds = seconds
        self.look()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._timer.start()
        self.look()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._timer.stop()

    def look(self) -> None:
        """What there is by now."""
        run, result = self._run, self._result
        self.setEnabled(run is not None)
        if run is None or result is None:
            self.sweep = None
            self.picture.show_drawing(None)
            return
        working = sweeps.at_work(run, self._protocol)
        try:
            sweep = sweeps.load_sweep(run, self._protocol)
        except EvokeError as error:
            sweep, self._problem = None, str(error)
        if not working:
            sweeps.clear_half_made(run, self._protocol)
        if sweep != self.sweep or self.picture.drawing is None:
            self.sweep = sweep
            drawing = SweepDrawing(sweep, result) if sweep and sweep.points else None
            self.picture.show_drawing(drawing)
        self.picture.setVisible(self.picture.drawing is not None)
        self._show_state(sweep, working=working)

    def _show_state(self, sweep: Sweep | None, *, working: bool) -> None:
        for button, grid in ((self.few, sweeps.FEW), (self.many, sweeps.MANY)):
            left = self._left(grid)
            button.setVisible(not working and bool(left))
            button.set_words(self._words(len(left)))
        self.stop.setVisible(working)
        if sweep is None:
            self.said.setText(self._problem or self.tr("None trained yet."))
        elif working:
            done, total = len(sweep.points), len(sweep.grid)
            self.said.setText(self.tr("{0} of {1} students trained").format(done, total))
        else:
            trained = self.tr("{0} students trained.").format(len(sweep.points))
            if sweep.open and not self._stopped:  # its process is gone
                trained = self.tr("{0} of {1} students trained; it was interrupted.")
                trained = trained.format(len(sweep.points), len(sweep.grid))
            self.said.setText(sweep.why or trained)

    def _left(self, grid: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
        done = {(p.temperature, p.alpha) for p in self.sweep.points} if self.sweep else set()
        return [pair for pair in grid if pair not in done]

    def _words(self, count: int) -> str:
        words = self.tr("Train {0} students").format(count)
        trained = self.sweep.points if self.sweep else ()
        seconds = next((p.seconds for p in trained if p.seconds is not None), self._seconds)
        if seconds is not None:
            words += self.tr(" (about {0})").format(duration(count * seconds))
        return words

    def _begin(self, grid: tuple[tuple[float, float], ...]) -> None:
        if self._run is None:
            return
        done = tuple((p.temperature, p.alpha) for p in self.sweep.points) if self.sweep else ()
        whole = tuple(dict.fromkeys((*done, *grid)))
        self._problem, self._stopped = "", False
        try:
            sweeps.begin(self._run, self._protocol, whole)
        except EvokeError as error:
            self.said.setText(str(error))
            return
        self.look()

    def _stop(self) -> None:
        if self._run is not None:
            self._stopped = True
            sweeps.end(self._run, self._protocol)
            self.look()
