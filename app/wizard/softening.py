"""What a temperature does to an answer, as a curve: from a score to a probability."""

from __future__ import annotations

import math
from collections.abc import Sequence

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPolygonF

from app import colour, theme
from app.theme import Theme
from app.wizard.drawing import CENTRE, LEFT, RIGHT, Drawing, dashed, rule, text
from app.wizard.result import Point
from app.words import translate

FAR = 6.0
"""Scores (logits) shown: -FAR..FAR."""

SURE = 0.95
"""The answer that the words follow."""


def softened(probability: float, temperature: float) -> float:
    """sigmoid(z / T), where sigmoid(z) is the probability."""
    p = min(max(probability, 1e-6), 1 - 1e-6)
    return _sigmoid(math.log(p / (1 - p)) / temperature)


def _sigmoid(z: float) -> float:
    return 0.5 * (1 + math.tanh(0.5 * z))


class Softening(Drawing):
    """sigmoid(z / T) beside sigmoid(z). answers: a teacher's, as its calibration curve has them
    before calibration: how many windows it gave which probability."""

    name = "temperature"
    size = QSize(520, 320)

    def __init__(self, temperature: float, answers: Sequence[Point] = ()) -> None:
        self.temperature, self.answers = temperature, answers
        self.title = translate("wizard", "What the temperature does")

    def in_words(self) -> str:
        t = f"{self.temperature:g}"
        after = 100 * softened(SURE, self.temperature)
        return translate(
            "wizard", "At temperature {0}, a teacher {1} % sure counts as {2} % sure."
        ).format(t, f"{100 * SURE:.0f}", f"{after:.0f}")

    def paint(self, painter: QPainter, area: QRectF, tokens: Theme) -> None:
        box = area.adjusted(46, 8, -10, -40)
        self._paint_axes(painter, box, tokens)
        self._paint_answers(painter, box, tokens)
        self._paint_curve(painter, box, 1.0, QPen(QColor(tokens.ink3), 1.4, Qt.PenStyle.DashLine))
        if self.temperature != 1:
            self._paint_curve(painter, box, self.temperature, QPen(QColor(tokens.accent), 2.4))
        z = math.log(SURE / (1 - SURE))
        after = softened(SURE, self.temperature)
        above, below = self._place(box, z, SURE), self._place(box, z, after)
        dashed(painter, above, below, tokens.warn)
        painter.setPen(QPen(QColor(tokens.surface), 2))
        painter.setBrush(QColor(tokens.accent))
        painter.drawEllipse(below, 5, 5)
        font = theme.font(12, 600)
        beside = QRectF(below.x() + 10, below.y() - 2, 80, 18)
        text(painter, beside, f"{100 * after:.0f} %", tokens.accent, font, LEFT, whole=True)

    @staticmethod
    def _place(box: QRectF, z: float, p: float) -> QPointF:
        return QPointF(
            box.left() + (z + FAR) / (2 * FAR) * box.width(), box.bottom() - p * box.height()
        )

    def _paint_axes(self, painter: QPainter, box: QRectF, tokens: Theme) -> None:
        small = theme.font(11)
        for share in (0.0, 0.5, 1.0):
            y = box.bottom() - share * box.height()
            rule(painter, QPointF(box.left(), y), QPointF(box.right(), y), tokens.line)
            beside = QRectF(box.left() - 46, y - 8, 40, 16)
            text(painter, beside, f"{100 * share:.0f} %", tokens.ink3, small, RIGHT, whole=True)
        for z in (-6, -3, 0, 3, 6):
            x = self._place(box, z, 0).x()
            below = QRectF(x - 20, box.bottom() + 4, 40, 16)
            text(painter, below, f"{z:+d}" if z else "0", tokens.ink3, small, CENTRE, whole=True)
        below = QRectF(box.left(), box.bottom() + 20, box.width(), 18)
        words = translate("wizard", "the teacher's score: surely low to surely high")
        text(painter, below, words, tokens.ink2, theme.font(12), CENTRE)

    def _paint_curve(self, painter: QPainter, box: QRectF, temperature: float, pen: QPen) -> None:
        steps = 80
        zs = [-FAR + 2 * FAR * k / steps for k in range(steps + 1)]
        places = [self._place(box, z, _sigmoid(z / temperature)) for z in zs]
        painter.setPen(pen)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawPolyline(QPolygonF(places))

    def _paint_answers(self, painter: QPainter, box: QRectF, tokens: Theme) -> None:
        """Bars under the curve: how many of its answers lie at which score, and from each a dot at
        the probability it becomes."""
        most = max((a.windows for a in self.answers), default=0)
        for answer in self.answers:
            p = min(max(answer.stated, 1e-6), 1 - 1e-6)
            z = min(max(math.log(p / (1 - p)), -FAR), FAR)
            foot = self._place(box, z, 0)
            height = 0.3 * box.height() * answer.windows / most if most else 0.0
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(colour.alpha(tokens.ink3, 110))
            painter.drawRoundedRect(QRectF(foot.x() - 6, foot.y() - height, 12, height), 2, 2)
            soft = self._place(box, z, softened(p, self.temperature))
            painter.setBrush(QColor(tokens.accent))
            painter.drawEllipse(soft, 3.2, 3.2)
