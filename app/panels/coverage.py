"""Which of the 32 electrodes a headset measures, by shape: measured, interpolated, guessed."""

from __future__ import annotations

from functools import lru_cache
from itertools import combinations

from PySide6.QtCore import QEvent, QPointF, QRectF, Qt
from PySide6.QtGui import (
    QColor,
    QFontMetrics,
    QHelpEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPolygonF,
)
from PySide6.QtWidgets import QToolTip, QWidget

from app import theme
from app.panels.maps import disc, draw_head
from app.widgets import painting, plain_tip
from evoke.signal.montage import ELECTRODES, Coverage, Montage

_BESIDE_LEFT = ("Fp1", "AF3", "PO3", "O1", "P3", "F3")
_BESIDE_RIGHT = ("Fp2", "AF4", "PO4", "O2", "P4", "F4")
_NEAR_PX = 14.0


def draw_mark(painter: QPainter, at: QPointF, kind: Coverage, size: float) -> None:
    """Filled dot: measured. Half-filled diamond: interpolated. Open triangle: guessed."""
    tokens = theme.current()
    x, y = at.x(), at.y()
    if kind is Coverage.DIRECT:
        painter.setPen(QPen(QColor(tokens.surface), 1.5))
        painter.setBrush(QColor(tokens.accent))
        painter.drawEllipse(at, size + 0.6, size + 0.6)
        return
    reach = size * 1.26
    if kind is Coverage.INTERPOLATED:
        right, left = QPointF(x + reach, y), QPointF(x - reach, y)
        top, foot = QPointF(x, y - reach), QPointF(x, y + reach)
        painter.setPen(QPen(QColor(tokens.accent), 1.6))
        painter.setBrush(QColor(tokens.surface))
        painter.drawPolygon(QPolygonF([top, right, foot, left]))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(tokens.accent))
        painter.drawPolygon(QPolygonF([right, foot, left]))
        return
    painter.setPen(QPen(QColor(tokens.warn), 1.8))
    painter.setBrush(QColor(tokens.warn_soft))
    corners = [(0.0, -reach), (reach, reach * 0.8), (-reach, reach * 0.8)]
    painter.drawPolygon(QPolygonF([QPointF(x + a, y + b) for a, b in corners]))


def _name_box(name: str, at: QPointF, radius: float, weight: int = 600) -> QRectF:
    """Where the name of an electrode at `at` is written on a head of `radius`."""
    wide = QFontMetrics(theme.font(11, weight)).horizontalAdvance(name) + 4
    gap = radius * 0.038 + 5
    if name in _BESIDE_LEFT:
        return QRectF(at.x() - gap - wide, at.y() - 6.5, wide, 13)
    if name in _BESIDE_RIGHT:
        return QRectF(at.x() + gap, at.y() - 6.5, wide, 13)
    return QRectF(at.x() - wide / 2, at.y() + gap - 2, wide, 13)


def _places(centre: QPointF, radius: float) -> list[QPointF]:
    """Where the electrodes are drawn on a head, in the order of `ELECTRODES`."""
    unit = radius / 1.17
    return [QPointF(centre.x() + x * unit, centre.y() - y * unit) for x, y in disc().tolist()]


@lru_cache(maxsize=64)
def _names_fit(radius: float) -> bool:
    """Whether names can be read on a head of `radius`: none lies on another."""
    places = _places(QPointF(), radius)
    boxes = [_name_box(n, at, radius) for n, at in zip(ELECTRODES, places, strict=True)]
    words = [box.adjusted(2, 1, -2, -1) for box in boxes]
    return not any(a.intersects(b) for a, b in combinations(words, 2))


