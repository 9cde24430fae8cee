"""The wizard's place in the window: made at the first visit, piece by piece, so that nothing else
of the window waits for it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import QWidget

from app.widgets import column, label
from app.worker import Task

if TYPE_CHECKING:
    from app.wizard.page import WizardPage


class Training(QWidget):
    """Empty for a moment, then the wizard.

    leave: shows another page of the window. in_use: key of the model that sessions read with.
    ready: the wizard is there. deploy_asked: a model is to be put to work.
    """

    ready = Signal()
    deploy_asked = Signal(object)

    def __init__(self, leave: Callable[[], object], in_use: str = "") -> None:
        super().__init__()
        self.wizard: WizardPage | None = None
        self._leave, self._in_use = leave, in_use
        self._words = label(self.tr("Opening…"), 13, kind="ink3")
        self._layout = column(gap=0)
        self._layout.addWidget(self._words, 1, Qt.AlignmentFlag.AlignCenter)
        self.setLayout(self._layout)
        self._building: Iterator[None] = iter(())
        self._task = Task(self, _imported, lambda _none: self._begin(), self._words.setText)

    def _begin(self) -> None:
        self._building = self._pieces()
        self._build()

    def _build(self) -> None:
        """A piece, then whatever else the window has to do, then the next."""
        if next(self._building, self) is not self:
            QTimer.singleShot(0, self, self._build)

    def _pieces(self) -> Iterator[None]:
        from app.wizard.page import STEPS, WizardPage, step_class

        wizard = WizardPage(self._leave)
        wizard.hide()
        self._layout.addWidget(wizard, 1)
        yield
        for name in STEPS:
            page = step_class(name)()
            yield
            wizard.add_page(page)
            yield
        self._words.hide()
        wizard.deploy_asked.connect(self.deploy_asked)
        wizard.show_in_use(self._in_use)
        wizard.begin()
        wizard.show()
        self.wizard = wizard
        self.ready.emit()

    def show_deployed(self, key: str) -> None:
        """A model was put to work, from here or from elsewhere."""
        self._in_use = key
        if self.wizard is not None:
            self.wizard.show_deployed(key)

    def show_not_deployed(self, why: str) -> None:
        """It was not."""
        if self.wizard is not None:
            self.wizard.show_not_deployed(why)

    def stop(self) -> None:
        """The window closes."""
        self._task.cancel()
        if self.wizard is not None:
            self.wizard.stop()


def _imported() -> None:
    """What the pages import takes longer than the window may stand still."""
    from app.wizard.page import STEPS, step_class

    for name in STEPS:
        step_class(name)
