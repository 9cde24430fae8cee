from __future__ import annotations

import os
from pathlib import Path

import pytest

from evoke.dataset import atomic
from evoke.dataset.atomic import write_whole


def test_a_file_that_somebody_has_open_for_a_moment_is_waited_for(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Played: Windows alone refuses to rename over a file that is open, and has this patience."""
    path, rename = tmp_path / "a", os.replace
    path.write_text("old")
    readers = [path.open()]

    def refused_while_open(source: Path, target: Path) -> None:
        if not readers:
            return rename(source, target)
        readers.pop().close()
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "replace", refused_while_open)
    monkeypatch.setattr(atomic, "_PATIENCE_S", 60.0)
    write_whole(path, lambda part: part.write_text("new"))
    assert path.read_text() == "new"
