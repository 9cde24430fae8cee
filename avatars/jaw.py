"""Keeps the lower teeth behind the chin, whatever shape a face is given.

Shapes of chin and mouth move the skin, and the teeth hardly at all: behind a receding chin, or
below a lowered mouth, an opening jaw would carry them out through the skin.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from avatars.expression import emotion_weights
from avatars.fit import nearest
from avatars.mesh import Floats, Part

_OPEN = ("excited", "surprise")
"""The emotions that open the jaw widest, with the lips drawn up and without."""
_BEHIND_DM = 0.02


class Jaw:
    """The lower teeth and the skin of the chin before them; which vertices those are, and how far
    an open jaw carries them, is worked out once."""

    def __init__(self, teeth: Part, skin: Part) -> None:
        """teeth, skin: of the average head."""
        self._teeth = np.flatnonzero(teeth.mask[:, 0] < 128)
        lips_and_mouth = skin.mask[:, (0, 2)].max(1)
        x, y = np.abs(skin.rest[:, 0]), skin.rest[:, 1]
        around = (x < 0.45) & (y > 6.2) & (y < 6.75)
        self._chin = np.flatnonzero(around & (skin.normals[:, 2] > 0.2) & (lips_and_mouth < 77))
        self._opened = [
            (_carried(teeth, self._teeth, emotion), _carried(skin, self._chin, emotion))
            for emotion in _OPEN
        ]

    def behind(self, teeth: Floats, skin: Floats) -> Floats:
        """Positions of all teeth, (n, 3) dm, the lower ones moved back to where they stay behind
        this skin, (n_skin, 3) dm, in every emotion."""
        out = teeth.copy()
        for of_teeth, of_chin in self._opened:
            tooth, chin = teeth[self._teeth] + of_teeth, skin[self._chin] + of_chin
            _, index = nearest(chin[:, :2], tooth[:, :2], 4)
            back = np.maximum(tooth[:, 2] - chin[index, 2].min(1) + _BEHIND_DM, 0.0)
            out[self._teeth, 2] = np.minimum(out[self._teeth, 2], teeth[self._teeth, 2] - back)
        return out


def _carried(part: Part, vertices: NDArray[np.intp], emotion: str) -> Floats:
    """How far an emotion moves these vertices, (n, 3) dm."""
    return np.tensordot(emotion_weights(emotion)[part.targets], part.offsets[:, vertices], axes=1)
