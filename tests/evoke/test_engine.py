from __future__ import annotations

import dataclasses
import threading
from collections.abc import Callable

import numpy as np
import pytest

from evoke.emotion import EmotionSettings
from evoke.engine import Engine
from evoke.errors import EvokeError, SourceError
from evoke.paths import log_file
from evoke.sources.playback import UNPACED, PlaybackSource
from evoke.store.guarded import GuardedRecorder
from evoke.types import Affect, Chunk, Marker, Phase, StreamInfo
from tests.evoke.conftest import LinearClassifier, prepared_source, raw_recording, raw_source
from tests.evoke.test_analyzer import assert_same_readings, read
from tests.waiting import wait_for


@pytest.fixture
def run(request: pytest.FixtureRequest) -> Callable[..., Engine]:
    """Start engines; stop them after the test."""

    def start(source: PlaybackSource, **options: object) -> Engine:
        source.open()
        engine = Engine(source, LinearClassifier(), **options)
        request.addfinalizer(engine.stop)
        engine.start()
        return engine

    return start


def ended(engine: Engine) -> Callable[[], bool]:
    return lambda: engine.status().phase is Phase.ENDED


def test_threads_change_no_reading(run, trials, classifier):
    engine = run(prepared_source(trials))
    expected = read(prepared_source(trials), classifier)
    wait_for(lambda: len(engine.readings()) == len(expected))
    assert_same_readings(engine.readings(), expected)


def test_the_screen_finds_the_samples_that_were_read(run, trials):
    engine = run(prepared_source(trials[:1]))
    wait_for(ended(engine))
    n = trials.shape[2]
    assert engine.raw.end == n
    np.testing.assert_allclose(engine.raw.window(n - 128, 128), trials[0, :, -128:], rtol=1e-6)
    assert [(s.start, s.trial, s.offset) for s in engine.spans()] == [(0, 1, 0)]


def test_a_seek_after_the_end_goes_on(run, trials, classifier):
    engine = run(prepared_source(trials[:1]))
    before = len(read(prepared_source(trials[:1]), classifier))
    wait_for(lambda: len(engine.readings()) == before)  # an empty queue has one window in work
    wait_for(ended(engine))
    assert engine.transport is not None
    engine.transport.seek(6.0)
    wait_for(lambda: len(engine.readings()) > before)
    assert engine.readings(before)[0].t_s == 7.0
    assert engine.spans()[-1].offset == 6 * 128


def test_stop_is_prompt_in_the_middle_of_a_paced_replay(run, trials):
    engine = run(prepared_source(trials, speed=0.25))
    engine.stop()
    assert not any(t.name in {"acquisition", "analysis"} for t in threading.enumerate())


def test_a_failing_output_is_left_out_closed_and_said(run, trials, classifier):
    closed = threading.Event()

    class Broken:
        name = "VMC"
        sent = 0

        def send(self, affect: Affect) -> None:
            self.sent += 1
            raise OSError("network unreachable")

        def close(self) -> None:
            closed.set()

    broken = Broken()
    engine = run(prepared_source(trials[:1]), outputs=[broken])
    wait_for(lambda: len(engine.readings()) == 33)
    assert broken.sent == 1
    assert closed.wait(30)
    assert engine.status().message == "VMC failed and is switched off."


class Journal:
    """A recorder that keeps what it was given, in the order it was given. failing: the call that
    raises, and what."""

    def __init__(self, failing: str = "", error: Exception | None = None) -> None:
        self.log: list[object] = []
        self.called: list[str] = []
        self._failing, self._error = failing, error

    @property
    def closed(self) -> bool:
        return self.called.count("close") == 1

    def _do(self, what: str, given: object = None) -> None:
        self.called.append(what)
        self.log.append(given)
        if what == self._failing and self._error is not None:
            raise self._error

    def start(self, info: StreamInfo) -> None:
        self._do("start", info)

    def append(self, chunk: Chunk) -> None:
        self._do("append", chunk)

    def note(self, affect: Affect) -> None:
        self._do("note", affect)

    def close(self) -> None:
        self._do("close")


