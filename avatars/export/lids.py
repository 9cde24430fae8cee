"""Eyelids that stay outside the eyeballs without a vertex shader.

The renderer pushes lids and lashes out of the eyeballs in every frame. A glTF viewer only adds
morph targets up, so here the push is part of the face and of each target. Half way through a blink
a lid then lies on the chord of the arc that it should travel on, inside the ball; the ball shrinks
with the blink to make room, behind lids that already cover its rim.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from avatars.expression import INDEX
from avatars.mesh import Floats, Part
from avatars.rig import EYE_RANGE_DEG
from avatars.scene import rotation

_KEPT_OFF = {"skin": 1.035, "lashes": 1.10}
"""Least distance from the middle of the eye, in its radii; as in the renderer."""

_SHRINK = 0.25
"""Share of its size that a ball loses behind a shut lid."""


@dataclass(frozen=True, slots=True)
class Eyes:
    """Both eyeballs: origins (2, 3) and radii (2,), in dm; the avatar's left one first."""

    origins: Floats
    radii: Floats


def with_lids(part: Part, eyes: Eyes) -> Part:
    """`part` with what may not enter an eyeball kept out of both, at rest and in each target."""
    factor = _KEPT_OFF.get(part.material)
    if factor is None:
        return part
    positions = _outside(part.positions, eyes, factor)
    offsets = np.stack([_outside(part.positions + o, eyes, factor) for o in part.offsets])
    return replace(part, positions=positions, offsets=offsets - positions)


def _outside(points: Floats, eyes: Eyes, factor: float) -> Floats:
    out = points.copy()
    for origin, radius in zip(eyes.origins, eyes.radii, strict=True):
        away = out - origin
        gap = np.linalg.norm(away, axis=1)
        inside = (gap < radius * factor) & (away[:, 2] > 0.0)
        out[inside] = origin + away[inside] / gap[inside, None] * radius * factor
    return out


def turning_eye(part: Part, side: str) -> Part:
    """The eyeball `part` with targets that turn it as ARKit's eyeLook weights ask, and one that
    makes room for the lid. side: Left or Right."""
    outward = 1.0 if side == "Left" else -1.0
    turns = {
        "eyeLookUp": (-1.0, 0.0),
        "eyeLookDown": (1.0, 0.0),
        "eyeLookOut": (0.0, outward),
        "eyeLookIn": (0.0, -outward),
    }
    names, offsets, bends = ["eyeBlink"], [-_SHRINK * part.positions], [0.0 * part.normals]
    for name, (pitch, yaw) in turns.items():
        turn = rotation(pitch * EYE_RANGE_DEG, yaw * EYE_RANGE_DEG, 0.0)
        names.append(name)
        offsets.append(part.positions @ turn.T - part.positions)
        bends.append(part.normals @ turn.T - part.normals)
    return replace(
        part,
        targets=np.array([INDEX[name + side] for name in names]),
        offsets=np.array(offsets, np.float32),
        normal_offsets=np.array(bends, np.float32),
    )
