"""Choices that need a sentence each: one of several, as cards."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QButtonGroup, QWidget

from app import theme
from app.widgets import column, label, painting, row


class Pick(QAbstractButton):
    """A dot, a title, and what it means."""

    def __init__(self, title: str, meaning: str) -> None:
        super().__init__()
        self.setCheckable(True)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setAccessibleName(title)
        self.setAccessibleDescription(meaning)
        words = column(
            label(title, 13, 600),
            label(meaning, 12, kind="ink2", wrap=True),
            gap=2,
        )
        self._row = row(26, gap=8, margins=(12, 9, 12, 10))
        self._row.addLayout(words, 1)
        self.setLayout(self._row)
        for child in self.findChildren(QWidget):
            child.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)

    def sizeHint(self) -> QSize:
        return self._row.sizeHint()

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        return self._row.heightForWidth(width)

    def paintEvent(self, event: QPaintEvent) -> None:
        tokens, picked = theme.current(), self.isChecked()
        with painting(self) as painter:
            wide = 2.0 if picked else 1.0
            strong = picked or self.hasFocus()
            tint = tokens.accent if strong and self.isEnabled() else tokens.line2
            painter.setPen(QPen(QColor(tint), wide))
            painter.setBrush(QColor(tokens.soft if picked else tokens.surface))
            half = wide / 2
            area = QRectF(self.rect()).adjusted(half, half, -half, -half)
            painter.drawRoundedRect(area, 8, 8)
            self._paint_dot(painter, tokens, picked)

    @staticmethod
    def _paint_dot(painter: QPainter, tokens: theme.Theme, picked: bool) -> None:
        place = QRectF(14.5, 11.5, 15, 15)
        painter.setPen(QPen(QColor(tokens.accent if picked else tokens.ink3), 1.6))
        painter.setBrush(QColor(tokens.surface))
        painter.drawEllipse(place)
        if picked:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(tokens.accent))
            painter.drawEllipse(place.adjusted(3.5, 3.5, -3.5, -3.5))


class Picks(QWidget):
    """One of several. chosen: by the user, its index."""

    chosen = Signal(int)

    def __init__(self, choices: Sequence[tuple[str, str]]) -> None:
        """choices: title, meaning."""
        super().__init__()
        self._group = QButtonGroup(self)
        self.buttons = [Pick(*choice) for choice in choices]
        for k, button in enumerate(self.buttons):
            self._group.addButton(button, k)
        self.setLayout(column(*self.buttons, None, gap=8))
        self._group.idClicked.connect(self.chosen)

    def choose(self, index: int) -> None:
        self.buttons[index].setChecked(True)

    @property
    def index(self) -> int:
        return self._group.checkedId()
