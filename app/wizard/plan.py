"""What is to be trained, as the wizard's pages were told: one small frozen description, as JSON."""

from __future__ import annotations

import shlex
import subprocess
import sys
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from app.training_request import command_line
from evoke.dataset.splits import PROTOCOL_NAMES, Protocol
from evoke.features import baselines_of
from evoke.training.config import PAPER as PAPER_TRAINING
from evoke.training.config import DistillConfig, TrainConfig, default_for
from evoke.training.recipes import recipe
from evoke.training.threads import all_but_one

Role = Literal["teacher", "student", "scratch"]
"""scratch: the student's network trained from the labels alone, for comparison."""

Preset = Literal["quick", "paper", "best"]

ROLES: tuple[Role, ...] = ("teacher", "student", "scratch")

TITLES: dict[Role, str] = {
    "teacher": "teacher",
    "student": "student",
    "scratch": "student from scratch",
}

QUICK_EPOCHS, QUICK_PATIENCE = 12, 4

PAPER_FEATURES: dict[str, object] = {"features": "de", "baseline": "paper", "hop_s": 1.0}

PAPERS: dict[str, object] = {
    **PAPER_FEATURES,
    "protocol": PAPER_TRAINING.protocol,
    "folds": PAPER_TRAINING.folds,
    "run_folds": PAPER_TRAINING.run_folds,
    "preset": "paper",
    "epochs": None,
    "recipe": "paper",
    "temperature": None,
    "alpha": None,
}
"""What arXiv 2401.06957 states, by the plan's fields; which network is not among them, as its
Table I compares three."""


class Stage(BaseModel):
    """One network to be trained. Its name is that of its folder and checkpoint in the run."""

    model_config = ConfigDict(frozen=True)

    protocol: Protocol
    role: Role

    @property
    def name(self) -> str:
        return f"{self.protocol}-{self.role}"

    @property
    def teacher(self) -> Stage:
        """The one whose network teaches the student of the same protocol."""
        return Stage(protocol=self.protocol, role="teacher")


