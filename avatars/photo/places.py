"""Where the landmarks lie on the avatar's mesh, as a function of its shape's weights; and in a
photograph, before anybody has dragged one there."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from avatars.expression import blend
from avatars.head import shared_basis
from avatars.identity import Identity
from avatars.photo.landmarks import LANDMARKS, NAMES, PLACE, Points, similarity
from avatars.scene import NECK_PIVOT, about, camera, rotation

Array = NDArray[np.float64]

_FACE_SHARE = 0.30
"""Width of the face as a share of the picture's shorter side, before anything is known."""
_OLD_GUESS = 0.002
"""Weight of a guessed point beside a placed one."""
_EYES_DOWN = 0.44
"""How far down a portrait the eyes are, as a share of its height."""


@dataclass(frozen=True, slots=True)
class Places:
    """Landmarks of the calm face are average + weights @ changes, (22, 3) in dm.

    changes: (k, 22, 3), one for each shape of the identity basis.
    """

    average: Array
    changes: Array

    def at(self, shapes: Mapping[str, float]) -> Array:
        """The landmarks of a head with those weights, (22, 3). Raises AvatarError for a name
        that is unknown."""
        weights = shared_basis().weights(shapes).astype(np.float64)
        return self.average + np.tensordot(weights, self.changes, axes=1)

    def of(self, identity: Identity) -> Array:
        """The landmarks of `identity`, (22, 3)."""
        return self.at(identity.shape_weights())


@cache
def shared_places() -> Places:
    """Those on the head among the package's assets, read once. Raises AvatarError."""
    basis = shared_basis()
    parts = {part.name: part for part in basis.parts}
    calm = blend({})
    average, changes = [], []
    for landmark in LANDMARKS:
        part = parts[landmark.part]
        at = landmark.vertex
        lift = np.tensordot(calm[part.targets], part.offsets[:, at], axes=1)
        average.append(part.positions[at] + lift)
        scale = basis.scales[landmark.part][:, None]
        changes.append(basis.offsets[landmark.part][:, at].astype(np.float64) * scale)
    return Places(np.array(average, np.float64), np.stack(changes, axis=1))


def template() -> Points:
    """The landmarks of the average face seen from the front, (22, 2): y down, the middle between
    the eyes at the origin, temples one apart."""
    out = shared_places().average[:, :2] * (1.0, -1.0)
    eyes = [i for i, landmark in enumerate(LANDMARKS) if landmark.group == "eyes"]
    out = out - out[eyes].mean(0)
    return out / np.linalg.norm(out[PLACE["left-temple"]] - out[PLACE["right-temple"]])


def first_guess(width_px: int, height_px: int) -> Points:
    """Landmarks in a portrait of that size, (22, 2) pixels, from the proportions of a face."""
    size = _FACE_SHARE * min(width_px, height_px)
    return template() * size + (width_px / 2, _EYES_DOWN * height_px)


def guessed_again(points: Points, placed: Collection[str]) -> Points:
    """`points`, (22, 2), with those that are not in `placed` moved to where the placed ones say.

    One placed point shifts the guess, two turn and scale it, more are met as well as a similarity
    can. The old guess counts a little, lest two points close together blow the face up.
    """
    known = np.array([name in placed for name in NAMES])
    if not known.any():
        return points
    shape = template()
    if known.sum() == 1:
        moved = shape - shape[known]
        width = np.linalg.norm(points[PLACE["left-temple"]] - points[PLACE["right-temple"]])
        moved = points[known] + moved * float(width)
    else:
        moved = similarity(shape, points, np.where(known, 1.0, _OLD_GUESS)).apply(shape)
    return np.where(known[:, None], points, moved)


def seen_by_renderer(identity: Identity, head_deg: tuple[float, float, float]) -> Array:
    """Landmarks, (22, 2), in a square picture that the renderer draws of the calm face, its head
    at that pitch, yaw and roll: shares of the side, from the top left corner."""
    turn = about(NECK_PIVOT, rotation(*head_deg))
    places = np.c_[shared_places().of(identity), np.ones(len(LANDMARKS))] @ turn.T
    matrix, _position = camera(1.0)
    drawn = places @ matrix.T
    return (drawn[:, :2] / drawn[:, 3:] * (1, -1) + 1) / 2
