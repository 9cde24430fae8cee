"""A source's channels -> DEAP's 32 electrodes, by name or by spherical splines."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from functools import cache

import numpy as np
from numpy.typing import NDArray

from evoke.errors import MontageError
from evoke.signal.positions import STEP_DEG, direction, electrode_name
from evoke.signal.spline import spline_matrix
from evoke.types import StreamInfo

ELECTRODES: tuple[str, ...] = (
    *("Fp1", "AF3", "F3", "F7", "FC5", "FC1", "C3", "T7", "CP5", "CP1", "P3", "P7"),
    *("PO3", "O1", "Oz", "Pz", "Fp2", "AF4", "Fz", "F4", "F8", "FC6", "FC2", "Cz"),
    *("C4", "T8", "CP6", "CP2", "P4", "P8", "PO4", "O2"),
)
"""The 32 electrodes in the order of DEAP's Geneva recordings: every array of 32 is in it."""

GRID: tuple[tuple[int, int], ...] = (
    *((0, 3), (1, 3), (2, 2), (2, 0), (3, 1), (3, 3), (4, 2), (4, 0)),
    *((5, 1), (5, 3), (6, 2), (6, 0), (7, 3), (8, 3), (8, 4), (6, 4)),
    *((0, 5), (1, 5), (2, 4), (2, 6), (2, 8), (3, 7), (3, 5), (4, 4)),
    *((4, 6), (4, 8), (5, 7), (5, 5), (6, 6), (6, 8), (7, 5), (8, 5)),
)
"""Row and column of each electrode on the grid, in the order of `ELECTRODES`."""

GRID_SHAPE = (9, 9)

MIN_LOCATED = 4
"""Fewest channels with a known place from which 32 electrodes may be derived."""

GUESS_DEG = 2 * STEP_DEG
"""Beyond this angle to the nearest channel (the spacing of the classic 10-20 system) an
electrode is not interpolated but guessed."""

MEASURED_DEG = 5.0
"""A channel without a name that lies this near measures an electrode: 8 mm on a head, as exact as
caps are placed."""

_MIN_GOOD = 3
_MIN_GRID_LABELS = 4
_GRID_LABEL = re.compile(r"[ABDEGHI]\d{1,3}", re.IGNORECASE)
_NOT_GRID = {"A1", "A2", "E1", "E2"}  # earlobes; the eye channels of sleep recordings
_CACHED_MATRICES = 64
_MIN_FITTED = 8
_OFF_CENTRE = 0.2
"""In radii of the head: the origin of a cap's own frame lies up to 0.18 from the middle of the
electrodes, that of MNE's head frame, between the ears, 0.27 to 0.5."""


class Coverage(Enum):
    """What an electrode's signal rests on."""

    DIRECT = "measured"
    INTERPOLATED = "interpolated"
    GUESSED = "too far from any channel"


