"""Pieces of OpenGL that the renderer is built from: shader programs, buffers, framebuffers.

`EVOKE_GL_DEBUG=1` makes every OpenGL call check for errors (slow).
"""

from __future__ import annotations

import ctypes
import os
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import OpenGL
from numpy.typing import NDArray

OpenGL.ERROR_CHECKING = bool(os.environ.get("EVOKE_GL_DEBUG"))
OpenGL.ERROR_LOGGING = False

from OpenGL import GL  # noqa: E402  (the switches above must be set before this import)
from OpenGL.raw.GL.VERSION.GL_2_0 import (  # noqa: E402
    # PyOpenGL's own wrapper asks the platform for the current context, which it does not know
    # when the window toolkit made the context through EGL.
    glVertexAttribPointer,
)

from avatars.errors import AvatarError  # noqa: E402

__all__ = [
    "FRAME_BINDING",
    "GL",
    "Program",
    "Smoother",
    "attribute",
    "skin_maps",
    "strand_map",
    "text",
]

FRAME_BINDING = 0
"""Where every program finds the block of shaders/frame.glsl."""

_SHADERS = Path(__file__).resolve().parent / "shaders"


def text(what: int) -> str:
    value = GL.glGetString(what)
    return value.decode("utf-8", "replace") if value else ""


class Program:
    """A linked shader program: NAME.vert and NAME.frag under shaders/."""

    def __init__(self, vertex: str, fragment: str, defines: Mapping[str, str]) -> None:
        head = ["#version 330 core", *(f"#define {k} {v}" for k, v in defines.items())]
        frame = _source("frame.glsl")
        shared = [_source("noise.glsl")]
        if vertex == "part":
            shared.append(_source("light.glsl"))
        if fragment.startswith("hair") or fragment == "brows":
            shared.append(_source("hair.glsl"))
        sources = {
            GL.GL_VERTEX_SHADER: [*head, frame, _source(f"{vertex}.vert")],
            GL.GL_FRAGMENT_SHADER: [*head, frame, *shared, _source(f"{fragment}.frag")],
        }
        self.name = int(GL.glCreateProgram())
        for kind, lines in sources.items():
            shader = _compiled(kind, "\n".join(lines), fragment)
            GL.glAttachShader(self.name, shader)
            GL.glDeleteShader(shader)
        GL.glLinkProgram(self.name)
        if not GL.glGetProgramiv(self.name, GL.GL_LINK_STATUS):
            raise AvatarError(
                f"The graphics driver refused to link {fragment}: {_log(self.name, False)}."
            )
        block = GL.glGetUniformBlockIndex(self.name, "Frame")
        if block != GL.GL_INVALID_INDEX:
            GL.glUniformBlockBinding(self.name, block, FRAME_BINDING)
        self._locations: dict[str, int] = {}

    def location(self, uniform: str) -> int:
        if uniform not in self._locations:
            self._locations[uniform] = GL.glGetUniformLocation(self.name, uniform)
        return self._locations[uniform]

    def use_texture(self, uniform: str, unit: int, texture: int) -> None:
        """Lets `uniform` of this program, which is in use, read the 2D `texture`."""
        GL.glActiveTexture(GL.GL_TEXTURE0 + unit)
        GL.glBindTexture(GL.GL_TEXTURE_2D, texture)
        GL.glUniform1i(self.location(uniform), unit)


def _source(file: str) -> str:
    return (_SHADERS / file).read_text(encoding="utf-8")


def _compiled(kind: int, source: str, name: str) -> int:
    shader = int(GL.glCreateShader(kind))
    GL.glShaderSource(shader, source)
    GL.glCompileShader(shader)
    if not GL.glGetShaderiv(shader, GL.GL_COMPILE_STATUS):
        raise AvatarError(f"The graphics driver refused the shader {name}: {_log(shader, True)}.")
    return shader


def _log(name: int, is_shader: bool) -> str:
    text = GL.glGetShaderInfoLog(name) if is_shader else GL.glGetProgramInfoLog(name)
    return text.decode("utf-8", "replace").strip() if isinstance(text, bytes) else str(text)


