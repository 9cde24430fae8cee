"""The only reader of DEAP's preprocessed files, `sNN.dat` and `sNN.mat`.

DEAP: Koelstra et al., IEEE Trans. Affective Computing 3 (2012). One file holds one subject:
`data` (40 trials, 40 channels, 8064 samples: 3 s of rest and 60 s of video at 128 Hz) and `labels`
(40, 4), ratings from 1 to 9 of valence, arousal, dominance, liking. Files may be damaged or
hostile: nothing in them is executed, and their size is checked before they are read.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from evoke.dataset import matfile, unpickle
from evoke.errors import FileRefusedError
from evoke.signal.montage import ELECTRODES
from evoke.types import RATE_HZ

REST_S = 3
"""Rest at the start of every trial, s."""

PERIPHERALS = (
    *("hEOG", "vEOG", "zEMG", "tEMG"),
    *("GSR", "Respiration", "Plethysmograph", "Temperature"),
)
"""Channels 33 to 40."""

RATINGS = ("valence", "arousal", "dominance", "liking")

MAX_FILE_BYTES = 128 * 2**20
"""A real `.dat` has 103.2 million bytes."""

_MOST_NAME = 30
"""Letters of an array's name in a sentence."""

_LEAST_SAMPLES = 4 * RATE_HZ
"""Rest and one second."""

_MOST_UV = 1e9
"""A thousand volts: squares of much more are no numbers in float32."""

_OFFSET_UV = 1.0
"""Band-passed signals have no mean; a channel over this was not prepared as DEAP says."""


@dataclass(frozen=True, slots=True)
class DeapSubject:
    """One file.

    data: (n_trials, n_channels, n_samples) in the file's own numeric type, the first 32 channels
        EEG in Geneva order, uV, at 128 Hz; read-only.
    labels: (n_trials, 4) float64, valence, arousal, dominance, liking, 1..9; read-only.
    warnings: sentences about what is odd though readable.
    """

    path: Path
    data: NDArray[np.number]
    labels: NDArray[np.float64]
    warnings: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The file's name without its ending: s01."""
        return self.path.stem

    @property
    def eeg(self) -> NDArray[np.number]:
        """(n_trials, 32, n_samples)."""
        return self.data[:, : len(ELECTRODES)]

    @property
    def trial_s(self) -> float:
        """Length of a trial without its rest."""
        return self.data.shape[2] / RATE_HZ - REST_S


def read_deap(path: Path | str) -> DeapSubject:
    """Read and check one `.dat` or `.mat`.

    Fewer trials or shorter ones than DEAP's are accepted (at least one, of at least 4 s), and files
    that hold the 32 EEG channels without all peripheral ones.
    Raises FileRefusedError with one sentence: the file, what was expected, what was found.
    """
    path = Path(path)
    content = _content(path)
    try:
        if path.suffix.lower() == ".dat":
            arrays = unpickle.read_arrays(content)
        else:
            arrays = matfile.read_arrays(content, ("data", "labels"), MAX_FILE_BYTES)
    except unpickle.NotAdmittedError as reason:
        raise FileRefusedError(f"{path} is not a DEAP file: {reason}.") from None
    for key in ("data", "labels"):
        if key not in arrays:
            found = ", ".join(_short(k) for k in sorted(arrays)[:5]) or "neither"
            raise FileRefusedError(f"{path} must hold 'data' and 'labels'; found {found}.")
    data = _checked_data(path, arrays["data"])
    labels = _checked_labels(path, arrays["labels"], len(data))
    return DeapSubject(path, data, labels, tuple(_oddities(path, data)))


def _short(name: str) -> str:
    """In quotes, whatever a file has for a name."""
    return repr(name if len(name) <= _MOST_NAME else f"{name[:_MOST_NAME]}…")


