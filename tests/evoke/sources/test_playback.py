from __future__ import annotations

import threading
import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evoke.errors import SettingsError
from evoke.sources.base import Transport
from evoke.sources.playback import UNPACED, PlaybackSource, Track
from evoke.types import Channel, Chunk, Marker, StreamInfo

INFO = StreamInfo("ramp", 128.0, (Channel("Fp1"), Channel("Fp2")), rest_s=1.0)


def trial(number: int, n: int) -> Track:
    samples = np.stack([np.arange(n), np.full(n, number)]).astype(np.int16)
    return Track.of(number, samples, (Marker(3, f"start {number}"),))


def source(*tracks: Track, **options: object) -> PlaybackSource:
    options = {"speed": UNPACED} | options
    made = PlaybackSource(INFO, tracks or (trial(1, 300), trial(2, 200)), **options)
    made.open()
    return made


def play(player: PlaybackSource) -> list[Chunk]:
    chunks = []
    while (chunk := player.read()) is not None:
        chunks.append(chunk)
    return chunks


def test_it_is_a_transport():
    assert isinstance(source(), Transport)


@given(st.integers(1, 700))
def test_chunks_of_any_size_add_up_to_the_tracks(size):
    chunks = play(source(chunk_samples=size))
    first = np.concatenate([c.samples for c in chunks if c.trial == 1], axis=1)
    second = np.concatenate([c.samples for c in chunks if c.trial == 2], axis=1)
    np.testing.assert_array_equal(first, trial(1, 300).read(0, 300))
    np.testing.assert_array_equal(second, trial(2, 200).read(0, 200))
    ends = np.cumsum([c.n_samples for c in chunks])
    assert [c.start for c in chunks] == [0, *ends[:-1]]
    assert chunks[0].samples.dtype == np.int16
    assert {(c.trial, c.segment) for c in chunks} == {(1, 0), (2, 1)}


def test_markers_come_with_their_sample_of_the_stream():
    chunks = play(source(chunk_samples=50))
    assert [m for c in chunks for m in c.markers] == [Marker(3, "start 1"), Marker(303, "start 2")]


def test_a_seek_starts_a_segment_at_its_place():
    player = source(chunk_samples=64)
    player.read()
    player.seek(0.5, trial=2)
    chunk = player.read()
    assert chunk is not None
    assert (chunk.trial, chunk.offset, chunk.start, chunk.segment) == (2, 64, 64, 1)
    assert chunk.samples[0, 0] == 64


def test_the_end_stays_the_end_until_a_seek():
    player = source()
    play(player)
    assert player.read(timeout_s=0) is None
    player.seek(0.0, trial=1)
    chunk = player.read()
    assert chunk is not None
    assert chunk.trial == 1


def test_loop_repeats_the_trial():
    player = source(loop=True, chunk_samples=300)
    offsets = [(c.trial, c.offset, c.segment) for c in (player.read() for _ in range(3)) if c]
    assert offsets == [(1, 0, 0), (1, 0, 1), (1, 0, 2)]


def test_select_plays_one_trial_alone():
    player = source()
    player.select(2)
    assert {c.trial for c in play(player)} == {2}


def test_the_opening_is_what_is_played_first_and_moves_nothing():
    player = source(chunk_samples=64)
    player.seek(2.0, trial=1)
    opening = list(player.opening(2))
    assert [c.offset for c in opening] == [0, 128]
    assert np.concatenate([c.samples for c in opening], axis=1).shape == (2, 200)
    assert player.read().offset == 256
    with pytest.raises(SettingsError):
        next(player.opening(9))


def broken() -> PlaybackSource:
    """300 samples; 50 were lost before sample 100, nobody knows how many before sample 200."""
    samples = np.arange(600, dtype=np.int16).reshape(2, 300)
    marks = (Marker(99, "before"), Marker(100, "after"), Marker(200, "again"))
    return source(Track.of(0, samples, marks, breaks=((100, 50), (200, 0))))


def test_a_break_ends_a_chunk_and_is_told_as_a_live_source_tells_it():
    player = broken()
    assert player.duration_s == 350 / 128
    chunks = play(player)
    assert [(c.start, c.n_samples, c.offset, c.lost) for c in chunks] == [
        *((0, 100, 0, 0), (150, 100, 150, 50), (250, 100, 250, 0)),
    ]
    assert [c.segment - chunks[0].segment for c in chunks] == [0, 0, 1]
    assert np.array_equal(np.concatenate([c.samples for c in chunks], axis=1)[0], np.arange(300))
    assert [m.sample for c in chunks for m in c.markers] == [99, 150, 250]


