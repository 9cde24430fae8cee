"""One subject's recording, in whatever form it is there -> features of every window, kept on disk.

Features relative to rest, as `windows.trial_features` defines them.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from evoke.baseline import rest_windows, window_features
from evoke.dataset.cache import Arrays, FeatureCache, cache_key
from evoke.dataset.deap import REST_S, read_deap
from evoke.dataset.deap_original import participant_of, read_deap_original
from evoke.dataset.demo import DEMO_VERSION, DemoSubject, Preset, generate_subject, is_synthetic
from evoke.dataset.ratings import find_ratings, read_ratings
from evoke.dataset.windows import repaired, trial_windows
from evoke.errors import FileRefusedError
from evoke.features import FeatureExtractor
from evoke.signal.chain import ChainSettings
from evoke.signal.quality import ABSURD_UV, CLIPPED_SHARE, CLIPPED_UV, FLAT_UV, RAIL_UV
from evoke.types import RATE_HZ, WINDOW

PREPROCESSED = (".dat", ".mat")
ORIGINAL = ".bdf"


@dataclass(frozen=True, slots=True)
class Subject:
    """eeg: (n_trials, 32, n_samples), opening with 3 s of rest; ratings: (n_trials, >= 3).

    videos: (n_trials,) number of each trial's video, from 0; by default a trial's place, since
    DEAP's trials are ordered by video.
    """

    name: str
    eeg: NDArray[np.number]
    ratings: NDArray[np.float64]
    synthetic: bool
    videos: NDArray[np.int64] | None = None
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SubjectFeatures:
    """features: (n_trials, n_windows, 32, n_bands) float32, relative to rest; else as `Subject`."""

    name: str
    features: NDArray[np.float32]
    ratings: NDArray[np.float64]
    videos: NDArray[np.int64]
    synthetic: bool
    warnings: tuple[str, ...] = ()


class Recording(Protocol):
    """Something that a subject can be read from. It travels to other processes."""

    @property
    def name(self) -> str:
        """The subject's name: s01."""

    def identity(self) -> dict[str, object]:
        """All that decides what `read` returns (JSON)."""

    def read(self) -> Subject:
        """The subject. Raises FileRefusedError."""


@dataclass(frozen=True, slots=True)
class FileRecording:
    """DEAP's sNN.dat or sNN.mat, or its original sNN.bdf."""

    path: Path

    @property
    def name(self) -> str:
        return self.path.stem

    @property
    def is_original(self) -> bool:
        return self.path.suffix.lower() == ORIGINAL

    def identity(self) -> dict[str, object]:
        try:
            with self.path.open("rb") as file:
                digest = hashlib.file_digest(file, "sha256").hexdigest()
        except FileNotFoundError:
            raise FileRefusedError(f"There is no file {self.path}.") from None
        except OSError as error:
            raise FileRefusedError(f"{self.path} cannot be read: {error.strerror}.") from None
        if not self.is_original:
            return {"content": digest}
        rated = read_ratings(find_ratings(self.path), participant_of(self.path))
        return {
            "content": digest,
            "ratings": [(t.trial, t.video, t.start_s, t.ratings) for t in rated],
            "chain": ChainSettings().describe(),
        }

    def read(self) -> Subject:
        if self.is_original:
            original = read_deap_original(self.path)
            return Subject(
                original.name,
                original.eeg,
                original.labels,
                original.synthetic,
                original.videos - 1,
                original.warnings,
            )
        file = read_deap(self.path)
        synthetic = is_synthetic(file.data)
        return Subject(file.name, file.eeg, file.labels, synthetic, None, file.warnings)


