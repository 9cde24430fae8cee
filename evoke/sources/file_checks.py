"""Looking at a recording before a library opens it: is it that format, whole, and no trap?"""

from __future__ import annotations

import re
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from evoke.errors import FileRefusedError

_GIB = 1 << 30

# ---------------------------------------------------------------- EDF+ and BDF+


_ANNOTATIONS = ("EDF Annotations", "BDF Annotations")


@dataclass(frozen=True, slots=True)
class EdfHeader:
    """Of each signal, annotations left out: its label, unit and rate in Hz."""

    labels: tuple[str, ...]
    units: tuple[str, ...]
    rates_hz: tuple[float, ...]


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
            raise FileRefusedError(f"{path.name} is not {kind}: its first bytes are not.")
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
    )


def _column(signals: str, n_signals: int, offset: int, width: int, i: int) -> str:
    """Field of signal `i`: EDF stores each field of all signals together."""
    start = offset * n_signals + width * i
    return signals[start : start + width]


# ---------------------------------------------------------------- BrainVision

_WIDTHS = {"INT_16": 2, "UINT_16": 2, "INT_32": 4, "IEEE_FLOAT_32": 4}
_LONGEST_TEXT = 64 << 20
_KEY = re.compile(r"^(\w+)=(.*?)\s*$", re.MULTILINE)
_MARKER = re.compile(r"^Mk\d+=[^,]*,[^,]*,(\d+)", re.MULTILINE)


def check_brainvision(path: Path) -> None:
    """Look at a BrainVision header (.vhdr) and at the files it names.

    Raises FileRefusedError if it is none, if a file it names is missing or in another folder, or
    if the samples end inside a frame or before the last marker.
    """
    text = _text(path)
    if not text.startswith(("Brain Vision", "BrainVision")):
        raise FileRefusedError(f"{path.name} is not a BrainVision header.")
    keys = {key.lower(): value for key, value in _KEY.findall(text)}
    data = _named(path, keys.get("datafile", ""), "data")
    width = _WIDTHS.get(keys.get("binaryformat", ""))
    n_channels = keys.get("numberofchannels", "")
    if not n_channels.isdigit() or not int(n_channels):
        raise FileRefusedError(f"{path.name} is damaged: it does not say how many channels.")
    if keys.get("dataformat") != "BINARY" or width is None:
        return
    n_samples, rest = divmod(data.stat().st_size, width * int(n_channels))
    if rest or not n_samples:
        raise FileRefusedError(
            f"{data.name} is cut short: its {data.stat().st_size} bytes are no whole number of "
            f"samples of {n_channels} channels."
        )
    if marker_file := keys.get("markerfile"):
        markers = _text(_named(path, marker_file, "marker"))
        last = max((int(m) for m in _MARKER.findall(markers)), default=0)
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


def check_matlab(path: Path) -> None:
    """Look at a MATLAB 5 file (.set) and count what its compressed parts unpack to.

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
