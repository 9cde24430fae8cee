"""Assessments and recipes in plain words; assessments as JSON and CSV."""

from __future__ import annotations

import csv
import io
import math
from typing import Any

from evoke.dataset.splits import PROTOCOL_NAMES
from evoke.emotion import PAPER
from evoke.training.config import DistillConfig
from evoke.training.evaluation import Assessment, Estimate
from evoke.types import DIMENSIONS

WHERE = {
    "segments": "On other seconds of the trials it was trained on (mixes seconds of one trial, so "
    "it overstates)",
    "trials": "On trials it has never seen, of people it knows",
    "videos": "On videos it was never trained on",
    "subjects": "On people it has never seen",
}
"""How a protocol begins the verdict."""

CANNOT_TELL = {
    "segments": "This test cannot tell the emotion from recognising the trial: test on new trials.",
    "unknown": "This test cannot tell the emotion from what was learned by heart: test on people "
    "it was not trained on.",
}
"""Protocols that show nothing of what a network is good for, however often it is right: it has
seen, or may have seen, other seconds of the very trials, and with them their ratings."""

ONE_PERSON = "This is one person, and tells nothing of others: test on several."

ONE_VIDEO = (
    "This is one video, and tells nothing of others: take fewer folds, so that each tests more."
)

SIGNIFICANT = 0.05

_TITLES = {"auroc": "AUROC", "ece": "ECE", "nll": "NLL (nats)", "brier": "Brier", "f1": "F1"}


def verdict(found: Assessment, where: str, protocol: str) -> list[str]:
    """Sentences: how often it is right, how often a constant answer would be, whether the
    difference is more than luck, or that this test cannot say so, and what its probabilities are
    worth. `where` opens the first."""
    if found.trials == 1:
        right, usual = found.scores["macro"]["accuracy"].value, found.trivial["macro"]["accuracy"]
        return [
            f"{where}, right {_hundred(right)} times in 100, always giving the commoner answer "
            f"{_hundred(usual)} times.",
            "A single trial gives no interval: nothing follows from it.",
        ]
    lines = []
    for k, label in enumerate(DIMENSIONS):
        accuracy, trivial = found.scores[label]["accuracy"], found.trivial[label]["accuracy"]
        begin = f"{where}, right" if k == 0 else "Right"
        lines.append(
            f"{begin} about {label} {_hundred(accuracy.value)} times in 100 (95 %: "
            f"{_hundred(accuracy.low)} to {_hundred(accuracy.high)}); always answering "
            f"'{found.majority[label]}' would be right {_hundred(trivial)} times."
        )
    exact = found.exact_match
    lines.append(
        f"All three right, and with them the emotion, {_hundred(exact.value)} times in 100 (95 %: "
        f"{_hundred(exact.low)} to {_hundred(exact.high)}); always naming the commonest emotion "
        f"would be right {_hundred(found.exact_trivial)} times."
    )
    worth = CANNOT_TELL.get(protocol) or _luck(found)
    lines += [_together(found), worth, _prior(found), _calibration(found, protocol)]
    return [*lines, *filter(None, [alone(found, protocol)]), *found.undefined]


def alone(found: Assessment, protocol: str) -> str:
    """Of a single person or video where the next ones are asked about: that it tells nothing of
    those. "" where several were tested."""
    if protocol == "subjects" and found.people == 1:
        return ONE_PERSON
    return ONE_VIDEO if protocol == "videos" and found.drawn != "videos" else ""


def _together(found: Assessment) -> str:
    """The one sentence to take away: is it worth more than a constant answer?"""
    mean, trivial = found.scores["macro"]["accuracy"], found.trivial["macro"]["accuracy"]
    if mean.low > trivial:
        said = "more than"
    elif mean.high < trivial:
        said = "less than"
    else:
        said = "not surely more than"
    return (
        f"Over the three, right {_percent(mean.value)} (95 %: {_percent(mean.low)} to "
        f"{_percent(mean.high)}): {said} the {_percent(trivial)} of always giving the commoner "
        "answer."
    )


def _luck(found: Assessment) -> str:
    if found.untested:
        return f"Whether luck explains how well it fits cannot be tested: {found.untested}."
    chance = found.chance["macro"]
    what = "videos" if found.drawn == "videos" else "trials"
    better = "better" if chance < SIGNIFICANT else "no better"
    return (
        f"What it says fits the ratings {better} than luck explains: shuffled between {what}, "
        f"{_share(chance)} fit as well (balanced accuracy)."
    )


def _prior(found: Assessment) -> str:
    own, prior = found.scores["macro"]["nll"], found.trivial["macro"]["nll"]
    whose = "their own" if found.own_prior else "the usual"
    return (
        f"How far its probabilities lie from the ratings (NLL, less is better): {own.value:.3f} "
        f"(95 %: {own.low:.3f} to {own.high:.3f}); always giving {whose} share of high ratings: "
        f"{prior:.3f}."
    )


