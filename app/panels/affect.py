"""The affect panel: three probabilities of 'high', each with its last minute."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetrics, QPainter, QPainterPath, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from app import theme
from app.panels.dock import Panel
from app.widgets import column, hatch, label, painting
from evoke.types import Affect

HISTORY_S = 60.0


class AffectRow(QWidget):
    """One probability: the bar grows from 0.5, its side is the bit, its length the sureness; the
    hatched zone is where the dimension counts as undecided. Right: the last 60 s."""

    def __init__(self, name: str, low: str, high: str) -> None:
        super().__init__()
        self._name, self._low, self._high = name, low, high
        self._value: float | None = None
        self._sure = True
        self._zone = (0.45, 0.55)
        self._history: deque[tuple[float, float]] = deque()
        self.setMinimumHeight(38)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setToolTip(
            self.tr(
                "Probability that {0} is high.\nThe bar starts at 0.5: right is high, left is "
                "low;\ninside the hatched zone it counts as undecided."
            ).format(name.lower())
        )

    def sizeHint(self) -> QSize:
        return QSize(280, 46)

    def set_zone(self, low: float, high: float) -> None:
        self._zone = (low, high)
        self.update()

    def clear(self) -> None:
        self._value = None
        self._history.clear()
        self.setAccessibleName(self._name)
        self.update()

    def add(self, t_s: float, value: float, *, sure: bool) -> None:
        """A reading at `t_s` seconds of its trial; going back in time starts a new history.
        sure: False where the reading counts the dimension as undecided."""
        if self._history and not 0 <= t_s - self._history[-1][0] < 5:
            self._history.clear()
        self._history.append((t_s, value))
        while t_s - self._history[0][0] > HISTORY_S:
            self._history.popleft()
        self._value, self._sure = value, sure

    def show_value(self) -> None:
        if self._value is not None:
            self.setAccessibleName(f"{self._name} {self._word()} {self._value:.2f}")
        self.update()

    def _word(self) -> str:
        assert self._value is not None
        if not self._sure:
            return self.tr("undecided")
        return self._high if self._value > 0.5 else self._low

    def paintEvent(self, event: QPaintEvent) -> None:
        tokens = theme.current()
        with painting(self) as painter:
            width, height = self.width(), self.height()
            history = min(120.0, width * 0.30)
            bar = width - history - 18
            top = max(0.0, (height - 46) / 2)
            self._paint_words(painter, tokens, bar, top)
            self._paint_bar(painter, tokens, bar, top + min(height, 46) / 2 + 8)
            area = QRectF(width - history, top + 4, history - 7, min(height, 46) - 8)
            self._paint_history(painter, tokens, area)

    def _paint_words(self, painter: QPainter, tokens: theme.Theme, bar: float, top: float) -> None:
        strong = theme.font(13, 600)
        painter.setFont(strong)
        painter.setPen(QColor(tokens.ink))
        painter.drawText(QPointF(0, top + 15), self._name)
        value = "–" if self._value is None else f"{self._value:.2f}"
        painter.drawText(QRectF(0, top + 1, bar, 18), Qt.AlignmentFlag.AlignRight, value)
        if self._value is None:
            return
        word, plain = self._word(), theme.font(12)
        room = bar - QFontMetrics(strong).horizontalAdvance("0.00") - 6
        taken = QFontMetrics(strong).horizontalAdvance(self._name) + 6
        if taken + QFontMetrics(plain).horizontalAdvance(word) > room:
            return  # the bar and its zone say it, too
        painter.setFont(plain)
        painter.setPen(QColor(tokens.ink3))
        painter.drawText(QRectF(0, top + 1, room, 18), Qt.AlignmentFlag.AlignRight, word)

    def _paint_bar(self, painter: QPainter, tokens: theme.Theme, bar: float, y: float) -> None:
        half = 5.0
        track = QPainterPath()
        track.addRoundedRect(QRectF(0, y - half, bar, 2 * half), half, half)
        painter.fillPath(track, QColor(tokens.sunk))
        low, high = self._zone
        painter.save()
        painter.setClipPath(track)
        hatch(painter, QRectF(bar * low, y - half, bar * (high - low), 2 * half), tokens.hatch, 5)
        if self._value is not None:
            left, right = sorted((bar * 0.5, bar * self._value))
            painter.fillRect(QRectF(left, y - half, right - left, 2 * half), QColor(tokens.accent))
        painter.restore()
        painter.setPen(QPen(QColor(tokens.ink3), 1))
        painter.drawLine(QPointF(bar * 0.5, y - half - 3), QPointF(bar * 0.5, y + half + 3))

    def _paint_history(self, painter: QPainter, tokens: theme.Theme, area: QRectF) -> None:
        painter.setPen(QPen(QColor(tokens.line), 1))
        middle = area.center().y()
        painter.drawLine(QPointF(area.left(), middle), QPointF(area.right(), middle))
        if len(self._history) < 2:
            return
        t, value = np.array(self._history).T
        x = area.right() - (t[-1] - t) / HISTORY_S * area.width()
        y = area.bottom() - value * area.height()
        points = QPolygonF([QPointF(a, b) for a, b in zip(x.tolist(), y.tolist(), strict=True)])
        painter.setPen(QPen(QColor(tokens.accent), 1.6))
        painter.drawPolyline(points)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(tokens.accent))
        painter.drawEllipse(points.last(), 3, 3)


class AffectPanel(Panel):
    """Valence, arousal and dominance."""

    def __init__(self) -> None:
        super().__init__(self.tr("Affect"))
        low, high = self.tr("low"), self.tr("high")
        names = (self.tr("Valence"), self.tr("Arousal"), self.tr("Dominance"))
        self.rows = tuple(AffectRow(name, low, high) for name in names)
        self.head = (label(self.tr("probability of high · last 60 s"), 11, kind="ink3"),)
        self.setLayout(column(*self.rows, gap=4))

    def clear(self) -> None:
        for affect_row in self.rows:
            affect_row.clear()

    def set_zone(self, low: float, high: float) -> None:
        for affect_row in self.rows:
            affect_row.set_zone(low, high)

    def add(self, readings: Sequence[Affect]) -> None:
        """Readings since the last call, oldest first."""
        for reading in readings:
            dimensions = zip(self.rows, reading.probabilities, reading.bits, strict=True)
            for affect_row, value, bit in dimensions:
                affect_row.add(reading.t_s, value, sure=bit != "-")
        for affect_row in self.rows:
            affect_row.show_value()
