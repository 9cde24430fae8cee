"""The window on a screen of twice the density: its own process, as Qt reads the factor once."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

_SHOW = """
from app.compose import Composer
from app.application import application, run_until
from app.settings import Settings
from app.source_spec import SourceSpec
from app.windows import MainWindow

app = application()
window = MainWindow(Settings(notice_seen=True, theme="light"), Composer(), keep=False)
window.resize(1280, 720)
window.show()
window.open(SourceSpec("demo"), speed=16.0)
run_until(lambda: window.session.shown_readings > 0, 30)
picture = window.grab()
view = window.session.traces.view
print(window.width(), window.height(), picture.width(), picture.height())
print(view.canvas.devicePixelRatioF(), window.session.shown_readings > 0)
window.close()
"""


def test_twice_the_pixels_and_the_same_layout(display: None, tmp_path: Path) -> None:
    env = {**os.environ, "QT_SCALE_FACTOR": "2", "EVOKE_DATA_DIR": str(tmp_path)}
    shown = subprocess.run(
        [sys.executable, "-c", _SHOW],
        check=False,
        capture_output=True,
        text=True,
        env=env,
        timeout=120,
    )
    assert shown.returncode == 0, shown.stderr
    size, state = shown.stdout.splitlines()[-2:]
    width, height, pixels_wide, pixels_high = map(int, size.split())
    assert (pixels_wide, pixels_high) == (2 * width, 2 * height)
    assert state == "2.0 True"
