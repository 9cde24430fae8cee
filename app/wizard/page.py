"""The wizard's frame: stepper on top, the pages, and a footer that says why Next waits."""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Callable, Sequence
from types import ModuleType

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import (
    QButtonGroup,
    QFrame,
    QHBoxLayout,
    QLabel,
    QStackedWidget,
    QToolButton,
    QWidget,
)

from app import theme
from app.buttons import Button, on_click
from app.shell import TopBar
from app.widgets import Glyph, Item, column, label, restyle, row
from app.wizard import draft as drafts
from app.wizard.data_page import DataPage
from app.wizard.features_page import FeaturesPage
from app.wizard.plan import Plan
from app.wizard.protocol_page import ProtocolPage
from app.wizard.step import Step
from app.wizard.survey import Survey

STEPS = ("data", "features", "protocol", "teacher", "distil", "result", "deploy")


class StepButton(QToolButton):
    """A step's name: ticked when done, tinted while shown, grey where it cannot be opened yet."""

    def __init__(self, words: str) -> None:
        super().__init__()
        self._words = words
        self._glyph = Glyph("check-circle-fill", "accent", 16)
        self._label = label(words, 12, 500)
        self.setLayout(row(self._glyph, self._label, gap=6, margins=(8, 0, 10, 0)))
        self.setProperty("kind", "step")
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setFixedHeight(28)
        for child in self.findChildren(QWidget):
            child.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)

    def show_state(self, *, current: bool, done: bool, open_: bool) -> None:
        self._glyph.setVisible(done and not current)
        self.setProperty("current", current)
        restyle(self)
        self._label.setProperty("kind", "accent" if current or done else "ink3")
        restyle(self._label)
        # after the style sheet, which gives the font of the time it is read back
        self._label.setFont(theme.font(13 if current else 12, 600 if current else 500))
        self.setEnabled(open_)
        self.setCursor(Qt.CursorShape.PointingHandCursor if open_ else Qt.CursorShape.ArrowCursor)
        state = self.tr("shown") if current else self.tr("done") if done else ""
        self.setAccessibleName(f"{self._words}, {state}" if state else self._words)
        layout = self.layout()
        assert isinstance(layout, QHBoxLayout)
        self.setFixedWidth(layout.sizeHint().width())


class Stepper(QWidget):
    """The steps in order. Back is always free; forward only as far as nothing is missing."""

    chosen = Signal(int)

    def __init__(self, words: Sequence[str]) -> None:
        super().__init__()
        self.buttons = [StepButton(word) for word in words]
        group = QButtonGroup(self)
        items: list[Item] = []
        for i, button in enumerate(self.buttons):
            if i:
                items.append(Glyph("caret-right", "line2", 12))
            group.addButton(button, i)
            items.append(button)
        group.idClicked.connect(self.chosen)
        self.setLayout(row(*items, gap=3))

    def show_steps(self, current: int, done: Sequence[bool], open_: Sequence[bool]) -> None:
        for i, button in enumerate(self.buttons):
            button.show_state(current=i == current, done=done[i], open_=open_[i])


