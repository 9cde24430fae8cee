"""The camera that took a photograph: weak perspective, and what a portrait's distance adds."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from avatars.photo.landmarks import Points, similarity

Array = NDArray[np.float64]

PORTRAIT_DM = 10.0
"""Distance at which portraits are assumed to be taken. At one metre the nose is drawn a tenth
larger than the ears; a fit that knew nothing of it would put that into the face's shape."""


@dataclass(frozen=True, slots=True)
class Camera:
    """scale: pixels a dm at the head's middle. turn: (3, 3) rotation of the head. shift: (2,)
    pixels. middle: (3,) dm, what the head turns about. distance_dm: inf for weak perspective."""

    scale: float
    turn: Array
    shift: Array
    middle: Array
    distance_dm: float = PORTRAIT_DM

    def project(self, points: Array) -> Points:
        """(n, 3) dm on the head to (n, 2) pixels."""
        seen = (points - self.middle) @ self.turn.T
        return seen[:, :2] * (1, -1) * self.scale * self.nearness(points)[:, None] + self.shift

    def nearness(self, points: Array) -> Array:
        """How much larger each of (n, 3) points is drawn than the head's middle, (n,): the
        correction that makes weak perspective exact (DeMenthon & Davis 1995, Int. J. Computer
        Vision 15, 123)."""
        return 1.0 / (1.0 - (points - self.middle) @ self.turn[2] / self.distance_dm)

    def moved(self, growth: float, turn_rad: Array, shift: Array) -> Camera:
        """Scaled by exp(growth), the head turned further by a rotation vector, shifted."""
        turn = _rotation(turn_rad) @ self.turn
        scale = self.scale * float(np.exp(growth))
        return Camera(scale, turn, self.shift + shift, self.middle, self.distance_dm)

    @property
    def angles_deg(self) -> tuple[float, float, float]:
        """How the head is turned: pitch, yaw and roll, as `avatars.Pose.head_deg`."""
        r = self.turn
        pitch = np.arctan2(r[2, 1], r[2, 2])
        yaw = np.arcsin(np.clip(-r[2, 0], -1, 1))
        roll = np.arctan2(r[1, 0], r[0, 0])
        return tuple(float(np.degrees(x)) for x in (pitch, yaw, roll))  # type: ignore[return-value]


def facing(points: Array, pixels: Points, distance_dm: float = PORTRAIT_DM) -> Camera:
    """The camera straight in front of (n, 3) `points` that sees them nearest to `pixels`."""
    middle = points.mean(0)
    flat = (points - middle)[:, :2] * (1, -1)
    found = similarity(flat, pixels)
    angle = -np.angle(found.factor)  # y down becomes y up
    return Camera(
        scale=abs(found.factor),
        turn=_rotation(np.array([0.0, 0.0, float(angle)])),
        shift=np.array([found.shift.real, found.shift.imag]),
        middle=middle,
        distance_dm=distance_dm,
    )


def _rotation(vector: Array) -> Array:
    """Rotation matrix, (3, 3), of a rotation vector in radians (Rodrigues)."""
    angle = float(np.linalg.norm(vector))
    x, y, z = vector / angle if angle > 0 else vector
    cross = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    return np.eye(3) + np.sin(angle) * cross + (1 - np.cos(angle)) * cross @ cross
