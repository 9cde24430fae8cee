"""Draws a scene with OpenGL 3.3: the only module that imports OpenGL.

The renderer draws into whatever framebuffer is current, and knows neither the window toolkit nor
the host. All of its state lives in the object, so several may draw from several threads, each
with its own context.

`EVOKE_GL_DEBUG=1` makes every OpenGL call check for errors (slow).
"""

from __future__ import annotations

import ctypes
import os
from collections.abc import Mapping
from dataclasses import dataclass
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
from avatars.mesh import Part  # noqa: E402
from avatars.rig import Pose  # noqa: E402
from avatars.scene import (  # noqa: E402
    NECK_PIVOT,
    Scene,
    about,
    active_targets,
    camera,
    morph,
    rotation,
    wrinkles,
)

Rgb = tuple[float, float, float]

PALE: tuple[Rgb, Rgb] = ((0.90, 0.92, 0.94), (0.80, 0.835, 0.865))
"""The background used when none is asked for: top and bottom, sRGB."""

_SHADERS = Path(__file__).resolve().parent / "shaders"
_LEAST_VERSION = (3, 3)
_TEXELS_A_ROW = 1024
_MAX_ACTIVE = 54
_FRAME_BINDING = 0


@dataclass(frozen=True, slots=True)
class _Material:
    """How a part is drawn: its fragment shader, the switches of part.vert, its blending.

    LIDS is how many of the eye's radii the lids keep off its centre.
    """

    fragment: str
    defines: Mapping[str, str]
    blended: bool = False
    one_sided: bool = True
    """Faces that look away are left out; strips of hair are seen from both sides."""
    lift: float = 0.0
    """Drawn as if nearer, by this many steps of the depth buffer, for a layer on another."""


_RIGID = {"RIGID": ""}
_MATERIALS: Mapping[str, _Material] = {
    "skin": _Material("skin", {"LIDS": "1.035", "SKIN": ""}),
    "teeth": _Material("mouth", _RIGID),
    "tongue": _Material("mouth", _RIGID | {"TONGUE": ""}),
    "cloth": _Material("cloth", {}),
    "knit": _Material("cloth", {"KNIT": ""}),
    "eye": _Material("eye", _RIGID | {"EYE": ""}),
    "hair-cap": _Material("hair-cap", {}, blended=True, lift=6000.0),
    "brows": _Material("brows", _RIGID, blended=True, one_sided=False, lift=12000.0),
    "hair-strips": _Material("hair-strips", {}, one_sided=False),
    "hair-curls": _Material("hair-curls", {}, one_sided=False),
    "scarf": _Material("hair-scarf", {}, one_sided=False),
    "frames": _Material("glasses", _RIGID, one_sided=False),
    "lenses": _Material("glasses", _RIGID | {"LENS": ""}, blended=True, one_sided=False),
    "lashes": _Material(
        "lashes", _RIGID | {"LIDS": "1.10"}, blended=True, one_sided=False, lift=20000.0
    ),
}


def software_renderer() -> bool:
    """Whether the current context draws on the processor: then blend on the CPU, without MSAA."""
    name = _text(GL.GL_RENDERER).lower()
    words = ("llvmpipe", "softpipe", "swrast", "swiftshader", "software", "gdi generic")
    return any(word in name for word in words) or "microsoft basic render" in name


def _text(what: int) -> str:
    value = GL.glGetString(what)
    return value.decode("utf-8", "replace") if value else ""


