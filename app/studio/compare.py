"""The avatar before and after, side by side, or laid over the photograph."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QImage,
    QMouseEvent,
    QPainter,
    QPainterPath,
    QPaintEvent,
    QPen,
    QResizeEvent,
    QTransform,
)
from PySide6.QtWidgets import QBoxLayout, QSizePolicy, QStackedWidget, QWidget

from app import theme
from app.avatar_pictures import Pixels, image_of
from app.studio.likeness import Likeness
from app.widgets import Card, Segmented, painting, row
from avatars.photo.landmarks import Points, similarity

PORTRAIT_PX = 340
_HEAD_HIGH, _HEAD_WIDE, _HEAD_DOWN = 0.82, 0.60, 0.45
"""Of a portrait, the shares of its side that a head takes, from hair to beard, and how far down its
middle is."""
_FRAME = 1.25
"""How much of the photograph is shown round the face, in heights from hairline to chin."""


def _rounded(box: QRectF) -> QPainterPath:
    path = QPainterPath()
    path.addRoundedRect(box, 8, 8)
    return path


def _name_tag(painter: QPainter, words: str, box: QRectF, *, right: bool = False) -> None:
    painter.setFont(theme.font(12, 600))
    wide = painter.fontMetrics().horizontalAdvance(words) + 20
    x = box.right() - 8 - wide if right else box.left() + 8
    tag = QRectF(x, box.top() + 8, wide, 24)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(10, 16, 22, 165))
    painter.drawRoundedRect(tag, 12, 12)
    painter.setPen(QColor("#FFFFFF"))
    painter.drawText(tag, Qt.AlignmentFlag.AlignCenter, words)


class Still(QWidget):
    """One face, cut to the widget's shape, with its name on it."""

    def __init__(self, words: str) -> None:
        super().__init__()
        self._words, self._empty, self._image = words, "", QImage()
        self.setMinimumSize(120, 150)
        self.setAccessibleName(words)

    def show_image(self, image: QImage) -> None:
        self._image = image
        self.update()

    def show_nothing(self, why: str) -> None:
        """Words in place of a face."""
        self._image, self._empty = QImage(), why
        self.update()

    @property
    def image(self) -> QImage:
        return self._image

    def _part(self, box: QRectF) -> QRectF:
        """The part of the image that fills `box`: the whole head, and of the shoulders as little
        as the shape allows."""
        side = float(self._image.width())
        scale = side * max(_HEAD_WIDE / box.width(), _HEAD_HIGH / box.height())
        # beyond the image there is nothing to show, in shapes that are longer than a head
        part = QRectF(0, 0, min(side, box.width() * scale), min(side, box.height() * scale))
        part.moveCenter(QPointF(0.5, _HEAD_DOWN) * side)
        part.moveTop(min(max(part.top(), 0.0), side - part.height()))
        return part

    def paintEvent(self, event: QPaintEvent) -> None:
        tokens, box = theme.current(), QRectF(self.rect())
        with painting(self) as painter:
            painter.setClipPath(_rounded(box))
            painter.fillRect(box, QColor(tokens.sunk))
            if self._image.isNull():
                painter.setFont(theme.font(12))
                painter.setPen(QColor(tokens.ink3))
                wrapped = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
                painter.drawText(box.adjusted(16, 34, -16, -16), wrapped, self._empty)
            else:
                painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
                part = self._part(box)
                shape = part.size().scaled(box.size(), Qt.AspectRatioMode.KeepAspectRatio)
                area = QRectF(QPointF(), shape)
                area.moveCenter(box.center())
                painter.drawImage(area, self._image, part)
            _name_tag(painter, self._words, box)


class Pair(QWidget):
    """Two faces beside or above one another, whichever shows them larger."""

    def __init__(self, first: Still, second: Still) -> None:
        super().__init__()
        self._line = row(gap=8)
        for still in (first, second):
            self._line.addWidget(still, 1)
        self.setLayout(self._line)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        wide, high = self.width() / _HEAD_WIDE, self.height() / _HEAD_HIGH
        above = min(wide, high / 2) > min(wide / 2, high)
        way = QBoxLayout.Direction
        self._line.setDirection(way.TopToBottom if above else way.LeftToRight)


