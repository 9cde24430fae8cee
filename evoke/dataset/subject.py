"""One subject's recording, in whatever form it is there -> features of every window, kept on disk.

Features relative to rest, as `windows.trial_features` defines them.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from evoke.dataset.cache import Arrays, FeatureCache, cache_key
from evoke.dataset.deap import REST_S, read_deap
from evoke.dataset.deap_original import participant_of, read_deap_original
from evoke.dataset.demo import DEMO_VERSION, DemoSubject, Preset, generate_subject, is_synthetic
from evoke.dataset.ratings import find_ratings, read_ratings
from evoke.dataset.windows import trial_features
from evoke.errors import FileRefusedError
from evoke.features import FeatureExtractor
from evoke.signal.chain import ChainSettings
from evoke.types import WINDOW

_SAMPLE = "sample"
"""Of an identity, what need not be the same to the bit on another computer."""

PREPROCESSED = (".dat", ".mat")
ORIGINAL = ".bdf"
_ORIGINAL_NAME = re.compile(rf"s\d+{re.escape(ORIGINAL)}", re.IGNORECASE)


def is_subject_file(path: Path) -> bool:
    """Whether a file of a folder is taken for one of DEAP's, by its name. Other laboratories' BDF
    files need not be DEAP's, so these go by their whole name."""
    prepared = path.name[:1].lower() == "s" and path.suffix.lower() in PREPROCESSED
    return prepared or bool(_ORIGINAL_NAME.fullmatch(path.name))


def printable(name: str) -> str:
    """A file's name as it can be shown and kept, where its bytes are no text (UTF-8)."""
    return os.fsencode(name).decode(errors="backslashreplace")


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
    """features: (n_trials, n_windows, 32, n_values) float32 relative to rest; else as `Subject`.

    origin: SHA-256 over what the features were made of and how, the same on every computer, where
        the last bits of the features need not be; "" where that is not known.
    content: SHA-256 of the samples, see `content_of`; "" where that is not known.
    """

    name: str
    features: NDArray[np.float32]
    ratings: NDArray[np.float64]
    videos: NDArray[np.int64]
    synthetic: bool
    warnings: tuple[str, ...] = ()
    origin: str = ""
    content: str = ""


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
        return {"demo": [DEMO_VERSION, self.preset, self.seed, self.number], _SAMPLE: digest}

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
    identity = recording.identity()
    settings = {
        "recording": identity,
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
            "content": np.array(found.content),
        }

    arrays = cache.get(cache_key(settings), compute)
    return SubjectFeatures(
        name=recording.name,
        features=arrays["features"].astype(np.float32, copy=False),
        ratings=arrays["ratings"].astype(np.float64, copy=False),
        videos=arrays["videos"].astype(np.int64, copy=False),
        synthetic=bool(arrays["synthetic"]),
        warnings=tuple(map(str, arrays["warnings"])),
        origin=_origin(identity, settings),
        content=str(arrays["content"]),
    )


def _origin(identity: Mapping[str, object], settings: Mapping[str, object]) -> str:
    lasting = {name: value for name, value in identity.items() if name != _SAMPLE}
    text = json.dumps({**settings, "recording": lasting}, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def subject_features(
    subject: Subject, extractor: FeatureExtractor, baseline: str, step: int = WINDOW
) -> SubjectFeatures:
    """Features of every window of a subject, see `windows.trial_features`."""
    features = trial_features(subject.eeg, REST_S, extractor, baseline, step)
    videos = np.arange(len(features)) if subject.videos is None else subject.videos
    return SubjectFeatures(
        subject.name,
        features,
        subject.ratings,
        videos,
        subject.synthetic,
        subject.warnings,
        content=content_of(subject.eeg),
    )


def content_of(eeg: NDArray[np.number]) -> str:
    """SHA-256 of samples (n_trials, 32, n_samples), uV, whatever file they are kept in: of one
    type, for a .dat, a .mat and another program may each keep them in their own. Ratings are left
    out: whoever rates the same seconds anew has met a network that knows them."""
    digest = hashlib.sha256()
    for trial in eeg:
        digest.update(np.ascontiguousarray(trial, dtype="<f4").data)
    return digest.hexdigest()
