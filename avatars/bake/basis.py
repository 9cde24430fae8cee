"""Writes the identity basis: what each shape does to each part of the shared head."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from avatars.bake.glb import Baked
from avatars.bake.makehuman import Array


def write(path: Path, names: Sequence[str], parts: list[Baked], eyes: Array) -> None:
    """Stores `names` (k,), and of every part that has shapes PART (k, n, 3) int16 and PART.scale
    (k,) float32, whose product is dm; eyes (k, 2, 4): change of centre and radius, dm.

    The same input gives the same bytes: the archive carries no dates.
    """
    arrays: dict[str, Array] = {"names": np.array(names), "eyes": eyes.astype("<f4")}
    for part in parts:
        if part.shapes:
            none = np.zeros_like(part.positions)
            offsets = np.array([part.shapes.get(name, none) for name in names])
            scale = np.maximum(np.abs(offsets).max((1, 2)), 1e-6) / 32767
            arrays[part.name] = np.round(offsets / scale[:, None, None]).astype("<i2")
            arrays[f"{part.name}.scale"] = scale.astype("<f4")
    np.savez_compressed(path, **arrays)
