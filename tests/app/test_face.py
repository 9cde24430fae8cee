"""The two hosts of the face survive what a window goes through."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from PySide6.QtWidgets import QApplication, QWidget

from app.avatar_pictures import pixels
from app.panels.driver import probe_driver
from app.panels.face import Face, FaceView, HardwareFace, SoftwareFace
from avatars import Scene, load_scene

WAIT_MS = 20_000


@pytest.fixture(scope="module")
def scene() -> Scene:
    return load_scene("mira")


@pytest.fixture(params=[HardwareFace, SoftwareFace])
def view(request: pytest.FixtureRequest, qapp: QApplication, scene: Scene) -> Iterator[FaceView]:
    if not probe_driver().usable:
        pytest.skip("no OpenGL 3.3 here")
    made = request.param(scene)
    made.resize(200, 160)
    yield made
    made.stop()
    made.deleteLater()


def skin(view: FaceView) -> float:
    """Share of the picture that has the colour of skin."""
    rgb = pixels(view.grab().toImage().convertToFormat(view.grab().toImage().Format.Format_RGB888))
    red, green, blue = rgb.astype(float).transpose(2, 0, 1)
    return float(np.mean((red > 1.25 * blue) & (red > green) & (red > 60)))


def appears(qtbot: object, view: FaceView) -> None:
    qtbot.waitUntil(lambda: skin(view) > 0.05, timeout=WAIT_MS)  # type: ignore[attr-defined]


def test_it_is_drawn_at_every_size(qtbot, view):
    view.show()
    view.wear(Face({"happy": 1.0}))
    appears(qtbot, view)
    for size in ((420, 300), (90, 240), (200, 160)):
        view.resize(*size)
        appears(qtbot, view)
        assert (view.grab().width(), view.grab().height()) == size


def test_it_comes_back_after_it_was_hidden_or_minimised(qtbot, view):
    view.show()
    appears(qtbot, view)
    view.hide()
    view.show()
    appears(qtbot, view)
    view.showMinimized()
    view.showNormal()
    appears(qtbot, view)


def test_it_moves_to_another_window(qtbot, view):
    """Where the window changes, Qt destroys the context of a QOpenGLWidget and makes another."""
    first, second = QWidget(), QWidget()
    for window in (first, second):
        window.resize(300, 300)
        view.setParent(window)
        window.show()
        view.show()
        appears(qtbot, view)
    view.setParent(None)
    for window in (first, second):
        window.close()
        window.deleteLater()
    view.show()
    appears(qtbot, view)
