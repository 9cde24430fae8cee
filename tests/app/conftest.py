"""The real window on a real screen (Xvfb where there is none), playing the demo."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

from app import theme
from app.application import application
from app.compose import Composer
from app.screen import screen
from app.settings import Settings
from app.source_spec import SourceSpec
from app.windows import MainWindow

WAIT_MS = 40_000
"""How long a test waits for what takes a second on an idle machine."""

OpenWindow = Callable[..., MainWindow]


@pytest.fixture(scope="session")
def display() -> Iterator[None]:
    with screen() as there:
        if not there:
            pytest.skip("no screen, and no Xvfb to make one")
        yield


@pytest.fixture(scope="session")
def qapp(display: None) -> QApplication:
    return application()


@pytest.fixture(scope="session")
def dressed(qapp: QApplication) -> None:
    """For pages without a window: the light theme. Once, since dressing takes long where many
    widgets are."""
    theme.apply("light")


@pytest.fixture
def data_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("EVOKE_DATA_DIR", str(tmp_path))
    return tmp_path


@pytest.fixture(scope="session")
def composer() -> Composer:
    """The application's own, its network loaded once."""
    made = Composer()
    made.classifier()
    return made


def settle() -> None:
    """Let Qt delete what was marked for deletion."""
    for _ in range(3):
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
        QApplication.processEvents()
        gc.collect()


def _discard(window: MainWindow) -> None:
    window.leave()
    window.deleteLater()


@pytest.fixture
def open_window(
    qapp: QApplication, qtbot: object, data_dir: Path, composer: Composer
) -> Iterator[OpenWindow]:
    """Opens windows, closes them after the test, and fails on any widget that stays behind."""
    before = set(QApplication.topLevelWidgets())
    windows: list[MainWindow] = []

    def make(settings: Settings | None = None, size: tuple[int, int] = (1440, 900)) -> MainWindow:
        own = replace(composer)  # a model put to work in one test is not in the next
        window = MainWindow(settings or Settings(notice_seen=True, theme="light"), own)
        window.resize(*size)
        window.show()
        windows.append(window)
        return window

    yield make
    while windows:
        _discard(windows.pop())
    settle()
    left = [w for w in QApplication.topLevelWidgets() if w not in before]
    assert not left, f"left behind: {left}"


@pytest.fixture
def demo_window(open_window: OpenWindow, qtbot: object) -> MainWindow:
    """A window that plays the demo and has read something."""
    window = open_window()
    play(window, qtbot, SourceSpec("demo"))
    return window


def play(window: MainWindow, qtbot: object, spec: SourceSpec) -> None:
    """Open a source and wait for its first reading, sixteen times as fast as it would come."""
    window.open(spec, speed=16.0)
    qtbot.waitUntil(lambda: window.engine is not None, timeout=WAIT_MS)  # type: ignore[attr-defined]
    qtbot.waitUntil(lambda: window.session.shown_readings > 0, timeout=WAIT_MS)  # type: ignore[attr-defined]


def tab_stops(window: MainWindow, qtbot: object) -> list[QWidget]:
    """Where Tab lands on the page that is shown, once round."""
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow, timeout=WAIT_MS)  # type: ignore[attr-defined]
    window.setFocus()
    stops: list[QWidget] = []
    for _ in range(200):
        QTest.keyClick(QApplication.focusWidget() or window, Qt.Key.Key_Tab)
        here = QApplication.focusWidget()
        if here in stops:
            return stops
        stops.append(here)
    raise AssertionError("Tab never comes round")