def attribute(index: int, values: NDArray[np.generic], usage: int) -> int:
    """A buffer of `values`, (n, width), bound to the vertex attribute `index` of the current
    array; bytes become 0..1."""
    buffer = int(GL.glGenBuffers(1))
    GL.glBindBuffer(GL.GL_ARRAY_BUFFER, buffer)
    packed = np.ascontiguousarray(values)
    GL.glBufferData(GL.GL_ARRAY_BUFFER, packed.nbytes, packed, usage)
    GL.glEnableVertexAttribArray(index)
    is_bytes = packed.dtype == np.uint8
    kind = GL.GL_UNSIGNED_BYTE if is_bytes else GL.GL_FLOAT
    glVertexAttribPointer(index, packed.shape[1], kind, is_bytes, 0, ctypes.c_void_p(0))
    return buffer


def _make_texture(width_px: int, height_px: int) -> int:
    """An empty RGBA texture, the current one of its kind."""
    texture, kind = int(GL.glGenTextures(1)), GL.GL_TEXTURE_2D
    GL.glBindTexture(kind, texture)
    empty = ctypes.c_void_p(0)
    GL.glTexImage2D(
        *(kind, 0, GL.GL_RGBA8, width_px, height_px, 0, GL.GL_RGBA, GL.GL_UNSIGNED_BYTE, empty)
    )
    for filtered in (GL.GL_TEXTURE_MIN_FILTER, GL.GL_TEXTURE_MAG_FILTER):
        GL.glTexParameteri(kind, filtered, GL.GL_LINEAR)
    for side in (GL.GL_TEXTURE_WRAP_S, GL.GL_TEXTURE_WRAP_T):
        GL.glTexParameteri(kind, side, GL.GL_CLAMP_TO_EDGE)
    return texture


class _Target:
    """A framebuffer with textures of `count` colours and a depth buffer, to draw into."""

    def __init__(self, width_px: int, height_px: int, count: int) -> None:
        self.size = (width_px, height_px)
        self.textures = [_make_texture(width_px, height_px) for _ in range(count)]
        self._frame = int(GL.glGenFramebuffers(1))
        self._depth = int(GL.glGenRenderbuffers(1))
        host = self.bind()
        GL.glBindRenderbuffer(GL.GL_RENDERBUFFER, self._depth)
        GL.glRenderbufferStorage(GL.GL_RENDERBUFFER, GL.GL_DEPTH_COMPONENT24, *self.size)
        GL.glFramebufferRenderbuffer(
            *(GL.GL_FRAMEBUFFER, GL.GL_DEPTH_ATTACHMENT, GL.GL_RENDERBUFFER, self._depth)
        )
        places = [GL.GL_COLOR_ATTACHMENT0 + i for i in range(count)]
        for place, texture in zip(places, self.textures, strict=True):
            GL.glFramebufferTexture2D(GL.GL_FRAMEBUFFER, place, GL.GL_TEXTURE_2D, texture, 0)
        GL.glDrawBuffers(count, places)
        GL.glBindFramebuffer(GL.GL_FRAMEBUFFER, host)
        GL.glBindTexture(GL.GL_TEXTURE_2D, 0)

    def bind(self) -> int:
        """Makes it current; the framebuffer that was."""
        host = int(GL.glGetIntegerv(GL.GL_DRAW_FRAMEBUFFER_BINDING))
        GL.glBindFramebuffer(GL.GL_FRAMEBUFFER, self._frame)
        return host

    def release(self, *, textures: bool = True) -> None:
        GL.glDeleteFramebuffers(1, [self._frame])
        GL.glDeleteRenderbuffers(1, [self._depth])
        if textures:
            GL.glDeleteTextures(len(self.textures), self.textures)