@dataclass(frozen=True, slots=True)
class DemoRecording:
    """A subject of the generator, in no file."""

    number: int
    seed: int
    preset: Preset

    @property
    def name(self) -> str:
        return f"s{self.number:02d}"

    def identity(self) -> dict[str, object]:
        # a second of it, too: while a version is being worked on its number stays the same
        samples, ratings = DemoSubject(self.number, self.seed, self.preset).trial(1, trial_s=1)
        digest = hashlib.sha256(samples.tobytes() + ratings.tobytes()).hexdigest()
        return {"demo": [DEMO_VERSION, self.preset, self.seed, self.number], "sample": digest}

    def read(self) -> Subject:
        data, ratings = generate_subject(self.number, self.seed, self.preset)
        return Subject(self.name, data[:, :32], ratings, synthetic=True)


def cached_features(
    recording: Recording,
    extractor: FeatureExtractor,
    baseline: str,
    step: int,
    cache: FeatureCache,
) -> SubjectFeatures:
    """The features of a recording's windows, from the cache where they are there already."""
    settings = {
        "recording": recording.identity(),
        "features": extractor.describe(),
        "baseline": baseline,
        "step": step,
        "rest_s": REST_S,
    }

    def compute() -> Arrays:
        found = subject_features(recording.read(), extractor, baseline, step)
        return {
            "features": found.features,
            "ratings": found.ratings,
            "videos": found.videos,
            "synthetic": np.array(found.synthetic),
            "warnings": np.array(found.warnings, dtype=np.str_),
        }

    arrays = cache.get(cache_key(settings), compute)
    return SubjectFeatures(
        name=recording.name,
        features=arrays["features"].astype(np.float32, copy=False),
        ratings=arrays["ratings"].astype(np.float64, copy=False),
        videos=arrays["videos"].astype(np.int64, copy=False),
        synthetic=bool(arrays["synthetic"]),
        warnings=tuple(map(str, arrays["warnings"])),
    )


def subject_features(
    subject: Subject, extractor: FeatureExtractor, baseline: str, step: int = WINDOW
) -> SubjectFeatures:
    """Features of every window of a subject, as `windows.trial_features` gives them: three times
    as fast, since only windows that can hold a bad electrode are judged by `signal.quality`."""
    rest = REST_S * RATE_HZ
    relative = []
    for trial in subject.eeg:
        before = _repaired(rest_windows(trial[:, :rest]))
        absolute = extractor.compute(_repaired(trial_windows(trial[:, rest:], step)))
        relative.append(absolute - window_features(baseline, extractor, before))
    videos = np.arange(len(relative)) if subject.videos is None else subject.videos
    return SubjectFeatures(
        subject.name,
        np.stack(relative),
        subject.ratings,
        videos,
        subject.synthetic,
        subject.warnings,
    )


def _repaired(windows: NDArray[np.float32]) -> NDArray[np.float32]:
    """As `windows.repaired`, which is asked about the suspects only."""
    suspect = np.flatnonzero(suspects(windows))
    if len(suspect) == 0:
        return windows
    judged = windows[suspect]
    whole = repaired(judged)
    if whole is judged:
        return windows
    copy = windows.copy()
    copy[suspect] = whole
    return copy


def suspects(windows: ArrayLike) -> NDArray[np.bool_]:
    """(n,) True for those of the prepared windows (n, n_electrodes, 128) that may hold an electrode
    that `quality.assess` calls bad: flat, clipped, at its amplifier's limit, or torn off.

    The last is judged there with the trend removed, which stretches a window to 2.5 times at most
    (a step's regression line rises by 1.5 times the step). What is no number is suspect too.
    """
    window = np.asarray(windows)
    top, bottom = window.max(axis=-1), window.min(axis=-1)
    span = top.astype(np.float64) - bottom  # as `assess` takes it
    ordinary = (span >= FLAT_UV) & (span <= ABSURD_UV / 2.5) & (np.maximum(top, -bottom) < RAIL_UV)
    wide = np.flatnonzero((span > CLIPPED_UV).any(axis=-1))
    edge = (window[wide] == top[wide, :, None]) | (window[wide] == bottom[wide, :, None])
    ordinary[wide] &= np.count_nonzero(edge, axis=-1) < CLIPPED_SHARE * window.shape[-1]
    return np.asarray(~ordinary.all(axis=-1))