def test_the_record_has_every_sample_before_any_reading_of_it(run, trials):
    journal = Journal()
    engine = run(prepared_source(trials[:1], chunk_samples=50), recorder=journal)
    wait_for(lambda: len(engine.readings()) == 33)
    engine.stop()
    assert isinstance(journal.log[0], StreamInfo)
    samples, recorded = [], 0
    for entry in journal.log:
        if isinstance(entry, Chunk):
            samples.append(entry.samples)
            recorded += entry.n_samples
        elif isinstance(entry, Affect):
            assert entry.end <= recorded
    np.testing.assert_array_equal(np.concatenate(samples, axis=1), trials[0])
    assert journal.closed


@pytest.mark.parametrize(
    ("failing", "said"),
    [
        ("start", "Nothing is recorded: The disk is full."),
        ("append", "Nothing more is recorded: The disk is full."),
        ("note", "Nothing more is recorded: The disk is full."),
        ("close", "The end of the recording may be missing: The disk is full."),
    ],
)
def test_a_recorder_that_fails_is_left_out_and_said(run, trials, failing, said):
    class Sent:
        name, problem, closed = "VMC", "", False

        def send(self, affect: Affect) -> None: ...

        def close(self) -> None:
            self.closed = True

    journal, output = Journal(failing, EvokeError("The disk is full.")), Sent()
    engine = run(prepared_source(trials[:1]), recorder=journal, outputs=[output])
    wait_for(lambda: len(engine.readings()) == 33)
    engine.stop()
    assert (engine.status().phase, engine.status().message) == (Phase.ENDED, said)
    assert output.closed
    assert journal.called.count(failing) == 1
    at_last = "start" if failing == "start" else "close"
    assert (journal.called[0], journal.called[-1]) == ("start", at_last)


def test_what_a_recorder_raises_unforeseen_is_logged_and_not_shown(run, trials, caplog):
    engine = run(prepared_source(trials[:1]), recorder=Journal("append", OSError("secret detail")))
    wait_for(lambda: len(engine.readings()) == 33)
    assert engine.status().message.startswith("Nothing more is recorded: Recording stopped on an")
    assert "secret" not in engine.status().message
    assert "secret detail" in caplog.text


def test_a_recorder_is_told_nothing_before_its_start_nor_after_its_close(trials):
    journal = Journal()
    engine = Engine(prepared_source(trials[:1]), LinearClassifier(), recorder=journal)
    engine.stop()
    assert journal.called == []
    guarded = GuardedRecorder(journal, pytest.fail)
    guarded.start(engine.info)
    guarded.close()
    guarded.append(Chunk(0, trials[0]))
    guarded.close()
    assert journal.called == ["start", "close"]


def test_who_stops_second_waits_for_the_record_to_be_whole(trials):
    committing, commit = threading.Event(), threading.Event()

    class Slow(Journal):
        def close(self) -> None:
            committing.set()
            commit.wait(30)
            super().close()

    journal, closed = Slow(), []
    engine = Engine(prepared_source(trials[:1]), LinearClassifier(), recorder=journal)
    engine.start()
    first = threading.Thread(target=engine.stop)
    second = threading.Thread(target=lambda: (engine.stop(), closed.append(journal.closed)))
    first.start()
    assert committing.wait(30)
    second.start()
    second.join(0.1)  # one that waits for nothing would be over by then
    commit.set()
    first.join(30)
    second.join(30)
    assert closed == [True]


def test_what_had_come_before_the_stop_is_recorded(trials, request):
    closed = threading.Event()

    class Buffering(PlaybackSource):
        """Hands over what it has only when it is closed."""

        def read(self, timeout_s: float = 0.1) -> Chunk | None:
            closed.wait(30)
            return super().read(timeout_s)

        def close(self) -> None:
            closed.set()

    whole, journal = prepared_source(trials[:1]), Journal()
    source = Buffering(whole.info, whole._tracks, speed=UNPACED)
    engine = Engine(OnlyRead(source), LinearClassifier(), recorder=journal)
    engine.start()
    engine.stop()
    recorded = sum(c.n_samples for c in journal.log if isinstance(c, Chunk))
    assert recorded == trials.shape[2]


def test_a_source_that_fails_is_told_in_its_own_words(run, trials):
    class Vanishing(PlaybackSource):
        def read(self, timeout_s: float = 0.1) -> Chunk | None:
            chunk = super().read(timeout_s)
            if chunk is not None and chunk.offset > 600:
                raise SourceError("The headset stopped answering.")
            return chunk

    whole = prepared_source(trials[:1])
    engine = run(Vanishing(whole.info, whole._tracks, speed=UNPACED, chunk_samples=100))
    wait_for(lambda: engine.status().phase is Phase.FAILED)
    assert engine.status().message == "The headset stopped answering."
    assert engine.raw.end == 700  # what came before is still on the screen


