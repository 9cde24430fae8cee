"""The seam to everything that leaves for other programs: LSL, VMC and the like."""

from __future__ import annotations

from typing import Protocol

from evoke.types import Affect

HOLDS_S = 2.0
"""A reading that no other follows for so long (a rest, a pause, a lost headset) holds no more."""


class Output(Protocol):
    """Receives every reading. A failing output is logged, shown and left out; it never stops
    the path.

    problem: why nothing gets through just now, in one sentence for the user; "" where all is well.
    """

    name: str
    problem: str

    def send(self, affect: Affect) -> None:
        """Pass a reading on. Must return at once."""

    def close(self) -> None:
        """Release what it holds, within a second. What is sent afterwards goes nowhere."""
