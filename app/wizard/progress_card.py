"""How far a run is: time left, the machine, its folds."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from app import theme
from app.buttons import Button
from app.widgets import Card, Glyph, boxed, column, label, painting, row
from app.wizard import progress
from app.wizard.follow import FoldState
from app.wizard.parts import Bar, paint_bar


class FoldRow(QWidget):
    """A fold: how far it is, and the best it reached on what was held out."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self._name = self.tr("Fold {0}").format(number)
        self._share, self._words, self._current = 0.0, "", False
        self.setFixedHeight(28)

    def show_fold(self, fold: FoldState | None, epochs: int, *, current: bool) -> None:
        self._words, self._current = progress.fold_words(fold), current
        done = fold is not None and fold.ended is not None
        self._share = 1.0 if done else min(1.0, fold.done / epochs) if fold else 0.0
        self.setAccessibleName(f"{self._name}: {self._words}")
        self.update()

    @property
    def words(self) -> str:
        return self._words

    def paintEvent(self, event: QPaintEvent) -> None:
        tokens = theme.current()
        width, height = self.width(), self.height()
        with painting(self) as painter:
            painter.setFont(theme.font(13, 600 if self._current else 400))
            painter.setPen(QColor(tokens.ink if self._share else tokens.ink3))
            middle = Qt.AlignmentFlag.AlignVCenter
            painter.drawText(QRectF(0, 0, 60, height), middle, self._name)
            right = middle | Qt.AlignmentFlag.AlignRight
            painter.drawText(QRectF(width - 100, 0, 100, height), int(right), self._words)
            track = QRectF(62, height / 2 - 3, width - 62 - 104, 6)
            tint = tokens.accent if self._current else tokens.ink3
            paint_bar(painter, track, self._share, tint)


class Fact(QWidget):
    """An icon, a name, and a value at the right."""

    def __init__(self, icon: str, name: str) -> None:
        super().__init__()
        self._value = label("–", 13, 500)
        self._name = name
        self.setLayout(
            row(Glyph(icon, "ink3", 16), label(name, 13, kind="ink2"), None, self._value)
        )

    def say(self, value: str) -> None:
        self._value.setText(value)
        self._value.setAccessibleName(f"{self._name}: {value}")

    @property
    def value(self) -> str:
        return self._value.text()


class ProgressCard(Card):
    """Time left, where it is, on what it runs; pause and cancel."""

    def __init__(self) -> None:
        self.head = label("", 24, 600)
        self.where = label("", 13, kind="ink2", wrap=True)
        self.all = label("", 12, kind="ink3", wrap=True)
        self.bar = Bar()
        self.device = Fact("cpu", self.tr("Device"))
        self.memory = Fact("hard-drives", self.tr("Memory"))
        self.reduced = label("", 12, kind="warn", wrap=True)
        self.reduced.hide()
        self.speed = Fact("gauge", self.tr("Speed"))
        self.saved = Fact("floppy-disk", self.tr("Last saved"))
        self.pause = Button(self.tr("Pause"), "pause")
        self.cancel = Button(self.tr("Cancel training…"), kind="ghost")
        self.buttons = boxed(row(self.pause, self.cancel, None))
        self.again = Button(self.tr("Plan another training"), "arrow-counter-clockwise")
        self.again.hide()
        facts = column(self.device, self.memory, self.reduced, self.speed, self.saved, gap=6)
        body = column(self.head, self.where, 2, self.bar, self.all, 2, gap=6)
        body.addLayout(facts)
        body.addSpacing(4)
        body.addWidget(self.buttons)
        body.addLayout(row(self.again, None))
        super().__init__(body=body, pad=16)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
