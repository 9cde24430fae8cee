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
    "subjects": Expected(52, 57),
}
"""arXiv 2401.06957 for mixed seconds; LibEER and EEGain for the others."""

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


def expected(kind: Kind, protocol: Protocol) -> Expected:
    if kind == "synthetic":
        return Expected(None, 100, warn=protocol == "segments")
    return {"deap": DEAP, "benchmark": _BENCHMARK, "showcase": _SHOWCASE}[kind][protocol]
