"""Surveys on a thread of their own, followed from the GUI thread."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence

import shiboken6
from PySide6.QtCore import QObject, Signal

from app.wizard.survey import FileFound, Survey, survey
from app.worker import Task

TELL_S = 0.1
"""Between two accounts of the files read: a thousand damaged ones are read in a second."""


class Checking(QObject):
    """One check at a time; starting another stops the one before.

    progressed: names of all files, and those read so far. ended: the Survey. failed: one sentence.
    """

    progressed = Signal(object, object)
    ended = Signal(object)
    failed = Signal(str)

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._stop = threading.Event()
        self._task: Task[Survey] | None = None

    @property
    def running(self) -> bool:
        return self._task is not None

    def start(self, source: str, leave_out: Sequence[str], *, anew: bool) -> None:
        """anew: whether what was found sound before is read all the same."""
        self.stop()
        stop = self._stop = threading.Event()
        told_t = 0.0

        def tell(names: tuple[str, ...], found: tuple[FileFound, ...]) -> None:
            nonlocal told_t
            between = 0 < len(found) < len(names)
            if between and time.monotonic() - told_t < TELL_S:
                return
            if not stop.is_set() and shiboken6.isValid(self):
                told_t = time.monotonic()
                self.progressed.emit(names, found)

        def work() -> Survey:
            return survey(source, leave_out, tell, stop.is_set, anew=anew)

        self._task = Task(self, work, self._done, self._refused)

    def stop(self) -> None:
        """Give the check up; nothing more is said of it."""
        self._stop.set()
        if self._task is not None:
            self._task.cancel()
            self._task = None

    def _done(self, found: Survey) -> None:
        self._task = None
        self.ended.emit(found)

    def _refused(self, why: str) -> None:
        self._task = None
        self.failed.emit(why)
