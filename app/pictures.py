"""Pictures of a replay: the window as the user would see it, and the face alone."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QSize

from app.application import application, run_until
from app.compose import Composer
from app.files import write_atomically
from app.headless import PICTURES
from app.png import png_bytes
from app.settings import Settings
from app.source_spec import SourceSpec
from app.windows import MainWindow
from evoke.engine import Engine
from evoke.types import Phase

SIZE = QSize(1440, 900)
_SHOWN_S = 90.0
"""The end of a longer recording is enough for a picture."""


def draw(
    spec: SourceSpec, trial: int | None, composer: Composer, settings: Settings, out: Path
) -> list[str]:
    """Play a trial to its end in a window, light and of a usual size, by the user's settings, and
    save window.png and avatar.png to `out`. Nothing is sent anywhere.

    Returns the names of what was drawn. Needs a screen. Raises EvokeError.
    """
    app = application()
    settings = settings.changed(
        theme="light", notice_seen=True, geometry="", docks="", send_vmc=False, lsl="off"
    )
    window = MainWindow(settings, composer, keep=False)
    try:
        return _drawn(window, replace(spec, trial=trial), out)
    finally:  # also where it was interrupted: Qt does not survive threads that go on
        window.leave()
        app.processEvents()


def _drawn(window: MainWindow, spec: SourceSpec, out: Path) -> list[str]:
    window.resize(SIZE)
    window.show()
    window.open(spec)
    run_until(lambda: window.engine is not None, 30)
    engine = window.engine
    if engine is not None and engine.transport is not None:
        start_s = engine.transport.duration_s - _SHOWN_S
        if start_s > 0:
            engine.transport.seek(start_s)
        end_s = engine.transport.duration_s - 0.5
        for speed, until_s in ((16.0, end_s - 4.0), (2.0, end_s)):  # slow in time for the end
            engine.transport.set_speed(speed)
            run_until(lambda until_s=until_s: _reached(engine, until_s), 60)  # type: ignore[misc]
        engine.transport.pause()
    run_until(lambda: window.session.avatar.ready, 30)
    run_until(lambda: False, 1.5)  # the face takes a moment to arrive at its expression
    views = (window, window.session.avatar)
    for name, picture in zip(PICTURES, [view.grab() for view in views], strict=True):
        write_atomically(out / name, png_bytes(picture.toImage()))
    return list(PICTURES)


def _reached(engine: Engine, position_s: float) -> bool:
    status = engine.status()
    return status.position_s >= position_s or status.phase in {Phase.ENDED, Phase.FAILED}
