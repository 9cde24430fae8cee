"""Where things live on this computer: the one module that knows. Folders are made when first asked
for; who asks for one that cannot be made gets an EvokeError."""

from __future__ import annotations

import os
from pathlib import Path

import platformdirs

from evoke.errors import EvokeError


def _made(folder: Path) -> Path:
    """`folder`, which is made if need be. Raises EvokeError if it cannot be."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        why = "it is no folder" if folder.exists() else error.strerror or error
        raise EvokeError(
            f"{folder} cannot be used: {why}; set EVOKE_DATA_DIR to a folder that can be written."
        ) from error
    return folder


def data_dir() -> Path:
    """The user's data folder; `EVOKE_DATA_DIR` overrides it."""
    override = os.environ.get("EVOKE_DATA_DIR")
    own = override or platformdirs.user_data_dir("EVOKE", appauthor=False)
    return _made(Path(own).expanduser())


def logs_dir() -> Path:
    """Rotating logs and crash reports, without patient data."""
    return _made(data_dir() / "logs")


def log_file() -> Path:
    """What the program notes of itself."""
    return logs_dir() / "evoke.log"


def settings_file() -> Path:
    """The application's settings (JSON)."""
    return data_dir() / "settings.json"


def audit_file() -> Path:
    """What was done with models, a line of JSON each."""
    return data_dir() / "audit.jsonl"


def models_dir() -> Path:
    """Checkpoints that the user trained."""
    return _made(data_dir() / "models")


def runs_dir() -> Path:
    """Training runs."""
    return _made(data_dir() / "runs")


def draft_file() -> Path:
    """What the training wizard was last told (JSON)."""
    return data_dir() / "training.json"


def avatars_dir() -> Path:
    """One's own avatars: a folder for each owner."""
    return _made(data_dir() / "avatars")


def cache_dir() -> Path:
    """What can be computed again: features of files that were read before. Who writes there makes
    it, and goes on where it cannot be made."""
    return data_dir() / "cache"
