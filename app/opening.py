"""A page that is made at its first visit, piece by piece, so that nothing else of the window waits
for it."""

from __future__ import annotations

from collections.abc import Iterator

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QWidget

from app.widgets import column, label
from app.worker import Task
from evoke.errors import EvokeError


class Opening(QWidget):
    """Empty for a moment, then what `pieces` makes; where they cannot be made, it says why, and
    tries again at the next visit.

    ready: it is there.
    """

    ready = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._words = label(self.tr("Opening…"), 13, kind="ink3", wrap=True)
        self.body = column(gap=0)
        self.body.addWidget(self._words, 1, Qt.AlignmentFlag.AlignCenter)
        self.setLayout(self.body)
        self._building: Iterator[None] = iter(())
        self._failed = False
        self._task = Task(self, self.imports, lambda _none: self._begin(), self._words.setText)

    def imports(self) -> None:
        """On a worker's thread: what is imported takes longer than the window may stand still."""
        raise NotImplementedError

    def pieces(self) -> Iterator[None]:
        """Makes the page, hidden at first, in `body`; yields wherever the window may go on."""
        raise NotImplementedError

    def _begin(self) -> None:
        self._building = self.pieces()
        self._build()

    def _build(self) -> None:
        """A piece, then whatever else the window has to do, then the next."""
        try:
            done = next(self._building, self) is self
        except EvokeError as error:
            self._give_up(str(error))
            return
        if done:
            self.ready.emit()
        else:
            QTimer.singleShot(0, self, self._build)

    def _give_up(self, why: str) -> None:
        self._failed = True
        while self.body.count() > 1:  # half-made
            item = self.body.takeAt(1)
            widget = item.widget() if item is not None else None
            if widget is not None:
                widget.deleteLater()
        self._words.setText(why)
        self._words.show()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if self._failed:
            self._failed = False
            self._begin()

    def clear(self) -> None:
        """The page takes the place of the words."""
        self._words.hide()

    def stop(self) -> None:
        """The window closes."""
        self._task.cancel()
