"""How a landmark is drawn: filled when set, hollow when guessed, a triangle when in doubt."""

from __future__ import annotations

from typing import Literal

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetrics, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QWidget

from app import theme
from app.widgets import painting

State = Literal["set", "guess", "doubt"]

RADIUS_PX = 5.0


def draw_mark(
    painter: QPainter, at: QPointF, state: State, *, chosen: bool = False, r: float = RADIUS_PX
) -> None:
    """A mark at `at`, with an edge in the colour of the surface so that it shows on any skin."""
    tokens = theme.current()
    surface, accent = QColor(tokens.surface), QColor(tokens.accent)
    if chosen:
        halo = QColor(accent)
        halo.setAlpha(70)
        painter.setPen(QPen(accent, 1))
        painter.setBrush(halo)
        painter.drawEllipse(at, r * 2.3, r * 2.3)
    if state == "doubt":
        g = r * 1.3
        corners = [QPointF(0, -g), QPointF(g, g * 0.8), QPointF(-g, g * 0.8)]
        painter.setBrush(surface)
        painter.setPen(QPen(QColor(tokens.warn), 2))
        painter.drawPolygon(QPolygonF([at + corner for corner in corners]))
        return
    filled = state == "set"
    painter.setPen(QPen(surface if filled else accent, 1.6 if filled else 2))
    painter.setBrush(accent if filled else surface)
    painter.drawEllipse(at, r, r)


class MarkKey(QWidget):
    """What the three shapes mean."""

    def __init__(self) -> None:
        super().__init__()
        self._items: tuple[tuple[State, str], ...] = (
            ("set", self.tr("set")),
            ("guess", self.tr("first guess")),
            ("doubt", self.tr("look again")),
        )
        self._font = theme.font(12, 500)
        metrics = QFontMetrics(self._font)
        self._steps = [metrics.horizontalAdvance(words) + 34 for _state, words in self._items]
        self.setFixedSize(QSize(sum(self._steps), 24))
        self.setAccessibleName(", ".join(words for _state, words in self._items))

    def paintEvent(self, event: QPaintEvent) -> None:
        x = 8.0
        with painting(self) as painter:
            painter.setFont(self._font)
            for (state, words), step in zip(self._items, self._steps, strict=True):
                draw_mark(painter, QPointF(x, 12), state, r=4.4)
                painter.setPen(QColor(theme.current().ink2))
                box = QRectF(x + 11, 0, step, 24)
                painter.drawText(box, Qt.AlignmentFlag.AlignVCenter, words)
                x += step
