"""A model in a few rows, to be read or compared."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from app.library import Ancestor, Model
from app.widgets import Notice
from app.wizard.charts import Column, Table
from app.wizard.titles import HARDEST_FIRST, MACRO, day, percent, protocol_name
from app.words import people, translate, trials

if TYPE_CHECKING:
    from models.card import Evaluation, ModelCard

NONE = "–"


def facts(model: Model) -> dict[str, str]:
    """Name of each row -> what it says of the model; a dash where its card says nothing."""
    names = (
        translate("models", "Kind"),
        translate("models", "Learned from"),
        translate("models", "People and trials"),
        translate("models", "Teacher"),
        translate("models", "Tested on"),
        translate("models", "Right, mean of the three"),
        translate("models", "The commoner answer"),
        translate("models", "AUROC"),
        translate("models", "Calibration error"),
        translate("models", "Parameters"),
        translate("models", "Seed"),
        translate("models", "Made"),
    )
    card = model.card
    if card is None:
        return dict.fromkeys(names, NONE)
    data, training, found = card.data, card.training, evaluation(card)
    values = (
        card.network,
        _source(card),
        f"{people(len(data.subjects))}, {trials(data.trials)}",
        training.teacher.name if training.teacher else translate("models", "none, ratings alone"),
        _tested(found),
        _accuracy(found),
        percent(_of(found, "accuracy", trivial=True)),
        _decimal(_of(found, "auroc"), 2),
        _decimal(_of(found, "ece"), 3),
        f"{_parameters(card):,}",
        str(training.seed),
        day(training.created),
    )
    return dict(zip(names, values, strict=True))


def caution(one: Model, other: Model) -> str:
    """Why the figures of two models do not say which is better; "" where they do."""
    if one.card is None or other.card is None:
        return ""
    a, b = one.card, other.card
    if a.data.fingerprint != b.data.fingerprint:
        return translate(
            "models", "They learned from different data, and each was tested on its own."
        )
    division = ("protocol", "folds", "seed", "hop_s")
    if any(a.training.settings.get(name) != b.training.settings.get(name) for name in division):
        return translate("models", "They were tested on different windows of the same data.")
    return ""


def evaluation(card: ModelCard) -> Evaluation | None:
    """What its card says of its test windows; None where it says nothing."""
    own = [e for e in card.evaluations if e.protocol == card.training.protocol]
    return next(iter([*own, *card.evaluations]), None)


def one_line(model: Model) -> str:
    """For a list: 'synthetic · new trials 86 %, commoner answer 55 %'."""
    if model.card is None:
        return translate("models", "cannot be used")
    found = evaluation(model.card)
    words = [translate("models", "synthetic")] if model.synthetic else []
    accuracy = _of(found, "accuracy")
    if found is not None and accuracy is not None:
        tested = _tested(found).lower()
        said = translate("models", "{1} {0}").format(percent(accuracy, 0), tested)
        trivial = _of(found, "accuracy", trivial=True)
        if trivial is not None:
            said += translate("models", ", commoner answer {0}").format(percent(trivial, 0))
        words.append(said)
    return " · ".join(words)


def lineage_words(
    model: Model, ancestors: Sequence[Ancestor], taught: Sequence[str], *, in_use: bool
) -> str:
    """Where a model comes from, and where it is used. taught: names of the models it taught."""
    if model.card is None:
        return model.damage
    card = model.card
    lines = [translate("models", "Data: {0}").format(card.data.description)]
    for one in ancestors:
        where = translate("models", "not in this library")
        if one.model is not None:
            where = translate("models", "in this library as “{0}”").format(one.model.name)
        lines += ["", translate("models", "Teacher: {0} ({1})").format(one.name, where), one.recipe]
    if not ancestors:
        lines += ["", translate("models", "Teacher: none, it learned from ratings alone.")]
    lines += ["", translate("models", "Then: {0}").format(card.training.recipe)]
    if taught:
        lines += ["", translate("models", "Teacher of: {0}").format(", ".join(taught))]
    used = translate("models", "in the session") if in_use else translate("models", "nowhere now")
    lines += ["", translate("models", "Used: {0}").format(used)]
    lines += ["", translate("models", "Made by: {0}").format(card.training.command)]
    return "\n".join(lines)


def taught_by(model: Model, teacher: Model) -> bool:
    """Whether `teacher` is among a model's teachers."""
    if model.card is None or not teacher.fingerprint:
        return False
    training = model.card.training
    teachers = [*([training.teacher] if training.teacher else []), *training.other_teachers]
    return any(one.fingerprint == teacher.fingerprint for one in teachers)


def _source(card: ModelCard) -> str:
    if card.data.synthetic:
        preset = f", {card.data.preset}" if card.data.preset else ""
        return translate("models", "synthetic data{0}").format(preset)
    return card.data.description.partition(" (")[0]


def _tested(found: Evaluation | None) -> str:
    if found is None:
        return NONE
    known = {p: protocol_name(p) for p in HARDEST_FIRST}
    return next((name for p, name in known.items() if p == found.protocol), found.protocol)


def _accuracy(found: Evaluation | None) -> str:
    value = _of(found, "accuracy")
    words = percent(value) if value is not None else NONE
    bounds = found.intervals.get(MACRO, {}).get("accuracy") if found is not None else None
    if bounds:
        words += f" [{100 * bounds[0]:.0f}–{100 * bounds[1]:.0f}]"
    return words


def _of(found: Evaluation | None, metric: str, *, trivial: bool = False) -> float | None:
    if found is None:
        return None
    return (found.trivial if trivial else found.scores).get(MACRO, {}).get(metric)


def _decimal(value: float | None, decimals: int) -> str:
    return NONE if value is None else f"{value:.{decimals}f}"


def _parameters(card: ModelCard) -> int:
    from math import prod

    from models.networks import tensor_shapes

    return sum(prod(shape) for shape in tensor_shapes(card.network, card.config).values())


class Unlike(Notice):
    """Beside a comparison whose figures do not compare."""

    def __init__(self) -> None:
        super().__init__("warn", "")

    def show_models(self, one: Model | None = None, other: Model | None = None) -> None:
        why = caution(one, other) if one is not None and other is not None else ""
        self.say(self.tr("These figures do not say which is better") if why else "", why)


class FactsTable(Table):
    """Models side by side: a row a fact, a column a model."""

    name = "models"

    def __init__(self, models: Sequence[tuple[str, Model]]) -> None:
        """models: head of the column, and the model."""
        found = [facts(model) for _, model in models]
        rows = [[name, *(one[name] for one in found)] for name in found[0]]
        heads = [Column(title, 1.5, words=True) for title, _ in models]
        super().__init__([Column("", 1.25), *heads], rows)
        self.title = translate("models", "Compared: {0}").format(", ".join(t for t, _ in models))
