"""Pictures of the four protocols: who is trained on, and who is never seen before the test."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from app import theme
from app.widgets import hatch, painting
from evoke.dataset.splits import Protocol

PEOPLE, TRIALS, SECONDS = 6, 8, 7
_HELD_TRIALS = ((4, 6), (3, 5), (2, 4), (0, 2), (3, 7), (0, 7))
_HELD_VIDEOS = (2, 6)
_HELD_PERSON = 4


def held_out(protocol: Protocol) -> NDArray[np.bool_]:
    """Which seconds of the picture are held out, (people, trials, seconds)."""
    held = np.zeros((PEOPLE, TRIALS, SECONDS), bool)
    if protocol == "segments":
        rng = np.random.default_rng(5)
        for trial in held.reshape(-1, SECONDS):
            trial[rng.choice(SECONDS, rng.integers(1, 3), replace=False)] = True
    elif protocol == "trials":
        for person, trials in enumerate(_HELD_TRIALS):
            held[person, list(trials)] = True
    elif protocol == "videos":
        held[:, list(_HELD_VIDEOS)] = True
    else:
        held[_HELD_PERSON] = True
    return held


class SplitPicture(QWidget):
    """Six people by eight trials. What is held out is dark, and dotted where it is a whole trial:
    it can be told without colour."""

    def __init__(self, protocol: Protocol) -> None:
        super().__init__()
        self._held = held_out(protocol)
        self._over = {
            "segments": self.tr("each second apart"),
            "videos": self.tr("the same videos, for all"),
        }.get(protocol, self.tr("trials"))
        self.setMinimumSize(200, 168)

    def paintEvent(self, event: QPaintEvent) -> None:
        tokens = theme.current()
        left, top = 32.0, 20.0
        wide = (self.width() - left) / TRIALS
        high = (self.height() - top) / PEOPLE
        with painting(self) as painter:
            painter.setFont(theme.font(11))
            painter.setPen(QColor(tokens.ink3))
            painter.drawText(QPointF(left, 12), self._over)
            for person in range(PEOPLE):
                y = top + person * high
                alone = bool(self._held[person].all())
                tint = tokens.ink2 if alone else tokens.accent
                _paint_person(painter, QPointF(12, y + high / 2), tint)
                for trial in range(TRIALS):
                    cell = QRectF(left + trial * wide + 1.5, y + 1.5, wide - 3, high - 3)
                    _paint_trial(painter, tokens, cell, self._held[person, trial])


def _paint_trial(
    painter: QPainter, tokens: theme.Theme, cell: QRectF, held: NDArray[np.bool_]
) -> None:
    painter.setPen(Qt.PenStyle.NoPen)
    path = QPainterPath()
    path.addRoundedRect(cell, 3, 3)
    painter.fillPath(path, QColor(tokens.ink2 if held.all() else tokens.training))
    if held.all():
        painter.setBrush(QColor(tokens.surface))
        painter.drawEllipse(cell.center(), 2.4, 2.4)
        return
    painter.save()
    painter.setClipPath(path)
    for second in np.flatnonzero(held).tolist():
        x = cell.left() + cell.width() * second / len(held)
        strip = QRectF(x, cell.top(), cell.width() / len(held), cell.height())
        painter.fillRect(strip, QColor(tokens.ink2))
    painter.restore()


def _paint_person(painter: QPainter, at: QPointF, tint: str) -> None:
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(tint))
    painter.drawEllipse(at + QPointF(0, -5), 4.0, 4.0)
    shoulders = QPainterPath(at + QPointF(-8, 9))
    left, right = at + QPointF(-8, -2.5), at + QPointF(8, -2.5)
    shoulders.cubicTo(left, right, at + QPointF(8, 9))
    shoulders.closeSubpath()
    painter.drawPath(shoulders)


class SplitKey(QWidget):
    """What the shades mean."""

    def __init__(self, *, choosing: bool = False) -> None:
        super().__init__()
        self._words = [self.tr("trains"), self.tr("held out, never seen")]
        if choosing:
            self._words.insert(1, self.tr("says when to stop"))
        self.setFixedSize(420 if choosing else 252, 22)
        self.setAccessibleName(", ".join(self._words))

    def paintEvent(self, event: QPaintEvent) -> None:
        tokens = theme.current()
        x = 0.0
        with painting(self) as painter:
            painter.setFont(theme.font(12, 500))
            for words in self._words:
                paint_cell(painter, QRectF(x, 4, 20, 14), self._kind(words))
                painter.setPen(QColor(tokens.ink2))
                painter.drawText(QPointF(x + 27, 15.5), words)
                x += 27 + painter.fontMetrics().horizontalAdvance(words) + 20

    def _kind(self, words: str) -> int:
        return {0: TRAINS, len(self._words) - 1: TESTS}.get(self._words.index(words), CHOOSES)


TRAINS, CHOOSES, TESTS = 0, 1, 2


def paint_cell(painter: QPainter, cell: QRectF, kind: int, *, faint: bool = False) -> None:
    """A unit of a fold: plain, hatched or dark with a dot, by what it is for."""
    tokens = theme.current()
    painter.save()
    if faint:
        painter.setOpacity(0.35)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(tokens.ink2 if kind == TESTS else tokens.training))
    corner = min(3.0, cell.width() / 4)
    painter.drawRoundedRect(cell, corner, corner)
    if kind == CHOOSES:
        hatch(painter, cell, tokens.accent, 4)
    if kind == TESTS and min(cell.width(), cell.height()) >= 6:
        painter.setBrush(QColor(tokens.surface))
        painter.drawEllipse(cell.center(), 1.9, 1.9)
    painter.restore()


@dataclass(frozen=True, slots=True)
class Expected:
    """What is reported with a protocol, in percent: from low to high, which may be one figure, or
    where low is None at most high. warn: it is not to be believed."""

    low: float | None
    high: float
    warn: bool = False


_TICK_PX = 4.0
"""A single figure's width."""


