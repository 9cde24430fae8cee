"""A small set of real checkpoints, with weights that are random but fixed."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import pytest
import torch

from models.card import Calibration, DataCard, Inputs, ModelCard, TrainingCard
from models.checkpoint import Checkpoint
from models.networks import input_shape, tensor_shapes


def _card(
    network: str = "student", config: dict[str, str] | None = None, **changes: object
) -> ModelCard:
    config = config or {}
    card = ModelCard(
        name="test student",
        network=network,
        config=config,
        inputs=Inputs(
            features={"name": "raw" if config.get("reads") == "window" else "de", "window": 128},
            electrodes=tuple(f"E{i}" for i in range(32)),
            baseline="mean",
            chain={"band_hz": [4.0, 45.0]},
        ),
        calibration=Calibration(temperature=(1.5, 0.5, 2.0), bias=(0.1, -0.2, 0.0)),
        data=DataCard(
            description="random numbers",
            synthetic=True,
            licence="none",
            fingerprint="0" * 64,
            subjects=("s01",),
            trials=1,
            windows=60,
        ),
        training=TrainingCard(
            recipe="not trained",
            command="pytest",
            protocol="trials",
            seed=1,
            settings={"epochs": 0},
            created="2026-01-01T00:00:00+00:00",
        ),
        versions={"evoke": "0"},
    )
    return card.model_copy(update=changes)


@pytest.fixture(scope="session")
def make_checkpoint() -> Callable[..., Checkpoint]:
    """Makes a checkpoint of a network; keywords replace fields of its card."""

    def make(network: str = "student", **changes: object) -> Checkpoint:
        rng = np.random.default_rng(5)
        config = changes.get("config", {})
        weights = {
            name: (rng.standard_normal(shape) * 0.5 / np.sqrt(np.prod(shape[1:]))).astype("f4")
            for name, shape in tensor_shapes(network, config).items()  # type: ignore[arg-type]
        }
        shape = input_shape(network, config)  # type: ignore[arg-type]
        mean = rng.standard_normal(shape).astype(np.float32)
        std = rng.uniform(0.5, 2, shape).astype(np.float32)
        return Checkpoint(_card(network, **changes), weights, mean, std)

    return make


@pytest.fixture(scope="package", autouse=True)
def _one_torch_thread() -> Iterator[None]:
    """One window is so small that threads wait longer than they work."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)
