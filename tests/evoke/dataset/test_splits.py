"""What is held out stays out."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evoke.dataset.splits import PROTOCOL_NAMES, PROTOCOLS, Groups, splits
from evoke.errors import SettingsError


def make_groups(subjects: int, trials: int, windows: int) -> Groups:
    """Every subject saw the same videos."""
    subject, video, _ = (a.ravel() for a in np.indices((subjects, trials, windows), dtype=np.int64))
    return Groups(subject, subject * trials + video, video)


SIZES = st.tuples(st.integers(5, 9), st.integers(5, 9), st.integers(1, 4))


@settings(max_examples=40, deadline=None)
@given(
    size=SIZES,
    folds=st.integers(3, 5),
    seed=st.integers(0, 2**40),
    protocol=st.sampled_from(PROTOCOLS),
)
def test_the_folds_tile_the_windows(
    size: tuple[int, int, int], folds: int, seed: int, protocol: str
) -> None:
    groups = make_groups(*size)
    tested = []
    for split in splits(protocol, groups, folds, seed):
        parts = (split.train, split.validation, split.test)
        assert all(len(part) for part in parts)
        assert np.array_equal(np.sort(np.concatenate(parts)), np.arange(len(groups.trial)))
        tested.append(split.test)
    assert np.array_equal(np.sort(np.concatenate(tested)), np.arange(len(groups.trial)))


@settings(max_examples=40, deadline=None)
@given(size=SIZES, folds=st.integers(3, 5), seed=st.integers(0, 2**40))
@pytest.mark.parametrize(
    ("protocol", "unit"), [("trials", "trial"), ("videos", "video"), ("subjects", "subject")]
)
def test_no_unit_crosses(
    protocol: str, unit: str, size: tuple[int, int, int], folds: int, seed: int
) -> None:
    groups = make_groups(*size)
    units = getattr(groups, unit)
    for split in splits(protocol, groups, folds, seed):
        train, validation, test = (
            set(units[part]) for part in (split.train, split.validation, split.test)
        )
        assert not train & validation
        assert not train & test
        assert not validation & test


def test_trials_are_held_out_within_every_subject() -> None:
    groups = make_groups(6, 10, 3)
    for split in splits("trials", groups):
        for part, trials in ((split.train, 6), (split.validation, 2), (split.test, 2)):
            for subject in range(6):
                own = groups.trial[part][groups.subject[part] == subject]
                assert len(np.unique(own)) == trials


def test_subjects_do_not_hold_out_the_same_trials() -> None:
    groups = make_groups(6, 10, 1)
    split = next(splits("trials", groups))
    held_out = {tuple(groups.video[split.test][groups.subject[split.test] == s]) for s in range(6)}
    assert len(held_out) > 1


def test_segments_mix_the_seconds_of_one_trial_and_say_so() -> None:
    groups = make_groups(2, 5, 60)
    split = next(splits("segments", groups))
    assert set(groups.trial[split.train]) == set(groups.trial[split.test])
    assert "mixes seconds of one trial" in PROTOCOL_NAMES["segments"]


def test_the_seed_decides() -> None:
    groups = make_groups(6, 10, 2)
    first, again, other = (next(splits("trials", groups, seed=s)).test for s in (1, 1, 2))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


@pytest.mark.parametrize(
    ("protocol", "folds", "reason"),
    [
        ("hours", 5, "hours"),
        ("trials", 2, "at least 3 folds"),
        ("subjects", 5, "at least 5 subjects, got 4"),
        ("trials", 7, "at least 7 trials a subject, got 6"),
        ("videos", 7, "at least 7 videos, got 6"),
    ],
)
def test_what_cannot_be_divided_is_refused(protocol: str, folds: int, reason: str) -> None:
    with pytest.raises(SettingsError, match=reason):
        next(splits(protocol, make_groups(4, 6, 2), folds))


@pytest.mark.parametrize("step", [64, 32, 38])
def test_no_sample_of_mixed_seconds_crosses(step: int) -> None:
    """Where windows overlap, four of five tested ones shared samples with those learned from."""
    of_trial = (20 * 128 - 128) // step + 1
    trial = np.repeat(np.arange(12), of_trial)
    groups = Groups(np.zeros_like(trial), trial, trial, step)
    start = np.tile(np.arange(of_trial) * step, 12) + trial * 10_000
    every = []
    for split in splits("segments", groups, 5, seed=3):
        parts = (split.train, split.validation, split.test)
        heard = [set((start[part][:, None] + np.arange(128)).ravel().tolist()) for part in parts]
        assert not heard[0] & heard[1]
        assert not heard[0] & heard[2]
        assert not heard[1] & heard[2]
        assert len(split.train) > 0.3 * len(trial)
        every.append(split.test)
    assert min(map(len, every)) > 0.02 * len(trial)
    assert len(set(np.concatenate(every).tolist())) == sum(map(len, every))


def test_windows_side_by_side_are_all_dealt_out_as_ever() -> None:
    """Hops of a second and more divide as they did, to the window."""
    trial = np.repeat(np.arange(6), 10)
    plain = next(splits("segments", Groups(trial * 0, trial, trial), 5, seed=1))
    assert plain.test.tolist() == [2, 24, 27, 33, 35, 39, 40, 41, 44, 48, 50, 53]
    apart = next(splits("segments", Groups(trial * 0, trial, trial, 256), 5, seed=1))
    assert np.array_equal(apart.train, plain.train)
