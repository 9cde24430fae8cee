"""Where things live on this computer: the one module that knows."""

from __future__ import annotations

import os
from pathlib import Path

import platformdirs


def data_dir() -> Path:
    """The user's data folder; `EVOKE_DATA_DIR` overrides it. Created when first asked for."""
    override = os.environ.get("EVOKE_DATA_DIR")
    own = override or platformdirs.user_data_dir("EVOKE", appauthor=False)
    folder = Path(own).expanduser()
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def logs_dir() -> Path:
    """Rotating logs and crash reports, without patient data."""
    folder = data_dir() / "logs"
    folder.mkdir(exist_ok=True)
    return folder


def settings_file() -> Path:
    """The application's settings (JSON)."""
    return data_dir() / "settings.json"


def audit_file() -> Path:
    """What was done with models, a line of JSON each."""
    return data_dir() / "audit.jsonl"


def models_dir() -> Path:
    """Checkpoints that the user trained."""
    folder = data_dir() / "models"
    folder.mkdir(exist_ok=True)
    return folder


def runs_dir() -> Path:
    """Training runs."""
    folder = data_dir() / "runs"
    folder.mkdir(exist_ok=True)
    return folder


def draft_file() -> Path:
    """What the training wizard was last told (JSON)."""
    return data_dir() / "training.json"


def avatars_dir() -> Path:
    """One's own avatars: a folder for each owner."""
    folder = data_dir() / "avatars"
    folder.mkdir(exist_ok=True)
    return folder


def cache_dir() -> Path:
    """What can be computed again: features of files that were read before."""
    folder = data_dir() / "cache"
    folder.mkdir(exist_ok=True)
    return folder
