"""An assessment in plain words, and as JSON and CSV."""

from __future__ import annotations

import csv
import io
import math
from typing import Any

from evoke.emotion import PAPER
from evoke.training.evaluation import Assessment, Estimate
from evoke.types import DIMENSIONS

WHERE = {
    "segments": "On seconds of trials whose other seconds it was trained on",
    "trials": "On trials it has never heard, of people it knows",
    "videos": "On videos it was never trained on",
    "subjects": "On people it has never seen",
}
"""How a protocol begins the verdict."""

SIGNIFICANT = 0.05

_TITLES = {"auroc": "AUROC", "ece": "ECE", "nll": "NLL (nats)", "brier": "Brier", "f1": "F1"}


def verdict(found: Assessment, where: str) -> list[str]:
    """Sentences: how often it is right, how often a constant answer would be, and whether the
    difference is more than luck. `where` opens the first of them."""
    lines = []
    for k, label in enumerate(DIMENSIONS):
        accuracy, trivial = found.scores[label]["accuracy"], found.trivial[label]["accuracy"]
        begin = f"{where}, right" if k == 0 else "Right"
        lines.append(
            f"{begin} about {label} {_hundred(accuracy.value)} times in 100 (95%: "
            f"{_hundred(accuracy.low)} to {_hundred(accuracy.high)}); always answering "
            f"'{found.majority[label]}' would be right {_hundred(trivial)} times."
        )
    lines.append(
        f"All three right, and with them the emotion, {_hundred(found.exact_match.value)} times in "
        f"100; always naming the commonest emotion: {_hundred(found.exact_trivial)} times."
    )
    return [*lines, _luck(found), *_calibration(found), *found.undefined]


def _luck(found: Assessment) -> str:
    chance = found.chance["macro"]
    better = "better" if chance < SIGNIFICANT else "no better"
    return (
        f"This is {better} than luck explains: of the same ratings shuffled between trials, "
        f"{_share(chance)} fit as well (balanced accuracy)."
    )


def _calibration(found: Assessment) -> list[str]:
    high = [d for d in DIMENSIONS if found.scores[d]["ece"].value > found.ece_floor[d].high]
    if not high:
        return ["Its probabilities are as true as this many trials can show."]
    return [
        f"Its probabilities of {' and '.join(high)} are off by more than luck explains: "
        + ", ".join(
            f"{found.scores[d]['ece'].value:.3f} where a perfect predictor would show up to "
            f"{found.ece_floor[d].high:.3f}"
            for d in high
        )
        + "."
    ]


def metric_title(metric: str) -> str:
    """As a table's head writes it."""
    return _TITLES.get(metric, metric.replace("_", " "))


def cell_text(estimate: Estimate) -> str:
    """'0.560 (0.512-0.608)', or a dash where it is not defined."""
    if math.isnan(estimate.value):
        return "-"
    return f"{estimate.value:.3f} ({estimate.low:.3f}-{estimate.high:.3f})"


def assessment_json(found: Assessment) -> dict[str, Any]:
    """For JSON: every estimate as value, low, high, null where it is not defined."""
    return {
        "windows": found.windows,
        "trials": found.trials,
        "scores": {
            label: {metric: triple(e) for metric, e in row.items()}
            for label, row in found.scores.items()
        },
        "trivial": found.trivial,
        "majority": found.majority,
        "exact_match": triple(found.exact_match),
        "exact_match_trivial": found.exact_trivial,
        "confusion": {"emotions": list(PAPER.words), "rated_by_read": found.confusion.tolist()},
        "ece_floor": {d: {"mean": f.mean, "p95": f.high} for d, f in found.ece_floor.items()},
        "chance": found.chance,
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
    """Emotions that were rated, and how many of their windows were read as which."""
    return [(word, found.confusion[k].tolist()) for k, word in enumerate(PAPER.words)]


def triple(estimate: Estimate) -> list[float | None]:
    """Value, lower and upper bound; None where undefined, since JSON knows no NaN."""
    values = (estimate.value, estimate.low, estimate.high)
    return [None if math.isnan(v) else round(v, 6) for v in values]


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.6f}"


def _hundred(share: float) -> str:
    return f"{100 * share:.0f}"


def _share(p: float) -> str:
    return "fewer than 1 in 100" if p < 0.01 else f"{100 * p:.0f} in 100"
