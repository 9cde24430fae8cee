"""Rotating logs and crash reports in the user's data folder, without patient data."""

from __future__ import annotations

import faulthandler
import logging
from logging.handlers import RotatingFileHandler
from pathlib import Path

from evoke.errors import EvokeError
from evoke.paths import logs_dir


def start_logging() -> Path | None:
    """Log warnings and worse to a file; None where the data folder cannot be written."""
    try:
        path = logs_dir() / "evoke.log"
        handler = RotatingFileHandler(
            path, maxBytes=1_000_000, backupCount=3, encoding="utf-8", delay=True
        )
        crashes = (logs_dir() / "crash.log").open("a", encoding="utf-8")
    except (OSError, EvokeError):
        return None
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    root = logging.getLogger()
    root.setLevel(logging.INFO)
    root.addHandler(handler)
    faulthandler.enable(crashes)
    return path
