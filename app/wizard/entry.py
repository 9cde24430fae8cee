"""The wizard's place in the window."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal

from app.opening import Opening

if TYPE_CHECKING:
    from app.wizard.page import WizardPage


class Training(Opening):
    """The wizard, once it is made.

    leave: shows another page of the window. in_use: key of the model that sessions read with.
    deploy_asked: a model is to be put to work. followed: a run is shown from now on.
    """

    deploy_asked = Signal(object)
    followed = Signal(object)

    def __init__(self, leave: Callable[[], object], in_use: str = "") -> None:
        super().__init__()
        self.wizard: WizardPage | None = None
        self._leave, self._in_use = leave, in_use

    def imports(self) -> None:
        from app.wizard.page import STEPS, step_class

        for name in STEPS:
            step_class(name)

    def pieces(self) -> Iterator[None]:
        from app.wizard.page import STEPS, WizardPage, step_class

        wizard = WizardPage(self._leave)
        wizard.hide()
        self.body.addWidget(wizard, 1)
        yield
        for name in STEPS:
            page = step_class(name)()
            yield
            wizard.add_page(page)
            yield
        self.clear()
        wizard.deploy_asked.connect(self.deploy_asked)
        wizard.followed.connect(self.followed)
        wizard.show_in_use(self._in_use)
        wizard.begin()
        wizard.show()
        self.wizard = wizard

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
        super().stop()
        if self.wizard is not None:
            self.wizard.stop()
