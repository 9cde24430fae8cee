"""One trial of the data, read anew to be looked at: its signals, its bands, its features."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from app.wizard.survey import Recording, name_of, recordings_of
from evoke.dataset.deap import REST_S
from evoke.dataset.demo import DemoSubject
from evoke.dataset.subject import DemoRecording, FileRecording
from evoke.dataset.windows import trial_features
from evoke.errors import FileRefusedError
from evoke.features import band_power, extractor, to_grid
from evoke.types import RATE_HZ


@dataclass(frozen=True, slots=True, eq=False)
class Trial:
    """eeg: (32, n_samples) float32, uV, opening with 3 s of rest. number: from 1."""

    subject: str
    number: int
    eeg: NDArray[np.float32]

    @property
    def video(self) -> NDArray[np.float32]:
        """Without the rest, (32, n_samples)."""
        return self.eeg[:, REST_S * RATE_HZ :]


def read_trial(source: str, name: str, number: int) -> Trial:
    """Trial `number` (from 1) of the file or generated subject `name`. Raises EvokeError."""
    for recording in recordings_of(source):
        if name == name_of(recording):
            return _read(recording, number)
    raise FileRefusedError(f"There is no {name} in {source} any more.")


def _read(recording: Recording, number: int) -> Trial:
    if isinstance(recording, DemoRecording):
        person = DemoSubject(recording.number, recording.seed, recording.preset)
        samples, _ = person.trial(number)
        return Trial(recording.name, number, samples[:32].astype(np.float32))
    eeg = _subject(recording, recording.path.stat().st_mtime_ns)
    if not 1 <= number <= len(eeg):
        raise FileRefusedError(f"{recording.path.name} holds {len(eeg)} trials; no {number}.")
    return Trial(recording.name, number, eeg[number - 1])


@lru_cache(maxsize=1)
def _subject(recording: FileRecording, _changed_ns: int) -> NDArray[np.float32]:
    """All trials of the file looked at last (41 MB of DEAP's), so that turning them is quick."""
    return recording.read().eeg.astype(np.float32)


def band_levels(trial: Trial) -> NDArray[np.float32]:
    """(32, 4) mean over the trial's windows of each band's power against the rest's, in dB."""
    relative = trial_features(trial.eeg[None], REST_S, band_power(), "mean")[0]
    return np.asarray(relative.mean(axis=0), np.float32)


def window_grids(trial: Trial, features: str, baseline: str, second: int) -> NDArray[np.float32]:
    """(4, 9, 9): what a network reads of one second (from 0) of the trial's video."""
    start = (REST_S + second) * RATE_HZ
    rest, window = trial.eeg[:, : REST_S * RATE_HZ], trial.eeg[:, start : start + RATE_HZ]
    together = np.concatenate([rest, window], axis=1)
    chosen = extractor(features)
    mode = baseline or chosen.baselines[0]
    relative = trial_features(together[None], REST_S, chosen, mode)[0]
    return to_grid(relative)[0]
