"""The accuracy to expect of each protocol, before anything is trained."""

from __future__ import annotations

from typing import Literal

from app.wizard.pictures import Expected
from app.wizard.plan import Plan
from app.wizard.survey import Survey
from evoke.dataset.splits import Protocol

DEAP: dict[Protocol, Expected] = {
    "segments": Expected(88, 93, warn=True),
    "trials": Expected(55, 66),
    "videos": Expected(None, 66),
    "subjects": Expected(51, 57),
}
"""Mixed seconds: CCNN and EVOKE on entropy, arXiv 2401.06957. New trials: LibEER (arXiv
2410.09767). New people: four networks in EEGain (arXiv 2505.18175), where ratings over 4.5 are
high and always the commoner answer is right 57 % (valence) and 59 % (arousal)."""

_BENCHMARK: dict[Protocol, Expected] = {
    "segments": Expected(87, 92, warn=True),
    "trials": Expected(59, 64),
    "videos": Expected(None, 64),
    "subjects": Expected(51, 56),
}
_SHOWCASE: dict[Protocol, Expected] = {
    "segments": Expected(90, 97, warn=True),
    "trials": Expected(86, 93),
    "videos": Expected(86, 93),
    "subjects": Expected(86, 93),
}

Kind = Literal["deap", "benchmark", "showcase", "synthetic"]


def kind_of(plan: Plan, found: Survey | None) -> Kind:
    """Whose figures are to be expected."""
    if plan.data.startswith("demo:benchmark"):
        return "benchmark"
    if plan.data.startswith("demo:"):
        return "showcase"
    return "synthetic" if found is not None and found.synthetic else "deap"


def expected(kind: Kind, protocol: Protocol, plan: Plan) -> Expected:
    if kind == "synthetic":
        return Expected(None, 100, warn=protocol == "segments")
    if kind == "deap" and protocol == "segments" and (figures := of_the_paper(plan)):
        return Expected(figures[0], figures[-1], warn=True)
    return {"deap": DEAP, "benchmark": _BENCHMARK, "showcase": _SHOWCASE}[kind][protocol]


def of_the_paper(plan: Plan) -> list[int]:
    """Accuracy in % that arXiv 2401.06957 has of the plan's teacher and student on its features,
    the lowest first; of the student it has none on power."""
    from evoke.training.tables import PAPER

    pairs = ((network, plan.features) for network in (plan.network, "student"))
    return sorted({round(PAPER[pair][0]) for pair in pairs if pair in PAPER})
