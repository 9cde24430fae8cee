"""Pictures that a screen, an image, an SVG and a page of a PDF all get from one and the same code.

A drawing knows its content and how to paint it into an area with the tokens of a theme. Sizes are
logical pixels; paper scales the painter.
"""

from __future__ import annotations

from abc import ABC, abstractmethod

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from app import theme
from app.theme import Theme
from app.widgets import painting

LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
CENTRE = Qt.AlignmentFlag.AlignCenter


class Drawing(ABC):
    """name: of the files it is exported to. title: stands above it. size: its natural one."""

    name: str = ""
    title: str = ""
    size: QSize = QSize(760, 380)

    @abstractmethod
    def paint(self, painter: QPainter, area: QRectF, tokens: Theme) -> None:
        """Paint into `area`; the painter antialiases."""

    def in_words(self) -> str:
        """For those who cannot see it."""
        return self.title


class Picture(QWidget):
    """Shows a drawing, as large as there is room.

    pressed: where the mouse was pressed.
    """

    pressed = Signal(QPointF)

    def __init__(self, least: QSize | None = None) -> None:
        super().__init__()
        self._drawing: Drawing | None = None
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        if least is not None:
            self.setMinimumSize(least)

    @property
    def drawing(self) -> Drawing | None:
        return self._drawing

    def show_drawing(self, drawing: Drawing | None) -> None:
        self._drawing = drawing
        self.setAccessibleName(drawing.title if drawing else "")
        self.setAccessibleDescription(drawing.in_words() if drawing else "")
        self.update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self.pressed.emit(event.position())

    def paintEvent(self, event: QPaintEvent) -> None:
        if self._drawing is not None:
            with painting(self) as painter:
                self._drawing.paint(painter, QRectF(self.rect()), theme.current())


class Legend(QWidget):
    """Which line of a plot is which. Entries: (words, token, width, dashed)."""

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


def text(
    painter: QPainter,
    area: QRectF,
    words: str,
    tint: str,
    font: QFont,
    align: Qt.AlignmentFlag = LEFT,
    *,
    whole: bool = False,
) -> None:
    """Words in one line, shortened to the area unless `whole`."""
    painter.setFont(font)
    painter.setPen(QColor(tint))
    if not whole:
        elided = QFontMetricsF(font).elidedText(
            words, Qt.TextElideMode.ElideRight, area.width() + 0.5
        )
        words = elided
    flags = align | Qt.TextFlag.TextDontClip | Qt.TextFlag.TextSingleLine
    painter.drawText(area, int(flags), words)


def width_of(words: str, font: QFont) -> float:
    return QFontMetricsF(font).horizontalAdvance(words)


def rule(painter: QPainter, a: QPointF, b: QPointF, tint: str, width: float = 1.0) -> None:
    painter.setPen(QPen(QColor(tint), width))
    painter.drawLine(a, b)


def dashed(painter: QPainter, a: QPointF, b: QPointF, tint: str, width: float = 1.4) -> None:
    painter.setPen(QPen(QColor(tint), width, Qt.PenStyle.DashLine))
    painter.drawLine(a, b)
