"""One frame of the avatar, drawn as the window draws it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QSize
from PySide6.QtGui import QOffscreenSurface, QOpenGLContext
from PySide6.QtOpenGL import QOpenGLFramebufferObject

from app.application import application
from app.memory import resident_mb
from app.panels.driver import probe_driver, surface_format
from app.studio.chance import person
from avatars import Animator, identity_names, load_scene
from evoke.emotion import EMOTIONS
from evoke.errors import EvokeError

if TYPE_CHECKING:
    from avatars.renderer import Renderer

_FIRST = 10
"""Frames that are not counted."""
_PEOPLE = 40
"""How many different people follow one another."""


def frame_ms(frames: int, size: int, changes: int = 0) -> dict[str, object]:
    """Median and 95th percentile, in ms, of posing, blending, drawing and reading back one frame
    while the emotions follow one another; and the longest time that an identity took to build
    once the shared head was read.

    changes: that many times, spread over the frames, another avatar takes its place in the same
    context, as in the studio; memory is measured before and after, in MiB, and errors of OpenGL
    are counted. Raises EvokeError without OpenGL 3.3.
    """
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
    change_every = max(1, frames // changes) if changes else 0
    times: list[float] = []
    swaps: list[float] = []
    before = after = 0.0
    errors = 0
    for k in range(frames + _FIRST):
        if k == min(_FIRST + frames // 4, frames):  # by then everything was there once
            before = resident_mb()
        if change_every and k >= _FIRST and (k - _FIRST) % change_every == 0:
            swaps.append(_swap(renderer, len(swaps)))
        emotion = EMOTIONS[k // 25 % len(EMOTIONS)]
        began = time.perf_counter()
        target.bind()
        renderer.draw(size, size, animator.update(1 / 30, {emotion: 1.0}, False))
        target.toImage()
        times.append(time.perf_counter() - began)
        errors += context.functions().glGetError() != 0
    after = resident_mb()
    renderer.release()
    context.doneCurrent()
    qt.processEvents()
    kept = np.array(times[_FIRST:]) * 1000  # the first frames compile shaders
    return {
        "renderer": driver.renderer,
        "median_ms": float(np.median(kept)),
        "p95_ms": float(np.percentile(kept, 95)),
        "build_ms": max(build_ms),
        "changes": len(swaps),
        "change_ms": float(np.median(swaps)) if swaps else 0.0,
        "before_mib": before,
        "after_mib": after,
        "errors": errors,
    }


def _swap(renderer: Renderer, number: int) -> float:
    """Milliseconds to build somebody and hand them to the renderer."""
    began = time.perf_counter()
    renderer.show(load_scene(person(number % _PEOPLE, "x")))
    return 1000 * (time.perf_counter() - began)
