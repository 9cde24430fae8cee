"""Work off the GUI thread: the newest of several, and errors in words."""

from __future__ import annotations

import gc
import threading

from PySide6.QtCore import QObject
from pytestqt.qtbot import QtBot

from app.worker import Latest, Task
from evoke.errors import EvokeError
from tests.app.conftest import WAIT_MS


def test_only_the_newest_of_those_that_wait_is_run(qtbot: QtBot) -> None:
    owner, ran, results = QObject(), [], []
    first_may_end = threading.Event()
    latest = Latest[int](owner, results.append, results.append)

    def work(number: int) -> int:
        ran.append(number)
        if number == 0:
            first_may_end.wait()
        return number

    for number in range(5):
        latest.ask(lambda number=number: work(number))
    first_may_end.set()
    qtbot.waitUntil(lambda: not latest.busy, timeout=WAIT_MS)
    assert ran == results == [0, 4]


def test_an_error_is_said_and_the_next_one_is_run(qtbot: QtBot) -> None:
    owner, done, failed = QObject(), [], []

    def bad() -> int:
        raise EvokeError("It went wrong.")

    latest = Latest[int](owner, done.append, failed.append)
    latest.ask(bad)
    qtbot.waitUntil(lambda: not latest.busy, timeout=WAIT_MS)
    latest.ask(lambda: 7)
    qtbot.waitUntil(lambda: bool(done), timeout=WAIT_MS)
    assert (done, failed) == ([7], ["It went wrong."])


def test_a_result_arrives_though_nobody_holds_on_to_the_task(qtbot: QtBot) -> None:
    owner, told = QObject(), []
    before = set(threading.enumerate())
    Task(owner, lambda: 7, told.append, told.append)
    for worker in set(threading.enumerate()) - before:
        worker.join()  # its work is over before Qt is at its turn
    gc.collect()
    qtbot.waitUntil(lambda: told == [7], timeout=WAIT_MS)


def test_what_was_cancelled_is_not_told(qtbot: QtBot) -> None:
    owner, told = QObject(), []
    go_on, ended = threading.Event(), threading.Event()

    def slow() -> int:
        go_on.wait()
        ended.set()
        return 1

    latest = Latest[int](owner, told.append, told.append)
    latest.ask(slow)
    latest.cancel()
    assert not latest.busy
    latest.ask(lambda: 2)
    go_on.set()
    qtbot.waitUntil(lambda: ended.is_set() and told == [2], timeout=WAIT_MS)
