"""That a training is at work is seen from every page, in the real window."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from app.wizard import draft
from app.wizard.plan import Plan
from app.wizard.runs import Phase, Run, RunStore
from evoke.dataset.demo_files import write_demo
from tests.app.conftest import WAIT_MS, OpenWindow
from tests.app.wizard.clicks import click, go_to
from tests.app.wizard.conftest import SMALL, end_runs, has_told
from tests.waiting import wait_for

Begin = Callable[[Plan], Run]


@pytest.fixture
def begin(data_dir: Path) -> Iterator[Begin]:
    """Starts a run in this user's own folder, as an earlier window would have."""
    write_demo(data_dir / "people", (1, 2, 3), trials=10, trial_s=6)

    def start(plan: Plan) -> Run:
        plan = plan.changed(data=str(data_dir / "people"))
        run = RunStore().create(plan)
        draft.save(draft.Draft(plan=plan, run=run.id))
        run.launch()
        wait_for(lambda: run.phase is Phase.RUNNING and run.state is not None)
        return run

    yield start
    end_runs(RunStore())


def test_it_is_underlined_as_far_as_it_has_come_paused_and_gone_once_cancelled(
    begin: Begin, open_window: OpenWindow, qtbot: QtBot
) -> None:
    run = begin(SMALL.changed(network="ccnn", epochs=200, preset="paper", scratch=False))
    window = open_window()
    button = window.shell.rail.button("training")
    assert window.shell.page == "session"
    qtbot.waitUntil(lambda: button.progress is not None, timeout=WAIT_MS)
    wait_for(has_told(run, "EpochEnded", 2))
    qtbot.waitUntil(lambda: button.progress and button.progress.share > 0, timeout=WAIT_MS)
    assert "epoch" in button.toolTip()
    assert "of at most 200" in button.accessibleName()
    run.ask("pause")
    qtbot.waitUntil(lambda: button.progress and button.progress.role == "warn", timeout=WAIT_MS)
    assert button.toolTip() == "Training: Paused"
    run.ask("cancel")
    qtbot.waitUntil(lambda: button.progress is None, timeout=WAIT_MS)
    assert button.toolTip() == "Training"


def test_an_end_is_seen_until_it_was_looked_at(
    begin: Begin, open_window: OpenWindow, qtbot: QtBot
) -> None:
    begin(SMALL)
    window = open_window()
    button = window.shell.rail.button("training")
    qtbot.waitUntil(lambda: button.toolTip() == "Training: Finished", timeout=60_000)
    assert button.progress is not None
    assert (button.progress.share, button.progress.role) == (1.0, "ok")
    go_to(window, qtbot)
    assert button.progress is None
    click(qtbot, window.shell.rail.button("session"))
    assert button.progress is None
