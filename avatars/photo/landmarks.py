"""The named landmarks of a face."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.float64]

GROUPS = ("outline", "brows", "eyes", "nose", "mouth")


@dataclass(frozen=True, slots=True)
class Landmark:
    """A point of the face that a person can find in a photograph.

    words: its name on the screen, without its side. side: "left", "right" (the person's own) or
    "". part, vertex: where it lies on the shared topology.
    """

    name: str
    words: str
    group: str
    side: str
    part: str
    vertex: int

    @property
    def full_words(self) -> str:
        """Its name with its side: 'left eye, outer corner'."""
        return f"{self.side} {self.words}".strip()

    @property
    def partner(self) -> str:
        other = {"left": "right", "right": "left"}.get(self.side)
        return self.name.replace(self.side, other, 1) if other else ""


# Name of the pair or the point, words, group, part, vertex of the left or the only one, and of
# the right one.
# The vertices were found by geometry on the unmodified head, and a test looks at them again:
# corners and ends are extremes, those of the outline lie where the skin turns away from a camera
# in front, about a metre away.
_TABLE: tuple[tuple[str, str, str, str, int, int | None], ...] = (
    ("hairline", "hairline", "outline", "skin", 1056, None),
    ("temple", "temple", "outline", "skin", 4573, 2173),
    ("jaw", "jaw corner", "outline", "skin", 4422, 2007),
    ("chin", "chin", "outline", "skin", 767, None),
    ("brow-inner", "brow, inner end", "brows", "brows", 2, 112),
    ("brow-outer", "brow, outer end", "brows", "brows", 107, 217),
    ("eye-inner", "eye, inner corner", "eyes", "skin", 3601, 1152),
    ("eye-outer", "eye, outer corner", "eyes", "skin", 2591, 18),
    ("nose-bridge", "nose bridge", "nose", "skin", 132, None),
    ("nose-tip", "nose tip", "nose", "skin", 1818, None),
    ("nostril", "nostril", "nose", "skin", 4243, 1820),
    ("mouth", "mouth corner", "mouth", "skin", 2973, 424),
    ("upper-lip", "upper lip", "mouth", "skin", 455, None),
    ("lower-lip", "lower lip", "mouth", "skin", 492, None),
)


def _landmarks() -> tuple[Landmark, ...]:
    made = []
    for name, words, group, part, left, right in _TABLE:
        if right is None:
            made.append(Landmark(name, words, group, "", part, left))
            continue
        made.append(Landmark(f"right-{name}", words, group, "right", part, right))
        made.append(Landmark(f"left-{name}", words, group, "left", part, left))
    return tuple(made)


LANDMARKS = _landmarks()
NAMES = tuple(landmark.name for landmark in LANDMARKS)
PLACE = {name: i for i, name in enumerate(NAMES)}


@dataclass(frozen=True, slots=True)
class Similarity:
    """Turn and scale as a complex factor, then a shift; keeps left and right."""

    factor: complex
    shift: complex

    def apply(self, points: Points) -> Points:
        out = self.factor * (points[:, 0] + 1j * points[:, 1]) + self.shift
        return np.stack([out.real, out.imag], 1)


def similarity(source: Points, target: Points, weights: Points | None = None) -> Similarity:
    """The turn, scale and shift that brings (n, 2) `source` nearest to `target`, n > 1, in the
    least-squares sense (Umeyama 1991, IEEE Trans. Pattern Analysis 13, 376); weights: (n,)."""
    share = np.ones(len(source)) if weights is None else weights
    share = share / share.sum()
    a, b = source @ (1, 1j), target @ (1, 1j)
    middle, goal = share @ a, share @ b
    off, to = a - middle, b - goal
    spread = float(share @ np.abs(off) ** 2)
    factor = complex((share * off.conj()) @ to / spread) if spread > 0 else 1 + 0j
    return Similarity(factor, complex(goal - factor * middle))
