"""Readings as the path makes them, from three probabilities."""

from __future__ import annotations

import time

import numpy as np

from evoke.emotion import EmotionReader, EmotionSettings, EmotionTable
from evoke.types import Affect, Features, Quality

ANGER = (0.03, 0.97, 0.97)
HAPPY = (0.97, 0.03, 0.97)
UNSURE = (0.5, 0.9, 0.9)


def reading(
    probabilities: tuple[float, float, float],
    *,
    table: EmotionTable | None = None,
    sampled_s: float | None = None,
) -> Affect:
    """The reading of P(high valence, arousal, dominance)."""
    settings = EmotionSettings(smoothing_s=0.0, **({"table": table} if table else {}))
    read = EmotionReader(settings).read(np.array(probabilities), 1.0)
    features = np.arange(128, dtype=np.float32).reshape(32, 4)
    return Affect(
        trial=1,
        t_s=1.0,
        end=128,
        segment=0,
        probabilities=read.probabilities,
        octants=read.octants,
        bits=read.bits,
        emotion=read.emotion,
        confidence=read.confidence,
        intensity=read.intensity,
        quality=Quality(np.zeros(32, np.uint8), np.zeros(32, bool), 1.0),
        features=Features(features + 500, features),
        doubt=read.doubt,
        sampled_s=time.perf_counter() if sampled_s is None else sampled_s,
    )
