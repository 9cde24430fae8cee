"""The one QApplication, and letting it work for a while."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from PySide6.QtCore import QEventLoop, QLocale, Qt, QTimer
from PySide6.QtGui import QSurfaceFormat
from PySide6.QtWidgets import QApplication, QScrollArea, QWidget

from app.panels.driver import surface_format

_AWAKE_MS = 200


def application(size_percent: int = 100) -> QApplication:
    """The one QApplication, as the window wants it. size_percent: of everything, on top of what
    the desktop asks for."""
    running = QApplication.instance()
    if isinstance(running, QApplication):
        return running
    os.environ.setdefault("QT_API", "pyside6")  # qtawesome and pyqtgraph ask for it
    # Mesa's software renderer would take every core from the window for the face.
    os.environ.setdefault("LP_NUM_THREADS", str(max(1, (os.cpu_count() or 2) // 2)))
    if size_percent != 100:
        os.environ.setdefault("QT_SCALE_FACTOR", f"{size_percent / 100:g}")
    sys.setswitchinterval(0.001)  # s: how long the GUI may wait for another thread's Python
    QApplication.setHighDpiScaleFactorRoundingPolicy(
        Qt.HighDpiScaleFactorRoundingPolicy.PassThrough
    )
    QLocale.setDefault(QLocale.c())  # figures and dates in the language of the words around them
    if sys.platform == "darwin":  # there Qt shares none between two profiles, and its own is 2.1
        QSurfaceFormat.setDefaultFormat(surface_format())
    app = QApplication(sys.argv[:1])
    app.setApplicationName("EVOKE")
    app.setDesktopFileName("evoke")
    app.focusChanged.connect(_into_view)
    return app


def _into_view(_old: QWidget | None, now: QWidget | None) -> None:
    """Scroll to what Tab has reached out of sight; Qt does so within an area, not on the way into
    it."""
    if now is None or not now.visibleRegion().isEmpty():
        return
    area = now.parentWidget()
    while area is not None:
        if isinstance(area, QScrollArea):
            area.ensureWidgetVisible(now)
        area = area.parentWidget()


@contextmanager
def on_interrupt(do: Callable[[], object]) -> Iterator[None]:
    """While Qt works, what Ctrl-C does: raised in the midst of a slot, it would be swallowed."""
    before = signal.signal(signal.SIGINT, lambda *_: do())
    awake = QTimer(interval=_AWAKE_MS)  # Python hears of a signal only when it runs
    awake.timeout.connect(lambda: None)
    awake.start()
    try:
        yield
    finally:
        awake.stop()
        signal.signal(signal.SIGINT, before)


def run_until(condition: Callable[[], bool], seconds: float) -> None:
    """Let Qt work until `condition` holds, or for so long. Raises KeyboardInterrupt."""
    loop = QEventLoop()
    interrupted = False

    def interrupt() -> None:
        nonlocal interrupted
        interrupted = True
        loop.quit()

    deadline = time.monotonic() + seconds
    look = QTimer(interval=20)
    look.timeout.connect(
        lambda: loop.quit() if condition() or time.monotonic() > deadline else None
    )
    look.start()
    with on_interrupt(interrupt):
        loop.exec()
    if interrupted:
        raise KeyboardInterrupt
