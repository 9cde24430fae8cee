"""What stands around the wizard's pages: the steps on top, the footer, the word about a run."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QButtonGroup, QFrame, QHBoxLayout, QLabel, QToolButton, QWidget

from app import theme
from app.buttons import Button
from app.widgets import Glyph, Item, label, restyle, row

_WIDEST_PX = 560


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
        self.again = Button(self.tr("Try again"), "arrow-clockwise", "ghost")
        self.problem = label("", 12, 500, "warn", wrap=True)
        self._glyph = Glyph("info", "ink3", 16)
        self.words: QLabel = label("", 13, kind="ink2", wrap=True)
        self.back = Button(self.tr("Back"))
        self.next = Button("", kind="primary")
        layout = row(margins=(16, 0, 16, 0))
        layout.addWidget(self.problem, 1)
        layout.addWidget(self.again)
        layout.addStretch(1)
        layout.addWidget(self._glyph)
        layout.addWidget(self.words)
        layout.addSpacing(4)
        layout.addWidget(self.back)
        layout.addWidget(self.next)
        self.setLayout(layout)
        self.show_problem("", again=False)

    def show_problem(self, why: str, *, again: bool) -> None:
        """What went wrong, in a sentence, "" for nothing; again: whether it can be tried again."""
        self.problem.setText(why)
        self.problem.setVisible(bool(why))
        self.again.setVisible(bool(why) and again)

    def show_step(self, reason: str, fact: str, next_words: str, *, first: bool) -> None:
        words = reason or fact
        self.words.setText(words)
        # as wide as its words, two lines where that is too much
        wide = self.words.fontMetrics().horizontalAdvance(words) + 4
        self.words.setFixedWidth(min(wide, _WIDEST_PX))
        self._glyph.setVisible(bool(words))
        self._glyph.show_icon("warning-circle" if reason else "info", "warn" if reason else "ink3")
        self.back.setVisible(not first)
        self.next.setVisible(bool(next_words))
        self.next.set_words(next_words)
        self.next.setEnabled(not reason)
        self.next.setAccessibleDescription(reason)


class RunBanner(QFrame):
    """Over the pages that planned a run: they can be looked at, and another run can be planned."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("banner")
        self.anew = Button(self.tr("Plan another training"), "plus", "ghost")
        self._words = label("", 13, 500)
        layout = row(Glyph("info", "accent", 18), self._words, None, self.anew)
        layout.setContentsMargins(16, 6, 16, 6)
        self.setLayout(layout)
        self.hide()

    def show_run(self, *, at_work: bool) -> None:
        self._words.setText(
            self.tr("A training with these settings is at work; they can be looked at.")
            if at_work
            else self.tr("A training was begun with these settings; they can be looked at.")
        )
        self.anew.setEnabled(not at_work)
        self.anew.setToolTip(
            self.tr("Cancel the training first, or wait for its end.") if at_work else ""
        )