class ExpectedBar(QWidget):
    """Accuracy to expect, 50 to 100 %, and what the commoner answer alone would reach."""

    def __init__(self, expected: Expected) -> None:
        super().__init__()
        self._expected = expected
        self._trivial: float | None = None
        self.setFixedHeight(40)

    def show_values(self, expected: Expected, trivial: float | None) -> None:
        """trivial: share (0..1) that always the commoner answer would get right."""
        self._expected, self._trivial = expected, trivial
        self.update()

    def _x(self, percent: float) -> float:
        return 2 + (self.width() - 4) * (min(100.0, max(50.0, percent)) - 50) / 50

    def paintEvent(self, event: QPaintEvent) -> None:
        tokens, said = theme.current(), self._expected
        with painting(self) as painter:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(tokens.sunk))
            painter.drawRoundedRect(QRectF(2, 6, self.width() - 4, 8), 4, 4)
            start = self._x(said.low if said.low is not None else 50.0)
            part = QRectF(start, 6, max(_TICK_PX, self._x(said.high) - start), 8)
            if said.low is None:
                hatch(painter, part, tokens.ink3, 5)
            else:
                painter.setBrush(QColor(tokens.warn if said.warn else tokens.accent))
                painter.drawRoundedRect(part, 4, 4)
            if self._trivial is not None:
                x = self._x(self._trivial * 100)
                painter.setPen(QPen(QColor(tokens.ink), 1.6))
                painter.drawLine(QPointF(x, 1), QPointF(x, 19))
            painter.setFont(theme.font(11))
            painter.setPen(QColor(tokens.ink3))
            sides = (Qt.AlignmentFlag.AlignLeft, Qt.AlignmentFlag.AlignHCenter)
            for percent, side in zip(
                (50, 75, 100), (*sides, Qt.AlignmentFlag.AlignRight), strict=True
            ):
                words = self.tr("{0} %").format(percent)
                painter.drawText(QRectF(2, 22, self.width() - 4, 16), side, words)


class FoldRows(QWidget):
    """The folds as they will be cut: a row a fold, a cell a person, a trial, a video or a
    second."""

    _LEFT, _RIGHT = 58, 186

    def __init__(self) -> None:
        super().__init__()
        self.fold_of: NDArray[np.int64] | None = None
        self._folds, self._run = 5, 1
        self.words = ""
        self.setMinimumHeight(96)

    def show_folds(self, fold_of: NDArray[np.int64] | None, folds: int, run: int) -> None:
        """fold_of: (n_units,) fold 0..folds-1 that tests each unit; run: folds that are run."""
        self.fold_of, self._folds, self._run = fold_of, folds, run
        self.setMinimumHeight(max(96, folds * self._least_row))
        self.update()

    def say(self, words: str) -> None:
        """What stands there while there are no folds."""
        self.words = words
        self.fold_of = None
        self.update()

    @property
    def _least_row(self) -> int:
        return 19 if self._folds <= 10 else 9

    def sizeHint(self) -> QSize:
        return QSize(600, 120)

    def counts(self, fold: int) -> tuple[int, int, int]:
        """Units that train, that say when to stop, that are held out."""
        assert self.fold_of is not None
        tests = int((self.fold_of == fold).sum())
        chooses = int((self.fold_of == (fold + 1) % self._folds).sum())
        return len(self.fold_of) - tests - chooses, chooses, tests

    def paintEvent(self, event: QPaintEvent) -> None:
        tokens = theme.current()
        with painting(self) as painter:
            if self.fold_of is None:
                painter.setFont(theme.font(13))
                painter.setPen(QColor(tokens.ink3))
                painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, self.words)
                return
            high = min(26.0, self.height() / self._folds)
            for fold in range(self._folds):
                self._paint_fold(painter, tokens, fold, fold * high, high)

    def _paint_fold(
        self, painter: QPainter, tokens: theme.Theme, fold: int, top: float, high: float
    ) -> None:
        assert self.fold_of is not None
        run = fold < self._run
        if high >= 16 or fold in (0, self._folds - 1):
            painter.setFont(theme.font(12, 600 if run else 400))
            painter.setPen(QColor(tokens.ink if run else tokens.ink3))
            area = QRectF(0, top + high / 2 - 8, self._LEFT, 16)
            words = self.tr("Fold {0}").format(fold + 1)
            painter.drawText(area, Qt.AlignmentFlag.AlignVCenter, words)
        units = len(self.fold_of)
        wide = (self.width() - self._LEFT - self._RIGHT) / units
        gap = 1.0 if wide > 6 else 0.25
        for i, owner in enumerate(self.fold_of.tolist()):
            kind = (
                TESTS if owner == fold else CHOOSES if owner == (fold + 1) % self._folds else TRAINS
            )
            x = self._LEFT + i * wide
            cell = QRectF(x + gap, top + min(3, high / 6), wide - 2 * gap, high - min(6, high / 3))
            paint_cell(painter, cell, kind, faint=not run)
        if high >= 16 or fold == 0:
            painter.setFont(theme.font(12))
            painter.setPen(QColor(tokens.ink2 if run else tokens.ink3))
            area = QRectF(self.width() - self._RIGHT + 10, top + high / 2 - 8, self._RIGHT - 10, 16)
            trains, chooses, tests = self.counts(fold)
            words = self.tr("{0} train, {1} stop, {2} held out").format(trains, chooses, tests)
            words = words if run else self.tr("not run")
            painter.drawText(
                area, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, words
            )
