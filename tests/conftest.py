"""Shared by all tests: one BLAS thread (small matrices), and a data folder of their own."""

from __future__ import annotations

from pathlib import Path

import pytest

import app  # noqa: F401 -- limits BLAS threads before numpy is imported
from tests.evoke.training.ray_node import ray_cluster  # noqa: F401 -- a fixture


@pytest.fixture(autouse=True)
def _own_data_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing a test does touches the user's settings, models or logs."""
    monkeypatch.setenv("EVOKE_DATA_DIR", str(tmp_path / "data"))