class CoverageView(QWidget):
    """The head from above with the 32 electrodes the network reads, and the three counts. Names
    are written where the head is large enough for them, and said under the mouse."""

    def __init__(self, *, counts: bool = True) -> None:
        super().__init__()
        self.montage: Montage | None = None
        self._foot = 54 if counts else 0
        self.setMinimumSize(220, 206 + self._foot)
        self._words = {
            Coverage.DIRECT: (self.tr("measured"), self.tr("by this headset")),
            Coverage.INTERPOLATED: (self.tr("interpolated"), self.tr("from near ones")),
            Coverage.GUESSED: (self.tr("guessed"), self.tr("too far to trust")),
        }

    def show_montage(self, montage: Montage | None) -> None:
        self.montage = montage
        if montage is not None:
            counts = ", ".join(f"{self._count(k)} {w[0]}" for k, w in self._words.items())
            self.setAccessibleName(counts)
        self.update()

    def _count(self, kind: Coverage) -> int:
        return sum(k is kind for k in self.montage.coverage) if self.montage else 0

    def paintEvent(self, event: QPaintEvent) -> None:
        tokens = theme.current()
        with painting(self) as painter:
            centre, radius = self._head()
            painter.setPen(QPen(QColor(tokens.ink3 if tokens.dark else tokens.line2), 1.5))
            painter.setBrush(QColor(tokens.surface))
            draw_head(painter, centre, radius)
            if self.montage is None:
                return
            named = _names_fit(radius)
            for at, name, kind in zip(
                _places(centre, radius), ELECTRODES, self.montage.coverage, strict=True
            ):
                draw_mark(painter, at, kind, max(4.4, min(7.0, radius * 0.038)))
                if named:
                    self._paint_name(painter, tokens, at, name, kind, radius)
            if self._foot:
                self._paint_counts(painter, tokens, self.height() - self._foot + 6)

    def _head(self) -> tuple[QPointF, float]:
        """Middle and radius of the head."""
        height = self.height() - self._foot
        radius = max(20.0, min((self.width() - 24) / 2.2, (height - 10) / 2.17))
        return QPointF(self.width() / 2, height / 2 + radius * 0.045), radius

    def event(self, event: QEvent) -> bool:
        if event.type() is QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            words = plain_tip(self.words_at(QPointF(event.pos())))
            QToolTip.showText(event.globalPos(), words, self)
            return True
        return super().event(event)

    def words_at(self, at: QPointF) -> str:
        """The electrode drawn there and how it comes to be known, "" where none is."""
        if self.montage is None:
            return ""
        away = [(at - place).manhattanLength() for place in _places(*self._head())]
        nearest = min(range(len(away)), key=away.__getitem__)
        if away[nearest] > _NEAR_PX:
            return ""
        return f"{ELECTRODES[nearest]}: {self._words[self.montage.coverage[nearest]][0]}"

    @staticmethod
    def _paint_name(
        painter: QPainter,
        tokens: theme.Theme,
        at: QPointF,
        name: str,
        kind: Coverage,
        radius: float,
    ) -> None:
        weight = 600 if kind is Coverage.DIRECT else 500
        box = _name_box(name, at, radius, weight)
        ink = {Coverage.DIRECT: tokens.ink, Coverage.GUESSED: tokens.warn}.get(kind, tokens.ink2)
        painter.fillRect(box, QColor(tokens.surface))
        painter.setFont(theme.font(11, weight))
        painter.setPen(QColor(ink))
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, name)

    def _paint_counts(self, painter: QPainter, tokens: theme.Theme, top: float) -> None:
        width = self.width() / 3
        for i, (kind, (word, where)) in enumerate(self._words.items()):
            x, below = i * width, where
            draw_mark(painter, QPointF(x + 11, top + 12), kind, 6.5)
            painter.setPen(QColor(tokens.ink))
            painter.setFont(theme.font(15, 600))
            number = str(self._count(kind))
            painter.drawText(QPointF(x + 26, top + 18), number)
            if width < 128:  # the word goes below the number
                below = word
            else:
                after = x + 31 + QFontMetrics(painter.font()).horizontalAdvance(number)
                painter.setFont(theme.font(12, 500))
                painter.drawText(QPointF(after, top + 17.5), word)
            painter.setFont(theme.font(11))
            painter.setPen(QColor(tokens.ink3))
            painter.drawText(QPointF(x + 26, top + 35), below)
