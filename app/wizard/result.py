"""What a finished run found, as its pages show it: JSON beside the checkpoints."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

from app.wizard.plan import Role
from evoke.dataset.splits import Protocol
from evoke.training.evaluation import Drawn


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Score(_Frozen):
    """A value and its 95 % interval; None where it is not defined."""

    value: float | None
    low: float | None = None
    high: float | None = None


class Point(_Frozen):
    """Of a calibration curve: mean probability stated, share rated high, number of windows."""

    stated: float
    right: float
    windows: int


class Person(_Frozen):
    """One person's test windows: label -> share right, and share that the answer commoner over
    all of them would be right."""

    name: str
    windows: int
    accuracy: dict[str, float]
    trivial: dict[str, float]


class EveryFold(_Frozen):
    """What all folds of a network that were trained came to together; scores and trivial as in
    `Judged`, over the windows of all of them. of: how many folds its data were cut into; 0 and no
    trivial in results of older versions."""

    folds: int
    scores: dict[str, dict[str, Score]]
    of: int = 0
    trivial: dict[str, dict[str, float]] = {}


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
    trivial: dict[str, dict[str, float]]
    majority: dict[str, str]
    exact: Score
    exact_trivial: float
    confusion: tuple[tuple[int, ...], ...]
    before: dict[str, tuple[Point, ...]]
    after: dict[str, tuple[Point, ...]]
    people: tuple[Person, ...]
    words: tuple[str, ...]
    every_fold: EveryFold | None = None
    drawn: Drawn = "trials"


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
    judged: tuple[Judged, ...]
    costs: dict[str, CostRow]

    def of(self, role: Role, protocol: Protocol) -> Judged | None:
        return next((j for j in self.judged if (j.role, j.protocol) == (role, protocol)), None)
