"""How often each network is right, with its interval and the trivial answer, a panel a protocol."""

from __future__ import annotations

import math
from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPolygonF

from app import colour, theme
from app.theme import Theme
from app.widgets import hatch
from app.wizard.drawing import CENTRE, LEFT, RIGHT, Drawing, dashed, rule, text, width_of
from app.wizard.plan import ROLES, Plan
from app.wizard.result import Judged, Result, Score
from app.wizard.titles import (
    HARDEST_FIRST,
    LABELS,
    MACRO,
    always,
    label_title,
    percent,
    protocol_hint,
    protocol_name,
    role_title,
    translate,
)
from evoke.dataset.splits import Protocol

NAMES_PX, GAP_PX, HEAD_PX, FOOT_PX = 158.0, 38.0, 62.0, 24.0
LAST_PX = 24.0
"""Right of the last panel, for half of its "100 %".
"""
_CROWDED = 0.8
"""Values above stand left of their mark, where there is room."""


@dataclass(frozen=True, slots=True)
class PaperRow:
    """A network of Table I: mean accuracy over the three labels, on DEAP's mixed seconds.

    reference: what was trained on here is not DEAP, so the figure is only for orientation.
    """

    title: str
    value: float | None
    reference: bool


def paper_rows(result: Result, plan: Plan) -> tuple[PaperRow, ...]:
    """What the paper has of the teacher's network and of the student, with the features that were
    asked for."""
    from evoke.training.tables import PAPER

    titles = {
        "ccnn": translate("wizard", "Paper, CCNN"),
        "arjun_vit": translate("wizard", "Paper, ArjunViT"),
        "vit": translate("wizard", "Paper, ViT"),
        "student": translate("wizard", "Paper, EVOKE"),
    }
    shown = [network for network in titles if network in (plan.network, "student")]
    found = {network: PAPER.get((network, plan.features)) for network in shown}
    return tuple(
        PaperRow(titles[network], value[0] / 100 if value else None, result.synthetic)
        for network, value in found.items()
    )


