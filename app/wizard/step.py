"""What every page of the wizard is to the frame around it."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from app.wizard.plan import Plan


class Step(QWidget):
    """One page. The frame (app/wizard/page.py) keeps the plan and shows the footer.

    planned: the plan as this page wants it. status: `reason` or `fact` may have changed.
    """

    planned = Signal(object)
    status = Signal()

    def show_plan(self, plan: Plan) -> None:
        """Show a plan; must not emit `planned` for it."""
        raise NotImplementedError

    @property
    def reason(self) -> str:
        """Why the next page cannot be opened, in one sentence; "" if it can."""
        return ""

    @property
    def fact(self) -> str:
        """What stands beside an enabled Next, such as '31 subjects, 1,239 trials go on'."""
        return ""

    def leave(self) -> None:
        """The page is left or the window closes; stop what only this page needs."""
