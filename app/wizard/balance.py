"""How the ratings lie about the threshold, label by label."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QGridLayout, QLabel, QWidget

from app import theme
from app.widgets import Card, boxed, column, label, painting
from app.wizard.parts import Bar
from app.wizard.survey import Survey
from app.words import trials
from evoke.types import HIGH_ABOVE

WELL = (0.35, 0.65)
"""Share rated high within which a label counts as well balanced here."""

_FROM, _TO = 2.0, 8.0
_STYLES = (Qt.PenStyle.SolidLine, Qt.PenStyle.DashLine, Qt.PenStyle.DotLine)


class BalanceCurve(QWidget):
    """Share of trials above every threshold, one line a label; the paper's 5.0 is marked."""

    def __init__(self) -> None:
        super().__init__()
        self._lines: tuple[NDArray[np.float64], ...] = ()
        self._names = (self.tr("Valence"), self.tr("Arousal"), self.tr("Dominance"))
        self.setMinimumSize(300, 170)

    def show_ratings(self, ratings: NDArray[np.float64]) -> None:
        """ratings: (n_trials, 3)."""
        at = np.linspace(_FROM, _TO, 61)
        above = (ratings[:, :, None] > at).mean(axis=0) if len(ratings) else np.zeros((0, len(at)))
        self._lines = tuple(above)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        tokens = theme.current()
        with painting(self) as painter:
            area = QRectF(44, 20, self.width() - 44 - 84, self.height() - 20 - 38)
            self._paint_grid(painter, tokens, area)
            for line, style in zip(self._lines, _STYLES, strict=False):
                painter.setPen(QPen(QColor(tokens.accent), 1.6, style))
                painter.setBrush(Qt.BrushStyle.NoBrush)
                steps = np.linspace(area.left(), area.right(), len(line))
                points = zip(steps.tolist(), line.tolist(), strict=True)
                painter.drawPolyline(
                    QPolygonF([QPointF(x, area.bottom() - y * area.height()) for x, y in points])
                )
            self._paint_well(painter, tokens, area)
            if self._lines:
                self._paint_legend(painter, tokens, area)
            self._paint_threshold(painter, tokens, area)

    def _paint_grid(self, painter: QPainter, tokens: theme.Theme, area: QRectF) -> None:
        low, high = (area.bottom() - share * area.height() for share in WELL)
        painter.fillRect(QRectF(area.left(), high, area.width(), low - high), QColor(tokens.soft))
        painter.setFont(theme.font(11))
        right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        for share in (0.0, 0.5, 1.0):
            y = area.bottom() - share * area.height()
            painter.setPen(QPen(QColor(tokens.line), 1))
            painter.drawLine(QPointF(area.left(), y), QPointF(area.right(), y))
            painter.setPen(QColor(tokens.ink3))
            words = self.tr("{0} %").format(f"{share * 100:.0f}")
            painter.drawText(QRectF(0, y - 8, area.left() - 8, 16), right, words)
        centre = Qt.AlignmentFlag.AlignHCenter
        for rating in range(int(_FROM), int(_TO) + 1):
            x = self._x(area, rating)
            painter.drawText(QRectF(x - 20, area.bottom() + 4, 40, 14), centre, f"{rating}")
        painter.setPen(QColor(tokens.ink2))
        words = self.tr("a rating above this counts as “high”")
        painter.drawText(QRectF(area.left(), area.bottom() + 19, area.width(), 16), centre, words)

    def _paint_well(self, painter: QPainter, tokens: theme.Theme, area: QRectF) -> None:
        """What the band means, over the lines that cross it."""
        low = area.bottom() - min(WELL) * area.height()
        words = self.tr("well balanced: {0}–{1} %").format(*(f"{s * 100:.0f}" for s in WELL))
        painter.setFont(theme.font(11))
        wide = painter.fontMetrics().horizontalAdvance(words)
        box = QRectF(area.left() + 4, low - 19, wide + 8, 17)
        painter.fillRect(box, QColor(tokens.soft))
        painter.setPen(QColor(tokens.accent))
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, words)

    def _paint_threshold(self, painter: QPainter, tokens: theme.Theme, area: QRectF) -> None:
        x = self._x(area, HIGH_ABOVE)
        painter.setPen(QPen(QColor(tokens.ink), 1.5))
        painter.drawLine(QPointF(x, area.top() - 4), QPointF(x, area.bottom()))
        painter.setBrush(QColor(tokens.ink))
        painter.drawEllipse(QPointF(x, area.bottom()), 4, 4)
        painter.setFont(theme.font(12, 600))
        painter.drawText(QPointF(x + 7, area.top() - 7), self.tr("5.0, as in the paper"))

    def _paint_legend(self, painter: QPainter, tokens: theme.Theme, area: QRectF) -> None:
        """Names at the lines' right ends, in the lines' order there, kept apart."""
        ends = sorted(range(len(self._lines)), key=lambda i: -self._lines[i][-1])
        painter.setFont(theme.font(11, 500))
        last = area.bottom() - self._lines[ends[0]][-1] * area.height()
        y = min(last, area.bottom() - 14.0 * (len(ends) - 1) - 2)
        for i in ends:
            painter.setPen(QPen(QColor(tokens.accent), 1.6, _STYLES[i]))
            painter.drawLine(QPointF(area.right() + 4, y), QPointF(area.right() + 20, y))
            painter.setPen(QColor(tokens.ink))
            painter.drawText(QPointF(area.right() + 25, y + 4), self._names[i])
            y += 15

    @staticmethod
    def _x(area: QRectF, rating: float) -> float:
        return area.left() + (rating - _FROM) / (_TO - _FROM) * area.width()


class BalanceCard(Card):
    """Curve, and a bar a label."""

    def __init__(self) -> None:
        self.curve = BalanceCurve()
        self.words: list[QLabel] = []
        self._bars: list[Bar] = []
        grid = QGridLayout()
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(12)
        grid.setVerticalSpacing(6)
        body = column(gap=8)
        body.addWidget(self.curve, 1)
        body.addWidget(boxed(grid))
        super().__init__(self.tr("Balance of the ratings"), body=body)
        names = (self.tr("Valence"), self.tr("Arousal"), self.tr("Dominance"))
        for i, name in enumerate(names):
            bar, words = Bar(8, middle=True), label("", 12, kind="ink2")
            words.setMinimumWidth(136)
            self._bars.append(bar)
            self.words.append(words)
            for k, cell in enumerate((label(name, 12, 500), bar, words)):
                grid.addWidget(cell, i, k, Qt.AlignmentFlag.AlignVCenter)
        grid.setColumnStretch(1, 1)

    def show_survey(self, found: Survey | None) -> None:
        ratings = found.ratings if found else np.zeros((0, 3))
        self.curve.show_ratings(ratings)
        self.hint.setText(trials(len(ratings)) if found else "")
        shares = high_share(ratings)
        for bar, words, share in zip(self._bars, self.words, shares, strict=True):
            bar.show_share(share)
            pattern = self.tr("{0} % high, {1} % low")
            said = pattern.format(f"{share * 100:.1f}", f"{(1 - share) * 100:.1f}")
            words.setText(said if len(ratings) else "")


def high_share(ratings: NDArray[np.float64]) -> tuple[float, float, float]:
    """Share of trials rated high in valence, arousal, dominance; 0 where there are none."""
    if not len(ratings):
        return 0.0, 0.0, 0.0
    valence, arousal, dominance = (ratings[:, :3] > HIGH_ABOVE).mean(axis=0).tolist()
    return valence, arousal, dominance
