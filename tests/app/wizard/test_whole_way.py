"""From an empty data folder to the session's status bar, in the real window, with real clicks."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from app.library import Library
from app.source_spec import SourceSpec
from app.windows import MainWindow
from app.wizard import exports
from app.wizard.models_page import ModelsPage
from app.wizard.page import WizardPage
from app.wizard.runs import Phase, Run, RunStore
from app.wizard.sweep import FEW, at_work, load_sweep
from app.wizard.teacher_page import NETWORKS, PRESETS
from tests.app.conftest import WAIT_MS, OpenWindow, play
from tests.app.wizard.clicks import click, go_on, go_to, use_demo
from tests.app.wizard.conftest import end_runs

TRAINED_MS = 240_000


@pytest.fixture(autouse=True)
def no_run_outlives_its_test(data_dir: Path) -> Iterator[None]:
    yield
    end_runs(RunStore())


def test_from_an_empty_folder_to_the_status_bar(
    open_window: OpenWindow, qtbot: QtBot, data_dir: Path
) -> None:
    assert not list(data_dir.iterdir())
    window = open_window()
    wizard = go_to(window, qtbot)
    use_demo(wizard, qtbot)
    go_on(wizard, qtbot, "features")
    click(qtbot, wizard.features.choices["paper"])
    go_on(wizard, qtbot, "protocol")
    qtbot.waitUntil(lambda: wizard.protocol.folds.rows.fold_of is not None, timeout=WAIT_MS)
    click(qtbot, wizard.protocol.choices["trials"])
    click(qtbot, wizard.protocol.folds.folds.button(0))
    go_on(wizard, qtbot, "teacher")
    plan_it(wizard, qtbot)
    run = train(wizard, qtbot)
    judged(wizard, qtbot, run, data_dir / "out")
    compared(wizard, qtbot, run)
    go_on(wizard, qtbot, "deploy")
    with qtbot.waitSignal(window.deployed, timeout=WAIT_MS):
        click(qtbot, wizard.deploy.use)
    assert "is in use" in wizard.deploy.notice.title
    (model,) = Library().models()[1:]
    assert model.name == "Walk, student"
    assert window.settings.model == model.key
    play(window, qtbot, SourceSpec("demo"))
    status = window.shell.status
    qtbot.waitUntil(lambda: "Walk, student" in status._network.text, timeout=WAIT_MS)
    renamed(window, qtbot)
    qtbot.waitUntil(lambda: "Evenings" in status._network.text, timeout=WAIT_MS)
    planned_anew(go_to(window, qtbot), qtbot)


def renamed(window: MainWindow, qtbot: QtBot) -> None:
    """The model in use is called otherwise in the library."""
    window.show_page("models")
    page = window.shell.pages.currentWidget()
    assert isinstance(page, ModelsPage)
    qtbot.waitUntil(lambda: page.name.text() == "Walk, student", timeout=WAIT_MS)
    page.name.selectAll()
    qtbot.keyClicks(page.name, "Evenings")
    click(qtbot, page.save)


def plan_it(wizard: WizardPage, qtbot: QtBot) -> None:
    """The paper's preset, with a small teacher and one epoch."""
    teacher = wizard.teacher
    click(qtbot, teacher.presets.buttons[PRESETS.index("paper")])
    click(qtbot, teacher.networks.buttons[NETWORKS.index("arjun_vit")])
    teacher.name.clear()
    qtbot.keyClicks(teacher.name, "Walk")
    teacher.epochs.setFocus()
    teacher.epochs.selectAll()
    qtbot.keyClicks(teacher.epochs, "1")
    plan = wizard.plan
    assert (plan.preset, plan.network, plan.name, plan.folds) == ("paper", "arjun_vit", "Walk", 3)


def train(wizard: WizardPage, qtbot: QtBot) -> Run:
    """Start, see the teacher's page and the student's while it trains, and wait for the end."""
    teacher = wizard.teacher
    qtbot.waitUntil(teacher.start.button.isEnabled, timeout=WAIT_MS)
    click(qtbot, teacher.start.button)
    assert wizard.plan.epochs == 1, "what is being typed counts"
    follower = wizard.follower
    assert follower is not None
    assert not teacher.start.isVisible()
    qtbot.waitUntil(lambda: wizard.at_work, timeout=WAIT_MS)
    assert "keep training" in wizard.leaving.accessibleName()
    qtbot.waitUntil(lambda: follower.state.phase is Phase.DONE, timeout=TRAINED_MS)
    assert teacher.running.progress.head.text() == "Finished"
    go_on(wizard, qtbot, "distil")
    assert wizard.distil.running.progress.head.text() == "Finished"
    go_on(wizard, qtbot, "result")
    return follower.run


def judged(wizard: WizardPage, qtbot: QtBot, run: Run, out: Path) -> None:
    """The result says what the run's file says, and so does what is exported."""
    result, found = wizard.result, run.result
    assert found is not None
    qtbot.waitUntil(lambda: not result.reason, timeout=WAIT_MS)
    assert result.verdict.words == " ".join(found.headline)
    room = result.views.parentWidget().width()
    assert result.figures.width() > 0.95 * room, "the table fills its card at first sight"
    assert result.commands.text.toPlainText().splitlines() == run.plan.commands(run.threads)
    result.export(out, ("csv", "pdf"))
    qtbot.waitUntil(result.notice.isVisible, timeout=WAIT_MS)
    assert (out / "scores.csv").read_text() == exports.scores_csv(found)


def compared(wizard: WizardPage, qtbot: QtBot, run: Run) -> None:
    """The sweep over temperatures: begun, stopped, and what it has found kept."""
    result, protocol = wizard.result, run.plan.protocol
    click(qtbot, result.views.button(3))
    sweep = result.sweep
    assert sweep.sweep is None
    click(qtbot, sweep.few)
    assert not sweep.few.isVisible(), "no second one beside it"
    qtbot.waitUntil(lambda: bool(sweep.sweep and sweep.sweep.points), timeout=TRAINED_MS)
    click(qtbot, sweep.stop)
    qtbot.waitUntil(lambda: not at_work(run, protocol), timeout=WAIT_MS)
    kept = load_sweep(run, protocol)
    assert kept is not None
    assert not kept.why
    assert [(p.temperature, p.alpha) for p in kept.points] == list(FEW[: len(kept.points)])
    assert all(0 <= (p.accuracy.value or 0) <= 1 for p in kept.points)


def planned_anew(wizard: WizardPage, qtbot: QtBot) -> None:
    """Another run is planned from this one, and the student's page knows its teacher's answers."""
    click(qtbot, wizard.stepper.buttons[3])
    click(qtbot, wizard.teacher.running.progress.again)
    assert wizard.teacher.start.isVisible()
    assert wizard.distil.curve.drawing is not None
    assert wizard.distil.curve.drawing.answers, "the last teacher's answers"  # type: ignore[attr-defined]
