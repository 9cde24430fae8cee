"""Closing the window: a training that is at work goes on, and the window says so first; what was
read is let go before."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtGui import QGuiApplication, QKeyEvent
from PySide6.QtWidgets import QMessageBox, QWidget

from app import theme
from app.buttons import Button, on_click
from app.notices import dress, say
from app.worker import in_background
from evoke import paths
from evoke.engine import Engine
from evoke.errors import EvokeError

if TYPE_CHECKING:
    from app.wizard.runs import Run

_UNNOTICED_S = 0.5
"""Letting go takes no longer as a rule, and then nothing need be said of it."""
_LOGGING_OUT_S = 5.0
"""How long the end of the desktop's session is held up for it."""
_LOOK_MS = 50


class LeavingDialog(QMessageBox):
    """Asked before the window closes on a training.

    kept: close, it goes on. paused: close, it is to wait.
    """

    kept = Signal()
    paused = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        dress(self, "graduation-cap", theme.current().accent)
        self.setText(self.tr("A training is at work, and goes on without this window."))
        self.setInformativeText(
            self.tr(
                "Start EVOKE again and choose Training on the left to see how far it is. A "
                "paused one waits there for “Go on”, and keeps its memory meanwhile."
            )
        )
        self.keep = Button(self.tr("Close, keep training"), kind="primary")
        self.pause = Button(self.tr("Pause and close"))
        self.stay = Button(self.tr("Cancel closing"))
        for button, role in (
            (self.keep, QMessageBox.ButtonRole.AcceptRole),
            (self.pause, QMessageBox.ButtonRole.DestructiveRole),
            (self.stay, QMessageBox.ButtonRole.RejectRole),
        ):
            self.addButton(button, role)
        self.setDefaultButton(self.keep)
        self.setEscapeButton(self.stay)
        on_click(self.keep, self.kept.emit)
        on_click(self.pause, self.paused.emit)


class LettingGoDialog(QMessageBox):
    """Shown while the window waits to be closed. now: it is to wait no longer."""

    now = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        dress(self, "hourglass", theme.current().accent)
        self.setText(self.tr("The window closes by itself once its source has been let go."))
        self.at_once = Button(self.tr("Close without waiting"))
        self.addButton(self.at_once, QMessageBox.ButtonRole.DestructiveRole)
        on_click(self.at_once, self.now.emit)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter and Esc would press the only button, and what is recorded may lose its end."""
        event.ignore()


class Leaving(QObject):
    """Holds a window back until it is settled what becomes of the training, and until the engines
    that it ran have let their sources go and kept what they record."""

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self._window = window
        self._agreed = self._at_once = False
        self.dialog: LeavingDialog | None = None
        self.letting_go: LettingGoDialog | None = None
        self._stops: list[threading.Thread] = []
        self._look = QTimer(self, interval=_LOOK_MS)
        self._look.timeout.connect(self._close_once_gone)

    def let_go(self, engine: Engine) -> None:
        """Stop an engine, whose source may take seconds to close."""
        self._stops = [*self._under_way(), in_background(engine.stop)]

    def gone(self) -> bool:
        """Whether all that was let go has gone, after half a second at most; else that is said,
        and the window closes itself later."""
        logging_out = _logging_out()
        deadline = time.monotonic() + (_LOGGING_OUT_S if logging_out else _UNNOTICED_S)
        for stop in () if self._at_once else self._stops:
            stop.join(max(0.0, deadline - time.monotonic()))
        if self._at_once or logging_out or not self._under_way():
            self._look.stop()
            return True
        if self.letting_go is None:
            self.letting_go = LettingGoDialog(self._window)
            self.letting_go.now.connect(self._close_at_once)
            self.letting_go.finished.connect(self._unsaid)
            self.letting_go.open()
            self._look.start()
        return False

    def _under_way(self) -> list[threading.Thread]:
        return [stop for stop in self._stops if stop.is_alive()]

    def _close_once_gone(self) -> None:
        if not self._under_way():
            self.leave()

    def _unsaid(self) -> None:
        self.letting_go = None

    def _close_at_once(self) -> None:
        self._at_once = True
        self.leave()

    def free(self) -> bool:
        """Whether the window may close now; else it is asked, and closes itself after that."""
        if self._agreed or _logging_out():
            return True
        if self.dialog is None:
            run = run_at_work()
            if run is None:
                return True
            self.dialog = LeavingDialog(self._window)
            self.dialog.kept.connect(self.leave)
            self.dialog.paused.connect(lambda: self._pause(run))
            self.dialog.finished.connect(self._answered)
            self.dialog.open()
        return False

    def leave(self) -> None:
        """Close without a question."""
        self._agreed = True
        self._window.close()

    def _answered(self) -> None:
        self.dialog = None

    def _pause(self, run: Run) -> None:
        try:
            run.ask("pause")
        except EvokeError as error:
            say(self._window, str(error))
        else:
            self.leave()


def _logging_out() -> bool:
    app = QGuiApplication.instance()
    return isinstance(app, QGuiApplication) and app.isSavingSession()


def run_at_work(*, paused: bool = False) -> Run | None:
    """The run that trains at this moment, whichever window began it. paused: or waits."""
    try:
        if not paths.draft_file().exists():
            return None  # no plan was ever made: nothing to import for
        from app.wizard import draft
        from app.wizard.runs import Phase, Run, RunStore

        name = draft.load().run
        run = Run(RunStore().folder / name) if name else None
    except EvokeError:  # where no run can be kept, none is at work
        return None
    if run is None:
        return None
    phase = run.phase
    about_to = phase in (Phase.NEW, Phase.INTERRUPTED) and run.starting
    waiting = paused and phase is Phase.PAUSED
    return run if phase is Phase.RUNNING or about_to or waiting else None
