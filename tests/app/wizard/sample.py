"""A result and an account of training as a run would give them, their numbers made up."""

from __future__ import annotations

import numpy as np

from app.wizard.messages import Machine, Message, Reading, StageStarted
from app.wizard.plan import ROLES, Plan, Role
from app.wizard.result import CostRow, Judged, Person, Point, Result, Score
from app.wizard.sweep import FEW, Sweep, SweepPoint
from evoke.dataset.splits import Protocol
from evoke.training.events import BatchesDone, EpochEnded, Finish, FoldEnded, FoldStarted
from evoke.types import DIMENSIONS

PLAN = Plan(
    name="Three people, quick",
    data="demo:showcase:3",
    protocol="subjects",
    also=("trials", "segments"),
    preset="quick",
)

_RIGHT: dict[str, tuple[float, float, float]] = {
    "subjects": (0.561, 0.556, 0.543),
    "trials": (0.612, 0.604, 0.581),
    "segments": (0.925, 0.871, 0.842),
}
_METRICS = ("accuracy", "balanced_accuracy", "f1", "auroc", "ece", "nll", "brier")


def result(*, synthetic: bool = True, people: int = 3, protocols: int = 3) -> Result:
    judged = tuple(
        _judged(role, protocol, people) for protocol in PLAN.protocols[:protocols] for role in ROLES
    )
    data = "synthetic, preset showcase, generator version 2, seed 0" if synthetic else (
        "DEAP, prepared from data_preprocessed_python"
    )  # fmt: skip
    return Result(
        data=data,
        synthetic=synthetic,
        subjects=people,
        trials=40 * people,
        created="2026-11-22T11:40:00+00:00",
        headline=(
            "On people it has never seen, this student is right about valence 56 times in 100; "
            "always answering “high” would be right 55 times.",
            "That difference could be chance: use it to follow changes within one person, not to "
            "judge a person.",
        ),
        judged=judged,
        costs={
            "teacher": _cost(6_234_627, 79_961_088, 23.79, 9.1, 118.0),
            "student": _cost(353_363, 1_991_424, 1.3479, 0.13402873999, 3150.27317),
            "scratch": _cost(353_363, 1_991_424, 1.3479, 0.13402873999, 3150.27317),
        },
    )


def _cost(parameters: int, macs: int, mb: float, one_ms: float, windows_per_s: float) -> CostRow:
    return CostRow(
        parameters=parameters,
        macs=macs,
        mb=mb,
        one_ms=one_ms,
        windows_per_s=windows_per_s,
        device="CPU",
    )


def _judged(role: Role, protocol: Protocol, people: int) -> Judged:
    value = _RIGHT[protocol][ROLES.index(role)]
    rng = np.random.default_rng(ROLES.index(role) + 7 * people)
    scores = {
        label: {m: _score(value + 0.01 * k - 0.02 * i) for i, m in enumerate(_METRICS)}
        for k, label in enumerate(("macro", *DIMENSIONS))
    }
    scores["dominance"]["auroc"] = Score(value=None)
    confusion = rng.integers(0, 30, (8, 8)) + np.diag(rng.integers(20, 160, 8))
    confusion[6] = 0
    return Judged(
        role=role,
        protocol=protocol,
        checkpoint=f"{protocol}-{role}.safetensors",
        windows=int(confusion.sum()),
        trials=24,
        scores=scores,
        trivial={
            label: {"accuracy": 0.553 - 0.01 * k, "f1": 0.71, "nll": 0.69, "brier": 0.25}
            for k, label in enumerate(("macro", *DIMENSIONS))
        },
        majority={"valence": "high", "arousal": "high", "dominance": "low"},
        exact=_score(0.231),
        exact_trivial=0.184,
        confusion=tuple(tuple(int(n) for n in row) for row in confusion),
        before={d: _curve(0.35) for d in DIMENSIONS},
        after={d: _curve(0.9) for d in DIMENSIONS},
        people=tuple(
            Person(
                name=f"s{i + 1:02d}",
                windows=2400,
                accuracy={d: float(np.clip(value + rng.normal(0, 0.06), 0, 1)) for d in DIMENSIONS},
                trivial={d: float(np.clip(0.553 + rng.normal(0, 0.04), 0, 1)) for d in DIMENSIONS},
            )
            for i in range(people)
        ),
        words=(
            f"Right about valence {100 * value:.0f} times in 100.",
            "Its probabilities are as true as this many trials can show.",
        ),
    )


def _score(value: float) -> Score:
    return Score(value=value, low=value - 0.029, high=min(1.0, value + 0.03))


def _curve(slope: float) -> tuple[Point, ...]:
    stated = np.linspace(0.25, 0.8, 8) if slope > 0.5 else np.linspace(0.05, 0.95, 8)
    return tuple(
        Point(stated=float(p), right=float(0.51 + slope * (p - 0.5)), windows=120 + 60 * k)
        for k, p in enumerate(stated)
    )


def sweep() -> Sweep:
    """Of new people, all six students trained."""
    points = tuple(
        SweepPoint(temperature=t, alpha=a, accuracy=_score(round(0.55 + 0.005 * k, 6)))
        for k, (t, a) in enumerate(FEW)
    )
    return Sweep(protocol="subjects", grid=FEW, points=points)


def journal(
    stage: str = "subjects-teacher", folds: int = 5, now: int = 3, epochs: int = 60, at: int = 37
) -> list[Message]:
    """What a run has told when fold `now` of a network is at epoch `at`: the folds before have
    ended. A minute an epoch."""
    rng = np.random.default_rng(8)
    protocol, role = stage.split("-")
    t = 1_795_000_000.0
    found = [Message(t, stage, StageStarted(protocol, role)), Message(t, stage, Reading(3, 3))]
    found.append(Message(t, stage, Machine("CPU, 1 thread", 1940.0, 7800.0, 1240.0)))
    for fold in range(1, now + 1):
        found.append(Message(t, stage, FoldStarted(fold, folds, epochs, 1000, 300, 300, "cpu")))
        last, best, best_epoch = at if fold == now else epochs, np.inf, 0
        for epoch in range(1, last + 1):
            t += 60.0
            nll = 0.655 + 0.05 * np.exp(-epoch / 6) + 0.0015 * max(0, epoch - 24)
            nll += float(rng.normal(0, 0.004))
            better = bool(nll < best)
            best, best_epoch = (nll, epoch) if better else (best, best_epoch)
            found.append(
                Message(
                    t,
                    stage,
                    EpochEnded(
                        epoch=epoch,
                        epochs=epochs,
                        loss=3 * (0.3 + 0.4 * float(np.exp(-epoch / 22))),
                        nll=nll,
                        accuracy=0.572
                        - 0.05 * float(np.exp(-epoch / 7))
                        + float(rng.normal(0, 0.004)),
                        best=better,
                        elapsed_s=60.0 * epoch,
                        fold=fold,
                    ),
                )
            )
        if fold < now:
            ended = FoldEnded(fold, Finish.COMPLETED, best_epoch, 0.57 + 0.01 * fold, 0.553, 3600.0)
            found.append(Message(t, stage, ended))
    found.append(Message(t + 20, stage, BatchesDone(at + 1, 30, 100, now)))
    return found
