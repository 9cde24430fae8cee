"""What a network reads of one second: four bands on a 9x9 grid of electrodes."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from app import theme
from app.widgets import painting
from evoke.signal.montage import ELECTRODES, GRID, GRID_SHAPE
from evoke.types import BANDS

PLACES = dict(zip(GRID, ELECTRODES, strict=True))


class GridPicture(QWidget):
    """One band's grid, nose up; a place without an electrode is empty."""

    def __init__(self, band: str, hertz: str) -> None:
        super().__init__()
        self._band, self._hertz = band, hertz
        self.values: NDArray[np.float32] | None = None
        self._reach = 1.0
        self.setMinimumSize(150, 170)
        self.setAccessibleName(f"{band} {hertz}")

    def show_values(self, values: NDArray[np.float32] | None, reach: float) -> None:
        """values: (9, 9); reach: what the ends of the colours stand for."""
        self.values, self._reach = values, max(reach, 1e-9)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        tokens = theme.current()
        with painting(self) as painter:
            self._paint_title(painter, tokens)
            side = min(self.width(), self.height() - 22) / GRID_SHAPE[0]
            left = (self.width() - side * GRID_SHAPE[1]) / 2
            scale = theme.map_scale(tokens)
            for row in range(GRID_SHAPE[0]):
                for place in range(GRID_SHAPE[1]):
                    cell = QRectF(left + place * side, 22 + row * side, side, side)
                    cell.adjust(1, 1, -1, -1)
                    name = PLACES.get((row, place), "")
                    if self.values is None or not name:
                        painter.setPen(QPen(QColor(tokens.line), 1))
                        painter.setBrush(Qt.BrushStyle.NoBrush)
                        painter.drawRoundedRect(cell, 2, 2)
                        continue
                    level = float(self.values[row, place]) / self._reach
                    red, green, blue = scale[round((min(1.0, max(-1.0, level)) + 1) / 2 * 255)]
                    painter.setPen(Qt.PenStyle.NoPen)
                    painter.setBrush(QColor(int(red), int(green), int(blue)))
                    painter.drawRoundedRect(cell, 2, 2)
                    if side >= 25:
                        self._paint_name(painter, tokens, cell, name)

    def _paint_title(self, painter: QPainter, tokens: theme.Theme) -> None:
        painter.setFont(theme.font(12, 600))
        painter.setPen(QColor(tokens.ink))
        painter.drawText(QPointF(2, 13), self._band)
        wide = painter.fontMetrics().horizontalAdvance(self._band + "  ")
        painter.setFont(theme.font(12))
        painter.setPen(QColor(tokens.ink3))
        painter.drawText(QPointF(2 + wide, 13), self._hertz)

    @staticmethod
    def _paint_name(painter: QPainter, tokens: theme.Theme, cell: QRectF, name: str) -> None:
        """In whichever of ink and surface stands out from the cell."""
        fill = painter.brush().color().lightnessF()
        inks = (QColor(tokens.ink), QColor(tokens.surface))
        painter.setPen(max(inks, key=lambda ink: abs(ink.lightnessF() - fill)))
        painter.setFont(theme.font(10, 500))
        painter.drawText(cell, Qt.AlignmentFlag.AlignCenter, name)


class GridScale(QWidget):
    """The colours of the grids and what their ends stand for."""

    def __init__(self) -> None:
        super().__init__()
        self._low, self._middle, self._high = "", "", ""
        self.setFixedHeight(30)

    def say(self, low: str, middle: str, high: str) -> None:
        self._low, self._middle, self._high = low, middle, high
        self.setAccessibleName(f"{low}, {middle}, {high}")
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        tokens = theme.current()
        with painting(self) as painter:
            colours = theme.map_scale(tokens)
            wide = self.width() / len(colours)
            for i, (red, green, blue) in enumerate(colours.tolist()):
                painter.fillRect(QRectF(i * wide, 2, wide + 1, 8), QColor(red, green, blue))
            painter.setFont(theme.font(11))
            painter.setPen(QColor(tokens.ink3))
            area = QRectF(0, 12, self.width(), 16)
            sides = Qt.AlignmentFlag
            words = (self._low, self._middle, self._high)
            places = (sides.AlignLeft, sides.AlignHCenter, sides.AlignRight)
            for said, place in zip(words, places, strict=True):
                painter.drawText(area, place, said)


class BandAxis(QWidget):
    """The four bands on one axis of frequencies, with the part that prepared signals hold."""

    _TO_HZ, _HELD = 52.0, (4.0, 45.0)

    def __init__(self) -> None:
        super().__init__()
        self._names = (self.tr("Theta"), self.tr("Alpha"), self.tr("Beta"), self.tr("Gamma"))
        self.setFixedHeight(92)
        said = [f"{name} {low:g}-{high:g} Hz" for name, low, high in BANDS]
        self.setAccessibleName(", ".join(said))

    def _x(self, hertz: float) -> float:
        return 4 + (self.width() - 8) * hertz / self._TO_HZ

    def paintEvent(self, event: QPaintEvent) -> None:
        tokens = theme.current()
        centre = Qt.AlignmentFlag.AlignCenter
        with painting(self) as painter:
            for i, ((_, low, high), name) in enumerate(zip(BANDS, self._names, strict=True)):
                box = QRectF(self._x(low) + 1, 2, self._x(high) - self._x(low) - 2, 40)
                painter.setPen(Qt.PenStyle.NoPen)
                painter.setBrush(QColor(tokens.training if i % 2 else tokens.soft))
                painter.drawRoundedRect(box, 4, 4)
                painter.setPen(QColor(tokens.ink))
                painter.setFont(theme.font(12, 600))
                painter.drawText(box.adjusted(-6, 2, 6, -18), centre, name)
                painter.setPen(QColor(tokens.ink2))
                painter.setFont(theme.font(11))
                words = f"{low:g}–{high:g}"
                painter.drawText(box.adjusted(-6, 20, 6, 0), centre, words)
            painter.setPen(QPen(QColor(tokens.line2), 1))
            painter.drawLine(QPointF(self._x(0), 48), QPointF(self._x(self._TO_HZ), 48))
            painter.setFont(theme.font(11))
            for hertz in range(0, 51, 10):
                painter.setPen(QPen(QColor(tokens.line2), 1))
                painter.drawLine(QPointF(self._x(hertz), 48), QPointF(self._x(hertz), 52))
                painter.setPen(QColor(tokens.ink3))
                words = self.tr("{0} Hz").format(hertz) if hertz == 50 else f"{hertz}"
                area = QRectF(self._x(hertz) - 24, 53, 48, 14)
                painter.drawText(area, Qt.AlignmentFlag.AlignHCenter, words)
            painter.setPen(QPen(QColor(tokens.ink3), 3))
            low, high = (self._x(hertz) for hertz in self._HELD)
            painter.drawLine(QPointF(low, 72), QPointF(high, 72))
            painter.setPen(QColor(tokens.ink2))
            words = self.tr("what prepared signals hold: 4–45 Hz")
            painter.drawText(QRectF(low, 76, high - low, 15), Qt.AlignmentFlag.AlignLeft, words)
