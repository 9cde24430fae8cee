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
    """Where each window comes from, (n,) integers each; a trial's number is unique over people."""

    subject: NDArray[np.int64]
    trial: NDArray[np.int64]
    video: NDArray[np.int64]

    def of(self, index: NDArray[np.int64]) -> Groups:
        """Those of some windows."""
        return Groups(self.subject[index], self.trial[index], self.video[index])


@dataclass(frozen=True, slots=True)
class Split:
    """Indices of windows, without overlap."""

    fold: int
    train: NDArray[np.int64]
    validation: NDArray[np.int64]
    test: NDArray[np.int64]

    def learned(self, *, validating: bool) -> NDArray[np.int64]:
        """What is trained on: where nothing is validated, the validation windows too."""
        return self.train if validating else np.union1d(self.train, self.validation)


def splits(protocol: str, groups: Groups, folds: int = 5, seed: int = 0) -> Iterator[Split]:
    """All K splits of a protocol, in order.

    segments: seconds shuffled, as the paper does (arXiv 2401.06957). trials: whole trials held out
    within every subject. videos: a video held out for all subjects. subjects: people held out.
    Raises SettingsError for an unknown protocol, fewer than 3 folds, or too little data for them.
    """
    assigned = fold_of_windows(protocol, groups, folds, seed)
    for fold in range(folds):
        held_out = (fold + 1) % folds
        train = (assigned != fold) & (assigned != held_out)
        parts = (train, assigned == held_out, assigned == fold)
        yield Split(fold, *(np.flatnonzero(part) for part in parts))


def fold_of_windows(protocol: str, groups: Groups, folds: int, seed: int) -> NDArray[np.int64]:
    """Fold 0..K-1 of every window, (n,)."""
    if folds < 3:
        raise SettingsError(f"Train, validation and test need at least 3 folds, got {folds}.")
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
