"""The seam to everything that delivers samples."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol, runtime_checkable

from evoke.types import Chunk, StreamInfo


@runtime_checkable
class Source(Protocol):
    """Delivers one stream of samples, in order. One thread reads; any thread may `close`."""

    @property
    def info(self) -> StreamInfo:
        """Known once `open` has returned."""

    def open(self) -> None:
        """Make ready to read. Raises SourceError or FileRefusedError with one clear sentence."""

    def read(self, timeout_s: float = 0.1) -> Chunk | None:
        """The samples that have come since the last call, at least one unless `timeout_s` passes
        first (then a chunk of zero samples); None at the end, and after `close` once all that
        had come is given. Raises SourceError if the device is gone, after that, too."""

    def close(self) -> None:
        """Release the device or file; a waiting `read` returns. May be called twice."""


@runtime_checkable
class Transport(Source, Protocol):
    """A source that can be driven: every file, and the demo. All methods are thread-safe."""

    @property
    def trials(self) -> tuple[int, ...]:
        """Numbers of the trials; (0,) for a recording without trials."""

    @property
    def duration_s(self) -> float:
        """Length of the current trial or recording."""

    @property
    def paused(self) -> bool: ...

    @property
    def loop(self) -> bool: ...

    @property
    def speed(self) -> float:
        """Times real time; inf is unpaced."""

    def play(self) -> None: ...

    def pause(self) -> None: ...

    def seek(self, t_s: float, trial: int | None = None) -> None:
        """Go on from `t_s` seconds into `trial` (default: the current one)."""

    def set_speed(self, speed: float) -> None:
        """0.25 to 16, or inf for unpaced."""

    def set_loop(self, loop: bool) -> None: ...

    def opening(self, trial: int) -> Iterator[Chunk]:
        """What `trial` begins with, in chunks as they are played, without moving anything: so a
        seek need not play the rest that lies before it. Another thread may `read` meanwhile."""
