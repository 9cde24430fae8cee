"""The two hosts of the avatar's renderer."""

from __future__ import annotations

import logging
import os
import sys
import threading
import time
from dataclasses import dataclass

from PySide6.QtCore import QElapsedTimer, QSize, Qt, QThread, QTimer, Signal
from PySide6.QtGui import (
    QColor,
    QHideEvent,
    QImage,
    QOffscreenSurface,
    QOpenGLContext,
    QPainter,
    QPaintEvent,
    QResizeEvent,
    QShowEvent,
)
from PySide6.QtOpenGL import QOpenGLFramebufferObject
from PySide6.QtOpenGLWidgets import QOpenGLWidget
from PySide6.QtWidgets import QVBoxLayout, QWidget

from app import theme
from app.panels.driver import finish_drawing, surface_format
from app.widgets import painting
from avatars import Animator, AvatarError, Scene

log = logging.getLogger(__name__)

_SEED = 7
WORDS_SHARE = 0.2
"""Share of the height, from the bottom, that the chin leaves to the words."""
_GREY = 0.62
"""How much colour an undecided face loses."""


@dataclass(frozen=True, slots=True)
class Face:
    """What the face is to wear. weights: emotion -> 0..1."""

    weights: dict[str, float]
    undecided: bool = False


@dataclass(frozen=True, slots=True)
class View:
    """From where the face is seen, as `avatars.scene.camera` takes it."""

    clear_below: float = WORDS_SHARE
    orbit_deg: float = 0.0
    tilt_deg: float = 0.0
    zoom: float = 1.0


def backdrop() -> tuple[tuple[float, float, float], tuple[float, float, float]]:
    """Colours behind the face, top and bottom, sRGB 0..1: dark in both themes, so that the words
    over it are read."""
    top, bottom = (QColor("#3C4C5A"), QColor("#1E252C"))
    if not theme.current().dark:
        top, bottom = (QColor("#5A646C"), QColor("#262C32"))
    return _rgb(top), _rgb(bottom)


def _rgb(tint: QColor) -> tuple[float, float, float]:
    return tint.redF(), tint.greenF(), tint.blueF()


def greyed(grey: float, face: Face, dt_s: float) -> float:
    """How much colour the face has lost, `dt_s` after it had lost `grey`."""
    goal = _GREY if face.undecided else 0.0
    return grey + (goal - grey) * min(1.0, dt_s * 4.0)


class FaceView(QWidget):
    """A widget that shows the face; `failed` carries a sentence for the user.

    shown: the scene of the picture that is on the screen; None until there is one.
    frames: how many pictures there were so far.
    """

    failed = Signal(str)
    shown: Scene | None = None
    frames = 0

    def wear(self, face: Face) -> None:
        raise NotImplementedError

    def set_scene(self, scene: Scene) -> None:
        """Show another avatar from the next frame on; until then the one on screen stays."""
        raise NotImplementedError

    def look(self, view: View) -> None:
        raise NotImplementedError

    def stop(self) -> None:
        raise NotImplementedError


class _Stage:
    """Animator and renderer of one context. Every call wants that context to be current."""

    def __init__(self, scene: Scene, *, cpu_blend: bool) -> None:
        from avatars.renderer import Renderer

        self._scene = scene
        self._renderer = Renderer(scene, cpu_blend=cpu_blend, smooth_edges=cpu_blend)
        self._renderer.initialize()
        self._animator = Animator(_SEED)
        self._grey = 0.0

    def draw(
        self, size: tuple[int, int], scene: Scene, face: Face, view: View, dt_s: float
    ) -> None:
        """One frame of `size` pixels, `dt_s` after the last one."""
        if scene is not self._scene:
            self._renderer.show(scene)
            self._scene = scene
        pose = self._animator.update(dt_s, face.weights, face.undecided)
        self._grey = greyed(self._grey, face, dt_s)
        self._renderer.draw(
            *(*size, pose),
            background=backdrop(),
            desaturate=self._grey,
            clear_below=view.clear_below,
            orbit_deg=view.orbit_deg,
            tilt_deg=view.tilt_deg,
            zoom=view.zoom,
        )

    def release(self) -> None:
        self._renderer.release()