def _content(path: Path) -> bytes:
    """The bytes of a regular file that is not too large."""
    if not path.exists():
        raise FileRefusedError(f"There is no file {path}.")
    if path.suffix.lower() not in (".dat", ".mat"):
        raise FileRefusedError(f"{path} must be a DEAP .dat or .mat file.")
    if not path.is_file():
        raise FileRefusedError(f"{path} is not a file.")
    try:
        size = path.stat().st_size
        if size > MAX_FILE_BYTES:
            raise FileRefusedError(
                f"{path} has {size:,} bytes; a DEAP file has at most {MAX_FILE_BYTES:,}."
            )
        with path.open("rb") as file:
            return file.read(size)  # not without a size: a file may grow while it is read
    except OSError as error:
        raise FileRefusedError(f"{path} cannot be read: {error.strerror}.") from None


def _checked_data(path: Path, data: NDArray[np.generic]) -> NDArray[np.number]:
    expected = f"'data' of (trials, 32 to 40 channels, at least {_LEAST_SAMPLES} samples)"
    least, most = len(ELECTRODES), len(ELECTRODES) + len(PERIPHERALS)
    if data.ndim != 3 or not least <= data.shape[1] <= most or data.shape[2] < _LEAST_SAMPLES:
        raise FileRefusedError(f"{path} must hold {expected}; found {data.shape}.")
    numbers = _native(path, "data", data)
    if not all(np.isfinite(trial).all() for trial in numbers):
        raise FileRefusedError(f"{path} must hold finite samples; found NaN or infinity.")
    eeg = numbers[:, :least]
    low, high = eeg.min(axis=2).astype(float), eeg.max(axis=2).astype(float)
    peak = max(-low.min(), high.max())
    if peak > _MOST_UV:
        raise FileRefusedError(
            f"{path} must hold EEG in uV, at most {_MOST_UV:g}; found {peak:.3g}."
        )
    if (low == high).all():
        raise FileRefusedError(f"{path} holds no signal: every EEG channel stands still.")
    return numbers


def _checked_labels(path: Path, labels: NDArray[np.generic], n: int) -> NDArray[np.float64]:
    if labels.shape != (n, len(RATINGS)):
        raise FileRefusedError(
            f"{path} must hold 'labels' of ({n}, {len(RATINGS)}), a row for each trial of 'data'; "
            f"found {labels.shape}."
        )
    ratings = _native(path, "labels", labels).astype(np.float64)
    if not np.all((ratings >= 1) & (ratings <= 9)):  # NaN fails too
        raise FileRefusedError(
            f"{path} must hold ratings from 1 to 9; found {ratings.min():g} to {ratings.max():g}."
        )
    ratings.setflags(write=False)
    return ratings


def _native(path: Path, name: str, array: NDArray[np.generic]) -> NDArray[np.number]:
    """In this machine's byte order, C-contiguous; a view where it is so already."""
    if array.dtype.kind not in "fiu":
        raise FileRefusedError(f"{path} must hold numbers in '{name}'; found {array.dtype}.")
    native = np.ascontiguousarray(array, array.dtype.newbyteorder("="))
    native.setflags(write=False)
    return native


def _oddities(path: Path, data: NDArray[np.number]) -> list[str]:
    eeg = data[:, : len(ELECTRODES)]
    return [*_still(path, eeg), *_offset(path, eeg)]


def _still(path: Path, eeg: NDArray[np.number]) -> list[str]:
    """Channels that were not connected, say."""
    still = eeg.min(axis=2) == eeg.max(axis=2)
    if not still.any():
        return []
    trial, channel = np.argwhere(still)[0]
    return [
        f"{path} has EEG channels that stand still in {still.any(axis=1).sum()} of {len(eeg)} "
        f"trials (trial {trial + 1}, {ELECTRODES[channel]})."
    ]


def _offset(path: Path, data: NDArray[np.number]) -> list[str]:
    mean = np.abs(data.mean(axis=2, dtype=np.float64))
    trials = np.flatnonzero((mean > _OFFSET_UV).any(axis=1))
    if not len(trials):
        return []
    trial, channel = np.unravel_index(mean.argmax(), mean.shape)
    return [
        f"{path} claims to be band-passed, but {len(trials)} of {len(data)} trials have a channel "
        f"mean over {_OFFSET_UV:g} uV (trial {trial + 1}, {ELECTRODES[channel]}: "
        f"{mean[trial, channel]:.1f} uV)."
    ]
