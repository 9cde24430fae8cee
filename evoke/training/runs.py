"""A run's folder: what was asked for, and each fold as its last epoch left it.

    run.json                what the run was begun with; a resumed run must ask for the same
    fold-1.safetensors ...  weights, optimiser, best epoch; replaced whole after every epoch
    lock                    held, by the operating system, for as long as a process works here

Random numbers need no storing: those of an epoch follow from the seed and its number.
"""

from __future__ import annotations

import contextlib
import errno
import json
import os
import sys
from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from evoke.dataset.atomic import PART, write_whole
from evoke.errors import TrainingError
from evoke.training.events import Finish
from evoke.training.ways import Way

SCHEMA = 1

FULL = {errno.ENOSPC, errno.EFBIG, getattr(errno, "EDQUOT", errno.ENOSPC)}
"""What a disk, or a user's share of it, says that is full."""

_MOST_HEAD = 2**22
"""Bytes; a real one has some thousands."""

_DAMAGED = (ValueError, LookupError, TypeError, OverflowError, RecursionError)
"""What reading a damaged file comes to; the last, where it is nested a thousand deep."""

_HASHED = {"data": "other data than these", "teachers": "another teacher than this"}
"""Settings whose hashes tell nobody anything."""

_LOCKED_BYTE = 2**30
"""Beyond the process id, which stays readable on Windows then."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a fold is. batch: windows in a batch, less than asked for where memory ran out;
    best_nll: None before the first epoch, and where nothing is validated; finish: a `Finish` by
    name, None while epochs are left; ways: how its epochs were trained, in order."""

    epoch: int
    batch: int
    best_epoch: int
    best_nll: float | None
    finish: str | None
    ways: tuple[Way, ...] = ()


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A fold between two epochs: tensors by name, in memory of the host."""

    progress: Progress
    tensors: Mapping[str, NDArray[Any]]


class Keeper(Protocol):
    """Keeps the epochs of folds, counted from 1; `RunFolder` does so on disk."""

    def save(self, fold: int, snapshot: Snapshot) -> None: ...

    def load(self, fold: int) -> Snapshot | None: ...

    def flush(self) -> None: ...


class RunFolder:
    """One run on disk, locked against a second process; use it in a `with`.

    Files are written by a thread of its own while the next epoch trains; what goes wrong there is
    raised by the next `save`, or by `flush`.
    """

    def __init__(self, path: Path, resume: bool = False) -> None:
        """Raises TrainingError if the folder is in use, cannot be made, holds a run that was not
        to be resumed, or none to resume."""
        self.path = path
        begun = (path / "run.json").exists()
        if resume and not begun:
            raise TrainingError(f"{path} holds no run to resume.")
        if begun and not resume:
            raise TrainingError(f"{path} holds a run already: resume it, or choose another folder.")
        try:
            path.mkdir(parents=True, exist_ok=True)
            self._lock = lock(path)
            clear_half_made(path)  # by a process that was killed
        except OSError as error:
            raise TrainingError(f"{path} cannot hold a run: {error.strerror}.") from error
        self._writer = ThreadPoolExecutor(1, thread_name_prefix="run-folder")
        self._pending: dict[int, Future[None]] = {}
        self._kept: dict[int, int] = {}

    def __enter__(self) -> RunFolder:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        self._writer.shutdown()
        os.close(self._lock)
        if kind is None:
            self.flush()

    def begin(self, settings: Mapping[str, Any], about: Mapping[str, Any]) -> None:
        """Write what the run is begun with; in a resumed run, compare it.

        settings: all that decides the outcome. about: what is good to know, such as versions.
        Raises TrainingError with the first setting that differs.
        """
        asked = json.loads(json.dumps(settings))  # as JSON keeps it: tuples become lists
        path = self.path / "run.json"
        if not path.exists():
            stored = {"schema": SCHEMA, "settings": asked, "about": dict(about)}
            self._write(path, json.dumps(stored, indent=1).encode())
            return
        try:
            stored = json.loads(path.read_text())
            schema, begun = stored["schema"], dict(stored["settings"])
        except (OSError, *_DAMAGED) as error:
            raise TrainingError(f"{path} is damaged: it does not say what was begun.") from error
        if schema != SCHEMA:
            raise TrainingError(f"{path} has schema {schema!r}, this version reads {SCHEMA}.")
        for name in sorted(begun.keys() | asked.keys()):
            was, now = begun.get(name), asked.get(name)
            if was != now and name in _HASHED:
                raise TrainingError(
                    f"{self.path} was begun with {_HASHED[name]}: bring back what was there, then "
                    "resume, or begin anew."
                )
            if was != now:
                raise TrainingError(
                    f"{self.path} was begun with {name} {was!r}, now it is {now!r}; a run is "
                    "resumed with what it was begun with."
                )

    def save(self, fold: int, snapshot: Snapshot) -> None:
        """Replace what is stored of a fold, counted from 1. Raises TrainingError if the last
        `save` of that fold could not be written."""
        if fold in self._pending:
            self._pending.pop(fold).result()
        self._pending[fold] = self._writer.submit(self._store, fold, snapshot)

    def flush(self) -> None:
        """Wait until all is written. Raises TrainingError for what could not be."""
        while self._pending:
            self._pending.popitem()[1].result()

    def load(self, fold: int) -> Snapshot | None:
        """What is stored of a fold, or None. Raises TrainingError if that is damaged."""
        snapshot = load_fold(self.path, fold)
        if snapshot is not None:
            self._kept[fold] = snapshot.progress.epoch
        return snapshot

    def _store(self, fold: int, snapshot: Snapshot) -> None:
        from safetensors.numpy import save

        tensors = {name: np.asarray(t, order="C") for name, t in snapshot.tensors.items()}
        metadata = {"evoke": json.dumps(asdict(snapshot.progress))}
        kept = self._kept.get(fold)
        remains = f"; fold {fold} is kept as epoch {kept} left it" if kept else ""
        self._write(fold_path(self.path, fold), save(tensors, metadata), remains)
        self._kept[fold] = snapshot.progress.epoch

    def _write(self, path: Path, content: bytes, remains: str = "") -> None:
        """Write whole or not at all."""
        try:
            write_whole(path, lambda part: part.write_bytes(content))
        except OSError as error:
            remedy = "; make room there, then resume" if error.errno in FULL else ""
            raise TrainingError(
                f"{path} could not be written: {error.strerror}{remains}{remedy}."
            ) from error


def fold_path(folder: Path, fold: int) -> Path:
    """Where a run's folder keeps a fold, counted from 1."""
    return folder / f"fold-{fold}.safetensors"


