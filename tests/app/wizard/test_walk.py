"""From Start to the session's status bar: a real process, real clicks, nothing in between."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from app.library import Library
from app.wizard import exports
from app.wizard.plan import Plan
from app.wizard.runs import Phase, RunStore
from app.wizard.sweep import FEW, at_work, load_sweep
from tests.app.conftest import WAIT_MS, OpenWindow
from tests.app.wizard.frame import Frame
from tests.app.wizard.test_run_pages import Checked

LEFT = Qt.MouseButton.LeftButton
TRAINED_MS = 120_000


def test_started_trained_judged_exported_and_put_to_work(
    open_window: OpenWindow, qtbot: QtBot, store: RunStore, plan: Plan, tmp_path: Path
) -> None:
    window = open_window()
    frame = Frame(store, window)
    teacher, distil, result, deploy = frame.pages
    deploy.deploy_asked.connect(window.deploy)
    window.deployed.connect(deploy.show_deployed)
    data = Checked(subjects=("s01", "s02", "s03"), trials=30, windows=180)
    for page in (teacher, distil, result, deploy):
        qtbot.addWidget(page)
        page.resize(1204, 580)
        page.show_plan(plan)
    for page in (teacher, distil):
        page.show_survey(data)
    teacher.show()

    qtbot.mouseClick(teacher.start.button, LEFT)
    follower = frame.follower
    assert follower is not None
    assert not teacher.start.isVisible()
    qtbot.waitUntil(lambda: follower.state.phase is Phase.DONE, timeout=TRAINED_MS)
    assert teacher.running.progress.head.text() == "Finished"
    assert len(teacher.running.accuracy.shown.lines) == 1
    assert not distil.reason

    found = follower.run.result
    assert found is not None
    qtbot.waitUntil(lambda: not result.reason, timeout=WAIT_MS)
    assert result.verdict.words == " ".join(found.headline)
    assert result.commands.text.toPlainText().splitlines() == plan.commands(follower.run.threads)
    result.show()
    result.export(tmp_path / "out", ("csv", "pdf"))
    qtbot.waitUntil(result.notice.isVisible, timeout=WAIT_MS)
    assert (tmp_path / "out" / "scores.csv").read_text() == exports.scores_csv(found)

    run = follower.run
    qtbot.mouseClick(result.views.button(3), LEFT)
    sweep = result.sweep
    assert sweep.sweep is None
    qtbot.mouseClick(sweep.few, LEFT)
    assert not sweep.few.isVisible(), "no second one beside it"
    qtbot.waitUntil(lambda: bool(sweep.sweep and sweep.sweep.points), timeout=TRAINED_MS)
    qtbot.mouseClick(sweep.stop, LEFT)
    qtbot.waitUntil(lambda: not at_work(run, plan.protocol), timeout=WAIT_MS)
    kept = load_sweep(run, plan.protocol)
    assert kept is not None
    assert not kept.why
    assert [(p.temperature, p.alpha) for p in kept.points] == list(FEW[: len(kept.points)])
    assert all(0 <= (p.accuracy.value or 0) <= 1 for p in kept.points)

    deploy.show()
    with qtbot.waitSignal(window.deployed, timeout=WAIT_MS):
        qtbot.mouseClick(deploy.use, LEFT)
    assert "is in use" in deploy.notice.title
    (model,) = Library().models()[1:]
    assert window.settings.model == model.key
    assert model.name == plan.title(plan.stages[1])
    qtbot.mouseClick(teacher.running.progress.again, LEFT)
    assert teacher.start.isVisible()
    assert distil.curve.drawing is not None
    assert distil.curve.drawing.answers, "the last teacher's answers"  # type: ignore[attr-defined]
