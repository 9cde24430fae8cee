"""Weights of the face's shape and a camera, from landmarks.

Both are found together by Gauss-Newton steps, each a bounded linear least-squares problem. The
weights are drawn to zero, the average face of the chosen gender, age and ancestry, as far as the
points leave them open: a normal prior on each, so that what comes out is the most probable face
(Blanz & Vetter 1999, SIGGRAPH, 187).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from avatars.head import shared_basis
from avatars.identity import Identity
from avatars.photo.camera import Camera, facing
from avatars.photo.landmarks import PLACE, Points
from avatars.photo.places import Places, shared_places

Array = NDArray[np.float64]

_SIGNED, _ONE_WAY = (-1.0, 1.0), (0.0, 1.0)

FITTED: Mapping[str, tuple[float, tuple[float, float]]] = {
    **dict.fromkeys(("head-scale-horiz", "head-scale-vert"), (0.35, _SIGNED)),
    **dict.fromkeys(("head-oval", "head-round", "head-rectangular"), (0.25, _ONE_WAY)),
    **dict.fromkeys(("head-square", "head-triangular"), (0.25, _ONE_WAY)),
    **dict.fromkeys(("head-diamond", "head-invertedtriangular"), (0.2, _ONE_WAY)),
    **dict.fromkeys(("head-fat", "cheek-volume", "forehead-scale-vert"), (0.3, _SIGNED)),
    **dict.fromkeys(("chin-height", "chin-bones"), (0.25, _SIGNED)),
    "chin-triangle": (0.25, _ONE_WAY),
    **dict.fromkeys(("eye-corner1", "eye-corner2", "eye-scale"), (0.3, _SIGNED)),
    **dict.fromkeys(("eye-trans-height", "eye-trans-width"), (0.4, _SIGNED)),
    **dict.fromkeys(("brow-length", "brow-arch"), (0.2, _SIGNED)),
    **dict.fromkeys(("eyebrows-angle", "eyebrows-trans"), (0.4, _SIGNED)),
    **dict.fromkeys(("mouth-scale-horiz", "mouth-scale-vert", "mouth-trans"), (0.4, _SIGNED)),
    **dict.fromkeys(("mouth-angles", "mouth-upperlip-height"), (0.35, _SIGNED)),
    "mouth-lowerlip-height": (0.35, _SIGNED),
    **dict.fromkeys(("nose-scale-horiz", "nose-scale-vert", "nose-trans"), (0.35, _SIGNED)),
    **dict.fromkeys(("nose-nostrils-width", "nose-width3", "nose-flaring"), (0.3, _SIGNED)),
    **dict.fromkeys(("nose-base", "nose-point"), (0.25, _SIGNED)),
}
"""Features that move a landmark in a frontal view: standard deviation of their prior, and range.
What a frontal photograph does not show (ears, depth, lids) stays as the user chose it."""

_TURN_SD_RAD = np.radians([7.0, 7.0, 60.0])
"""Prior of the head's turn: the photograph is frontal, but may be tilted."""
_ROUNDS = 8
_SETTLED = 2e-3


def face_width(places: Array, camera: Camera) -> float:
    """Pixels from temple to temple of the landmarks `places`, (22, 3)."""
    temples = places[PLACE["left-temple"]] - places[PLACE["right-temple"]]
    return float(np.linalg.norm(temples)) * camera.scale


