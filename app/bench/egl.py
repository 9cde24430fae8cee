"""The avatar on a GPU that has no screen, through EGL: `python -m app.bench.egl --help`.

Needs neither Qt nor an X server, so that a computer rented for training can be measured too.
"""

from __future__ import annotations

import argparse
import contextlib
import ctypes
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.memory import resident_mb
from evoke.errors import EvokeError

# Of EGL 1.5 and EGL_EXT_platform_device
_PLATFORM_DEVICE, _OPENGL_API, _NONE = 0x313F, 0x30A2, 0x3038
_SURFACE_TYPE, _PBUFFER_BIT, _RENDERABLE_TYPE, _OPENGL_BIT = 0x3033, 1, 0x3040, 8
_RED, _GREEN, _BLUE, _ALPHA, _DEPTH, _STENCIL = 0x3024, 0x3023, 0x3022, 0x3021, 0x3025, 0x3026
_SAMPLE_BUFFERS, _SAMPLES, _WIDTH, _HEIGHT = 0x3032, 0x3031, 0x3057, 0x3056
_MAJOR, _MINOR, _PROFILE, _CORE = 0x3098, 0x30FB, 0x30FD, 1
_RGB, _UNSIGNED_BYTE, _NO_ERROR = 0x1907, 0x1401, 0
_MOST_DEVICES = 16

WARM_UP = 20
"""Frames before those that are timed: the first ones compile shaders."""


@dataclass(frozen=True, slots=True)
class Found:
    """Frame times in ms: CPU until the driver has it all, and until the picture is there.
    change_ms: from one person to the next. grown_mb: memory of the process after `changes`
    against after everybody was seen twice."""

    renderer: str
    size: int
    samples: int
    frames: int
    submitted_ms: tuple[float, float]
    finished_ms: tuple[float, float]
    changes: int
    change_ms: float
    grown_mb: float
    gl_errors: int


class _Gl:
    """The few functions of OpenGL that stand outside the renderer."""

    def __init__(self) -> None:
        self._library = ctypes.CDLL("libOpenGL.so.0")
        self._library.glGetString.restype = ctypes.c_char_p

    def finish(self) -> None:
        self._library.glFinish()

    def error(self) -> int:
        return int(self._library.glGetError())

    def renderer(self) -> str:
        return (self._library.glGetString(0x1F01) or b"").decode()

    def picture(self, size: int) -> NDArray[np.uint8]:
        """What was drawn, (size, size, 3), the top row first."""
        pixels = np.zeros((size, size, 3), np.uint8)
        self._library.glPixelStorei(0x0D05, 1)  # rows of any length
        where = pixels.ctypes.data_as(ctypes.c_void_p)
        self._library.glReadPixels(0, 0, size, size, _RGB, _UNSIGNED_BYTE, where)
        return pixels[::-1]


@contextlib.contextmanager
def context(size: int, samples: int) -> Iterator[None]:
    """A current core profile 3.3 with a framebuffer of `size` x `size` pixels.

    Raises EvokeError where EGL offers none.
    """
    os.environ.setdefault("PYOPENGL_PLATFORM", "egl")
    egl = _library()
    display = _display(egl)
    if display is None:
        raise EvokeError("EGL offers no device to draw with.")
    config, count = ctypes.c_void_p(), ctypes.c_int()
    wanted = _list(
        *(_SURFACE_TYPE, _PBUFFER_BIT, _RENDERABLE_TYPE, _OPENGL_BIT),
        *(_RED, 8, _GREEN, 8, _BLUE, 8, _ALPHA, 8, _DEPTH, 24, _STENCIL, 8),
        *(_SAMPLE_BUFFERS, int(samples > 0), _SAMPLES, samples),
    )
    egl.eglChooseConfig(display, wanted, ctypes.byref(config), 1, ctypes.byref(count))
    egl.eglBindAPI(_OPENGL_API)
    core = _list(_MAJOR, 3, _MINOR, 3, _PROFILE, _CORE)
    made = egl.eglCreateContext(display, config, None, core) if count.value else None
    surface = egl.eglCreatePbufferSurface(display, config, _list(_WIDTH, size, _HEIGHT, size))
    if not made or not surface or not egl.eglMakeCurrent(display, surface, surface, made):
        raise EvokeError(f"EGL offers no OpenGL 3.3 with {samples} samples a pixel.")
    try:
        yield
    finally:
        egl.eglMakeCurrent(display, None, None, None)
        egl.eglDestroyContext(display, made)
        egl.eglTerminate(display)


def _library() -> Any:
    try:
        egl = ctypes.CDLL("libEGL.so.1")
    except OSError as error:
        raise EvokeError("This computer has no EGL (libEGL.so.1).") from error
    pointer = ctypes.c_void_p
    egl.eglGetProcAddress.restype = pointer
    egl.eglGetProcAddress.argtypes = [ctypes.c_char_p]
    egl.eglInitialize.argtypes = [pointer, pointer, pointer]
    egl.eglChooseConfig.argtypes = [pointer] * 3 + [ctypes.c_int, pointer]
    egl.eglCreateContext.restype = egl.eglCreatePbufferSurface.restype = pointer
    egl.eglCreateContext.argtypes = [pointer] * 4
    egl.eglCreatePbufferSurface.argtypes = [pointer] * 3
    egl.eglMakeCurrent.argtypes = [pointer] * 4
    egl.eglDestroyContext.argtypes = [pointer] * 2
    egl.eglTerminate.argtypes = [pointer]
    return egl


