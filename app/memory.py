"""How much memory this process holds, and this computer has."""

from __future__ import annotations

import os
import sys
from pathlib import Path

if sys.platform == "win32":
    import ctypes
    from ctypes import wintypes

    class _OfProcess(ctypes.Structure):
        """Windows' PROCESS_MEMORY_COUNTERS, in bytes."""

        _fields_ = (
            ("length", wintypes.DWORD),
            ("faults", wintypes.DWORD),
            ("peak", ctypes.c_size_t),
            ("resident", ctypes.c_size_t),
            ("others", ctypes.c_size_t * 6),
        )

    class _OfComputer(ctypes.Structure):
        """Windows' MEMORYSTATUSEX, in bytes."""

        _fields_ = (
            ("length", wintypes.DWORD),
            ("load", wintypes.DWORD),
            ("total", ctypes.c_uint64),
            ("others", ctypes.c_uint64 * 6),
        )

    def _of_process() -> _OfProcess:
        """All zero if the system does not tell."""
        kernel = ctypes.WinDLL("kernel32")
        kernel.GetCurrentProcess.restype = wintypes.HANDLE
        ask = kernel.K32GetProcessMemoryInfo
        ask.argtypes = (wintypes.HANDLE, ctypes.POINTER(_OfProcess), wintypes.DWORD)
        found = _OfProcess(length=ctypes.sizeof(_OfProcess))
        ask(kernel.GetCurrentProcess(), found, found.length)
        return found

    def _of_computer() -> _OfComputer:
        """All zero if the system does not tell."""
        found = _OfComputer(length=ctypes.sizeof(_OfComputer))
        ctypes.WinDLL("kernel32").GlobalMemoryStatusEx(ctypes.byref(found))
        return found


def resident_mb() -> float:
    """Memory of this process, MB; at its most where the system tells no other."""
    if sys.platform == "win32":
        return _of_process().resident / 2**20
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") / 2**20
    except (OSError, ValueError, IndexError):
        return peak_mb()


def peak_mb() -> float:
    """The most memory that this process has held, MB; 0 where the system does not tell."""
    if sys.platform == "win32":
        return _of_process().peak / 2**20
    import resource

    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most / 2**20 if sys.platform == "darwin" else most / 2**10


def total_mb() -> float:
    """Memory of this computer, MB; 0 where the system does not tell."""
    if sys.platform == "win32":
        return _of_computer().total / 2**20
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**20
    except (ValueError, OSError):
        return 0.0