class Smoother:
    """Smooths edges: a frame is drawn into a picture of its own, and from there to the host's."""

    def __init__(self) -> None:
        self._program = Program("background", "edges", {})
        self._picture: _Target | None = None
        self._host = 0

    def begin(self, width_px: int, height_px: int) -> None:
        """What is drawn from here on goes into the picture."""
        if self._picture is None or self._picture.size != (width_px, height_px):
            if self._picture is not None:
                self._picture.release()
            self._picture = _Target(width_px, height_px, 1)
        self._host = self._picture.bind()

    def finish(self) -> None:
        """Draws the picture into the host's framebuffer, which is current again. Wants an array
        to be bound."""
        assert self._picture is not None
        GL.glBindFramebuffer(GL.GL_FRAMEBUFFER, self._host)
        GL.glUseProgram(self._program.name)
        self._program.use_texture("uPicture", 0, self._picture.textures[0])
        GL.glDrawArrays(GL.GL_TRIANGLES, 0, 3)
        GL.glBindTexture(GL.GL_TEXTURE_2D, 0)

    def release(self) -> None:
        GL.glDeleteProgram(self._program.name)
        if self._picture is not None:
            self._picture.release()


_SKIN_MAPS = ("uSkinMap", "uFoldMap", "uSlopeMap")
"""What skin.frag looks up, in the order in which skin-maps.frag writes it."""

_SKIN_PX, _STRAND_PX = (576, 768), (1024, 64)


def strand_map() -> dict[str, int]:
    """The texture, by its name in the shader, of strands of hair. Wants an array to be bound."""
    program, target = Program("background", "strand-map", {}), _Target(*_STRAND_PX, 1)
    host = target.bind()
    GL.glViewport(0, 0, *_STRAND_PX)
    for switch in (GL.GL_DEPTH_TEST, GL.GL_BLEND, GL.GL_CULL_FACE, GL.GL_SCISSOR_TEST):
        GL.glDisable(switch)
    GL.glUseProgram(program.name)
    GL.glDrawArrays(GL.GL_TRIANGLES, 0, 3)
    GL.glBindFramebuffer(GL.GL_FRAMEBUFFER, host)
    GL.glUseProgram(0)
    GL.glDeleteProgram(program.name)
    target.release(textures=False)
    GL.glBindTexture(GL.GL_TEXTURE_2D, target.textures[0])
    GL.glTexParameteri(GL.GL_TEXTURE_2D, GL.GL_TEXTURE_WRAP_S, GL.GL_REPEAT)
    return {"uStrandMap": target.textures[0]}


def skin_maps(draw_skin: Callable[[], None], ageing: float, freckles: float) -> dict[str, int]:
    """Textures, by name in the shader, of a skin of that age (0..1) and as freckled (0..1).

    draw_skin: draws its triangles with whichever program is current.
    """
    program = Program("skin-maps", "skin-maps", {})
    target = _Target(*_SKIN_PX, len(_SKIN_MAPS))
    host = target.bind()
    GL.glViewport(0, 0, *_SKIN_PX)
    for i, plain in enumerate(((1 / 1.3, 1 / 1.3, 1 / 1.3, 0.5), (0.0,) * 4, (0.5,) * 4)):
        GL.glClearBufferfv(GL.GL_COLOR, i, np.array(plain, np.float32))
    GL.glDepthMask(True)
    GL.glClear(GL.GL_DEPTH_BUFFER_BIT)
    GL.glDepthFunc(GL.GL_LESS)
    GL.glEnable(GL.GL_DEPTH_TEST)
    for switch in (GL.GL_BLEND, GL.GL_CULL_FACE, GL.GL_SCISSOR_TEST):
        GL.glDisable(switch)
    GL.glUseProgram(program.name)
    GL.glUniform1f(program.location("uAge"), ageing)
    GL.glUniform1f(program.location("uFreckles"), freckles)
    draw_skin()
    GL.glDisable(GL.GL_DEPTH_TEST)
    GL.glBindFramebuffer(GL.GL_FRAMEBUFFER, host)
    GL.glUseProgram(0)
    GL.glDeleteProgram(program.name)
    target.release(textures=False)
    return dict(zip(_SKIN_MAPS, target.textures, strict=True))
