"""Starting and ending the process of a run."""

from __future__ import annotations

import atexit
import contextlib
import os
import signal
import subprocess
import sys
import warnings
from pathlib import Path

from evoke.errors import EvokeError

NICE = 10
"""A training gives way to the window: of 20 steps down, half."""

_BELOW_NORMAL = 0x4000  # Windows' BELOW_NORMAL_PRIORITY_CLASS
_started: list[subprocess.Popen[bytes]] = []
"""Held on to, so that none is left as a zombie once it has ended."""


@atexit.register
def _leave() -> None:
    """Those that still run shall go on, and nobody is to be warned of it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        _started.clear()


def environment() -> dict[str, str]:
    """Of a process that runs this very code, wherever the window was started from."""
    here = str(Path(__file__).resolve().parents[2])
    path = os.environ.get("PYTHONPATH", "")
    return {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, (here, path)))}


def spawn(command: list[str], log: Path) -> None:
    """Start a process that outlives this one; what it says goes to the end of `log`. Raises
    EvokeError if it cannot be started."""
    reap()
    flags = 0
    if sys.platform == "win32":
        flags = subprocess.CREATE_NEW_PROCESS_GROUP | subprocess.CREATE_NO_WINDOW
    try:
        with log.open("ab") as end:
            process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=end,
                stderr=end,
                env=environment(),
                start_new_session=True,
                creationflags=flags,
            )
    except OSError as error:
        raise EvokeError(f"The training could not be started: {error.strerror}.") from error
    _started.append(process)


def reap() -> None:
    """Take notice of the processes that have ended."""
    _started[:] = [process for process in _started if process.poll() is None]


def starting(folder: Path) -> bool:
    """Whether a process started from here for the run in that folder is still alive."""
    return bool(_of(str(folder)))


def end(folder: Path, *words: str) -> None:
    """End at once what was started from here for that folder with these words, though it may not
    hold its lock yet."""
    for process in _of(str(folder), *words):
        process.kill()
        process.wait()


def _of(*words: str) -> list[subprocess.Popen[bytes]]:
    reap()
    return [p for p in _started if set(words) <= set(map(str, p.args))]  # type: ignore[arg-type]


def give_way() -> None:
    """Lower this process's priority, for good."""
    if sys.platform == "win32":
        import ctypes

        kernel = ctypes.WinDLL("kernel32")
        kernel.GetCurrentProcess.restype = ctypes.c_void_p  # of 64 bits; else taken for 32
        kernel.SetPriorityClass.argtypes = (ctypes.c_void_p, ctypes.c_uint32)
        kernel.SetPriorityClass(kernel.GetCurrentProcess(), _BELOW_NORMAL)
    else:
        os.nice(NICE)


def kill(process: int) -> None:
    """End a run's process at once; those it started follow by themselves."""
    if sys.platform == "win32":
        tree = ["taskkill", "/F", "/T", "/PID", str(process)]
        try:
            subprocess.run(tree, capture_output=True, check=True)
        except (OSError, subprocess.CalledProcessError):  # not there, or forbidden
            with contextlib.suppress(OSError):
                os.kill(process, signal.SIGTERM)  # on Windows this ends it at once too
        return
    with contextlib.suppress(ProcessLookupError):
        os.kill(process, signal.SIGKILL)
