"""Worker processes that end with the process they work for, however that ended."""

from __future__ import annotations

import os
import threading
import time

LOOK_S = 0.25

_watched = threading.Event()


def end_with(parent: int) -> None:
    """End this process as soon as the one that started it, `parent`, is gone; called as often as
    one likes. Does nothing in `parent` itself, where joblib works if there is but one core.

    loky's workers would wait for five minutes for a process that was killed. What is half written
    then must not matter. Does nothing on Windows, where an orphan keeps its parent's number.
    """
    if os.name == "nt" or os.getpid() == parent or _watched.is_set():
        return
    _watched.set()
    threading.Thread(target=_watch, args=(parent,), daemon=True).start()


def _watch(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(LOOK_S)
    os._exit(1)
