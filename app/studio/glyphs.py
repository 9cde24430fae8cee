"""Small pictures that the icon font lacks: parts of a face, and styles of hair."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from app import theme
from app.widgets import painting

_ICONS = {
    "face": "user-circle",
    "eyes": "eye",
    "skin": "drop",
    "hair": "scissors",
    "clothes": "t-shirt",
}


def _nose(path: QPainterPath) -> None:
    path.moveTo(9.6, 2.5)
    path.cubicTo(9.6, 7, 6.2, 9.5, 5, 12.2)
    path.cubicTo(4.6, 14, 7, 14.4, 8.2, 13.6)
    path.quadTo(9.6, 15.2, 11.2, 13.6)
    path.cubicTo(12.6, 14.2, 13.6, 13.2, 13, 11.6)


def _mouth(path: QPainterPath) -> None:
    path.moveTo(1.8, 9)
    path.cubicTo(5, 5.4, 7.2, 5.8, 9, 7)
    path.cubicTo(10.8, 5.8, 13, 5.4, 16.2, 9)
    path.cubicTo(13, 14, 5, 14, 1.8, 9)
    path.moveTo(1.8, 9)
    path.quadTo(9, 10.4, 16.2, 9)


def _glasses(path: QPainterPath) -> None:
    path.addEllipse(QPointF(4.6, 10.5), 3.2, 3.2)
    path.addEllipse(QPointF(13.4, 10.5), 3.2, 3.2)
    path.moveTo(7.8, 10)
    path.quadTo(9, 8.6, 10.2, 10)
    path.moveTo(1.4, 10)
    path.lineTo(2.6, 5)
    path.moveTo(16.6, 10)
    path.lineTo(15.4, 5)


def _brows(path: QPainterPath) -> None:
    for x, way in ((7.6, -1), (10.4, 1)):
        path.moveTo(x, 9.6)
        path.quadTo(x + way * 3.2, 5.6, x + way * 6.4, 9.0)


def _beard(path: QPainterPath) -> None:
    """A moustache, which is read at 18 px where a beard is not."""
    for way in (-1, 1):
        path.moveTo(9, 7.4)
        path.cubicTo(9 + way * 1.6, 6.0, 9 + way * 3.6, 6.4, 9 + way * 4.6, 8.2)
        path.cubicTo(9 + way * 5.2, 9.4, 9 + way * 6.2, 9.8, 9 + way * 7.4, 9.4)
        path.cubicTo(9 + way * 6.4, 12.2, 9 + way * 2.2, 12.8, 9, 9.9)


_DRAWN: Mapping[str, Callable[[QPainterPath], None]] = {
    "nose": _nose,
    "mouth": _mouth,
    "glasses": _glasses,
    "brows": _brows,
    "beard": _beard,
}


class PartGlyph(QWidget):
    """The sign of a group of sliders, 18 px, in the accent colour while it is open."""

    def __init__(self, group: str) -> None:
        super().__init__()
        self._group, self._open = group, False
        self.setFixedSize(18, 18)

    def set_open(self, is_open: bool) -> None:
        self._open = is_open
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        tint = theme.current().accent if self._open else theme.current().ink2
        with painting(self) as painter:
            if self._group in _ICONS:
                icon = theme.glyph(_ICONS[self._group], tint, 18, self.devicePixelRatioF())
                painter.drawPixmap(0, 0, icon)
                return
            path = QPainterPath()
            _DRAWN[self._group](path)
            pen = QPen(QColor(tint), 1.25)
            pen.setCapStyle(Qt.PenCapStyle.RoundCap)
            pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
            painter.setPen(pen)
            painter.drawPath(path)


def paint_style(painter: QPainter, area: QRectF, kind: str, style: str | None) -> None:
    """A head with that style of hair, beard or glasses, about 44 px high."""
    tokens = theme.current()
    painter.save()
    painter.translate(area.center().x(), area.center().y() + 2)
    scale = area.height() / 50
    painter.scale(scale, scale)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(tokens.ink2))
    if kind == "hair":
        _behind(painter, style)
    painter.setBrush(QColor(tokens.surface))
    painter.setPen(QPen(QColor(tokens.ink2), 1.5))
    face = QPainterPath()
    if style == "headscarf":
        face.addEllipse(QPointF(0, -1), 9, 11.5)
    else:
        face.addRoundedRect(QRectF(-10, -13, 20, 27), 10, 12)
    painter.drawPath(face)
    painter.save()
    painter.setClipPath(face)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(tokens.ink2))
    if kind == "hair":
        _above(painter, style)
    elif kind == "beard":
        _on_chin(painter, style, tokens.surface)
    painter.restore()
    if kind == "glasses" and style is not None:
        _lenses(painter, style, tokens.ink2)
    painter.restore()


def _dot(painter: QPainter, x: float, y: float, a: float, b: float) -> None:
    painter.drawEllipse(QPointF(x, y), a, b)


_CURLS = (
    *((-12, -8), (-9, -15), (-2, -18), (6, -16), (11, -10), (-14, 0), (13, -2)),
    *((-14, 7), (14, 6)),
)


def _behind(painter: QPainter, style: str | None) -> None:
    """Hair behind the face."""
    if style in ("long", "bob"):
        painter.drawRoundedRect(QRectF(-15, -19, 30, 40 if style == "long" else 31), 14, 10)
    elif style in ("fringe", "bun", "short"):
        _dot(painter, 0, -6, 14, 14)
    if style == "bun":
        _dot(painter, 0, -20, 6, 5.5)
    elif style == "curly":
        for x, y in _CURLS:
            _dot(painter, x, y, 5.5, 5.5)
    elif style == "coily":
        _dot(painter, 0, -8, 18, 16)
    elif style == "headscarf":
        painter.drawRoundedRect(QRectF(-15, -20, 30, 36), 15, 15)
        painter.drawRoundedRect(QRectF(-12, 8, 24, 14), 5, 5)


def _above(painter: QPainter, style: str | None) -> None:
    """Hair over the face."""
    if style in ("short", "bun", "coily", "long", "curly", "bob"):
        _dot(painter, 0, -14, 11, 6.5)
    elif style == "fringe":
        painter.drawRect(QRectF(-12, -16, 24, 11))
    elif style == "receding":
        _dot(painter, -11, -9, 4.5, 7)
        _dot(painter, 11, -9, 4.5, 7)
    elif style == "shaven":
        painter.setOpacity(0.35)
        _dot(painter, 0, -14, 12, 8)
        painter.setOpacity(1.0)


def _on_chin(painter: QPainter, style: str | None, skin: str) -> None:
    if style == "moustache":
        painter.drawRoundedRect(QRectF(-6, 1.5, 12, 3.2), 1.5, 1.5)
    elif style is not None:
        painter.setOpacity(1.0 if style == "full" else 0.35)
        painter.drawRect(QRectF(-12, 2, 24, 16))
        painter.setOpacity(1.0)
        painter.setBrush(QColor(skin))
        _dot(painter, 0, 6, 4, 1.7)
        painter.drawRect(QRectF(-7, -1, 14, 3.4))


def _lenses(painter: QPainter, style: str, tint: str) -> None:
    painter.setPen(QPen(QColor(tint), 1.6))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for x in (-5.2, 5.2):
        if style == "round":
            painter.drawEllipse(QPointF(x, -2), 3.9, 3.9)
        else:
            painter.drawRoundedRect(QRectF(x - 4.2, -5, 8.4, 6.4), 1.2, 1.2)
    painter.drawLine(QPointF(-1.2, -2.6), QPointF(1.2, -2.6))
