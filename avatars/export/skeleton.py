"""Bones of the exported avatar: a person in T-pose, of whom only head and shoulders are seen.

VRM 1.0 asks for fifteen humanoid bones. Those that no vertex hangs on let programs that move a
whole body do so, and put the bust where a person's would be.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from avatars.mesh import Floats, Part
from avatars.scene import NECK_PIVOT, Scene

METRES = 0.1
"""Metres in a decimetre, the avatar's own unit."""

GROUND_DM = -8.17
"""Where the soles of the body that the bust was cut from stand."""

_ARM_M = {"UpperArm": (0.18, 1.38, -0.01), "LowerArm": (0.42, 1.38, -0.01)} | {
    "Hand": (0.66, 1.38, -0.01)
}
_LEG_M = {"UpperLeg": (0.10, 0.91, 0.0), "LowerLeg": (0.10, 0.49, 0.0), "Foot": (0.10, 0.08, 0.0)}
_BENT = ("chest", "neck", "head")


@dataclass(frozen=True, slots=True)
class Bone:
    """name: as VRM 1.0 calls it. parent: its number, or None. at_m: (3,) where it lies."""

    name: str
    parent: int | None
    at_m: tuple[float, float, float]


def to_metres(points_dm: NDArray[np.floating]) -> Floats:
    """Points, (n, 3) dm, on the ground and in metres."""
    return ((points_dm - (0.0, GROUND_DM, 0.0)) * METRES).astype(np.float32)


def bones(scene: Scene) -> list[Bone]:
    """The skeleton, parents before children; head and eyes where this face has them."""
    out = [Bone("hips", None, (0.0, 0.95, 0.0))]

    def grow(parent: str, name: str, at_m: tuple[float, float, float]) -> None:
        out.append(Bone(name, [bone.name for bone in out].index(parent), at_m))

    def placed(point_dm: NDArray[np.floating]) -> tuple[float, float, float]:
        x, y, z = (round(float(v), 5) for v in to_metres(point_dm))
        return x, y, z

    grow("hips", "spine", (0.0, 1.07, 0.0))
    grow("spine", "chest", (0.0, 1.24, 0.0))
    grow("chest", "neck", placed(NECK_PIVOT - (0.0, 0.5, 0.1)))
    grow("neck", "head", placed(NECK_PIVOT))
    for side, sign, eye in zip(("left", "right"), (1.0, -1.0), scene.eyes, strict=True):
        grow("head", side + "Eye", placed(eye.origin))
        for limb, root in ((_ARM_M, "chest"), (_LEG_M, "hips")):
            parent = root
            for name, (x, y, z) in limb.items():
                grow(parent, side + name, (sign * x, y, z))
                parent = side + name
    return out


def hanging(
    part: Part, skeleton: Sequence[Bone], eye: str | None
) -> tuple[NDArray[np.uint8], Floats]:
    """The bones that each vertex of `part` hangs on, (n, 4), and their shares, (n, 4).

    eye: the bone of an eyeball. Of everything else the neck bends what lies between chest and
    head, as the renderer bends it.
    """
    names = [bone.name for bone in skeleton]
    n = len(part.positions)
    numbers, shares = np.zeros((n, 4), np.uint8), np.zeros((n, 4), np.float32)
    if eye is not None:
        numbers[:, 0], shares[:, 0] = names.index(eye), 1.0
        return numbers, shares
    y, z = part.rest[:, 1], part.rest[:, 2]
    t = np.clip((y + 0.25 * np.maximum(-z, 0.0) - 5.45) / 1.05, 0.0, 1.0)
    head = t * t * (3.0 - 2.0 * t)
    shares[:, :3] = np.stack([(1 - head) ** 2, 2 * head * (1 - head), head**2], 1)
    numbers[:, :3] = np.where(shares[:, :3] > 0.0, [names.index(name) for name in _BENT], 0)
    return numbers, shares / shares.sum(1, keepdims=True)
