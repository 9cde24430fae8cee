"""Lines over the epochs of a training, drawn while it goes on."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QEvent, QSize, Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QFrame

from app import colour, theme

_STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)
_FILL = 0.12
"""Of the range of values, left free above and below."""


@dataclass(frozen=True, slots=True)
class Line:
    """x: epochs. current: in the accent colour, named at its end; else grey."""

    x: Sequence[float]
    y: Sequence[float]
    current: bool = False
    dashed: bool = False
    name: str = ""


@dataclass(frozen=True, slots=True)
class Level:
    """A value that holds for all epochs, such as the trivial answer's."""

    value: float
    name: str


@dataclass(frozen=True, slots=True)
class Shown:
    """What a plot shows. epochs: at most; mark: an epoch that is pointed out, and its words.
    empty: said while there is no line."""

    lines: Sequence[Line] = ()
    epochs: int = 1
    level: Level | None = None
    mark: tuple[float, str] | None = None
    empty: str = ""


class Curves(pg.PlotWidget):
    """A plot that is not moved by hand. least: the smallest range of values that fills it."""

    def __init__(self, in_figures: Callable[[float], str], least: float) -> None:
        self._in_figures, self._least = in_figures, least
        self._drawn = theme.current()
        super().__init__()
        self._shown = Shown()
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setMinimumSize(300, 110)
        self.setAntialiasing(True)
        item = self.getPlotItem()
        item.hideButtons()
        item.setMenuEnabled(False)
        item.ctrlMenu.setParent(self, item.ctrlMenu.windowFlags())  # else nobody deletes it
        item.getViewBox().setMouseEnabled(False, False)
        item.getViewBox().disableAutoRange()
        item.getViewBox().setDefaultPadding(0)
        self._left, self._bottom = item.getAxis("left"), item.getAxis("bottom")
        self._left.setWidth(44)
        self._bottom.setHeight(24)
        self._draw()

    def sizeHint(self) -> QSize:
        return QSize(600, 240)

    def wheelEvent(self, event: object) -> None:
        """The plot does not zoom; the wheel is the parent's."""

    @property
    def shown(self) -> Shown:
        return self._shown

    def show_lines(self, shown: Shown) -> None:
        if shown != self._shown:
            self._shown = shown
            self._draw()
            said = [f"{line.name} {self._in_figures(line.y[-1])}" for line in shown.lines if line.y]
            if shown.level:
                said.append(f"{shown.level.name} {self._in_figures(shown.level.value)}")
            self.setAccessibleDescription(", ".join(said))

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.StyleChange and self._drawn is not theme.current():
            self._draw()

    def _draw(self) -> None:
        tokens, shown = theme.current(), self._shown
        self._drawn = tokens
        item = self.getPlotItem()
        item.clear()
        self.setBackground(tokens.surface)
        values = [v for line in shown.lines for v in line.y]
        if shown.level is not None:
            values.append(shown.level.value)
        low, high = self._range(values)
        far = max(2.0, shown.epochs * 1.06)
        item.getViewBox().setRange(xRange=(0, far), yRange=(low, high), padding=0)
        self._dress(low, high, far)
        if shown.mark is not None:
            self._mark(*shown.mark, high)
        if shown.level is not None:
            self._level(shown.level, far, low, high)
        named: list[float] = []
        for line in shown.lines:
            free = all(abs(line.y[-1] - y) > 0.08 * (high - low) for y in named) if line.y else True
            self._line(line, named=free)
            if line.current and line.y:
                named.append(line.y[-1])
        if not shown.lines and shown.empty:
            middle = low + 0.7 * (high - low)
            self._words(far / 2, middle, shown.empty, tokens.ink3, 500, (0.5, 0.5))

    def _range(self, values: Sequence[float]) -> tuple[float, float]:
        finite = [v for v in values if math.isfinite(v)]
        low, high = (min(finite), max(finite)) if finite else (0.5, 0.5)
        span = max(high - low, self._least)
        middle = (low + high) / 2
        return middle - span * (0.5 + _FILL), middle + span * (0.5 + _FILL)

    def _dress(self, low: float, high: float, far: float) -> None:
        """Axes and level lines."""
        tokens = theme.current()
        none = pg.mkPen(None)
        for axis, tall in ((self._left, False), (self._bottom, True)):
            axis.setPen(pg.mkPen(tokens.line2) if tall else none)
            axis.setTickPen(pg.mkPen(tokens.line2) if tall else none)
            axis.setTextPen(tokens.ink3)
            axis.setStyle(tickFont=theme.font(11), tickLength=4 if tall else 0, tickTextOffset=6)
        ticks = nice(low, high, 5) if self._shown.lines else []
        # a figure at the very edge would be cut through
        edge = 0.03 * (high - low)
        named = [v for v in ticks if low + edge < v < high - edge]
        self._left.setTicks([[(v, self._in_figures(v)) for v in named]])
        rule = pg.mkPen(tokens.grid if not tokens.dark else tokens.line, width=1)
        for value in ticks:
            self.addItem(pg.InfiniteLine(value, 0, pen=rule))
        epochs = [v for v in nice(0, far, 6) if v and v == int(v)]
        self._bottom.setTicks([[(v, f"{v:.0f}") for v in epochs]])

    def _line(self, line: Line, *, named: bool) -> None:
        if not line.y:
            return
        tokens = theme.current()
        tint = tokens.accent if line.current else tokens.ink3
        style = Qt.PenStyle.DashLine if line.dashed else Qt.PenStyle.SolidLine
        width = (1.6 if line.dashed else 2.4) if line.current else 1
        pen = pg.mkPen(colour.alpha(tint, 255 if line.current else 170), width=width, style=style)
        x, y = np.asarray(line.x, float), np.asarray(line.y, float)
        curve = pg.PlotCurveItem(x, y, pen=pen, antialias=True)
        curve.setZValue(5 if line.current else 0)
        self.addItem(curve)
        if not line.current:
            return
        dot = pg.ScatterPlotItem(
            [x[-1]], [y[-1]], size=9, brush=QColor(tint), pen=pg.mkPen(tokens.surface, width=2)
        )
        dot.setZValue(6)
        self.addItem(dot)
        if line.name and named:
            self._words(x[-1], y[-1], line.name, tint, 600, self._beside(x[-1], y[-1]))

    def _beside(self, x: float, y: float) -> tuple[float, float]:
        """Anchor of a line's name at its end: beside it, or where there is room."""
        low, high = self.getPlotItem().viewRange()[1]
        top = y > low + 0.8 * (high - low)
        if x > 0.75 * self._shown.epochs:
            return 1.08, -0.3 if top else 1.3
        return -0.1, -0.2 if top and self._shown.mark is not None else 0.5

    def _level(self, level: Level, far: float, low: float, high: float) -> None:
        tokens = theme.current()
        pen = pg.mkPen(tokens.warn, width=1.4, style=Qt.PenStyle.DashLine)
        line = pg.InfiniteLine(level.value, 0, pen=pen)
        line.setZValue(4)
        self.addItem(line)
        words = f"{level.name}: {self._in_figures(level.value)}"
        upper = level.value < low + 0.2 * (high - low)
        self._words(far, level.value, words, tokens.warn, 600, (1, 1.05 if upper else -0.05))

    def _mark(self, epoch: float, words: str, high: float) -> None:
        tokens = theme.current()
        self.addItem(pg.InfiniteLine(epoch, 90, pen=pg.mkPen(tokens.line2, width=1)))
        right = epoch > 0.8 * self._shown.epochs
        self._words(epoch, high, words, tokens.ink2, 500, (1.05 if right else -0.05, 0))

    def _words(
        self, x: float, y: float, words: str, tint: str, weight: int, anchor: tuple[float, float]
    ) -> None:
        fill = pg.mkBrush(colour.alpha(theme.current().surface, 210))
        item = pg.TextItem(words, color=tint, anchor=anchor, fill=fill)
        item.setFont(theme.font(12, weight))
        item.setZValue(20)
        item.setPos(x, y)
        self.addItem(item, ignoreBounds=True)


def nice(low: float, high: float, most: int) -> list[float]:
    """Round values within low..high, at most about `most` of them."""
    if not high > low:
        return [low]
    raw = (high - low) / most
    unit = 10.0 ** math.floor(math.log10(raw))
    step = next(s * unit for s in _STEPS if s * unit >= raw * 0.999)
    first = math.ceil(low / step - 1e-9)
    last = math.floor(high / step + 1e-9)
    return [round(k * step, 10) for k in range(first, last + 1)]