@dataclass(frozen=True, eq=False)
class Montage:
    """How the EEG channels of one source become the 32 electrodes.

    channels: names of the source's EEG channels, in its order.
    directions: (n_eeg, 3) unit vectors; NaN where a channel's place is unknown (it is unused).
    direct: (32,) index of the EEG channel of each electrode, -1 where there is none.
    """

    channels: tuple[str, ...]
    directions: NDArray[np.float64]
    direct: NDArray[np.intp]
    coverage: tuple[Coverage, ...] = field(init=False)
    """(32,) in the order of `ELECTRODES`."""
    scores: NDArray[np.float64] = field(init=False)
    """(32,) 1 for a measured electrode, less the farther the nearest channel is, 0.5 at the
    distance beyond which it is guessed."""
    anchors: NDArray[np.intp] = field(init=False)
    """(32,) EEG channel that each electrode rests on most: its own, else the nearest."""
    _matrices: dict[bytes, NDArray[np.float32]] = field(
        default_factory=dict, init=False, repr=False
    )

    def __post_init__(self) -> None:
        targets = _electrode_directions()
        known = np.nan_to_num(self.directions)
        cosine = np.where(self.located, targets @ known.T, -1.0)
        # rounded, so that the last bit does not tell left from right
        angles = np.round(np.degrees(np.arccos(np.clip(cosine, -1, 1))), 6)
        measured = self.direct >= 0
        anchors = np.where(measured, self.direct, angles.argmin(axis=1))
        nearest = np.where(measured, 0.0, angles.min(axis=1))
        coverage = tuple(
            Coverage.DIRECT
            if own
            else Coverage.INTERPOLATED
            if angle <= GUESS_DEG
            else Coverage.GUESSED
            for own, angle in zip(measured, nearest, strict=True)
        )
        scores = np.clip(1 - nearest / (2 * GUESS_DEG), 0, 1)
        for name, value in (("anchors", anchors), ("coverage", coverage), ("scores", scores)):
            object.__setattr__(self, name, value)

    @property
    def located(self) -> NDArray[np.bool_]:
        """(n_eeg,) True for the channels whose place is known."""
        return np.asarray(np.isfinite(self.directions).all(axis=1), bool)

    @property
    def unused(self) -> tuple[str, ...]:
        """Names of the EEG channels whose place is unknown."""
        return tuple(n for n, known in zip(self.channels, self.located, strict=True) if not known)

    def matrix(self, bad: NDArray[np.bool_] | None = None) -> NDArray[np.float32]:
        """(32, n_eeg) float32, read-only: electrodes from channels, those in `bad` (n_eeg,)
        left out and their electrodes interpolated from the others.

        Where fewer than three good channels remain nothing can be interpolated, so all are
        used: the quality score then keeps the window from being read.
        """
        if bad is None:
            bad = np.zeros(len(self.channels), bool)
        key = np.asarray(bad, bool).tobytes()
        if key not in self._matrices:
            if len(self._matrices) >= _CACHED_MATRICES:
                self._matrices.clear()
            self._matrices[key] = self._build(np.asarray(bad, bool))
        return self._matrices[key]

    def _build(self, bad: NDArray[np.bool_]) -> NDArray[np.float32]:
        good = self.located & ~bad
        if good.sum() < _MIN_GOOD:
            good = self.located
        matrix = np.zeros((len(ELECTRODES), len(self.channels)), np.float32)
        measured = (self.direct >= 0) & good[self.direct]
        matrix[np.flatnonzero(measured), self.direct[measured]] = 1.0
        missing = np.flatnonzero(~measured)
        if len(missing):
            weights = spline_matrix(self.directions[good], _electrode_directions()[missing])
            matrix[np.ix_(missing, np.flatnonzero(good))] = weights
        matrix.setflags(write=False)
        return matrix

    def score(self, bad: NDArray[np.bool_]) -> float:
        """Share of the 32 electrodes that rest on good signal: the channel an electrode rests
        on most is not in `bad` (n_eeg,), and the electrode is not guessed. 0 where too few good
        channels are left to interpolate from."""
        if (self.located & ~np.asarray(bad, bool)).sum() < _MIN_GOOD:
            return 0.0
        return float(np.mean(self._near & ~np.asarray(bad, bool)[self.anchors]))

    def lost(self, bad: NDArray[np.bool_]) -> float:
        """Of the electrodes that are not guessed, the share that rests on channels in `bad`
        (n_eeg,)."""
        return float(np.mean(np.asarray(bad, bool)[self.anchors[self._near]]))

    @property
    def _near(self) -> NDArray[np.bool_]:
        return np.array([c is not Coverage.GUESSED for c in self.coverage])


@cache
def _electrode_directions() -> NDArray[np.float64]:
    """(32, 3) in the order of `ELECTRODES`."""
    return np.array([direction(name) for name in ELECTRODES])


