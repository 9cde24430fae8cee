from __future__ import annotations

from collections.abc import Iterator

import pytest

from avatars import Scene, load_scene
from tests.avatars.offscreen import Canvas, NoOpenGLError


@pytest.fixture(scope="session")
def scene() -> Scene:
    return load_scene()


@pytest.fixture
def canvas(qapp: object) -> Iterator[Canvas]:
    """A debug context of 240 x 240 pixels, current for the length of the test."""
    try:
        canvas = Canvas(240, debug=True)
    except NoOpenGLError as error:
        pytest.skip(f"no avatar can be drawn here: {error}")
    yield canvas
    canvas.close()
