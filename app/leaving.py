"""Closing the window while a training is at work: it goes on, and the window says so first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QMessageBox, QWidget

from app import theme
from app.buttons import Button, on_click
from app.notices import dress, say
from evoke import paths
from evoke.errors import EvokeError

if TYPE_CHECKING:
    from app.wizard.runs import Run


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


class Leaving(QObject):
    """Holds a window back until it is settled what becomes of the training."""

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self._window = window
        self._agreed = False
        self.dialog: LeavingDialog | None = None

    def free(self) -> bool:
        """Whether the window may close now; else it is asked, and closes itself after that."""
        app = QGuiApplication.instance()
        ending = isinstance(app, QGuiApplication) and app.isSavingSession()
        if self._agreed or ending:
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
