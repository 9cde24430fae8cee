"""Spherical splines: potentials at places where there is no electrode."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

STIFFNESS = 4
_TERMS = 24
SMOOTHING = 1e-5
"""Added to the diagonal, as MNE-Python does: without it an electrode between others
is made of large differences of theirs, which amplify the noise of each (1.5 times on average, 30
times between channels a degree apart)."""
EXACT = 1e-8
"""For drawing: passes through every source, and is not singular where two lie at one place."""


def spline_matrix(
    sources: NDArray[np.float64], targets: NDArray[np.float64], smoothing: float = SMOOTHING
) -> NDArray[np.float64]:
    """(n_targets, n_sources) matrix that turns potentials at `sources` (n_sources, 3) into
    those at `targets` (n_targets, 3), all unit vectors.

    Spherical spline of order 4 with a constant term (Perrin, Pernier, Bertrand & Echallier
    1989, Electroencephalogr Clin Neurophysiol 72, 184-187, equations 1 to 3). Each row sums
    to 1, so a potential common to all electrodes is kept.
    """
    n = len(sources)
    system = np.ones((n + 1, n + 1))
    system[:n, :n] = _g(sources @ sources.T) + smoothing * np.eye(n)
    system[n, n] = 0.0
    reach = np.hstack([_g(targets @ sources.T), np.ones((len(targets), 1))])
    # the system is symmetric, so solving for the rows replaces an inverse
    rows = np.linalg.solve(system, reach.T).T
    return rows[:, :n].astype(np.float64)


def _g(cosine: NDArray[np.float64]) -> NDArray[np.float64]:
    """Perrin's g: sum of (2n+1) / (n (n+1))^m P_n(cosine) over n >= 1, divided by 4 pi."""
    n = np.arange(1, _TERMS + 1)
    weights = (2 * n + 1) / (n * (n + 1.0)) ** STIFFNESS / (4 * np.pi)
    series = np.polynomial.legendre.Legendre(np.r_[0.0, weights])
    return np.asarray(series(np.clip(cosine, -1, 1)), np.float64)
