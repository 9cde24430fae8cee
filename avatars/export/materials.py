"""What each part looks like in any viewer: vertex colours and small textures.

The renderer draws colour from formulas in its shaders; glTF has no such thing. What varies slowly
over a part becomes a colour per vertex, hairs and irises become textures. Colours are linear
reflectances 0..1 where not said otherwise, as glTF wants them at vertices; textures are sRGB.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from avatars.export.complexion import complexion
from avatars.export.textures import Image, brow_hairs, clumps, iris, lash_hairs, noise, ribs, smooth
from avatars.identity import Identity
from avatars.mesh import Floats, Part

Values = NDArray[np.floating]


@dataclass(frozen=True, slots=True)
class Surface:
    """colours: (n, 4) a vertex. image: RGBA, laid on by uv, (n, 2) with v down, or None.
    alpha: glTF's alphaMode. solid: seen from outside only."""

    colours: Floats
    roughness: float
    image: Image | None = None
    uv: Floats | None = None
    alpha: str = "OPAQUE"
    solid: bool = True


def surface(part: Part, look: Identity) -> Surface:
    """How `part` of the identity `look` is drawn. Raises KeyError for an unknown material."""
    return _SURFACES[part.material](part, look)


def _shaded(part: Part, colour: object, darkest: float) -> Floats:
    """`colour`, (3,) or (n, 3), dimmed to `darkest` where little of the sky is seen, opaque."""
    light = darkest + (1.0 - darkest) * smooth(0.0, 0.85, part.mask[:, 3:] / 255)
    out = np.ones((len(part.positions), 4), np.float32)
    out[:, :3] = np.asarray(colour, np.float32) * light
    return out


def _blob(points: Values, centre: tuple[float, float], size: tuple[float, float]) -> Values:
    return np.exp(-(((points - centre) / size) ** 2).sum(1, keepdims=True))


def _skin(part: Part, look: Identity) -> Surface:
    """Blood in cheeks and nose, shade under the eyes, lids, lips, the mouth's inside: the same
    places as in part.vert and skin.frag."""
    lips, lids, mouth = (part.mask[:, k : k + 1] / 255 for k in range(3))
    rest, z = part.rest, part.rest[:, 2:]
    front, face = smooth(0.8, 1.05, z), np.abs(rest[:, :2])
    blood = _blob(face, (0.50, 6.92), (0.26, 0.22)) * front
    blood += 0.7 * _blob(face, (0.0, 6.95), (0.14, 0.12)) * smooth(1.25, 1.5, z)
    under = _blob(face, (0.31, 7.13), (0.17, 0.06)) * front
    colour = np.array(look.skin) * _towards((1.05, 0.76, 0.74), blood * look.blush)
    colour = colour * _towards((0.92, 0.87, 0.89), 0.22 * under)
    colour = colour * _towards((0.90, 0.78, 0.75), 0.45 * lids)
    colour += (np.array(look.lips) - colour) * 0.85 * smooth(0.25, 0.75, lips)
    inside = smooth(0.35, 0.9, mouth)
    colour += (np.array((0.208, 0.04, 0.044)) - colour) * inside
    colour *= 1.0 - 0.9 * inside * smooth(1.38, 1.0, z)
    image, uv = complexion(part, look.ageing, look.freckles)
    return Surface(_shaded(part, colour, 0.62), 0.55 + 0.1 * look.ageing, image, uv)


def _towards(tint: tuple[float, float, float], share: Values) -> Values:
    return 1.0 + (np.array(tint) - 1.0) * np.clip(share, 0.0, 1.0)


def _teeth(part: Part, look: Identity) -> Surface:
    depth = smooth(0.75, 1.42, part.rest[:, 2:])
    y = part.rest[:, 1:2]
    gum = smooth(0.0, 0.05, np.where(part.mask[:, :1] > 127, y - 6.76, 6.50 - y))
    colour = np.array((0.80, 0.77, 0.70)) * (1.0 - gum) + np.array((0.55, 0.25, 0.23)) * gum
    return Surface(_shaded(part, colour * (0.12 + 0.75 * depth), 1.0), 0.35)