class _Canvas(QOpenGLWidget):
    """Where a hardware driver draws."""

    failed = Signal(str)
    drawn = Signal(object)

    def __init__(self, scene: Scene) -> None:
        super().__init__()
        form = surface_format()
        form.setSamples(4)
        self.setFormat(form)
        self._stage: _Stage | None = None
        self._clock = QElapsedTimer()
        self.scene, self.face, self.view = scene, Face({}), View()

    def initializeGL(self) -> None:
        try:
            self._stage = _Stage(self.scene, cpu_blend=False)
        except AvatarError as error:
            self.failed.emit(str(error))
            return
        self.context().aboutToBeDestroyed.connect(self.release)
        self._clock.start()

    def paintGL(self) -> None:
        if self._stage is None:
            return
        ratio = self.devicePixelRatioF()
        dt_s = self._clock.restart() / 1000
        size = (round(self.width() * ratio), round(self.height() * ratio))
        self._stage.draw(size, self.scene, self.face, self.view, dt_s)
        self.drawn.emit(self.scene)

    def release(self) -> None:
        if self._stage is not None:
            self.makeCurrent()
            self._stage.release()
            self.doneCurrent()
            self._stage = None


class HardwareFace(FaceView):
    """The face in a QOpenGLWidget, at the screen's rate."""

    def __init__(self, scene: Scene) -> None:
        super().__init__()
        self._canvas = _Canvas(scene)
        self._canvas.failed.connect(self.failed)
        self._canvas.drawn.connect(self._note_drawn)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._canvas)
        self._timer = QTimer(self)
        self._timer.setInterval(16)
        self._timer.timeout.connect(self._canvas.update)

    def _note_drawn(self, scene: Scene) -> None:
        self.shown = scene
        self.frames += 1

    def wear(self, face: Face) -> None:
        self._canvas.face = face

    def set_scene(self, scene: Scene) -> None:
        self._canvas.scene = scene

    def look(self, view: View) -> None:
        self._canvas.view = view

    def stop(self) -> None:
        self._timer.stop()
        self._canvas.release()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._timer.start()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._timer.stop()


def thread_gives_way() -> None:
    """Let every other thread go first; Linux keeps a niceness for each thread of its own."""
    if sys.platform == "linux":
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), 10)


