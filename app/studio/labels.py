"""Names of the landmarks in two columns beside the face, each joined to its point by a line."""

from __future__ import annotations

from collections.abc import Container, Mapping
from functools import cached_property

from PySide6.QtCore import QCoreApplication, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetrics, QPainter, QPen

from app import theme
from app.studio.words import short_name
from avatars.photo import LANDMARKS, Landmark
from avatars.photo.landmarks import PLACE
from avatars.photo.places import template

_TOP_PX, _BELOW_PX = 42.0, 34.0
_LOUPE_ROOM_PX = 140.0
_HIGH_PX, _PAD_PX, _EDGE_PX = 20.0, 7.0, 10.0


def _columns() -> tuple[list[Landmark], list[Landmark]]:
    """The person's right, which is on the left, and their left, each from top to bottom. Points
    in the middle of the face go to either in turn."""
    heights = template()[:, 1]
    middle = [mark for mark in LANDMARKS if not mark.side]
    sides: tuple[list[Landmark], list[Landmark]] = ([], [])
    for mark in LANDMARKS:
        right = mark.side == "right" or (not mark.side and middle.index(mark) % 2 == 0)
        sides[0 if right else 1].append(mark)
    for side in sides:
        side.sort(key=lambda mark: float(heights[PLACE[mark.name]]))
    return sides


class Labels:
    """Lays out, draws and finds the labels."""

    def __init__(self) -> None:
        self._boxes: dict[str, QRectF] = {}
        self._size = (0, 0)

    @cached_property
    def _sides(self) -> tuple[list[Landmark], list[Landmark]]:
        return _columns()

    def lay_out(self, width: int, height: int) -> None:
        if (width, height) == self._size:
            return
        self._size = (width, height)
        metrics = QFontMetrics(theme.font(12, 600))
        bottom = height - max(_BELOW_PX, min(_LOUPE_ROOM_PX, height - 22.0 * 11 - _TOP_PX))
        for column, marks in enumerate(self._sides):
            step = (bottom - _TOP_PX) / (len(marks) - 1)
            for i, mark in enumerate(marks):
                wide = metrics.horizontalAdvance(short_name(mark)) + 2 * _PAD_PX
                x = _EDGE_PX if column == 0 else width - _EDGE_PX - wide
                top = _TOP_PX + i * step - _HIGH_PX / 2
                self._boxes[mark.name] = QRectF(x, top, wide, _HIGH_PX)

    def at(self, place: QPointF) -> str:
        """The landmark whose label is there, or ""."""
        return next((name for name, box in self._boxes.items() if box.contains(place)), "")

    def box(self, name: str) -> QRectF:
        """Where the label of a landmark is."""
        return QRectF(self._boxes.get(name, QRectF()))

    def draw(
        self,
        painter: QPainter,
        spots: Mapping[str, QPointF],
        chosen: str,
        doubts: Container[str],
    ) -> None:
        """Lines, then words, on a ground of their own: a photograph may be any colour."""
        for name in sorted(self._boxes, key=lambda name: (name == chosen, name in doubts)):
            self._draw_line(painter, name, spots[name], name == chosen, name in doubts)
        for name in self._boxes:
            self._draw_words(painter, name, name == chosen, name in doubts)
        self._draw_sides(painter)

    def _draw_line(
        self, painter: QPainter, name: str, spot: QPointF, chosen: bool, doubted: bool
    ) -> None:
        tokens, box = theme.current(), self._boxes[name]
        left = box.left() < self._size[0] / 2
        start = QPointF(box.right() if left else box.left(), box.center().y())
        knee = start + QPointF(12 if left else -12, 0)
        marked = chosen or doubted
        under = QColor(tokens.surface)
        under.setAlpha(150 if marked else 90)
        tint = QColor(tokens.warn if doubted else tokens.accent if chosen else tokens.ink3)
        tint.setAlpha(255 if marked else 130)
        for pen in (QPen(under, 3.2 if marked else 2.2), QPen(tint, 1.4 if marked else 0.9)):
            painter.setPen(pen)
            painter.drawPolyline([start, knee, spot])

    def _draw_words(self, painter: QPainter, name: str, chosen: bool, doubted: bool) -> None:
        tokens, box = theme.current(), self._boxes[name]
        ground = QColor(tokens.warn_soft if doubted else tokens.soft if chosen else tokens.surface)
        ground.setAlpha(255 if chosen or doubted else 225)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(ground)
        painter.drawRoundedRect(box, 5, 5)
        painter.setFont(theme.font(12, 600 if chosen else 500))
        painter.setPen(QColor(tokens.warn if doubted else tokens.accent if chosen else tokens.ink2))
        words = short_name(LANDMARKS[PLACE[name]])
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, words)

    def _draw_sides(self, painter: QPainter) -> None:
        right = QCoreApplication.translate("landmarks", "THEIR RIGHT")
        left = QCoreApplication.translate("landmarks", "THEIR LEFT")
        tokens = theme.current()
        painter.setFont(theme.font(11, 600))
        metrics = QFontMetrics(painter.font())
        for words, at_left in ((right, True), (left, False)):
            wide = metrics.horizontalAdvance(words) + 2 * _PAD_PX
            x = _EDGE_PX if at_left else self._size[0] - _EDGE_PX - wide
            box = QRectF(x, 7, wide, 18)
            ground = QColor(tokens.surface)
            ground.setAlpha(225)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(ground)
            painter.drawRoundedRect(box, 5, 5)
            painter.setPen(QColor(tokens.ink3))
            painter.drawText(box, Qt.AlignmentFlag.AlignCenter, words)
