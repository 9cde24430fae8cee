"""Which line of a plot is which."""

from __future__ import annotations

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QColor, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from app import theme
from app.widgets import painting
from app.wizard.drawing import width_of


class LineKey(QWidget):
    """Entries: (words, token, width, dashed)."""

    def __init__(self, *entries: tuple[str, str, float, bool]) -> None:
        super().__init__()
        self._entries, self._font = entries, theme.font(12)
        self.setFixedSize(int(sum(width_of(e[0], self._font) + 40 for e in entries)), 24)

    def paintEvent(self, event: QPaintEvent) -> None:
        tokens = theme.current()
        with painting(self) as painter:
            painter.setFont(self._font)
            x = 0.0
            for words, role, width, dashed in self._entries:
                style = Qt.PenStyle.DashLine if dashed else Qt.PenStyle.SolidLine
                painter.setPen(QPen(QColor(getattr(tokens, role)), width, style))
                painter.drawLine(QPointF(x, 12), QPointF(x + 20, 12))
                painter.setPen(QColor(tokens.ink2))
                painter.drawText(QPointF(x + 26, 16), words)
                x += width_of(words, self._font) + 40
