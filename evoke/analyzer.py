"""The path of a signal on one page: chunks in, readings out.

No threads and no clock: the same samples give the same readings whether they come live, paced or
flat out, in chunks of any size.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evoke.baseline import STAND_IN_REST_S, window_features
from evoke.classifier import Classifier, check_fit
from evoke.emotion import EmotionReader, EmotionSettings
from evoke.features import DifferentialEntropy, extractor
from evoke.signal.chain import ChainSettings, Judge, SignalChain
from evoke.signal.montage import Montage
from evoke.signal.quality import LEAST_SCORE
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

_SEARCHED_S = 300
"""How far into a trial its rest is looked for where the stream begins later."""

Opening = Callable[[int], Iterable[Chunk]]
"""A trial's chunks from its start on, as they would be played."""


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

    opening: asks the source for a trial's beginning where the stream starts inside the trial (a
        seek), so that it is read relative to the same rest from wherever it is entered.
    """

    def __init__(
        self,
        info: StreamInfo,
        classifier: Classifier,
        settings: ChainSettings | None = None,
        emotion: EmotionSettings | None = None,
        *,
        montage: Montage | None = None,
        opening: Opening | None = None,
    ) -> None:
        self.info = info
        self.chain = SignalChain(info, settings or ChainSettings(), montage)
        self.reader = EmotionReader(emotion)
        self.phase = Phase.SETTLING
        self.skipped = 0
        self._opening = opening
        self._rest: dict[int, NDArray[np.float32]] = {}  # trial -> windows (n, 32, 128)
        self._provisional: set[int] = set()  # trials whose rest is a stand-in
        self._segment = -1
        self._next_start = -1
        self._played = (-1, 0)  # trial and offset up to which samples came
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
        self._played = (chunk.trial, chunk.offset + chunk.n_samples)
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
        self._first = chunk.start
        self._origin = round(chunk.offset * RATE_HZ / self.info.rate_hz)  # at 128 Hz, in the trial
        self._raw = np.empty((len(self.info.channels), 0), chunk.samples.dtype)
        self._raw_start = 0
        self._prepared = np.empty((len(self.info.eeg), 0), np.float32)
        self._prepared_start = 0
        self._judge = Judge(self.chain)
        self._rest_windows: list[NDArray[np.float32]] = []
        settled = self._origin + round(self.chain.settle_s * RATE_HZ)
        rest_end = round(self.info.rest_s * RATE_HZ)
        self._stand_in = self._origin >= rest_end
        jumped = self._played != (chunk.trial, chunk.offset - chunk.lost)
        if jumped and self._origin > 0 and self._trial not in self._rest:
            self._look_for_rest()
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

    def _look_for_rest(self) -> None:
        """Play the trial up to here, unheard, for its rest."""
        if self._opening is None:
            return
        until = max(self._origin / RATE_HZ, self.info.rest_s + 1) * self.info.rate_hz
        until = min(until, _SEARCHED_S * self.info.rate_hz)
        before = Analyzer(
            self.info, self.classifier, self.chain.settings, montage=self.chain.montage
        )
        for chunk in self._opening(self._trial):
            before.push(chunk)
            if self._trial in before._rest:
                self._rest[self._trial] = before._rest[self._trial]
                self._know_rest(self._trial, self._rest[self._trial])
                self._provisional |= before._provisional
                return
            if chunk.offset + chunk.n_samples >= until:
                return

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
        """Clean seconds alone: those of the recorded rest, or else the first that come."""
        self.phase = Phase.REST
        if window.quality.score >= LEAST_SCORE:
            self._rest_windows.append(window.samples)
        self._next_end += WINDOW
        if not self._stand_in:
            if self._next_end <= round(self.info.rest_s * RATE_HZ):
                return  # more of it comes
            self._stand_in = not self._rest_windows
        if self._stand_in:
            if len(self._rest_windows) < STAND_IN_REST_S:
                return
            self._provisional.add(self._trial)
        self._keep_rest(self._rest_windows)
        self._rest_known = True
        self._next_end = _round_up(window.end + WINDOW, HOP)

    def _cut(self, end: int) -> _Window:
        """The window that ends at `end` (128 Hz, in the trial)."""
        at = end - self._origin
        last = at - self._prepared_start
        quality = self._judge.at(at, self._stored)
        prepared = self._prepared[:, last - WINDOW : last]
        return _Window(end, self.chain.electrodes(prepared, quality.bad), quality)

    def _stored(self, start: int, stop: int) -> NDArray[np.generic]:
        """Samples [start, stop) of the stretch, as they came."""
        return self._raw[:, start - self._raw_start : stop - self._raw_start]

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
        after = chunk.start + chunk.n_samples
        for window, raw, rel, p in zip(windows, absolute, relative, probabilities, strict=True):
            t_s = window.end / RATE_HZ
            end = self._first + self.chain.raw_span(window.end - self._origin)[1]
            reading = self.reader.read(p, t_s, window.quality.score)
            readings.append(
                Affect(
                    trial=self._trial,
                    t_s=t_s,
                    end=end,
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
                    sampled_s=chunk.arrival_s - (after - end) / self.info.rate_hz,
                    arrival_s=chunk.arrival_s,
                    latency_s=max(0.0, time.perf_counter() - chunk.arrival_s),
                )
            )
        return readings

    def _forget(self) -> None:
        """Drop samples that no later window needs."""
        oldest = self._next_end - WINDOW - self._origin
        drop = min(oldest - self._prepared_start, self._prepared.shape[1])
        if drop > 0:
            self._prepared = self._prepared[:, drop:]
            self._prepared_start += drop
        self._judge.forget(oldest + WINDOW)
        needed = self.chain.raw_span(max(WINDOW, oldest + WINDOW - self._judge.reach))[0]
        drop = min(needed - self._raw_start, self._raw.shape[1])
        if drop > 0:
            self._raw = self._raw[:, drop:]
            self._raw_start += drop


def _round_up(value: int, step: int) -> int:
    return -(-value // step) * step
