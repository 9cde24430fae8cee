"""As much of the wizard's frame as the pages of a run need."""

from __future__ import annotations

from PySide6.QtCore import QObject

from app.wizard.deploy_page import DeployPage
from app.wizard.distil_page import DistilPage
from app.wizard.follow import Follower
from app.wizard.result_page import ResultPage
from app.wizard.runs import Phase, Run, RunStore
from app.wizard.teacher_page import TeacherPage


class Frame(QObject):
    """Starts what the pages ask for, and shows them the run."""

    def __init__(self, store: RunStore, parent: QObject) -> None:
        super().__init__(parent)
        self.store = store
        self.teacher, self.distil = TeacherPage(), DistilPage()
        self.result, self.deploy = ResultPage(), DeployPage()
        self.pages = (self.teacher, self.distil, self.result, self.deploy)
        self.follower: Follower | None = None
        for page in self.pages[:2]:
            page.start_asked.connect(self._start)
            page.anew_asked.connect(self.plan_anew)

    def _start(self) -> None:
        run = self.store.create(self.teacher.plan, self.teacher.measured)
        self.follower = Follower(run, self)
        self.follower.start()
        self._show()

    def show(self, run: Run) -> None:
        """Follow a run that was begun before."""
        self.follower = Follower(run, self)
        self.follower.follow()
        self._show()

    def _show(self) -> None:
        assert self.follower is not None
        self.follower.phase_changed.connect(self._phase_changed)
        for page in self.pages:
            page.show_run(self.follower)

    def _phase_changed(self, phase: Phase) -> None:
        if phase is Phase.DONE:
            for page in self.pages[2:]:
                page.show_run(self.follower)

    def plan_anew(self) -> None:
        if self.follower is not None:
            self.follower.stop_following()
        self.follower = None
        for page in self.pages:
            page.show_run(None)
