"""Recordings in the usual EEG formats, read through MNE-Python, as sources.

Samples stay what MNE gives, float64 V (an .fdt file's own float32 uV), and are read in blocks
while they play.
"""

from __future__ import annotations

import math
import re
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evoke.errors import FileRefusedError, one_sentence
from evoke.sources.brainflow_csv import open_brainflow_csv
from evoke.sources.eeglab import read_eeglab
from evoke.sources.file_checks import EdfHeader, check_brainvision, check_edf, check_scales
from evoke.sources.gaps import LIMIT_UV, hold_last
from evoke.sources.playback import PlaybackSource, Track
from evoke.types import Channel, ChannelKind, Marker, StreamInfo

FORMATS = {
    ".edf": "EDF+",
    ".bdf": "BDF+",
    ".vhdr": "BrainVision",
    ".set": "EEGLAB",
    ".csv": "BrainFlow",
}
"""Extension of the file to choose, and the format's name."""

_BESIDE = {".eeg": ".vhdr", ".vmrk": ".vhdr", ".fdt": ".set"}
_BLOCK_VALUES = 1 << 20  # 8 MiB in memory, whatever the length of the file
_HIGHEST_RATE_HZ = 1e6
_TRIGGERS = 0xFFFF  # of BioSemi's status channel; the bits above are the amplifier's state

_VOLT_UV = {"v": 1e6, "mv": 1e3, "uv": 1.0, "nv": 1e-3}
_MNE_VOLTS = {"uV", "mV", "µV", "μV", "\x83\xcaV"}  # units that MNE turns into V in EDF files
_MICRO = re.compile("Âµ|Î¼|µ|μ|\x83\xca|(?i:^micro)")  # UTF-8 read as Latin-1, Unicode, Shift-JIS
_VOLT = re.compile("v(ol(ts?)?)?$", re.IGNORECASE)  # EDF cuts a unit off: microvol
_CUT = re.compile(r"New Segment/|((EDGE|BAD) )?boundary$", re.IGNORECASE)
"""How BrainVision, EEGLAB and MNE mark that the signal does not go on from the sample before."""

_EOG = re.compile(r"EOG|^[HV]EO", re.IGNORECASE)
_EMG = re.compile(r"EMG", re.IGNORECASE)
_AUX = re.compile(
    r"ECG|EKG|EXG|GSR|EDA|RESP|PLET|PULSE|SPO2|TEMP|ERG|ACC|GYR|PHOTIC|TRIG|STATUS|^DC\d",
    re.IGNORECASE,
)


def open_file(path: str | Path, board: str | None = None, *, speed: float = 1.0) -> PlaybackSource:
    """A recording as a source, its format told by its extension; see `FORMATS`.

    board: for a BrainFlow file, the board that recorded it.
    Channels whose unit is not a volt are AUX. A value that is no number takes the channel's last
    one. Where the recording was paused or cut, the signal breaks.
    Raises FileRefusedError in one sentence if the file is missing, damaged, cut short, of another
    format or without EEG; SourceError if a BrainFlow file's board is not known.
    """
    path = Path(path)
    suffix = path.suffix.lower()
    if suffix in _BESIDE:
        raise FileRefusedError(
            f"{path.name} holds part of a recording; open {path.stem}{_BESIDE[suffix]} instead."
        )
    if suffix not in FORMATS:
        known = ", ".join(f"{ext} ({name})" for ext, name in FORMATS.items())
        raise FileRefusedError(
            f"{path.name} is of an unknown format; known are {known}, and DEAP's .dat and .mat."
        )
    if not path.is_file():
        raise FileRefusedError(f"There is no file {path}.")
    if suffix == ".csv":
        return open_brainflow_csv(path, board, speed=speed)
    with one_sentence(path, FORMATS[suffix]):
        info, track = _READERS[suffix](path)
    return PlaybackSource(info, [track], speed=speed)


# -- the formats


def _read_edf(path: Path) -> tuple[StreamInfo, Track]:
    import mne

    bdf = path.suffix.lower() == ".bdf"
    header = check_edf(path, sample_bytes=3 if bdf else 2)
    # MNE would stretch slower channels to the fastest one's rate, block by block.
    kinds = [
        _channel(label, "eeg", (), _uv(unit)).kind
        for label, unit in zip(header.labels, header.units, strict=True)
    ]
    eeg = [i for i, kind in enumerate(kinds) if kind is ChannelKind.EEG]
    rates = [header.rates_hz[i] for i in eeg or range(len(header.labels))]
    rate_hz = max(set(rates), key=rates.count)
    rated = zip(header.labels, header.rates_hz, strict=True)
    exclude = {label for label, rate in rated if rate != rate_hz}
    in_volts = [i for i, kind in enumerate(kinds) if kind is not ChannelKind.AUX]
    check_scales(path, header, [i for i in in_volts if header.labels[i] not in exclude])
    notes = _unread([header.labels[i] for i in eeg], exclude, rate_hz)
    notes += _not_in_volts(header, exclude)
    units = [
        unit
        for label, unit in zip(header.labels, header.units, strict=True)
        if label not in exclude
    ]
    read = mne.io.read_raw_bdf if bdf else mne.io.read_raw_edf
    raw = read(path, exclude=sorted(exclude), preload=False, verbose="error")
    scales = {
        name: 1e6 if unit in _MNE_VOLTS else _uv(unit)
        for name, unit in zip(raw.ch_names, units, strict=True)
    }
    return _stream(path, raw, scales, triggers=bdf, notes=notes)


