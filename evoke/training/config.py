"""Options of a training run."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import Literal

from evoke.dataset.splits import PROTOCOLS
from evoke.errors import SettingsError


@dataclass(frozen=True, slots=True)
class TrainConfig:
    """How one network is trained.

    schedule: of the learning rate: 'constant', or 'onecycle' (Smith & Topin 2019), which rises
        over the first fifth of the steps and falls to nothing.
    patience: epochs without a better validation NLL after which training stops and the best
        epoch's weights are kept; None trains to the end, on the validation fold too, and leaves
        the probabilities uncalibrated.
    standardise: give every band and electrode mean 0 and variance 1 over the training windows.
    windows_per_epoch: drawn anew each epoch, without replacement; None takes all.
    folds: parts into which the protocol cuts the data; run_folds: how many of them are run.
    """

    preset: str = "default"
    protocol: str = "trials"
    epochs: int = 12
    batch: int = 128
    learning_rate: float = 1e-3
    schedule: Literal["constant", "onecycle"] = "onecycle"
    patience: int | None = 3
    standardise: bool = True
    windows_per_epoch: int | None = None
    folds: int = 5
    run_folds: int = 1
    seed: int = 0

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
        for name in ("patience", "windows_per_epoch"):
            value = getattr(self, name)
            if value is not None and value < 1:
                raise SettingsError(f"{name} must be at least 1, got {value}.")

    def with_options(self, **options: object) -> TrainConfig:
        """A copy with the options that are not None."""
        given = {name: value for name, value in options.items() if value is not None}
        return replace(self, **given)  # type: ignore[arg-type]

    def describe(self) -> dict[str, str | int | float | bool | None]:
        """For the model card."""
        return asdict(self)


DEFAULT = TrainConfig()

PAPER = TrainConfig(
    preset="paper",
    protocol="segments",
    epochs=100,
    schedule="constant",
    patience=None,
    standardise=False,
    run_folds=5,
)
"""arXiv 2401.06957: Adam at 1e-3, batches of 128, 100 epochs, 5 folds of shuffled seconds."""

PRESETS = {config.preset: config for config in (DEFAULT, PAPER)}


@dataclass(frozen=True, slots=True)
class DistillConfig:
    """The paper's distillation; see `losses.distillation_loss`. Defaults are the paper's best."""

    temperature: float = 1.25
    alpha: float = 0.25

    def __post_init__(self) -> None:
        """Raises SettingsError for the first option out of its range."""
        if not self.temperature > 0:
            raise SettingsError(f"The temperature must be positive, got {self.temperature}.")
        if not 0 <= self.alpha <= 1:
            raise SettingsError(f"Alpha must lie within 0 and 1, got {self.alpha}.")
