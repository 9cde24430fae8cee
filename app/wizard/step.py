"""What every page of the wizard is to the frame around it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from app.wizard.plan import Plan

if TYPE_CHECKING:
    from app.wizard.follow import Follower
    from app.wizard.survey import Survey


class Step(QWidget):
    """One page. The frame (app/wizard/page.py) keeps the plan and shows the footer.

    planned: the plan as this page wants it. status: `reason` or `fact` may have changed.
    start_asked: the plan is to be trained. anew_asked: another is to be planned. deploy_asked: a
    model is to be put to work.
    """

    planned = Signal(object)
    status = Signal()
    start_asked = Signal()
    anew_asked = Signal()
    deploy_asked = Signal(object)

    def show_plan(self, plan: Plan) -> None:
        """Show a plan; must not emit `planned` for it."""
        raise NotImplementedError

    def show_survey(self, found: Survey | None) -> None:
        """What the check of the plan's data found; None while nothing is known of them."""

    def show_run(self, follower: Follower | None) -> None:
        """The run that was made of the plan; None: there is none. Told again when it is done."""

    def set_locked(self, locked: bool) -> None:
        """A run was made of what this page says: it can be looked at, not changed."""

    @property
    def reason(self) -> str:
        """Why the next page cannot be opened, in one sentence; "" if it can."""
        return ""

    @property
    def fact(self) -> str:
        """What stands beside an enabled Next, such as '31 people · 1,239 trials'."""
        return ""

    def leave(self) -> None:
        """The page is left, or the window closes; stop what only this page needs."""

    def stop(self) -> None:
        """The window closes."""
        self.leave()