def _read_brainvision(path: Path) -> tuple[StreamInfo, Track]:
    import mne

    markers = check_brainvision(path)
    # MNE decodes markers well, but first looks for a date among them and then takes them for UTF-8
    raw = mne.io.read_raw_brainvision(
        path, overrides={"marker_fname": False}, preload=False, verbose="error"
    )
    if markers is not None:
        found = mne.read_annotations(markers, sfreq=raw.info["sfreq"])
        undated = mne.Annotations(found.onset, found.duration, found.description)
        raw.set_annotations(undated, verbose="error")
    return _stream(path, raw, {})  # MNE itself sets channels without volts apart


def _read_eeglab(path: Path) -> tuple[StreamInfo, Track]:
    file = read_eeglab(path)
    header = file.header
    columns = zip(header["names"], header["types"], header["positions"], strict=True)
    channels = [_channel(*column, file.scale_uv) for column in columns]
    n_samples = header["n_samples"]
    events = list(zip(header["onsets_s"], header["labels"], strict=True))
    info = _info(path, header["rate_hz"], channels)
    markers = tuple(_markers(events, info.rate_hz, n_samples))
    blocks = _Blocks(info, file.load, n_samples)
    return info, Track(0, n_samples, blocks.read, markers, _breaks(events, info.rate_hz, n_samples))


_READERS: dict[str, Callable[[Path], tuple[StreamInfo, Track]]] = {
    ".edf": _read_edf,
    ".bdf": _read_edf,
    ".vhdr": _read_brainvision,
    ".set": _read_eeglab,
}


# -- what they have in common


def _stream(
    path: Path,
    raw: Any,
    scales: dict[str, float | None],
    *,
    triggers: bool = False,
    notes: tuple[str, ...] = (),
) -> tuple[StreamInfo, Track]:
    """Stream and track of an MNE recording.

    scales: uV in one stored unit, None where it is not a volt; 1e6 for channels not named.
    triggers: whether changes of the stim channel are markers.
    """
    if any(Path(f).resolve().parent != path.resolve().parent for f in raw.filenames):
        raise FileRefusedError(f"{path.name} points to another folder for its data.")
    types = raw.get_channel_types()
    picks = [i for i, kind in enumerate(types) if kind != "stim"]
    names, positions = raw.ch_names, [ch["loc"][:3] for ch in raw.info["chs"]]
    channels = [
        _channel(names[i], types[i], positions[i], scales.get(names[i], 1e6)) for i in picks
    ]
    info = _info(path, raw.info["sfreq"], channels, notes)
    events = list(zip(raw.annotations.onset, raw.annotations.description, strict=True))
    markers = _markers(events, info.rate_hz, raw.n_times)
    if triggers and "stim" in types:
        markers += _trigger_markers(raw, types.index("stim"))
        markers.sort(key=lambda m: m.sample)
    blocks = _Blocks(
        info, lambda a, b: raw.get_data(picks, start=a, stop=b, verbose="error"), raw.n_times
    )
    breaks = _breaks(events, info.rate_hz, raw.n_times)
    return info, Track(0, raw.n_times, blocks.read, tuple(markers), breaks)


def _info(
    path: Path, rate_hz: float, channels: list[Channel], notes: tuple[str, ...] = ()
) -> StreamInfo:
    if not 1 <= rate_hz <= _HIGHEST_RATE_HZ:
        raise FileRefusedError(f"{path.name} is damaged: {rate_hz:g} Hz is no rate of EEG.")
    if not any(c.kind is ChannelKind.EEG for c in channels):
        raise FileRefusedError(f"{path.name} has no EEG channel measured in volts.")
    return StreamInfo(name=path.name, rate_hz=float(rate_hz), channels=tuple(channels), notes=notes)


def _unread(eeg: list[str], exclude: set[str], rate_hz: float) -> tuple[str, ...]:
    """What to say of the EEG channels of an EDF file that are left out, a sentence each.

    eeg: labels. exclude: of the channels that have another rate than `rate_hz`.
    """
    notes = []
    if other := [label for label in dict.fromkeys(eeg) if label in exclude]:
        notes.append(
            f"Left out, for {rate_hz:g} Hz is the rate of most EEG channels and not theirs: "
            f"{', '.join(other)}."
        )
    read = [label for label in eeg if label not in exclude]
    if twice := [label for label in dict.fromkeys(read) if read.count(label) > 1]:
        notes.append(
            f"Several channels have the same name, and none of them is used: {', '.join(twice)}. "
            "A montage can say which is which."
        )
    return tuple(notes)


