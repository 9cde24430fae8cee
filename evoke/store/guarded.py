"""A recorder that may fail, and then takes nothing else with it."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from evoke.errors import EvokeError, internal
from evoke.store.base import Recorder
from evoke.types import Affect, Chunk, StreamInfo

log = logging.getLogger(__name__)


class GuardedRecorder:
    """Keeps the promises of `Recorder` to the one it holds: calls come one at a time, `close` only
    after a `start` that worked, and after it or a failure no entries.

    say: is told the first failure, in one sentence for the user; all are logged.
    """

    def __init__(self, recorder: Recorder, say: Callable[[str], object]) -> None:
        self._recorder, self._say = recorder, say
        self._lock = threading.Lock()
        self._started = self._failed = False

    def start(self, info: StreamInfo) -> None:
        with self._guard("Nothing is recorded"):
            self._recorder.start(info)
            self._started = True

    def append(self, chunk: Chunk) -> None:
        with self._guard("Nothing more is recorded"):
            if self._takes:
                self._recorder.append(chunk)

    def note(self, affect: Affect) -> None:
        with self._guard("Nothing more is recorded"):
            if self._takes:
                self._recorder.note(affect)

    def close(self) -> None:
        with self._guard("The end of the recording may be missing"):
            started, self._started = self._started, False
            if started:
                self._recorder.close()

    @property
    def _takes(self) -> bool:
        return self._started and not self._failed

    @contextmanager
    def _guard(self, what: str) -> Iterator[None]:
        with self._lock:
            try:
                yield
            except Exception as error:
                log.exception("the recording failed")
                if not self._failed:
                    self._failed = True
                    why = str(error) if isinstance(error, EvokeError) else internal("Recording")
                    self._say(f"{what}: {why}")
