"""What a user asked to open, before anything is opened."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

SourceKind = Literal["demo", "deap", "file", "board"]


@dataclass(frozen=True)
class SourceSpec:
    """A source in words: enough to open it now, and again at the next start.

    path: a DEAP subject file, or a recording; empty for the demo and for boards. A recording that
        is one of DEAP's originals is played as DEAP's trials.
    trial: the trial to start with, from 1; None plays all in order.
    board: BrainFlow's name of the board, for instance "synthetic".
    params: what the board asks for, by BrainFlow's parameter name.
    montage: channel name -> 10-20 electrode, where the source's own names do not say.
    """

    kind: SourceKind
    path: str = ""
    trial: int | None = None
    board: str = ""
    params: dict[str, str] = field(default_factory=dict)
    montage: dict[str, str] = field(default_factory=dict)
