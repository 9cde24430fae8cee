"""Where the landmarks of a photograph stand, and which of them somebody has set."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from avatars.photo import NAMES, first_guess, guessed_again
from avatars.photo.landmarks import PLACE, Points


@dataclass(frozen=True, slots=True, eq=False)
class Placement:
    """points: (22, 2) pixels of a photograph. placed: names of those that are not a guess."""

    points: Points
    placed: frozenset[str] = frozenset()

    @classmethod
    def nowhere(cls) -> Placement:
        """Before there is a photograph."""
        return cls(np.zeros((len(NAMES), 2)))

    @classmethod
    def guessed(cls, size: tuple[int, int]) -> Placement:
        """The first guess in a photograph of that width and height."""
        return cls(first_guess(*size))

    def with_point(self, name: str, x: float, y: float) -> Placement:
        """`name` set there; those that nobody has set follow."""
        points = self.points.copy()
        points[PLACE[name]] = x, y
        placed = self.placed | {name}
        return Placement(guessed_again(points, placed), placed)

    def at(self, name: str) -> tuple[float, float]:
        x, y = self.points[PLACE[name]]
        return float(x), float(y)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Placement):
            return NotImplemented
        return self.placed == other.placed and bool(np.array_equal(self.points, other.points))

    def __hash__(self) -> int:
        return hash((self.placed, self.points.tobytes()))