class Footer(QFrame):
    """Why the next page waits, or what goes on to it; Back and Next."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("status")
        self.setFixedHeight(58)
        self.problem = Button(self.tr("Try again"), "arrow-clockwise", "ghost")
        self._unsaved = label("", 12, 500, "warn")
        self._glyph = Glyph("info", "ink3", 16)
        self.words: QLabel = label("", 13, kind="ink2")
        self.back = Button(self.tr("Back"))
        self.next = Button("", kind="primary")
        self.setLayout(
            row(
                *(self._unsaved, self.problem, None, self._glyph, self.words),
                *(4, self.back, self.next),
                margins=(16, 0, 16, 0),
            )
        )
        self.show_unsaved("")

    def show_unsaved(self, why: str) -> None:
        """Why what was chosen could not be kept on disk; "" if it was."""
        self._unsaved.setText(why)
        self._unsaved.setVisible(bool(why))
        self.problem.setVisible(bool(why))

    def show_step(self, reason: str, fact: str, next_words: str, *, first: bool) -> None:
        words = reason or fact
        self.words.setText(words)
        self._glyph.setVisible(bool(words))
        self._glyph.show_icon("warning-circle" if reason else "info", "warn" if reason else "ink3")
        self.back.setVisible(not first)
        self.next.setVisible(bool(next_words))
        self.next.set_words(next_words)
        self.next.setEnabled(not reason)
        self.next.setAccessibleDescription(reason)


class Later(Step):
    """In place of a page that this build does not have."""

    def __init__(self, name: str) -> None:
        super().__init__()
        words = label(self.tr("This build has no page '{0}'.").format(name), 13, kind="ink2")
        self.setLayout(column(None, row(None, words, None), None))

    def show_plan(self, plan: Plan) -> None:
        """Nothing of it is shown."""

    @property
    def reason(self) -> str:
        return self.tr("this page is not there yet")


def step_module(name: str) -> ModuleType | None:
    """The module of a page, None for one that this build does not have."""
    path = f"app.wizard.{name}_page"
    return importlib.import_module(path) if importlib.util.find_spec(path) else None


def make_step(name: str) -> Step:
    """One of the pages, by its name in `STEPS`."""
    module = step_module(name)
    made = getattr(module, f"{name.capitalize()}Page")() if module else Later(name)
    assert isinstance(made, Step)
    return made


class WizardPage(QWidget):
    """Training, step by step. Keeps the plan, on disk too, and hands it to the pages.

    leave: shows another page of the window. Every one of `STEPS` is to be added, then `begin`.
    """

    data: DataPage
    features: FeaturesPage
    protocol: ProtocolPage

    def __init__(self, leave: Callable[[], object]) -> None:
        super().__init__()
        self._draft = drafts.load()
        self.plan: Plan = self._draft.plan
        self.pages: list[Step] = []
        self.names = (
            *(self.tr("Data"), self.tr("Features"), self.tr("Protocol"), self.tr("Teacher")),
            *(self.tr("Distil"), self.tr("Result"), self.tr("Deploy")),
        )
        self._reached = 0
        self.stepper, self.footer = Stepper(self.names), Footer()
        self.leaving = Button(self.tr("Save and leave"), "floppy-disk", "ghost")
        self._stack = QStackedWidget()
        top = TopBar(label(self.tr("Training"), 18, 600), 6, self.stepper, None, self.leaving)
        layout = column(top, gap=0)
        layout.addWidget(self._stack, 1)
        layout.addWidget(self.footer)
        self.setLayout(layout)
        self.stepper.chosen.connect(self.show_step)
        on_click(self.footer.back, lambda: self.show_step(self.step - 1))
        on_click(self.footer.next, lambda: self.show_step(self.step + 1))
        on_click(self.footer.problem, self._save)
        on_click(self.leaving, leave)

    def add_page(self, page: Step) -> None:
        """The next of `STEPS`."""
        setattr(self, STEPS[len(self.pages)], page)
        self.pages.append(page)
        self._stack.addWidget(page)
        page.planned.connect(lambda plan: self._planned(page, plan))
        page.status.connect(self._refresh)

    def begin(self) -> None:
        """Go on where the draft was left."""
        self.data.surveyed.connect(self._surveyed)
        self.data.look.looked.connect(self.features.show_trial)
        for page in self.pages:
            page.show_plan(self.plan)
        self.show_step(STEPS.index(self._draft.step) if self._draft.step in STEPS else 0)

    # -- where we are

    @property
    def step(self) -> int:
        return self._stack.currentIndex()

    def reason(self, step: int) -> str:
        """Why the page after `step` cannot be opened; "" if it can."""
        for i, page in enumerate(self.pages[: step + 1]):
            if page.reason:
                return page.reason if i == step else f"{self.names[i]}: {page.reason}"
        return ""

    def show_step(self, step: int) -> None:
        if step != self.step:
            self.pages[self.step].leave()
        self._stack.setCurrentIndex(step)
        self._reached = max(self._reached, step)
        self._refresh()
        self._save()

    def _refresh(self) -> None:
        here, last = self.step, len(STEPS) - 1
        reasons = [self.reason(i) for i in range(len(STEPS))]
        open_ = [i <= here or not reasons[i - 1] for i in range(len(STEPS))]
        done = [i < self._reached and not reasons[i] for i in range(len(STEPS))]
        self.stepper.show_steps(here, done, open_)
        following = self.tr("Next: {0}").format(self.names[here + 1]) if here < last else ""
        self.footer.show_step(reasons[here], self.pages[here].fact, following, first=here == 0)

    # -- what was chosen

    def _planned(self, by: Step, plan: Plan) -> None:
        self.plan = plan
        for page in self.pages:
            if page is not by:
                page.show_plan(plan)
        self._refresh()
        self._save()

    def _surveyed(self, found: Survey | None) -> None:
        for page in self.pages:
            page.show_survey(found)
        self._refresh()

    def _save(self) -> None:
        kept = drafts.Draft(plan=self.plan, step=STEPS[self.step], run=self._draft.run)
        self.footer.show_unsaved(drafts.save(kept))

    def stop(self) -> None:
        """The window closes."""
        self.data.checking.stop()
        for page in self.pages:
            page.leave()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._refresh()
