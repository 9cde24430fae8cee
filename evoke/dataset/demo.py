"""Synthetic subjects in DEAP's layout, for first steps, tests and learning figures.

A subject is twenty cortical sources with a 1/f background and theta, alpha, beta and gamma rhythms,
seen by 32 electrodes. The log amplitude of a source's rhythm is the sum of a slow drift, the
subject's response to any video, a fingerprint of the trial (what makes mixed seconds of one trial
look alike), and the effect of the trial's valence, arousal and dominance: partly a map common to
all people, partly the subject's own. Rest carries the drift alone.

Signals of one `DEMO_VERSION` never change; a test holds their hash.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from evoke.dataset import head
from evoke.dataset.deap import REST_S
from evoke.dataset.periphery import Artefacts, draw_artefacts, peripheral_channels
from evoke.types import BANDS, RATE_HZ

DEMO_VERSION = 1
DEMO_SEED = 2024
"""Seed of everything that ships or plays first."""

DEMO_SUBJECT = 99
"""The subject the application plays first; students are trained on subjects 1, 2, ... of the same
seed, never on this one."""

Preset = Literal["benchmark", "showcase"]
Array = NDArray[np.float64]

AMPLITUDE_UV = 6.0
"""Standard deviation of an average electrode, 4-45 Hz."""
QUANTUM_UV = 2.0**-10
"""Samples are rounded to this, far below any amplifier's noise: the last bits of an FFT or a matrix
product differ between builds, and after rounding the files do not."""


@dataclass(frozen=True, slots=True)
class Setting:
    """Strength of each influence on log amplitude (natural logarithm, standard deviation).

    effect: of one unit of affect; common: share of it (0..1) that all people have in common;
    fingerprint: of a trial; drift: over a trial; response: a subject's to any video.
    rating_noise: what a rating adds to the affect felt, in points of 1..9.
    balanced: every octant of affect comes once in each run of eight trials, none of them weak.
    """

    effect: float
    common: float
    fingerprint: float = 0.30
    drift: float = 0.25
    response: float = 0.25
    rating_noise: float = 0.8
    balanced: bool = False


SETTINGS: dict[Preset, Setting] = {
    # Behaves like DEAP: mixed seconds near 90%, new trials near 62%, new people near the majority.
    "benchmark": Setting(effect=0.13, common=0.35),
    # Affect that shows: new trials and new people near 90%.
    "showcase": Setting(effect=0.15, common=0.95, rating_noise=0.3, balanced=True),
}

_PEAK_HZ = np.array([6.0, 10.5, 21.0, 39.0])
_PEAK_SD_HZ = np.array([0.4, 0.7, 1.5, 2.0])
_PEAK_WIDTH_HZ = np.array([1.0, 1.2, 4.0, 6.0])
_RHYTHM = np.array([1.0, 2.5, 1.2, 0.6])
"""Strength r of each rhythm: at its peak the power is 1 + 3 r^2 times the background's."""
_DRIFT_S = 10.0
_ELECTRODE_NOISE = 0.12
_AFFECT_CORRELATION = np.array([[1.0, 0.1, 0.4], [0.1, 1.0, 0.2], [0.4, 0.2, 1.0]])
_AFFECT_MEAN = 0.15


