"""The model card: what a network is, what it was trained on and how well it did, schema 1.

It travels inside the checkpoint, so that the two cannot part, and is rendered as text beside it.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue, field_validator, model_validator

Labels = tuple[Literal["valence"], Literal["arousal"], Literal["dominance"]]

SCHEMA: Literal[1] = 1

HIGH_ABOVE = 5.0
"""The question of every network here: is the rating above this?"""

LABELS: Labels = ("valence", "arousal", "dominance")

Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Positive = Annotated[float, Field(gt=0)]
Share = Annotated[float, Field(ge=0, le=1)]
Triple = tuple[float, float, float]


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)


class Inputs(_Strict):
    """The signal path that the network was trained behind; it may run behind no other.

    features, chain: what the feature extractor and the filters say of themselves.
    electrodes: names in the order of the features.
    baseline: mode of the rest baseline.
    """

    features: dict[str, JsonValue]
    electrodes: Annotated[tuple[str, ...], Field(min_length=1)]
    baseline: str
    chain: JsonValue

    @field_validator("features")
    @classmethod
    def _named(cls, features: dict[str, JsonValue]) -> dict[str, JsonValue]:
        if not isinstance(features.get("name"), str):
            raise ValueError("the features must have a name")
        return features


class Calibration(_Strict):
    """Probability of label k = sigmoid(logit_k / temperature_k + bias_k), after Guo et al. 2017
    (temperature) and Platt 1999 (bias)."""

    temperature: tuple[Positive, Positive, Positive] = (1.0, 1.0, 1.0)
    bias: Triple = (0.0, 0.0, 0.0)


class DataCard(_Strict):
    """What the network saw.

    fingerprint: SHA-256 over the features and labels it was trained on.
    preset: of the generator, where the data are synthetic.
    origins: SHA-256 of each subject's recording and of how it was read, so that it is known again
        under another name; contents: of its samples alone, so that it is known in another format
        too. Empty in cards of older versions.
    high_shares: of the windows trained on, the share rated high in each label; None in cards of
        older versions.
    """

    description: str
    synthetic: bool
    preset: str | None = None
    licence: str
    fingerprint: Sha256
    subjects: tuple[str, ...]
    trials: int
    windows: int
    origins: tuple[Sha256, ...] = ()
    contents: tuple[Sha256, ...] = ()
    high_shares: tuple[Share, Share, Share] | None = None


class Lineage(_Strict):
    """The teacher of a distilled network; fingerprint: of the teacher's checkpoint; recipe and
    command: how that was made."""

    name: str
    fingerprint: Sha256
    recipe: str
    command: str


class TrainingCard(_Strict):
    """How the network was trained; settings: every option of the run, seeds among them.

    other_teachers: those whose logits were averaged with the teacher's.
    """

    recipe: str
    command: str
    protocol: str
    seed: int
    settings: dict[str, JsonValue]
    created: str
    teacher: Lineage | None = None
    other_teachers: tuple[Lineage, ...] = ()


class Evaluation(_Strict):
    """Metrics on windows that took no part in training or in any choice.

    scores: for every label and 'macro', the named metrics, as far as they are defined.
    trivial: for every label and 'macro', accuracy of always giving the answer that is commoner in
        the very windows tested, F1 of always answering high, and negative log-likelihood and Brier
        score of always saying the training prior.
    intervals: 95% bounds of the scores, by bootstrap over `drawn`; empty where there are too few
        trials for any, without the metrics that are not defined and the calibration error.
    verdict: the same in sentences.
    """

    protocol: str
    description: str
    windows: int
    scores: dict[str, dict[str, float]]
    trivial: dict[str, dict[str, float]]
    intervals: dict[str, dict[str, tuple[float, float]]] = {}
    drawn: str = "trials"
    verdict: tuple[str, ...] = ()


class ModelCard(_Strict):
    """Everything but the weights."""

    schema_version: Literal[1] = SCHEMA
    name: Annotated[str, Field(min_length=1, max_length=100)]
    network: str
    config: dict[str, str] = {}
    inputs: Inputs
    labels: Labels = LABELS
    high_above: float = HIGH_ABOVE
    calibration: Calibration
    data: DataCard
    training: TrainingCard
    evaluations: tuple[Evaluation, ...] = ()
    versions: dict[str, str]

    @model_validator(mode="after")
    def _reads_its_features(self) -> ModelCard:
        raw, reads = self.inputs.features["name"] == "raw", self.config.get("reads", "features")
        if raw != (reads == "window"):
            raise ValueError(
                f"its features are '{self.inputs.features['name']}', its network reads {reads}"
            )
        return self


_ABOUT_TRIVIAL = (
    "Trivial: accuracy of always giving the answer that is commoner in the windows tested, F1 of "
    "always answering 'high', NLL (nats) and Brier score of always giving the share of high "
    "training windows as the probability. Macro: mean of the three."
)


def render(card: ModelCard) -> str:
    """The card as Markdown."""
    data, training = card.data, card.training
    lines = [
        f"# {card.name}",
        "",
        "Research use only; not a medical device.",
        "",
        *(
            ["**Trained on synthetic data. Its readings of a person mean nothing.**", ""]
            if data.synthetic
            else []
        ),
        "| | |",
        "|---|---|",
        f"| network | {card.network} {_options(card.config)}|",
        f"| output | probability of a rating above {card.high_above:g}: {', '.join(card.labels)} |",
        f"| features | {_inline(card.inputs.features)} |",
        f"| rest baseline | {card.inputs.baseline} |",
        f"| filters | {_inline(card.inputs.chain)} |",
        f"| electrodes | {' '.join(card.inputs.electrodes)} |",
        f"| calibration | temperature {_numbers(card.calibration.temperature)}, "
        f"bias {_numbers(card.calibration.bias)} |",
        f"| data | {data.description}; {len(data.subjects)} subjects, {data.trials} trials, "
        f"{data.windows} windows |",
        f"| licence of the data | {data.licence} |",
        f"| data fingerprint | {data.fingerprint} |",
        f"| recipe | {training.recipe} |",
        f"| settings | {_inline(training.settings)} |",
        f"| seed | {training.seed} |",
        f"| created | {training.created} |",
        f"| versions | {_inline(card.versions)} |",
    ]
    commands = [training.command]
    teachers = (*([training.teacher] if training.teacher else []), *training.other_teachers)
    for teacher in teachers:
        lines += [
            f"| teacher | {teacher.name}, {teacher.fingerprint} |",
            f"| the teacher's recipe | {teacher.recipe} |",
        ]
    commands[:0] = [teacher.command for teacher in teachers]
    lines += ["", "Made by:", "", "```", *commands, "```", "", _ABOUT_TRIVIAL]
    for evaluation in card.evaluations:
        lines += ["", *_render_evaluation(evaluation)]
    return "\n".join(lines) + "\n"


def _render_evaluation(evaluation: Evaluation) -> list[str]:
    metrics = list(dict.fromkeys(m for row in evaluation.scores.values() for m in row))
    trivial = list(next(iter(evaluation.trivial.values()), {}))
    heads = [m.replace("_", " ") for m in metrics] + [f"trivial: {m}" for m in trivial]
    lines = [
        f"## {evaluation.description}",
        "",
        f"Protocol `{evaluation.protocol}`, {evaluation.windows} windows.",
        "",
        *(f"- {sentence}" for sentence in evaluation.verdict),
        *([""] if evaluation.verdict else []),
        "| | " + " | ".join(heads) + " |",
        "|---" * (len(heads) + 1) + "|",
    ]
    for label, scores in evaluation.scores.items():
        bounds = evaluation.intervals.get(label, {})
        values = [_score(scores.get(m), bounds.get(m)) for m in metrics]
        values += [_score(evaluation.trivial.get(label, {}).get(m), None) for m in trivial]
        lines.append(f"| {label} | " + " | ".join(values) + " |")
    over = ["", f"In brackets: 95% over {evaluation.drawn}."] if evaluation.intervals else []
    return [*lines, *over]


def _score(value: float | None, bounds: tuple[float, float] | None) -> str:
    """'0.560 (0.512-0.608)', or the value alone; a dash for one that is not defined."""
    if value is None:
        return "-"
    return f"{value:.3f}" + (f" ({bounds[0]:.3f}-{bounds[1]:.3f})" if bounds else "")


_UNITS = {"hz": "Hz", "s": "s", "uv2": "uV²"}


def _inline(values: object) -> str:
    """Names and values in a line; what is not set is left out, numbers in pairs are a range."""
    if isinstance(values, dict):
        return ", ".join(_named(key, value) for key, value in values.items() if value is not None)
    if isinstance(values, list | tuple):
        parts = [_inline(value) for value in values]
        if any(isinstance(value, list | tuple) for value in values):
            return " / ".join(parts)
        if len(values) > 1 and all(isinstance(value, int | float) for value in values[-2:]):
            parts[-2:] = [f"{parts[-2]}-{parts[-1]}"]
        return " ".join(parts)
    if isinstance(values, bool):
        return "yes" if values else "no"
    return f"{values:g}" if isinstance(values, float) else str(values)


def _named(key: str, value: object) -> str:
    """'hop_s', 0.5 -> 'hop 0.5 s'"""
    name, _, unit = key.rpartition("_")
    if unit in _UNITS and name:
        return f"{name.replace('_', ' ')} {_inline(value)} {_UNITS[unit]}"
    return f"{key.replace('_', ' ')} {_inline(value)}"


def _numbers(values: Triple) -> str:
    return "/".join(f"{value:.3f}" for value in values)


def _options(config: dict[str, str]) -> str:
    return "".join(f"({key} {value}) " for key, value in config.items())