def test_an_internal_error_is_said_without_a_traceback(run, trials, caplog):
    class Broken(PlaybackSource):
        def read(self, timeout_s: float = 0.1) -> Chunk | None:
            raise RuntimeError("secret detail")

    whole = prepared_source(trials[:1])
    engine = run(Broken(whole.info, whole._tracks))
    wait_for(lambda: engine.status().phase is Phase.FAILED)
    assert f"internal error; {log_file()} has the details." in engine.status().message
    assert "secret" not in engine.status().message
    assert "secret detail" in caplog.text


def test_lost_samples_are_counted(run):
    samples = raw_recording(4)

    class Lossy(PlaybackSource):
        def read(self, timeout_s: float = 0.1) -> Chunk | None:
            chunk = super().read(timeout_s)
            if chunk is None or chunk.offset < 1000:
                return chunk
            lost = 50 if chunk.offset == 1000 else 0
            return Chunk(
                start=chunk.start + 50, samples=chunk.samples, offset=chunk.offset + 50, lost=lost
            )

    whole = raw_source(samples)
    engine = run(Lossy(whole.info, whole._tracks, speed=UNPACED, chunk_samples=500))
    wait_for(ended(engine))
    assert (engine.status().lost_samples, engine.status().gaps) == (50, 1)
    assert np.isnan(engine.raw.window(1000, 50)).all()
    assert engine.raw.end == 2050


@pytest.mark.parametrize("unusable", [0, 3])
@pytest.mark.parametrize("live", [True, False])
def test_a_live_break_of_unknown_length_is_told_apart_from_losses(run, live, unusable):
    """Also where the first samples after it are of no use."""
    whole = raw_source(raw_recording(4))
    breaks = ((1000, 0), (1000, unusable))[: 1 + bool(unusable)]
    track = dataclasses.replace(whole._tracks[0], breaks=breaks)
    info = dataclasses.replace(whole.info, live=live)
    engine = run(PlaybackSource(info, [track], speed=UNPACED, chunk_samples=500))
    wait_for(ended(engine))
    status = engine.status()
    assert status.clock_jumps == int(live)
    assert (status.gaps, status.lost_samples) == (bool(unusable), unusable)
    assert [span.start for span in engine.spans()] == [0, 1000 + unusable]


def test_old_readings_weigh_less_and_say_the_same(run, trials, classifier):
    """All readings of a session stay in memory, for hours."""
    source = prepared_source(np.concatenate([trials] * 4))
    expected = read(prepared_source(np.concatenate([trials] * 4)), classifier)
    journal = Journal()
    engine = run(source, recorder=journal)
    wait_for(lambda: len(engine.readings()) == len(expected))
    engine.stop()
    got = engine.readings()
    assert_same_readings(got, expected)
    assert [r.quality.score for r in got] == [r.quality.score for r in expected]
    carried = [(r.quality.flags.size, r.quality.bad.size, r.features.raw.size) for r in got]
    light = len(got) - 239
    assert carried == [(0, 0, 0)] * light + [(32, 32, 128)] * 239
    noted = [entry for entry in journal.log if isinstance(entry, Affect)]
    assert all(r.quality.flags.size == 32 for r in noted)


class Slow(LinearClassifier):
    def classify(self, grid: np.ndarray) -> np.ndarray:
        threading.Event().wait(0.01)
        return super().classify(grid)


class OnlyRead:
    """A source that cannot be driven, as a headset's playback."""

    rest = None

    def __init__(self, source: PlaybackSource) -> None:
        self.info, self.read, self.close = source.info, source.read, source.close


@pytest.mark.parametrize("driven", [True, False])
def test_the_end_is_told_once_and_after_all_that_was_read(trials, request, driven):
    source = prepared_source(trials[:1], chunk_samples=64)
    source.open()
    engine = Engine(source if driven else OnlyRead(source), Slow())
    request.addfinalizer(engine.stop)
    phases = []
    update = engine._update

    def noting(**changes: object) -> None:
        update(**changes)
        if not phases or engine._status.phase is not phases[-1]:
            phases.append(engine._status.phase)

    engine._update = noting
    engine.start()
    wait_for(ended(engine))
    assert engine.readings()[-1].end == trials.shape[2]
    assert phases[-2:] == [Phase.READING, Phase.ENDED]
    assert phases.count(Phase.ENDED) == 1


