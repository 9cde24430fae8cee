"""The window at other sizes of everything: a process each, as Qt reads the factor once."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

_SHOW = """
from app.compose import Composer
from app.application import application, run_until
from app.settings import Settings
from app.source_spec import SourceSpec
from app.windows import MainWindow

app = application(size_percent)
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


@pytest.mark.parametrize(("by_desktop", "size_percent", "ratio"), [("2", 100, 2.0), ("", 150, 1.5)])
def test_more_pixels_and_the_same_layout(
    display: None, tmp_path: Path, by_desktop: str, size_percent: int, ratio: float
) -> None:
    env = {**os.environ, "EVOKE_DATA_DIR": str(tmp_path)}
    if by_desktop:
        env["QT_SCALE_FACTOR"] = by_desktop
    shown = subprocess.run(
        [sys.executable, "-c", f"size_percent = {size_percent}\n{_SHOW}"],
        check=False,
        capture_output=True,
        text=True,
        env=env,
        timeout=120,
    )
    assert shown.returncode == 0, shown.stderr
    size, state = shown.stdout.splitlines()[-2:]
    width, height, pixels_wide, pixels_high = map(int, size.split())
    assert (pixels_wide, pixels_high) == (round(ratio * width), round(ratio * height))
    assert state == f"{ratio} True"
