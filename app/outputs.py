"""What leaves for virtual worlds: the outputs that the settings ask for, and the face they send."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from app.panels.overlay import mixture
from app.settings import Settings
from avatars import EXPRESSION, Animator
from evoke.emotion import UNDECIDED, EmotionTable
from evoke.engine import Engine
from evoke.outputs.base import Output
from evoke.outputs.lsl import LslOutput
from evoke.outputs.vmc import VmcOutput
from evoke.types import Affect

_SEED = 7
_ARKIT = 52
"""The first names of an expression; ARKit lacks the other two."""


class WornFace:
    """The avatar's face in numbers. It lives at the receiver's rate and has an animator of its
    own: the one on the screen stops whenever the screen shows something else."""

    names = EXPRESSION[:_ARKIT]

    def __init__(self, table: EmotionTable) -> None:
        self._table = table
        self._animator = Animator(_SEED)

    def wear(self, affect: Affect | None, dt_s: float) -> NDArray[np.float32]:
        """See `evoke.outputs.vmc.Wearer`."""
        weights = mixture(affect, self._table) if affect else {}
        undecided = affect is None or affect.emotion == UNDECIDED
        return self._animator.update(dt_s, weights, undecided).expression[:_ARKIT]


def outputs_of(settings: Settings, engine: Engine) -> list[Output]:
    """The outputs that the settings ask for, started, for what `engine` reads."""
    outputs: list[Output] = []
    if settings.send_vmc:
        outputs.append(VmcOutput(settings.vmc, WornFace(settings.table), settings.table))
    if settings.lsl != "off":
        synthetic = engine.info.synthetic or engine.classifier.synthetic
        outputs.append(LslOutput(settings.lsl, synthetic=synthetic))
    return outputs


def same_outputs(a: Settings, b: Settings) -> bool:
    """Whether both settings ask for the same outputs."""
    if (a.send_vmc, a.lsl) != (b.send_vmc, b.lsl):
        return False
    return not a.send_vmc or (a.vmc, a.table) == (b.vmc, b.table)
