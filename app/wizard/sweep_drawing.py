"""A sweep as a picture."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPolygonF

from app import colour, theme
from app.theme import Theme
from app.wizard.curves import nice
from app.wizard.drawing import CENTRE, LEFT, RIGHT, Drawing, dashed, rule, text, width_of
from app.wizard.plan import Role
from app.wizard.result import Result
from app.wizard.sweep import Sweep, SweepPoint
from app.wizard.titles import MACRO, always, percent, protocol_name, role_title, translate

_TINTS = ("accent", "excited", "sad", "ink2")
_LEAST_RANGE = 0.04
_FAR = 0.1
_FEW = 2
"""Lines that can have their intervals drawn and still be told apart."""

_SHOWN: tuple[Role, ...] = ("teacher", "scratch")


class SweepDrawing(Drawing):
    """Accuracy over alpha, a line for each temperature; teacher, student from scratch and the
    trivial answer as level lines."""

    size = QSize(980, 330)

    def __init__(self, sweep: Sweep, result: Result) -> None:
        self.name = f"sweep-{sweep.protocol}"
        self.title = translate("wizard", "Temperature and weight of the teacher: {0}").format(
            protocol_name(sweep.protocol).lower()
        )
        self.temperatures = sorted({t for t, _ in sweep.grid})
        self._points = [p for p in sweep.points if p.accuracy.value is not None]
        self._alphas = sorted({a for _, a in sweep.grid})
        self._intervals = len(self.temperatures) <= _FEW
        self._levels: list[tuple[str, float, str]] = []
        for role in _SHOWN:
            judged = result.of(role, sweep.protocol)
            value = judged.scores[MACRO]["accuracy"].value if judged else None
            if judged is not None and value is not None:
                self._levels.append((role_title(judged.role), value, "ink2"))
        trivial = next((j for j in result.judged if j.protocol == sweep.protocol), None)
        if trivial is not None:
            value = trivial.trivial[MACRO]["accuracy"]
            self._levels.append((always(trivial, MACRO), value, "warn"))

    def in_words(self) -> str:
        return "; ".join(
            f"T {p.temperature:g}, alpha {p.alpha:g}: {percent(p.accuracy.value)}"
            for p in self._points
        )

    def paint(self, painter: QPainter, area: QRectF, tokens: Theme) -> None:
        box = area.adjusted(52, 34, -220, -42)
        low, high = self._range()

        def place(alpha: float, value: float) -> QPointF:
            x = box.left() + alpha * box.width()
            return QPointF(x, box.bottom() - (value - low) / (high - low) * box.height())

        small = theme.font(11)
        ticks = nice(low, high, 5)
        decimals = 0 if all(abs(100 * v - round(100 * v)) < 1e-6 for v in ticks) else 1
        for value in ticks:
            y = place(0, value).y()
            rule(painter, QPointF(box.left(), y), QPointF(box.right(), y), tokens.line)
            beside = QRectF(box.left() - 52, y - 8, 44, 16)
            text(painter, beside, percent(value, decimals), tokens.ink3, small, RIGHT, whole=True)
        for alpha in self._alphas:
            below = QRectF(place(alpha, low).x() - 20, box.bottom() + 4, 40, 16)
            text(painter, below, f"{alpha:g}", tokens.ink3, small, CENTRE, whole=True)
        below = QRectF(box.left(), box.bottom() + 20, box.width(), 18)
        words = translate("wizard", "alpha: weight of the teacher")
        text(painter, below, words, tokens.ink2, theme.font(12), CENTRE)
        self._paint_levels(painter, box, place(0, 0).y() - place(0, 1).y(), low, tokens)
        for k, temperature in enumerate(self.temperatures):
            tint = str(getattr(tokens, _TINTS[k % len(_TINTS)]))
            self._paint_line(painter, k, temperature, tint, place, tokens)
            at = QRectF(box.left() + 140 * k, area.top() + 2, 130, 18)
            self._mark(painter, k, QPointF(at.left() + 6, at.center().y()), tint, tokens)
            words = translate("wizard", "temperature {0}").format(f"{temperature:g}")
            text(painter, at.adjusted(20, 0, 0, 0), words, tokens.ink2, theme.font(12))

    def _range(self) -> tuple[float, float]:
        """Of what was trained; the trivial answer is named at the edge where it lies far off."""
        values = [v for _, v, role in self._levels if role != "warn"]
        for score in (p.accuracy for p in self._points):
            shown = (score.value, *((score.low, score.high) if self._intervals else ()))
            values += [v for v in shown if v is not None]
        near = min(values, default=0.5) - _FAR
        values += [v for _, v, role in self._levels if role == "warn" and v > near]
        low, high = min(values, default=0.5), max(values, default=0.6)
        pad = max(0.12 * (high - low), _LEAST_RANGE / 2)
        return low - pad, high + pad

    def _paint_levels(
        self, painter: QPainter, box: QRectF, unit: float, low: float, tokens: Theme
    ) -> None:
        """Named at the right, no two names over each other."""
        font, lowest = theme.font(11, 600), box.bottom() + 30
        for name, value, role in sorted(self._levels, key=lambda level: level[1]):
            y = box.bottom() - (value - low) * unit
            tint = str(getattr(tokens, role))
            words = f"{name} {percent(value)}"
            if y > box.bottom():
                y, words = box.bottom() - 8, translate("wizard", "below: {0}").format(words)
            else:
                dashed(painter, QPointF(box.left(), y), QPointF(box.right(), y), tint, 1.3)
            lowest = min(y, lowest - 15)
            wide = max(width_of(words, font), 1)
            beside = QRectF(box.right() + 6, lowest - 8, wide, 16)
            text(painter, beside, words, tint, font, LEFT, whole=True)

    def _paint_line(
        self,
        painter: QPainter,
        k: int,
        temperature: float,
        tint: str,
        place: Callable[[float, float], QPointF],
        tokens: Theme,
    ) -> None:
        found: list[SweepPoint] = sorted(
            (p for p in self._points if p.temperature == temperature), key=lambda p: p.alpha
        )
        places = [place(p.alpha, p.accuracy.value or 0.0) for p in found]
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(QColor(tint), 2))
        painter.drawPolyline(QPolygonF(places))
        for at, point in zip(places, found, strict=True):
            score = point.accuracy
            if score.low is not None and score.high is not None and self._intervals:
                painter.setPen(QPen(colour.alpha(tint, 150), 1.4))
                beside = QPointF(6 * k - 3, 0)  # so that no interval hides the other's
                low, high = place(point.alpha, score.low), place(point.alpha, score.high)
                painter.drawLine(low + beside, high + beside)
            self._mark(painter, k, at, tint, tokens)

    @staticmethod
    def _mark(painter: QPainter, k: int, at: QPointF, tint: str, tokens: Theme) -> None:
        """Told apart by shape too."""
        painter.setPen(QPen(QColor(tokens.surface), 1.2))
        painter.setBrush(QColor(tint))
        if k % 4 == 0:
            painter.drawEllipse(at, 5, 5)
        elif k % 4 == 1:
            painter.drawRect(QRectF(at.x() - 4.5, at.y() - 4.5, 9, 9))
        else:
            flip = -1 if k % 4 == 3 else 1
            corners = ((0, -5.5 * flip), (5.5, 4.5 * flip), (-5.5, 4.5 * flip))
            painter.drawPolygon(QPolygonF([QPointF(at.x() + x, at.y() + y) for x, y in corners]))
