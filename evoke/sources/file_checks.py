"""Looking at a recording before a library opens it: is it that format, whole, and no trap?"""

from __future__ import annotations

import configparser
import math
import re
import struct
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from evoke.errors import FileRefusedError

_GIB = 1 << 30

# ---------------------------------------------------------------- EDF+ and BDF+


_ANNOTATIONS = ("EDF Annotations", "BDF Annotations")


@dataclass(frozen=True, slots=True)
class EdfHeader:
    """Of each signal, annotations left out: its label, unit and rate in Hz, and whether it says
    what a stored number is in that unit."""

    labels: tuple[str, ...]
    units: tuple[str, ...]
    rates_hz: tuple[float, ...]
    scaled: tuple[bool, ...]


def check_edf(path: Path, sample_bytes: int) -> EdfHeader:
    """Read the header of an EDF (2 bytes a sample) or BDF (3 bytes) file.

    Raises FileRefusedError if it is another format, interrupted (EDF+D), or shorter than its
    header says. Layout: https://www.edfplus.info/specs/edf.html
    """
    kind = "EDF" if sample_bytes == 2 else "BDF"
    version = b"0       " if sample_bytes == 2 else b"\xffBIOSEMI"
    with path.open("rb") as file:
        head = file.read(256)
        if not head:
            raise FileRefusedError(f"{path.name} is empty.")
        if len(head) < 256 or head[:8] != version:
            raise FileRefusedError(
                f"{path.name} is named like {kind}, but holds something else: choose another file, "
                "or export the recording again."
            )
        if head[192:197] in (b"EDF+D", b"BDF+D"):
            raise FileRefusedError(
                f"{path.name} is an interrupted recording ({kind}+D); save it as a continuous one."
            )
        try:
            header_bytes, n_records = int(head[184:192]), int(head[236:244])
            record_s, n_signals = float(head[244:252]), int(head[252:256])
            signals = file.read(256 * max(0, n_signals)).decode("latin-1")
            per_record = [int(_column(signals, n_signals, 216, 8, i)) for i in range(n_signals)]
        except ValueError:
            raise FileRefusedError(
                f"{path.name} is damaged: its {kind} header has no readable numbers."
            ) from None
    if header_bytes != 256 * (n_signals + 1) or not record_s > 0 or min(per_record, default=0) < 1:
        raise FileRefusedError(f"{path.name} is damaged: its {kind} header contradicts itself.")
    found = (path.stat().st_size - header_bytes) // (sample_bytes * sum(per_record))
    if found < max(1, n_records):
        raise FileRefusedError(
            f"{path.name} is cut short: its header promises {max(1, n_records)} records, "
            f"it has {max(0, found)}."
        )
    labels = [_column(signals, n_signals, 0, 16, i).strip() for i in range(n_signals)]
    units = [_column(signals, n_signals, 96, 8, i).strip() for i in range(n_signals)]
    kept = [i for i, label in enumerate(labels) if label not in _ANNOTATIONS]
    return EdfHeader(
        tuple(labels[i] for i in kept),
        tuple(units[i] for i in kept),
        tuple(per_record[i] / record_s for i in kept),
        tuple(_has_scale(signals, n_signals, i) for i in kept),
    )


def check_scales(path: Path, header: EdfHeader, signals: Iterable[int]) -> None:
    """Raises FileRefusedError for one of `signals` without a scale: MNE would invent one."""
    for i in signals:
        if not header.scaled[i]:
            raise FileRefusedError(
                f"{path.name} does not say what its numbers stand for: channel "
                f"{header.labels[i]} has no physical or no digital range."
            )


def _has_scale(signals: str, n_signals: int, i: int) -> bool:
    """Whether its physical and its digital least and greatest differ; some write 1000,0."""
    try:
        least, most, digital_least, digital_most = (
            float(_column(signals, n_signals, offset, 8, i).partition("\0")[0].replace(",", "."))
            for offset in (104, 112, 120, 128)
        )
    except ValueError:
        return False
    spans = most - least, digital_most - digital_least
    return all(math.isfinite(span) and span != 0 for span in spans)


def _column(signals: str, n_signals: int, offset: int, width: int, i: int) -> str:
    """Field of signal `i`: EDF stores each field of all signals together."""
    start = offset * n_signals + width * i
    return signals[start : start + width]


# ---------------------------------------------------------------- BrainVision

_WIDTHS = {"INT_16": 2, "UINT_16": 2, "INT_32": 4, "IEEE_FLOAT_32": 4}
_LONGEST_TEXT = 64 << 20
_MARKER = re.compile(r"^Mk\d+=[^,]*,[^,]*,(\d+)", re.MULTILINE)


def check_brainvision(path: Path) -> Path | None:
    """Look at a BrainVision header (.vhdr) and at the files it names; the marker file, if any.

    Raises FileRefusedError if it is none, if a file it names is missing or in another folder, if
    its numbers would be read wrongly or its channels not told apart, or if the samples end inside
    a frame or before the last marker.
    """
    header = _header(path)
    common = header["Common Infos" if header.has_section("Common Infos") else "Common infos"]
    data = _named(path, common.get("datafile", ""), "data")
    markers = common.get("markerfile", "")
    marker_file = _named(path, markers, "marker") if markers else None
    n_channels = common.get("numberofchannels", "")
    if not n_channels.isdigit() or not int(n_channels):
        raise FileRefusedError(f"{path.name} is damaged: it does not say how many channels.")
    _check_channels(path, header, int(n_channels))
    kind = common.get("datatype", "TIMEDOMAIN")
    if kind.upper() != "TIMEDOMAIN":
        raise FileRefusedError(
            f"{path.name} holds {kind} data; expected a recording over time (TIMEDOMAIN)."
        )
    if header.get("Binary Infos", "usebigendianorder", fallback="NO").upper() == "YES":
        raise FileRefusedError(
            f"{path.name} has its numbers in big-endian order; export it in little-endian order."
        )
    width = _WIDTHS.get(header.get("Binary Infos", "binaryformat", fallback=""))
    if common.get("dataformat") == "BINARY" and width is not None:
        _check_samples(data, width, int(n_channels), marker_file)
    return marker_file


