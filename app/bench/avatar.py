"""One frame of the avatar, drawn as the window draws it."""

from __future__ import annotations

import time

import numpy as np
from PySide6.QtCore import QSize
from PySide6.QtGui import QOffscreenSurface, QOpenGLContext
from PySide6.QtOpenGL import QOpenGLFramebufferObject

from app.main import application
from app.panels.driver import probe_driver, surface_format
from avatars import Animator, identity_names, load_scene
from evoke.emotion import EMOTIONS
from evoke.errors import EvokeError


def frame_ms(frames: int, size: int) -> dict[str, object]:
    """Median and 95th percentile, in ms, of posing, blending, drawing and reading back one frame
    while the emotions follow one another; and the longest time that an identity took to build
    once the shared head was read. Raises EvokeError without OpenGL 3.3."""
    qt = application()
    driver = probe_driver()
    if not driver.usable:
        raise EvokeError(f"The avatar needs OpenGL 3.3; the driver is {driver.renderer or 'none'}.")
    from avatars.renderer import Renderer

    surface, context = QOffscreenSurface(), QOpenGLContext()
    for part in (surface, context):
        part.setFormat(surface_format())
        part.create()
    context.makeCurrent(surface)
    depth = QOpenGLFramebufferObject.Attachment.CombinedDepthStencil
    target = QOpenGLFramebufferObject(QSize(size, size), depth)
    scene, build_ms = load_scene(), []
    for name in identity_names():
        began = time.perf_counter()
        load_scene(name)
        build_ms.append(1000 * (time.perf_counter() - began))
    renderer = Renderer(scene, cpu_blend=driver.software, smooth_edges=driver.software)
    animator = Animator(1)
    renderer.initialize()
    times = []
    for k in range(frames + 10):
        emotion = EMOTIONS[k // 25 % len(EMOTIONS)]
        began = time.perf_counter()
        target.bind()
        renderer.draw(size, size, animator.update(1 / 30, {emotion: 1.0}, False))
        target.toImage()
        times.append(time.perf_counter() - began)
    renderer.release()
    context.doneCurrent()
    qt.processEvents()
    kept = np.array(times[10:]) * 1000  # the first frames compile shaders
    return {
        "renderer": driver.renderer,
        "median_ms": float(np.median(kept)),
        "p95_ms": float(np.percentile(kept, 95)),
        "build_ms": max(build_ms),
    }
