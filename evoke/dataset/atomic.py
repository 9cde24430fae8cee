"""Files that appear whole or not at all, whoever else writes them."""

from __future__ import annotations

import os
import sys
import time
import uuid
from collections.abc import Callable
from pathlib import Path

PART = ".part"
"""Ending of a file that is still being written."""

_PATIENCE_S = 1.0 if sys.platform == "win32" else 0.0
_PAUSE_S = 0.02


def write_whole(path: Path, write: Callable[[Path], object], *, durable: bool = True) -> None:
    """Let `write` make a file of another name, then give it the name `path`.

    The other name is nobody else's, so processes that write the same path do not meet: the last
    to finish stays. durable: wait until the disk has it. Raises OSError.
    """
    part = path.with_name(f".{path.name}.{uuid.uuid4().hex}{PART}")
    try:
        write(part)
        if durable:
            with part.open("rb+") as file:
                os.fsync(file.fileno())
        rename_over(part, path)
    finally:
        part.unlink(missing_ok=True)


def rename_over(source: Path, target: Path) -> None:
    """Rename a file, over another if need be. Raises OSError.

    Windows refuses that while somebody has one of the two open, if only for the moment in which a
    window reads it or a virus scanner looks at it: there it is tried again for a second.
    """
    last_try = time.monotonic() + _PATIENCE_S
    while True:
        try:
            os.replace(source, target)
            return
        except PermissionError:
            if time.monotonic() >= last_try:
                raise
        time.sleep(_PAUSE_S)
