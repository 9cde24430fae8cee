"""Blinks, muscle and the eight peripheral channels of a synthetic subject.

Channels, as in DEAP: hEOG, vEOG, zygomaticus and trapezius EMG (uV), galvanic skin response (ohm),
respiration belt, plethysmograph (arbitrary units), temperature (degrees Celsius, about its mean).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evoke.types import RATE_HZ

Array = NDArray[np.float64]

_BLINKS_PER_S = 0.25
_BLINK_LEFT_IN = 0.06
"""Share of blinks that the removal of EOG missed: they stay in the EEG."""
_MUSCLE_PER_S = 0.015


@dataclass(frozen=True, slots=True)
class Artefacts:
    """When the eyes closed and a muscle tensed.

    blink, missed: (n_samples,) lid movement of all blinks and of those left in the EEG, peak 1.
    muscle: (n_seconds,) bool.
    """

    blink: Array
    missed: Array
    muscle: NDArray[np.bool_]

    def on_electrodes(self, rng: np.random.Generator, positions: Array) -> Array:
        """What reaches electrodes at `positions` (n, 2), as (n, n_samples) uV."""
        frontal = np.exp(-(1 - positions[:, 1]) / 0.35)
        x = 36.0 * frontal[:, None] * self.missed
        swell = np.hanning(RATE_HZ)
        for second in np.flatnonzero(self.muscle):
            near = positions @ rng.standard_normal(2) > 0.5
            noise = np.diff(rng.standard_normal((len(positions), RATE_HZ + 1)), axis=1)
            x[:, second * RATE_HZ : (second + 1) * RATE_HZ] += 7.2 * near[:, None] * swell * noise
        return x


def draw_artefacts(rng: np.random.Generator, seconds: int) -> Artefacts:
    """Blinks and muscle of one trial of `seconds` s."""
    t = np.arange(seconds * RATE_HZ) / RATE_HZ
    times = rng.uniform(0, seconds, rng.poisson(_BLINKS_PER_S * seconds))
    lids = np.exp(-((t - times[:, None]) ** 2) / (2 * 0.08**2))
    left_in = rng.random(len(times)) < _BLINK_LEFT_IN
    muscle = rng.random(seconds) < _MUSCLE_PER_S
    return Artefacts(lids.sum(axis=0), lids[left_in].sum(axis=0), muscle)


def peripheral_channels(
    rng: np.random.Generator, affect: Array, seconds: int, artefacts: Artefacts
) -> Array:
    """The eight channels of one trial, (8, n_samples).

    affect: (3,) valence, arousal, dominance. Smiling follows valence; skin resistance falls and
    breath and pulse quicken with arousal.
    """
    valence, arousal, _ = affect
    n = seconds * RATE_HZ
    t = np.arange(n) / RATE_HZ
    per_second = np.repeat(rng.standard_normal((4, seconds)), RATE_HZ, axis=1)
    noise = rng.standard_normal((8, n))
    gaze = 30 * _smooth(per_second[0], 12)
    smile = 1 + np.exp(0.5 * valence + 0.7 * _smooth(per_second[1], RATE_HZ))
    tension = 1 + np.exp(0.4 * _smooth(per_second[2], RATE_HZ))
    tension += 3 * np.repeat(artefacts.muscle, RATE_HZ)
    sweat = np.cumsum(_smooth(per_second[3], RATE_HZ)) / RATE_HZ
    breath_hz, pulse_hz = 0.25 * (1 + 0.1 * arousal), 1.15 * (1 + 0.06 * arousal)
    phase = rng.uniform(0, 2 * np.pi, 2)
    breath = np.sin(2 * np.pi * breath_hz * t + phase[0])
    beat = 2 * np.pi * pulse_hz * t + phase[1] + 0.3 * breath
    return np.stack(
        [
            gaze + 3 * noise[0],
            200 * artefacts.blink + 0.2 * gaze + 3 * noise[1],
            5 * smile * noise[2],
            5 * tension * noise[3],
            -400 * (0.3 + np.clip(arousal, -0.2, 2)) * t / 10 - 100 * sweat + 5 * noise[4],
            800 * breath + 20 * noise[5],
            600 * (np.sin(beat) + 0.35 * np.sin(2 * beat + 0.8)) + 20 * noise[6],
            0.002 * t + 0.02 * np.sin(2 * np.pi * t / 40 + phase[0]) + 0.002 * noise[7],
        ]
    )


def _smooth(x: Array, n: int) -> Array:
    """Moving average over `n` samples, same length."""
    return np.convolve(x, np.ones(n) / n, mode="same")
