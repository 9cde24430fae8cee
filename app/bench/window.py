"""The window: how soon it is there, how soon it shows what came, and whether it ever hangs."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import time
from collections.abc import Iterator

import numpy as np
from PySide6.QtCore import QEvent, QObject, Qt, QTimer
from PySide6.QtWidgets import QWidget

from app.application import application, run_until
from app.compose import Composer
from app.settings import Settings
from app.source_spec import SourceSpec
from app.windows import MainWindow

_HEARTBEAT_MS = 2
_WARM_STARTS = 3


def start_s() -> dict[str, object]:
    """Seconds from starting the process to the first painted window: the first time, the median
    of some more, and which heavy libraries had been imported."""
    times, heavy = [], []
    for _ in range(1 + _WARM_STARTS):
        began = time.time()
        answer = subprocess.run(
            [sys.executable, "-m", "app.bench.first_paint"],
            capture_output=True,
            text=True,
            check=True,
        )
        said = json.loads(answer.stdout.splitlines()[-1])
        times.append(said["at_s"] - began)
        heavy = said["heavy"]
    return {"cold_s": times[0], "warm_s": float(np.median(times[1:])), "heavy": ", ".join(heavy)}


class _Painted(QObject):
    """Notes, after each paint of the affect panel, how old the readings on it are."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__()
        self._window = window
        self.seen = 0
        self.ages_s: list[float] = []

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() is QEvent.Type.Paint:
            QTimer.singleShot(0, self._note)
        return False

    def _note(self) -> None:
        engine, shown = self._window.engine, self._window.session.shown_readings
        if engine is None or shown <= self.seen:
            return
        now = time.perf_counter()
        self.ages_s += [now - r.arrival_s for r in engine.readings(self.seen)[: shown - self.seen]]
        self.seen = shown


def running(seconds: float) -> dict[str, float]:
    """The demo in a window at real speed, for so long after the model and the face are there.

    painted: from the arrival of a window's last sample to its emotion on the screen.
    block: the longest time between two heartbeats of the GUI thread; its own, measured with the
        face taken away, without what a software renderer takes of the processor.
    frames: of the face, shown in a second, width by height pixels of the screen.
    """
    app = application()
    window = MainWindow(Settings(notice_seen=True), Composer(), keep=False)
    window.resize(1440, 900)
    window.show()
    window.open(SourceSpec("demo"))
    run_until(lambda: bool(window.engine and window.engine.readings()), 60)
    run_until(lambda: window.session.avatar.ready, 30)
    painted = _Painted(window)
    painted.seen = window.session.shown_readings
    for widget in window.session.affect.findChildren(QWidget):
        widget.installEventFilter(painted)
    face = window.session.avatar
    before = face.frames
    with_face = _beats(seconds)
    frames_s = (face.frames - before) / (with_face.sum() / 1000)
    size = face.size() * face.devicePixelRatioF()
    ages = np.array(painted.ages_s) * 1000
    face.stop()
    without_face = _beats(seconds / 2)
    window.leave()
    app.processEvents()
    return {
        "readings": float(len(ages)),
        "painted_median_ms": float(np.median(ages)),
        "painted_p95_ms": float(np.percentile(ages, 95)),
        "longest_block_ms": float(with_face.max()),
        "own_longest_block_ms": float(without_face.max()),
        "frames_s": frames_s,
        "width_px": size.width(),
        "height_px": size.height(),
    }


def _beats(seconds: float) -> np.ndarray:
    """Times in ms between two beats of the GUI thread."""
    with heartbeat() as heart:
        run_until(lambda: False, seconds)
    return heart.between_ms


class Heart:
    """Beats of the GUI thread, in s; and its processor's time at each."""

    def __init__(self) -> None:
        self.beats: list[float] = []
        self._worked: list[float] = []

    def beat(self) -> None:
        self.beats.append(time.perf_counter())
        self._worked.append(time.thread_time())

    @property
    def between_ms(self) -> np.ndarray:
        return np.diff(self.beats) * 1000

    @property
    def worked_ms(self) -> np.ndarray:
        """Between two beats, what the thread worked itself: without waiting for other programs."""
        return np.diff(self._worked) * 1000


@contextlib.contextmanager
def heartbeat() -> Iterator[Heart]:
    """Lets the GUI thread's heart beat for the length of a with-block."""
    heart = Heart()
    timer = QTimer(interval=_HEARTBEAT_MS, timerType=Qt.TimerType.PreciseTimer)
    timer.timeout.connect(heart.beat)
    timer.start()
    yield heart
    timer.stop()
