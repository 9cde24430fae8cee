"""The seam to the networks: features in, calibrated probabilities out."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from evoke.errors import CheckpointError
from evoke.features import FEATURES, extractor
from evoke.signal.montage import ELECTRODES


class TrainedBehind(Protocol):
    """The signal path behind which a network was trained; it may run behind no other."""

    @property
    def name(self) -> str:
        """Shown to the user."""

    @property
    def features(self) -> str:
        """Name of the features it reads, one of `evoke.features.FEATURES`."""

    @property
    def feature_settings(self) -> Mapping[str, object]:
        """What the extractor it was trained with said of itself (`FeatureExtractor.describe`)."""

    @property
    def electrodes(self) -> tuple[str, ...]:
        """Names in the order of the features."""

    @property
    def baseline(self) -> str:
        """Mode of the rest baseline (`evoke.baseline`)."""

    @property
    def chain(self) -> object:
        """What the filters it was trained behind said of themselves."""


@runtime_checkable
class Classifier(TrainedBehind, Protocol):
    """Reads affect from one window's features. Used from one thread at a time."""

    name: str
    """Shown to the user, who may call it otherwise while it runs."""

    @property
    def fingerprint(self) -> str:
        """What tells it from every other, whatever it is called; for records."""

    @property
    def device(self) -> str:
        """Shown to the user: 'CPU', or the GPU's name."""

    @property
    def synthetic(self) -> bool:
        """True if it learned from generated data; shown wherever a reading of it is shown."""

    def classify(self, grid: ArrayLike) -> NDArray[np.float32]:
        """Calibrated P(high) of valence, arousal and dominance, (n, 3) float32, for features
        relative to rest as their extractor lays them out: (n, 4, 9, 9), or (n, 32, 128)."""


def check_fit(classifier: TrainedBehind, chain: object) -> None:
    """Refuse a classifier that was trained behind another signal path than the running one.

    chain: what the running filters say of themselves. Raises CheckpointError that names the
    first difference.
    """
    if classifier.features not in FEATURES:
        raise CheckpointError(
            f"{classifier.name} reads features '{classifier.features}', which are not known here."
        )
    features = extractor(classifier.features)
    if classifier.baseline not in features.baselines:
        raise CheckpointError(
            f"{classifier.name} needs a rest baseline '{classifier.baseline}', expected one of "
            f"{', '.join(features.baselines)}."
        )
    running: dict[str, tuple[object, object]] = {
        "features": (classifier.feature_settings, features.describe()),
        "electrodes": (classifier.electrodes, ELECTRODES),
        "filters": (classifier.chain, chain),
    }
    for what, (trained, here) in running.items():
        if _plain(trained) != _plain(here):
            raise CheckpointError(
                f"{classifier.name} was trained with other {what}: "
                f"{_plain(trained)}, here they are {_plain(here)}."
            )


def _plain(value: object) -> str:
    """As JSON, in which a checkpoint keeps it: tuples and lists are the same there."""
    return json.dumps(value, sort_keys=True)
