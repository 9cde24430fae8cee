"""The emotion timeline: what was read when; a click goes there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFontMetrics,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPainterPath,
    QPaintEvent,
    QPen,
    QPolygonF,
)
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from app import colour, theme
from app.widgets import clock, hatch, painting, plain_tip
from app.words import emotion_word
from evoke.emotion import UNDECIDED
from evoke.types import HOP_S, Affect

_EMPTY = -1
_LEFT, _RIGHT = 84, 12
_LEAST_PX = 4.0
"""No stretch is drawn narrower: a strip of slivers cannot be read."""
_LEAST_WORDS_PX = 50
"""A mark's words cut shorter than this say nothing: its icon stands alone."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """From `start_s` to `end_s` one word was read; "" where nothing was."""

    start_s: float
    end_s: float
    word: str


class Track:
    """Words and confidences of one trial, by hop; what is read again replaces what was."""

    def __init__(self) -> None:
        self.words: list[str] = []
        self._word = np.full(256, _EMPTY, np.int16)
        self._confidence = np.zeros(256, np.float32)
        self.hops = 0

    def add(self, reading: Affect) -> None:
        hop = round(reading.t_s / HOP_S)
        if hop >= len(self._word):
            grow = max(256, hop + 1 - len(self._word), len(self._word))
            self._word = np.append(self._word, np.full(grow, _EMPTY, np.int16))
            self._confidence = np.append(self._confidence, np.zeros(grow, np.float32))
        if reading.emotion not in self.words:
            self.words.append(reading.emotion)
        self._word[hop] = self.words.index(reading.emotion)
        self._confidence[hop] = reading.confidence
        self.hops = max(self.hops, hop + 1)

    def stretches(self, least_s: float) -> list[Stretch]:
        """Runs of one word, none shorter than about `least_s`: pieces of that length are what most
        of their readings are, undecided where no word has most."""
        hops = max(1, round(least_s / HOP_S))
        codes = self._word[: self.hops]
        if not len(codes):
            return []
        if hops > 1:
            codes = self._most(codes, hops)
        starts = np.r_[0, np.flatnonzero(np.diff(codes)) + 1, len(codes)]
        # the window that a hop ends at is a second long: a stretch begins one hop before its first
        return [
            Stretch(
                (a * hops - 1) * HOP_S,
                (min(b * hops, self.hops) - 1) * HOP_S,
                self.words[codes[a]] if codes[a] >= 0 else "",
            )
            for a, b in zip(starts[:-1].tolist(), starts[1:].tolist(), strict=True)
        ]

    def _most(self, codes: np.ndarray, hops: int) -> np.ndarray:
        """Of each `hops` codes, that of more than half of the readings, else undecided's."""
        if UNDECIDED not in self.words:
            self.words.append(UNDECIDED)
        filled = np.append(codes, np.full(-len(codes) % hops, _EMPTY, codes.dtype))
        pieces = filled.reshape(-1, hops)
        counts = np.stack([(pieces == k).sum(axis=1) for k in range(len(self.words))])
        read, most = counts.sum(axis=0), counts.argmax(axis=0)
        most[2 * counts.max(axis=0) <= read] = self.words.index(UNDECIDED)
        return np.where(read > 0, most, _EMPTY)

    def confidence(self, n: int) -> tuple[np.ndarray, np.ndarray]:
        """At most `n` points: seconds, mean confidence; unread hops are left out."""
        read = np.flatnonzero(self._word[: self.hops] >= 0)
        if not len(read):
            return np.empty(0), np.empty(0)
        starts = np.unique(np.linspace(0, len(read), min(n, len(read)), endpoint=False, dtype=int))
        sizes = np.diff(np.r_[starts, len(read)])
        t = np.add.reduceat(read, starts) / sizes * HOP_S
        return t, np.add.reduceat(self._confidence[read], starts) / sizes

    def word_at(self, t_s: float) -> str:
        hop = round(t_s / HOP_S)
        if 0 <= hop < self.hops and self._word[hop] >= 0:
            return self.words[self._word[hop]]
        return ""


