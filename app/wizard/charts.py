"""The other pictures of a result: calibration, confusion of the emotions, figures in a table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPolygonF

from app import colour, theme
from app.theme import Theme
from app.wizard.drawing import CENTRE, LEFT, RIGHT, Drawing, dashed, rule, text, width_of
from app.wizard.plan import ROLES
from app.wizard.result import CostRow, EveryFold, Judged, Point, Result, Score
from app.wizard.titles import (
    emotions,
    label_title,
    percent,
    protocol_name,
    role_title,
    translate,
)
from evoke.dataset.splits import Protocol
from evoke.types import DIMENSIONS


class CalibrationCurve(Drawing):
    """How often it is right against how sure it says it is, with and without calibration; the
    area of a point grows with its windows."""

    name = "calibration"
    size = QSize(400, 400)

    def __init__(self, judged: Judged, label: str) -> None:
        self._label = label_title(label).lower()
        self._after, self._before = judged.after[label], judged.before[label]
        self.title = translate("wizard", "Calibration, {0}: {1}, {2}").format(
            label_title(label).lower(),
            role_title(judged.role).lower(),
            protocol_name(judged.protocol).lower(),
        )

    def in_words(self) -> str:
        return "; ".join(f"{p.stated:.2f}: {p.right:.2f} ({p.windows:,})" for p in self._after)

    def paint(self, painter: QPainter, area: QRectF, tokens: Theme) -> None:
        left, foot = 42.0, 38.0
        side = min(area.width() - left - 10, area.height() - foot - 10)
        x0 = area.left() + left + (area.width() - left - 10 - side) / 2
        box = QRectF(x0, area.top() + 8, side, side)
        self._paint_axes(painter, box, tokens)
        dashed(painter, box.bottomLeft(), box.topRight(), tokens.ink3, 1.2)
        self._paint_curve(painter, box, self._before, tokens.ink3, tokens.surface, 1.6)
        self._paint_curve(painter, box, self._after, tokens.accent, tokens.accent, 2.4)

    def _paint_axes(self, painter: QPainter, box: QRectF, tokens: Theme) -> None:
        small = theme.font(11)
        for share in (0.0, 0.25, 0.5, 0.75, 1.0):
            x, y = box.left() + share * box.width(), box.bottom() - share * box.height()
            rule(painter, QPointF(x, box.top()), QPointF(x, box.bottom()), tokens.line)
            rule(painter, QPointF(box.left(), y), QPointF(box.right(), y), tokens.line)
            if share in {0.0, 0.5, 1.0}:
                below = QRectF(x - 20, box.bottom() + 3, 40, 16)
                text(painter, below, f"{share:g}", tokens.ink3, small, CENTRE, whole=True)
                beside = QRectF(box.left() - 36, y - 8, 30, 16)
                text(painter, beside, f"{share:g}", tokens.ink3, small, RIGHT, whole=True)
        font = theme.font(12)
        below = QRectF(box.left(), box.bottom() + 18, box.width(), 18)
        words = translate("wizard", "stated probability of high {0}").format(self._label)
        text(painter, below, words, tokens.ink2, font, CENTRE, whole=True)
        painter.save()
        painter.translate(box.left() - 34, box.center().y())
        painter.rotate(-90)
        along = QRectF(-box.height() / 2, -10, box.height(), 18)
        words = translate("wizard", "how often it was high")
        text(painter, along, words, tokens.ink2, font, CENTRE, whole=True)
        painter.restore()

    def _paint_curve(
        self,
        painter: QPainter,
        box: QRectF,
        points: Sequence[Point],
        line: str,
        fill: str,
        width: float,
    ) -> None:
        places = [
            QPointF(box.left() + p.stated * box.width(), box.bottom() - p.right * box.height())
            for p in points
        ]
        painter.setPen(QPen(QColor(line), width))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawPolyline(QPolygonF(places))
        painter.setPen(QPen(QColor(line), 1.4))
        painter.setBrush(QColor(fill))
        most = max((p.windows for p in points), default=1)
        for place, point in zip(places, points, strict=True):
            radius = 2.0 + 3.0 * (point.windows / most) ** 0.5
            painter.drawEllipse(place, radius, radius)


class Calibrations(Drawing):
    """The curves of all three labels, side by side."""

    name = "calibration"
    size = QSize(1020, 360)

    def __init__(self, judged: Judged) -> None:
        self._curves = [(label_title(d), CalibrationCurve(judged, d)) for d in DIMENSIONS]
        self.title = translate(
            "wizard", "Calibration: {0}, {1} (filled: after, hollow: before)"
        ).format(role_title(judged.role).lower(), protocol_name(judged.protocol).lower())

    def paint(self, painter: QPainter, area: QRectF, tokens: Theme) -> None:
        width = area.width() / len(self._curves)
        for k, (title, curve) in enumerate(self._curves):
            left = area.left() + k * width
            head = QRectF(left + 42, area.top(), width - 42, 18)
            text(painter, head, title, tokens.ink, theme.font(12, 600))
            curve.paint(painter, QRectF(left, area.top() + 18, width, area.height() - 18), tokens)


class Confusion(Drawing):
    """Which emotion was rated, and which was read: shares of each row."""

    name = "confusion"
    size = QSize(620, 350)

    def __init__(self, judged: Judged) -> None:
        self._rows, self._words = judged.confusion, emotions()
        self.title = translate("wizard", "Confusion of emotions: {0}, {1}").format(
            role_title(judged.role).lower(), protocol_name(judged.protocol).lower()
        )

    def in_words(self) -> str:
        said = []
        for word, row in zip(self._words, self._rows, strict=True):
            most = max(range(len(row)), key=row.__getitem__)
            if sum(row):
                said.append(f"{word}: {self._words[most]} {percent(row[most] / sum(row), 0)}")
        return "; ".join(said)

    def paint(self, painter: QPainter, area: QRectF, tokens: Theme) -> None:
        left, top, right = 104.0, 42.0, 70.0
        wide = min(84.0, (area.width() - left - right) / 8)
        high = min(38.0, (area.height() - top - 4) / 8)
        x0, y0 = area.left() + left, area.top() + top
        head = QRectF(x0, area.top(), 8 * wide, 18)
        words = translate("wizard", "read by the network")
        text(painter, head, words, tokens.ink3, theme.font(11), LEFT)
        corner = QRectF(area.left(), area.top() + 20, left - 10, 18)
        text(painter, corner, translate("wizard", "rated"), tokens.ink3, theme.font(11), RIGHT)
        last = QRectF(x0 + 8 * wide, area.top() + 20, right, 18)
        text(painter, last, translate("wizard", "windows"), tokens.ink3, theme.font(11), RIGHT)
        for k, word in enumerate(self._words):
            above = QRectF(x0 + k * wide, area.top() + 20, wide, 18)
            text(painter, above, word, tokens.ink2, theme.font(12, 500), CENTRE)
            beside = QRectF(area.left(), y0 + k * high, left - 10, high)
            text(painter, beside, word, tokens.ink2, theme.font(12, 500), RIGHT)
            total = sum(self._rows[k])
            count = QRectF(x0 + 8 * wide, y0 + k * high, right, high)
            text(painter, count, f"{total:,}", tokens.ink3, theme.font(11), RIGHT)
            for j, n in enumerate(self._rows[k]):
                cell = QRectF(x0 + j * wide, y0 + k * high, wide, high).adjusted(1, 1, -1, -1)
                self._paint_cell(painter, cell, n / total if total else None, j == k, tokens)

    def _paint_cell(
        self, painter: QPainter, cell: QRectF, share: float | None, own: bool, tokens: Theme
    ) -> None:
        """share: None where that emotion was never rated."""
        fill = colour.mix(tokens.accent, tokens.sunk, 0.0 if share is None else 0.75 * share)
        painter.setPen(
            QPen(QColor(tokens.ink2), 1.4) if own and share is not None else Qt.PenStyle.NoPen
        )
        painter.setBrush(fill)
        painter.drawRoundedRect(cell, 4, 4)
        if share is not None:
            tint = tokens.on_accent if share > 0.83 else tokens.ink if share >= 0.1 else tokens.ink3
            words = f"{100 * share:.0f}"
            text(painter, cell, words, tint, theme.font(12, 600 if own else 400), CENTRE)


@dataclass(frozen=True, slots=True)
class Column:
    """Of a table. share: of its width. words: not figures, so to the left."""

    title: str
    share: float = 1.0
    words: bool = False


class Table(Drawing):
    """Figures in rows. The first column is to the left, the rest to the right."""

    HEAD_PX, ROW_PX, LOW_ROW_PX = 26.0, 29.0, 24.0

    def __init__(
        self,
        columns: Sequence[Column],
        rows: Sequence[Sequence[str]],
        strong: int | None = None,
        *,
        low: bool = False,
    ) -> None:
        """strong: the row in bold. low: whether rows are, on a small screen."""
        self.columns, self.rows, self._strong = columns, rows, strong
        self._row_px = self.LOW_ROW_PX if low else self.ROW_PX
        self.size = QSize(1060, int(self.HEAD_PX + self._row_px * len(rows)))

    def in_words(self) -> str:
        heads = [c.title for c in self.columns]
        return ". ".join(
            f"{row[0]}: " + ", ".join(f"{h} {v}" for h, v in zip(heads[1:], row[1:], strict=True))
            for row in self.rows
        )

    def widths(self, whole: float) -> list[float]:
        """Of the columns in pixels: by their shares, but the first holds its longest label."""
        labels = [width_of(row[0], theme.font(13, 600)) for row in self.rows]
        first, *rest = (column.share for column in self.columns)
        left = max([first / (first + sum(rest)) * whole, *(px + 14 for px in labels)])
        return [left, *(share / sum(rest) * (whole - left) for share in rest)]

    def paint(self, painter: QPainter, area: QRectF, tokens: Theme) -> None:
        x = area.left()
        columns = zip(self.columns, self.widths(area.width()), strict=True)
        for j, (column, width) in enumerate(columns):
            align = LEFT if j == 0 or column.words else RIGHT
            head = QRectF(x + 2, area.top(), width - 12, self.HEAD_PX - 2)
            text(painter, head, column.title, tokens.ink3, theme.font(12, 500), align)
            for i, row in enumerate(self.rows):
                y = area.top() + self.HEAD_PX + i * self._row_px
                box = QRectF(x + 2, y, width - 12, self._row_px)
                bold = j == 0 or i == self._strong
                tint = tokens.ink3 if row[j] == "–" else tokens.ink
                text(painter, box, row[j], tint, theme.font(13, 600 if bold else 400), align)
            x += width
        for i in range(len(self.rows)):
            y = area.top() + self.HEAD_PX + i * self._row_px
            rule(painter, QPointF(area.left(), y), QPointF(area.right(), y), tokens.line)


class Figures(Table):
    """The networks of one protocol in numbers, the trivial answer below; that of all folds is of
    other windows, and has a row of its own."""

    name = "figures"

    def __init__(
        self, result: Result, label: str, protocol: Protocol, *, low: bool = False
    ) -> None:
        columns = [
            Column("", 1.65),
            Column(translate("wizard", "Accuracy"), 1.55),
            Column(translate("wizard", "Balanced"), 0.9),
            Column("F1", 0.65),
            Column("AUROC", 0.75),
            Column(translate("wizard", "Calib. error"), 0.95),
            Column(translate("wizard", "Parameters"), 1.05),
            Column("MACs", 0.8),
            Column(translate("wizard", "Size"), 0.9),
            Column(translate("wizard", "Latency"), 0.9),
            Column(translate("wizard", "Windows/s"), 0.9),
        ]
        judged = [j for role in ROLES if (j := result.of(role, protocol))]
        rows: list[list[str]] = []
        strong = None
        for one in judged:
            if one.role == "student":
                strong = len(rows)
            cost = _cost(result.costs.get(one.role))
            rows.append([role_title(one.role), *_scores(one.scores[label]), *cost])
            if one.every_fold is not None:
                rows.append([
                    translate("wizard", "{0} folds").format(folds_words(one.every_fold)),
                    *_scores(one.every_fold.scores[label]),
                    *_cost(None),
                ])  # fmt: skip
        if judged:
            best = translate("wizard", "The commoner answer")
            rows.append(_trivial(best, judged[0].trivial[label]))
        together = [j.every_fold for j in judged if j.every_fold and j.every_fold.trivial]
        if together:
            of_folds = translate("wizard", "of {0} folds").format(folds_words(together[0]))
            rows.append(_trivial(of_folds, together[0].trivial[label]))
        super().__init__(columns, rows, strong, low=low)
        self.title = translate("wizard", "In numbers, {0}: {1}").format(
            label_title(label).lower(), protocol_name(protocol).lower()
        )


def _scores(row: Mapping[str, Score]) -> list[str]:
    missing = Score(value=None)
    accuracy = row["accuracy"]
    shown = percent(accuracy.value)
    if accuracy.low is not None and accuracy.high is not None:
        shown += f" [{100 * accuracy.low:.0f}–{100 * accuracy.high:.0f}]"
    rest = [row.get(m, missing).value for m in ("f1", "auroc", "ece")]
    return [
        shown,
        percent(row.get("balanced_accuracy", missing).value),
        *(_decimal(value, 3 if k == 2 else 2) for k, value in enumerate(rest)),
    ]


def _cost(cost: CostRow | None) -> list[str]:
    if cost is None:
        return ["–"] * 5
    return [
        f"{cost.parameters:,}",
        f"{cost.macs / 1e6:.1f} M",
        f"{cost.mb:.2f} MB",
        f"{cost.one_ms:.2f} ms" if cost.one_ms < 1 else f"{cost.one_ms:.1f} ms",
        f"{cost.windows_per_s:,.0f}",
    ]


def folds_words(every: EveryFold) -> str:
    """'all its 5', '3 of its 5'."""
    if every.folds >= every.of:
        return translate("wizard", "all its {0}").format(every.folds)
    return translate("wizard", "{0} of its {1}").format(every.folds, every.of)


def _trivial(name: str, trivial: Mapping[str, float]) -> list[str]:
    """Of each figure, the most that a constant answer reaches: it need not be the same one."""
    return [
        name,
        percent(trivial["accuracy"]),
        percent(0.5),
        _decimal(trivial.get("f1"), 2),
        _decimal(0.5, 2),
        *["–"] * 6,
    ]


def _decimal(value: float | None, decimals: int) -> str:
    return "–" if value is None else f"{value:.{decimals}f}"


def exact_words(judged: Judged) -> str:
    """How often all three labels, and with them the emotion, are right."""
    exact, usual = judged.exact, _hundred(judged.exact_trivial)
    if exact.low is None or exact.high is None:
        return translate(
            "wizard",
            "The emotion is right {0} times in 100; always naming the commonest emotion would be "
            "right {1} times.",
        ).format(_hundred(exact.value), usual)
    return translate(
        "wizard",
        "The emotion is right {0} times in 100 (95 %: {1} to {2}); always naming the commonest "
        "emotion would be right {3} times.",
    ).format(*map(_hundred, (exact.value, exact.low, exact.high)), usual)


def _hundred(share: float | None) -> str:
    return "–" if share is None else f"{100 * share:.0f}"
