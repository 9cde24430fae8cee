"""The large living face of the studio: it turns, and follows every change."""

from __future__ import annotations

import time
from dataclasses import replace

from PySide6.QtCore import QPointF, QRectF, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFontMetrics,
    QMouseEvent,
    QPaintEvent,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QFrame, QWidget

from app import avatar_store, theme
from app.buttons import IconButton, on_click
from app.panels.face import Face, View
from app.panels.host import FaceHost
from app.panels.overlay import paint_corners
from app.widgets import painting, row
from app.words import emotion_word
from app.worker import Latest
from avatars import AvatarError, Identity, Scene
from avatars.scene import shape_of

_BELOW = 0.06
"""Share of the height that the chin leaves to the buttons; clothes show there."""
_TURN_DEG = 30.0
_MOST_TILT_DEG = 35.0
_ZOOMS = (0.7, 3.0)
_ZOOM_STEP = 1.25
_SCRIM = QColor(10, 16, 22, 165)
_WHITE = QColor("#FFFFFF")


class _Over(QWidget):
    """Painted over the face: the emotion worn; and the card's round corners, which a view of
    OpenGL cannot cut itself."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._emotion, self._amount = "neutral", 1.0

    def show_emotion(self, emotion: str, amount: float) -> None:
        self._emotion, self._amount = emotion, amount
        self.setAccessibleName(self._words())
        self.update()

    def _words(self) -> str:
        percent = f"{100 * self._amount:.0f}"
        return self.tr("{0} {1} %").format(emotion_word(self._emotion), percent)

    def paintEvent(self, event: QPaintEvent) -> None:
        with painting(self) as painter:
            font, said = theme.font(12, 600), self._words()
            width = QFontMetrics(font).horizontalAdvance(said) + 36
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(_SCRIM)
            painter.drawRoundedRect(QRectF(14, 14, width, 26), 13, 13)
            painter.setBrush(QColor(theme.DARK.emotion(self._emotion)))
            painter.drawEllipse(QPointF(29, 27), 5, 5)
            painter.setFont(font)
            painter.setPen(_WHITE)
            painter.drawText(QRectF(40, 14, width, 26), Qt.AlignmentFlag.AlignVCenter, said)
            paint_corners(painter, QRectF(self.rect()))


class _Buttons(QFrame):
    """Turn, look straight, zoom."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        names = {
            "left": ("arrow-arc-left", self.tr("Turn to the left")),
            "centre": ("user", self.tr("From the front")),
            "right": ("arrow-arc-right", self.tr("Turn to the right")),
            "out": ("magnifying-glass-minus", self.tr("Farther away")),
            "in": ("magnifying-glass-plus", self.tr("Nearer")),
        }
        self.buttons = {k: _OnPicture(icon, words) for k, (icon, words) in names.items()}
        self.setLayout(row(*self.buttons.values(), gap=4, margins=(12, 3, 12, 3)))
        self.adjustSize()

    def paintEvent(self, event: QPaintEvent) -> None:
        with painting(self) as painter:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(_SCRIM)
            painter.drawRoundedRect(QRectF(self.rect()), 19, 19)


class _OnPicture(IconButton):
    """White in both themes, as what lies behind it is dark in both."""

    def __init__(self, icon: str, words: str) -> None:
        super().__init__(icon, words, px=20, side=34)
        self.setProperty("kind", "picture")

    def retint(self) -> None:
        self.setIcon(theme.icon(self._icon, _WHITE.name()))


