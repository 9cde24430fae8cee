"""Writing files so that a reader never meets half of one."""

from __future__ import annotations

import tempfile
from itertools import count
from pathlib import Path

from evoke.dataset.atomic import rename_over, write_whole
from evoke.errors import EvokeError


def write_atomically(path: Path, content: str | bytes, *, durable: bool = False) -> None:
    """Write beside `path`, then rename; durable: only once the disk has it. Raises EvokeError if
    the folder cannot be written."""
    data = content.encode() if isinstance(content, str) else content
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, lambda part: part.write_bytes(data), durable=durable)
    except OSError as error:
        raise EvokeError(f"{path} could not be written: {error.strerror or error}.") from error


def set_aside(path: Path) -> Path:
    """Rename a damaged file, never over another, and return where it is now. Raises EvokeError."""
    names = (path.with_suffix(f".damaged{f'-{k}' if k else ''}") for k in count())
    aside = next(name for name in names if not name.exists())
    try:
        rename_over(path, aside)
    except OSError as error:
        raise EvokeError(f"{path} could not be set aside: {error.strerror or error}.") from error
    return aside


def writable_folder(folder: Path) -> Path:
    """Make `folder` if need be. Raises EvokeError unless files can be made in it."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=folder, prefix=".evoke-"):
            pass
    except OSError as error:
        raise EvokeError(
            f"{folder} must be a folder that can be written to: {error.strerror or error}."
        ) from error
    return folder
