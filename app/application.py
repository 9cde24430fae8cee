"""The one QApplication, and letting it work for a while."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable

from PySide6.QtCore import QEventLoop, Qt, QTimer
from PySide6.QtWidgets import QApplication


def application() -> QApplication:
    """The one QApplication, as the window wants it."""
    running = QApplication.instance()
    if isinstance(running, QApplication):
        return running
    os.environ.setdefault("QT_API", "pyside6")  # qtawesome and pyqtgraph ask for it
    # Mesa's software renderer would take every core from the window for the face.
    os.environ.setdefault("LP_NUM_THREADS", str(max(1, (os.cpu_count() or 2) // 2)))
    sys.setswitchinterval(0.001)  # s: how long the GUI may wait for another thread's Python
    QApplication.setHighDpiScaleFactorRoundingPolicy(
        Qt.HighDpiScaleFactorRoundingPolicy.PassThrough
    )
    app = QApplication(sys.argv[:1])
    app.setApplicationName("EVOKE")
    app.setDesktopFileName("evoke")
    return app


def run_until(condition: Callable[[], bool], seconds: float) -> None:
    """Let Qt work until `condition` holds, or for so long."""
    loop = QEventLoop()
    deadline = time.monotonic() + seconds
    look = QTimer(interval=20)
    look.timeout.connect(
        lambda: loop.quit() if condition() or time.monotonic() > deadline else None
    )
    look.start()
    loop.exec()
