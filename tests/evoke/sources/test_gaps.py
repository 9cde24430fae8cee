"""Lost samples from counters and clocks; values that are no numbers."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evoke.sources.gaps import PackageCounter, clock_jumped, hold_last, lost_by_clock, usable

COUNTERS = [
    PackageCounter(256),
    PackageCounter(256, step=2),
    PackageCounter(65536, samples=12),
    PackageCounter(2**32),
]
EPOCH_S = 1.7e9


def stream(
    counter: PackageCounter, jumps: list[int], start: int, rate_hz: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """What a board sends whose package number grows by `jumps`: counts, times, losses."""
    packages = start + np.cumsum([0, *jumps])
    counts = np.repeat(packages * counter.step % counter.modulus, counter.samples)
    within = np.tile(np.arange(counter.samples), packages.size)
    indices = np.repeat(packages, counter.samples) * counter.samples + within
    return counts.astype(float), EPOCH_S + indices / rate_hz, np.diff(indices) - 1


@pytest.mark.parametrize("counter", COUNTERS, ids=repr)
@given(
    jumps=st.lists(st.integers(1, 1200), min_size=1, max_size=20),
    start=st.integers(0, 2**32),
)
def test_every_loss_is_counted_however_often_the_counter_turned(
    counter: PackageCounter, jumps: list[int], start: int
) -> None:
    turn = counter.modulus // counter.step
    # a loss of whole turns ends in the next number: it cannot be told from no loss
    jumps = [j if j == 1 or j % turn != 1 else j + 1 for j in jumps]
    counts, times, losses = stream(counter, jumps, start, 250.0)
    assert counter.follow(counts, times, 250.0).lost.tolist() == losses.tolist()


@given(stall_s=st.floats(0, 60))
def test_the_next_number_is_no_loss_however_late(stall_s: float) -> None:
    counts = np.array([254.0, 255.0, 0.0, 1.0])
    times = EPOCH_S + np.array([0, 0.004, 0.008 + stall_s, 0.012 + stall_s])
    assert PackageCounter(256).follow(counts, times, 250.0).lost.tolist() == [0, 0, 0]


def test_a_burst_after_a_short_stall_invents_no_turns() -> None:
    counts = np.array([10.0, 14.0])
    times = EPOCH_S + np.array([0.0, 0.9])  # 225 samples of time, less than a turn of 256
    assert PackageCounter(256).follow(counts, times, 250.0).lost.tolist() == [3]


@given(stall_s=st.floats(1.05, 20), missing=st.integers(0, 30))
def test_a_burst_after_a_long_stall_invents_no_turns(stall_s: float, missing: int) -> None:
    """Stamped as it arrives: the stall's samples all at once, then on time again."""
    late = round(stall_s * 250)
    index = np.append(np.arange(100), np.arange(100 + missing, 100 + late + 500))
    arrival = np.where(index < 100, index, np.maximum(index, 100 + late)) / 250
    lost = PackageCounter(256).follow(index % 256.0, EPOCH_S + arrival, 250.0).lost
    assert lost.sum() == missing


@pytest.mark.parametrize("rubbish", [np.nan, np.inf, -1.0, 1e300])
def test_rubbish_in_counter_or_clock_counts_nothing(rubbish: float) -> None:
    counts, times = np.array([1.0, rubbish, 3.0]), EPOCH_S + np.arange(3) / 250
    assert PackageCounter(256).follow(counts, times, 250.0).lost.tolist() == [0, 0]
    broken = np.array([EPOCH_S, rubbish, EPOCH_S + 0.008])
    assert PackageCounter(256).follow(np.array([1.0, 2.0, 4.0]), broken, 250.0).lost[1] == 1
    assert lost_by_clock(broken, 250.0).tolist() == [0, 0]


def test_the_clock_counts_only_silences_over_a_second() -> None:
    times = EPOCH_S + np.array([0.0, 0.004, 0.5, 0.504, 2.504])
    assert lost_by_clock(times, 250.0).tolist() == [0, 0, 0, 499]


def test_a_computer_clock_set_an_hour_ahead_is_no_loss_but_a_break() -> None:
    times = EPOCH_S + np.array([0.0, 0.004, 3600.008])
    assert lost_by_clock(times, 250.0).tolist() == [0, 0]
    counter = PackageCounter(256)
    assert counter.follow(np.array([1.0, 2.0, 3.0]), times, 250.0).lost.tolist() == [0, 0]
    assert clock_jumped(times, counter.turn_s(250.0)).tolist() == [False, True]
    assert not clock_jumped(times, PackageCounter(2**32).turn_s(250.0)).any()  # that one knows
    assert not clock_jumped(EPOCH_S + np.array([0.0, 60.0, 20.0, np.nan])).any()


@pytest.mark.parametrize("counter", COUNTERS, ids=repr)
def test_a_computer_that_slept_for_five_minutes_lost_as_much(counter: PackageCounter) -> None:
    away = 75_000 // counter.samples
    counts, times, losses = stream(counter, [1, away, 1], 7, 250.0)
    assert losses.sum() == (away - 1) * counter.samples
    assert counter.follow(counts, times, 250.0).lost.tolist() == losses.tolist()


def test_a_clock_that_starts_in_1970_tells_no_losses() -> None:
    times = np.array([0.0, 0.004, EPOCH_S])
    assert PackageCounter(256).follow(np.array([1.0, 2.0, 5.0]), times, 250.0).lost.tolist() == [
        0,
        2,
    ]


VALUES = st.sampled_from([0.0, 1.5, -40.0, np.nan, np.inf, -np.inf, 1e12])


@given(
    rows=st.lists(st.lists(VALUES, min_size=12, max_size=12), min_size=1, max_size=3),
    cut=st.integers(0, 12),
)
def test_bad_values_take_the_last_good_one_in_any_chunking(
    rows: list[list[float]], cut: int
) -> None:
    samples = np.array(rows)
    expected = np.zeros_like(samples)
    for channel, row in enumerate(samples):
        last = 0.0
        for i, value in enumerate(row):
            last = value if usable(value) else last
            expected[channel, i] = last
    first, held = hold_last(samples[:, :cut], np.zeros(len(samples)))
    second, held = hold_last(samples[:, cut:], held)
    assert np.array_equal(np.concatenate([first, second], axis=1), expected)
    assert np.array_equal(held, expected[:, -1])


def test_good_samples_pass_uncopied() -> None:
    samples = np.ones((2, 5))
    assert hold_last(samples, np.zeros(2))[0] is samples