class Plan(BaseModel):
    """Everything that decides a run's outcome.

    data: as `evoke train` takes it: a folder or file of DEAP's, or demo:PRESET:SUBJECTS[:SEED];
        "" while nothing was chosen. leave_out: names of files in it that are not read.
    baseline: "" for the first that suits the features.
    also: protocols reported beside `protocol`; each trains networks of its own.
    name: begins those of its networks.
    epochs: "at most", None for the preset's. temperature, alpha: None for the recipe's.
    scratch: whether the student is trained without its teacher too.
    cluster: address of a Ray cluster, "" for this computer.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(default="", max_length=60)
    data: str = ""
    leave_out: tuple[str, ...] = ()
    features: Literal["de", "psd"] = "de"
    baseline: str = ""
    hop_s: float = Field(default=1.0, ge=0.05, le=60.0)
    protocol: Protocol = "trials"
    also: tuple[Protocol, ...] = ()
    folds: int = Field(default=5, ge=3, le=40)
    run_folds: int = Field(default=1, ge=1, le=40)
    seed: int = Field(default=0, ge=0, lt=2**31)
    network: str = "ccnn"
    preset: Preset = "best"
    epochs: Annotated[int, Field(ge=1, le=1000)] | None = None
    recipe: str = "default"
    temperature: Annotated[float, Field(gt=0, le=20)] | None = None
    alpha: Annotated[float, Field(ge=0, le=1)] | None = None
    scratch: bool = True
    device: Literal["auto", "cpu"] = "auto"
    cluster: str = ""

    def changed(self, **fields: object) -> Plan:
        """A copy with `fields` replaced. Raises pydantic.ValidationError if out of range."""
        return Plan.model_validate({**dict(self), **fields})

    @property
    def protocols(self) -> tuple[Protocol, ...]:
        return (self.protocol, *(p for p in self.also if p != self.protocol))

    @property
    def stages(self) -> tuple[Stage, ...]:
        """The networks to train, in order."""
        roles = ROLES if self.scratch else ROLES[:2]
        return tuple(Stage(protocol=p, role=r) for p in self.protocols for r in roles)

    def network_of(self, stage: Stage) -> str:
        """Which network that stage trains: the teacher alone is chosen."""
        return self.network if stage.role == "teacher" else "student"

    def config(self, stage: Stage) -> TrainConfig:
        """How that stage's network is trained. Raises SettingsError for options that cannot be."""
        paper = self.preset == "paper"
        config = PAPER_TRAINING if paper else default_for(self.network_of(stage))
        if self.preset == "quick":
            config = config.with_options(epochs=QUICK_EPOCHS, patience=QUICK_PATIENCE)
        return config.with_options(
            protocol=stage.protocol,
            epochs=self.epochs,
            folds=self.folds,
            run_folds=min(self.run_folds, self.folds) if stage.role == "teacher" else 1,
            seed=self.seed,
        )

    @property
    def distillation(self) -> DistillConfig:
        """How the student hears its teacher. Raises SettingsError for an unknown recipe."""
        return recipe(self.recipe, temperature=self.temperature, alpha=self.alpha)

    @property
    def unlike_paper(self) -> tuple[str, ...]:
        """The fields that are others than the paper's."""
        as_typed = self.changed(epochs=None) if self.epochs == PAPER_TRAINING.epochs else self
        return tuple(name for name, its in PAPERS.items() if getattr(as_typed, name) != its)

    # -- the same on the command line

    def title(self, stage: Stage) -> str:
        """Name of that stage's network."""
        tested = PROTOCOL_NAMES[stage.protocol].partition(":")[0]
        return f"{self.name or tested[0].upper() + tested[1:]}, {TITLES[stage.role]}"

    def options(self, stage: Stage, threads: int) -> dict[str, object]:
        """What `evoke train`, or of a student `evoke distill`, is to be told for a stage, by
        option; None where nothing."""
        config = self.config(stage)
        shared: dict[str, object] = {
            "leave_out": list(self.leave_out),
            "preset": config.preset,
            "network": self.network_of(stage),
            "epochs": config.epochs,
            "patience": config.patience,
            "name": self.title(stage),
            "device": self.device,
            "threads": threads,
            "cluster": self.cluster,
        }
        if stage.role == "student":
            return {
                "teacher": Path(f"{stage.teacher.name}.safetensors"),
                "recipe": self.recipe,
                "temperature": self.temperature,
                "alpha": self.alpha,
                **shared,
            }
        return {
            "features": self.features,
            "baseline": self.baseline or baselines_of(self.features)[0],
            "hop_s": self.hop_s,
            "protocol": stage.protocol,
            "folds": config.folds,
            "run_folds": config.run_folds,
            "seed": config.seed,
            **shared,
        }

    def command(self, stage: Stage, threads: int, *, whole: bool = False) -> str:
        """The command that trains a stage's network. whole: with the data's full path."""
        command = "distill" if stage.role == "student" else "train"
        out = Path(f"{stage.name}.safetensors")
        return command_line(command, self.data, out, self.options(stage, threads), whole=whole)

    def commands(self, threads: int | None = None) -> list[str]:
        """Commands that give the same figures to the bit, in an empty folder of the same computer,
        quoted for its shell. threads: those of a run; None: those that one begun now would
        have."""
        count = all_but_one() if threads is None else threads
        left_out = [word for name in self.leave_out for word in ("--leave-out", name)]
        device = ["--device", self.device] if self.device != "auto" else []
        judging = [
            shlex.join(
                ["evoke", "evaluate", f"{stage.name}.safetensors", self.data, *left_out, *device]
            )
            for stage in self.stages
        ]
        found = [*(self.command(stage, count, whole=True) for stage in self.stages), *judging]
        if sys.platform == "win32":  # its shells know no single quotes, or other ones
            return [subprocess.list2cmdline(shlex.split(command)) for command in found]
        return found
