"""Seams to the record: who keeps samples, who keeps keys, who is told what was done.

The path writes to these from the first day; the recorder and the clinic implement them later.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from evoke.types import Affect, Chunk, StreamInfo


class Recorder(Protocol):
    """Keeps a source's samples. A chunk is handed over before anything is made of it.

    Chunks come on one thread and readings on another, `start` and `close` on any, but never two
    calls at once. One that raises is left out from then on: the session goes on without, and the
    user is told, in its own words where it is an EvokeError.
    """

    def start(self, info: StreamInfo) -> None:
        """Begin a recording of this stream. After one that raises, nothing is called."""

    def append(self, chunk: Chunk) -> None:
        """Take a chunk into the journal. Never blocks."""

    def note(self, affect: Affect) -> None:
        """Take a reading. Never blocks."""

    def close(self) -> None:
        """Commit everything and end the recording, also one that failed on the way. Called once,
        and nothing is called after it; may take its time."""


class KeyProvider(Protocol):
    """Keeps the random 256-bit key of each recording."""

    def create(self, recording_id: str) -> bytes:
        """Make, keep and return a new key of 32 bytes."""

    def key(self, recording_id: str) -> bytes:
        """The key of a recording. Raises EvokeError if it was destroyed or is not known."""

    def destroy(self, recording_id: str) -> None:
        """Forget the key: the recording can never be read again."""


class AuditSink(Protocol):
    """Is told what was done with a patient's data, by whom it is known elsewhere."""

    def record(self, action: str, subject: str, detail: Mapping[str, str]) -> None:
        """`action` in the past tense ('model deployed'), `subject` an opaque id."""
