"""Options of a training run."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import Literal

from evoke.dataset.splits import PROTOCOLS
from evoke.errors import SettingsError


def _check_choice(name: str, value: str, choices: tuple[str, ...]) -> None:
    if value not in choices:
        raise SettingsError(f"The {name} must be one of {', '.join(choices)}, got '{value}'.")


def _check_decay(decay: float | None) -> None:
    if decay is not None and not 0 < decay < 1:
        raise SettingsError(f"The moving average's decay must lie within 0 and 1, got {decay}.")


@dataclass(frozen=True, slots=True)
class TrainConfig:
    """How one network is trained.

    schedule: of the learning rate: 'constant', or 'onecycle' (Smith & Topin 2019), which rises
        over the first fifth of the steps and falls to nothing.
    patience: epochs without a better validation NLL, as it is after calibration, after which
        training stops and the best epoch's weights are kept; None trains to the end, on the
        validation fold too, and leaves the probabilities uncalibrated.
    standardise: give every band and electrode mean 0 and variance 1 over the training windows.
    epoch_share: of the training windows, drawn anew for each epoch without replacement. Where
        trials are held out, networks are at their best within a pass or two, and validating five
        times a pass finds better weights than once: a point of accuracy on synthetic data.
    folds: parts into which the protocol cuts the data; run_folds: how many of them are run.
    seed: of the folds, the weights, the order of windows and dropout. weights_seed: of all but
        the folds, where they shall differ: the teachers of an ensemble share the folds.
    ema: decay of a moving average of the weights, which is then validated and kept in their
        place (Polyak & Juditsky 1992; Tarvainen & Valpola 2017); None keeps the weights.
    precision: 'bf16' is faster and coarser; 'auto' takes it on a GPU and on CPUs that have
        instructions for it, where accuracy was the same to 0.1 points.
    """

    preset: str = "default"
    protocol: str = "trials"
    epochs: int = 60
    epoch_share: float = 0.2
    batch: int = 128
    learning_rate: float = 1e-3
    schedule: Literal["constant", "onecycle"] = "onecycle"
    patience: int | None = 10
    standardise: bool = True
    folds: int = 5
    run_folds: int = 1
    seed: int = 0
    weights_seed: int | None = None
    ema: float | None = None
    precision: Literal["auto", "fp32", "bf16"] = "auto"

    def __post_init__(self) -> None:
        """Raises SettingsError for the first option out of its range."""
        if self.protocol not in PROTOCOLS:
            raise SettingsError(
                f"The protocol must be one of {', '.join(PROTOCOLS)}, got '{self.protocol}'."
            )
        for name, least in (("epochs", 1), ("batch", 1), ("folds", 3), ("run_folds", 1)):
            if getattr(self, name) < least:
                raise SettingsError(f"{name} must be at least {least}, got {getattr(self, name)}.")
        if self.run_folds > self.folds:
            raise SettingsError(f"Only {self.folds} folds can be run, got {self.run_folds}.")
        if not 0 < self.learning_rate < 1:
            raise SettingsError(
                f"The learning rate must lie between 0 and 1, got {self.learning_rate}."
            )
        if not 0 < self.epoch_share <= 1:
            raise SettingsError(
                f"The share of windows in an epoch must lie within 0 and 1, got {self.epoch_share}."
            )
        if self.patience is not None and self.patience < 1:
            raise SettingsError(f"patience must be at least 1, got {self.patience}.")
        _check_choice("schedule", self.schedule, ("constant", "onecycle"))
        _check_choice("precision", self.precision, ("auto", "fp32", "bf16"))
        _check_decay(self.ema)

    def with_options(self, **options: object) -> TrainConfig:
        """A copy with the options that are not None."""
        given = {name: value for name, value in options.items() if value is not None}
        return replace(self, **given)  # type: ignore[arg-type]

    def describe(self) -> dict[str, str | int | float | bool | None]:
        """For the model card."""
        return asdict(self)


DEFAULT = TrainConfig()

LEARNING_RATES = {"student": 4e-3}
"""Of the default preset, for networks that want another than `DEFAULT` has: the small student
generalises better from larger steps (88.6 against 86.4 % on mixed seconds of synthetic data, and no
worse on held-out trials); the teacher falls from 89 to 85 %."""

PAPER = TrainConfig(
    preset="paper",
    protocol="segments",
    epochs=100,
    epoch_share=1.0,
    schedule="constant",
    patience=None,
    standardise=False,
    run_folds=5,
)
"""arXiv 2401.06957: Adam at 1e-3, batches of 128, 100 epochs, 5 folds that mix seconds
of a trial: shuffled here; whether there too, or in blocks, its text does not say."""

PRESETS = {config.preset: config for config in (DEFAULT, PAPER)}


def default_for(network: str) -> TrainConfig:
    """The default preset for a network."""
    return DEFAULT.with_options(learning_rate=LEARNING_RATES.get(network))


@dataclass(frozen=True, slots=True)
class DistillConfig:
    """How a teacher is listened to; `losses.distil` has the formulas. As it stands, the paper's
    best; `recipes` has others.

    temperature, alpha: of the paper's loss; alpha weighs the teacher against the labels.
    matching: what the student matches, the teacher's softened probabilities or its logits.
    mixup: parameter of the Beta density from which the share of mixing is drawn; teacher, labels
        and student are given the same mixed windows (Beyer et al. 2022). None mixes nothing.
    ema: decay of a moving average of the student's weights, as `TrainConfig.ema`.
    """

    temperature: float = 1.25
    alpha: float = 0.25
    matching: Literal["probabilities", "logits"] = "probabilities"
    mixup: float | None = None
    ema: float | None = None

    def __post_init__(self) -> None:
        """Raises SettingsError for the first option out of its range."""
        if not self.temperature > 0:
            raise SettingsError(f"The temperature must be positive, got {self.temperature}.")
        if not 0 <= self.alpha <= 1:
            raise SettingsError(f"Alpha must lie within 0 and 1, got {self.alpha}.")
        _check_choice("matching", self.matching, ("probabilities", "logits"))
        if self.mixup is not None and not self.mixup > 0:
            raise SettingsError(f"The mixup parameter must be positive, got {self.mixup}.")
        _check_decay(self.ema)

    def with_options(self, **options: object) -> DistillConfig:
        """A copy with the options that are not None."""
        given = {name: value for name, value in options.items() if value is not None}
        return replace(self, **given)  # type: ignore[arg-type]