class Accuracy(Drawing):
    """A row for each network, a panel for each protocol, one of them chosen."""

    name = "accuracy"
    size = QSize(870, 430)

    def __init__(self, result: Result, plan: Plan, label: str, chosen: Protocol) -> None:
        self._result, self._label, self.chosen = result, label, chosen
        self.protocols = protocols_of(result)
        self.paper = paper_rows(result, plan)
        self._roles = [r for r in ROLES if any(result.of(r, p) for p in self.protocols)]
        self.title = translate("wizard", "Accuracy, {0}").format(label_title(label).lower())
        self._low = self._lowest()

    def _lowest(self) -> float:
        """Where the axes begin: 45 %, or lower where something is."""
        found = [j.trivial[self._label]["accuracy"] for j in self._result.judged]
        for judged in self._result.judged:
            score = judged.scores[self._label]["accuracy"]
            found += [v for v in (score.value, score.low) if v is not None]
        least = min(found, default=0.5)
        return 0.45 if least >= 0.46 else max(0.0, math.floor(10 * least) / 10 - 0.05)

    def in_words(self) -> str:
        said = []
        for judged in self._result.judged:
            score = judged.scores[self._label]["accuracy"]
            said.append(
                f"{role_title(judged.role)}, {protocol_name(judged.protocol).lower()}: "
                f"{percent(score.value)} ({percent(score.low)} – {percent(score.high)}); "
                f"{always(judged, self._label)} "
                f"{percent(judged.trivial[self._label]['accuracy'])}"
            )
        return ". ".join(said)

    def at(self, place: QPointF, area: QRectF) -> Protocol | None:
        """The protocol whose panel is there."""
        for k, protocol in enumerate(self.protocols):
            if self._panel(area, k).adjusted(-10, 0, 10, 0).contains(place):
                return protocol
        return None

    def _panel(self, area: QRectF, k: int) -> QRectF:
        n = len(self.protocols)
        width = (area.width() - NAMES_PX - (n - 1) * GAP_PX - LAST_PX) / n
        left = area.left() + NAMES_PX + k * (width + GAP_PX)
        return QRectF(left, area.top(), width, area.height())

    def _row_y(self, area: QRectF, row: int) -> float:
        rows = len(self._roles) + len(self.paper)
        high = (area.height() - HEAD_PX - FOOT_PX) / rows
        return area.top() + HEAD_PX + (row + 0.5) * high

    def paint(self, painter: QPainter, area: QRectF, tokens: Theme) -> None:
        names = [role_title(role) for role in self._roles] + [p.title for p in self.paper]
        for row, name in enumerate(names):
            box = QRectF(area.left(), self._row_y(area, row) - 9, NAMES_PX - 14, 18)
            of_paper = row >= len(self._roles)
            own = not of_paper and self._roles[row] == "student"
            font = theme.font(13, 600 if own else 500)
            text(painter, box, name, tokens.ink2 if of_paper else tokens.ink, font)
        for k, protocol in enumerate(self.protocols):
            self._paint_panel(painter, self._panel(area, k), protocol, tokens)

    def _paint_panel(
        self, painter: QPainter, panel: QRectF, protocol: Protocol, tokens: Theme
    ) -> None:
        if protocol == self.chosen and len(self.protocols) > 1:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(colour.alpha(tokens.soft, 150))
            painter.drawRoundedRect(panel.adjusted(-10, 0, 10, 0), 8, 8)
        title = QRectF(panel.left(), panel.top() + 5, panel.width(), 18)
        text(painter, title, protocol_name(protocol), tokens.ink, theme.font(13, 600))
        tint = tokens.warn if protocol == "segments" else tokens.ink3
        hint, font = protocol_hint(protocol), theme.font(12)
        if protocol == "segments" and width_of(hint, font) > panel.width():
            hint = translate("wizard", "optimistic")  # the half of it that warns
        text(painter, title.translated(0, 17), hint, tint, font)
        self._paint_axis(painter, panel, tokens)
        found = [j for r in self._roles if (j := self._result.of(r, protocol))]
        if found:
            self._paint_trivial(painter, panel, found[0], tokens)
        for row, role in enumerate(self._roles):
            judged, y = self._result.of(role, protocol), self._row_y(panel, row)
            if judged is None:
                self._say(painter, panel, y, translate("wizard", "not trained"), tokens)
            else:
                score = judged.scores[self._label]["accuracy"]
                self._paint_score(painter, panel, y, score, role, tokens)
        for k, paper in enumerate(self.paper):
            y = self._row_y(panel, len(self._roles) + k)
            self._paint_paper(painter, panel, y, paper, protocol, tokens)

    def _x(self, panel: QRectF, value: float) -> float:
        return panel.left() + (value - self._low) / (1 - self._low) * panel.width()

    def _paint_axis(self, painter: QPainter, panel: QRectF, tokens: Theme) -> None:
        top, bottom = panel.top() + HEAD_PX, panel.bottom() - FOOT_PX
        named = {0, 20, 40, 60, 80} if self._low < 0.4 else {50, 70, 90}
        if panel.width() > 330 and self._low >= 0.4:
            named = {50, 60, 70, 80, 90, 100}
        for tick in range(0, 101, 10):
            if tick / 100 < self._low:
                continue
            x = self._x(panel, tick / 100)
            rule(painter, QPointF(x, top), QPointF(x, bottom), tokens.line)
            if tick in named:
                box = QRectF(x - 24, bottom + 4, 48, 16)
                text(painter, box, f"{tick} %", tokens.ink3, theme.font(11), CENTRE, whole=True)

    def _paint_trivial(
        self, painter: QPainter, panel: QRectF, judged: Judged, tokens: Theme
    ) -> None:
        value = judged.trivial[self._label]["accuracy"]
        x, top = self._x(panel, value), panel.top() + HEAD_PX
        dashed(painter, QPointF(x, top - 8), QPointF(x, panel.bottom() - FOOT_PX), tokens.warn)
        words = f"{always(judged, self._label)} {percent(value)}"
        font = theme.font(11, 600)
        if width_of(words, font) > panel.width() + 16:
            words = percent(value)
        left = min(x + 5, panel.right() + 8 - width_of(words, font))
        box = QRectF(left, top - 19, panel.right() - left + 8, 14)
        text(painter, box, words, tokens.warn, font, whole=True)

    def _paint_score(
        self, painter: QPainter, panel: QRectF, y: float, score: Score, role: str, tokens: Theme
    ) -> None:
        if score.value is None:
            self._say(painter, panel, y, translate("wizard", "not defined"), tokens)
            return
        tint = QColor(tokens.ink2 if role == "scratch" else tokens.accent)
        x = self._x(panel, score.value)
        left = right = x
        if score.low is not None and score.high is not None:
            left, right = self._x(panel, score.low), self._x(panel, score.high)
            pen = QPen(tint, 2.4)
            pen.setCapStyle(Qt.PenCapStyle.RoundCap)
            painter.setPen(pen)
            painter.drawLine(QPointF(left, y), QPointF(right, y))
            for end in (left, right):
                painter.drawLine(QPointF(end, y - 4), QPointF(end, y + 4))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(tint)
        if role == "scratch":
            painter.drawRect(QRectF(x - 4.5, y - 4.5, 9, 9))
        else:
            painter.drawEllipse(QPointF(x, y), 5.5, 5.5)
        weight = 600 if role == "student" else 500
        self._name(painter, panel, left, right, y, score.value, weight, tokens)

    def _name(
        self,
        painter: QPainter,
        panel: QRectF,
        left: float,
        right: float,
        y: float,
        value: float,
        weight: int,
        tokens: Theme,
    ) -> None:
        """The value in figures, beside its mark, on the side where there is room."""
        words, font = f"{100 * value:.1f}", theme.font(12, weight)
        if value > _CROWDED or right + 9 + width_of(words, font) > panel.right() + 8:
            box, align = QRectF(left - 69, y - 9, 60, 18), RIGHT
        else:
            box, align = QRectF(right + 9, y - 9, 60, 18), LEFT
        text(painter, box, words, tokens.ink, font, align, whole=True)

    def _paint_paper(
        self,
        painter: QPainter,
        panel: QRectF,
        y: float,
        paper: PaperRow,
        protocol: Protocol,
        tokens: Theme,
    ) -> None:
        if protocol != "segments" or paper.value is None:
            self._say(painter, panel, y, translate("wizard", "not reported"), tokens)
            return
        if self._label != MACRO:
            self._say(painter, panel, y, translate("wizard", "no figure per label"), tokens)
            return
        x = self._x(panel, paper.value)
        tint = tokens.ink3 if paper.reference else tokens.ink2
        painter.setPen(QPen(QColor(tint), 1.8))
        painter.setBrush(QColor(tokens.surface))
        corners = ((0, -6), (6, 0), (0, 6), (-6, 0))
        painter.drawPolygon(QPolygonF([QPointF(x + dx, y + dy) for dx, dy in corners]))
        words = f"{100 * paper.value:.1f}"
        if paper.reference:
            words = translate("wizard", "on DEAP {0}").format(words)
        font = theme.font(12, 500)
        wide = width_of(words, font)
        box = QRectF(x - 9 - wide, y - 9, wide, 18)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.drawRect(box)  # over the dashed line of the trivial answer
        text(painter, box, words, tint, font, RIGHT, whole=True)

    def _say(self, painter: QPainter, panel: QRectF, y: float, words: str, tokens: Theme) -> None:
        """At the right end, where the trivial answer's line seldom is."""
        box = QRectF(panel.left(), y - 9, panel.width(), 18)
        text(painter, box, words, tokens.ink3, theme.font(11), RIGHT)


