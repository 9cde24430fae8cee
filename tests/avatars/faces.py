"""Random people, and where their landmarks lie in a picture that the renderer draws of them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from avatars import Identity
from avatars.photo.places import seen_by_renderer
from avatars.photo.solve import FITTED

Array = NDArray[np.float64]


def somebody(seed: int) -> Identity:
    """A face of any gender, age and ancestry, half of its features off the average."""
    rng = np.random.default_rng(seed)
    shape = {
        name: float(np.clip(rng.normal(0, 0.35), *limits))
        for name, (_sd, limits) in FITTED.items()
        if rng.random() < 0.5
    }
    shares = rng.dirichlet([0.6, 0.6, 0.6])
    return Identity(
        f"somebody {seed}",
        gender=float(rng.random()),
        age=float(rng.uniform(18, 80)),
        ancestry=dict(zip(("african", "asian", "european"), map(float, shares), strict=True)),
        shape=shape,
        skin_tone=float(rng.random()),
        undertone=float(rng.uniform(-1, 1)),
        blush=float(rng.random()),
        iris=tuple(float(x) for x in rng.uniform(0.02, 0.3, 3)),  # type: ignore[arg-type]
    )


def seen(
    identity: Identity, size: int = 1000, head_deg: tuple[float, float, float] = (0.0, 0.0, 0.0)
) -> Array:
    """Landmarks, (22, 2) pixels, in a square picture that the renderer draws of the calm face;
    head_deg: pitch, yaw and roll."""
    return seen_by_renderer(identity, head_deg) * size
