"""Draws a scene with OpenGL 3.3.

The renderer draws into whatever framebuffer is current, and knows neither the window toolkit nor
the host. All of its state lives in the object, so several may draw from several threads, each
with its own context.
"""

from __future__ import annotations

import ctypes
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from avatars.errors import AvatarError
from avatars.expression import INDEX
from avatars.mesh import Part
from avatars.opengl import (
    FRAME_BINDING,
    GL,
    Program,
    Smoother,
    attribute,
    skin_maps,
    strand_map,
    text,
)
from avatars.rig import Pose
from avatars.scene import (
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

_LEAST_VERSION = (3, 3)
_TEXELS_A_ROW = 1024
_LAYER_DM = 0.1
_MAX_ACTIVE = 54


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
    in_mouth: bool = False
    lift: float = 0.0
    """Drawn as if nearer, by this many steps of the depth buffer, for a layer on another."""


_RIGID = {"RIGID": ""}
_MATERIALS: Mapping[str, _Material] = {
    "skin": _Material("skin", {"LIDS": "1.035", "SKIN": ""}),
    "teeth": _Material("mouth", _RIGID, in_mouth=True),
    "tongue": _Material("mouth", _RIGID | {"TONGUE": ""}, in_mouth=True),
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
        "lashes", _RIGID | {"LIDS": "1.10"}, blended=True, one_sided=False, lift=3000.0
    ),
}


_BLINKS = (INDEX["eyeBlinkLeft"], INDEX["eyeBlinkRight"])
_AJAR = 0.02
_OPENERS = tuple(
    i
    for name, i in INDEX.items()
    if name.startswith(("jawOpen", "tongue", "mouthFunnel", "mouthLowerDown"))
    or name.removesuffix("Left").removesuffix("Right") in ("mouthUpperUp", "mouthStretch")
)
"""Weights that part the lips."""


class Renderer:
    """Draws `scene`.

    cpu_blend: morph on the CPU (for software renderers) instead of in the vertex shader.
    smooth_edges: smooth outlines in the finished picture, for a host without multisampling.
    Every method wants the same OpenGL context to be current.
    """

    def __init__(self, scene: Scene, cpu_blend: bool, *, smooth_edges: bool = False) -> None:
        self._scene = scene
        self._cpu_blend = cpu_blend
        self._smooth_edges = smooth_edges
        self._smoother: Smoother | None = None
        self._maps: dict[str, dict[str, int]] = {}
        self._painted: tuple[float, float] | None = None  # years and freckles of the skin's maps
        self._drawn: list[_Drawn] = []
        self._programs: dict[tuple[str, bool], Program] = {}
        self._backdrop: Program | None = None
        self._frame_buffer = 0
        self._empty_array = 0

    def initialize(self) -> None:
        """Makes shaders, buffers and textures in the current context.

        Raises AvatarError when it offers less than OpenGL 3.3, or refuses a shader.
        """
        self._check_version()
        self._backdrop = Program("background", "background", {})
        self._empty_array = int(GL.glGenVertexArrays(1))
        if self._smooth_edges:
            self._smoother = Smoother()
        self._frame_buffer = int(GL.glGenBuffers(1))
        GL.glBindVertexArray(self._empty_array)
        self._maps["hair-strips"] = strand_map()
        self.show(self._scene)

    def show(self, scene: Scene) -> None:
        """Draw `scene` from now on. Programs stay, and the buffers of parts that both have."""
        before = {id(drawn.part): drawn for drawn in self._drawn}
        self._drawn = [before.get(id(part)) or self._prepared(part) for part in scene.parts]
        for drawn in before.values():
            if drawn not in self._drawn:
                drawn.release()
        self._scene = scene
        self._paint_skin()
        GL.glBindVertexArray(0)

    def _prepared(self, part: Part) -> _Drawn:
        on_gpu = len(part.targets) > 0 and not self._cpu_blend
        key = (part.material, on_gpu)
        if key not in self._programs:
            material = _MATERIALS[part.material]
            morphs = {"MORPHS": "", "MAX_ACTIVE": str(_MAX_ACTIVE)} if on_gpu else {}
            self._programs[key] = Program("part", material.fragment, {**material.defines, **morphs})
        return _Drawn(part, self._programs[key], on_gpu)

    def _paint_skin(self) -> None:
        """Draws the maps of the skin anew where its years or freckles are others."""
        look = self._scene.identity.ageing, self._scene.identity.freckles
        if look == self._painted:
            return
        self._release_textures("skin")
        skin = next(drawn for drawn in self._drawn if drawn.part.material == "skin")
        self._maps["skin"] = skin_maps(skin.triangles, *look)
        self._painted = look

    def _release_textures(self, material: str) -> None:
        textures = list(self._maps.pop(material, {}).values())
        if textures:
            GL.glDeleteTextures(len(textures), textures)

    @staticmethod
    def _check_version() -> None:
        found = text(GL.GL_VERSION)
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
        if self._smoother is not None:
            self._smoother.begin(width_px, height_px)
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
        GL.glEnable(GL.GL_DEPTH_TEST)
        for blended in (False, True):
            if blended:  # only where nothing solid was drawn, but under what is not quite solid
                self._draw_background()
            for drawn in self._drawn:
                material = _MATERIALS[drawn.part.material]
                if material.blended is blended and not _hidden(material, pose.expression):
                    _set_state(material)
                    drawn.draw(pose.expression, self._maps.get(drawn.part.material, {}))
        GL.glDepthMask(True)
        GL.glDisable(GL.GL_BLEND)
        for switch in (GL.GL_POLYGON_OFFSET_FILL, GL.GL_DEPTH_TEST, GL.GL_CULL_FACE):
            GL.glDisable(switch)
        if self._smoother is not None:
            GL.glBindVertexArray(self._empty_array)
            self._smoother.finish()
        GL.glBindVertexArray(0)
        GL.glUseProgram(0)
        GL.glActiveTexture(GL.GL_TEXTURE0)

    def _draw_background(self) -> None:
        assert self._backdrop is not None
        GL.glDepthFunc(GL.GL_LEQUAL)
        GL.glDepthMask(False)
        GL.glDisable(GL.GL_CULL_FACE)
        GL.glUseProgram(self._backdrop.name)
        GL.glBindVertexArray(self._empty_array)
        GL.glDrawArrays(GL.GL_TRIANGLES, 0, 3)
        GL.glDepthFunc(GL.GL_LESS)

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
            np.array([[*(pose.expression[i] for i in _BLINKS), 0.0, 0.0]]),
        ]
        block = np.concatenate(rows).astype(np.float32)
        GL.glBindBuffer(GL.GL_UNIFORM_BUFFER, self._frame_buffer)
        GL.glBufferData(GL.GL_UNIFORM_BUFFER, block.nbytes, block, GL.GL_STREAM_DRAW)
        GL.glBindBufferBase(GL.GL_UNIFORM_BUFFER, FRAME_BINDING, self._frame_buffer)

    def release(self) -> None:
        """Frees what `initialize` made; the renderer may be initialized again."""
        for drawn in self._drawn:
            drawn.release()
        programs = [*self._programs.values(), *([self._backdrop] if self._backdrop else [])]
        for program in programs:
            GL.glDeleteProgram(program.name)
        if self._smoother is not None:
            self._smoother.release()
        for material in list(self._maps):
            self._release_textures(material)
        if self._frame_buffer:
            GL.glDeleteBuffers(1, [self._frame_buffer])
            GL.glDeleteVertexArrays(1, [self._empty_array])
        self._drawn, self._programs, self._backdrop, self._smoother = [], {}, None, None
        self._painted = None
        self._frame_buffer = self._empty_array = 0


