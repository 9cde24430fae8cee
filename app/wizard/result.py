"""What a finished run found, as its pages show it: JSON beside the checkpoints."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, field_validator

from app.wizard.plan import Role
from evoke.dataset.splits import Protocol
from evoke.training.evaluation import Drawn
from evoke.types import DIMENSIONS

_ROWS = ("macro", *DIMENSIONS)
_OCTANTS = 8

Figure = Annotated[float, Field(ge=-1e6, le=1e6)]
"""Finite, and no larger than what can be drawn."""

Count = Annotated[int, Field(ge=0, le=2**53)]
CountRow = Annotated[tuple[Count, ...], Field(min_length=_OCTANTS, max_length=_OCTANTS)]


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


def _has(found: Collection[str], wanted: Collection[str]) -> None:
    """Raises ValueError, which pydantic takes for what does not fit."""
    if missing := [name for name in wanted if name not in found]:
        raise ValueError(f"{', '.join(missing)} must be there")


def _has_accuracy(rows: Mapping[str, Mapping[str, object]]) -> None:
    _has(rows, _ROWS)
    for row in rows.values():
        _has(row, ["accuracy"])


class Score(_Frozen):
    """A value and its 95 % interval; None where it is not defined."""

    value: Figure | None
    low: Figure | None = None
    high: Figure | None = None


class Point(_Frozen):
    """Of a calibration curve: mean probability stated, share rated high, number of windows."""

    stated: Figure
    right: Figure
    windows: Count


class Person(_Frozen):
    """One person's test windows: label -> share right, and share that the answer commoner over
    all of them would be right."""

    name: str
    windows: int
    accuracy: dict[str, Figure]
    trivial: dict[str, Figure]

    @field_validator("accuracy", "trivial")
    @classmethod
    def _of_all_labels(cls, shares: dict[str, float]) -> dict[str, float]:
        _has(shares, DIMENSIONS)
        return shares


class EveryFold(_Frozen):
    """What all folds of a network that were trained came to together; scores and trivial as in
    `Judged`, over the windows of all of them. of: how many folds its data were cut into; 0 and no
    trivial in results of older versions."""

    folds: int
    scores: dict[str, dict[str, Score]]
    of: int = 0
    trivial: dict[str, dict[str, Figure]] = {}

    @field_validator("scores", "trivial")
    @classmethod
    def _of_all_rows(
        cls, rows: dict[str, dict[str, Score | float]]
    ) -> dict[str, dict[str, Score | float]]:
        if rows:
            _has_accuracy(rows)
        return rows


class Judged(_Frozen):
    """One network on the test windows of its protocol.

    checkpoint: file name within the run's folder. scores, trivial: label or 'macro' -> metric
    (accuracy, balanced_accuracy, f1, auroc, ece, nll, brier). majority: label -> 'high' or 'low'.
    confusion: (8, 8) windows, rated by read, in the order of the octants 000..111.
    before, after: label -> calibration curve without and with calibration. words: the verdict.
    drawn: what its intervals are over. every_fold: where more than this one were trained; all else
    is of the first.
    """

    role: Role
    protocol: Protocol
    checkpoint: str
    windows: int
    trials: int
    scores: dict[str, dict[str, Score]]
    trivial: dict[str, dict[str, Figure]]
    majority: dict[str, str]
    exact: Score
    exact_trivial: Figure
    confusion: Annotated[tuple[CountRow, ...], Field(min_length=_OCTANTS, max_length=_OCTANTS)]
    before: dict[str, tuple[Point, ...]]
    after: dict[str, tuple[Point, ...]]
    people: tuple[Person, ...]
    words: tuple[str, ...]
    every_fold: EveryFold | None = None
    drawn: Drawn = "trials"

    @field_validator("scores", "trivial")
    @classmethod
    def _of_all_rows(
        cls, rows: dict[str, dict[str, Score | float]]
    ) -> dict[str, dict[str, Score | float]]:
        _has_accuracy(rows)
        return rows

    @field_validator("majority", "before", "after")
    @classmethod
    def _of_all_labels(cls, found: dict[str, object]) -> dict[str, object]:
        _has(found, DIMENSIONS)
        return found


class CostRow(_Frozen):
    """Counted exactly, timed on this computer (`device`)."""

    parameters: int
    macs: int
    mb: float
    one_ms: float
    windows_per_s: float
    device: str


class Result(_Frozen):
    """Everything found. costs: role -> cost. headline: the verdict in two sentences."""

    data: str
    synthetic: bool
    subjects: int
    trials: int
    created: str
    headline: tuple[str, ...]
    judged: Annotated[tuple[Judged, ...], Field(min_length=1)]
    costs: dict[str, CostRow]

    def of(self, role: Role, protocol: Protocol) -> Judged | None:
        return next((j for j in self.judged if (j.role, j.protocol) == (role, protocol)), None)