class Renderer:
    """Draws `scene`.

    cpu_blend: morph on the CPU (for software renderers) instead of in the vertex shader.
    Every method wants the same OpenGL context to be current.
    """

    def __init__(self, scene: Scene, cpu_blend: bool) -> None:
        self._scene = scene
        self._cpu_blend = cpu_blend
        self._drawn: list[_Drawn] = []
        self._programs: dict[tuple[str, bool], _Program] = {}
        self._backdrop: _Program | None = None
        self._frame_buffer = 0
        self._empty_array = 0

    def initialize(self) -> None:
        """Makes shaders, buffers and textures in the current context.

        Raises AvatarError when it offers less than OpenGL 3.3, or refuses a shader.
        """
        self._check_version()
        self._backdrop = _Program("background", "background", {})
        self._empty_array = int(GL.glGenVertexArrays(1))
        self._frame_buffer = int(GL.glGenBuffers(1))
        self.show(self._scene)

    def show(self, scene: Scene) -> None:
        """Draw `scene` from now on. Programs stay, and the buffers of parts that both have."""
        before = {id(drawn.part): drawn for drawn in self._drawn}
        self._drawn = [before.get(id(part)) or self._prepared(part) for part in scene.parts]
        for drawn in before.values():
            if drawn not in self._drawn:
                drawn.release()
        self._scene = scene
        GL.glBindVertexArray(0)

    def _prepared(self, part: Part) -> _Drawn:
        on_gpu = len(part.targets) > 0 and not self._cpu_blend
        key = (part.material, on_gpu)
        if key not in self._programs:
            material = _MATERIALS[part.material]
            morphs = {"MORPHS": "", "MAX_ACTIVE": str(_MAX_ACTIVE)} if on_gpu else {}
            self._programs[key] = _Program(
                "part", material.fragment, {**material.defines, **morphs}
            )
        return _Drawn(part, self._programs[key], on_gpu)

    @staticmethod
    def _check_version() -> None:
        found = _text(GL.GL_VERSION)
        numbers = found.split(" ")[0].split(".")
        version = tuple(int(n) for n in numbers[:2]) if numbers[0].isdigit() else (0, 0)
        if version < _LEAST_VERSION:
            raise AvatarError(
                f"The avatar needs OpenGL 3.3; this graphics driver offers {found or 'none'}."
            )

    def draw(
        self,
        width_px: int,
        height_px: int,
        pose: Pose,
        *,
        background: tuple[Rgb, Rgb] = PALE,
        desaturate: float = 0.0,
        clear_below: float = 0.0,
        orbit_deg: float = 0.0,
        tilt_deg: float = 0.0,
        zoom: float = 1.0,
    ) -> None:
        """Draws one frame over the whole of the current framebuffer.

        width_px, height_px: its size in device pixels. background: top and bottom, sRGB.
        desaturate: 0 in colour to 1 in grey. clear_below: share of the height, from the bottom,
        that the head keeps clear of, for words over the picture. orbit_deg, tilt_deg, zoom: see
        scene.camera.
        """
        if self._backdrop is None:
            raise AvatarError("Renderer.draw was called before Renderer.initialize.")
        GL.glViewport(0, 0, width_px, height_px)
        GL.glDepthMask(True)
        GL.glDisable(GL.GL_BLEND)
        GL.glDisable(GL.GL_SCISSOR_TEST)
        GL.glDepthFunc(GL.GL_LESS)
        GL.glFrontFace(GL.GL_CCW)
        GL.glCullFace(GL.GL_BACK)
        # The picture stays opaque: a host that reads it as an image would see through the lashes.
        GL.glBlendFuncSeparate(
            *(GL.GL_SRC_ALPHA, GL.GL_ONE_MINUS_SRC_ALPHA), *(GL.GL_ONE, GL.GL_ONE_MINUS_SRC_ALPHA)
        )
        view = camera(width_px / max(height_px, 1), clear_below, orbit_deg, tilt_deg, zoom)
        self._upload_frame(view, pose, background, desaturate)
        GL.glClear(GL.GL_DEPTH_BUFFER_BIT)
        self._draw_background()
        GL.glEnable(GL.GL_DEPTH_TEST)
        for drawn in self._drawn:
            _set_state(_MATERIALS[drawn.part.material])
            drawn.draw(pose.expression)
        GL.glDepthMask(True)
        GL.glDisable(GL.GL_BLEND)
        for switch in (GL.GL_POLYGON_OFFSET_FILL, GL.GL_DEPTH_TEST, GL.GL_CULL_FACE):
            GL.glDisable(switch)
        GL.glBindVertexArray(0)
        GL.glUseProgram(0)

    def _draw_background(self) -> None:
        assert self._backdrop is not None
        GL.glDisable(GL.GL_DEPTH_TEST)
        GL.glUseProgram(self._backdrop.name)
        GL.glBindVertexArray(self._empty_array)
        GL.glDrawArrays(GL.GL_TRIANGLES, 0, 3)

    def _upload_frame(
        self,
        view: tuple[NDArray[np.float64], NDArray[np.float64]],
        pose: Pose,
        background: tuple[Rgb, Rgb],
        desaturate: float,
    ) -> None:
        """Fills the block of shaders/frame.glsl."""
        scene, look = self._scene, self._scene.identity
        view_projection, position = view
        pitch, yaw, roll = (float(angle) for angle in pose.head_deg)
        gaze_yaw, gaze_pitch = (float(angle) for angle in pose.gaze_deg)
        creases = wrinkles(pose.expression)
        colours = [look.skin, look.lips, look.brows, look.hair_colour, look.iris, look.cloth]
        colours.append(look.scarf)
        rows: list[NDArray[np.floating]] = [
            view_projection.T,
            about(NECK_PIVOT, rotation(pitch, yaw, roll)).T,
            about(np.zeros(3), rotation(-gaze_pitch, gaze_yaw, 0.0)).T,
            np.array([[*position, pose.breath]]),
            *(np.array([[*eye.origin, eye.radius]]) for eye in scene.eyes),
            *(np.array([[*colour, 1.0]]) for colour in colours),
            creases[None, :4],
            np.array([[creases[4], look.blush, desaturate, look.ageing]]),
            *(np.array([[*colour, 1.0]]) for colour in background),
        ]
        block = np.concatenate(rows).astype(np.float32)
        GL.glBindBuffer(GL.GL_UNIFORM_BUFFER, self._frame_buffer)
        GL.glBufferData(GL.GL_UNIFORM_BUFFER, block.nbytes, block, GL.GL_STREAM_DRAW)
        GL.glBindBufferBase(GL.GL_UNIFORM_BUFFER, _FRAME_BINDING, self._frame_buffer)

    def release(self) -> None:
        """Frees what `initialize` made; the renderer may be initialized again."""
        for drawn in self._drawn:
            drawn.release()
        programs = [*self._programs.values(), *([self._backdrop] if self._backdrop else [])]
        for program in programs:
            GL.glDeleteProgram(program.name)
        if self._frame_buffer:
            GL.glDeleteBuffers(1, [self._frame_buffer])
            GL.glDeleteVertexArrays(1, [self._empty_array])
        self._drawn, self._programs, self._backdrop = [], {}, None
        self._frame_buffer = self._empty_array = 0