class DemoSubject:
    """One synthetic person. Each trial depends on its number alone, so any can be made first."""

    def __init__(self, subject: int, seed: int = DEMO_SEED, preset: Preset = "showcase") -> None:
        self.subject, self.seed, self.preset = subject, seed, preset
        self.setting = setting = SETTINGS[preset]
        rng = self._rng(0)
        size = (head.N_SOURCES, len(BANDS))
        position = head.source_positions()
        self._position = position + 0.08 * rng.standard_normal(position.shape)
        polarity = rng.choice(np.array([-1.0, 1.0]), head.N_SOURCES)
        sensitivity = np.exp(0.15 * rng.standard_normal(32))
        self._forward = head.forward_model(self._position, polarity, sensitivity)
        self._exponent = 1 + 0.2 * rng.standard_normal()
        self._peak_hz = _PEAK_HZ + _PEAK_SD_HZ * rng.standard_normal(len(BANDS))
        self._rhythm = _RHYTHM * np.exp(0.3 * rng.standard_normal(size))
        self._rhythm[:, 1] *= 1 + 1.5 * np.clip(-self._position[:, 1], 0, 1)  # posterior alpha
        self._amplitude_uv = AMPLITUDE_UV * np.exp(0.15 * rng.standard_normal())
        self._response = setting.response * rng.standard_normal(size)
        own = rng.standard_normal((3, *size))
        self._effect = setting.effect * (
            setting.common * head.affect_maps() + np.sqrt(1 - setting.common**2) * own
        )

    def trial(self, trial: int, trial_s: int = 60) -> tuple[Array, Array]:
        """Rest and trial number `trial` (from 1): samples (40, 128 (3 + trial_s)) and ratings (4,).

        Channels are DEAP's: 32 EEG electrodes in Geneva order, 4-45 Hz, average reference, uV;
        then the eight peripheral ones (see periphery.py). Ratings, 1..9: valence, arousal,
        dominance, liking.
        """
        rng = self._rng(trial)
        affect = self._affect(trial, rng)
        ratings = self._ratings(affect, rng)
        seconds = REST_S + trial_s
        artefacts = draw_artefacts(rng, seconds)
        eeg = self._eeg(rng, affect, seconds, artefacts)
        aux = peripheral_channels(rng, affect, seconds, artefacts)
        samples = np.round(np.concatenate([eeg, aux]) / QUANTUM_UV) * QUANTUM_UV
        return samples, ratings

    def _rng(self, *key: int) -> np.random.Generator:
        sequence = np.random.SeedSequence(self.seed, spawn_key=(DEMO_VERSION, self.subject, *key))
        return np.random.default_rng(sequence)

    def _affect(self, trial: int, rng: np.random.Generator) -> Array:
        """Valence, arousal, dominance as felt, (3,), standard normal or octant by octant."""
        if not self.setting.balanced:
            return np.linalg.cholesky(_AFFECT_CORRELATION) @ rng.standard_normal(3) + _AFFECT_MEAN
        block, place = divmod(trial - 1, 8)
        octant = self._rng(0, 1 + block).permutation(8)[place]
        sign = 2.0 * np.array([octant >> 2 & 1, octant >> 1 & 1, octant & 1]) - 1
        return sign * np.clip(0.8 + 0.3 * np.abs(rng.standard_normal(3)), 0, 1.8)

    def _ratings(self, affect: Array, rng: np.random.Generator) -> Array:
        noise = rng.standard_normal(4)
        rating = 5 + 2 * affect + self.setting.rating_noise * noise[:3]
        liking = 5 + 1.2 * affect[0] + 1.5 * noise[3]
        return np.round(np.clip([*rating, liking], 1, 9), 2)

    def _eeg(
        self, rng: np.random.Generator, affect: Array, seconds: int, artefacts: Artefacts
    ) -> Array:
        """The 32 electrodes, (32, 128 seconds), uV, before rounding."""
        n = seconds * RATE_HZ
        f = np.asarray(np.fft.rfftfreq(n, 1 / RATE_HZ), dtype=np.float64)
        amplitude = self._spectrum(f)
        white = rng.standard_normal((2, head.N_SOURCES, len(f)))
        spectrum = (white[0] + 1j * white[1]) * amplitude
        gain = self._log_gain(rng, affect, seconds)
        cortex = np.zeros((head.N_SOURCES, n))
        for band, mask in enumerate(_band_masks(f)):
            rhythm = np.fft.irfft(spectrum * mask, n, axis=1)
            cortex += rhythm * np.exp(_per_sample(gain[:, band]))
        x = self._forward @ cortex
        x *= self._amplitude_uv / self._expected_sd(amplitude * _pass_band(f), n)
        x += _ELECTRODE_NOISE * self._amplitude_uv * rng.standard_normal(x.shape)
        x += artefacts.on_electrodes(rng, head.electrode_positions())
        x = np.fft.irfft(np.fft.rfft(x, axis=1) * _pass_band(f), n, axis=1)
        return x - x.mean(axis=0)

    def _spectrum(self, f: Array) -> Array:
        """Amplitude of every source at frequencies `f`, (N_SOURCES, n_frequencies)."""
        background = np.maximum(f, 1.0) ** (-self._exponent / 2)
        bell = np.exp(-((f - self._peak_hz[:, None]) ** 2) / (2 * _PEAK_WIDTH_HZ[:, None] ** 2))
        return background * np.sqrt(1 + 3 * (self._rhythm**2) @ bell)

    def _expected_sd(self, amplitude: Array, n: int) -> float:
        """Standard deviation of an average electrode with all gains at 1."""
        source_variance = 4 * (amplitude**2).sum(axis=1) / n**2  # of irfft's output, Parseval
        return float(np.sqrt(((self._forward**2) @ source_variance).mean()))

    def _log_gain(self, rng: np.random.Generator, affect: Array, seconds: int) -> Array:
        """Log amplitude at every edge of a second, (N_SOURCES, 4, seconds + 1)."""
        shape = (head.N_SOURCES, len(BANDS))
        keep = np.exp(-1 / _DRIFT_S)  # an Ornstein-Uhlenbeck process, once a second
        steps = rng.standard_normal((seconds + 1, *shape))
        drift = np.empty_like(steps)
        drift[0] = steps[0]
        for i in range(1, seconds + 1):
            drift[i] = keep * drift[i - 1] + np.sqrt(1 - keep**2) * steps[i]
        gain = self.setting.drift * drift
        fingerprint = self.setting.fingerprint * rng.standard_normal(shape)
        gain[REST_S:] += self._response + fingerprint + np.tensordot(affect, self._effect, 1)
        return np.moveaxis(gain, 0, -1)


