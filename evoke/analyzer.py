"""The path of a signal on one page: chunks in, readings out.

No threads and no clock: the same samples give the same readings whether they come live, paced or
flat out, in chunks of any size.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from evoke.baseline import STAND_IN_REST_S, window_features
from evoke.classifier import Classifier, check_fit
from evoke.emotion import EmotionReader, EmotionSettings
from evoke.features import Measure, band_power, extractor
from evoke.signal.chain import ChainSettings, Judge, SignalChain
from evoke.signal.montage import Montage
from evoke.types import (
    HOP,
    RATE_HZ,
    WINDOW,
    Affect,
    Chunk,
    Doubt,
    Features,
    Phase,
    Quality,
    StreamInfo,
)

_SEARCHED_S = 300
"""How far into a trial its rest is looked for where the stream begins later."""

Opening = Callable[[int], Iterable[Chunk]]
"""A trial's chunks from its start on, as they would be played."""


_Rest = tuple[int, bool]
"""Which rest: the trial's, and whether it is clean. Where muscle or hum lies over the first seconds
that could stand in for a rest, they do until clean ones have come; nothing is read meanwhile."""


@dataclass(slots=True)
class _Window:
    """One second at 128 Hz on the 32 electrodes, before features. rest: what it is compared with,
    once that is known."""

    end: int
    samples: NDArray[np.float32]
    quality: Quality
    rest: _Rest = (0, False)


