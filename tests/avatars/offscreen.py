"""An OpenGL 3.3 context without a window, and pictures drawn in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PySide6.QtGui import QGuiApplication, QImage, QOffscreenSurface, QOpenGLContext, QSurfaceFormat
from PySide6.QtOpenGL import QOpenGLFramebufferObject, QOpenGLFramebufferObjectFormat

if TYPE_CHECKING:
    from avatars.renderer import Renderer
    from avatars.rig import Pose


class NoOpenGLError(Exception):
    """This display cannot give OpenGL 3.3; the message says why."""


class Canvas:
    """A current context with a framebuffer of `size` x `size` pixels.

    A QGuiApplication must exist. Raises NoOpenGLError.
    """

    def __init__(self, size: int, samples: int = 0, *, debug: bool = False) -> None:
        wanted = QSurfaceFormat()
        wanted.setVersion(3, 3)
        wanted.setProfile(QSurfaceFormat.OpenGLContextProfile.CoreProfile)
        if debug:
            wanted.setOption(QSurfaceFormat.FormatOption.DebugContext)
        self._surface = QOffscreenSurface()
        self._surface.setFormat(wanted)
        self._surface.create()
        self.context = QOpenGLContext()
        self.context.setFormat(wanted)
        if not self.context.create() or self.context.format().version() < (3, 3):
            platform = QGuiApplication.platformName()
            raise NoOpenGLError(f"Qt's {platform} platform gives no OpenGL 3.3 context")
        if not self.context.makeCurrent(self._surface):
            raise NoOpenGLError("the offscreen surface cannot be made current")
        self.size = size
        kind = QOpenGLFramebufferObjectFormat()
        kind.setSamples(samples)
        kind.setAttachment(QOpenGLFramebufferObject.Attachment.CombinedDepthStencil)
        self.framebuffer = QOpenGLFramebufferObject(size, size, kind)

    def draw(self, renderer: Renderer, pose: Pose, **options: object) -> NDArray[np.uint8]:
        """The picture that `renderer` draws, (size, size, 3)."""
        self.framebuffer.bind()
        renderer.draw(self.size, self.size, pose, **options)
        image = self.framebuffer.toImage().convertToFormat(QImage.Format.Format_RGB888)
        rows = np.frombuffer(image.constBits(), np.uint8).reshape(self.size, image.bytesPerLine())
        return rows[:, : 3 * self.size].reshape(self.size, self.size, 3).copy()

    def close(self) -> None:
        self.framebuffer.release()
        del self.framebuffer
        self.context.doneCurrent()
        self._surface.destroy()
