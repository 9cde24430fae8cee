from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pytest
from numpy.typing import ArrayLike, NDArray

from evoke.classifier import Classifier, check_fit
from evoke.errors import CheckpointError
from evoke.features import DifferentialEntropy
from evoke.signal.montage import ELECTRODES

CHAIN = {"band_hz": [4.0, 45.0], "order": 4}


@dataclass
class Even:
    """Knows nothing and says so; a whole classifier all the same."""

    name: str = "even"
    device: str = "CPU"
    synthetic: bool = True
    fingerprint: str = "0" * 64
    features: str = "de"
    feature_settings: Mapping[str, object] = field(
        default_factory=lambda: DifferentialEntropy().describe()
    )
    electrodes: tuple[str, ...] = ELECTRODES
    baseline: str = "mean"
    chain: object = field(default_factory=lambda: CHAIN)

    def classify(self, grid: ArrayLike) -> NDArray[np.float32]:
        return np.full((len(np.asarray(grid)), 3), 0.5, np.float32)


def test_a_fitting_classifier_passes() -> None:
    assert isinstance(Even(), Classifier)
    check_fit(Even(), {"order": 4, "band_hz": (4.0, 45.0)})  # order of keys, tuple or list


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"features": "wavelets"}, "wavelets"),
        ({"baseline": "median"}, "median"),
        ({"feature_settings": {"name": "de", "window": 256}}, "other features"),
        ({"electrodes": ELECTRODES[::-1]}, "other electrodes"),
        ({"chain": {**CHAIN, "order": 2}}, "other filters"),
    ],
)
def test_another_signal_path_is_refused_by_name(change: dict[str, object], reason: str) -> None:
    with pytest.raises(CheckpointError, match=reason):
        check_fit(Even(**change), CHAIN)  # type: ignore[arg-type]
