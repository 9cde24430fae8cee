"""What keeps a plan from being started, in one sentence beside the button that would."""

from __future__ import annotations

import importlib.util
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from app.wizard.estimate import disk_mb
from app.wizard.plan import Plan
from evoke import paths
from evoke.dataset.splits import Protocol
from evoke.errors import EvokeError
from evoke.features import baselines_of
from evoke.types import DIMENSIONS, HIGH_ABOVE

if TYPE_CHECKING:
    from app.wizard.survey import Survey

Page = Literal["data", "features", "protocol", "teacher", "distil"]
PAGES: tuple[Page, ...] = ("data", "features", "protocol", "teacher", "distil")

FEWEST_FOLDS = 3
"""One to test, one to validate, one to train on."""

FEWEST_TESTED = 2
"""Trials: one gives no interval."""

FEW_PEOPLE = 5
"""With fewer, a fold of people holds one at most, and nothing is said of the next."""

PEOPLE_FOR_NEW_PEOPLE = 10
"""With so many, a fold of held-out people is more than one or two of them."""

SPARE_MB = 200
"""Left free on the disk beside a run."""


def reasons(plan: Plan, survey: Survey | None, folder: Path | None = None) -> dict[Page, str]:
    """For every page, why what it asks for cannot be started; "" if it can.

    folder: where runs are kept, by default the user's.
    """
    return {
        "data": _first(_no_data, _one_class, plan=plan, survey=survey),
        "features": _first(_baseline, _raw_power, plan=plan, survey=survey),
        "protocol": _first(_too_few, plan=plan, survey=survey),
        "teacher": _options(plan) or _no_ray(plan) or _no_space(plan, folder),
        "distil": _options(plan),
    }


def warning(plan: Plan, survey: Survey) -> str:
    """What can be started, and will say little, in one sentence; "" where nothing is."""
    for protocol, one in (("videos", "video"), ("subjects", "person")):
        if protocol in plan.protocols and _parts(protocol, survey) <= plan.folds:
            return (
                f"Each fold tests one {one} alone, which tells nothing of others: take fewer "
                "folds, so that each tests more."
            )
    return ""


def suggested(survey: Survey) -> Protocol:
    """The hardest test that the data can carry."""
    return "subjects" if len(survey.subjects) >= PEOPLE_FOR_NEW_PEOPLE else "trials"


def suited(plan: Plan, survey: Survey) -> Plan:
    """The plan with presets that suit the data found: where nothing was chosen yet, the suggested
    test; for few people, new trials are held out in place of new people; for few trials, there
    are fewer folds."""
    changes: dict[str, Any] = {}
    if plan.changed(data="", leave_out=()) == Plan():
        changes["protocol"] = suggested(survey)
    elif plan.protocol == "subjects" and len(survey.subjects) < FEW_PEOPLE:
        changes["protocol"] = "trials"
    changed = plan.changed(**changes)
    also = tuple(p for p in changed.also if _parts(p, survey) >= FEWEST_FOLDS)
    most = min(_parts(p, survey) for p in (changed.protocol, *also))
    folds = max(FEWEST_FOLDS, min(plan.folds, most))
    if any(_tested(p, folds, survey) < FEWEST_TESTED for p in (changed.protocol, *also)):
        folds = max(FEWEST_FOLDS, folds // 2)
    return changed.changed(also=also, folds=folds, run_folds=min(plan.run_folds, folds))


def one_class(survey: Survey) -> str:
    """The first label of which every trial has the same class: 'valence', or ''."""
    high = survey.ratings > HIGH_ABOVE
    return next((d for k, d in enumerate(DIMENSIONS) if len(set(high[:, k])) == 1), "")


def _first(*checks: Callable[[Plan, Survey], str], plan: Plan, survey: Survey | None) -> str:
    """The first thing that is wrong."""
    if not plan.data:
        return "Choose the data to train on, or take the demo data."
    if survey is None:
        return "The data are not checked yet."
    return next((said for said in (check(plan, survey) for check in checks) if said), "")


def _no_data(plan: Plan, survey: Survey) -> str:
    if survey.subjects and survey.trials and survey.windows:
        return ""
    if plan.leave_out:
        return "Every file that can be read is left out: take one in again."
    return "No file here can be trained on: choose another folder."


def _one_class(_plan: Plan, survey: Survey) -> str:
    label = one_class(survey)
    if not label:
        return ""
    high = survey.ratings[0, DIMENSIONS.index(label)] > HIGH_ABOVE
    side = "high" if high else "low"
    return f"Every trial was rated {side} in {label}; there is nothing to tell apart."


def _baseline(plan: Plan, _survey: Survey) -> str:
    modes = baselines_of(plan.features)
    if plan.baseline in ("", *modes):
        return ""
    return f"The rest baseline must be one of {', '.join(modes)}, got '{plan.baseline}'."


def _raw_power(plan: Plan, _survey: Survey) -> str:
    if plan.features != "psd" or plan.preset != "paper":
        return ""
    return (
        "The paper's preset does not bring features to one scale, and power (PSD) reaches from "
        "0.1 to 1,000 uV²: training diverges; take entropy (DE), or another preset."
    )


def _too_few(plan: Plan, survey: Survey) -> str:
    for protocol in plan.protocols:
        parts, what = _parts(protocol, survey), _PARTS[protocol]
        if parts < plan.folds:
            return f"{plan.folds} folds need at least {plan.folds} {what}; the data have {parts}."
        if _tested(protocol, plan.folds, survey) < FEWEST_TESTED:
            return (
                f"{plan.folds} folds would test a single trial each, from which nothing follows: "
                "take fewer folds, or more trials."
            )
    return ""


_PARTS = {
    "segments": "windows",
    "trials": "trials of each person",
    "videos": "videos",
    "subjects": "people",
}


def _parts(protocol: str, survey: Survey) -> int:
    """What a protocol deals out to its folds, at most."""
    people = max(1, len(survey.subjects))
    if protocol == "trials":  # each person's are dealt out by themselves
        return int(np.bincount(survey.owners, minlength=people).min())
    if protocol == "videos":
        return len(np.unique(survey.videos))
    return survey.windows if protocol == "segments" else people


def _tested(protocol: str, folds: int, survey: Survey) -> int:
    """How many trials the first fold tests at least; the others may test fewer by a part."""
    if protocol == "segments":
        return survey.trials
    if protocol == "trials":
        return int(np.ceil(np.bincount(survey.owners) / folds).sum())
    held = survey.videos if protocol == "videos" else survey.owners
    each = np.unique(held, return_counts=True)[1]
    return int(np.ceil(len(each) / folds)) * int(each.min())


def _options(plan: Plan) -> str:
    try:
        for stage in plan.stages:
            plan.config(stage)
        disk_mb(plan)
        _ = plan.distillation
    except EvokeError as error:
        return str(error)
    return ""


def _no_ray(plan: Plan) -> str:
    """Whether the cluster answers is seen when it is asked, which takes seconds."""
    if not plan.cluster or importlib.util.find_spec("ray") is not None:
        return ""
    return "A cluster needs Ray, which is not installed: pip install 'evoke[cluster]'."


def _no_space(plan: Plan, folder: Path | None) -> str:
    where = folder or paths.runs_dir()
    needed = disk_mb(plan) + SPARE_MB
    try:
        free = shutil.disk_usage(where).free / 2**20
    except OSError as error:
        return f"{where} cannot be written to: {error.strerror}."
    if free >= needed:
        return ""
    return (
        f"The run needs {needed:,.0f} MB in {where} to keep every epoch, {free:,.0f} MB are free: "
        "make room, or run fewer folds."
    )
