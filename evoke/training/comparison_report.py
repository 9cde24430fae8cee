"""A comparison of recipes in words, as tables, and as JSON and CSV.

Figures that are held against an aim are cut off to the side that does not flatter: a student's
accuracy and every difference downwards, what it is compared with upwards.
"""

from __future__ import annotations

import csv
import io
import math
from dataclasses import asdict, dataclass
from typing import Any

from evoke.training.comparison import Comparison, Found, Row
from evoke.training.evaluation import Difference
from evoke.training.verdict import protocol_title, triple

HEADS = (
    "", "right in % (95%)", "NLL", "ECE (perfect predictor)", "over scratch (95%), ±",
    "over teacher (95%), ±",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Aim:
    """How far the default recipe shall at least be above `reference`, in points."""

    protocol: str
    reference: str
    points: float


AIMS = (
    Aim("trials", "teacher", -0.5),
    Aim("segments", "scratch", 0.8),
    Aim("segments", "teacher", -0.8),
)

_NAMES = {"scratch": "the student from scratch", "teacher": "the teacher"}


def lines(made: Comparison, protocol: str) -> list[tuple[str, ...]]:
    """A line for each row, under `HEADS`; the last is of always giving the commoner answer."""
    table: list[tuple[str, ...]] = []
    trivial: dict[str, float] = {}
    for row in made.rows:
        found = made.found.get((row.key, protocol))
        if found is None:
            continue
        macro, floor = found.assessment.scores["macro"], found.assessment.ece_floor["macro"]
        trivial = trivial or found.assessment.trivial["macro"]
        a = macro["accuracy"]
        table.append(
            (
                row.title,
                f"{100 * a.value:.1f} ({100 * a.low:.1f} to {100 * a.high:.1f})",
                f"{macro['nll'].value:.3f}",
                f"{macro['ece'].value:.3f} ({floor.mean:.3f}, at most {floor.high:.3f})",
                _cell(found.to_scratch),
                _cell(found.to_teacher),
            )
        )
    if trivial:
        commoner = (f"{100 * trivial['accuracy']:.1f}", f"{trivial['nll']:.3f}")
        table.append(("Always the commoner answer", *commoner, "", "", ""))
    return table


def heading(protocol: str) -> str:
    """A protocol's name, short."""
    return protocol_title(protocol).partition(":")[0]


def about(made: Comparison) -> str:
    """What was trained, and how its intervals are to be read."""
    return (
        f"{made.data}, {made.trials} trials; {made.scale.describe()}. Differences in points. In "
        "brackets the 95% interval over trials, paired for differences: it tells nothing of other "
        "people. ±: standard error over runs (seed and fold). Probabilities are calibrated on the "
        "validation fold; beside their ECE, that of a perfect predictor, mean and 95th percentile."
    )


def in_words(made: Comparison) -> list[str]:
    """Which aims are met, what stopping is worth, how true the probabilities are, and what data
    these are."""
    said = [sentence for aim in AIMS if (sentence := _aim(made, aim))]
    said += [
        sentence
        for key, name in (("teacher", "the teacher"), ("scratch", "the student from scratch"))
        if (sentence := _stopping(made, key, name))
    ]
    said += [
        _calibration(protocol, found)
        for protocol in made.protocols
        if (found := made.found.get(("default", protocol)))
    ]
    if made.synthetic:
        said.append("The data are synthetic: this says nothing of people.")
    return said


def _aim(made: Comparison, aim: Aim) -> str:
    own = made.found.get(("default", aim.protocol))
    other = made.found.get((aim.reference, aim.protocol))
    if own is None or other is None:
        return ""
    over = own.to_teacher if aim.reference == "teacher" else own.to_scratch
    if over is None:
        return ""
    right = [x.assessment.scores["macro"]["accuracy"].value for x in (own, other)]
    commoner = own.assessment.trivial["macro"]["accuracy"]
    return (
        f"{heading(aim.protocol)}: the student by the default recipe is right {_down(right[0])}%, "
        f"{_NAMES[aim.reference]} {_up(right[1])}%, always the commoner answer {_up(commoner)}%; "
        f"the difference is {_cell(over)} points. {_met(aim, over)}"
    )


def _met(aim: Aim, over: Difference) -> str:
    asked = f"The aim of at least {aim.points:+.1f}"
    low, value, high = (100 * bound - aim.points for bound in (over.low, over.value, over.high))
    if value >= 0:
        rest = "" if low >= 0 else ", though the interval reaches below it"
        return f"{asked} is met{rest}."
    rest = ", though the interval reaches it" if high >= 0 else ""
    return f"{asked} is not met{rest}."


def _stopping(made: Comparison, key: str, name: str) -> str:
    stopped, ran_on = (made.found.get((k, "trials")) for k in (key, f"{key}-on"))
    if stopped is None or ran_on is None:
        return ""
    over = ran_on.to_teacher if key == "teacher" else ran_on.to_scratch
    macro = [x.assessment.scores["macro"] for x in (ran_on, stopped)]
    right, nll = ([m[metric].value for m in macro] for metric in ("accuracy", "nll"))
    return (
        f"{heading('trials')}: run on to its last epoch, {name} is right {100 * right[0]:.1f}% "
        f"where stopping gets {100 * right[1]:.1f}% ({_cell(over)} points), with an NLL of "
        f"{nll[0]:.3f} where stopping gets {nll[1]:.3f}."
    )


def _calibration(protocol: str, found: Found) -> str:
    ece = found.assessment.scores["macro"]["ece"].value
    floor = found.assessment.ece_floor["macro"].high
    verdict = "more than luck explains" if ece > floor else "no more than luck explains"
    return (
        f"{heading(protocol)}: by the default recipe the calibration error is {ece:.4f}, where a "
        f"perfect predictor shows up to {floor:.4f}: {verdict}."
    )


def _cell(over: Difference | None) -> str:
    if over is None:
        return "-"
    value, low, high = (_signed(x) for x in (over.value, over.low, over.high))
    error = "" if math.isnan(over.run_error) else f", ±{_up(over.run_error)}"
    return f"{value} ({low} to {high}){error}"


def _signed(share: float) -> str:
    points = math.floor(1e4 * share) / 100
    return f"{points:+.2f}" if points else "0.00"


def _down(share: float) -> str:
    return f"{math.floor(1e4 * share) / 100:.2f}"


def _up(share: float) -> str:
    return f"{math.ceil(1e4 * share) / 100:.2f}"


def as_markdown(made: Comparison) -> str:
    """Tables and words, for a README."""
    text = [about(made)]
    for protocol in made.protocols:
        text += ["", f"**{protocol_title(protocol)}**", ""]
        text += [_pipes(HEADS), "|" + "---|" * len(HEADS)]
        text += [_pipes(line) for line in lines(made, protocol)]
    text += ["", *(f"- {sentence}" for sentence in [*in_words(made), *made.failures])]
    return "\n".join(text) + "\n"


def _pipes(cells: tuple[str, ...]) -> str:
    return "| " + " | ".join(cells) + " |"


def as_json(made: Comparison) -> dict[str, Any]:
    """For JSON: every row with its recipe, scores and differences; shares of 1, not points."""
    titles = {row.key: row for row in made.rows}
    return {
        "scale": asdict(made.scale),
        "data": made.data,
        "synthetic": made.synthetic,
        "trials": made.trials,
        "rows": [
            {**_row_json(titles[key]), "protocol": protocol, **_found_json(found)}
            for (key, protocol), found in made.found.items()
        ],
        "in_words": in_words(made),
        "failures": list(made.failures),
    }


def _row_json(row: Row) -> dict[str, Any]:
    fields = asdict(row)
    del fields["protocols"]
    return fields


def _found_json(found: Found | None) -> dict[str, Any]:
    if found is None:
        return {}
    macro, floor = found.assessment.scores["macro"], found.assessment.ece_floor["macro"]
    return {
        "runs": found.runs,
        "test_windows": found.assessment.windows,
        **{m: triple(macro[m]) for m in ("accuracy", "f1", "auroc", "nll", "ece", "brier")},
        "ece_floor": {"mean": floor.mean, "p95": floor.high},
        "majority_accuracy": found.assessment.trivial["macro"]["accuracy"],
        "over_scratch": _difference_json(found.to_scratch),
        "over_teacher": _difference_json(found.to_teacher),
    }


def _difference_json(over: Difference | None) -> dict[str, float | None] | None:
    if over is None:
        return None
    return {name: None if math.isnan(v) else round(v, 6) for name, v in asdict(over).items()}


def as_csv(made: Comparison) -> str:
    """One line for each row and protocol."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    bounds = ("value", "low", "high", "run_error")
    writer.writerow(
        ("row", "protocol", "runs", "accuracy", "low", "high", "nll", "ece", "ece_floor_mean",
         "ece_floor_p95", "majority_accuracy", *(f"over_scratch_{b}" for b in bounds),
         *(f"over_teacher_{b}" for b in bounds))
    )  # fmt: skip
    for (key, protocol), found in made.found.items():
        if found is None:
            continue
        macro, floor = found.assessment.scores["macro"], found.assessment.ece_floor["macro"]
        a = macro["accuracy"]
        figures = [a.value, a.low, a.high, macro["nll"].value, macro["ece"].value]
        figures += [floor.mean, floor.high, found.assessment.trivial["macro"]["accuracy"]]
        for over in (found.to_scratch, found.to_teacher):
            figures += [math.nan] * 4 if over is None else list(asdict(over).values())
        written = ("" if math.isnan(figure) else f"{figure:.6f}" for figure in figures)
        writer.writerow((key, protocol, found.runs, *written))
    return text.getvalue()