class Problem:
    """Finds weights of `FITTED` and a camera. deviations: (22,) of the points, % of face width."""

    def __init__(
        self, points: Points, start: Identity, distance_dm: float, deviations: Array
    ) -> None:
        self._points, self._start, self._deviations = points, start, deviations
        self._distance_dm = distance_dm
        self._kept = {name: w for name, w in start.shape.items() if name not in FITTED}
        self._places: Places = shared_places()
        self._ways = [_columns(name) for name in FITTED]
        self._sd = np.array([sd for sd, _range in FITTED.values()])
        self._least, self._most = np.array([limits for _sd, limits in FITTED.values()]).T
        plain = replace(start, shape=self._kept).shape_weights()
        # What age adds to a fitted feature decides on which of its two sides it stands.
        self._offsets = np.array([plain.get(name, 0.0) for name in FITTED])

    def shape(self, weights: Array) -> dict[str, float]:
        """What an identity's `shape` becomes with those weights of `FITTED`."""
        found = {
            name: round(float(w), 4)
            for name, w in zip(FITTED, weights, strict=True)
            if abs(w) > 5e-4
        }
        return self._kept | found

    def _at(self, weights: Array) -> Array:
        return self._places.of(replace(self._start, shape=self.shape(weights)))

    def solve(self) -> tuple[Array, Camera]:
        """Weight of each of `FITTED`, and the camera."""
        weights = np.zeros(len(FITTED))
        places = self._at(weights)
        camera = facing(places, self._points, self._distance_dm)
        for _ in range(_ROUNDS):
            found, camera = self._step(weights, places, camera)
            change = float(np.abs(found - weights).max())
            weights, places = found, self._at(found)
            if change < _SETTLED:
                break
        return weights, camera

    def cost(self, weights: Array, camera: Camera) -> float:
        """How improbable a solution is: minus twice its logarithm, up to a constant."""
        places = self._at(weights)
        off = np.linalg.norm(camera.project(places) - self._points, axis=1)
        sds = off / face_width(places, camera) * 100.0 / self._deviations
        turned = np.radians(camera.angles_deg) / _TURN_SD_RAD
        prior = ((weights / self._sd) ** 2).sum() + (turned**2).sum()
        return float((sds**2).sum() + prior)

    def _step(self, weights: Array, places: Array, camera: Camera) -> tuple[Array, Camera]:
        from scipy.optimize import lsq_linear

        unit = face_width(places, camera) / 100.0
        trust = np.repeat(1 / self._deviations, 2)
        slopes = self._slopes(weights, places, camera) / unit * trust[:, None]
        off = (self._points - camera.project(places)).ravel() / unit * trust
        off = off + slopes[:, 6:] @ weights
        # Rows of the prior: the head's turn (so far, and what is added), the weights.
        turned = np.radians(camera.angles_deg)
        prior = np.zeros((3 + len(weights), slopes.shape[1]))
        prior[:3, 1:4] = np.diag(1 / _TURN_SD_RAD)
        prior[3:, 6:] = np.diag(1 / self._sd)
        target = np.concatenate([-turned / _TURN_SD_RAD, np.zeros(len(weights))])
        free = np.full(6, np.inf)
        found = lsq_linear(
            np.concatenate([slopes, prior]),
            np.concatenate([off, target]),
            (np.concatenate([-free, self._least]), np.concatenate([free, self._most])),
            method="bvls",
        ).x
        shift = found[4:6] * unit
        return found[6:], camera.moved(found[0] / 100.0, found[1:4], shift)

    def _slopes(self, weights: Array, places: Array, camera: Camera) -> Array:
        """How the pixels change, (44, 6 + k): with the scale in %, the turn in radians, the shift
        in % of face width, and each weight. The nearness of each point is taken as fixed."""
        size = camera.scale * camera.nearness(places)[:, None]
        seen = (places - camera.middle) @ camera.turn.T
        columns = [seen[:, :2] * size * (0.01, -0.01)]
        for axis in np.eye(3):
            columns.append(np.cross(axis, seen)[:, :2] * size * (1, -1))
        unit = face_width(places, camera) / 100.0
        columns += [np.tile(step, (len(places), 1)) for step in np.eye(2) * unit]
        total = weights + self._offsets
        for (minus, plus), at in zip(self._ways, total, strict=True):
            change = self._places.changes
            if minus == plus:
                slope = change[plus]
            elif abs(at) < 1e-6:
                slope = (change[plus] - change[minus]) / 2
            else:
                slope = change[plus] if at > 0 else -change[minus]
            columns.append((slope @ camera.turn.T)[:, :2] * size * (1, -1))
        return np.stack([column.ravel() for column in columns], axis=1)


def _columns(feature: str) -> tuple[int, int]:
    """Numbers of the shapes that `feature` means below and above zero."""
    names = shared_basis().names
    if feature in names:
        return names.index(feature), names.index(feature)
    return names.index(f"{feature}-"), names.index(f"{feature}+")
