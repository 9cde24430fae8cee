"""Closing the real window while a training is at work."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from app.leaving import LeavingDialog
from app.source_spec import SourceSpec
from app.windows import MainWindow
from app.wizard import draft
from app.wizard.plan import Plan
from app.wizard.runs import Phase, Run, RunStore
from evoke.dataset.demo_files import write_demo
from tests.app.conftest import WAIT_MS, OpenWindow, play
from tests.app.wizard.clicks import click, go_to
from tests.app.wizard.conftest import end_runs
from tests.waiting import wait_for

Asked = tuple[MainWindow, LeavingDialog]


@pytest.fixture
def run(data_dir: Path) -> Iterator[Run]:
    """At work, for minutes, and known as the wizard's."""
    write_demo(data_dir / "people", (1, 2, 3), trials=10, trial_s=6)
    plan = Plan(data=str(data_dir / "people"), folds=3, epochs=1000, preset="paper", scratch=False)
    store = RunStore()
    made = store.create(plan)
    draft.save(draft.Draft(plan=plan, run=made.id))
    made.launch()
    wait_for(lambda: made.phase is Phase.RUNNING and made.state is not None)
    yield made
    end_runs(store)


@pytest.fixture
def asked(run: Run, open_window: OpenWindow, qtbot: QtBot) -> Asked:
    """A window that is to close, and asks."""
    window = open_window()
    window.close()
    dialog = window.leaving.dialog
    assert dialog is not None
    assert dialog.isVisible()
    assert window.isVisible()
    assert "goes on without this window" in dialog.text()
    assert "choose Training" in dialog.informativeText()
    return window, dialog


def test_kept_it_goes_on_and_the_next_window_finds_it(
    asked: Asked, run: Run, open_window: OpenWindow, qtbot: QtBot
) -> None:
    window, dialog = asked
    click(qtbot, dialog.keep)
    assert not window.isVisible()
    assert run.phase is Phase.RUNNING
    wizard = go_to(open_window(), qtbot)
    qtbot.waitUntil(lambda: wizard.at_work, timeout=WAIT_MS)
    assert wizard.follower is not None
    assert wizard.follower.run.id == run.id


def test_paused_it_waits_for_the_next_window(
    asked: Asked, run: Run, open_window: OpenWindow, qtbot: QtBot
) -> None:
    window, dialog = asked
    click(qtbot, dialog.pause)
    assert not window.isVisible()
    wait_for(lambda: run.phase is Phase.PAUSED)
    again = open_window()
    wizard = go_to(again, qtbot)
    qtbot.waitUntil(lambda: wizard.at_work, timeout=WAIT_MS)
    wizard.show_step(3)
    click(qtbot, wizard.teacher.running.progress.pause)
    wait_for(lambda: run.phase is Phase.RUNNING)


def test_the_window_stays_where_closing_is_cancelled(asked: Asked, run: Run, qtbot: QtBot) -> None:
    window, dialog = asked
    window.close()
    assert window.leaving.dialog is dialog, "asked once"
    click(qtbot, dialog.stay)
    assert window.isVisible()
    assert run.phase is Phase.RUNNING
    window.close()
    assert window.leaving.dialog is not None
    assert window.isVisible()


def test_a_pause_that_cannot_be_asked_for_keeps_the_window(
    asked: Asked, run: Run, qtbot: QtBot
) -> None:
    window, dialog = asked
    away = run.folder.with_name("away")
    run.folder.rename(away)
    click(qtbot, dialog.pause)
    assert window.isVisible()
    away.rename(run.folder)


def test_nothing_is_asked_where_nothing_trains(run: Run, open_window: OpenWindow) -> None:
    for wish, phase in (("pause", Phase.PAUSED), ("cancel", Phase.CANCELLED)):
        run.ask(wish)  # type: ignore[arg-type]
        wait_for(lambda phase=phase: run.phase is phase)  # type: ignore[misc]
        window = open_window()
        window.close()
        assert not window.isVisible()


HeldBack = tuple[MainWindow, threading.Event]


@pytest.fixture
def held_back(open_window: OpenWindow, qtbot: QtBot) -> Iterator[HeldBack]:
    """A window that was closed upon a Stop, its source not yet let go; and what lets that go."""
    window, free = open_window(), threading.Event()
    play(window, qtbot, SourceSpec("demo"))
    assert window.engine is not None
    window.engine.source._on_close = lambda: free.wait(WAIT_MS / 1000)
    window.session.transport.stop_asked.emit()
    window.close()
    yield window, free
    free.set()


def test_the_window_closes_when_its_source_is_let_go(held_back: HeldBack, qtbot: QtBot) -> None:
    window, free = held_back
    dialog = window.leaving.letting_go
    assert dialog is not None
    assert "once its source has been let go" in dialog.text()
    for key in (Qt.Key.Key_Escape, Qt.Key.Key_Return):
        qtbot.keyClick(dialog, key)
    window.close()
    assert window.isVisible()
    assert dialog.isVisible()
    free.set()
    qtbot.waitUntil(lambda: not window.isVisible(), timeout=WAIT_MS)


def test_a_source_that_never_lets_go_keeps_no_window_open(
    held_back: HeldBack, qtbot: QtBot
) -> None:
    window, _free = held_back
    click(qtbot, window.leaving.letting_go.at_once)
    assert not window.isVisible()
