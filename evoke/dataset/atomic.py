"""Files that appear whole or not at all, whoever else writes them."""

from __future__ import annotations

import os
import uuid
from collections.abc import Callable
from pathlib import Path

PART = ".part"
"""Ending of a file that is still being written."""


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
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
