"""Pictures of avatars without a window: stills, contact sheets, clips."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPoint, QRect, QSize, Qt
from PySide6.QtGui import (
    QColor,
    QGuiApplication,
    QImage,
    QOffscreenSurface,
    QOpenGLContext,
    QPainter,
)
from PySide6.QtOpenGL import QOpenGLFramebufferObject, QOpenGLFramebufferObjectFormat

from app import theme
from app.application import application
from app.panels.driver import finish_drawing, probe_driver, surface_format
from app.screen import screen
from avatars import EMOTIONS, Animator, AvatarError, Pose, Scene, still
from evoke.errors import EvokeError

if TYPE_CHECKING:
    from avatars.renderer import Renderer, Rgb

Pixels = NDArray[np.uint8]

FINER = 2
"""Pixels drawn for one of the picture, each way, and averaged: it smooths hair and lashes too."""

_TITLE_PX, _MARGIN_PX = 26, 12
_INK, _PAPER = QColor("#26323A"), QColor("#FFFFFF")
SEED = 7

FPS = 30
TURN_FRAMES = 8 * FPS
"""Frames of a turntable: once round in eight seconds."""


class Place:
    """What a canvas needs of the GUI thread: only there may a surface be made.

    Raises EvokeError without OpenGL 3.3.
    """

    def __init__(self) -> None:
        driver = probe_driver()
        if not driver.usable:
            found = driver.renderer or QGuiApplication.platformName()
            raise EvokeError(f"A picture of an avatar needs OpenGL 3.3; found {found}.")
        self.software = driver.software
        self.surface = QOffscreenSurface()
        self.surface.setFormat(surface_format())
        self.surface.create()

    def close(self) -> None:
        self.surface.destroy()


class Canvas:
    """A current OpenGL context with a square framebuffer, and pictures drawn in it, on any one
    thread. Use `canvas` unless a QApplication is at hand."""

    def __init__(self, size_px: int, place: Place) -> None:
        self.size_px = size_px
        self._software = place.software
        self._context = QOpenGLContext()
        self._context.setFormat(surface_format())
        if not self._context.create() or not self._context.makeCurrent(place.surface):
            raise EvokeError("A picture of an avatar needs OpenGL 3.3, which could not be started.")
        kind = QOpenGLFramebufferObjectFormat()
        kind.setAttachment(QOpenGLFramebufferObject.Attachment.CombinedDepthStencil)
        side = size_px * FINER
        self._target = QOpenGLFramebufferObject(QSize(side, side), kind)

    @contextlib.contextmanager
    def showing(self, scene: Scene) -> Iterator[Sitter]:
        """`scene`, ready to be drawn for the length of a with-block."""
        from avatars.renderer import Renderer

        renderer = Renderer(scene, cpu_blend=self._software)
        try:
            renderer.initialize()
            yield Sitter(self._target, renderer, self.size_px)
        except AvatarError as error:
            raise EvokeError(str(error)) from error
        finally:
            renderer.release()

    def close(self) -> None:
        del self._target
        self._context.doneCurrent()


class Sitter:
    """One avatar before the canvas."""

    def __init__(self, target: QOpenGLFramebufferObject, renderer: Renderer, size_px: int) -> None:
        self._target, self._renderer, self._size_px = target, renderer, size_px

    def change(self, scene: Scene) -> None:
        """Another avatar takes the place of this one. Raises AvatarError."""
        self._renderer.show(scene)

    def draw(
        self,
        pose: Pose,
        *,
        orbit_deg: float = 0.0,
        background: tuple[Rgb, Rgb] | None = None,
        grey: float = 0.0,
        clear_below: float = 0.0,
    ) -> QImage:
        """The avatar in `pose`, seen from `orbit_deg` round it. background: top and bottom, pale
        if None; grey, clear_below: as `Renderer.draw` takes them."""
        from avatars.renderer import PALE

        self._target.bind()
        side = self._target.width()
        self._renderer.draw(
            *(side, side, pose),
            background=background or PALE,
            desaturate=grey,
            clear_below=clear_below,
            orbit_deg=orbit_deg,
        )
        finish_drawing()
        drawn = self._target.toImage().convertToFormat(QImage.Format.Format_RGB888)
        return finer(drawn, self._size_px)


@contextlib.contextmanager
def canvas(size_px: int) -> Iterator[Canvas]:
    """A canvas, on a virtual screen where there is no other. Raises EvokeError."""
    with screen() as there:
        if not there:
            raise EvokeError("A picture of an avatar needs a screen, or Xvfb to stand in for one.")
        qt = application()
        place = Place()
        made = Canvas(size_px, place)
        try:
            yield made
        finally:
            made.close()
            place.close()
            qt.processEvents()


def portrait(board: Canvas, scene: Scene, emotion: str) -> QImage:
    """`scene` wearing `emotion`. Raises EvokeError."""
    with board.showing(scene) as sitter:
        return sitter.draw(still({emotion: 1.0}))


def draw_sheet(scenes: Iterable[Scene], rows: int, size_px: int, *, plain: bool) -> QImage:
    """A row an identity, a column an emotion, in square tiles of `size_px`.

    rows: how many scenes there are. plain: without names and margins. Raises EvokeError.
    """
    left, top, gap = (0, 0, 0) if plain else (_MARGIN_PX, _MARGIN_PX + _TITLE_PX, _MARGIN_PX)
    step, line = size_px + gap, size_px + (gap + _TITLE_PX) * (not plain)
    width, height = left + step * len(EMOTIONS), (top - _TITLE_PX * (not plain)) + line * rows
    sheet = QImage(width, height, QImage.Format.Format_RGB888)
    sheet.fill(_PAPER)
    with canvas(size_px) as board:
        painter = QPainter(sheet)
        try:
            for row, scene in enumerate(scenes):
                with board.showing(scene) as sitter:
                    for column, emotion in enumerate(EMOTIONS):
                        corner = QPoint(left + column * step, top + row * line)
                        painter.drawImage(corner, sitter.draw(still({emotion: 1.0})))
                        if not plain:
                            _label(painter, corner, size_px, f"{scene.identity.name}: {emotion}")
        finally:
            painter.end()
    return sheet


def draw_blends(scene: Scene, size_px: int) -> QImage:
    """`scene` halfway between each two emotions, in square tiles of `size_px`: a row and a column
    an emotion, the emotions themselves along the diagonal. Raises EvokeError."""
    count, step = len(EMOTIONS), size_px + _MARGIN_PX // 2
    left = 3 * _TITLE_PX + _MARGIN_PX
    width, height = left + count * step, _TITLE_PX + count * step
    sheet = QImage(width, height, QImage.Format.Format_RGB888)
    sheet.fill(_PAPER)
    with canvas(size_px) as board, board.showing(scene) as sitter:
        painter = QPainter(sheet)
        try:
            for row, one in enumerate(EMOTIONS):
                place = QPoint(_MARGIN_PX, _TITLE_PX + row * step + (size_px + _TITLE_PX) // 2)
                _label(painter, place, left, one)
                _label(painter, QPoint(left + row * step, _TITLE_PX), size_px, one)
                for column, other in enumerate(EMOTIONS):
                    pose = still({one: 0.5, other: 0.5} if one != other else {one: 1.0})
                    corner = QPoint(left + column * step, _TITLE_PX + row * step)
                    painter.drawImage(corner, sitter.draw(pose))
        finally:
            painter.end()
    return sheet


def _label(painter: QPainter, corner: QPoint, width: int, words: str) -> None:
    theme.load_fonts()
    painter.setFont(theme.font(15, 500))
    painter.setPen(_INK)
    place = QRect(corner.x(), corner.y() - _TITLE_PX, width, _TITLE_PX)
    painter.drawText(place, Qt.AlignmentFlag.AlignVCenter, words)


def turning(board: Canvas, scene: Scene, emotion: str) -> Iterator[Pixels]:
    """Frames, (size, size, 3), of the living face seen once from all round. Raises EvokeError."""
    animator = Animator(SEED)
    for _ in range(FPS):  # the face arrives at its expression before the first frame
        animator.update(1.0 / FPS, {emotion: 1.0})
    with board.showing(scene) as sitter:
        for k in range(TURN_FRAMES):
            pose = animator.update(1.0 / FPS, {emotion: 1.0})
            yield pixels(sitter.draw(pose, orbit_deg=360.0 * k / TURN_FRAMES))


def finer(image: QImage, size_px: int) -> QImage:
    """A picture that was drawn `FINER`, brought to `size_px` square."""
    return image.scaled(
        QSize(size_px, size_px),
        Qt.AspectRatioMode.IgnoreAspectRatio,
        Qt.TransformationMode.SmoothTransformation,
    )


def image_of(pixels: Pixels) -> QImage:
    """A picture of (height, width, 3) sRGB pixels."""
    height, width = pixels.shape[:2]
    packed = np.ascontiguousarray(pixels)
    view = QImage(packed.data, width, height, 3 * width, QImage.Format.Format_RGB888)
    return view.copy()


def pixels(image: QImage) -> Pixels:
    """`image`, RGB888, as (height, width, 3)."""
    rows = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine())
    return rows[:, : 3 * image.width()].reshape(image.height(), image.width(), 3).copy()
