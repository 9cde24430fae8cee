"""Where the landmarks of a photograph stand, which of them somebody has set, and the way back."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from avatars.photo import NAMES, first_guess, guessed_again
from avatars.photo.landmarks import PLACE, Points

_MOST_STEPS = 500


@dataclass(frozen=True, slots=True)
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

    def same_as(self, other: Placement) -> bool:
        return self.placed == other.placed and bool(np.array_equal(self.points, other.points))


class History:
    """Placements, one after the other, with undo and redo."""

    def __init__(self, first: Placement) -> None:
        self._done, self._undone = [first], list[Placement]()
        self._run = ""

    @property
    def current(self) -> Placement:
        return self._done[-1]

    def push(self, placement: Placement, run: str = "") -> None:
        """A new placement. Neighbours of the same `run` (a key that is held down) undo as one."""
        if placement.same_as(self.current):
            return
        if run and run == self._run:
            self._done[-1] = placement
        else:
            self._done.append(placement)
        self._run = run
        self._undone.clear()
        del self._done[1 : len(self._done) - _MOST_STEPS]

    def undo(self) -> Placement:
        if self.can_undo:
            self._undone.append(self._done.pop())
        self._run = ""
        return self.current

    def redo(self) -> Placement:
        if self.can_redo:
            self._done.append(self._undone.pop())
        self._run = ""
        return self.current

    @property
    def can_undo(self) -> bool:
        return len(self._done) > 1

    @property
    def can_redo(self) -> bool:
        return bool(self._undone)
