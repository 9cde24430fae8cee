"""Choices that need a sentence or a picture each: one of several, as cards with a dot."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QBoxLayout, QButtonGroup, QSizePolicy, QWidget

from app import theme
from app.widgets import Chip, boxed, column, label, painting, row


class _Option(QAbstractButton):
    """A card with a dot that says whether it is the one picked; what else it shows, a subclass
    lays out. Soft: it is tinted when picked."""

    _DOT = QRectF(14.5, 11.5, 15, 15)
    _RADIUS, _LINE, _SOFT = 8, "line2", True

    def __init__(self, title: str, layout: QBoxLayout) -> None:
        super().__init__()
        self.setCheckable(True)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setAccessibleName(title)
        self._layout = layout
        self.setLayout(layout)
        for child in self.findChildren(QWidget):
            child.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)

    def sizeHint(self) -> QSize:
        return self._layout.sizeHint()

    def hasHeightForWidth(self) -> bool:
        return True

    def paintEvent(self, event: QPaintEvent) -> None:
        tokens, picked = theme.current(), self.isChecked()
        with painting(self) as painter:
            wide = 2.0 if picked else 1.0
            edge = tokens.accent if picked else getattr(tokens, self._LINE)
            painter.setPen(QPen(QColor(edge), wide))
            painter.setBrush(QColor(tokens.soft if picked and self._SOFT else tokens.surface))
            half = wide / 2
            area = QRectF(self.rect()).adjusted(half, half, -half, -half)
            painter.drawRoundedRect(area, self._RADIUS, self._RADIUS)
            if self.hasFocus():  # within its edge, which a chosen one has as well
                painter.setPen(QPen(QColor(tokens.ink), 1.5))
                inner = area.adjusted(3.5, 3.5, -3.5, -3.5)
                painter.drawRoundedRect(inner, self._RADIUS - 3, self._RADIUS - 3)
            self._paint_dot(painter, tokens, picked)

    def _paint_dot(self, painter: QPainter, tokens: theme.Theme, picked: bool) -> None:
        painter.setPen(QPen(QColor(tokens.accent if picked else tokens.ink3), 1.6))
        painter.setBrush(QColor(tokens.surface))
        painter.drawEllipse(self._DOT)
        if picked:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(tokens.accent))
            painter.drawEllipse(self._DOT.adjusted(3.5, 3.5, -3.5, -3.5))


class Choice(_Option):
    """A large one: a title, a chip, a caption and a body."""

    _DOT = QRectF(17, 17, 15, 15)
    _RADIUS, _LINE, _SOFT = 10, "line", False

    def __init__(self, title: str, caption: str, body: QWidget, kind: str = "ink3") -> None:
        self.chip = Chip()
        self.caption = label(caption, 12, kind=kind, wrap=True)
        head = boxed(row(26, label(title, 15, 600), None, self.chip))
        head.setFixedHeight(24)
        layout = column(head, self.caption, gap=6, margins=(16, 12, 16, 14))
        layout.addWidget(body, 1)
        super().__init__(title, layout)
        self.setAutoExclusive(True)
        expanding = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        expanding.setHeightForWidth(True)
        self.setSizePolicy(expanding)

    def minimumSizeHint(self) -> QSize:
        return self._layout.minimumSize()

    def heightForWidth(self, width: int) -> int:
        return self._layout.totalHeightForWidth(width)


class Pick(_Option):
    """A small one: a title, and what it means."""

    def __init__(self, title: str, meaning: str) -> None:
        words = column(label(title, 13, 600), label(meaning, 12, kind="ink2", wrap=True), gap=2)
        layout = row(26, gap=8, margins=(12, 9, 12, 10))
        layout.addLayout(words, 1)
        super().__init__(title, layout)
        self.setAccessibleDescription(meaning)

    def heightForWidth(self, width: int) -> int:
        return self._layout.heightForWidth(width)


class Picks(QWidget):
    """One of several small ones. chosen: by the user, its index."""

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
