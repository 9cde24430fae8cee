"""The run that the wizard's pages show: started, followed, left to itself, found again."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from app.wizard.estimate import Estimate
from app.wizard.follow import Follower
from app.wizard.plan import Plan
from app.wizard.runs import Phase, Run, RunStore
from evoke.errors import EvokeError

if TYPE_CHECKING:
    from app.wizard.deploy_page import DeployPage
    from app.wizard.distil_page import DistilPage
    from app.wizard.result_page import ResultPage
    from app.wizard.teacher_page import TeacherPage

UNFINISHED = (Phase.RUNNING, Phase.PAUSED, Phase.INTERRUPTED)


class CurrentRun(QObject):
    """At most one run at a time.

    changed: another run is shown, a Follower, or None while one is planned. ended: the run shown
    is done, and has a result.
    """

    changed = Signal(object)
    ended = Signal()

    def __init__(self, store: RunStore | None = None, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.store = store or RunStore()
        self.follower: Follower | None = None

    def start(self, plan: Plan, estimate: Estimate | None = None) -> str:
        """Begin a run of a plan and show it. Returns why that failed, in one sentence; "" if it
        did not."""
        try:
            run = self.store.create(plan, estimate)
            follower = Follower(run, self)
            follower.start()
        except EvokeError as error:
            return str(error)
        self._show(follower)
        return ""

    def show(self, run: Run) -> None:
        """Follow a run that was begun before."""
        follower = Follower(run, self)
        follower.follow()
        self._show(follower)

    def plan_anew(self) -> None:
        """Show no run; one that trains goes on by itself."""
        self._show(None)

    def find(self, name: str = "") -> Run | None:
        """The run of that id, else the newest that was begun and has not ended."""
        runs = [run for run in self.store.all() if not run.damage]
        named = [run for run in runs if run.id == name]
        return next((run for run in [*named, *runs] if run in named or _open(run)), None)

    def _show(self, follower: Follower | None) -> None:
        if self.follower is not None:
            self.follower.stop_following()
            self.follower.deleteLater()
        self.follower = follower
        if follower is not None:
            follower.phase_changed.connect(self._phase_changed)
        self.changed.emit(follower)

    def _phase_changed(self, phase: Phase) -> None:
        if phase is Phase.DONE:
            self.ended.emit()


class RunPages(QObject):
    """Joins the pages of a run with it: what they ask for is done, what it comes to is shown.

    plan: gives the plan as the wizard has it. shown: the id of the run shown, '' for none.
    """

    shown = Signal(str)

    def __init__(
        self,
        teacher: TeacherPage,
        distil: DistilPage,
        result: ResultPage,
        deploy: DeployPage,
        plan: Callable[[], Plan],
        current: CurrentRun,
    ) -> None:
        super().__init__(current)
        self._teacher, self._plan, self._current = teacher, plan, current
        self._pages = (teacher, distil, result, deploy)
        for page in (teacher, distil):
            page.start_asked.connect(self._start)
            page.anew_asked.connect(current.plan_anew)
        current.changed.connect(self._show)
        current.ended.connect(lambda: self._show(current.follower))

    def _start(self) -> None:
        why = self._current.start(self._plan(), self._teacher.measured)
        for page in self._pages[:2]:
            page.start.show_reason(why)

    def _show(self, follower: Follower | None) -> None:
        for page in self._pages:
            page.show_run(follower)
        self.shown.emit(follower.run.id if follower is not None else "")


def _open(run: Run) -> bool:
    return run.phase in UNFINISHED
