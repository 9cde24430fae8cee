"""Writes BDF, the 24-bit form of EDF, as BioSemi's own recorder does.

Not through pyEDFlib: it writes BDF+, whose annotation channel comes last, where plain BDF has the
status channel, and a status word is 24 separate bits, not a voltage to be scaled.
Layout: https://www.biosemi.com/faq/file_format.htm
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

FULL_SCALE = 2**23
"""Samples are integers from -FULL_SCALE to FULL_SCALE - 1."""

_START = ("01.01.00", "00.00.00")
"""Date and time of every file: the same signals give the same bytes."""


@dataclass(frozen=True, slots=True)
class Signal:
    """One channel: its label, its unit, and its range, from -half_range to half_range - 1 units.

    BioSemi's amplifiers reach +-262 mV in steps of 1/32 uV.
    """

    label: str
    unit: str = "uV"
    half_range: int = 262_144

    @property
    def step(self) -> float:
        """Units in one step of the converter, as a reader works it out from the header."""
        return (2 * self.half_range - 1) / (2 * FULL_SCALE - 1)


def write_bdf(
    file: BinaryIO,
    signals: Sequence[Signal],
    rate_hz: int,
    blocks: Iterable[NDArray[np.float64]],
    patient: str = "",
) -> None:
    """Write a recording in records of one second.

    file: opened for writing, seekable. blocks: (n_signals, whole seconds of samples) each, in the
    signals' units, in order. patient: the 80 characters of the header that name the person.
    """
    steps = np.array([[s.step] for s in signals])
    lowest = np.array([[-s.half_range] for s in signals])
    file.write(_header(signals, rate_hz, 0, patient))
    n_records = 0
    for block in blocks:
        counted = np.rint((block - lowest) / steps) - FULL_SCALE
        stored = np.clip(counted, -FULL_SCALE, FULL_SCALE - 1).astype("<i4")
        records = stored.reshape(len(signals), -1, rate_hz).swapaxes(0, 1)
        n_records += len(records)
        as_bytes = np.ascontiguousarray(records).view(np.uint8).reshape(-1, 4)
        file.write(np.ascontiguousarray(as_bytes[:, :3]).data)  # the fourth only repeats the sign
    file.seek(0)
    file.write(_header(signals, rate_hz, n_records, patient))


def _header(signals: Sequence[Signal], rate_hz: int, n_records: int, patient: str) -> bytes:
    n = len(signals)
    head = (
        _text(patient, 80) + _text("", 80) + _text(_START[0], 8) + _text(_START[1], 8),
        _text(256 * (n + 1), 8) + _text("24BIT", 44) + _text(n_records, 8) + _text(1, 8),
        _text(n, 4),
        *(_text(s.label, 16) for s in signals),
        *(_text("", 80) for _ in signals),  # transducer
        *(_text(s.unit, 8) for s in signals),
        *(_text(-s.half_range, 8) for s in signals),
        *(_text(s.half_range - 1, 8) for s in signals),
        *(_text(-FULL_SCALE, 8) for _ in signals),
        *(_text(FULL_SCALE - 1, 8) for _ in signals),
        *(_text("", 80) for _ in signals),  # analogue filters
        *(_text(rate_hz, 8) for _ in signals),
        *(_text("", 32) for _ in signals),  # reserved
    )
    return b"\xffBIOSEMI" + b"".join(head)


def _text(value: object, width: int) -> bytes:
    return str(value).encode("ascii")[:width].ljust(width)
