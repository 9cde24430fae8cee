"""Work off the GUI thread, its result brought back to it."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import Any, ClassVar, Generic, TypeVar, cast

import shiboken6
from PySide6.QtCore import QObject, Signal, Slot

from evoke.errors import EvokeError, internal

log = logging.getLogger(__name__)

T = TypeVar("T")


class _Bridge(QObject):
    """Lives on the GUI thread, so that what a worker emits arrives there."""

    ended = Signal(object, str)

    def __init__(self, deliver: Callable[[object, str], object]) -> None:
        super().__init__()
        self._deliver: Callable[[object, str], object] | None = deliver
        self.ended.connect(self._arrive)

    @Slot(object, str)
    def _arrive(self, result: object, why: str) -> None:
        deliver, self._deliver = self._deliver, None  # the task, and all it holds, may go then
        if deliver is not None:
            deliver(result, why)


class Task(Generic[T]):
    """Runs `work` on a thread of its own; `done` or `failed` is called on the GUI thread.

    A task that is no longer wanted is cancelled, and one whose `owner` Qt has deleted is not
    wanted: a result that still comes then goes to `discard`, on a worker's thread. Threads are
    daemons, so that a board that never answers cannot keep the application from closing. Nobody
    need hold on to a task: it stays until its result has arrived.
    """

    _under_way: ClassVar[set[Task[Any]]] = set()

    def __init__(
        self,
        owner: QObject,
        work: Callable[[], T],
        done: Callable[[T], object],
        failed: Callable[[str], object],
        discard: Callable[[T], object] | None = None,
    ) -> None:
        self._owner = owner
        self._work, self._done, self._failed, self._discard = work, done, failed, discard
        self._cancelled = threading.Event()
        self._bridge = _Bridge(self._deliver)
        self._under_way.add(self)
        self._thread = threading.Thread(target=self._run, name="worker", daemon=True)
        self._thread.start()

    def cancel(self) -> None:
        self._cancelled.set()

    def _deliver(self, result: object, why: str) -> None:
        self._under_way.discard(self)
        if shiboken6.isValid(self._owner) and not self._cancelled.is_set():
            if why:
                self._failed(why)
            else:
                self._done(cast(T, result))
        elif self._discard is not None and not why:
            in_background(lambda: self._discard and self._discard(cast(T, result)))

    def _run(self) -> None:
        try:
            result = self._work()
        except EvokeError as error:
            self._report(None, str(error))
        except Exception as error:
            log.exception("a task failed")
            self._report(None, internal("This", error))
        else:
            self._report(result, "")

    def _report(self, result: object, why: str) -> None:
        if shiboken6.isValid(self._bridge):  # else the application has ended meanwhile
            self._bridge.ended.emit(result, why)


class Latest(Generic[T]):
    """Runs the newest of the works asked for, one at a time; older ones that wait are left out.

    `done` and `failed` are called on the GUI thread, as a `Task` calls them.
    """

    def __init__(
        self, owner: QObject, done: Callable[[T], object], failed: Callable[[str], object]
    ) -> None:
        self._owner, self._done, self._failed = owner, done, failed
        self._task: Task[T] | None = None
        self._next: Callable[[], T] | None = None

    def ask(self, work: Callable[[], T]) -> None:
        self._next = work
        if self._task is None:
            self._go_on()

    @property
    def busy(self) -> bool:
        return self._task is not None

    def cancel(self) -> None:
        """What runs is no longer wanted, nor is what waits."""
        if self._task is not None:
            self._task.cancel()
        self._task = self._next = None

    def _go_on(self) -> None:
        work, self._next, self._task = self._next, None, None
        if work is not None:
            self._task = Task(self._owner, work, self._arrived, self._refused)

    def _arrived(self, result: T) -> None:
        self._go_on()
        self._done(result)

    def _refused(self, why: str) -> None:
        self._go_on()
        self._failed(why)


def in_background(work: Callable[[], object]) -> threading.Thread:
    """Run `work` on a daemon thread, for which nobody need wait."""
    thread = threading.Thread(target=work, name="background", daemon=True)
    thread.start()
    return thread
