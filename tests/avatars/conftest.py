from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from avatars import Scene, load_scene
from tests.avatars.offscreen import Canvas, NoOpenGLError


@pytest.fixture(scope="session")
def scene() -> Scene:
    return load_scene()


@pytest.fixture
def make_canvas(qapp: object) -> Callable[..., Canvas]:
    """`Canvas`, or a skipped test where OpenGL 3.3 cannot be had."""

    def make(size: int, samples: int = 0, *, debug: bool = False) -> Canvas:
        try:
            return Canvas(size, samples, debug=debug)
        except NoOpenGLError as error:
            pytest.skip(f"no avatar can be drawn here: {error}")

    return make


@pytest.fixture
def canvas(make_canvas: Callable[..., Canvas]) -> Iterator[Canvas]:
    """A debug context of 240 x 240 pixels, current for the length of the test."""
    canvas = make_canvas(240, debug=True)
    yield canvas
    canvas.close()
