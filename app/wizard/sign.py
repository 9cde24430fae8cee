"""A sign on the rail, whatever page is shown: that a training is at work, and what became of it."""

from __future__ import annotations

from PySide6.QtCore import QObject

from app.buttons import NavButton, Progress
from app.wizard import progress
from app.wizard.follow import Follower
from app.wizard.runs import Phase, Run

_AT_WORK = (Phase.NEW, Phase.RUNNING, Phase.PAUSED)
_ROLES = {
    Phase.PAUSED: "warn",
    Phase.DONE: "ok",
    Phase.INTERRUPTED: "record",
    Phase.FAILED: "record",
}


class TrainingSign(QObject):
    """Follows a run and underlines the rail's button as far as it has come. An end that happened
    while another page was shown stays on it until that page is looked at."""

    def __init__(self, button: NavButton) -> None:
        super().__init__(button)
        self._button = button
        self._follower: Follower | None = None
        self._seen = True
        button.toggled.connect(lambda _on: self._show())

    def follow(self, run: Run) -> None:
        """This run from now on, and no other."""
        self.stop()
        self._follower = Follower(run, self)
        self._follower.changed.connect(self._show)
        self._follower.follow()

    def stop(self) -> None:
        """Follow none."""
        if self._follower is not None:
            self._follower.stop_following()
            self._follower.deleteLater()
            self._follower = None
        self._seen = True
        self._button.show_progress(None)

    def _show(self) -> None:
        if self._follower is None:
            return
        run, state = self._follower.run, self._follower.state
        at_work = state.phase in _AT_WORK
        self._seen = not at_work and (self._seen or self._button.isChecked())
        if self._seen or state.phase is Phase.CANCELLED:
            self._button.show_progress(None)
            return
        share = progress.whole_share(run, state) if at_work else 1.0
        role = _ROLES.get(state.phase, "accent")
        self._button.show_progress(Progress(share, role, progress.whole_words(run, state)))
