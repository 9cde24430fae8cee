from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evoke.buffer import RingBuffer


def ramp(start: int, n: int) -> np.ndarray:
    return np.stack([np.arange(start, start + n), -np.arange(start, start + n)]).astype(np.float32)


@given(st.integers(1, 40), st.lists(st.integers(0, 60), max_size=12))
def test_every_kept_sample_is_found_under_its_index(capacity, sizes):
    buffer = RingBuffer(2, capacity)
    end = 0
    for n in sizes:
        buffer.append(end, ramp(end, n))
        end += n
    assert buffer.end == end
    assert buffer.start == max(0, end - capacity)
    kept = buffer.end - buffer.start
    np.testing.assert_array_equal(buffer.latest(capacity + 5), ramp(buffer.start, kept))
    np.testing.assert_array_equal(buffer.window(buffer.start, kept), ramp(buffer.start, kept))


def test_lost_samples_stay_as_a_gap():
    buffer = RingBuffer(2, 20)
    buffer.append(0, ramp(0, 5))
    buffer.append(8, ramp(8, 4))
    got = buffer.window(0, 12)
    assert np.isnan(got[:, 5:8]).all()
    np.testing.assert_array_equal(got[:, 8:], ramp(8, 4))


def test_a_gap_longer_than_the_buffer_leaves_nothing_old_behind():
    buffer = RingBuffer(2, 10)
    buffer.append(0, ramp(0, 10))
    buffer.append(100, ramp(100, 2))
    got = buffer.latest(10)
    assert np.isnan(got[:, :8]).all()
    np.testing.assert_array_equal(got[:, 8:], ramp(100, 2))


def test_asking_for_overwritten_samples_is_refused_and_counted():
    buffer = RingBuffer(2, 10)
    buffer.append(0, ramp(0, 25))
    with pytest.raises(LookupError, match=r"15\.\.25 kept"):
        buffer.window(14, 3)
    with pytest.raises(LookupError):
        buffer.window(20, 6)  # not yet there: no overrun
    assert buffer.overruns == 1


def test_samples_cannot_go_back_in_time():
    buffer = RingBuffer(2, 10)
    buffer.append(0, ramp(0, 5))
    with pytest.raises(ValueError, match="got index 4, expected 5"):
        buffer.append(4, ramp(4, 1))


def test_a_reader_gets_a_copy():
    buffer = RingBuffer(2, 10)
    buffer.append(0, ramp(0, 5))
    buffer.latest(5)[:] = 99
    np.testing.assert_array_equal(buffer.latest(5), ramp(0, 5))
