"""The path of a signal on one page: chunks in, readings out.

No threads and no clock: the same samples give the same readings whether they come live, paced or
flat out, in chunks of any size.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evoke.baseline import window_features
from evoke.classifier import Classifier, check_fit
from evoke.emotion import EmotionReader, EmotionSettings
from evoke.features import DifferentialEntropy, extractor
from evoke.signal.chain import ChainSettings, SignalChain
from evoke.signal.montage import Montage
from evoke.types import (
    HOP,
    RATE_HZ,
    WINDOW,
    Affect,
    Chunk,
    Features,
    Phase,
    Quality,
    StreamInfo,
)

STAND_IN_REST_S = 3
"""Clean seconds taken for rest where none was recorded."""

Rest = Callable[[int], NDArray[np.generic] | None]


@dataclass(slots=True)
class _Window:
    """One second at 128 Hz on the 32 electrodes, before features."""

    end: int
    samples: NDArray[np.float32]
    quality: Quality


class _Relative:
    """Features of windows relative to each trial's rest."""

    def __init__(self, features: str, baseline: str) -> None:
        self.extractor = extractor(features)
        self.rest: dict[int, NDArray[np.float32]] = {}  # trial -> (32, n_values)
        self._baseline = baseline

    def keep_rest(self, trial: int, windows: NDArray[np.float32]) -> None:
        """Rest of a trial, windows (n, 32, 128)."""
        self.rest[trial] = window_features(self._baseline, self.extractor, windows)

    def of(
        self, trial: int, windows: NDArray[np.float32]
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Before and after subtracting rest, of windows (n, 32, 128) of a trial whose rest is
        known: (n, 32, n_values) each."""
        absolute = self.extractor.compute(windows)
        return absolute, absolute - self.rest[trial]


class Analyzer:
    """Runs the whole path for one stream.

    rest: asks the source for a trial's rest where the stream starts inside the trial (a seek).
    """

    def __init__(
        self,
        info: StreamInfo,
        classifier: Classifier,
        settings: ChainSettings | None = None,
        emotion: EmotionSettings | None = None,
        *,
        montage: Montage | None = None,
        rest: Rest | None = None,
    ) -> None:
        self.info = info
        self.chain = SignalChain(info, settings or ChainSettings(), montage)
        self.reader = EmotionReader(emotion)
        self.phase = Phase.SETTLING
        self.skipped = 0
        self._ask_rest = rest
        self._rest: dict[int, NDArray[np.float32]] = {}  # trial -> windows (n, 32, 128)
        self._provisional: set[int] = set()  # trials whose rest is a stand-in
        self._segment = -1
        self._next_start = -1
        self._raw: NDArray[np.generic] = np.empty((0, 0))  # samples that windows still need
        self._prepared: NDArray[np.float32] = np.empty((0, 0), np.float32)  # at 128 Hz
        self.set_classifier(classifier)

    def set_classifier(self, classifier: Classifier) -> None:
        """Read with another network from the next window on. Raises CheckpointError if it was
        trained behind another signal path.

        Smoothing begins anew: carried over, it would mix two networks into readings that are
        neither's."""
        check_fit(classifier, self.chain.settings.describe())
        self.classifier = classifier
        self.reader.reset()
        shown = (DifferentialEntropy.name, DifferentialEntropy.baselines[0])
        read = (classifier.features, classifier.baseline)
        # the same second shows the same maps, whatever reads it
        self._for_network = self._for_screen = _Relative(*read)
        if read != shown:
            self._for_screen = _Relative(*shown)
        for trial, windows in self._rest.items():
            self._know_rest(trial, windows)

    def push(self, chunk: Chunk, *, newest_only: bool = False) -> list[Affect]:
        """Readings of the windows that `chunk` completes.

        newest_only: read only the last of them (live, when analysis has fallen behind); the
        filters still see every sample, and the windows left out are counted in `skipped`.
        """
        if self._breaks(chunk):
            self._begin(chunk)
        self._next_start = chunk.start + chunk.n_samples
        if not chunk.n_samples:
            return []
        self._raw = np.concatenate([self._raw, chunk.samples], axis=1)
        prepared = self.chain.push(chunk.samples)
        self._prepared = np.concatenate([self._prepared, prepared], axis=1)
        windows = self._ready_windows()
        if newest_only and len(windows) > 1:
            self.skipped += len(windows) - 1
            windows = windows[-1:]
        readings = self._read(windows, chunk)
        self._forget()
        return readings

    # -- a stretch of unbroken signal

    def _breaks(self, chunk: Chunk) -> bool:
        return chunk.segment != self._segment or chunk.lost > 0 or chunk.start != self._next_start

    def _begin(self, chunk: Chunk) -> None:
        """Start afresh: state of filters, smoothing, and where in the trial sample 0 lies."""
        self.chain.reset()
        self.reader.reset()
        self._segment = chunk.segment
        self._trial = chunk.trial
        self._origin = round(chunk.offset * RATE_HZ / self.info.rate_hz)  # at 128 Hz, in the trial
        self._raw = np.empty((len(self.info.channels), 0), chunk.samples.dtype)
        self._raw_start = 0
        self._prepared = np.empty((len(self.info.eeg), 0), np.float32)
        self._prepared_start = 0
        self._rest_windows: list[NDArray[np.float32]] = []
        settled = self._origin + round(self.chain.settle_s * RATE_HZ)
        rest_end = round(self.info.rest_s * RATE_HZ)
        if self._origin > 0 and rest_end and self._trial not in self._rest:
            self._load_rest()
        self._rest_known = self._trial in self._rest
        if self._rest_known:
            self._next_end = _round_up(max(settled, rest_end) + WINDOW, HOP)
        else:
            self._next_end = settled + WINDOW
        if self.chain.settle_s:
            self.phase = Phase.SETTLING
        else:
            resting = not self._rest_known or self._origin < rest_end
            self.phase = Phase.REST if resting else Phase.READING

    def _load_rest(self) -> None:
        rest = self._ask_rest(self._trial) if self._ask_rest else None
        if rest is None:
            return
        chain = SignalChain(self.info, self.chain.settings, self.chain.montage)
        prepared = chain.push(rest)
        windows = []
        first = round(chain.settle_s * RATE_HZ)
        for end in range(first + WINDOW, prepared.shape[1] + 1, WINDOW):
            a, b = chain.raw_span(end)
            windows.append(self._window(end, prepared[:, end - WINDOW : end], rest[:, a:b]).samples)
        if windows:
            self._keep_rest(windows)

    def _keep_rest(self, windows: Sequence[NDArray[np.float32]]) -> None:
        self._rest[self._trial] = np.stack(windows)
        self._know_rest(self._trial, self._rest[self._trial])

    def _know_rest(self, trial: int, windows: NDArray[np.float32]) -> None:
        for features in {self._for_network, self._for_screen}:
            features.keep_rest(trial, windows)

    def _ready_windows(self) -> list[_Window]:
        """Windows now complete; seconds of rest on the way are kept for the baseline."""
        windows: list[_Window] = []
        have = self._origin + self._prepared_start + self._prepared.shape[1]
        while self._next_end <= have:
            window = self._cut(self._next_end)
            if self._rest_known:
                self.phase = Phase.READING
                windows.append(window)
                self._next_end += HOP
            else:
                self._take_rest(window)
        return windows

    def _take_rest(self, window: _Window) -> None:
        self.phase = Phase.REST
        recorded = round(self.info.rest_s * RATE_HZ)
        clean = window.quality.score >= self.reader.settings.least_quality
        if clean or recorded:
            self._rest_windows.append(window.samples)
        self._next_end += WINDOW
        done = (
            self._next_end > recorded
            if recorded and self._origin < recorded
            else len(self._rest_windows) >= STAND_IN_REST_S
        )
        if done:
            if not recorded or self._origin >= recorded:
                self._provisional.add(self._trial)
            self._keep_rest(self._rest_windows)
            self._rest_known = True
            self._next_end = _round_up(window.end + WINDOW, HOP)

    def _cut(self, end: int) -> _Window:
        """The window that ends at `end` (128 Hz, in the trial)."""
        at = end - self._origin
        a, b = self.chain.raw_span(at)
        raw = self._raw[:, a - self._raw_start : b - self._raw_start]
        last = at - self._prepared_start
        return self._window(end, self._prepared[:, last - WINDOW : last], raw)

    def _window(self, end: int, prepared: NDArray[np.float32], raw: NDArray[np.generic]) -> _Window:
        quality = self.chain.quality(raw)
        return _Window(end, self.chain.electrodes(prepared, quality.bad), quality)

    def _read(self, windows: list[_Window], chunk: Chunk) -> list[Affect]:
        if not windows:
            return []
        samples = np.stack([w.samples for w in windows])
        network, screen = self._for_network, self._for_screen
        absolute, relative = network.of(self._trial, samples)
        probabilities = self.classifier.classify(network.extractor.lay_out(relative))
        if screen is not network:
            absolute, relative = screen.of(self._trial, samples)
        readings = []
        for window, raw, rel, p in zip(windows, absolute, relative, probabilities, strict=True):
            t_s = window.end / RATE_HZ
            reading = self.reader.read(p, t_s, window.quality.score)
            readings.append(
                Affect(
                    trial=self._trial,
                    t_s=t_s,
                    end=self._sample_at(window.end, chunk),
                    segment=self._segment,
                    probabilities=reading.probabilities,
                    octants=reading.octants,
                    bits=reading.bits,
                    emotion=reading.emotion,
                    confidence=reading.confidence,
                    intensity=reading.intensity,
                    quality=window.quality,
                    features=Features(raw, rel),
                    doubt=reading.doubt,
                    provisional=self._trial in self._provisional,
                    arrival_s=chunk.arrival_s,
                    latency_s=max(0.0, time.monotonic() - chunk.arrival_s),
                )
            )
        return readings

    def _sample_at(self, end: int, chunk: Chunk) -> int:
        """Stream index, at the source's rate, one past the window that ends at `end`."""
        return chunk.start + round(end * self.info.rate_hz / RATE_HZ) - chunk.offset

    def _forget(self) -> None:
        """Drop samples that no later window needs."""
        oldest = self._next_end - WINDOW - self._origin
        drop = min(oldest - self._prepared_start, self._prepared.shape[1])
        if drop > 0:
            self._prepared = self._prepared[:, drop:]
            self._prepared_start += drop
        drop = min(self.chain.raw_span(oldest + WINDOW)[0] - self._raw_start, self._raw.shape[1])
        if drop > 0:
            self._raw = self._raw[:, drop:]
            self._raw_start += drop


def _round_up(value: int, step: int) -> int:
    return -(-value // step) * step