def load_fold(folder: Path, fold: int) -> Snapshot | None:
    """What a run's folder holds of a fold, or None. Raises TrainingError if that is damaged."""
    from safetensors import SafetensorError, safe_open

    path = fold_path(folder, fold)
    if not path.exists():
        return None
    try:
        with safe_open(path, framework="np") as file:
            progress = _progress(file.metadata()["evoke"])
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
            finish = progress.finish
            if finish is not None and finish not in Finish.__members__:
                raise ValueError(finish)
    except (SafetensorError, OSError, *_DAMAGED) as error:
        raise TrainingError(
            f"{path} is damaged: without it, fold {fold} would begin again."
        ) from error
    return Snapshot(progress, tensors)


def stored_progress(folder: Path, fold: int) -> Progress | None:
    """How far a run's folder holds a fold, counted from 1; None where it holds none that can be
    read."""
    try:
        return _progress(_head(fold_path(folder, fold))["__metadata__"]["evoke"])
    except (OSError, *_DAMAGED):
        return None


def stored_epoch(folder: Path, fold: int) -> int | None:
    """The epoch that a run's folder holds of a fold, as `stored_progress`."""
    progress = stored_progress(folder, fold)
    return progress.epoch if progress is not None else None


def _progress(text: str) -> Progress:
    """From JSON. Raises one of `_DAMAGED`."""
    fields = json.loads(text)
    ways = tuple(Way(*way) for way in fields.pop("ways", ()))
    return Progress(**fields, ways=ways)


def is_whole(path: Path) -> bool:
    """Whether a safetensors file is there, as long as its head says: what can be seen of it
    without reading it all. One that cannot be read just now is not taken for a damaged one."""
    try:
        return bool(_head(path))
    except (FileNotFoundError, *_DAMAGED):
        return False
    except OSError:
        return True


