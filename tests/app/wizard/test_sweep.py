"""The sweep of a run: its process, and what the window says of it when that ends early."""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from app.wizard import process as processes
from app.wizard.runs import Phase, Run, RunStore
from app.wizard.sweep import FEW, PART, Sweep, at_work, begin, end, folder_of, keep_sweep
from app.wizard.sweep_view import SweepView
from evoke.errors import EvokeError
from evoke.training.runs import locked_by
from tests.app.conftest import WAIT_MS
from tests.app.wizard import sample
from tests.app.wizard.conftest import SMALL, alive, until
from tests.waiting import wait_for

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory, deap: Path) -> Run:
    plan = SMALL.changed(data=str(deap), scratch=False)
    run = RunStore(tmp_path_factory.mktemp("finished")).create(plan)
    run.launch()
    until(run, Phase.DONE)
    return run


@pytest.fixture
def run(finished: Run, tmp_path: Path) -> Iterator[Run]:
    """A finished run, whose sweep does not outlive the test."""
    folder = tmp_path / "run"
    shutil.copytree(finished.folder, folder)
    yield Run(folder)
    processes.end(folder)


@pytest.fixture
def view(run: Run, dressed: None, qtbot: QtBot) -> SweepView:
    made = SweepView()
    qtbot.addWidget(made)
    made.show_run(run, sample.result(protocols=1), "trials")
    made.show()
    return made


def test_a_sweep_can_be_stopped_before_it_has_its_lock(run: Run) -> None:
    begin(run, "trials", FEW)
    assert at_work(run, "trials")
    end(run, "trials")
    assert not at_work(run, "trials")


def test_a_sweep_whose_process_died_says_so_and_leaves_no_student_half_made(
    view: SweepView, run: Run, qtbot: QtBot
) -> None:
    qtbot.mouseClick(view.few, LEFT)
    folder = folder_of(run, "trials")
    wait_for(lambda: bool(list(folder.glob(f"{PART}*"))))
    process = locked_by(folder)
    assert process
    os.kill(process, signal.SIGKILL)
    qtbot.waitUntil(lambda: "interrupted" in view.said.text(), timeout=WAIT_MS)
    assert view.said.text() == "0 of 6 students trained; it was interrupted."
    assert not list(folder.glob(f"{PART}*"))
    qtbot.mouseClick(view.few, LEFT)
    assert view.stop.isVisible()
    qtbot.mouseClick(view.stop, LEFT)
    qtbot.waitUntil(view.few.isVisible, timeout=WAIT_MS)
    assert view.said.text() == "0 students trained."


def test_a_damaged_sweep_is_set_aside_and_said(view: SweepView, run: Run) -> None:
    folder = folder_of(run, "trials")
    folder.mkdir()
    (folder / "sweep.json").write_bytes(b'{"protocol": "trials", "grid": [')
    view.look()
    assert "could not be read" in view.said.text()
    assert str(folder / "sweep.damaged") in view.said.text()
    view.look()
    assert "could not be read" in view.said.text(), "until another is begun"
    assert view.few.isVisible()


def test_what_its_first_student_took_tells_how_long_the_others_will(
    view: SweepView, run: Run
) -> None:
    view.show_run(run, sample.result(protocols=1), "trials", 30.0)
    assert view.few.text().endswith("(about 3 min)")
    point = sample.sweep().points[0].model_copy(update={"seconds": 300.0})
    keep_sweep(run, Sweep(protocol="trials", grid=FEW, points=(point,)))
    view.look()
    assert view.few.text().endswith("(about 25 min)")


def test_a_damaged_run_has_no_sweep(run: Run) -> None:
    (run.folder / "plan.json").write_text("{")
    with pytest.raises(EvokeError, match=r"plan\.json cannot be read"):
        begin(Run(run.folder), "trials", FEW)


def test_a_run_that_is_moved_is_not_made_anew_by_its_sweep(run: Run, tmp_path: Path) -> None:
    begin(run, "trials", FEW)
    wait_for(lambda: bool(locked_by(folder_of(run, "trials"))))
    process = locked_by(folder_of(run, "trials"))
    assert process
    run.folder.rename(tmp_path / "away")
    wait_for(lambda: not alive(process))
    with pytest.raises(EvokeError, match="moved or deleted"):
        keep_sweep(run, Sweep(protocol="trials", grid=FEW))
    with pytest.raises(EvokeError, match="moved or deleted"):
        run.write("result.json", "{}")
    assert not run.folder.exists()
