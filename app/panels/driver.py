"""What this computer's OpenGL can do."""

from __future__ import annotations

import ctypes
from dataclasses import dataclass
from functools import cache

from PySide6.QtGui import QOffscreenSurface, QOpenGLContext, QSurfaceFormat

_GL_RENDERER = 0x1F01
_SOFTWARE = ("llvmpipe", "softpipe", "swrast", "software", "swiftshader", "gdi generic", "basic")


@dataclass(frozen=True, slots=True)
class Driver:
    """What this computer's OpenGL can do. usable: 3.3 or newer; renderer: its own name."""

    usable: bool
    software: bool
    renderer: str


def surface_format() -> QSurfaceFormat:
    """OpenGL 3.3 core with a depth buffer."""
    form = QSurfaceFormat()
    form.setVersion(3, 3)
    form.setProfile(QSurfaceFormat.OpenGLContextProfile.CoreProfile)
    form.setDepthBufferSize(24)
    form.setStencilBufferSize(8)
    return form


@cache
def probe_driver() -> Driver:
    """Ask an offscreen context, once. GUI thread only."""
    surface = QOffscreenSurface()
    surface.setFormat(surface_format())
    surface.create()
    context = QOpenGLContext()
    context.setFormat(surface_format())
    if not surface.isValid() or not context.create() or not context.makeCurrent(surface):
        return Driver(False, True, "")
    try:
        name = str(context.functions().glGetString(_GL_RENDERER) or "")
        form = context.format()
        usable = (form.majorVersion(), form.minorVersion()) >= (3, 3)
    finally:
        context.doneCurrent()
    return Driver(usable, any(word in name.lower() for word in _SOFTWARE), name)


def finish_drawing() -> None:
    """Wait until the driver has drawn what it was asked in the current context.

    Reading a picture would wait too, but with Python's lock held: a software renderer then stops
    the whole window, for up to 180 ms.
    """
    address = QOpenGLContext.currentContext().getProcAddress(b"glFinish")
    if address:
        ctypes.CFUNCTYPE(None)(int(address))()
