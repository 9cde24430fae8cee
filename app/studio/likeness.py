"""Draws faces on a thread of its own: stills for before and after, and one laid over a photograph.

The newest wish for each place counts; older ones that have not begun are dropped.
"""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QSize, QThread, Signal
from PySide6.QtGui import QImage, QOffscreenSurface, QOpenGLContext
from PySide6.QtOpenGL import QOpenGLFramebufferObject

from app.avatar_pictures import FINER, finer, pixels
from app.panels.driver import finish_drawing, probe_driver, surface_format
from app.panels.face import backdrop
from avatars import AvatarError, Identity, Pose, Scene, load_scene, still
from avatars.photo.camera import Camera
from avatars.photo.places import seen_by_renderer

if TYPE_CHECKING:
    from avatars.renderer import Renderer

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Wish:
    """A face to draw into the place `key`, `size_px` square. turned: the head as the photograph
    has it, on a clear ground, its landmarks given along; else upright before the backdrop."""

    key: str
    identity: Identity
    size_px: int
    turned: Camera | None = None


@dataclass(frozen=True, slots=True)
class Likeness:
    """image: square. points: (22, 2) landmarks in it, of a turned wish."""

    image: QImage
    points: NDArray[np.float64] | None = None


class Likenesses(QThread):
    """`ready` carries a wish and its Likeness; `failed` a sentence for the user."""

    ready = Signal(object, object)
    failed = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        driver = probe_driver()
        self._usable, self._software = driver.usable, driver.software
        self._surface = QOffscreenSurface()
        self._surface.setFormat(surface_format())
        self._surface.create()  # may only be done on the GUI thread
        self._wishes: dict[str, Wish] = {}
        self._lock = threading.Lock()
        self._stopping = False
        self._scene: Scene | None = None
        self.finished.connect(self._go_on)

    # -- from the GUI thread

    def draw(self, wish: Wish) -> None:
        """Ask for a picture; an older wish for the same place is forgotten."""
        with self._lock:
            self._wishes[wish.key] = wish
        self._go_on()

    def _go_on(self) -> None:
        """Start, if there is anything to do: the thread ends when it has done all."""
        with self._lock:
            anything = bool(self._wishes)
        if anything and not self._stopping and not self.isRunning():
            self.start(QThread.Priority.LowPriority)

    def forget(self) -> None:
        """Nothing is wished for any more."""
        with self._lock:
            self._wishes.clear()

    def end(self) -> None:
        self._stopping = True
        self.wait()

    # -- on the drawing thread

    def run(self) -> None:
        context = QOpenGLContext()
        context.setFormat(surface_format())
        if not self._usable or not context.create() or not context.makeCurrent(self._surface):
            self.forget()
            self.failed.emit(self.tr("Faces cannot be drawn: OpenGL 3.3 could not be started."))
            return
        try:
            while not self._stopping and (wish := self._next()) is not None:
                self._fulfil(wish)
        finally:
            self._scene = None
            context.doneCurrent()

    def _next(self) -> Wish | None:
        with self._lock:
            return self._wishes.pop(next(iter(self._wishes))) if self._wishes else None

    def _fulfil(self, wish: Wish) -> None:
        try:
            portrait = self._drawn(wish)
        except AvatarError as error:
            self.failed.emit(str(error))
        except Exception as error:
            log.exception("drawing a portrait stopped")
            self.failed.emit(str(error))
        else:
            self.ready.emit(wish, portrait)

    def _drawn(self, wish: Wish) -> Likeness:
        from avatars.renderer import Renderer

        if self._scene is None or self._scene.identity != wish.identity:
            self._scene = load_scene(wish.identity)
        angles = (0.0, 0.0, 0.0) if wish.turned is None else wish.turned.angles_deg
        pose = replace(still({}), head_deg=np.array(angles, np.float32))
        renderer = Renderer(self._scene, cpu_blend=self._software)
        side = wish.size_px * FINER
        depth = QOpenGLFramebufferObject.Attachment.CombinedDepthStencil
        target = QOpenGLFramebufferObject(QSize(side, side), depth)
        try:
            renderer.initialize()
            target.bind()
            if wish.turned is None:
                renderer.draw(side, side, pose, background=backdrop())
                finish_drawing()
                return Likeness(finer(target.toImage(), wish.size_px))
            image = _cut_out(renderer, target, pose)
        finally:
            renderer.release()
            target.release()
        points = seen_by_renderer(wish.identity, angles) * wish.size_px
        return Likeness(finer(image, wish.size_px), points)


def _cut_out(renderer: Renderer, target: QOpenGLFramebufferObject, pose: Pose) -> QImage:
    """The avatar on a clear ground: what differs between black and white behind it is clear."""
    side = target.width()
    shots = []
    for grey in (0.0, 1.0):
        renderer.draw(side, side, pose, background=((grey,) * 3, (grey,) * 3))
        finish_drawing()
        image = target.toImage().convertToFormat(QImage.Format.Format_RGB888)
        shots.append(pixels(image).astype(np.int16))
    black, white = shots
    alpha = 255 - np.clip((white - black).max(2), 0, 255)
    whole = np.dstack([black, alpha]).astype(np.uint8)
    packed = np.ascontiguousarray(whole)
    kind = QImage.Format.Format_RGBA8888_Premultiplied
    return QImage(packed.data, side, side, 4 * side, kind).copy()
