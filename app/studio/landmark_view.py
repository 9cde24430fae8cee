"""The photograph with its landmarks: drag them, walk through them, nudge them by keys."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from PySide6.QtCore import QEvent, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFocusEvent,
    QImage,
    QKeyEvent,
    QKeySequence,
    QMouseEvent,
    QPainter,
    QPainterPath,
    QPaintEvent,
    QPen,
    QPixmap,
    QResizeEvent,
    QTransform,
    QWheelEvent,
)
from PySide6.QtWidgets import QWidget

from app import theme
from app.avatar_pictures import Pixels, image_of
from app.studio.labels import Labels
from app.studio.marks import RADIUS_PX, State, draw_mark
from app.studio.placement import Placement
from app.studio.words import explanation, full_name
from app.widgets import painting
from avatars.photo import LANDMARKS, NAMES
from avatars.photo.landmarks import PLACE

_REACH_PX = 14.0
_LOUPE_PX, _LOUPE_GAP_PX = 58.0, 14.0
_LOW_PX, _LABELS_PX = 430, 134
_CLOSER = 3.0
_MOST_ZOOM = 12.0
_FACE_SHARE = 0.62
"""Share of the view's height that a face takes when the view goes to it."""
_STEPS = {
    Qt.Key.Key_Left: (-1, 0),
    Qt.Key.Key_Right: (1, 0),
    Qt.Key.Key_Up: (0, -1),
    Qt.Key.Key_Down: (0, 1),
}
_FAR_STEP = 10