class Preview(FaceHost):
    """Shows one identity after another, in whatever emotion, from wherever one drags it to."""

    refused = Signal(str)
    """Why what was asked for cannot be shown; the face on screen stays."""
    built = Signal(float)
    """Seconds that the newest face took."""

    def __init__(self) -> None:
        super().__init__(View(clear_below=_BELOW))
        self.setMinimumSize(260, 200)
        self.setCursor(Qt.CursorShape.OpenHandCursor)
        self._scene: Scene | None = None
        self._identity: Identity | None = None
        self._dragged: QPointF | None = None
        self._builder = Latest[tuple[Scene, float]](self, self._arrived, self.refused.emit)
        self._over = _Over(self)
        self._controls = _Buttons(self)
        self.buttons = self._controls.buttons
        on_click(self.buttons["left"], lambda: self._turn(-_TURN_DEG))
        on_click(self.buttons["right"], lambda: self._turn(_TURN_DEG))
        on_click(self.buttons["centre"], self.straighten)
        on_click(self.buttons["out"], lambda: self._zoom(1 / _ZOOM_STEP))
        on_click(self.buttons["in"], lambda: self._zoom(_ZOOM_STEP))

    def show_identity(self, identity: Identity) -> None:
        """Colours alone are seen at once, another shape as soon as it is built."""
        if not self.probe():
            return
        self._identity = identity
        if self._scene is not None and _same_shape(identity, self._scene.identity):
            self.show_scene(Scene(identity, self._scene.parts))
            if not self._builder.busy:
                return
        self._builder.ask(lambda: _built(identity))

    def _arrived(self, result: tuple[Scene, float]) -> None:
        self._scene, took_s = result
        wanted = self._identity or self._scene.identity
        # its colours may have changed meanwhile; where the shape has, another one is being built
        same = _same_shape(wanted, self._scene.identity)
        self.show_scene(Scene(wanted, self._scene.parts) if same else self._scene)
        self.built.emit(took_s)

    @property
    def scene(self) -> Scene | None:
        """The scene last built."""
        return self._scene

    @property
    def settled(self) -> bool:
        """True once what was asked for last is on the screen."""
        shown, built = self.shown, self._scene
        if self._builder.busy or shown is None or built is None:
            return False
        return shown.parts is built.parts and shown.identity == self._identity

    def wear_emotion(self, emotion: str, amount: float) -> None:
        self.wear(Face({emotion: amount}))
        self._over.show_emotion(emotion, amount)

    @property
    def view(self) -> View:
        return self._look

    def straighten(self) -> None:
        self.look(View(clear_below=_BELOW))

    def _turn(self, by_deg: float, tilt_deg: float = 0.0) -> None:
        tilt = min(max(self._look.tilt_deg + tilt_deg, -_MOST_TILT_DEG), _MOST_TILT_DEG)
        turned = (self._look.orbit_deg + by_deg + 180.0) % 360.0 - 180.0
        self.look(replace(self._look, orbit_deg=turned, tilt_deg=tilt))

    def _zoom(self, times: float) -> None:
        zoom = min(max(self._look.zoom * times, _ZOOMS[0]), _ZOOMS[1])
        self.look(replace(self._look, zoom=zoom))

    def stop(self) -> None:
        self._builder.cancel()
        super().stop()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() is Qt.MouseButton.LeftButton:
            self._dragged = event.position()
            self.setCursor(Qt.CursorShape.ClosedHandCursor)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._dragged is not None:
            moved = event.position() - self._dragged
            self._dragged = event.position()
            # the face follows the hand
            self._turn(-0.4 * moved.x(), 0.3 * moved.y())

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._dragged = None
        self.setCursor(Qt.CursorShape.OpenHandCursor)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self.straighten()

    def wheelEvent(self, event: QWheelEvent) -> None:
        self._zoom(_ZOOM_STEP ** (event.angleDelta().y() / 120))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._over.setGeometry(self.rect())
        controls = self._controls
        left = (self.width() - controls.width()) // 2
        controls.move(left, self.height() - controls.height() - 12)
        controls.raise_()


def _built(identity: Identity) -> tuple[Scene, float]:
    began = time.perf_counter()
    return avatar_store.build(identity), time.perf_counter() - began


def _same_shape(one: Identity, other: Identity) -> bool:
    try:
        return shape_of(one) == shape_of(other)
    except AvatarError:
        return False  # building it says why
