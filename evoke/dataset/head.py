"""A head for synthetic EEG: cortical sources, their way to the scalp, and what affect does to them.

Everything here is the same for all demo subjects. Coordinates lie on the flattened head: x right,
y front, vertex (Cz) at the origin, T7 and T8 at -1 and 1. The claims about affect are the usual
ones of the literature and serve as a ground truth to be found again, not as findings:
valence moves frontal alpha asymmetry (Davidson 1992) and temporal gamma (Li & Lu 2009), arousal
lowers posterior alpha and raises central beta and frontal gamma (Koelstra et al. 2012), dominance
raises frontal midline theta and lowers central beta.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from evoke.signal.montage import ELECTRODES

Array = NDArray[np.float64]

_POSITIONS = {
    "Fp1": (-0.31, 0.95), "AF3": (-0.27, 0.74), "F3": (-0.40, 0.54), "F7": (-0.81, 0.59),
    "FC5": (-0.70, 0.30), "FC1": (-0.24, 0.26), "C3": (-0.50, 0.00), "T7": (-1.00, 0.00),
    "CP5": (-0.70, -0.30), "CP1": (-0.24, -0.26), "P3": (-0.40, -0.54), "P7": (-0.81, -0.59),
    "PO3": (-0.27, -0.74), "O1": (-0.31, -0.95), "Oz": (0.00, -1.00), "Pz": (0.00, -0.50),
    "Cz": (0.00, 0.00), "Fz": (0.00, 0.50),
}  # fmt: skip
"""Idealised 10-20 positions of the left side and the midline, azimuthal projection."""


def electrode_positions() -> Array:
    """Positions of `ELECTRODES`, (32, 2)."""
    return np.array([_position(name) for name in ELECTRODES])


def _position(name: str) -> tuple[float, float]:
    if name in _POSITIONS:
        return _POSITIONS[name]
    x, y = _POSITIONS[f"{name[:-1]}{int(name[-1]) - 1}"]  # even numbers mirror odd ones: F4, F3
    return -x, y


N_SOURCES = 20
SPREAD = 0.33
"""Width (sd) of the patch of scalp that one source reaches."""


def source_positions() -> Array:
    """Sources spread evenly over the disc as a sunflower's seeds (Fibonacci), (N_SOURCES, 2)."""
    i = np.arange(N_SOURCES) + 0.5
    golden_angle = np.pi * (3 - np.sqrt(5))
    radius = 0.95 * np.sqrt(i / N_SOURCES)
    return np.stack([radius * np.cos(golden_angle * i), radius * np.sin(golden_angle * i)], axis=1)


def forward_model(sources: Array, polarity: Array, sensitivity: Array) -> Array:
    """Weights from sources to average-referenced electrodes, (32, n_sources).

    sources: (n_sources, 2) positions; polarity: (n_sources,) of -1 and 1, a dipole's direction;
    sensitivity: (32,) gain of each electrode (its contact and the skull below it).
    """
    offset = electrode_positions()[:, None] - sources[None]
    weights = np.exp(-(offset**2).sum(-1) / (2 * SPREAD**2)) * polarity * sensitivity[:, None]
    return weights - weights.mean(axis=0)


def affect_maps() -> Array:
    """Change of log amplitude per unit of affect in every source and band, (3, N_SOURCES, 4).

    Rows are valence, arousal, dominance; bands theta, alpha, beta, gamma. Each map has RMS 1 over
    sources and bands, so that one number can say how strong an effect is.
    """
    theta, alpha, beta, gamma = range(4)
    maps = np.zeros((3, N_SOURCES, 4))
    maps[0, :, alpha] = _hill(0.4, 0.6) - _hill(-0.4, 0.6)
    maps[0, :, gamma] = 0.8 * (_hill(0.8, 0.0) + _hill(-0.8, 0.0))
    maps[1, :, alpha] = -_hill(0.0, -0.8)
    maps[1, :, beta] = 0.8 * _hill(0.0, 0.3)
    maps[1, :, gamma] = 0.6 * _hill(0.0, 0.8)
    maps[2, :, theta] = _hill(0.0, 0.5)
    maps[2, :, beta] = -0.8 * (_hill(-0.5, 0.0) + _hill(0.5, 0.0))
    return maps / np.sqrt((maps**2).mean(axis=(1, 2), keepdims=True))


def _hill(x: float, y: float, width: float = 0.45) -> Array:
    distance2 = ((source_positions() - (x, y)) ** 2).sum(axis=1)
    return np.exp(-distance2 / (2 * width**2))
