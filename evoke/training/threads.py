"""How many threads a training takes. The figures of two runs are the same to the bit only with the
same number, since sums are taken in another order by another number."""

from __future__ import annotations

import os

MOST_THREADS = 8
"""Batches of 128 small grids keep no more CPU cores busy."""


def cores() -> int:
    """CPU cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def all_but_one() -> int:
    """Threads of a training beside which something else is at work on this computer."""
    return max(1, min(cores() - 1, MOST_THREADS))
