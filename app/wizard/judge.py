"""What the trained networks of a run are worth, into its result.json."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from app.costs import cost
from app.evaluation_commands import division
from app.json_files import to_json
from app.training_cards import logits_by
from app.wizard.plan import TITLES, Role, Stage
from app.wizard.result import CostRow, EveryFold, Judged, Person, Point, Result, Score
from evoke.errors import CheckpointError
from evoke.training.evaluation import Assessment, Estimate, assess
from evoke.training.verdict import CANNOT_TELL, SIGNIFICANT, WHERE, alone, verdict
from evoke.types import DIMENSIONS, RATE_HZ

if TYPE_CHECKING:
    from app.wizard.runs import Run
    from evoke.training.config import TrainConfig
    from evoke.training.data import LabelledWindows
    from models.checkpoint import Checkpoint

BINS = 10

Progress = Callable[[int, int], None]
"""Windows read, of all that are to be."""


def judge(run: Run, on_read: Progress = lambda _done, _total: None) -> Result:
    """Let every network read the windows it was not trained on, as `evoke evaluate` does, and
    write what was found. Raises EvokeError for data or checkpoints that cannot be used."""
    from models.checkpoint import load
    from models.errors import ModelError

    plan = run.plan
    try:
        checkpoints = {stage: load(run.checkpoint(stage)) for stage in plan.stages}
    except ModelError as error:
        raise CheckpointError(str(error)) from error
    data = _data(run, next(iter(checkpoints.values())))
    tested = {stage: division(c, data)[0] for stage, c in checkpoints.items()}
    total, done = sum(map(len, tested.values())), 0
    judged = []
    found: dict[Stage, Assessment] = {}
    for stage, checkpoint in checkpoints.items():

        def on_own(read: int, _own: int, before: int = done) -> None:
            on_read(before + read, total)

        one, found[stage] = _judged(run, stage, checkpoint, data, on_own)
        judged.append(one)
        done += len(tested[stage])
    main = Stage(protocol=plan.protocol, role="student")
    result = Result(
        data=data.description,
        synthetic=data.synthetic,
        subjects=len(data.subjects),
        trials=data.trials,
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        headline=headline(found[main], plan.protocol, main.role, synthetic=data.synthetic),
        judged=tuple(judged),
        costs=_costs({s.role: c.card.network for s, c in checkpoints.items()}, run.threads),
    )
    run.write("result.json", to_json(result))
    return result


def headline(found: Assessment, protocol: str, role: Role, *, synthetic: bool) -> tuple[str, str]:
    """The verdict for a clinician: how often it is right, and what that is good for."""
    where = WHERE[protocol]
    label = DIMENSIONS[0]
    right, trivial = found.scores[label]["accuracy"], found.trivial[label]["accuracy"]
    first = (
        f"{where}, this {TITLES[role]} is right about {label} {_hundred(right.value)} times in "
        f"100; always answering '{found.majority[label]}' would be right {_hundred(trivial)} times."
    )
    mean, usual = found.scores["macro"]["accuracy"], found.trivial["macro"]["accuracy"]
    if found.trials == 1:
        return first, (
            "It was tested on a single trial, and nothing follows from it: take fewer folds, so "
            "that each tests more."
        )
    figures = (
        f"right {_hundred(mean.value)} times in 100 (95 %: {_hundred(mean.low)} to "
        f"{_hundred(mean.high)}), always giving the commoner answer {_hundred(usual)}"
    )
    about = f"Over {', '.join(DIMENSIONS[:-1])} and {DIMENSIONS[-1]} it is {figures}"
    if protocol in CANNOT_TELL:
        return first, f"{about}. {CANNOT_TELL[protocol]} Until then, trust no reading."
    if said := alone(found, protocol):
        return first, f"{about}. {said}"
    if mean.low > usual and found.chance["macro"] < SIGNIFICANT:
        use = (
            "that is more than chance, but the data are synthetic: it says nothing about real "
            "people"
            if synthetic
            else "that is more than chance: use it to compare longer stretches, not single seconds"
        )
    elif mean.low > usual and found.untested:
        use = (
            "that is more than always giving the commoner answer; whether it is more than knowing "
            f"the people cannot be tested ({found.untested}): take fewer folds, so that each tests "
            "more"
        )
    elif mean.high < usual:
        use = (
            "it is worse than always giving the commoner answer: do not use it, train on more "
            "people or trials"
        )
    else:
        use = "that difference could be chance: use it to try things out, and trust no reading"
    return first, f"{about}; {use}."


def calibration_curve(probabilities: ArrayLike, labels: ArrayLike) -> tuple[Point, ...]:
    """Of P(high) (n,) against labels (n,) of 0 or 1, in ten equal bins, the empty ones left out;
    as scikit-learn's `calibration_curve`, with the windows counted."""
    p, y = np.asarray(probabilities, np.float64), np.asarray(labels, np.float64)
    bins = np.searchsorted(np.linspace(0, 1, BINS + 1)[1:-1], p)
    windows = np.bincount(bins, minlength=BINS)
    stated, right = (np.bincount(bins, values, minlength=BINS) for values in (p, y))
    return tuple(
        Point(stated=stated[b] / windows[b], right=right[b] / windows[b], windows=int(windows[b]))
        for b in np.flatnonzero(windows)
    )