class OverPhoto(QWidget):
    """The photograph, and right of a line that can be dragged the avatar over it."""

    def __init__(self) -> None:
        super().__init__()
        self._photo, self._avatar = QImage(), QImage()
        self._points: Points | None = None
        self._drawn: Points | None = None
        self._line = 0.5
        self.setCursor(Qt.CursorShape.SplitHCursor)
        self.setAccessibleName(self.tr("The avatar over the photograph"))

    def show_photo(self, pixels: Pixels) -> None:
        self._photo = image_of(pixels)
        self._points = None

    def show_avatar(self, portrait: Likeness, points: Points) -> None:
        """points: (22, 2), where the photograph has the landmarks that the avatar has too."""
        self._avatar, self._drawn, self._points = portrait.image, portrait.points, points
        self.update()

    @property
    def shows_avatar(self) -> bool:
        return self._points is not None and not self._avatar.isNull()

    def forget(self) -> None:
        self._photo, self._avatar, self._points = QImage(), QImage(), None
        self.update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._line = min(max(event.position().x() / max(self.width(), 1), 0.0), 1.0)
        self.update()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self.mousePressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        tokens, box = theme.current(), QRectF(self.rect())
        with painting(self) as painter:
            painter.setClipPath(_rounded(box))
            painter.fillRect(box, QColor(tokens.sunk))
            if self._photo.isNull() or self._points is None or self._drawn is None:
                return
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            view = self._view(self._points)
            painter.save()
            painter.setTransform(view, combine=True)
            painter.drawImage(0, 0, self._photo)
            painter.restore()
            x = self._line * box.width()
            painter.save()
            shown = QRectF(x, 0, box.width() - x, box.height())
            painter.setClipRect(shown, Qt.ClipOperation.IntersectClip)
            onto = similarity(self._drawn, self._points)
            a, b = onto.factor.real, onto.factor.imag
            lay = QTransform(a, b, -b, a, onto.shift.real, onto.shift.imag)
            painter.setTransform(lay * view, combine=True)
            painter.drawImage(0, 0, self._avatar)
            painter.restore()
            self._draw_line(painter, x)
            _name_tag(painter, self.tr("Photograph"), box)
            _name_tag(painter, self.tr("Avatar"), box, right=True)

    def _view(self, points: Points) -> QTransform:
        """From the photograph to the widget, the face in its middle."""
        low, high = points.min(0), points.max(0)
        middle = (low + high) / 2
        scale = self.height() / (_FRAME * max(float(high[1] - low[1]), 1.0))
        scale = max(scale, self.width() / max(self._photo.width(), 1))
        to_middle = QTransform.fromTranslate(self.width() / 2, self.height() / 2)
        return QTransform.fromTranslate(-middle[0], -middle[1]) * (
            QTransform.fromScale(scale, scale) * to_middle
        )

    def _draw_line(self, painter: QPainter, x: float) -> None:
        painter.setPen(QPen(QColor("#FFFFFF"), 2))
        painter.drawLine(QPointF(x, 0), QPointF(x, self.height()))
        painter.setBrush(QColor("#FFFFFF"))
        painter.drawEllipse(QPointF(x, self.height() / 2), 6, 6)


class Compare(Card):
    """Before and after. `over_asked`: the view over the photograph came up."""

    over_asked = Signal()

    def __init__(self) -> None:
        self.way = Segmented([self.tr("Side by side"), self.tr("Over the photo")])
        self.before, self.after = Still(self.tr("Before")), Still(self.tr("After"))
        self.over = OverPhoto()
        self._stack = QStackedWidget()
        self._stack.addWidget(Pair(self.before, self.after))
        self._stack.addWidget(self.over)
        super().__init__(self.tr("Before and after"), "", (self.way,), body=self._stack, gap=4)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Expanding)
        self.way.choose(0)
        self.way.chosen.connect(self._show_way)

    def _show_way(self, index: int) -> None:
        self._stack.setCurrentIndex(index)
        if index == 1:
            self.over_asked.emit()

    def show_side_by_side(self) -> None:
        self.way.choose(0)
        self._stack.setCurrentIndex(0)

    @property
    def is_over(self) -> bool:
        return self._stack.currentIndex() == 1

    def sizeHint(self) -> QSize:
        return QSize(480, 236)
