"""What is held out: the four protocols, on scikit-learn's splitters.

Each window belongs to one of K folds. Fold k is the test, fold k + 1 the validation (stopping,
calibration, every choice), the others train.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from evoke.errors import SettingsError
from evoke.types import WINDOW

Protocol = Literal["segments", "trials", "videos", "subjects"]

PROTOCOLS: tuple[str, ...] = get_args(Protocol)

PROTOCOL_NAMES: dict[str, str] = {
    "segments": "mixed seconds: mixes seconds of one trial, so it overstates accuracy",
    "trials": "new trials of known people",
    "videos": "new videos",
    "subjects": "new people",
}
"""On the screen."""


@dataclass(frozen=True, slots=True)
class Groups:
    """Where each window comes from, (n,) integers each; a trial's number is unique over people.
    step: samples from one window of a trial to the next, in order."""

    subject: NDArray[np.int64]
    trial: NDArray[np.int64]
    video: NDArray[np.int64]
    step: int = WINDOW

    def of(self, index: NDArray[np.int64]) -> Groups:
        """Those of some windows."""
        return Groups(self.subject[index], self.trial[index], self.video[index], self.step)


@dataclass(frozen=True, slots=True)
class Split:
    """Indices of windows; no sample is in two of the parts."""

    fold: int
    train: NDArray[np.int64]
    validation: NDArray[np.int64]
    test: NDArray[np.int64]

    def learned(self, *, validating: bool) -> NDArray[np.int64]:
        """What is trained on: where nothing is validated, the validation windows too."""
        return self.train if validating else np.union1d(self.train, self.validation)


def splits(protocol: str, groups: Groups, folds: int = 5, seed: int = 0) -> Iterator[Split]:
    """All K splits of a protocol, in order.

    segments: seconds shuffled; the paper (arXiv 2401.06957) mixes them too, how its text does not
    say. Of windows that overlap, those that lie across two seconds are left out where these fall to
    different parts. trials: whole trials held out within every subject. videos: a video held out
    for all subjects. subjects: people held out.
    Raises SettingsError for an unknown protocol, fewer than 3 folds, or too little data for them.
    """
    begins, ends = _folds_of_windows(protocol, groups, folds, seed)
    for fold in range(folds):
        held_out = (fold + 1) % folds
        train, validation, test = (
            _within(begins, of) & _within(ends, of)
            for of in (set(range(folds)) - {fold, held_out}, {held_out}, {fold})
        )
        if not (train.any() and validation.any() and test.any()):
            raise SettingsError(
                f"Of so few overlapping windows fold {fold + 1} of {folds} has none left: take "
                "windows 1 s apart."
            )
        yield Split(fold, *(np.flatnonzero(part) for part in (train, validation, test)))


def _within(fold_of: NDArray[np.int64], folds: set[int]) -> NDArray[np.bool_]:
    return np.isin(fold_of, list(folds))


def fold_of_windows(protocol: str, groups: Groups, folds: int, seed: int) -> NDArray[np.int64]:
    """Fold 0..K-1 of every window, (n,); of one across two seconds, that of the first."""
    return _folds_of_windows(protocol, groups, folds, seed)[0]


def _folds_of_windows(
    protocol: str, groups: Groups, folds: int, seed: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The folds in which every window begins and ends."""
    if protocol == "segments" and groups.step < WINDOW:
        first, last = _seconds(groups)
        _check_folds(folds)
        fold_of = _folds(np.arange(int(last.max()) + 1), folds, seed, "seconds")
        return fold_of[first], fold_of[last]
    whole = _fold_of_whole(protocol, groups, folds, seed)
    return whole, whole


def _seconds(groups: Groups) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The seconds in which every window begins and ends, numbered through over all trials."""
    trial = groups.trial
    starts = np.r_[0, np.flatnonzero(np.diff(trial)) + 1]
    sizes = np.diff(np.r_[starts, len(trial)])
    sample = (np.arange(len(trial)) - np.repeat(starts, sizes)) * groups.step
    first, last = sample // WINDOW, (sample + WINDOW - 1) // WINDOW
    before = np.r_[0, np.cumsum(last[starts + sizes - 1] + 1)[:-1]]
    return first + np.repeat(before, sizes), last + np.repeat(before, sizes)


def _check_folds(folds: int) -> None:
    if folds < 3:
        raise SettingsError(f"Train, validation and test need at least 3 folds, got {folds}.")


def _fold_of_whole(protocol: str, groups: Groups, folds: int, seed: int) -> NDArray[np.int64]:
    """Of windows that share nothing with windows of another fold."""
    _check_folds(folds)
    if protocol == "segments":
        return _folds(np.arange(len(groups.trial)), folds, seed, "windows")
    if protocol == "trials":
        return _within_subjects(groups, folds, seed)
    if protocol == "videos":
        return _folds(groups.video, folds, seed, "videos")
    if protocol == "subjects":
        return _folds(groups.subject, folds, seed, "subjects")
    raise SettingsError(f"The protocol must be one of {', '.join(PROTOCOLS)}, got '{protocol}'.")


def _within_subjects(groups: Groups, folds: int, seed: int) -> NDArray[np.int64]:
    assigned = np.empty(len(groups.trial), np.int64)
    for subject in np.unique(groups.subject):
        own = groups.subject == subject
        assigned[own] = _folds(groups.trial[own], folds, seed + int(subject), "trials a subject")
    return assigned


def _folds(values: ArrayLike, folds: int, seed: int, what: str) -> NDArray[np.int64]:
    """The fold of every value; equal values share one."""
    from sklearn.model_selection import KFold

    distinct, place = np.unique(np.asarray(values), return_inverse=True)
    if len(distinct) < folds:
        raise SettingsError(f"{folds} folds need at least {folds} {what}, got {len(distinct)}.")
    fold_of = np.empty(len(distinct), np.int64)
    shuffled = KFold(folds, shuffle=True, random_state=seed % 2**32)
    for fold, (_, held_out) in enumerate(shuffled.split(distinct)):
        fold_of[held_out] = fold
    return fold_of[place]
