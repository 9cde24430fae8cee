"""Waiting for what a test asks about."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable


def wait_for(condition: Callable[[], bool], seconds: float = 30.0) -> None:
    """Look until it holds; the engine has no event for every condition a test asks about."""
    deadline = time.monotonic() + seconds
    tick = threading.Event()
    while not condition():
        assert time.monotonic() < deadline, "did not happen in time"
        tick.wait(0.005)
