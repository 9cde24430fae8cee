"""What the networks cost: counted exactly, timed on this computer."""

from __future__ import annotations

import csv
import io
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, fields
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from models.checkpoint import Checkpoint

TIMED_S = 0.5
"""Spent on each of the two timings, and at least one repeat of a batch."""

_LARGE_MACS = 10**9


@dataclass(frozen=True, slots=True)
class Cost:
    """One row of Table I: counts, the time of one window from features to probabilities, and
    windows a second in batches, host to host. layer_parameters, as Table I counts, leave out a
    transformer's class token and positions; parameters are all. device: that of the timings."""

    layers: int
    layer_parameters: int
    parameters: int
    macs: int
    mb: float
    one_ms: float
    windows_per_s: float
    device: str

    def as_dict(self) -> dict[str, float | str]:
        return asdict(self)


def cost(name: str) -> Cost:
    """Count a network and time it, with fresh weights, as the application runs it."""
    from models.count import count
    from models.networks import build
    from models.runtime import classifier_of

    network = build(name, {}, seed=0)
    counted = count(network)
    weights = {key: t.detach().numpy() for key, t in network.state_dict().items()}
    classifier = classifier_of(_checkpoint(name, weights))
    batch = 8 if counted.macs > _LARGE_MACS else 1024
    grids = np.random.default_rng(0).normal(size=(batch, 4, 9, 9)).astype(np.float32)
    device = ""
    while device != classifier.device:  # a GPU that fails here leaves the rest to the CPU
        device = classifier.device
        one_s = _median_s(lambda: classifier.classify(grids[:1]))
        many_s = _median_s(lambda: classifier.classify(grids))
    return Cost(
        layers=counted.layers,
        layer_parameters=counted.layer_parameters,
        parameters=counted.parameters,
        macs=counted.macs,
        mb=counted.megabytes,
        one_ms=1e3 * one_s,
        windows_per_s=batch / many_s,
        device=device,
    )


def as_csv(costs: Mapping[str, Cost]) -> str:
    """One line for each network."""
    text = io.StringIO()
    heads = ["network", *(field.name for field in fields(Cost))]
    writer = csv.DictWriter(text, heads, lineterminator="\n")
    writer.writeheader()
    for name, one in costs.items():
        writer.writerow({"network": name, **to_write(asdict(one))})
    return text.getvalue()


def to_write(cost: Mapping[str, float | str]) -> dict[str, float | str]:
    """A cost's fields for a table: counts whole, the rest in four digits, as far as timing goes."""
    return {k: float(f"{v:.4g}") if isinstance(v, float) else v for k, v in cost.items()}


def _median_s(call: Callable[[], object]) -> float:
    """Median time of a call, after one that warms up."""
    call()
    times: list[float] = []
    while sum(times) < TIMED_S and len(times) < 1000:
        began = time.perf_counter()
        call()
        times.append(time.perf_counter() - began)
    return float(np.median(times))


def _checkpoint(name: str, weights: dict[str, NDArray[np.float32]]) -> Checkpoint:
    """An untrained network as a checkpoint, so that it is timed on the application's own path."""
    from models import card
    from models.checkpoint import Checkpoint

    shape = (4, 9, 9)
    made = card.ModelCard(
        name=f"untrained {name}",
        network=name,
        inputs=card.Inputs(features={"name": "none"}, electrodes=("Cz",), baseline="", chain=None),
        calibration=card.Calibration(),
        data=card.DataCard(
            description="none", synthetic=True, licence="none", fingerprint="0" * 64,
            subjects=(), trials=0, windows=0,
        ),
        training=card.TrainingCard(
            recipe="none", command="none", protocol="none", seed=0, settings={}, created="never"
        ),
        versions={},
    )  # fmt: skip
    return Checkpoint(made, weights, np.zeros(shape, np.float32), np.ones(shape, np.float32))
