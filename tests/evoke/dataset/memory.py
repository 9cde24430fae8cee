"""How much a reader may allocate."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def memory_at_most(n_bytes: int) -> Iterator[None]:
    """Fails if the block's allocations ever add up to more than `n_bytes`."""
    tracemalloc.start()
    try:
        yield
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak <= n_bytes, f"{peak:,} bytes were allocated"