class People(Drawing):
    """Every person of the test windows: how often right, and the trivial answer for the same."""

    name = "per-subject"
    ROW_PX, TOP_PX = 22.0, 26.0

    def __init__(self, judged: Judged) -> None:
        self.judged = judged
        self.title = translate("wizard", "Per person: {0}, {1}").format(
            role_title(judged.role).lower(), protocol_name(judged.protocol).lower()
        )
        rows = len(judged.people)
        self.size = QSize(870, int(self.TOP_PX + self.ROW_PX * rows + FOOT_PX))

    def paint(self, painter: QPainter, area: QRectF, tokens: Theme) -> None:
        width = (area.width() - 150) / 3 - 34
        labels = LABELS[1:]
        bottom = area.top() + self.TOP_PX + self.ROW_PX * len(self.judged.people)
        for k, name in enumerate(labels):
            left = area.left() + 150 + k * (width + 34)
            head = QRectF(left, area.top(), width, 20)
            text(painter, head, label_title(name), tokens.ink, theme.font(12, 600))
            for tick in (0, 25, 50, 75, 100):
                x = left + tick / 100 * width
                top = QPointF(x, area.top() + self.TOP_PX)
                rule(painter, top, QPointF(x, bottom), tokens.line)
                if tick % 50 == 0:
                    box = QRectF(x - 24, bottom + 3, 48, 16)
                    text(painter, box, f"{tick} %", tokens.ink3, theme.font(11), CENTRE, whole=True)
        for i, person in enumerate(self.judged.people):
            y = area.top() + self.TOP_PX + (i + 0.5) * self.ROW_PX
            box = QRectF(area.left(), y - 9, 58, 18)
            text(painter, box, person.name, tokens.ink, theme.font(12, 500))
            windows = translate("wizard", "{0} windows").format(f"{person.windows:,}")
            box = QRectF(area.left() + 52, y - 9, 88, 18)
            text(painter, box, windows, tokens.ink3, theme.font(11), RIGHT)
            for k, name in enumerate(labels):
                left = area.left() + 150 + k * (width + 34)
                right, trivial = person.accuracy[name], person.trivial[name]
                self._paint_person(painter, left, width, y, right, trivial, tokens)

    def _paint_person(
        self,
        painter: QPainter,
        left: float,
        width: float,
        y: float,
        right: float,
        trivial: float,
        tokens: Theme,
    ) -> None:
        """A dot where it is right more often than the trivial answer, a ring where it is not; the
        difference as a line, hatched where negative."""
        x, x0 = left + right * width, left + trivial * width
        better = right > trivial
        if better:
            rule(painter, QPointF(x0, y), QPointF(x, y), tokens.accent, 2)
        else:
            hatch(painter, QRectF(x, y - 3, x0 - x, 6), tokens.hatch, 4)
        rule(painter, QPointF(x0, y - 7), QPointF(x0, y + 7), tokens.warn, 1.6)
        painter.setPen(QPen(QColor(tokens.accent if better else tokens.ink2), 1.6))
        painter.setBrush(QColor(tokens.accent if better else tokens.surface))
        painter.drawEllipse(QPointF(x, y), 4, 4)


def protocols_of(result: Result) -> list[Protocol]:
    """Those that were judged, the hardest first."""
    judged = {j.protocol for j in result.judged}
    return [p for p in HARDEST_FIRST if p in judged]
