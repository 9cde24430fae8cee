"""How long a plan will train on this computer, and with how much memory: measured on a few real
batches of its networks, by a process of its own, before anything is started."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import asdict
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from app.wizard.plan import Plan, Stage
from app.wizard.process import environment
from evoke.errors import EvokeError
from evoke.training.threads import all_but_one

if TYPE_CHECKING:
    from app.wizard.survey import Survey

MEASURED_WITHIN_S = 300
"""After which a measurement is given up."""

WINDOW_BYTES = 4 * 9 * 9 * 4
_COPIES = 5
"""Of the windows in memory, at most: as they were read; while a fold is made of them, taken,
shifted and scaled; and on the device."""

FULL = 0.9
"""Share of the memory beyond which the rest of the computer is in need of it."""


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True)


class Ask(_Frozen):
    """What `app.wizard.measure` is asked. recipe: fields of a DistillConfig."""

    network: str
    batch: int
    precision: str
    device: str
    threads: int
    recipe: dict[str, str | float | None]


class Pace(_Frozen):
    """Of one network: seconds a window to train on, and to read."""

    train_s: float
    read_s: float


class Measured(_Frozen):
    """paces: by role. memory_mb: at most, without the data; memory_total_mb: that there is, on a
    GPU that is free, 0 where it cannot be told. scaled: memory_mb was measured on small batches.
    fits: of a GPU, the windows in a batch that it holds. device: as the user is told."""

    paces: dict[str, Pace]
    memory_mb: float
    memory_total_mb: float
    device: str
    on_gpu: bool
    scaled: bool = False
    fits: int | None = None


class Refused(_Frozen):
    """Nothing could be measured. why: a sentence."""

    why: str


_ANSWERS: TypeAdapter[Measured | Refused] = TypeAdapter(Measured | Refused)


class StageCost(_Frozen):
    """stage: its name. seconds: at most, if no stage stops before its last epoch."""

    stage: str
    seconds: float


class Estimate(_Frozen):
    """Measured on `device` with `threads` CPU threads; of a cluster nothing is known, and these
    are this computer's figures. memory_mb: there, at most, of memory_total_mb, which is 0 where it
    cannot be told, and on a GPU what is free now; scaled: worked out from small batches. fits:
    windows in the batches that a GPU holds, where those asked for do not fit. disk_mb: that the
    run's folder will take, at most. Reading the data comes before it all."""

    stages: tuple[StageCost, ...]
    memory_mb: float
    memory_total_mb: float = 0.0
    disk_mb: float
    device: str
    threads: int
    on_gpu: bool = False
    scaled: bool = False
    fits: int | None = None

    @property
    def seconds(self) -> float:
        """Of all stages together, at most."""
        return sum(stage.seconds for stage in self.stages)

    @property
    def too_large(self) -> bool:
        """Whether it hardly fits into the device's memory."""
        return bool(self.memory_total_mb) and self.memory_mb > FULL * self.memory_total_mb

    def of(self, stage: Stage) -> float:
        """Seconds of one stage, at most; 0 if it is not in the estimate."""
        return next((s.seconds for s in self.stages if s.stage == stage.name), 0.0)


def estimate(plan: Plan, survey: Survey) -> Estimate:
    """Measure this computer; takes some ten seconds, not for the GUI thread. Raises EvokeError for
    a network that is not known, or where nothing can be measured."""
    measured, batch = _measure(plan), plan.config(plan.stages[0]).batch
    windows = round(survey.windows / plan.hop_s)
    at_once = min(plan.run_folds, plan.folds) if measured.on_gpu else 1
    copies = windows * WINDOW_BYTES * (at_once if measured.on_gpu else _COPIES) / 2**20
    return Estimate(
        stages=tuple(
            StageCost(stage=stage.name, seconds=_seconds(plan, stage, windows, measured))
            for stage in plan.stages
        ),
        memory_mb=measured.memory_mb * at_once + copies,
        memory_total_mb=measured.memory_total_mb,
        disk_mb=disk_mb(plan),
        device=measured.device,
        threads=all_but_one(),
        on_gpu=measured.on_gpu,
        scaled=measured.scaled,
        fits=measured.fits if (measured.fits or batch) < batch else None,
    )


def disk_mb(plan: Plan) -> float:
    """What a run's folder takes at most, MB. Each fold keeps its network, its best weights and
    Adam's two moments, and while one is replaced it is there twice."""
    total = 0.0
    for stage in plan.stages:
        weights = parameters(plan.network_of(stage)) * 4 / 2**20
        folds = plan.config(stage).run_folds
        total += weights * (4 * (folds + 1) + 1)
    return total


def parameters(network: str) -> int:
    """Of a network, all that are trained. Raises EvokeError if it is not known."""
    from math import prod

    from models.errors import ModelError
    from models.networks import tensor_shapes

    try:
        return sum(prod(shape) for shape in tensor_shapes(network, {}).values())
    except ModelError as error:
        raise EvokeError(str(error)) from error


def _seconds(plan: Plan, stage: Stage, windows: int, measured: Measured) -> float:
    """At most, as every epoch is counted."""
    config, pace = plan.config(stage), measured.paces[stage.role]
    validating = config.patience is not None
    held_out = windows / config.folds
    learned = windows - held_out * (2 if validating else 1)
    epoch = config.epoch_share * learned * pace.train_s
    if validating:
        epoch += held_out * pace.read_s
    fold = config.epochs * epoch + 2 * held_out * pace.read_s  # calibrated, tested
    if stage.role == "student":
        fold += learned * measured.paces["teacher"].read_s
    return config.run_folds * fold


def _measure(plan: Plan) -> Measured:
    stage = plan.stages[0]
    config = plan.config(stage)
    parameters(plan.network)
    ask = Ask(
        network=plan.network,
        batch=config.batch,
        precision=config.precision,
        device=plan.device,
        threads=all_but_one(),
        recipe=asdict(plan.distillation),
    )
    try:
        done = subprocess.run(
            [sys.executable, "-m", "app.wizard.measure"],
            input=ask.model_dump_json(),
            capture_output=True,
            text=True,
            timeout=MEASURED_WITHIN_S,
            env=environment(),
            check=False,
        )
        found = _ANSWERS.validate_json(done.stdout.rpartition("\n")[2])
    except (OSError, subprocess.TimeoutExpired, ValidationError) as error:
        raise EvokeError("This computer's speed could not be measured; start without.") from error
    if isinstance(found, Refused):
        raise EvokeError(found.why)
    return found
