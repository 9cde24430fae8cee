"""Where the landmarks lie on the avatar's mesh, as a function of its shape's weights."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from avatars.expression import blend
from avatars.head import shared_basis
from avatars.identity import Identity
from avatars.photo.landmarks import LANDMARKS
from avatars.scene import NECK_PIVOT, about, camera, rotation

Array = NDArray[np.float64]


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


def seen_by_renderer(identity: Identity, head_deg: tuple[float, float, float]) -> Array:
    """Landmarks, (22, 2), in a square picture that the renderer draws of the calm face, its head
    at that pitch, yaw and roll: shares of the side, from the top left corner."""
    turn = about(NECK_PIVOT, rotation(*head_deg))
    places = np.c_[shared_places().of(identity), np.ones(len(LANDMARKS))] @ turn.T
    matrix, _position = camera(1.0)
    drawn = places @ matrix.T
    return (drawn[:, :2] / drawn[:, 3:] * (1, -1) + 1) / 2
