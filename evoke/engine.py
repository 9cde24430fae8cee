"""One running source: samples in on one thread, readings out on another.

    acquisition   source -> recorder -> ring buffer -> queue
    analysis      queue -> analyzer -> readings -> outputs

The screen pulls from `raw`, `readings` and `status` whenever it likes and never waits.
"""

from __future__ import annotations

import contextlib
import logging
import queue
import threading
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import compress

import numpy as np
from numpy.typing import NDArray

from evoke.analyzer import Analyzer
from evoke.buffer import RingBuffer
from evoke.classifier import Classifier
from evoke.emotion import EmotionSettings
from evoke.errors import EvokeError, internal
from evoke.outputs.base import Output
from evoke.signal.chain import ChainSettings
from evoke.signal.montage import Montage
from evoke.sources.base import Source, Transport
from evoke.store.base import Recorder
from evoke.store.guarded import GuardedRecorder
from evoke.types import Affect, Chunk, Features, Marker, Phase, Quality, SessionStatus

log = logging.getLogger(__name__)

KEPT_S = 60.0
"""Seconds of signal kept for the screen."""

_WHOLE = 240
"""Readings that are kept whole: a minute of them."""
_NO_FEATURES = Features(np.empty((0, 4), np.float32), np.empty((0, 4), np.float32))
_NO_FLAGS, _NO_BAD = np.empty(0, np.uint8), np.empty(0, np.bool_)

_BACKLOG_S = 1.0
"""Live analysis further behind than this skips to the newest window."""

_WAITING_CHUNKS = 256
"""Chunks that may wait for analysis: replay then waits; of a live source analysis alone passes
over the oldest, which are counted."""


@dataclass(frozen=True, slots=True)
class Span:
    """From stream index `start` on, samples belong to `trial`, beginning at its `offset`."""

    start: int
    trial: int
    offset: int