def _header(path: Path) -> configparser.ConfigParser:
    """As MNE reads it. Raises FileRefusedError."""
    first, _, rest = _text(path).partition("\n")
    if not first.startswith(("Brain Vision", "BrainVision")):
        raise FileRefusedError(f"{path.name} is not a BrainVision header.")
    header = configparser.ConfigParser(interpolation=None)
    try:
        header.read_string(rest.partition("[Comment]")[0])
    except configparser.Error as error:
        raise FileRefusedError(f"{path.name} is damaged: it cannot be read.") from error
    if not {"Common Infos", "Common infos"} & {*header.sections()} or not header.has_section(
        "Channel Infos"
    ):
        raise FileRefusedError(f"{path.name} is damaged: it does not describe its channels.")
    return header


def _check_channels(path: Path, header: configparser.ConfigParser, n_channels: int) -> None:
    described = header["Channel Infos"]
    if len(described) != n_channels:
        raise FileRefusedError(
            f"{path.name} is damaged: it promises {n_channels} channels and describes "
            f"{len(described)}."
        )
    names = [value.partition(",")[0] for value in described.values()]
    if twice := [name for name in dict.fromkeys(names) if names.count(name) > 1]:
        raise FileRefusedError(
            f"{path.name} has several channels of the same name: {', '.join(twice)}; give each its "
            "own."
        )


def _check_samples(data: Path, width: int, n_channels: int, marker_file: Path | None) -> None:
    size = data.stat().st_size
    n_samples, rest = divmod(size, width * n_channels)
    if rest or not n_samples:
        raise FileRefusedError(
            f"{data.name} is cut short: its {size} bytes are no whole number of samples of "
            f"{n_channels} channels."
        )
    if marker_file is not None:
        last = max((int(m) for m in _MARKER.findall(_text(marker_file))), default=0)
        if last > n_samples:
            raise FileRefusedError(
                f"{data.name} is cut short: it has {n_samples} samples and a marker at {last}."
            )


def _text(path: Path) -> str:
    if path.stat().st_size > _LONGEST_TEXT:
        raise FileRefusedError(f"{path.name} is too long for a BrainVision text file.")
    content = path.read_bytes()
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("latin-1")


def _named(path: Path, name: str, what: str) -> Path:
    """The file that a header names, which must lie beside it."""
    name = name.replace("$b", path.stem)
    if not name:
        raise FileRefusedError(f"{path.name} names no {what} file.")
    beside = path.with_name(Path(name).name)
    if Path(name).name != name or "\\" in name:
        raise FileRefusedError(f"{path.name} points to another folder for its {what} file.")
    if not beside.is_file():
        raise FileRefusedError(f"{path.name} needs its {what} file {name} beside it.")
    return beside


# ---------------------------------------------------------------- MATLAB (EEGLAB)

_COMPRESSED = 15
_STEP = 1 << 20


def check_matlab(path: Path) -> int:
    """Look at a MATLAB 5 file (.set); how many bytes it is with its compressed parts unpacked.

    Raises FileRefusedError if it is another version, damaged, or unpacks to far more than
    recorded EEG would: over 4 GiB, or over half a GiB and fifty times its size.
    """
    size = path.stat().st_size
    limit = min(4 * _GIB, max(_GIB // 2, 50 * size))
    with path.open("rb") as file:
        head = file.read(128)
        if head.startswith(b"MATLAB 7.3"):
            raise FileRefusedError(
                f"{path.name} is in MATLAB 7.3 format; save it from EEGLAB in version 7 or older."
            )
        order = {b"IM": "<", b"MI": ">"}.get(head[126:128])
        if order is None:
            raise FileRefusedError(f"{path.name} is not an EEGLAB file.")
        unpacked = 0
        for part in _compressed_parts(path, file, order, size):
            unpacked += part
            if unpacked > limit:
                raise FileRefusedError(
                    f"{path.name} is refused: its {size} bytes unpack to more than "
                    f"{limit / _GIB:.1f} GiB."
                )
    return size + unpacked


def _compressed_parts(path: Path, file: BinaryIO, order: str, size: int) -> Iterator[int]:
    """Sizes of the unpacked compressed elements, at most a MiB at a time."""
    position = 128
    while position < size:
        file.seek(position)
        tag = file.read(8)
        if len(tag) < 8:
            raise FileRefusedError(f"{path.name} is cut short.")
        kind, length = struct.unpack(order + "II", tag)
        position += 8 + length
        if position > size:
            raise FileRefusedError(f"{path.name} is cut short.")
        if kind != _COMPRESSED:
            continue
        unpack = zlib.decompressobj()
        left = length
        try:
            while left:
                packed = file.read(min(_STEP, left))
                left -= len(packed)
                while packed:
                    yield len(unpack.decompress(packed, _STEP))
                    packed = unpack.unconsumed_tail
        except zlib.error:
            raise FileRefusedError(f"{path.name} is damaged: it does not unpack.") from None
