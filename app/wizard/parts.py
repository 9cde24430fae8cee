"""Small widgets that several of the wizard's pages are built of."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetrics, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QWidget

from app import theme
from app.widgets import column, label, painting


def paint_bar(painter: QPainter, area: QRectF, share: float, tint: str) -> None:
    """A share, 0..1, as a bar on its track; what is more than nothing is seen."""
    radius = area.height() / 2
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(theme.current().sunk))
    painter.drawRoundedRect(area, radius, radius)
    if share > 0:
        painter.setBrush(QColor(tint))
        filled = QRectF(area)
        filled.setWidth(max(area.height(), area.width() * min(1.0, share)))
        painter.drawRoundedRect(filled, radius, radius)


class Bar(QWidget):
    """A share as a bar; `middle` marks one half."""

    def __init__(self, height: int = 8, *, middle: bool = False) -> None:
        super().__init__()
        self._share, self._middle = 0.0, middle
        self.setFixedHeight(height)
        self.setMinimumWidth(60)

    def show_share(self, share: float) -> None:
        """share: 0..1."""
        self._share = share
        self.setAccessibleName(f"{100 * share:.0f} %")
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        tokens = theme.current()
        with painting(self) as painter:
            paint_bar(painter, QRectF(self.rect()), self._share, tokens.accent)
            if self._middle:
                painter.setBrush(QColor(tokens.surface))
                painter.drawRect(QRectF(self.width() / 2 - 1, 0, 2, self.height()))


class Facts(QWidget):
    """A title and a line under it, in a card's own type."""

    def __init__(self) -> None:
        super().__init__()
        self._title, self._text = label("", 13, 600), label("", 12, kind="ink3", wrap=True)
        self.setLayout(column(self._title, self._text, gap=1))

    def say(self, title: str, text: str) -> None:
        self._title.setText(title)
        self._text.setText(text)


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
            if self.hasFocus():
                wide = QFontMetrics(self.font()).horizontalAdvance(self.text()) + 9
                painter.setPen(QPen(QColor(tokens.accent), 1))
                painter.setBrush(Qt.BrushStyle.NoBrush)
                painter.drawRoundedRect(QRectF(22.5, 1.5, wide, self.height() - 3), 5, 5)