def generate_subject(
    subject: int,
    seed: int = DEMO_SEED,
    preset: Preset = "showcase",
    trials: int = 40,
    trial_s: int = 60,
) -> tuple[Array, Array]:
    """All trials of one subject in the arrays of a DEAP file.

    Returns data (trials, 40, 128 (3 + trial_s)) and labels (trials, 4), both float64, the same on
    every computer for the same arguments, whatever other subjects are made.
    """
    person = DemoSubject(subject, seed, preset)
    data = np.empty((trials, 40, (REST_S + trial_s) * RATE_HZ))
    labels = np.empty((trials, 4))
    for i in range(trials):
        data[i], labels[i] = person.trial(i + 1, trial_s)
    return data, labels


def _per_sample(values: Array) -> Array:
    """(n, seconds + 1) values at the edges of seconds, joined by lines, (n, 128 seconds)."""
    fraction = np.arange(RATE_HZ) / RATE_HZ
    left, right = values[:, :-1, None], values[:, 1:, None]
    return (left + (right - left) * fraction).reshape(len(values), -1)


def _band_masks(f: Array) -> list[Array]:
    """One weight per frequency and band; neighbours cross over within 2 Hz and add up to 1."""
    return [
        np.clip(np.minimum((f - low + 1) / 2, (high + 1 - f) / 2), 0, 1) for _, low, high in BANDS
    ]


def _pass_band(f: Array) -> Array:
    """DEAP's 4-45 Hz, each edge a raised cosine 1 Hz wide."""
    ramp = np.clip(np.minimum(f - 3.5, 45.5 - f), 0, 1)
    return np.sin(np.pi / 2 * ramp) ** 2


def is_synthetic(data: NDArray[np.generic]) -> bool:
    """Whether samples came from this generator: all of them lie on its grid of `QUANTUM_UV`.

    data: (n_trials, n_channels, n_samples); the first trial is looked at. Integers, which every
    grid holds, do not count.
    """
    scaled = np.asarray(data[0], np.float64) / QUANTUM_UV
    return bool(np.all(scaled == np.round(scaled)) and np.any(scaled % (1 / QUANTUM_UV)))
