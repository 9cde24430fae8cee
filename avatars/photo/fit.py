"""Landmarks of a photograph -> a face, and which of the landmarks to look at again."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from avatars.errors import AvatarError
from avatars.identity import Identity
from avatars.photo.camera import PORTRAIT_DM, Camera
from avatars.photo.checks import misplaced
from avatars.photo.landmarks import GROUPS, LANDMARKS, NAMES, PLACE, Points
from avatars.photo.places import shared_places
from avatars.photo.solve import FITTED, Problem, face_width

Array = NDArray[np.float64]

GOOD_PCT = 2.0
"""Distance between points and avatar, in % of face width, below which a fit is good."""
_POINT_PCT = 0.8
"""Standard deviation of a placed point, in % of face width."""
_LAX = {"outline": 2.0}
"""How many times as far off the points of a group may be: an outline is found half as well."""
_GUESS_PCT = 8.0
"""That of a point nobody has placed."""
_IGNORED_PCT = 1e3
"""That of a point that is left out."""
_FAR_SD = 2.5
"""Standard deviations off at which a point comes under suspicion."""
_TELLING = 18.0
"""What leaving a point out must gain in cost before it is doubted: a placed point gains as much
by chance, its two coordinates being normal, once in eight thousand times."""
_ALIKE = 0.4
"""Share of its distance by which a point may differ from its mirror image."""
_MOST_DOUBTS, _MOST_SUSPECTS = 3, 3
_LEAST_POINTS = 12


@dataclass(frozen=True, slots=True)
class Fit:
    """What the landmarks say of a face. Distances are of the placed points alone.

    identity: the start with the face's shape. camera: see there. points: (22, 2) pixels, where
    the fitted face has its landmarks. residual_pct: (22,) between them and those given, in % of
    the face's width. look_again: name of each landmark that seems misplaced, with a sentence.
    placed: names of those that somebody set. weights: how many were fitted.
    """

    identity: Identity
    camera: Camera
    points: Points
    residual_pct: Array
    look_again: Mapping[str, str]
    placed: frozenset[str] = frozenset(NAMES)
    weights: int = len(FITTED)

    @property
    def mean_pct(self) -> float:
        """Mean distance, in % of face width; 0 where no point was placed."""
        placed = [NAMES[i] in self.placed for i in range(len(NAMES))]
        return float(self.residual_pct[placed].mean()) if any(placed) else 0.0

    @property
    def groups(self) -> dict[str, tuple[float, float]]:
        """Mean and worst distance in each of `GROUPS` of which a point was placed."""
        out = {}
        for group in GROUPS:
            off = [
                float(self.residual_pct[PLACE[mark.name]])
                for mark in LANDMARKS
                if mark.group == group and mark.name in self.placed
            ]
            if off:
                out[group] = sum(off) / len(off), max(off)
        return out


def fit_landmarks(
    points: Points,
    start: Identity,
    size: tuple[int, int],
    placed: Collection[str] = NAMES,
    distance_dm: float = PORTRAIT_DM,
) -> Fit:
    """The face whose landmarks, seen by some camera near its front, lie nearest to `points`.

    points: (22, 2) pixels in a picture of `size` (width, height). start: gives gender, age,
    ancestry, weight and whatever else a frontal photograph does not show. placed: names of the
    points that somebody has set; the others count for little. distance_dm: how far the camera is
    taken to have stood.
    Raises AvatarError when the points form no face seen from the front.
    """
    wrong = misplaced(points, size)
    if len(NAMES) - len(wrong) < _LEAST_POINTS:
        raise AvatarError(
            f"{len(wrong)} of the {len(NAMES)} points cannot be where they are: "
            f"{next(iter(wrong.values()))}"
        )
    deviations = _deviations(placed, wrong)
    fit, cost = _solved(points, start, distance_dm, deviations)
    doubted: list[int] = []
    for _ in range(_MOST_DOUBTS):
        tried = [
            (*_solved(points, start, distance_dm, _ignoring(deviations, at)), at)
            for at in _suspects(fit, points, deviations)
        ]
        better = min(tried, key=lambda one: one[1], default=None)
        if better is None or cost - better[1] < _TELLING:
            break
        fit, cost, at = better
        deviations = _ignoring(deviations, at)
        doubted.append(at)
    doubts = wrong | _doubtful(fit, doubted)
    return replace(fit, look_again=doubts, placed=frozenset(placed))


def _solved(
    points: Points, start: Identity, distance_dm: float, deviations: Array
) -> tuple[Fit, float]:
    problem = Problem(points, start, distance_dm, deviations)
    weights, camera = problem.solve()
    identity = replace(start, shape=problem.shape(weights))
    places = shared_places().of(identity)
    met = camera.project(places)
    residual = np.linalg.norm(met - points, axis=1) / face_width(places, camera) * 100.0
    return Fit(identity, camera, met, residual, {}), problem.cost(weights, camera)


def _ignoring(deviations: Array, at: int) -> Array:
    out = deviations.copy()
    out[at] = _IGNORED_PCT
    return out


def _suspects(fit: Fit, points: Points, deviations: Array) -> list[int]:
    """Numbers of the placed points that lie farthest off, if any lies too far."""
    off = np.where(deviations < _GUESS_PCT, fit.residual_pct / deviations, 0.0)
    off[_alike(fit, points)] = 0.0
    if off.max() < _FAR_SD:
        return []
    return [int(at) for at in np.argsort(-off)[:_MOST_SUSPECTS] if off[at] > 0]


def _alike(fit: Fit, points: Points) -> NDArray[np.bool_]:
    """Which points are off as their mirror image is, (22,): then it is the face that the avatar
    cannot follow (a raised brow), and not the point that is wrong."""
    roll = np.exp(1j * np.radians(fit.camera.angles_deg[2]))  # y is down: this undoes it
    off = ((points - fit.points) @ (1, 1j)) * roll
    partner = [PLACE[mark.partner] if mark.partner else i for i, mark in enumerate(LANDMARKS)]
    paired = np.array([bool(mark.partner) for mark in LANDMARKS])
    mirrored = -off[partner].conj()
    return paired & (np.abs(off - mirrored) < _ALIKE * np.abs(off))


def _deviations(placed: Collection[str], wrong: Collection[str]) -> Array:
    out = [
        _POINT_PCT * _LAX.get(landmark.group, 1.0) if landmark.name in placed else _GUESS_PCT
        for landmark in LANDMARKS
    ]
    return np.where([name in wrong for name in NAMES], _IGNORED_PCT, out)


def _doubtful(fit: Fit, doubted: Collection[int]) -> dict[str, str]:
    return {
        NAMES[at]: f"The {LANDMARKS[at].full_words} lies {fit.residual_pct[at]:.1f} % of the "
        "face's width off."
        for at in doubted
    }
