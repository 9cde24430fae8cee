"""Features on disk, so that no recording is read and filtered twice.

An entry's name is the hash of everything that decides its contents: the bytes of the recording, the
feature extractor, the baseline, the step, and the version of this code. It holds plain arrays
behind their SHA-256, and is looked at as a whole before it is believed; what does not fit is thrown
away and computed again.

Processes need no lock: an entry appears under its name in one step, and whoever writes it writes
the same. A cache that cannot be written (a full disk) costs time, nothing else.
"""

from __future__ import annotations

import hashlib
import io
import json
import logging
import os
import time
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from evoke import paths
from evoke.dataset.atomic import PART, write_whole

log = logging.getLogger(__name__)

CACHE_VERSION = 3
"""To be raised with every change of code that changes features of the same file, or what is kept
with them."""

LIMIT_BYTES = 4 * 2**30
"""All entries together; the longest unused go first. Whole DEAP takes 39 MB for each setting of
non-overlapping windows, 157 MB at four windows a second, 1.3 GB as raw windows."""

_SUFFIX = ".features"
_DIGEST_BYTES = 32
_KEY = "key"
_ABANDONED_S = 3600.0
"""Age of an unfinished file after which its writer is taken for dead."""

Arrays = dict[str, NDArray[np.generic]]


def cache_key(settings: Mapping[str, object]) -> str:
    """The name of the entry for `settings` (JSON), which must hold all that decides it."""
    text = json.dumps({"version": CACHE_VERSION, **settings}, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


class FeatureCache:
    """A folder of entries, each a dictionary of arrays of plain numbers or text.

    folder: by default that of the user's data folder. Safe for many processes and threads at once.
    """

    def __init__(self, folder: Path | None = None, limit_bytes: int = LIMIT_BYTES) -> None:
        self.folder = paths.cache_dir() if folder is None else folder
        self.limit_bytes = limit_bytes

    def get(self, key: str, compute: Callable[[], Arrays]) -> Arrays:
        """The entry `key`, from disk or else computed and stored."""
        arrays = self.load(key)
        if arrays is None:
            arrays = compute()
            self.store(key, arrays)
        return arrays

    def load(self, key: str) -> Arrays | None:
        """The entry `key`, None if there is none. A damaged one is deleted."""
        path = self._path(key)
        try:
            content = path.read_bytes()
        except OSError:
            return None
        arrays = _unpacked(content, key)
        if arrays is None:
            log.warning("%s is damaged and is computed again", path.name)
            path.unlink(missing_ok=True)
            return None
        try:
            os.utime(path)  # it was used: the last to go
        except OSError as error:
            log.info("%s cannot be marked as used: %s", path.name, error)
        return arrays

    def store(self, key: str, arrays: Arrays) -> None:
        """Keep an entry, and drop the longest unused ones beyond the limit."""
        content = _packed(key, arrays)
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            write_whole(self._path(key), lambda part: part.write_bytes(content), durable=False)
            self._shrink(key)
        except OSError as error:
            log.warning("%s cannot be written, features are not kept: %s", self.folder, error)

    def _path(self, key: str) -> Path:
        return self.folder / f"{key}{_SUFFIX}"

    def _shrink(self, newest: str) -> None:
        now = time.time()
        for part in self.folder.glob(f".*{PART}"):
            if now - _stat(part)[0] > _ABANDONED_S:
                part.unlink(missing_ok=True)
        entries = [(*_stat(path), path) for path in self.folder.glob(f"*{_SUFFIX}")]
        total = sum(size for _, size, _ in entries)
        for _, size, path in sorted(entries):
            if total <= self.limit_bytes:
                break
            if path != self._path(newest):
                path.unlink(missing_ok=True)
                total -= size


def _stat(path: Path) -> tuple[float, int]:
    """Time of the last use, and size; of a file that another process has just deleted, nothing."""
    try:
        status = path.stat()
    except FileNotFoundError:
        return time.time(), 0
    return status.st_mtime, status.st_size


def _packed(key: str, arrays: Arrays) -> bytes:
    payload = io.BytesIO()
    np.savez(payload, **{_KEY: np.array(key), **arrays})  # type: ignore[arg-type]
    content = payload.getvalue()
    return hashlib.sha256(content).digest() + content


def _unpacked(content: bytes, key: str) -> Arrays | None:
    """What `_packed` was given, None unless every byte is as it was and the key is this one."""
    digest, payload = content[:_DIGEST_BYTES], content[_DIGEST_BYTES:]
    if hashlib.sha256(payload).digest() != digest:
        return None
    try:
        with np.load(io.BytesIO(payload), allow_pickle=False) as stored:
            arrays = {name: stored[name] for name in stored.files}
    except (ValueError, OSError, EOFError, zipfile.BadZipFile):  # a whole file of another kind
        return None
    if _KEY not in arrays or str(arrays.pop(_KEY)) != key:
        return None
    return arrays