def _head(path: Path) -> dict[str, Any]:
    """Of a safetensors file: 8 bytes for its length, then JSON, which says where tensors end.
    Raises OSError, or one of `_DAMAGED`."""
    with path.open("rb") as file:
        size = int.from_bytes(file.read(8), "little")
        head = dict(json.loads(file.read(min(size, _MOST_HEAD))))
    ends = [int(of["data_offsets"][1]) for name, of in head.items() if name != "__metadata__"]
    if path.stat().st_size != 8 + size + max(ends, default=0):
        raise ValueError(f"{path} is cut off")
    return head


def is_begun(folder: Path) -> bool:
    """Whether a folder says what its run was begun with, so that this version can resume it, or
    cannot be read just now."""
    try:
        stored = json.loads((folder / "run.json").read_text())
        return stored["schema"] == SCHEMA and isinstance(stored["settings"], dict)
    except (FileNotFoundError, NotADirectoryError, *_DAMAGED):
        return False
    except OSError:
        return True


def clear_half_made(folder: Path) -> None:
    """Remove what processes that were killed in mid-write have left there."""
    for half_made in folder.glob(f".*{PART}"):
        with contextlib.suppress(OSError):
            half_made.unlink()


def lock(folder: Path) -> int:
    """A file handle that holds the folder's lock. It goes when the process does, however it
    ends, so no lock outlives a crash. Raises TrainingError if another process holds it, or it
    cannot be had."""
    try:
        handle = _open(folder / "lock", os.O_CREAT)
    except OSError as error:
        raise TrainingError(f"{folder} cannot be used: its lock: {error.strerror}.") from error
    try:
        _claim(handle)
    except OSError as error:
        owner = _owner(handle) or "another"
        os.close(handle)
        raise TrainingError(f"{folder} is in use by process {owner}.") from error
    said = f"{os.getpid()}\n".encode()
    with contextlib.suppress(OSError):  # it holds all the same, on a full disk, say
        os.truncate(handle, os.write(handle, said))
        return handle
    with contextlib.suppress(OSError):
        os.truncate(handle, 0)  # an earlier process must not be taken for this one
    return handle


def lockable(folder: Path) -> bool:
    """Whether the folder's lock can be opened, whoever holds it."""
    try:
        os.close(_open(folder / "lock", os.O_CREAT))
    except OSError:
        return False
    return True


def locked_by(folder: Path) -> int | None:
    """The process that holds the folder's lock (0 if it cannot be told, as where it may not be
    written), or None. For as long as this looks, which is microseconds, nobody else can take the
    lock."""
    try:
        handle = _open(folder / "lock")
    except OSError:
        return None
    try:
        _claim(handle)
    except OSError:
        return (_owner(handle) or 0) if os.access(folder / "lock", os.W_OK) else 0
    finally:
        os.close(handle)
    return None


@contextlib.contextmanager
def kept_free(folder: Path) -> Iterator[bool]:
    """Whether no process holds the folder's lock; then none can take it meanwhile."""
    try:
        handle = _open(folder / "lock")
    except OSError:  # nothing ever worked there
        yield False
        return
    try:
        _claim(handle)
        free = True
    except OSError:
        free = False
    try:
        yield free
    finally:
        os.close(handle)


def _open(path: Path, flags: int = 0) -> int:
    """For reading where it cannot be written: that can be locked, too. Raises OSError."""
    try:
        return os.open(path, os.O_RDWR | flags, 0o644)
    except FileNotFoundError:
        raise
    except OSError:
        return os.open(path, os.O_RDONLY)


def _owner(handle: int) -> int | None:
    """The process that a lock says it is held by, where it says so."""
    try:
        owner = os.read(handle, 20).decode(errors="replace").strip()
    except OSError:
        return None
    return int(owner) if owner.isdecimal() else None


def _claim(handle: int) -> None:
    """Raises OSError if the file is locked already."""
    if sys.platform == "win32":
        import msvcrt

        os.lseek(handle, _LOCKED_BYTE, os.SEEK_SET)
        try:
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        finally:
            os.lseek(handle, 0, os.SEEK_SET)
    else:
        import fcntl

        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