def _data(run: Run, checkpoint: Checkpoint) -> LabelledWindows:
    """The very windows that were trained on. Raises SettingsError, FileRefusedError or
    CheckpointError where they are no longer there."""
    from evoke.features import extractor
    from evoke.training.data import load_windows

    plan, inputs = run.plan, checkpoint.card.inputs
    step = round(plan.hop_s * RATE_HZ)
    features = extractor(str(inputs.features["name"]))
    data = load_windows(plan.data, features, inputs.baseline, step, leave_out=plan.leave_out)
    if data.fingerprint != checkpoint.card.data.fingerprint:
        raise CheckpointError(
            f"{plan.data} has changed since {checkpoint.card.name} was trained on it, so that it "
            "cannot be judged: bring the files back as they were, or begin anew."
        )
    return data


def _judged(
    run: Run, stage: Stage, checkpoint: Checkpoint, data: LabelledWindows, on_read: Progress
) -> tuple[Judged, Assessment]:
    from models.runtime import classifier_of, logistic

    classifier = classifier_of(checkpoint, run.plan.device)
    tested, usual, where, protocol = division(checkpoint, data)
    logits = logits_by(classifier, data.grid[tested], on_read)
    probabilities = classifier.calibrated(logits)
    high, groups = data.high[tested], data.groups.of(tested)
    subjects = groups.subject
    found = assess(
        *(probabilities, high, groups.trial, usual, subjects),
        protocol=protocol,
        videos=groups.video,
    )
    judged = Judged(
        role=stage.role,
        protocol=stage.protocol,
        checkpoint=run.checkpoint(stage).name,
        windows=found.windows,
        trials=found.trials,
        drawn=found.drawn,
        scores={
            label: {metric: _score(e) for metric, e in row.items()}
            for label, row in found.scores.items()
        },
        trivial=found.trivial,
        majority=found.majority,
        exact=_score(found.exact_match),
        exact_trivial=found.exact_trivial,
        confusion=tuple(tuple(row) for row in found.confusion.tolist()),
        before=_curves(logistic(logits), high),
        after=_curves(probabilities, high),
        people=tuple(_people(probabilities, high, subjects, data.subjects, found.majority)),
        words=tuple(verdict(found, where, protocol)),
        every_fold=_every_fold(checkpoint, run.plan.config(stage)),
    )
    return judged, found


def _every_fold(checkpoint: Checkpoint, config: TrainConfig) -> EveryFold | None:
    """As its card has it: each fold had a network of its own, of which the first is kept."""
    if config.run_folds < 2:
        return None
    together = checkpoint.card.evaluations[1]
    missing = (None, None)
    return EveryFold(
        folds=config.run_folds,
        of=config.folds,
        trivial=together.trivial,
        scores={
            label: {
                metric: Score(
                    value=value,
                    low=together.intervals.get(label, {}).get(metric, missing)[0],
                    high=together.intervals.get(label, {}).get(metric, missing)[1],
                )
                for metric, value in row.items()
            }
            for label, row in together.scores.items()
        },
    )


def _curves(
    probabilities: NDArray[np.float32], high: NDArray[np.float32]
) -> dict[str, tuple[Point, ...]]:
    return {
        label: calibration_curve(probabilities[:, k], high[:, k])
        for k, label in enumerate(DIMENSIONS)
    }


def _people(
    probabilities: NDArray[np.float32],
    high: NDArray[np.float32],
    subjects: NDArray[np.int64],
    names: Sequence[str],
    majority: Mapping[str, str],
) -> list[Person]:
    right = (probabilities >= 0.5) == (high > 0.5)
    commoner = np.array([majority[label] == "high" for label in DIMENSIONS])
    usual = (high > 0.5) == commoner
    return [
        Person(
            name=names[subject],
            windows=int((subjects == subject).sum()),
            accuracy=_shares(right[subjects == subject]),
            trivial=_shares(usual[subjects == subject]),
        )
        for subject in np.unique(subjects)
    ]


def _shares(right: NDArray[np.bool_]) -> dict[str, float]:
    """Of (n, 3): label -> share right, and 'macro'."""
    shares = right.mean(axis=0)
    named = {label: float(share) for label, share in zip(DIMENSIONS, shares, strict=True)}
    return {**named, "macro": float(shares.mean())}


def _costs(networks: Mapping[Role, str], threads: int) -> dict[str, CostRow]:
    """By role; a network that has two roles is timed once."""
    from evoke.training.device import cpu_threads

    with cpu_threads(threads):
        timed = {name: cost(name) for name in dict.fromkeys(networks.values())}
    return {
        role: CostRow.model_validate(timed[name], from_attributes=True)
        for role, name in networks.items()
    }


def _score(estimate: Estimate) -> Score:
    values = (estimate.value, estimate.low, estimate.high)
    value, low, high = (None if math.isnan(v) else v for v in values)
    return Score(value=value, low=low, high=high)


def _hundred(share: float) -> str:
    return f"{100 * share:.0f}"