class _Painter(QThread):
    """Draws frames into a framebuffer of its own, as fast as leaves room for everything else."""

    frame_ready = Signal()
    failed = Signal(str)

    LEAST_INTERVAL_S = 1 / 25
    _BUSY = 0.65
    """Share of the time that may go into drawing."""
    _SCALES = (1.4, 1.2, 1.0, 0.8)
    """Pixels drawn for one of the screen; above one, edges are smoothed."""
    _SLOW_S, _FAST_S = 0.043, 0.027
    """Frames that take longer on average get fewer pixels, shorter ones more."""
    _PATIENCE = 40
    """Frames between two changes of scale."""

    def __init__(self, scene: Scene, parent: QWidget) -> None:
        super().__init__(parent)
        self._scene = scene
        self._surface = QOffscreenSurface()
        self._surface.setFormat(surface_format())
        self._surface.create()  # may only be done on the GUI thread
        self._lock = threading.Lock()
        self._wake = threading.Event()
        self._hurry = threading.Event()
        self._stopping = threading.Event()
        self._visible = False
        self._size = QSize()
        self._face, self._view = Face({}), View()
        self._frame: tuple[QImage, Scene] | None = None
        self._scale = self._SCALES.index(1.0)
        self._average_s = 0.0
        self._since_change = 0

    # -- from the GUI thread

    def set_size(self, size: QSize) -> None:
        """In device pixels."""
        with self._lock:
            self._size = size

    def wear(self, face: Face) -> None:
        with self._lock:
            self._face = face

    def set_scene(self, scene: Scene) -> None:
        with self._lock:
            self._scene = scene
        self._hurry.set()

    def look(self, view: View) -> None:
        with self._lock:
            self._view = view
        self._hurry.set()

    def set_visible(self, visible: bool) -> None:
        self._visible = visible
        self._wake.set()

    def take(self) -> tuple[QImage, Scene] | None:
        """The newest frame and whom it shows, if there is one that was not taken."""
        with self._lock:
            frame, self._frame = self._frame, None
        self._wake.set()
        return frame

    def end(self) -> None:
        self._stopping.set()
        self._wake.set()
        self._hurry.set()
        self.wait()

    # -- on the drawing thread

    def run(self) -> None:
        thread_gives_way()
        context = QOpenGLContext()
        context.setFormat(surface_format())
        if not context.create() or not context.makeCurrent(self._surface):
            self.failed.emit(self.tr("OpenGL 3.3 could not be started"))
            return
        stage = None
        try:
            stage = _Stage(self._scene, cpu_blend=True)
            self._draw_until_stopped(stage)
        except AvatarError as error:
            self.failed.emit(str(error))
        except Exception as error:
            log.exception("drawing the face stopped")
            self.failed.emit(str(error))
        finally:
            if stage is not None:
                stage.release()
            context.doneCurrent()

    def _draw_until_stopped(self, stage: _Stage) -> None:
        target: QOpenGLFramebufferObject | None = None
        last = time.perf_counter()
        while not self._stopping.is_set():
            with self._lock:
                size, face, scene, view = self._size, self._face, self._scene, self._view
                waiting = self._frame is not None
            if waiting or not self._visible or size.isEmpty():
                self._wake.wait(0.5)
                self._wake.clear()
                continue
            began = time.perf_counter()
            scaled = size * self._SCALES[self._scale]
            if target is None or target.size() != scaled:
                depth = QOpenGLFramebufferObject.Attachment.CombinedDepthStencil
                target = QOpenGLFramebufferObject(scaled, depth)
            target.bind()
            stage.draw((scaled.width(), scaled.height()), scene, face, view, began - last)
            last = began
            finish_drawing()
            self._hand_over(target.toImage(), scene)
            self._rest(time.perf_counter() - began)

    def _hand_over(self, image: QImage, scene: Scene) -> None:
        with self._lock:
            self._frame = (image, scene)
        self.frame_ready.emit()

    def _rest(self, took_s: float) -> None:
        """Sleep until the next frame, or until something else is to be seen; adapt the number of
        pixels to how long they take."""
        keep = 0.9 if self._average_s else 0.0
        self._average_s = keep * self._average_s + (1 - keep) * took_s
        self._since_change += 1
        if self._since_change >= self._PATIENCE:
            slow, fast = self._average_s > self._SLOW_S, self._average_s < self._FAST_S
            scale = min(max(self._scale + slow - fast, 0), len(self._SCALES) - 1)
            if scale != self._scale:
                self._scale, self._since_change, self._average_s = scale, 0, 0.0
        pause_s = max(self.LEAST_INTERVAL_S - took_s, took_s * (1 / self._BUSY - 1))
        self._hurry.wait(pause_s)
        self._hurry.clear()


class SoftwareFace(FaceView):
    """The face as an image, drawn by a thread."""

    def __init__(self, scene: Scene) -> None:
        super().__init__()
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent, False)
        self._image: QImage | None = None
        self._painter = _Painter(scene, self)
        self._painter.frame_ready.connect(self._take)
        self._painter.failed.connect(self.failed)
        self._painter.start()

    def wear(self, face: Face) -> None:
        self._painter.wear(face)

    def set_scene(self, scene: Scene) -> None:
        self._painter.set_scene(scene)

    def look(self, view: View) -> None:
        self._painter.look(view)

    def stop(self) -> None:
        self._painter.end()

    def _take(self) -> None:
        frame = self._painter.take()
        if frame is not None:
            self._image, self.shown = frame
            self.frames += 1
            self.update()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._painter.set_size(self.size() * self.devicePixelRatioF())

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._painter.set_size(self.size() * self.devicePixelRatioF())
        self._painter.set_visible(True)

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._painter.set_visible(False)

    def paintEvent(self, event: QPaintEvent) -> None:
        if self._image is not None:
            with painting(self) as painter:
                painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
                painter.drawImage(self.rect(), self._image)