class Engine:
    """Runs a source that has been opened. `start` returns at once, `stop` within a second or so,
    and what the recorder then takes to commit."""

    def __init__(
        self,
        source: Source,
        classifier: Classifier,
        chain: ChainSettings | None = None,
        emotion: EmotionSettings | None = None,
        *,
        montage: Montage | None = None,
        recorder: Recorder | None = None,
        outputs: Sequence[Output] = (),
    ) -> None:
        self.source = source
        self.info = source.info
        opening = source.opening if isinstance(source, Transport) else None
        self._analyzer = Analyzer(
            self.info, classifier, chain, emotion, montage=montage, opening=opening
        )
        self.montage = self._analyzer.chain.montage
        self.raw = RingBuffer(len(self.info.channels), max(1, round(KEPT_S * self.info.rate_hz)))
        self._scale = np.array([c.scale_uv for c in self.info.channels], np.float32)[:, None]
        self._recorder = GuardedRecorder(recorder, self._say) if recorder else None
        self._outputs = list(outputs)
        self._waiting: queue.Queue[Chunk | None] = queue.Queue(_WAITING_CHUNKS)
        """What is read and not yet analysed; None: the source has ended there."""
        self._put_back: list[Chunk | None] = []
        self._passed_over_to = -1  # where in the stream what analysis never saw ends
        self._passed_markers: deque[Marker] = deque()  # those of it, for the next that it sees
        self._readings: list[Affect] = []
        self._spans: deque[Span] = deque(maxlen=256)
        self._markers: deque[Marker] = deque(maxlen=256)
        self._latencies: deque[float] = deque(maxlen=240)
        self._status = SessionStatus()
        self._lock = threading.Lock()  # over the status
        self._between_windows = threading.Lock()  # held while a chunk is analysed
        self._stopping = threading.Event()
        self._letting_go = threading.RLock()  # held until all is closed
        self._threads = [
            threading.Thread(target=self._acquire, name="acquisition", daemon=True),
            threading.Thread(target=self._analyse, name="analysis", daemon=True),
        ]

    # -- for the screen

    @property
    def classifier(self) -> Classifier:
        return self._analyzer.classifier

    @property
    def chain(self) -> object:
        """What the running filters say of themselves."""
        return self._analyzer.chain.settings.describe()

    @property
    def notes(self) -> tuple[str, ...]:
        """What the user should know of this source and of how it is read, a sentence each."""
        return (*self.info.notes, *self._analyzer.chain.notes)

    @property
    def transport(self) -> Transport | None:
        """The source, if it can be driven."""
        return self.source if isinstance(self.source, Transport) else None

    def readings(self, since: int = 0) -> list[Affect]:
        """All readings from number `since` on; the list only grows. Features, flags and bad
        channels are kept of the last minute alone, and empty before it: they are more than half
        of what a reading takes."""
        return self._readings[since:]

    @property
    def quality(self) -> Quality | None:
        """Of the newest second that was judged; None before there is one."""
        return self._analyzer.quality

    def spans(self) -> list[Span]:
        """Which trial the samples of the stream belong to, oldest first."""
        return list(self._spans)

    def status(self) -> SessionStatus:
        """A snapshot for the status bar."""
        with self._lock:
            latencies = np.array(self._latencies) * 1000 if self._latencies else np.zeros(1)
            return replace(
                self._status,
                skipped_windows=self._analyzer.skipped,
                latency_ms=float(np.median(latencies)),
                latency_p95_ms=float(np.percentile(latencies, 95)),
                device=self.classifier.device,
                model=self.classifier.name,
                markers=tuple(self._markers),
            )

    @property
    def outputs(self) -> tuple[Output, ...]:
        """Where readings are sent."""
        return tuple(self._outputs)

    # -- control

    def start(self) -> None:
        if self._recorder:
            self._recorder.start(self.info)
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Stop both threads, close the source and the recorder. May be called twice: a second
        caller waits for the first, so that whoever returns leaves a whole record behind."""
        with self._letting_go:
            if self._stopping.is_set():
                return
            self._stopping.set()
            self.source.close()
            deadline = time.monotonic() + 1.0
            for thread in self._threads:
                if thread.is_alive() and thread is not threading.current_thread():
                    thread.join(timeout=max(0.0, deadline - time.monotonic()))
            self._update(phase=Phase.ENDED)
            if self._recorder:
                self._recorder.close()
            for output in self._outputs:
                output.close()

    def set_outputs(self, outputs: Sequence[Output]) -> tuple[Output, ...]:
        """Send the readings to these from now on. Returns the former ones, for the caller to
        close."""
        former, self._outputs = self._outputs, list(outputs)
        return tuple(former)

    def set_emotion(self, settings: EmotionSettings) -> None:
        """Decide by other settings from the next window on. Waits for nothing: a window in work is
        decided by the settings it began with."""
        self._analyzer.reader.settings = settings

    def set_classifier(self, classifier: Classifier) -> None:
        """Switch networks between two windows. Raises CheckpointError if it does not fit."""
        with self._between_windows:
            self._analyzer.set_classifier(classifier)
            self._markers.append(Marker(self.raw.end, f"Model: {classifier.name}"))

    # -- threads

    def _acquire(self) -> None:
        segment, ended = -1, False
        try:
            while True:  # a source that is closed still gives what had come, and then None
                chunk = self.source.read()
                if chunk is None:
                    if self._stopping.is_set():
                        break
                    if not ended:
                        self._wait_and_put(None)
                    ended = True
                    if not isinstance(self.source, Transport):
                        break
                    continue
                ended = False
                if self._recorder and chunk.n_samples:
                    self._recorder.append(chunk)
                if chunk.segment != segment or chunk.lost:
                    if self.info.live and segment not in (-1, chunk.segment):
                        self._update(clock_jumps=self._status.clock_jumps + 1)
                    segment = chunk.segment
                    self._spans.append(Span(chunk.start, chunk.trial, chunk.offset))
                self._markers.extend(chunk.markers)
                self.raw.append(chunk.start, chunk.samples.astype(np.float32) * self._scale)
                self._note_position(chunk)
                self._pass_on(chunk)
        except EvokeError as error:
            self._fail(str(error))
        except Exception:
            log.exception("acquisition stopped")
            self._fail(internal(self.info.name))

    def _pass_on(self, chunk: Chunk) -> None:
        if not self.info.live:
            self._wait_and_put(chunk)
            return
        try:
            self._waiting.put_nowait(chunk)
        except queue.Full:
            with contextlib.suppress(queue.Empty):
                self._pass_over(self._waiting.get_nowait())
            self._waiting.put_nowait(chunk)

    def _wait_and_put(self, chunk: Chunk | None) -> None:
        while not self._stopping.is_set():
            try:
                self._waiting.put(chunk, timeout=0.1)
                return
            except queue.Full:
                continue

    def _analyse(self) -> None:
        try:
            while not self._stopping.is_set():
                try:
                    chunk = self._next_chunk()
                except queue.Empty:
                    continue
                if chunk is None:
                    self._update(phase=Phase.ENDED)
                    continue
                behind_s = self._waiting.qsize() * chunk.n_samples / self.info.rate_hz
                late = self.info.live and behind_s > _BACKLOG_S
                if late:
                    chunk = self._catch_up(chunk)
                with self._between_windows:
                    readings = self._analyzer.push(chunk, newest_only=late)
                for reading in readings:
                    self._publish(reading)
                if chunk.n_samples:
                    self._note_state()
        except EvokeError as error:
            self._fail(str(error))
        except Exception:
            log.exception("analysis stopped")
            self._fail(internal("Analysis"))

    def _next_chunk(self) -> Chunk | None:
        """None where the source has ended. Raises queue.Empty if nothing comes for a moment."""
        chunk = self._put_back.pop() if self._put_back else self._waiting.get(timeout=0.1)
        return None if chunk is None else self._with_passed_markers(chunk)

    def _with_passed_markers(self, chunk: Chunk) -> Chunk:
        """With the markers of what was passed over right before it."""
        markers = []
        while self._passed_markers and self._passed_markers[0].sample < chunk.start:
            markers.append(Marker(chunk.start, self._passed_markers.popleft().label))
        return replace(chunk, markers=(*markers, *chunk.markers)) if markers else chunk

    def _catch_up(self, chunk: Chunk) -> Chunk:
        """Everything that waits, as one chunk as far as the signal is continuous; of its windows
        only the newest need be read."""
        waiting = [chunk]
        with contextlib.suppress(queue.Empty):
            while not self._put_back:
                following = self._waiting.get_nowait()
                if following is not None and self._follows(waiting[-1], following):
                    waiting.append(following)
                else:
                    self._put_back.append(following)
        return _joined(waiting)

    @staticmethod
    def _follows(before: Chunk, after: Chunk) -> bool:
        unbroken = after.segment == before.segment and not after.lost
        return unbroken and after.start == before.start + before.n_samples

    def _publish(self, reading: Affect) -> None:
        self._readings.append(reading)
        old = len(self._readings) - _WHOLE
        if old >= 0:
            self._readings[old] = _lightened(self._readings[old])
        self._latencies.append(reading.latency_s)
        if self._recorder:
            self._recorder.note(reading)
        outputs = self._outputs  # which another thread may exchange meanwhile
        for output in list(outputs):
            try:
                output.send(reading)
            except Exception:
                log.exception("output %s failed and is left out", output.name)
                outputs.remove(output)
                threading.Thread(target=output.close, name="closing", daemon=True).start()
                self._say(f"{output.name} failed and is switched off.")

    def _note_state(self) -> None:
        """Where analysis is, and how good the signal: from the first second on, not only where
        something is read of it."""
        quality = self._analyzer.quality
        if quality is None:
            self._update(phase=self._analyzer.phase)
            return
        names = [self.info.channels[i].name for i in self.info.eeg]
        self._update(
            phase=self._analyzer.phase,
            quality=quality.score,
            bad_channels=tuple(compress(names, quality.bad)),
            noisy_channels=tuple(compress(names, quality.noisy)),
        )

    def _note_position(self, chunk: Chunk) -> None:
        position_s = (chunk.offset + chunk.n_samples) / self.info.rate_hz
        self._update(trial=chunk.trial, position_s=position_s)
        if chunk.lost:
            self._count_lost(chunk.lost)

    def _count_lost(self, n: int) -> None:
        with self._lock:
            status = self._status
            self._status = replace(
                status, lost_samples=status.lost_samples + n, gaps=status.gaps + 1
            )

    def _pass_over(self, chunk: Chunk | None) -> None:
        """Chunks that follow on each other leave one gap in what is analysed."""
        if chunk is None or not chunk.n_samples:
            return
        follows = chunk.start - chunk.lost == self._passed_over_to
        self._passed_over_to = chunk.start + chunk.n_samples
        self._passed_markers += chunk.markers
        with self._lock:
            status = self._status
            self._status = replace(
                status,
                passed_over_samples=status.passed_over_samples + chunk.n_samples,
                passed_over_gaps=status.passed_over_gaps + (not follows),
            )

    def _update(self, **changes: object) -> None:
        with self._lock:
            if self._status.phase is not Phase.FAILED:
                self._status = replace(self._status, **changes)  # type: ignore[arg-type]

    def _say(self, message: str) -> None:
        self._update(message=message)

    def _fail(self, message: str) -> None:
        self._update(phase=Phase.FAILED, message=message)


def _joined(chunks: Sequence[Chunk]) -> Chunk:
    """Chunks that follow on each other, as one."""
    return replace(
        chunks[0],
        samples=np.concatenate([c.samples for c in chunks], axis=1),
        timestamps=_in_a_row([c.timestamps for c in chunks]),
        counter=_in_a_row([c.counter for c in chunks]),
        markers=tuple(m for c in chunks for m in c.markers),
        arrival_s=chunks[-1].arrival_s,
    )


def _in_a_row(parts: Sequence[NDArray[np.float64] | None]) -> NDArray[np.float64] | None:
    """(n_samples,), or None where a part is."""
    known = [part for part in parts if part is not None]
    return np.concatenate(known) if len(known) == len(parts) else None


def _lightened(reading: Affect) -> Affect:
    """A reading without its arrays."""
    quality = replace(reading.quality, flags=_NO_FLAGS, bad=_NO_BAD)
    return replace(reading, quality=quality, features=_NO_FEATURES)
