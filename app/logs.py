"""Rotating logs and crash reports in the user's data folder, without patient data.

What is said to the user names files, people and values; the log has of it what kind of fault it
was and where in the code. So the texts of errors, and all else that is not the program's own
wording, are left out of it.
"""

from __future__ import annotations

import copy
import faulthandler
import logging
import traceback
from collections.abc import Mapping
from logging.handlers import RotatingFileHandler
from pathlib import Path
from types import TracebackType
from typing import TypeAlias

from evoke.errors import EvokeError
from evoke.paths import log_file, logs_dir

_OWN = ("app", "avatars", "evoke", "models", "__main__")
_LEFT_OUT = "…"

_Raised: TypeAlias = (
    tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]
)


class WithoutTexts(logging.Formatter):
    """A line says when, how bad and where in the code, and the program's own words; of an error its
    kind and its frames. Numbers stay; other values, errors' texts and other libraries' words do
    not."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s:%(lineno)d: %(message)s")

    def format(self, record: logging.LogRecord) -> str:
        kept = copy.copy(record)
        kept.exc_text = None  # another handler's, which may have all of it
        if record.name.partition(".")[0] not in _OWN:
            kept.msg, kept.args = _LEFT_OUT, ()
        elif isinstance(record.args, Mapping):
            kept.args = {name: _kept(value) for name, value in record.args.items()}
        elif record.args:
            kept.args = tuple(map(_kept, record.args))
        return super().format(kept)

    def formatException(self, ei: _Raised) -> str:
        parts: list[str] = []
        error, seen = ei[1], set[int]()
        while error is not None and id(error) not in seen:
            seen.add(id(error))
            frames = "".join(traceback.format_tb(error.__traceback__))
            parts.insert(0, f"{frames}{type(error).__qualname__}")
            hidden = None if error.__suppress_context__ else error.__context__
            error = error.__cause__ or hidden
        return "\nthen\n".join(parts)


def _kept(value: object) -> object:
    """What the log may have of a value: an error's kind and where it was raised, a number."""
    if isinstance(value, BaseException):
        frames = traceback.extract_tb(value.__traceback__)
        where = f" at {Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else ""
        return f"{type(value).__qualname__}{where}"
    return value if isinstance(value, int | float) else _LEFT_OUT


class _Rotating(RotatingFileHandler):
    """Grows on where it cannot be renamed, as on Windows while another window has it open."""

    def doRollover(self) -> None:
        try:
            super().doRollover()
        except OSError:
            self.maxBytes = 0


def start_logging() -> Path | None:
    """Log warnings and worse to a file; None where the data folder cannot be written."""
    try:
        path = log_file()
        handler = _Rotating(path, maxBytes=1_000_000, backupCount=3, encoding="utf-8", delay=True)
        crashes = (logs_dir() / "crash.log").open("a", encoding="utf-8")
    except (OSError, EvokeError):
        return None
    handler.setFormatter(WithoutTexts())
    root = logging.getLogger()
    root.setLevel(logging.INFO)
    root.addHandler(handler)
    faulthandler.enable(crashes)
    return path


def log_to_stderr() -> None:
    """Of a training's process, whose standard error is a file in the run's folder."""
    handler = logging.StreamHandler()
    handler.setFormatter(WithoutTexts())
    logging.basicConfig(level=logging.WARNING, handlers=[handler])