class _Relative:
    """Features of windows relative to a rest."""

    def __init__(self, extractor: Measure, baseline: str) -> None:
        self.extractor = extractor
        self.rest: dict[_Rest, NDArray[np.float32]] = {}  # -> (32, n_values)
        self._baseline = baseline

    def keep_rest(self, rest: _Rest, windows: NDArray[np.float32]) -> None:
        """windows: (n, 32, 128)."""
        self.rest[rest] = window_features(self._baseline, self.extractor, windows)

    def of(
        self, rests: Sequence[_Rest], windows: NDArray[np.float32]
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Before and after subtracting its rest from each of the windows (n, 32, 128):
        (n, 32, n_values) each."""
        absolute = self.extractor.compute(windows)
        return absolute, absolute - np.stack([self.rest[rest] for rest in rests])


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
        self.quality: Quality | None = None
        """Of the newest window that was judged, whether it was read or taken for rest."""
        self._opening = opening
        self._rest: dict[_Rest, NDArray[np.float32]] = {}  # -> windows (n, 32, 128)
        self._provisional: set[int] = set()  # trials whose rest is a stand-in
        self._rest_windows: list[NDArray[np.float32]] = []  # of this trial, clean, so far
        self._noisy_rest: list[NDArray[np.float32]] = []
        self._searched: dict[int, dict[_Rest, NDArray[np.float32]]] = {}  # trial -> what was found
        self._stand_in = True  # whether these stand in for a rest that was recorded
        self._reads = True  # else it is its rest alone that is wanted
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
        self._laid_out = extractor(classifier.features).lay_out
        self._for_network = _Relative(extractor(classifier.features), classifier.baseline)
        # the same second shows the same maps, whatever reads it
        self._for_screen = _Relative(band_power(), band_power().baselines[0])
        for rest, windows in self._rest.items():
            self._know_rest(rest, windows)

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
        settled = self._origin + round(self.chain.settle_s * RATE_HZ)
        rest_end = round(self.info.rest_s * RATE_HZ)
        jumped = self._played != (chunk.trial, chunk.offset - chunk.lost)
        over = self._origin >= rest_end
        if jumped:
            self._rest_windows, self._noisy_rest = [], []
            if (self._trial, True) not in self._rest:
                self._rest.pop((self._trial, False), None)  # as on the first visit
                if self._origin > 0:
                    self._look_for_rest()
        elif over and not self._stand_in and self._rest_windows:
            self._keep_rest(clean=True)  # what was lost is the end of a recorded rest
        self._stand_in = over
        if self._known_rest:
            self._next_end = _round_up(max(settled, rest_end) + WINDOW, HOP)
        else:
            self._next_end = settled + WINDOW
        self._next_rest = self._next_end
        if self.chain.settle_s:
            self.phase = Phase.SETTLING
        else:
            resting = not self._known_rest or self._origin < rest_end
            self.phase = Phase.REST if resting else Phase.READING

    @property
    def _known_rest(self) -> _Rest | None:
        """What this trial's windows are compared with."""
        known = ((self._trial, True), (self._trial, False))
        return next((rest for rest in known if rest in self._rest), None)

    def _look_for_rest(self) -> None:
        """Play the trial from its start, unheard, until its rest is found."""
        if self._opening is None:
            return
        if self._trial not in self._searched:
            before = Analyzer(
                self.info, self.classifier, self.chain.settings, montage=self.chain.montage
            )
            before._reads = False
            for chunk in self._opening(self._trial):
                before.push(chunk)
                clean = (self._trial, True) in before._rest
                if clean or chunk.offset + chunk.n_samples >= _SEARCHED_S * self.info.rate_hz:
                    break
            self._searched[self._trial] = before._rest
            self._provisional |= before._provisional
        for rest, windows in self._searched[self._trial].items():
            self._know_rest(rest, windows)

    def _keep_rest(self, *, clean: bool) -> None:
        windows = self._rest_windows if clean else [*self._rest_windows, *self._noisy_rest]
        self._know_rest((self._trial, clean), np.stack(windows))

    def _know_rest(self, rest: _Rest, windows: NDArray[np.float32]) -> None:
        self._rest[rest] = windows
        for features in (self._for_network, self._for_screen):
            features.keep_rest(rest, windows)

    def _ready_windows(self) -> list[_Window]:
        """Windows now complete; seconds of rest on the way are kept for the baseline."""
        windows: list[_Window] = []
        have = self._origin + self._prepared_start + self._prepared.shape[1]
        while self._next_end <= have:
            window = self._cut(self._next_end)
            rest = self._known_rest
            if rest is None:
                self._take_rest(window)
                continue
            self.phase = Phase.READING
            if self._reads:
                windows.append(replace(window, rest=rest))
            if window.end == self._next_rest:
                self._next_rest += WINDOW
                if rest == (self._trial, False) and window.quality.doubt is Doubt.NONE:
                    self._add_clean(window)
            self._next_end += HOP if self._reads else WINDOW
        return windows

    def _take_rest(self, window: _Window) -> None:
        """Clean seconds alone: those of the recorded rest, or else the first that come. Muscle in a
        recorded rest is left where it is."""
        self.phase = Phase.REST
        doubt = window.quality.doubt
        self._next_end += WINDOW
        if not self._stand_in:
            if doubt is not Doubt.QUALITY:
                self._rest_windows.append(window.samples)
            if self._next_end <= round(self.info.rest_s * RATE_HZ):
                return  # more of it comes
            self._stand_in = not self._rest_windows
            if not self._stand_in:
                self._keep_rest(clean=True)
        elif doubt is Doubt.NONE:
            self._add_clean(window)
        elif doubt is Doubt.NOISE:
            self._noisy_rest.append(window.samples)
        if self._stand_in and len(self._rest_windows) + len(self._noisy_rest) == STAND_IN_REST_S:
            self._provisional.add(self._trial)
            if self._noisy_rest:
                self._keep_rest(clean=False)
        if self._known_rest:
            self._next_end = self._next_rest = _round_up(window.end + WINDOW, HOP)

    def _add_clean(self, window: _Window) -> None:
        """One more second that stands in for a rest that was not recorded."""
        self._rest_windows.append(window.samples)
        if len(self._rest_windows) == STAND_IN_REST_S:
            self._keep_rest(clean=True)

    def _cut(self, end: int) -> _Window:
        """The window that ends at `end` (128 Hz, in the trial)."""
        at = end - self._origin
        last = at - self._prepared_start
        quality = self.quality = self._judge.at(at, self._stored)
        prepared = self._prepared[:, last - WINDOW : last]
        return _Window(end, self.chain.electrodes(prepared, quality.bad), quality)

    def _stored(self, start: int, stop: int) -> NDArray[np.generic]:
        """Samples [start, stop) of the stretch, as they came."""
        return self._raw[:, start - self._raw_start : stop - self._raw_start]

    def _read(self, windows: list[_Window], chunk: Chunk) -> list[Affect]:
        if not windows:
            return []
        samples = np.stack([w.samples for w in windows])
        rests = [w.rest for w in windows]
        _, relative = self._for_network.of(rests, samples)
        probabilities = self.classifier.classify(self._laid_out(relative))
        absolute, relative = self._for_screen.of(rests, samples)
        relative[[not clean for _, clean in rests]] = np.nan  # muscle and hum are no rest
        readings = []
        after = chunk.start + chunk.n_samples
        for window, raw, rel, p in zip(windows, absolute, relative, probabilities, strict=True):
            t_s = window.end / RATE_HZ
            end = self._first + self.chain.raw_span(window.end - self._origin)[1]
            doubt = window.quality.doubt
            if doubt is Doubt.NONE and window.rest == (self._trial, False):
                doubt = Doubt.REST
            reading = self.reader.read(p, t_s, doubt)
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