def _set_state(material: _Material) -> None:
    (GL.glEnable if material.blended else GL.glDisable)(GL.GL_BLEND)
    (GL.glEnable if material.one_sided else GL.glDisable)(GL.GL_CULL_FACE)
    GL.glDepthMask(not material.blended)
    if material.lift:
        GL.glEnable(GL.GL_POLYGON_OFFSET_FILL)
        GL.glPolygonOffset(0.0, -material.lift)
    else:
        GL.glDisable(GL.GL_POLYGON_OFFSET_FILL)


class _Program:
    """A linked shader program: NAME.vert and NAME.frag under shaders/."""

    def __init__(self, vertex: str, fragment: str, defines: Mapping[str, str]) -> None:
        head = ["#version 330 core", *(f"#define {k} {v}" for k, v in defines.items())]
        frame = _source("frame.glsl")
        shared = [] if fragment == "background" else [_source("light.glsl")]
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
        GL.glUniformBlockBinding(self.name, block, _FRAME_BINDING)
        self._locations: dict[str, int] = {}

    def location(self, uniform: str) -> int:
        if uniform not in self._locations:
            self._locations[uniform] = GL.glGetUniformLocation(self.name, uniform)
        return self._locations[uniform]


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


class _Drawn:
    """One part's buffers; its morph targets too when they are blended on the GPU."""

    def __init__(self, part: Part, program: _Program, on_gpu: bool) -> None:
        self.part, self._program = part, program
        self._on_gpu = on_gpu
        self._on_cpu = len(part.targets) > 0 and not on_gpu
        self._array = int(GL.glGenVertexArrays(1))
        GL.glBindVertexArray(self._array)
        usage = GL.GL_STREAM_DRAW if self._on_cpu else GL.GL_STATIC_DRAW
        columns: tuple[NDArray[np.generic], ...] = (
            *(part.positions, part.normals, part.uv, part.mask, part.rest, part.flow),
        )
        self._buffers = [
            self._attribute(i, values, usage if i < 2 else GL.GL_STATIC_DRAW)
            for i, values in enumerate(columns)
        ]
        indices = int(GL.glGenBuffers(1))
        self._buffers.append(indices)
        GL.glBindBuffer(GL.GL_ELEMENT_ARRAY_BUFFER, indices)
        corners = part.triangles.astype(np.uint16)
        GL.glBufferData(
            GL.GL_ELEMENT_ARRAY_BUFFER, corners.nbytes, corners.ravel(), GL.GL_STATIC_DRAW
        )
        self._texture = self._targets() if on_gpu else 0
        GL.glBindVertexArray(0)

    @staticmethod
    def _attribute(index: int, values: NDArray[np.generic], usage: int) -> int:
        buffer = int(GL.glGenBuffers(1))
        GL.glBindBuffer(GL.GL_ARRAY_BUFFER, buffer)
        packed = np.ascontiguousarray(values)
        GL.glBufferData(GL.GL_ARRAY_BUFFER, packed.nbytes, packed, usage)
        GL.glEnableVertexAttribArray(index)
        is_bytes = packed.dtype == np.uint8
        kind = GL.GL_UNSIGNED_BYTE if is_bytes else GL.GL_FLOAT
        glVertexAttribPointer(index, packed.shape[1], kind, is_bytes, 0, ctypes.c_void_p(0))
        return buffer

    def _targets(self) -> int:
        """RGBA16F array texture: per target a layer of positions and one of normals."""
        part = self.part
        n = len(part.positions)
        rows = -(-n // _TEXELS_A_ROW)
        texels = np.zeros((2 * len(part.targets), rows * _TEXELS_A_ROW, 4), np.float16)
        texels[0::2, :n, :3] = part.offsets
        texels[1::2, :n, :3] = part.normal_offsets
        texture = int(GL.glGenTextures(1))
        kind = GL.GL_TEXTURE_2D_ARRAY
        GL.glBindTexture(kind, texture)
        GL.glTexImage3D(
            *(kind, 0, GL.GL_RGBA16F, _TEXELS_A_ROW, rows, len(texels), 0),
            *(GL.GL_RGBA, GL.GL_HALF_FLOAT, texels),
        )
        for side in (GL.GL_TEXTURE_MIN_FILTER, GL.GL_TEXTURE_MAG_FILTER):
            GL.glTexParameteri(kind, side, GL.GL_NEAREST)
        return texture

    def draw(self, expression: NDArray[np.float32]) -> None:
        GL.glUseProgram(self._program.name)
        GL.glBindVertexArray(self._array)
        GL.glUniform3fv(self._program.location("uOrigin"), 1, self.part.origin)
        if self._on_gpu:
            self._select_targets(expression)
        elif self._on_cpu:
            for buffer, values in zip(self._buffers, morph(self.part, expression), strict=False):
                GL.glBindBuffer(GL.GL_ARRAY_BUFFER, buffer)
                GL.glBufferData(GL.GL_ARRAY_BUFFER, values.nbytes, values, GL.GL_STREAM_DRAW)
        count = self.part.triangles.size
        GL.glDrawElements(GL.GL_TRIANGLES, count, GL.GL_UNSIGNED_SHORT, ctypes.c_void_p(0))

    def _select_targets(self, expression: NDArray[np.float32]) -> None:
        chosen, weights = active_targets(self.part, expression)
        at = self._program.location
        GL.glUniform1i(at("uActive"), len(chosen))
        if len(chosen):
            GL.glUniform1iv(at("uTarget"), len(chosen), chosen.astype(np.int32))
            GL.glUniform1fv(at("uWeight"), len(chosen), weights)
            GL.glActiveTexture(GL.GL_TEXTURE0)
            GL.glBindTexture(GL.GL_TEXTURE_2D_ARRAY, self._texture)
            GL.glUniform1i(at("uTargets"), 0)

    def release(self) -> None:
        GL.glDeleteVertexArrays(1, [self._array])
        GL.glDeleteBuffers(len(self._buffers), self._buffers)
        if self._texture:
            GL.glDeleteTextures(1, [self._texture])
