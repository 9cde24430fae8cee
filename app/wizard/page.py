"""The wizard: its pages in order, the plan they make, and the run that is made of it."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QStackedWidget, QWidget

from app.buttons import Button, on_click
from app.shell import TopBar
from app.widgets import Chip, column, label
from app.wizard import draft as drafts
from app.wizard.follow import Follower
from app.wizard.frame import Footer, RunBanner, Stepper
from app.wizard.plan import Plan, Role
from app.wizard.runs import Phase, Run, RunStore
from app.wizard.start import other_at_work
from app.wizard.step import Step
from app.worker import Task
from evoke.errors import EvokeError

if TYPE_CHECKING:
    from app.wizard.data_page import DataPage
    from app.wizard.deploy_page import DeployPage
    from app.wizard.distil_page import DistilPage
    from app.wizard.features_page import FeaturesPage
    from app.wizard.protocol_page import ProtocolPage
    from app.wizard.result_page import ResultPage
    from app.wizard.survey import Survey
    from app.wizard.teacher_page import TeacherPage

STEPS = ("data", "features", "protocol", "teacher", "distil", "result", "deploy")
PLANNING = 3
"""So many of the steps say what is trained on; a run fixes them."""

_AT_WORK = (Phase.RUNNING, Phase.PAUSED)


def step_class(name: str) -> type[Step]:
    """The page of a step, by its name in `STEPS`; imports what it needs."""
    page = getattr(importlib.import_module(f"app.wizard.{name}_page"), f"{name.capitalize()}Page")
    assert issubclass(page, Step)
    return page


def run_to_follow(draft: drafts.Draft) -> Run | None:
    """The run of the draft; else one that is at work, or the newest if it is not done and was not
    left by the user: begun by a window that did not live to note it."""
    store = RunStore()
    if draft.run:
        return Run(store.folder / draft.run)
    at_work = store.at_work
    if at_work is not None:
        return at_work
    newest = next((run for run in store.all() if not run.damage), None)
    if newest is None or newest.id == draft.let_go:
        return None
    return newest if newest.phase not in (Phase.NEW, Phase.DONE) else None


class WizardPage(QWidget):
    """Training, step by step. Keeps the plan, on disk too, hands it to the pages, and follows the
    run that is made of it.

    leave: shows another page of the window. Every one of `STEPS` is to be added, then `begin`.
    deploy_asked: a model is to be put to work. followed: a run is shown from now on.
    """

    deploy_asked = Signal(object)
    followed = Signal(object)

    data: DataPage
    features: FeaturesPage
    protocol: ProtocolPage
    teacher: TeacherPage
    distil: DistilPage
    result: ResultPage
    deploy: DeployPage

    def __init__(self, leave: Callable[[], object]) -> None:
        super().__init__()
        self._draft = drafts.load()
        self._gone = ""
        self.plan: Plan = self._draft.plan
        self._kept_plan = self.plan
        self.follower: Follower | None = None
        self.pages: list[Step] = []
        self.names = (
            *(self.tr("Data"), self.tr("Features"), self.tr("Protocol"), self.tr("Teacher")),
            *(self.tr("Distil"), self.tr("Result"), self.tr("Deploy")),
        )
        self._reached = 0
        self._untold: Iterator[Step] = iter(())
        self._task: Task[Run | None] | None = None
        self.stepper, self.footer, self.banner = Stepper(self.names), Footer(), RunBanner()
        self.leaving = Button(self.tr("Save and leave"), "floppy-disk", "ghost")
        self._stack = QStackedWidget()
        self.synthetic = Chip()
        title = label(self.tr("Training"), 18, 600)
        top = TopBar(title, 6, self.stepper, None, self.synthetic, self.leaving)
        layout = column(top, self.banner, gap=0)
        layout.addWidget(self._stack, 1)
        layout.addWidget(self.footer)
        self.setLayout(layout)
        self.stepper.chosen.connect(self.show_step)
        on_click(self.footer.back, lambda: self.show_step(self.step - 1))
        on_click(self.footer.next, lambda: self.show_step(self.step + 1))
        on_click(self.footer.again, self._save)
        on_click(self.banner.anew, self.plan_anew)
        on_click(self.leaving, leave)

    def add_page(self, page: Step) -> None:
        """The next of `STEPS`."""
        setattr(self, STEPS[len(self.pages)], page)
        self.pages.append(page)
        self._stack.addWidget(page)
        page.planned.connect(lambda plan: self._planned(page, plan))
        page.status.connect(self._refresh)
        page.start_asked.connect(self.start)
        page.anew_asked.connect(self.plan_anew)
        page.deploy_asked.connect(self.deploy_asked)

    def begin(self) -> None:
        """Go on where the draft was left, with its run if there is one."""
        self.data.surveyed.connect(self._surveyed)
        self.data.look.looked.connect(self.features.show_trial)
        self._show_plan()
        draft = self._draft
        self.show_step(STEPS.index(draft.step) if draft.step in STEPS else 0)
        self._problem(draft.lost)
        self._task = Task(self, lambda: run_to_follow(draft), self._found_run, self._problem)

    # -- where we are

    @property
    def step(self) -> int:
        return self._stack.currentIndex()

    def reason(self, step: int) -> str:
        """Why the page after `step` cannot be opened; "" if it can."""
        return self._reasons()[step]

    def _reasons(self) -> list[str]:
        """For every page, the first thing that is wrong on it or before it."""
        found: list[str] = []
        before = ""
        for i, (name, page) in enumerate(zip(self.names, self.pages, strict=True)):
            # a run does without its data's page: they may be elsewhere by now
            own = "" if self.follower is not None and i < PLANNING else page.reason
            found.append(before or own)
            if own and not before:
                before = f"{name}: {own}"
        return found

    def _tab_to_footer_last(self) -> None:
        """Back and Next come after everything of the page, also what was made late."""
        page = self.pages[self.step]
        last: QWidget | None = None
        found: QWidget | None = self.stepper.nextInFocusChain()
        while found is not None and found is not self.stepper:
            # Qt puts nothing behind what Tab does not reach
            if page.isAncestorOf(found) and found.focusPolicy() & Qt.FocusPolicy.TabFocus:
                last = found
            found = found.nextInFocusChain()
        for button in (self.footer.again, self.footer.back, self.footer.next):
            if last is not None:
                self.setTabOrder(last, button)
            last = button

    def show_step(self, step: int) -> None:
        if step != self.step:
            self.pages[self.step].leave()
        self._stack.setCurrentIndex(step)
        self._tab_to_footer_last()
        self._reached = max(self._reached, step)
        self._refresh()
        self._save()

    def _refresh(self) -> None:
        if len(self.pages) < len(STEPS):
            return
        here, last = self.step, len(STEPS) - 1
        reasons = self._reasons()
        open_ = [i <= here or not reasons[i - 1] for i in range(len(STEPS))]
        trained = [self._trained(role) for role in ("teacher", "student")]
        ended = [True] * PLANNING + trained + [True] * (len(STEPS) - PLANNING - 2)
        done = [i < self._reached and not reasons[i] and ended[i] for i in range(len(STEPS))]
        self.stepper.show_steps(here, done, open_)
        found = self.data.found
        made_up = self.plan.data.startswith("demo:") or (found is not None and found.synthetic)
        words = self.tr("Synthetic data") if made_up else ""
        self.synthetic.say(words, "warning-fill", "warn", "warn_soft")
        following = self.tr("Next: {0}").format(self.names[here + 1]) if here < last else ""
        self.footer.show_step(reasons[here], self.pages[here].fact, following, first=here == 0)
        at_work = self.at_work
        self.banner.setVisible(self.follower is not None and here < PLANNING)
        self.banner.show_run(at_work=at_work)
        words = self.tr("Hide, keep training") if at_work else self.tr("Save and leave")
        if self.follower is not None and self.follower.state.phase is Phase.PAUSED:
            words = self.tr("Hide, stay paused")
        self.leaving.set_words(words)
        self.leaving.set_icon("download-simple" if at_work else "floppy-disk")

    def _trained(self, role: Role) -> bool:
        """Whether the run, if there is one, has all networks of a role; `student` is the last."""
        if self.follower is None:
            return True
        stages = self.follower.state.stages
        every = self.follower.run.plan.stages
        wanted = every if role == "student" else [s for s in every if s.role == role]
        return all(s.name in stages and stages[s.name].ended for s in wanted)

    # -- what was chosen

    def _planned(self, by: Step, plan: Plan) -> None:
        self.plan = plan
        for page in self.pages:
            if page is not by:
                page.show_plan(plan)
        self._refresh()
        self._save()

    def _show_plan(self) -> None:
        for page in self.pages:
            page.show_plan(self.plan)

    def _surveyed(self, found: Survey | None) -> None:
        self._untold = iter(self.pages)
        self._tell(found, self._untold)

    def _tell(self, found: Survey | None, pages: Iterator[Step]) -> None:
        """One page after another, so that the window stays free between them."""
        if pages is not self._untold:
            return  # something newer is being told
        page = next(pages, None)
        if page is None:
            self._refresh()
            self._tab_to_footer_last()  # after the files' tiles
        else:
            page.show_survey(found)
            QTimer.singleShot(0, self, lambda: self._tell(found, pages))

    def _save(self) -> None:
        stored = drafts.load()
        run = self.follower.run.id if self.follower is not None else stored.run
        if run == self._gone:  # not that of another window
            run = ""
        # a plan that was only looked at here may be another window's by now
        plan = stored.plan if self.plan == self._kept_plan else self.plan
        self._draft = drafts.Draft(
            plan=plan, step=STEPS[self.step], run=run, let_go=self._gone or stored.let_go
        )
        why = drafts.save(self._draft)
        if not why:
            self._kept_plan = self.plan
        self._problem(why, again=True)

    def _problem(self, why: str, *, again: bool = False) -> None:
        self.footer.show_problem(why, again=again)

    # -- the run

    @property
    def at_work(self) -> bool:
        """Whether a training is under way."""
        return self.follower is not None and self.follower.state.phase in _AT_WORK

    def start(self) -> None:
        """Train the plan as it is, in a process of its own."""
        if self.at_work:
            return
        why = self.reason(PLANNING - 1) or other_at_work()
        if why:
            self._problem(why)
            return
        store = RunStore()
        try:
            run = store.create(self.plan, self.teacher.measured)
        except EvokeError as error:
            self._problem(str(error))
            return
        follower = Follower(run, self)
        try:
            follower.start()
        except EvokeError as error:
            store.discard(run.folder)
            self._problem(str(error))
            return
        self._follow(follower)

    def _found_run(self, run: Run | None) -> None:
        self._task = None
        if run is None or self.follower is not None:
            return
        follower = Follower(run, self)
        follower.follow()
        if not run.damage:
            self.plan = run.plan
        self._follow(follower)
        self._show_plan()

    def _follow(self, follower: Follower) -> None:
        self._let_go()
        self.follower = follower
        follower.phase_changed.connect(self._phase_changed)
        self._show_run()
        self._save()
        self.followed.emit(follower.run)

    def _show_run(self) -> None:
        for page in self.pages:
            page.set_locked(self.follower is not None)
            page.show_run(self.follower)
        self._refresh()

    def _phase_changed(self, phase: Phase) -> None:
        if phase is Phase.DONE:
            for page in self.pages[PLANNING + 2 :]:
                page.show_run(self.follower)
        self._refresh()

    def plan_anew(self) -> None:
        """Leave the run as it is, and begin another plan from its."""
        if self.at_work:
            return
        if self.follower is not None:
            self._gone = self.follower.run.id
        self._let_go()
        self._show_run()
        self._save()

    def _let_go(self) -> None:
        if self.follower is not None:
            self.follower.stop_following()
            self.follower.deleteLater()
            self.follower = None

    # -- the model in use

    def show_in_use(self, key: str) -> None:
        """key: of the model that sessions read with, in the library."""
        self.deploy.show_in_use(key)

    def show_deployed(self, key: str) -> None:
        self.deploy.show_deployed(key)

    def show_not_deployed(self, why: str) -> None:
        self.deploy.show_not_deployed(why)

    def stop(self) -> None:
        """The window closes; a training goes on."""
        self._let_go()
        if self._task is not None:
            self._task.cancel()
        for page in self.pages:
            page.stop()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._refresh()