def test_settings_never_wait_for_the_window_in_work(trials, request):
    working, release = threading.Event(), threading.Event()

    class Stalling(LinearClassifier):
        def classify(self, grid: np.ndarray) -> np.ndarray:
            working.set()
            release.wait(30)
            return super().classify(grid)

    source = prepared_source(trials[:1])
    source.open()
    engine = Engine(source, Stalling())
    request.addfinalizer(engine.stop)
    request.addfinalizer(release.set)
    engine.start()
    assert working.wait(30)
    for smoothing_s in (1.0, 2.0, 3.0):
        engine.set_emotion(EmotionSettings(smoothing_s=smoothing_s))
    assert engine._analyzer.reader.settings.smoothing_s == 3.0


@pytest.fixture
def stalled(trials, request) -> Callable[[int], tuple[Engine, threading.Event]]:
    """A live engine, fed chunks of so many samples, whose twelve seconds all came while its first
    window was in work; and what lets that window go."""

    def start(chunk_samples: int) -> tuple[Engine, threading.Event]:
        working, release, delivered = (threading.Event() for _ in range(3))

        class Stalling(LinearClassifier):
            def classify(self, grid: np.ndarray) -> np.ndarray:
                working.set()
                release.wait(30)
                return super().classify(grid)

        class Live(PlaybackSource):
            def read(self, timeout_s: float = 0.1) -> Chunk | None:
                chunk = super().read(timeout_s)
                if chunk is None:
                    delivered.set()
                    return None
                if chunk.offset == 4 * 128:
                    working.wait(30)
                index = np.arange(chunk.start, chunk.start + chunk.n_samples, dtype=float)
                mark = Marker(chunk.start, str(chunk.start))
                return dataclasses.replace(
                    chunk, timestamps=index, counter=index % 256, markers=(mark,)
                )

        whole = prepared_source(trials[:1])
        info = dataclasses.replace(whole.info, live=True)
        source = Live(info, whole._tracks, speed=UNPACED, chunk_samples=chunk_samples)
        engine = Engine(source, Stalling())
        request.addfinalizer(engine.stop)
        engine.start()
        assert delivered.wait(30)
        return engine, release

    return start


@pytest.mark.parametrize(("chunk_samples", "passed_over"), [(16, 0), (2, 512)])
def test_what_belongs_to_samples_stays_with_them_when_analysis_falls_behind(
    stalled, chunk_samples, passed_over
):
    engine, release = stalled(chunk_samples)
    pushed: list[Chunk] = []
    push = engine._analyzer.push

    def noting(chunk: Chunk, **options: bool) -> list[Affect]:
        pushed.append(chunk)
        return push(chunk, **options)

    engine._analyzer.push = noting
    release.set()
    wait_for(lambda: bool(engine.readings()) and engine.readings()[-1].t_s == 12.0)
    after = pushed[0].start
    assert sum(c.n_samples for c in pushed) == 12 * 128 - after
    for c in pushed:
        index = np.arange(c.start, c.start + c.n_samples)
        np.testing.assert_array_equal(c.timestamps, index)
        np.testing.assert_array_equal(c.counter, index % 256)
        assert all(m.sample == max(int(m.label), c.start) for m in c.markers)
    labels = [int(m.label) for c in pushed for m in c.markers]
    assert labels == list(range(after - passed_over, 12 * 128, chunk_samples))


def test_live_analysis_that_falls_behind_goes_on_with_the_newest_window(stalled):
    engine, release = stalled(16)
    release.set()
    wait_for(lambda: bool(engine.readings()) and engine.readings()[-1].t_s == 12.0)
    assert [r.t_s for r in engine.readings()] == [4.0, 12.0]
    status = engine.status()
    assert (status.skipped_windows, status.passed_over_samples, status.lost_samples) == (31, 0, 0)


def test_what_overflows_the_queue_is_one_gap_and_not_lost(stalled):
    engine, release = stalled(2)
    release.set()
    wait_for(lambda: bool(engine.readings()) and engine.readings()[-1].t_s == 12.0)
    status = engine.status()
    assert (status.passed_over_samples, status.passed_over_gaps) == (2 * 256, 1)
    assert (status.lost_samples, status.gaps) == (0, 0)
    assert np.isfinite(engine.raw.window(0, 12 * 128)).all()  # all of it is on the screen