class Timeline(QWidget):
    """One trial or recording from its start to its end."""

    sought = Signal(float)
    """Seconds from the start, where the user clicked."""

    def __init__(self) -> None:
        super().__init__()
        self._track = Track()
        self._duration_s = 60.0
        self._now_s: float | None = None
        self._marks: Sequence[tuple[float, str, str]] = ()
        self._seekable = False
        self._live = False
        self._lane = True
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setAccessibleName(self.tr("Emotion timeline"))
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.set_compact(False)

    def sizeHint(self) -> QSize:
        return QSize(600, self.height())

    def set_compact(self, compact: bool) -> None:
        self._lane = not compact
        self.setFixedHeight(72 if compact else 90)

    def show_track(self, track: Track, *, seekable: bool, live: bool) -> None:
        self._track, self._seekable, self._live = track, seekable, live
        shape = Qt.CursorShape.PointingHandCursor if seekable else Qt.CursorShape.ArrowCursor
        self.setCursor(shape)
        self.update()

    def show_now(
        self, now_s: float | None, duration_s: float, marks: Sequence[tuple[float, str, str]]
    ) -> None:
        """marks: (seconds, words, icon)."""
        self._now_s, self._duration_s, self._marks = now_s, max(duration_s, 1.0), marks
        self.update()

    # -- the pointer

    def x_of(self, t_s: float) -> float:
        """Where `t_s` seconds lie, in pixels."""
        return _LEFT + (self.width() - _LEFT - _RIGHT) * t_s / self._duration_s

    def _t(self, x: float) -> float:
        t_s = (x - _LEFT) / (self.width() - _LEFT - _RIGHT) * self._duration_s
        return min(max(t_s, 0.0), self._duration_s)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        inside = event.position().x() >= _LEFT - 4
        if event.button() is Qt.MouseButton.LeftButton and self._seekable and inside:
            self.sought.emit(self._t(event.position().x()))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        x = event.position().x()
        if x < _LEFT:
            QToolTip.hideText()
            return
        t_s = self._t(x)
        word = self._track.word_at(t_s)
        text = f"{clock(t_s)} · {emotion_word(word)}" if word else clock(t_s)
        QToolTip.showText(event.globalPosition().toPoint(), plain_tip(text), self)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Home and self._seekable:
            self.sought.emit(0.0)
        else:
            super().keyPressEvent(event)

    # -- painting

    def paintEvent(self, event: QPaintEvent) -> None:
        tokens = theme.current()
        with painting(self) as painter:
            band = QRectF(_LEFT, 20, self.width() - _LEFT - _RIGHT, 30)
            self._paint_names(painter, tokens, band)
            track = QPainterPath()
            track.addRoundedRect(band, 5, 5)
            painter.fillPath(track, QColor(tokens.sunk))
            painter.save()
            painter.setClipPath(track)
            least_s = _LEAST_PX / band.width() * self._duration_s
            stretches = self._track.stretches(least_s)
            for stretch in stretches:
                self._paint_stretch(painter, tokens, stretch, band)
            painter.restore()
            self._paint_gaps(painter, tokens, stretches, band)
            if self._lane:
                self._paint_confidence(painter, tokens, band)
            self._paint_ruler(painter, tokens, band)
            marks = sorted(self._marks)
            for k, (t_s, words, icon) in enumerate(marks):
                end = self.x_of(marks[k + 1][0]) - 4 if k + 1 < len(marks) else float(self.width())
                self._paint_mark(painter, tokens, t_s, words, icon, band, end)
            self._paint_now(painter, tokens, band)
            if self.hasFocus():
                painter.setPen(QPen(QColor(tokens.accent), 1))
                painter.setBrush(Qt.BrushStyle.NoBrush)
                painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 6, 6)

    def _paint_names(self, painter: QPainter, tokens: theme.Theme, band: QRectF) -> None:
        middle = Qt.AlignmentFlag.AlignVCenter
        painter.setFont(theme.font(12, 500))
        painter.setPen(QColor(tokens.ink2))
        painter.drawText(
            QRectF(2, band.top(), _LEFT - 8, band.height()), middle, self.tr("Emotion")
        )
        if self._lane:
            painter.setFont(theme.font(11))
            painter.setPen(QColor(tokens.ink3))
            lane = QRectF(2, band.bottom() + 3, _LEFT - 8, 18)
            painter.drawText(lane, middle, self.tr("Confidence"))

    def _paint_stretch(
        self, painter: QPainter, tokens: theme.Theme, stretch: Stretch, band: QRectF
    ) -> None:
        left = self.x_of(max(0.0, stretch.start_s))
        area = QRectF(left, band.top(), self.x_of(stretch.end_s) - left, band.height())
        if not stretch.word:
            return
        if stretch.word == UNDECIDED:
            painter.fillRect(area, QColor(tokens.surface))
            hatch(painter, area, tokens.hatch)
            return
        painter.fillRect(area.adjusted(0, 0, -1, 0), tokens.tint(stretch.word))
        foot = QRectF(area.left(), area.bottom() - 7, area.width() - 1, 7)
        painter.fillRect(foot, QColor(tokens.emotion(stretch.word)))
        font = theme.font(11, 600)
        words = emotion_word(stretch.word)
        if QFontMetrics(font).horizontalAdvance(words) + 12 < area.width():
            painter.setFont(font)
            painter.setPen(QColor(tokens.ink))
            inner = area.adjusted(6, 0, 0, -6)
            painter.drawText(inner, Qt.AlignmentFlag.AlignVCenter, words)

    def _paint_gaps(
        self,
        painter: QPainter,
        tokens: theme.Theme,
        stretches: Sequence[Stretch],
        band: QRectF,
    ) -> None:
        """Live, nothing read between two readings means that samples were lost there."""
        if not self._live:
            return
        painter.setPen(QPen(QColor(tokens.record), 1.2))
        for stretch in stretches[1:]:
            if not stretch.word and stretch.end_s - stretch.start_s >= 1.0:
                for t_s in (stretch.start_s, stretch.end_s):
                    x = self.x_of(t_s)
                    painter.drawLine(QPointF(x, band.top() - 1), QPointF(x, band.bottom() + 1))

    def _paint_confidence(self, painter: QPainter, tokens: theme.Theme, band: QRectF) -> None:
        t, confidence = self._track.confidence(max(2, int(band.width() / 4)))
        if len(t) < 2:
            return
        foot = band.bottom() + 20
        x = [self.x_of(value) for value in t.tolist()]
        y = (foot - confidence * 16).tolist()
        line = [QPointF(a, b) for a, b in zip(x, y, strict=True)]
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colour.alpha(tokens.ink3, 60))
        painter.drawPolygon(QPolygonF([QPointF(x[0], foot), *line, QPointF(x[-1], foot)]))
        painter.setPen(QPen(QColor(tokens.ink3), 1))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawPolyline(QPolygonF(line))

    def _paint_ruler(self, painter: QPainter, tokens: theme.Theme, band: QRectF) -> None:
        lane = 21 if self._lane else 0
        painter.setFont(theme.font(11))
        steps = (5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 36000)
        wide = next((s for s in steps if band.width() * s / self._duration_s > 88), steps[-1])
        for t_s in range(0, int(self._duration_s) + 1, wide):
            x = self.x_of(t_s)
            painter.setPen(QPen(QColor(tokens.line2), 1))
            painter.drawLine(QPointF(x, band.bottom() + lane), QPointF(x, band.bottom() + lane + 4))
            painter.setPen(QColor(tokens.ink3))
            left = x if t_s == 0 else x - 30
            side = Qt.AlignmentFlag.AlignLeft if t_s == 0 else Qt.AlignmentFlag.AlignHCenter
            painter.drawText(QRectF(left, self.height() - 16, 60, 14), side, clock(t_s))

    def _paint_mark(
        self,
        painter: QPainter,
        tokens: theme.Theme,
        t_s: float,
        words: str,
        icon: str,
        band: QRectF,
        end: float,
    ) -> None:
        """Its words end before `end`, where the next mark is."""
        x = self.x_of(t_s)
        ratio = self.devicePixelRatioF()
        if end - x > 18:
            painter.drawPixmap(QPointF(x + 4, 2), theme.glyph(icon, tokens.ink2, 14, ratio))
        painter.setPen(QColor(tokens.ink2))
        painter.setFont(theme.font(11, 500))
        room, metrics = int(end - x - 21), painter.fontMetrics()
        if metrics.horizontalAdvance(words) <= room or room >= _LEAST_WORDS_PX:
            elided = metrics.elidedText(words, Qt.TextElideMode.ElideRight, room)
            painter.drawText(QPointF(x + 21, 13), elided)
        painter.fillRect(QRectF(round(x), 3, 1, band.bottom() - 3), QColor(tokens.ink2))

    def _paint_now(self, painter: QPainter, tokens: theme.Theme, band: QRectF) -> None:
        if self._now_s is None:
            return
        x = self.x_of(min(self._now_s, self._duration_s))
        foot = band.bottom() + 1 + (21 if self._lane else 0)
        painter.setPen(QPen(QColor(tokens.surface), 4))
        painter.drawLine(QPointF(x, band.top() - 2), QPointF(x, foot))
        painter.setPen(QPen(QColor(tokens.ink), 2))
        painter.drawLine(QPointF(x, band.top() - 4), QPointF(x, foot))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(tokens.ink))
        head = [QPointF(x - 5, 12), QPointF(x + 5, 12), QPointF(x, 19)]
        painter.drawPolygon(QPolygonF(head))