def _not_in_volts(header: EdfHeader, exclude: set[str]) -> tuple[str, ...]:
    """What to say of the channels of an EDF file, but those in `exclude`, that only their unit
    keeps from being EEG."""
    named = [
        f"{label} ({unit or 'no unit'})"
        for label, unit in zip(header.labels, header.units, strict=True)
        if label not in exclude and _uv(unit) is None
        if _channel(label, "eeg", (), 1.0).kind is ChannelKind.EEG
    ]
    words = "Left out, for the file does not give them in volts"
    return (f"{words}: {', '.join(named)}.",) if named else ()


def _channel(
    name: str, mne_type: str, position: Sequence[float], scale_uv: float | None
) -> Channel:
    if mne_type not in ("eeg", "eog", "emg") or scale_uv is None or _AUX.search(name):
        return Channel(name, ChannelKind.AUX)
    if mne_type == "eog" or _EOG.search(name):
        return Channel(name, ChannelKind.EOG, scale_uv)
    if mne_type == "emg" or _EMG.search(name):
        return Channel(name, ChannelKind.EMG, scale_uv)
    x, y, z = (float(v) for v in position) if len(position) else (0.0, 0.0, 0.0)
    known = bool(np.isfinite([x, y, z]).all()) and (x, y, z) != (0, 0, 0)
    return Channel(name, ChannelKind.EEG, scale_uv, (x, y, z) if known else None)


def _markers(events: Iterable[tuple[float, str]], rate_hz: float, n_samples: int) -> list[Marker]:
    """Markers of the events (onset in s, label) that lie within the recording, in order."""
    found = [Marker(round(float(onset_s) * rate_hz), str(label)) for onset_s, label in events]
    return sorted((m for m in found if 0 <= m.sample < n_samples), key=lambda m: m.sample)


def _breaks(
    events: Iterable[tuple[float, str]], rate_hz: float, n_samples: int
) -> tuple[tuple[int, int], ...]:
    """Where the events (onset in s, label) say that recording was paused or a piece cut out; how
    long it was they do not say. EEGLAB puts a cut half a sample before what follows it."""
    cuts = {math.ceil(float(s) * rate_hz - 0.25) for s, label in events if _CUT.match(str(label))}
    return tuple((cut, 0) for cut in sorted(cuts) if 0 < cut < n_samples)


def _trigger_markers(raw: Any, stim: int) -> Iterator[Marker]:
    """A marker wherever the trigger code changes to another than 0."""
    last = 0
    for start in range(0, raw.n_times, _BLOCK_VALUES):
        stop = min(start + _BLOCK_VALUES, raw.n_times)
        status = raw.get_data([stim], start=start, stop=stop, verbose="error")[0]
        codes = status.astype(np.int64) & _TRIGGERS
        before = np.append(last, codes[:-1])
        for i in np.flatnonzero((codes != before) & (codes != 0)):
            yield Marker(start + int(i), str(codes[i]))
        last = int(codes[-1])


class _Blocks:
    """Reads a recording in aligned blocks and keeps the last: opening the file for each of sixty
    chunks a second costs more than reading it, and samples must not depend on the chunks.
    Any thread may read."""

    def __init__(
        self,
        info: StreamInfo,
        load: Callable[[int, int], NDArray[np.generic]],
        n_samples: int,
    ) -> None:
        self._info, self._load, self._n_samples = info, load, n_samples
        self._limits = np.array([[LIMIT_UV / c.scale_uv] for c in info.channels])
        self._length = max(1, _BLOCK_VALUES // len(info.channels))
        self._lock = threading.Lock()  # over the block and its number
        self._number = -1
        self._block: NDArray[np.generic] = np.empty((len(info.channels), 0))

    def read(self, start: int, stop: int) -> NDArray[np.generic]:
        """Samples [start, stop), (n_channels, stop - start). Raises FileRefusedError."""
        parts = []
        while start < stop:
            number, inside = divmod(start, self._length)
            end = min(stop, (number + 1) * self._length)
            with self._lock:
                parts.append(self._at(number)[:, inside : inside + end - start])
            start = end
        if not parts:
            return self._block[:, :0]
        return parts[0] if len(parts) == 1 else np.concatenate(parts, axis=1)

    def _at(self, number: int) -> NDArray[np.generic]:
        if number != self._number:
            start = number * self._length
            stop = min(start + self._length, self._n_samples)
            try:
                block = self._load(start, stop)
            except Exception as error:
                at_s = start / self._info.rate_hz
                raise FileRefusedError(
                    f"{self._info.name} can no longer be read at {at_s:.0f} s."
                ) from error
            self._block = self._repaired(block)
            self._number = number
        return self._block

    def _repaired(self, block: NDArray[np.generic]) -> NDArray[np.generic]:
        """What is no measurement takes the channel's last value, at a block's start its next."""
        good = np.abs(block) < self._limits  # false for NaN, too
        if good.all():
            return block
        first = np.where(good.any(axis=1), block[np.arange(len(block)), good.argmax(axis=1)], 0)
        return hold_last(np.where(good, block, np.nan), first)[0].astype(block.dtype)


def _uv(unit: str) -> float | None:
    """uV in one of that unit, or None if it is not a volt."""
    return _VOLT_UV.get(_VOLT.sub("v", _MICRO.sub("u", unit)).lower())