def _calibration(found: Assessment, protocol: str) -> str:
    """What is true of trials need not be of the next person's, who may rate in another way."""
    off = [
        f"{d} by {found.scores[d]['ece'].value:.3f}, a perfect predictor by up to "
        f"{found.ece_floor[d].high:.3f}"
        for d in DIMENSIONS
        if found.scores[d]["ece"].value > found.ece_floor[d].high
    ]
    what = "videos" if found.drawn == "videos" else "trials"
    if not off:
        return f"Its probabilities are as true as this many {what} can show."
    by = "by more than luck explains"
    if protocol in ("subjects", "unknown"):
        who = "person" if found.people == 1 else "people"
        by = f"for the {who} tested by more than luck over their trials explains"
    elif alone(found, protocol):
        by = "for the video tested by more than luck over its trials explains"
    return f"Its probabilities are off {by} (ECE): {'; '.join(off)}."


def protocol_title(protocol: str) -> str:
    """'New videos'; of mixed seconds also what is wrong with them."""
    name = PROTOCOL_NAMES[protocol]
    return f"{name[0].upper()}{name[1:]}"


def recipe_in_words(recipe: DistillConfig) -> str:
    """'temperature 1.25, alpha 0.25', and what else a student is told by."""
    words = [f"alpha {recipe.alpha:g}"]
    if recipe.matching == "logits":
        words.insert(0, "logits matched")
    else:
        words.insert(0, f"temperature {recipe.temperature:g}")
    if recipe.mixup is not None:
        words.append(f"mixed windows (mixup {recipe.mixup:g})")
    if recipe.ema is not None:
        words.append(f"moving average {recipe.ema:g}")
    return ", ".join(words)


def metric_title(metric: str) -> str:
    """As a table's head writes it."""
    return _TITLES.get(metric, metric.replace("_", " "))


def bounds(found: Assessment) -> dict[str, dict[str, tuple[float, float]]]:
    """The 95% intervals alone, label -> metric -> bounds, without what is not defined; empty
    where none is."""
    defined = {
        label: {m: (e.low, e.high) for m, e in row.items() if not math.isnan(e.low)}
        for label, row in found.scores.items()
    }
    return {label: row for label, row in defined.items() if row}


def cell_text(estimate: Estimate) -> str:
    """'0.560 (0.512-0.608)', the value alone where it has no interval, or a dash where it is not
    defined."""
    if math.isnan(estimate.value):
        return "-"
    if math.isnan(estimate.low):
        return f"{estimate.value:.3f}"
    return f"{estimate.value:.3f} ({estimate.low:.3f}-{estimate.high:.3f})"


def assessment_json(found: Assessment) -> dict[str, Any]:
    """For JSON: every estimate as value, low, high, null where it is not defined."""
    return {
        "windows": found.windows,
        "trials": found.trials,
        "intervals_over": found.drawn,
        "scores": {
            label: {metric: triple(e) for metric, e in row.items()}
            for label, row in found.scores.items()
        },
        "trivial": found.trivial,
        "majority": found.majority,
        "exact_match": triple(found.exact_match),
        "exact_match_trivial": found.exact_trivial,
        "confusion": {"emotions": list(PAPER.words), "rated_by_read": found.confusion.tolist()},
        "ece_floor": {d: {"mean": f.mean, "at_most": f.high} for d, f in found.ece_floor.items()},
        "chance": {label: None if math.isnan(p) else p for label, p in found.chance.items()},
        "undefined": list(found.undefined),
    }


def assessment_csv(found: Assessment) -> str:
    """One line for each label and metric: value, 95% interval, trivial value where there is one."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(("label", "metric", "value", "low", "high", "trivial"))
    for label, row in found.scores.items():
        for metric, estimate in row.items():
            trivial = found.trivial[label].get(metric)
            writer.writerow((label, metric, *map(_number, triple(estimate)), _number(trivial)))
    exact = map(_number, triple(found.exact_match))
    writer.writerow(("all", "exact_match", *exact, _number(found.exact_trivial)))
    return text.getvalue()


def confusion_rows(found: Assessment) -> list[tuple[str, list[int]]]:
    """Each emotion that may be rated, and how many of its windows were read as which."""
    return [(word, found.confusion[k].tolist()) for k, word in enumerate(PAPER.words)]


def triple(estimate: Estimate) -> list[float | None]:
    """Value, lower and upper bound; None where undefined, since JSON knows no NaN."""
    values = (estimate.value, estimate.low, estimate.high)
    return [None if math.isnan(v) else round(v, 6) for v in values]


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.6f}"


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"


def _hundred(share: float) -> str:
    return f"{100 * share:.0f}"


def _share(p: float) -> str:
    return "fewer than 1 in 100" if p < 0.01 else f"{100 * p:.0f} in 100"
