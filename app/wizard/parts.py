"""Small widgets that several of the wizard's pages are built of."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetrics, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QScrollArea, QSizePolicy, QVBoxLayout, QWidget

from app import theme
from app.widgets import Card, Chip, Item, boxed, column, label, painting, row


def scrolling(body: QWidget) -> QScrollArea:
    """`body`, to be scrolled up and down where it does not fit."""
    area = QScrollArea()
    area.setWidgetResizable(True)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    area.setWidget(body)
    return area


class Bar(QWidget):
    """A share as a bar; `middle` marks one half."""

    def __init__(self, height: int = 8, *, middle: bool = False) -> None:
        super().__init__()
        self._share, self._middle = 0.0, middle
        self.setFixedHeight(height)
        self.setMinimumWidth(60)

    def show_share(self, share: float) -> None:
        """share: 0..1."""
        self._share = min(1.0, max(0.0, share))
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        tokens = theme.current()
        width, height = self.width(), self.height()
        with painting(self) as painter:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(tokens.sunk))
            painter.drawRoundedRect(QRectF(self.rect()), height / 2, height / 2)
            painter.setBrush(QColor(tokens.accent))
            filled = QRectF(0, 0, self._share * width, height)
            painter.drawRoundedRect(filled, height / 2, height / 2)
            if self._middle:
                painter.setBrush(QColor(tokens.surface))
                painter.drawRect(QRectF(width / 2 - 1, 0, 2, height))


class Facts(QWidget):
    """A line of words with an icon, in a card's own type."""

    def __init__(self, title: str = "", text: str = "") -> None:
        super().__init__()
        self._title, self._text = label(title, 13, 600), label(text, 12, kind="ink3", wrap=True)
        self.setLayout(column(self._title, self._text, gap=1))

    def say(self, title: str, text: str) -> None:
        self._title.setText(title)
        self._text.setText(text)

    @property
    def words(self) -> str:
        return f"{self._title.text()}: {self._text.text()}"


class TitledCard(Card):
    """A card whose hint changes with what it shows."""

    def __init__(
        self,
        title: str,
        body: QWidget,
        actions: Sequence[Item] = (),
        gap: int = 8,
        after: Sequence[Item] = (),
    ) -> None:
        super().__init__()
        layout = self.layout()
        assert isinstance(layout, QVBoxLayout)
        layout.setContentsMargins(12, 8, 12, 12)
        layout.setSpacing(gap)
        self.title, self.hint = label(title, 13, 600), label("", 12, kind="ink3")
        head = boxed(row(self.title, self.hint, *after, None, *actions))
        head.setMinimumHeight(28)
        layout.addWidget(head)
        layout.addWidget(body, 1)


class Choice(QAbstractButton):
    """A card that can be picked, one of several: a dot, a title, a chip and a body."""

    def __init__(self, title: str, caption: str, body: QWidget, kind: str = "ink3") -> None:
        super().__init__()
        self.setCheckable(True)
        self.setAutoExclusive(True)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setAccessibleName(title)
        expanding = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        expanding.setHeightForWidth(True)
        self.setSizePolicy(expanding)
        self.chip = Chip()
        self.caption = label(caption, 12, kind=kind, wrap=True)
        head = boxed(row(26, label(title, 15, 600), None, self.chip))
        head.setFixedHeight(24)
        self._layout = column(head, self.caption, gap=6, margins=(16, 12, 16, 14))
        self._layout.addWidget(body, 1)
        self.setLayout(self._layout)
        for child in self.findChildren(QWidget):
            child.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)

    def sizeHint(self) -> QSize:
        return self._layout.sizeHint()

    def minimumSizeHint(self) -> QSize:
        return self._layout.minimumSize()

    def hasHeightForWidth(self) -> bool:
        return self._layout.hasHeightForWidth()

    def heightForWidth(self, width: int) -> int:
        return self._layout.totalHeightForWidth(width)

    def paintEvent(self, event: QPaintEvent) -> None:
        tokens, picked = theme.current(), self.isChecked()
        with painting(self) as painter:
            wide = 2.0 if picked else 1.0
            edge = tokens.accent if picked or self.hasFocus() else tokens.line
            painter.setPen(QPen(QColor(edge), wide))
            painter.setBrush(QColor(tokens.surface))
            half = wide / 2
            area = QRectF(self.rect()).adjusted(half, half, -half, -half)
            painter.drawRoundedRect(area, 10, 10)
            self._paint_dot(painter, tokens, picked)

    @staticmethod
    def _paint_dot(painter: QPainter, tokens: theme.Theme, picked: bool) -> None:
        place = QRectF(17, 17, 15, 15)
        painter.setPen(QPen(QColor(tokens.accent if picked else tokens.ink3), 1.6))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawEllipse(place)
        if picked:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(tokens.accent))
            painter.drawEllipse(place.adjusted(3.5, 3.5, -3.5, -3.5))


class Check(QAbstractButton):
    """A box to tick, with its words."""

    def __init__(self, words: str) -> None:
        super().__init__()
        self.setCheckable(True)
        self.setText(words)
        self.setFont(theme.font(13))
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setAccessibleName(words)

    def sizeHint(self) -> QSize:
        return QSize(30 + QFontMetrics(self.font()).horizontalAdvance(self.text()), 24)

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def paintEvent(self, event: QPaintEvent) -> None:
        tokens, on = theme.current(), self.isChecked()
        with painting(self) as painter:
            box = QRectF(1, self.height() / 2 - 8, 16, 16)
            edge = tokens.accent if on or self.hasFocus() else tokens.line2
            painter.setPen(QPen(QColor(edge if self.isEnabled() else tokens.line), 1.4))
            painter.setBrush(QColor(tokens.accent if on else tokens.surface))
            painter.drawRoundedRect(box, 4, 4)
            if on:
                tick = theme.glyph("check-bold", tokens.on_accent, 12, self.devicePixelRatioF())
                painter.drawPixmap(QPointF(3, box.top() + 2), tick)
            painter.setFont(self.font())
            painter.setPen(QColor(tokens.ink if self.isEnabled() else tokens.ink3))
            area = QRectF(27, 0, self.width() - 27, self.height())
            painter.drawText(area, Qt.AlignmentFlag.AlignVCenter, self.text())
