"""How a plan divides its data: the very folds that training will cut. No Qt here."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.wizard.plan import Plan
from app.wizard.survey import Survey
from evoke.dataset.splits import Groups, fold_of_windows
from evoke.types import DIMENSIONS, HIGH_ABOVE, RATE_HZ


@dataclass(frozen=True, slots=True, eq=False)
class Division:
    """fold_of: (n_units,) fold that tests each unit. people, trials, videos and seconds are units
    of the protocols subjects, trials, videos and segments; trials are those of the first person,
    seconds those of his first trial. one_sided: why a fold that is run cannot be trained, '' if
    all can."""

    fold_of: NDArray[np.int64]
    folds: int
    one_sided: str = ""


def division(plan: Plan, found: Survey) -> Division:
    """The folds of a plan. Raises SettingsError where the data are too few for them."""
    groups, assigned = _divided(plan, found, plan.protocol)
    trial = groups.trial
    if plan.protocol == "subjects":
        shown = np.unique(groups.subject, return_index=True)[1]
    elif plan.protocol == "videos":
        shown = np.unique(groups.video, return_index=True)[1]
    elif plan.protocol == "trials":
        shown = np.flatnonzero(groups.subject == groups.subject[0])
    else:
        shown = np.flatnonzero(trial == 0)
    return Division(assigned[shown], plan.folds, _one_sided(plan, found))


def _divided(plan: Plan, found: Survey, protocol: str) -> tuple[Groups, NDArray[np.int64]]:
    """The units that a protocol deals out, and the fold of each."""
    windows = [file.windows(plan.hop_s) // max(1, file.trials) for file in found.kept]
    each = np.repeat(windows, [file.trials for file in found.kept])
    trial = np.arange(len(each))
    if protocol == "segments":  # where each window goes depends on how many there are
        trial = np.repeat(trial, each)
    step = round(plan.hop_s * RATE_HZ)
    groups = Groups(found.owners[trial], trial, found.videos[trial], step)
    return groups, fold_of_windows(protocol, groups, plan.folds, plan.seed)


def _one_sided(plan: Plan, found: Survey) -> str:
    """The first fold of those that are run whose training trials show one class of a label."""
    high = found.ratings > HIGH_ABOVE
    for protocol in plan.protocols:
        groups, fold_of = _divided(plan, found, protocol)
        for fold in range(min(plan.run_folds, plan.folds)):
            learned = high[groups.trial[(fold_of != fold) & (fold_of != (fold + 1) % plan.folds)]]
            for k, label in enumerate(DIMENSIONS):
                if len(learned) and learned[:, k].min() == learned[:, k].max():
                    side = "high" if learned[0, k] else "low"
                    return (
                        f"In fold {fold + 1} of {plan.folds} every training trial was rated {side} "
                        f"in {label}: take another seed or other folds, or more trials."
                    )
    return ""


def most_folds(plan: Plan, found: Survey) -> int:
    """How many folds the data allow, 0 where there are no data."""
    kept = found.kept
    if not kept:
        return 0
    if plan.protocol == "subjects":
        return len(kept)
    if plan.protocol == "videos":
        return len(np.unique(found.videos))
    if plan.protocol == "trials":
        return min(file.trials for file in kept)
    return found.windows_at(plan.hop_s)


def trivial_shares(found: Survey) -> tuple[float, ...]:
    """How often always the commoner answer would be right: valence, arousal, dominance."""
    high = (found.ratings > HIGH_ABOVE).mean(axis=0) if found.trials else np.zeros(3)
    return tuple(float(max(share, 1 - share)) for share in high)
