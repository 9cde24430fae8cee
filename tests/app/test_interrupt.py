"""Ctrl-C while Qt works."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication

from app.application import run_until

_PLAY = """
import signal
from PySide6.QtCore import QTimer
from app.application import application
from app.main import run
from app.source_spec import SourceSpec

app = application()
QTimer.singleShot(1500, lambda: signal.raise_signal(signal.SIGINT))
print(run(SourceSpec("demo"), keep=False))
"""


def test_waiting_for_qt_ends_and_says_so(qapp: QApplication) -> None:
    before = signal.getsignal(signal.SIGINT)
    QTimer.singleShot(0, lambda: signal.raise_signal(signal.SIGINT))
    with pytest.raises(KeyboardInterrupt):
        run_until(lambda: False, 60)
    assert signal.getsignal(signal.SIGINT) is before


def test_the_window_closes_as_if_it_had_been_closed(display: None, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", _PLAY],
        check=False,
        capture_output=True,
        text=True,
        env={**os.environ, "EVOKE_DATA_DIR": str(tmp_path)},
        timeout=120,
    )
    assert (done.returncode, done.stdout.strip(), done.stderr) == (0, "0", "")