def _hidden(material: _Material, expression: NDArray[np.float32]) -> bool:
    """Whether closed lips hide what is drawn so."""
    return material.in_mouth and not any(expression[i] > _AJAR for i in _OPENERS)


def _set_state(material: _Material) -> None:
    (GL.glEnable if material.blended else GL.glDisable)(GL.GL_BLEND)
    (GL.glEnable if material.one_sided else GL.glDisable)(GL.GL_CULL_FACE)
    GL.glDepthMask(not material.blended)
    if material.lift:
        GL.glEnable(GL.GL_POLYGON_OFFSET_FILL)
        GL.glPolygonOffset(0.0, -material.lift)
    else:
        GL.glDisable(GL.GL_POLYGON_OFFSET_FILL)


def _front_first(part: Part) -> NDArray[np.uint32]:
    """The triangles of `part`, those that lie in front first: what they hide is not shaded."""
    depth = np.floor(part.positions[part.triangles, 2].mean(1) / _LAYER_DM)
    return part.triangles[np.argsort(-depth, kind="stable")]


class _Drawn:
    """One part's buffers; its morph targets too when they are blended on the GPU."""

    def __init__(self, part: Part, program: Program, on_gpu: bool) -> None:
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
            attribute(i, values, usage if i < 2 else GL.GL_STATIC_DRAW)
            for i, values in enumerate(columns)
        ]
        indices = int(GL.glGenBuffers(1))
        self._buffers.append(indices)
        GL.glBindBuffer(GL.GL_ELEMENT_ARRAY_BUFFER, indices)
        corners = _front_first(part).astype(np.uint16)
        GL.glBufferData(
            GL.GL_ELEMENT_ARRAY_BUFFER, corners.nbytes, corners.ravel(), GL.GL_STATIC_DRAW
        )
        self._texture = self._targets() if on_gpu else 0
        GL.glBindVertexArray(0)

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

    def draw(self, expression: NDArray[np.float32], maps: Mapping[str, int]) -> None:
        GL.glUseProgram(self._program.name)
        GL.glBindVertexArray(self._array)
        for unit, (name, texture) in enumerate(maps.items(), start=1):
            self._program.use_texture(name, unit, texture)
        GL.glUniform3fv(self._program.location("uOrigin"), 1, self.part.origin)
        if self._on_gpu:
            self._select_targets(expression)
        elif self._on_cpu:
            for buffer, values in zip(self._buffers, morph(self.part, expression), strict=False):
                GL.glBindBuffer(GL.GL_ARRAY_BUFFER, buffer)
                GL.glBufferData(GL.GL_ARRAY_BUFFER, values.nbytes, values, GL.GL_STREAM_DRAW)
        self.triangles()

    def triangles(self) -> None:
        """Draws them with the current program."""
        GL.glBindVertexArray(self._array)
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
