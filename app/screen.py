"""A virtual screen for a machine that has none (Linux)."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator


def has_screen() -> bool:
    """Windows and macOS always have one; Linux says so in the environment."""
    return not sys.platform.startswith("linux") or any(
        os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY")
    )


@contextlib.contextmanager
def screen(size: tuple[int, int] = (1920, 1200), *, own: bool = False) -> Iterator[bool]:
    """Give a screen for the length of a with-block: the one there is, or Xvfb; on Linux always
    Xvfb if `own`. Yields False where neither can be had."""
    if has_screen() and not (own and sys.platform.startswith("linux")):
        yield True
        return
    xvfb = shutil.which("Xvfb")
    if xvfb is None:
        yield False
        return
    before = os.environ.get("DISPLAY")
    read_end, write_end = os.pipe()
    server = subprocess.Popen(
        [xvfb, "-displayfd", str(write_end), "-screen", "0", f"{size[0]}x{size[1]}x24"],
        pass_fds=[write_end],
        start_new_session=True,  # Ctrl-C is meant for the program, which still needs it
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    os.close(write_end)
    try:
        with os.fdopen(read_end) as answer:
            number = answer.readline().strip()  # empty if the server died
        if number:
            os.environ["DISPLAY"] = f":{number}"
        yield bool(number)
    finally:
        os.environ.pop("DISPLAY", None)
        if before:
            os.environ["DISPLAY"] = before
        server.terminate()
        server.wait()
