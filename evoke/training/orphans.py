"""Worker processes that end with the process they work for, however that ended."""

from __future__ import annotations

import os
import threading
import time

LOOK_S = 0.25

_watched = threading.Event()


def end_with_parent() -> None:
    """End this process as soon as its parent is gone; called as often as one likes.

    loky's workers would wait for five minutes for a process that was killed. What is half written
    then must not matter. Does nothing on Windows, where an orphan keeps its parent's number.
    """
    if os.name != "nt" and not _watched.is_set():
        _watched.set()
        threading.Thread(target=_watch, args=(os.getppid(),), daemon=True).start()


def _watch(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(LOOK_S)
    os._exit(1)
