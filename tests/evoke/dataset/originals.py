"""Ways to spoil a generated original recording."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

import numpy as np

from evoke.dataset.ratings import FILE_NAME

RATE_HZ = 512


def n_channels(path: Path) -> int:
    return int(path.read_bytes()[252:256])


def status_words(path: Path) -> np.ndarray:
    """The last channel's bytes as they lie in the file, (n_samples, 3), read by hand."""
    n = n_channels(path)
    stored = np.frombuffer(path.read_bytes()[256 * (n + 1) :], np.uint8)
    return stored.reshape(-1, n, RATE_HZ, 3)[:, -1].reshape(-1, 3).copy()


def edit_codes(path: Path, edit: Callable[[np.ndarray], None]) -> None:
    """Let `edit` change the codes (n_samples,) of a recording in place."""
    n = n_channels(path)
    content = np.frombuffer(path.read_bytes(), np.uint8).copy()
    stored = content[256 * (n + 1) :].reshape(-1, n, RATE_HZ, 3)
    codes = stored[:, -1, :, 0].ravel()
    edit(codes)
    stored[:, -1, :, 0] = codes.reshape(-1, RATE_HZ)
    path.write_bytes(content.tobytes())


def starts(path: Path) -> list[int]:
    """Samples at which a video starts."""
    codes = status_words(path)[:, 0]
    return [int(i) for i in np.flatnonzero((codes == 4) & (np.append(0, codes[:-1]) != 4))]


def relabel(path: Path, old: str, new: str) -> None:
    content = path.read_bytes()
    assert content.count(old.ljust(16).encode()) == 1
    path.write_bytes(content.replace(old.ljust(16).encode(), new.ljust(16).encode()))


def rating_rows(folder: Path) -> list[dict[str, str]]:
    with (folder / FILE_NAME).open(newline="") as file:
        return list(csv.DictReader(file))


def write_ratings(folder: Path, rows: list[dict[str, str]]) -> None:
    with (folder / FILE_NAME).open("w", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
