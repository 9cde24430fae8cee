"""What is to be trained, and the command line that asks for the same."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from evoke.errors import SettingsError
from evoke.training.config import DEFAULT, PRESETS, TrainConfig, default_for
from evoke.types import RATE_HZ

Device = Literal["auto", "cpu"]


@dataclass(frozen=True)
class TrainRequest:
    """What to train, on what, into which file.

    data, test_on: folders or files in DEAP's layout, or demo:PRESET:SUBJECTS[:SEED]; test_on
        are further data, of people not trained on, to test the finished network with.
    options: of the network; `reads` follows from the features.
    baseline: mode of the rest baseline; empty: the first that suits the features.
    hop_s: seconds between the starts of neighbouring windows.
    run: folder in which every epoch is kept; resume: whether it holds a run to go on with.
    leave_out: names of files in `data` that are not read.
    device: 'auto', a GPU where there is one, or 'cpu'. threads: on the CPU; None: as many as it
        has cores, at most 8. Another number changes the last bits of every figure.
    cluster: address of a Ray cluster that trains the folds, one thread each; '' for this computer.
    """

    data: str
    out: Path
    config: TrainConfig
    network: str = "ccnn"
    options: Mapping[str, str] = field(default_factory=dict)
    name: str = ""
    features: str = "de"
    baseline: str = ""
    hop_s: float = 1.0
    test_on: Sequence[str] = ()
    command: str = ""
    run: Path | None = None
    resume: bool = False
    leave_out: Sequence[str] = ()
    device: Device = "auto"
    threads: int | None = None
    cluster: str = ""

    @property
    def trained_on(self) -> str:
        """'cuda', 'cpu' or 'cluster'."""
        if self.cluster:
            return "cluster"
        return "cpu" if self.device == "cpu" else best_device()

    @property
    def step(self) -> int:
        """Samples between windows. Raises SettingsError outside 1 sample to 60 s."""
        step = round(self.hop_s * RATE_HZ) if 0 < self.hop_s <= 60 else 0  # nor is it no number
        if not 1 <= step <= 60 * RATE_HZ:
            raise SettingsError(f"The hop must be 0.01 to 60 s, got {self.hop_s:g}.")
        return step


def best_device() -> str:
    """'cuda' where torch finds a GPU that it was built for, else 'cpu'. Raises RuntimeError,
    torch's own, where a GPU does not answer."""
    from models.torch_runtime import cuda_usable

    return "cuda" if cuda_usable() else "cpu"


def train_config(preset: str, network: str = "ccnn", **options: object) -> TrainConfig:
    """A preset for a network, with the options that are given (not None) in place of its own.
    Raises SettingsError for an unknown preset or an option out of its range."""
    if preset not in PRESETS:
        raise SettingsError(f"The preset must be one of {', '.join(PRESETS)}, got '{preset}'.")
    config = default_for(network) if preset == DEFAULT.preset else PRESETS[preset]
    return config.with_options(**options)


def command_line(
    command: str, data: str, out: Path, options: Mapping[str, object], *, whole: bool = False
) -> str:
    """The command that makes a checkpoint again, for its card; files by name, not by folder, but
    for the data if `whole`."""
    words = ["evoke", command, data if whole else _without_folder(data), "--out", out.name]
    for option, value in options.items():
        values = value if isinstance(value, list | tuple) else [value]
        for one in values:
            if one in (None, ""):
                continue
            is_file = isinstance(one, Path) or option == "test_on"
            words += [
                f"--{option.replace('_', '-')}",
                _without_folder(str(one)) if is_file else str(one),
            ]
    return shlex.join(words)


def _without_folder(source: str) -> str:
    return source if source.startswith("demo:") else Path(source).name