class LandmarkView(QWidget):
    """Shows a `Placement` over its photograph. It changes none: it asks for changes by `moved`.

    moved(name, x, y, how): a point is to go there, in pixels of the photograph; how: "drag" while
    the mouse holds it, "drop" when it lets go, "key". chosen(name). undo_asked, redo_asked: by
    the keyboard.
    """

    moved = Signal(str, float, float, str)
    chosen = Signal(str)
    undo_asked = Signal()
    redo_asked = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setMinimumSize(420, 280)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setCursor(Qt.CursorShape.CrossCursor)
        self.setAccessibleName(self.tr("Landmarks on the photograph"))
        self._image = QImage()
        self._scaled = QPixmap()
        self._placement: Placement | None = None
        self._doubts: Mapping[str, str] = {}
        self._labels = Labels()
        self._name = NAMES[0]
        self._zoom, self._centre = 1.0, QPointF()
        self._held: Callable[[QPointF], None] | None = None
        self._dragging = False

    # -- what is shown

    def show_picture(self, pixels: Pixels) -> None:
        self._image = image_of(pixels)
        self._doubts = {}
        self.show_whole()

    def forget(self) -> None:
        """Let go of the photograph."""
        self._image, self._scaled, self._placement = QImage(), QPixmap(), None
        self._held, self._dragging = None, False
        self.update()

    def show_placement(self, placement: Placement) -> None:
        self._placement = placement
        self.update()

    def show_doubts(self, doubts: Mapping[str, str]) -> None:
        """Names of the points to look at again."""
        self._doubts = doubts
        self.update()

    def choose(self, name: str) -> None:
        if name != self._name:
            self._name = name
            self._tell()
            self.chosen.emit(name)
            self.update()

    def walk(self, by: int) -> None:
        """To the next landmark, or the one before; round at the ends."""
        self.choose(NAMES[(PLACE[self._name] + by) % len(NAMES)])

    def label_at(self, name: str) -> QPointF:
        """The middle of a landmark's label."""
        return self._labels.box(name).center()

    @property
    def name(self) -> str:
        """The chosen landmark."""
        return self._name

    def state(self, name: str) -> State:
        if name in self._doubts:
            return "doubt"
        placed = self._placement is not None and name in self._placement.placed
        return "set" if placed else "guess"

    def _tell(self) -> None:
        landmark = LANDMARKS[PLACE[self._name]]
        words = f"{full_name(landmark)}: {explanation(landmark)}"
        self.setAccessibleDescription(words)

    # -- where the photograph lies

    def show_whole(self) -> None:
        """The whole photograph, as large as it fits."""
        self._zoom = 1.0
        self._centre = QPointF(self._image.width() / 2, self._image.height() / 2)
        self._rescale()

    def show_face(self) -> None:
        """As near as shows the face whole, with room for the labels beside it."""
        if self._placement is None or self._image.isNull():
            return
        low, high = self._placement.points.min(0), self._placement.points.max(0)
        middle = (low + high) / 2
        face = max(float(high[1] - low[1]), 1.0)
        wanted = _FACE_SHARE * self.height() / face / self._fitting()
        self._zoom = min(max(wanted, 1.0), _MOST_ZOOM)
        self._centre = QPointF(float(middle[0]), float(middle[1]))
        self._rescale()

    def _fitting(self) -> float:
        """Scale at which the whole photograph just fits."""
        return min(self.width() / self._image.width(), self.height() / self._image.height())

    @property
    def _scale(self) -> float:
        return self._fitting() * self._zoom

    def to_view(self, x: float, y: float) -> QPointF:
        """From pixels of the photograph to the widget's."""
        off = (QPointF(x, y) - self._centre) * self._scale
        return off + QPointF(self.width() / 2, self.height() / 2)

    def to_picture(self, at: QPointF) -> QPointF:
        off = (at - QPointF(self.width() / 2, self.height() / 2)) / self._scale
        return off + self._centre

    def _rescale(self) -> None:
        """Draw the visible part once, so that moving a point need not scale it again."""
        if self._image.isNull() or self.width() < 1:
            return
        ratio = self.devicePixelRatioF()
        self._scaled = QPixmap(self.size() * ratio)
        self._scaled.setDevicePixelRatio(ratio)
        self._scaled.fill(Qt.GlobalColor.transparent)
        painter = QPainter(self._scaled)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.drawImage(self._picture_box(), self._image)
        painter.end()
        self.update()

    def _picture_box(self) -> QRectF:
        corner = self.to_view(self._image.width(), self._image.height())
        return QRectF(self.to_view(0, 0), corner)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if not self._image.isNull():
            self._rescale()

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Nearer and farther, about the cursor."""
        if self._image.isNull() or self._dragging:
            return
        at = event.position()
        under = self.to_picture(at)
        factor = 1.0015 ** event.angleDelta().y()
        self._zoom = min(max(self._zoom * factor, 1.0), _MOST_ZOOM)
        self._centre += under - self.to_picture(at)
        if self._zoom == 1.0:
            self.show_whole()
        else:
            self._rescale()
        event.accept()

    # -- mouse

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if self._placement is None or event.button() is not Qt.MouseButton.LeftButton:
            return
        at = event.position()
        named = self._labels.at(at)
        name = named or self._point_at(at)
        if name:
            self.choose(name)
        if named:
            return
        if name:
            grip = self.to_view(*self._placement.at(name)) - at
            self._held = lambda to, name=name, grip=grip: self._move(name, to + grip, "drag")
            self._dragging = False
        else:
            start, centre = at, QPointF(self._centre)
            self._held = lambda to, start=start, centre=centre: self._pan(start, centre, to)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._held is not None:
            self._held(event.position())
        else:
            over = self._point_at(event.position()) or self._labels.at(event.position())
            hand = Qt.CursorShape.PointingHandCursor if over else Qt.CursorShape.CrossCursor
            self.setCursor(hand)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self._dragging and self._placement is not None:
            x, y = self._placement.at(self._name)
            self._dragging = False
            self.moved.emit(self._name, x, y, "drop")
        self._held = None

    def _move(self, name: str, to: QPointF, how: str) -> None:
        place = self.to_picture(to)
        x = min(max(place.x(), 0.0), float(self._image.width()))
        y = min(max(place.y(), 0.0), float(self._image.height()))
        self._dragging = how == "drag"
        self.moved.emit(name, x, y, how)

    def _pan(self, start: QPointF, centre: QPointF, to: QPointF) -> None:
        if self._zoom > 1.0:
            self._centre = centre - (to - start) / self._scale
            self._rescale()

    def _point_at(self, at: QPointF) -> str:
        """The landmark nearest to a place in the widget, or "" if none is near; the chosen one
        before those that it lies on."""
        if self._placement is None:
            return ""
        spots = [self.to_view(*self._placement.at(name)) - at for name in NAMES]
        gaps = [spot.x() ** 2 + spot.y() ** 2 for spot in spots]
        if gaps[PLACE[self._name]] < (2 * RADIUS_PX) ** 2:
            return self._name
        nearest = int(np.argmin(gaps))
        return NAMES[nearest] if gaps[nearest] < _REACH_PX**2 else ""

    # -- keyboard

    def event(self, event: QEvent) -> bool:
        """Keys that this view uses are not for the window's shortcuts."""
        if event.type() is QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent):
            undo = event.matches(QKeySequence.StandardKey.Undo)
            redo = event.matches(QKeySequence.StandardKey.Redo)
            if undo or redo or Qt.Key(event.key()) in (*_STEPS, Qt.Key.Key_Return):
                event.accept()
                return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = Qt.Key(event.key())
        if self._placement is None:
            super().keyPressEvent(event)
        elif event.matches(QKeySequence.StandardKey.Undo):
            self.undo_asked.emit()
        elif event.matches(QKeySequence.StandardKey.Redo):
            self.redo_asked.emit()
        elif key in _STEPS:
            far = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
            step = QPointF(*_STEPS[key]) * (_FAR_STEP if far else 1)
            self._move(self._name, self.to_view(*self._placement.at(self._name)) + step, "key")
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.confirm()
        else:
            super().keyPressEvent(event)

    def confirm(self) -> None:
        """The chosen point is right where it is; on to the next."""
        if self._placement is not None:
            self.moved.emit(self._name, *self._placement.at(self._name), "drop")
            self.walk(1)

    def focusNextPrevChild(self, forward: bool) -> bool:
        """Tab walks through the landmarks, and leaves after the last."""
        to = PLACE[self._name] + (1 if forward else -1)
        if self._placement is None or not 0 <= to < len(NAMES):
            return super().focusNextPrevChild(forward)
        self.walk(1 if forward else -1)
        return True

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        if event.reason() is Qt.FocusReason.TabFocusReason:
            self.choose(NAMES[0])
        elif event.reason() is Qt.FocusReason.BacktabFocusReason:
            self.choose(NAMES[-1])
        self._tell()

    # -- painting

    def paintEvent(self, event: QPaintEvent) -> None:
        tokens = theme.current()
        frame = QPainterPath()
        frame.addRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 8, 8)
        with painting(self) as painter:
            painter.fillPath(frame, QColor(tokens.sunk))
            painter.setClipPath(frame)
            if self._placement is None or self._image.isNull():
                return
            painter.drawPixmap(0, 0, self._scaled)
            self._labels.lay_out(self.width(), self.height())
            spots = {name: self.to_view(*self._placement.at(name)) for name in NAMES}
            self._labels.draw(painter, spots, self._name, self._doubts)
            for name in NAMES:
                if name != self._name:
                    draw_mark(painter, spots[name], self.state(name))
            draw_mark(painter, spots[self._name], self.state(self._name), chosen=True)
            self._draw_loupe(painter, spots[self._name])
            if self.hasFocus():
                painter.setBrush(Qt.BrushStyle.NoBrush)
                painter.setPen(QPen(QColor(tokens.accent), 2))
                painter.drawPath(frame)

    def _draw_loupe(self, painter: QPainter, spot: QPointF) -> None:
        """The surroundings of the chosen point, nearer."""
        assert self._placement is not None
        tokens, r = theme.current(), _LOUPE_PX
        aside = r + _LOUPE_GAP_PX
        if self.height() < _LOW_PX:  # then the labels need all of the height
            aside += _LABELS_PX
        middle = QPointF(self.width() - aside, self.height() - r - _LOUPE_GAP_PX)
        if (spot - middle).manhattanLength() < 2.2 * r:
            middle.setX(aside)
        circle = QPainterPath()
        circle.addEllipse(middle, r, r)
        x, y = self._placement.at(self._name)
        nearer = max(self._scale * _CLOSER, 1.5)
        painter.save()
        painter.setClipPath(circle, Qt.ClipOperation.IntersectClip)
        painter.fillPath(circle, QColor(tokens.sunk))
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.setTransform(
            QTransform().translate(middle.x(), middle.y()).scale(nearer, nearer).translate(-x, -y),
            combine=True,
        )
        reach = r / nearer + 1
        part = QRectF(x - reach, y - reach, 2 * reach, 2 * reach)
        part = part.intersected(QRectF(self._image.rect()))
        painter.drawImage(part, self._image, part)
        painter.restore()
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(QColor(tokens.surface), 5))
        painter.drawEllipse(middle, r, r)
        painter.setPen(QPen(QColor(tokens.accent), 1.6))
        painter.drawEllipse(middle, r + 2, r + 2)
        for way in (QPointF(1, 0), QPointF(0, 1), QPointF(-1, 0), QPointF(0, -1)):
            for width, tint in ((3.2, tokens.surface), (1.4, tokens.accent)):
                painter.setPen(QPen(QColor(tint), width))
                painter.drawLine(middle + way * RADIUS_PX, middle + way * 15)