def map_channels(info: StreamInfo, names: Mapping[int, str | None] | None = None) -> Montage:
    """The montage of a source, from its channel names and positions.

    names: the user's own montage, channel index in `info.channels` -> electrode name, None to
        leave a channel out; channels it does not mention go by their labels.

    Raises MontageError where labels form a lettered grid and there are no positions, where two
    channels claim one electrode, or where fewer than four channels have a known place.
    """
    chosen = names or {}
    grid = _is_lettered_grid([info.channels[i].name for i in info.eeg if i not in chosen])
    if grid and not chosen and all(info.channels[i].position is None for i in info.eeg):
        raise MontageError(
            f"{info.name}: the channel labels ({_few(info)}) are places in a lettered grid, "
            "not electrodes of the 10-20 system; choose a montage."
        )
    directions = np.full((len(info.eeg), 3), np.nan)
    positions = [info.channels[index].position or (0.0, 0.0, 0.0) for index in info.eeg]
    places = np.array(positions, np.float64).reshape(-1, 3)
    places -= np.where(places.any(axis=1, keepdims=True), _centre(places), 0.0)
    owners: dict[str, int] = {}
    for row, index in enumerate(info.eeg):
        name = _chosen_name(info, index, chosen) if index in chosen else None
        if index not in chosen:
            name = None if grid else electrode_name(info.channels[index].name)
        if name is not None:
            if name in owners:
                raise MontageError(
                    f"{info.name}: two channels are electrode {name}: "
                    f"'{info.channels[info.eeg[owners[name]]].name}' and "
                    f"'{info.channels[index].name}'; choose a montage."
                )
            owners[name] = row
            directions[row] = direction(name)
        elif index not in chosen:
            directions[row] = _own_direction(places[row])
    located = int(np.isfinite(directions).all(axis=1).sum())
    if located < MIN_LOCATED:
        raise MontageError(
            f"{info.name}: at least {MIN_LOCATED} channels must be electrodes of the 10-20 "
            f"system, found {located} among {len(info.eeg)} ({_few(info)}); choose a montage."
        )
    direct = np.array([owners.get(name, -1) for name in ELECTRODES], np.intp)
    unnamed = directions.copy()
    unnamed[list(owners.values())] = np.nan
    for i, cosines in enumerate(_electrode_directions() @ np.nan_to_num(unnamed).T):
        if direct[i] < 0 and cosines.max() >= math.cos(math.radians(MEASURED_DEG)):
            direct[i] = cosines.argmax()
    return Montage(tuple(info.channels[i].name for i in info.eeg), directions, direct)


def _chosen_name(info: StreamInfo, index: int, chosen: Mapping[int, str | None]) -> str | None:
    wanted = chosen[index]
    if wanted is None:
        return None
    name = electrode_name(wanted)
    if name is None:
        raise MontageError(
            f"{info.name}: channel '{info.channels[index].name}' cannot be '{wanted}', which is "
            "no electrode of the 10-10 system."
        )
    return name


def _own_direction(place: NDArray[np.float64]) -> NDArray[np.float64]:
    """Unit vector of a channel's own place (3,), NaN where it has none."""
    length = float(np.linalg.norm(place))
    return place / length if length > 0 and np.isfinite(length) else np.full(3, np.nan)


def _centre(positions: NDArray[np.float64]) -> NDArray[np.float64]:
    """Centre of the head (3,) in the frame of the electrodes (n, 3), zeros for no position: of the
    sphere fitted to them where they surround it and the origin lies clearly off, else the origin.
    """
    placed = positions[positions.any(axis=1) & np.isfinite(positions).all(axis=1)]
    if len(placed) < _MIN_FITTED:
        return np.zeros(3)
    unit = float(np.abs(placed).max())
    placed = placed / unit
    # |p|^2 = 2 p.c + r^2 - |c|^2 for every p on a sphere of radius r about c
    equations = np.column_stack([2 * placed, np.ones(len(placed))])
    centre = np.linalg.lstsq(equations, (placed**2).sum(axis=1), rcond=None)[0][:3]
    arms = placed - centre
    lengths = np.linalg.norm(arms, axis=1, keepdims=True)
    radius = float(lengths.mean())
    thickness = np.linalg.svd(placed - placed.mean(axis=0), compute_uv=False)[-1]
    fits = (
        np.abs(lengths - radius).max() < 0.5 * radius
        and thickness > 0.25 * radius * np.sqrt(len(placed))  # else a patch, or one plane
        and np.linalg.norm((arms / lengths).mean(axis=0)) < 0.6  # 0.5 of a half sphere
    )
    off = np.linalg.norm(centre) > _OFF_CENTRE * radius
    return centre * unit if fits and off else np.zeros(3)


def _is_lettered_grid(labels: list[str]) -> bool:
    """Whether labels such as B7 or H3 occur, which no 10-20 electrode wears: then C3 and F3
    beside them are places in that grid too, not electrodes."""
    found = [s for s in labels if _GRID_LABEL.fullmatch(s) and s.upper() not in _NOT_GRID]
    return len(found) >= _MIN_GRID_LABELS


def _few(info: StreamInfo) -> str:
    labels = [info.channels[i].name for i in info.eeg]
    return ", ".join(labels[:4]) + (", ..." if len(labels) > 4 else "")