def _display(egl: Any) -> Any:
    """The first device that initialises; GPUs come before Mesa's software device."""
    query = _function(egl, "eglQueryDevicesEXT", ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p)
    get = _function(egl, "eglGetPlatformDisplayEXT", ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p)
    if query is None or get is None:
        return None
    get.restype = ctypes.c_void_p
    devices, count = (ctypes.c_void_p * _MOST_DEVICES)(), ctypes.c_int()
    query(_MOST_DEVICES, devices, ctypes.byref(count))
    for device in devices[: count.value]:
        display = get(_PLATFORM_DEVICE, device, None)
        if display and egl.eglInitialize(display, None, None):
            return display
    return None


def _function(egl: Any, name: str, *arguments: Any) -> Any:
    address = egl.eglGetProcAddress(name.encode())
    return ctypes.CFUNCTYPE(ctypes.c_int, *arguments)(address) if address else None


def _list(*values: int) -> Any:
    return (ctypes.c_int * (len(values) + 1))(*values, _NONE)


def run(frames: int, size: int, samples: int, changes: int, picture: Path | None = None) -> Found:
    """Draw `frames` frames while emotions follow one another, then `changes` people in turn.
    Raises EvokeError where there is no OpenGL 3.3."""
    with context(size, samples):
        from avatars import EMOTIONS, Animator, identity_names, load_scene
        from avatars.renderer import Renderer

        gl, animator = _Gl(), Animator(1)
        scenes = [load_scene(name) for name in identity_names()]
        on_cpu = any(word in gl.renderer().lower() for word in ("llvmpipe", "softpipe", "swrast"))
        renderer = Renderer(scenes[0], cpu_blend=on_cpu, smooth_edges=samples == 0)
        renderer.initialize()
        times: list[tuple[float, float]] = []
        errors = 0
        for k in range(frames + WARM_UP):
            emotion = EMOTIONS[k // 25 % len(EMOTIONS)]
            began = time.perf_counter()
            renderer.draw(size, size, animator.update(1 / 60, {emotion: 1.0}, False))
            submitted = time.perf_counter() - began
            gl.finish()
            times.append((submitted, time.perf_counter() - began))
            errors += gl.error() != _NO_ERROR
        if picture is not None:
            _write(picture, gl.picture(size))
        kept = 1000 * np.array(times[WARM_UP:])
        change_ms, settled_mb = [], 0.0
        for k in range(changes):
            began = time.perf_counter()
            renderer.show(scenes[k % len(scenes)])
            renderer.draw(size, size, animator.update(1 / 60, {"happy": 1.0}, False))
            gl.finish()
            errors += gl.error() != _NO_ERROR
            change_ms.append(1000 * (time.perf_counter() - began))
            if k == min(2 * len(scenes), changes - 1):
                settled_mb = resident_mb()
        renderer.release()
        return Found(
            renderer=gl.renderer(),
            size=size,
            samples=samples,
            frames=frames,
            submitted_ms=_summary(kept[:, 0]),
            finished_ms=_summary(kept[:, 1]),
            changes=changes,
            change_ms=float(np.median(change_ms)) if change_ms else 0.0,
            grown_mb=resident_mb() - settled_mb if changes else 0.0,
            gl_errors=errors,
        )


def sentence(found: Found) -> str:
    """What `run` found, for the terminal."""
    (submitted, _), (finished, p95) = found.submitted_ms, found.finished_ms
    text = (
        f"avatar, {found.size} x {found.size}, {found.samples} samples a pixel, {found.renderer}: "
        f"median {finished:.2f} ms, p95 {p95:.2f} ms over {found.frames} frames, of which the "
        f"processor {submitted:.2f} ms; OpenGL errors: {found.gl_errors}"
    )
    if found.changes:
        text += (
            f"; another person in {found.change_ms:.0f} ms, {found.changes} of them, memory then "
            f"{found.grown_mb:+.1f} MB"
        )
    return text


def _summary(values: NDArray[np.float64]) -> tuple[float, float]:
    median, p95 = np.percentile(values, (50, 95))
    return float(median), float(p95)


def _write(path: Path, pixels: NDArray[np.uint8]) -> None:
    from PIL import Image

    Image.fromarray(pixels).save(path)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--frames", type=int, default=1000)
    parser.add_argument("--size", type=int, default=480)
    parser.add_argument("--samples", type=int, default=4)
    parser.add_argument("--changes", type=int, default=20)
    parser.add_argument("--picture", type=Path)
    asked = parser.parse_args()
    found = run(asked.frames, asked.size, asked.samples, asked.changes, asked.picture)
    print(sentence(found))  # noqa: T201


if __name__ == "__main__":
    main()