def _tongue(part: Part, look: Identity) -> Surface:
    depth = smooth(0.75, 1.42, part.rest[:, 2:])
    return Surface(_shaded(part, np.array((0.60, 0.22, 0.21)) * (0.05 + 0.5 * depth), 1.0), 0.45)


def _eye(part: Part, look: Identity) -> Surface:
    uv = part.rest[:, :2] * (0.46, -0.46) + 0.5
    return Surface(_shaded(part, 1.0, 1.0), 0.12, iris(look.iris), uv.astype(np.float32))


def _brows(part: Part, look: Identity) -> Surface:
    colours = _shaded(part, look.brows, 1.0)
    uv = part.uv * np.float32(0.98) + np.float32(0.01)
    return Surface(colours, 0.7, brow_hairs(), uv, "BLEND", solid=False)


def _lashes(part: Part, look: Identity) -> Surface:
    upper, tip, along = (part.mask[:, k] / np.float32(255) for k in range(3))
    v = 0.01 + 0.48 * tip + np.where(upper > 0.5, 0.0, 0.5)
    uv = np.stack([along, v], 1).astype(np.float32)
    colours = _shaded(part, (0.016, 0.013, 0.012), 1.0)
    return Surface(colours, 0.9, lash_hairs(), uv, "BLEND", solid=False)


def _hair_cap(part: Part, look: Identity) -> Surface:
    """As hair-cap.frag, at the middle of its noise: single hairs are too fine for vertices."""
    colours = _shaded(part, np.array(look.hair_colour) * 0.72, 0.5)
    density = part.mask[:, 0] / 255
    colours[:, 3] = 0.96 * smooth(0.0, 1.0, 1.5 * density - 0.55 * (1.0 - density))
    return Surface(colours, 0.75, alpha="BLEND")


def _hair_strips(part: Part, look: Identity) -> Surface:
    across, tone, along = (part.mask[:, k] / np.float32(255) for k in range(3))
    colour = np.array(look.hair_colour) * (0.85 + 0.3 * tone[:, None])
    image, variants = clumps()
    # A clump is one strip of the texture, chosen by its tone, which all its vertices share.
    which = part.mask[:, 1] % variants
    uv = np.stack([(which + 0.02 + 0.96 * across) / variants, along], 1).astype(np.float32)
    return Surface(_shaded(part, colour, 0.45), 0.5, image, uv, "MASK", solid=False)


def _cloth(part: Part, look: Identity) -> Surface:
    return Surface(_shaded(part, look.cloth, 0.5), 0.95)


def _knit(part: Part, look: Identity) -> Surface:
    uv = part.uv * (np.float32(150.0), np.float32(1.0))
    return Surface(_shaded(part, np.array(look.cloth) * 0.9, 0.5), 0.95, ribs(), uv)


def _hair_curls(part: Part, look: Identity) -> Surface:
    """Tight coils: the mass is mottled, since its surface is too fine for a mesh."""
    x, y, z = part.rest.T
    mottled = 0.45 * noise(x * 46, y * 46, z * 46) + 0.25 * noise(x * 15, y * 15, z * 15)
    colour = np.array(look.hair_colour) * (0.65 + mottled[:, None])
    return Surface(_shaded(part, colour, 0.45), 0.85, solid=False)


def _scarf(part: Part, look: Identity) -> Surface:
    return Surface(_shaded(part, look.scarf, 0.45), 0.85, solid=False)


def _frames(part: Part, look: Identity) -> Surface:
    return Surface(_shaded(part, (0.030, 0.024, 0.022), 1.0), 0.3, solid=False)


def _lenses(part: Part, look: Identity) -> Surface:
    colours = _shaded(part, 1.0, 1.0)
    colours[:, 3] = 0.06
    return Surface(colours, 0.05, alpha="BLEND", solid=False)


_SURFACES: Mapping[str, Callable[[Part, Identity], Surface]] = MappingProxyType(
    {
        "skin": _skin,
        "teeth": _teeth,
        "tongue": _tongue,
        "eye": _eye,
        "brows": _brows,
        "lashes": _lashes,
        "hair-cap": _hair_cap,
        "hair-strips": _hair_strips,
        "hair-curls": _hair_curls,
        "scarf": _scarf,
        "frames": _frames,
        "lenses": _lenses,
        "cloth": _cloth,
        "knit": _knit,
    }
)