def test_a_sample_may_follow_both_on_a_loss_and_on_what_nobody_knows():
    samples = np.zeros((2, 300), np.int16)
    player = source(Track.of(0, samples, breaks=((100, 0), (100, 3), (200, 0))))
    chunks = play(player)
    assert [(c.start, c.n_samples, c.lost) for c in chunks] == [
        *((0, 100, 0), (103, 100, 3), (203, 100, 0)),
    ]
    assert [c.segment - chunks[0].segment for c in chunks] == [0, 1, 2]
    player.seek(101 / 128)
    assert player.read().offset == 103


def test_breaks_are_not_gone_through_for_every_chunk():
    """A headset out of reach loses packages by the thousand."""

    class Counted(tuple):
        times = 0

        def __iter__(self):
            Counted.times += 1
            return super().__iter__()

    breaks = Counted((at, 1) for at in range(1, 1000))
    player = source(Track.of(0, np.zeros((2, 1000), np.int16), breaks=breaks))
    assert len(play(player)) == 1000
    assert Counted.times < 10


@given(st.integers(0, 360))
def test_what_is_jumped_over_is_not_lost(offset: int):
    player = broken()
    player.seek(offset / 128)
    chunks = play(player)
    inside = 100 <= offset < 150
    if chunks:
        first = chunks[0]
        assert first.offset == (150 if inside else offset)
        assert (first.start, first.lost) == (0, 0)
        ends = [c.start + c.n_samples for c in chunks]
        assert [c.start for c in chunks[1:]] == [
            end + c.lost for end, c in zip(ends, chunks[1:], strict=False)
        ]
    else:
        assert offset >= 350


@given(st.lists(st.integers(1, 70), min_size=1, max_size=40))
def test_breaks_do_not_depend_on_chunks(sizes: list[int]):
    player = broken()
    found = {}
    for size in sizes * 20:
        player.set_chunk(size)
        if (chunk := player.read()) is None:
            break
        for i, value in enumerate(chunk.samples[0]):
            found[int(value)] = (chunk.start + i, chunk.offset + i, chunk.segment)
    assert all(found[i][:2] == (i + 50 * (i >= 100),) * 2 for i in found)
    assert {s for i, (_, _, s) in found.items() if i < 200} <= {found[0][2]}
    assert {s for i, (_, _, s) in found.items() if i >= 200} <= {found[0][2] + 1}


def test_paused_gives_empty_chunks_where_it_stands():
    player = source(chunk_samples=64)
    player.read()
    player.pause()
    chunk = player.read(timeout_s=0)
    assert chunk is not None
    assert (chunk.n_samples, chunk.offset) == (0, 64)
    player.play()
    chunk = player.read()
    assert chunk is not None
    assert chunk.offset == 64


def test_paced_samples_never_come_early():
    player = source(trial(1, 64), speed=16)
    began = time.perf_counter()
    got = 0
    while (chunk := player.read()) is not None:
        got += chunk.n_samples
        assert got <= (time.perf_counter() - began) * 16 * INFO.rate_hz + 1
    assert got == 64


def test_close_wakes_a_waiting_reader():
    player = source(trial(1, 10_000), speed=0.25)
    player.pause()
    answers: list[Chunk | None] = []
    reader = threading.Thread(target=lambda: answers.append(player.read(timeout_s=60)))
    reader.start()
    player.close()
    reader.join(timeout=10)
    assert not reader.is_alive()
    assert answers == [None]


def test_close_releases_the_file_once():
    released = []
    player = source(on_close=lambda: released.append(1))
    player.close()
    player.close()
    assert released == [1]


@pytest.mark.parametrize("speed", [0.0, 0.2, 17.0, -1.0, float("nan")])
def test_speeds_out_of_range_are_refused(speed):
    with pytest.raises(SettingsError, match=r"0\.25 to 16"):
        source().set_speed(speed)


def test_a_trial_that_is_not_there_is_refused():
    with pytest.raises(SettingsError, match="trials 1 to 2; trial 7"):
        source().seek(0, trial=7)
