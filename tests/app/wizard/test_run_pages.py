"""The pages of teacher and student, before and while they train: a real run's folder, whose
process is this one, and real clicks."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QLabel, QWidget
from pytestqt.qtbot import QtBot

from app.wizard import process
from app.wizard.curves import nice
from app.wizard.distil_page import DistilPage
from app.wizard.estimate import Estimate
from app.wizard.follow import Follower
from app.wizard.messages import Machine, Message, to_line
from app.wizard.plan import PAPERS, Plan
from app.wizard.progress import duration
from app.wizard.runs import Phase, Run, RunStore, State
from app.wizard.softening import softened
from app.wizard.start import EstimateCard, trivial_accuracy
from app.wizard.teacher_page import NETWORKS, PRESETS, TeacherPage
from evoke.errors import GPU_FULL
from evoke.training.config import PAPER
from evoke.training.events import BatchReduced
from evoke.training.recipes import RECIPES
from evoke.training.runs import lock
from evoke.training.tables import PAPER as TABLE
from models.networks import tensor_shapes
from tests.app.conftest import WAIT_MS
from tests.app.wizard import sample

LEFT = Qt.MouseButton.LeftButton
PLAN = sample.PLAN.changed(protocol="subjects", also=(), preset="best", run_folds=5)


@dataclass(frozen=True)
class Checked:
    """As much of a survey as the pages need."""

    subjects: tuple[str, ...] = ("s01", "s02", "s03", "s04", "s05")
    trials: int = 200
    windows: int = 12_000

    @property
    def owners(self) -> NDArray[np.int64]:
        return np.repeat(np.arange(5), 40)

    @property
    def videos(self) -> NDArray[np.int64]:
        return np.tile(np.arange(40), 5)

    @property
    def ratings(self) -> NDArray[np.float64]:
        return np.random.default_rng(0).uniform(1, 9, (self.trials, 3))


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """A run with nothing done yet."""
    return RunStore(tmp_path / "runs").create(PLAN)


Working = Callable[[list[Message]], Follower]


@pytest.fixture
def working(run: Run, dressed: None, qtbot: QtBot) -> Iterator[Working]:
    """Follows the run as if a process worked on it that has told some messages; the lock is this
    process's."""
    held: list[int] = []
    followers: list[Follower] = []

    def make(told: list[Message]) -> Follower:
        held.append(lock(run.folder))
        run.note(State(phase=Phase.RUNNING))
        run.ask("run")
        tell(run, told)
        follower = Follower(run)
        followers.append(follower)
        follower.follow()
        qtbot.waitUntil(lambda: follower.caught_up, timeout=WAIT_MS)
        return follower

    yield make
    for follower in followers:
        follower.run.ask("run")  # a cancel would be carried out, on this very process
        follower.stop_following()
    for handle in held:
        os.close(handle)


def tell(run: Run, told: list[Message]) -> None:
    with (run.folder / "events.jsonl").open("a") as file:
        file.writelines(f"{to_line(message)}\n" for message in told)


@pytest.fixture
def teacher(dressed: None, qtbot: QtBot) -> Iterator[TeacherPage]:
    page = TeacherPage()
    qtbot.addWidget(page)
    page.resize(1364, 760)
    page.show_plan(PLAN.changed(run_folds=1))
    page.show()
    yield page
    page.leave()


@pytest.fixture
def distil(dressed: None, qtbot: QtBot) -> DistilPage:
    page = DistilPage()
    qtbot.addWidget(page)
    page.resize(1364, 760)
    page.show_plan(PLAN)
    page.show()
    return page


# -- before


def test_start_waits_for_the_data_and_says_so_beside_the_button(
    teacher: TeacherPage, qtbot: QtBot
) -> None:
    asked: list[bool] = []
    teacher.start_asked.connect(lambda: asked.append(True))
    assert "not checked" in teacher.start.words.text()
    qtbot.mouseClick(teacher.start.button, LEFT)
    assert not asked
    teacher.show_survey(Checked())
    qtbot.mouseClick(teacher.start.button, LEFT)
    assert asked == [True]


def test_what_is_clicked_becomes_the_plan(teacher: TeacherPage, qtbot: QtBot) -> None:
    plans: list[Plan] = []
    teacher.planned.connect(plans.append)
    teacher.show_plan(teacher.plan)
    assert not plans, "showing a plan changes none"
    qtbot.mouseClick(teacher.presets.buttons[0], LEFT)
    qtbot.mouseClick(teacher.networks.buttons[1], LEFT)
    qtbot.mouseClick(teacher.folds.button(1), LEFT)
    qtbot.mouseClick(teacher.device.button(1), LEFT)
    teacher.epochs.setFocus()
    teacher.epochs.selectAll()
    qtbot.keyClicks(teacher.epochs, "3")
    qtbot.keyClick(teacher.epochs, Qt.Key.Key_Return)
    teacher.name.setFocus()
    qtbot.keyClicks(teacher.name, " ward")
    qtbot.keyClick(teacher.name, Qt.Key.Key_Return)
    last = plans[-1]
    assert (last.preset, last.network, last.run_folds, last.device, last.epochs) == (
        *("quick", "arjun_vit", 5, "cpu", 3),
    )
    assert last.name.endswith("ward")


def test_what_is_being_typed_counts_when_start_is_clicked(distil: DistilPage, qtbot: QtBot) -> None:
    distil.show_survey(Checked())
    distil.temperature.setFocus()
    distil.temperature.selectAll()
    qtbot.keyClicks(distil.temperature, "4")
    assert distil.plan.temperature is None
    with qtbot.waitSignal(distil.start_asked, timeout=WAIT_MS):
        qtbot.mouseClick(distil.start.button, LEFT)
    assert distil.plan.temperature == 4.0


def test_with_the_papers_preset_the_page_says_what_else_is_not_the_papers(
    teacher: TeacherPage, qtbot: QtBot
) -> None:
    """And one click takes all of it; the network is chosen on this very page."""
    assert not teacher.paper.isVisible()
    qtbot.mouseClick(teacher.presets.buttons[PRESETS.index("paper")], LEFT)
    before = teacher.plan
    assert (before.protocol, before.recipe) == (PLAN.protocol, PLAN.recipe), "only said as yet"
    for words in ("rest baseline", "mixed seconds", "folds that are run", "recipe"):
        assert words in teacher.paper.title
    assert "epochs" not in teacher.paper.title
    qtbot.mouseClick(teacher.take, LEFT)
    plan = teacher.plan
    assert (plan.baseline, plan.unlike_paper) == ("paper", ())
    assert plan.config(plan.stages[0]) == PAPER
    assert plan.distillation == RECIPES["paper"]
    assert plan.changed(**{name: getattr(before, name) for name in PAPERS}) == before
    assert teacher.folds.index == 1
    assert not teacher.take.isVisible()
    assert "first fold alone" in " ".join(w.text() for w in teacher.paper.findChildren(QLabel))
    teacher.epochs.setValue(PAPER.epochs)
    assert teacher.plan.unlike_paper == ()
    teacher.epochs.setValue(3)
    assert teacher.take.isVisible()


@pytest.mark.parametrize("network", ["arjun_vit", "vit"])
def test_of_a_network_the_papers_figures_and_the_size_trained_here_are_said(
    teacher: TeacherPage, network: str
) -> None:
    pick = teacher.networks.buttons[NETWORKS.index(network)]
    said = pick.accessibleDescription()
    size = sum(math.prod(shape) for shape in tensor_shapes(network, {}).values())
    assert f"{size / 1e6:.{0 if size > 1e7 else 2}f} million" in said
    for features in ("de", "psd"):
        assert f"{TABLE[network, features][0]:.0f}" in said


def test_a_cluster_needs_an_address(teacher: TeacherPage, qtbot: QtBot) -> None:
    teacher.show_survey(Checked())
    qtbot.mouseClick(teacher.device.button(2), LEFT)
    assert not teacher.start.button.isEnabled()
    assert "where the cluster is" in teacher.reason
    qtbot.keyClicks(teacher.cluster, "10.0.0.5:6379")
    assert teacher.plan.cluster == "10.0.0.5:6379"
    assert "where the cluster is" not in teacher.reason
    qtbot.mouseClick(teacher.device.button(0), LEFT)
    assert teacher.plan.cluster == ""
    assert teacher.start.button.isEnabled()


def test_of_our_recipe_no_more_is_said_than_was_measured(distil: DistilPage) -> None:
    said = [words.text() for words in distil.recipes.buttons[0].findChildren(QLabel)]
    assert "on new trials no recipe clearly added more" in " ".join(said)


def test_a_recipe_brings_its_own_temperature_and_weight(distil: DistilPage, qtbot: QtBot) -> None:
    qtbot.mouseClick(distil.recipes.buttons[1], LEFT)
    assert distil.temperature.value() == 1.25
    assert distil.alpha.value() == 0.25
    distil.temperature.setValue(4.0)
    assert distil.plan.temperature == 4.0
    assert "68 %" in distil.curve.accessibleDescription()
    distil.temperature.setValue(1.25)
    assert distil.plan.temperature is None, "what equals the recipe's is left to the recipe"
    qtbot.mouseClick(distil.recipes.buttons[3], LEFT)
    assert not distil.temperature.isEnabled()


def test_the_commoner_answer_is_worked_out_from_the_ratings() -> None:
    survey = Checked()
    high = (survey.ratings > 5).mean(axis=0)
    assert trivial_accuracy(survey) == pytest.approx(np.maximum(high, 1 - high).mean())
    assert trivial_accuracy(None) is None


# -- while


def test_every_fold_has_its_line_and_its_row(teacher: TeacherPage, working: Working) -> None:
    teacher.show_run(working(sample.journal()))
    running = teacher.running
    lines = running.accuracy.shown.lines
    assert [line.current for line in lines] == [False, False, True]
    assert len(lines[-1].y) == 37
    level = running.accuracy.shown.level
    assert level is not None
    assert level.value == 0.553
    mark = running.loss.shown.mark
    assert mark is not None
    assert mark[1].startswith("kept: epoch")
    words = [row.words for row in running.folds]
    assert words[:2] == ["58.0 %", "59.0 %"]
    assert words[2].endswith("so far")
    assert words[3:] == ["waiting", "waiting"]
    assert "fold 3 of 5" in running.progress.where.text()
    assert running.progress.head.text().endswith("left")
    assert running.progress.device.value == "CPU, 1 thread"
    assert running.advice.isVisible()


def test_what_is_told_later_is_drawn(
    teacher: TeacherPage, working: Working, run: Run, qtbot: QtBot
) -> None:
    told = sample.journal()
    teacher.show_run(working(told[:-20]))
    before = len(teacher.running.accuracy.shown.lines[-1].y)
    tell(run, told[-20:])
    qtbot.waitUntil(
        lambda: len(teacher.running.accuracy.shown.lines[-1].y) > before, timeout=WAIT_MS
    )


def test_memory_that_ran_out_is_said_beside_device_and_memory(
    teacher: TeacherPage, working: Working, run: Run, qtbot: QtBot
) -> None:
    journal = sample.journal()
    teacher.show_run(working(journal))
    said = teacher.running.progress.reduced
    assert not said.isVisible()
    tell(run, [replace(journal[-1], event=BatchReduced(3, 38, 64))])
    qtbot.waitUntil(said.isVisible, timeout=WAIT_MS)
    assert said.text() == "Memory ran out: fold 3 takes batches of 64 from epoch 38 on."


def test_memory_that_the_system_does_not_tell_is_left_out(
    teacher: TeacherPage, working: Working, run: Run, qtbot: QtBot
) -> None:
    journal = sample.journal()
    teacher.show_run(working(journal))
    said = teacher.running.progress.memory
    for machine, words in ((Machine("CPU", 512, 0, 0), "512 MB"), (Machine("CPU", 0, 0, 0), "–")):
        tell(run, [replace(journal[-1], event=machine)])
        qtbot.waitUntil(lambda words=words: said.value == words, timeout=WAIT_MS)


def test_the_commoner_answer_of_all_data_stands_in_before_a_fold_has_ended(
    teacher: TeacherPage, working: Working
) -> None:
    survey = Checked()
    teacher.show_survey(survey)
    teacher.show_run(working(sample.journal(now=1)))
    level = teacher.running.accuracy.shown.level
    assert level is not None
    assert level.value == trivial_accuracy(survey)


def test_a_run_of_a_newer_version_is_called_that_and_cannot_be_resumed(
    teacher: TeacherPage, run: Run, qtbot: QtBot
) -> None:
    plan = run.folder / "plan.json"
    plan.write_text(plan.read_text().replace('"schema_version": 1', '"schema_version": 2'))
    follower = Follower(Run(run.folder))
    follower.follow()
    teacher.show_run(follower)
    running = teacher.running
    qtbot.waitUntil(running.state.isVisible, timeout=WAIT_MS)
    assert "written by a newer version of EVOKE" in running.state.title
    assert not running.resume.isVisible()
    assert running.anew.isVisible()
    follower.stop_following()


def test_pause_and_go_on(teacher: TeacherPage, working: Working, run: Run, qtbot: QtBot) -> None:
    teacher.show_run(working(sample.journal()))
    pause = teacher.running.progress.pause
    qtbot.mouseClick(pause, LEFT)
    assert run.wish == "pause"
    run.note(State(phase=Phase.PAUSED))
    qtbot.waitUntil(lambda: "Go on" in pause.text(), timeout=WAIT_MS)
    qtbot.mouseClick(pause, LEFT)
    assert run.wish == "run"


def test_cancel_asks_once(teacher: TeacherPage, working: Working, run: Run, qtbot: QtBot) -> None:
    teacher.show_run(working(sample.journal()))
    running = teacher.running
    qtbot.mouseClick(running.progress.cancel, LEFT)
    assert running.really.isVisible()
    assert run.wish == "run"
    qtbot.mouseClick(running.keep, LEFT)
    assert not running.really.isVisible()
    assert run.wish == "run"
    qtbot.mouseClick(running.progress.cancel, LEFT)
    qtbot.mouseClick(running.really, LEFT)
    assert run.wish == "cancel"


@pytest.mark.parametrize(
    ("phase", "why", "said"),
    [
        (Phase.FAILED, "The disk is full.", "The disk is full."),
        (Phase.CANCELLED, "", "cancelled"),
        (Phase.RUNNING, "", "interrupted"),  # by its own account: its process is gone
    ],
)
def test_a_run_that_stands_still_says_why_and_can_go_on(
    teacher: TeacherPage, run: Run, qtbot: QtBot, phase: Phase, why: str, said: str
) -> None:
    tell(run, sample.journal())
    run.ask("run")
    run.note(State(phase=phase, why=why))
    follower = Follower(run)
    follower.follow()
    teacher.show_run(follower)
    running = teacher.running
    qtbot.waitUntil(running.state.isVisible, timeout=WAIT_MS)
    assert said in running.state.title
    assert running.resume.isVisible()
    assert not running.resume_on_cpu.isVisible()
    assert not running.progress.pause.isVisible()
    asked: list[bool] = []
    teacher.anew_asked.connect(lambda: asked.append(True))
    qtbot.mouseClick(running.anew, LEFT)
    assert asked
    follower.stop_following()


def test_what_the_gpu_stopped_can_go_on_on_the_cpu(
    teacher: TeacherPage, run: Run, qtbot: QtBot
) -> None:
    tell(run, sample.journal())
    run.ask("run")
    run.note(State(phase=Phase.FAILED, why=GPU_FULL, gpu_failed=True))
    follower = Follower(run)
    follower.follow()
    teacher.show_run(follower)
    running = teacher.running
    qtbot.waitUntil(running.resume_on_cpu.isVisible, timeout=WAIT_MS)
    room = running.state.rect()
    for button in (running.resume, running.resume_on_cpu, running.anew):
        corners = [button.mapTo(running.state, corner) for corner in _corners(button)]
        assert all(map(room.contains, corners)), f"{button.text()} is cut off"
    qtbot.mouseClick(running.resume_on_cpu, LEFT)
    qtbot.waitUntil(lambda: bool(process._of(str(run.folder), "cpu")), timeout=WAIT_MS)
    process.end(run.folder)
    follower.stop_following()


def _corners(widget: QWidget) -> tuple[QPoint, QPoint]:
    return widget.rect().topLeft(), widget.rect().bottomRight()


def test_what_a_gpu_has_room_for_is_said_before(dressed: None, qtbot: QtBot) -> None:
    card = EstimateCard()
    qtbot.addWidget(card)
    card.show_plan(PLAN, None)
    found = Estimate(
        stages=(), memory_mb=700, memory_total_mb=800, disk_mb=10, device="NVIDIA", threads=1
    )
    card._show(found.model_copy(update={"on_gpu": True, "fits": 32}))
    texts = [label.text() for label in card.findChildren(QLabel)]
    assert "700 MB of 800 MB free" in texts
    assert any(text.startswith("Batches of 32 windows are all") for text in texts)
    card._show(found.model_copy(update={"scaled": True}))
    assert "about 700 MB of 800 MB" in [label.text() for label in card.findChildren(QLabel)]


def test_the_students_page_waits_while_its_teacher_trains(
    distil: DistilPage, working: Working
) -> None:
    assert distil.reason
    distil.show_survey(Checked())
    distil.show_run(working(sample.journal()))
    assert distil.running.progress.head.text() == "Waiting for its turn"
    assert "trained and judged" in distil.reason


# -- figures


@given(st.floats(0.001, 0.999), st.floats(0.25, 20))
def test_softening_moves_towards_one_half_and_keeps_the_side(p: float, t: float) -> None:
    soft = softened(p, t)
    assert softened(1 - p, t) == pytest.approx(1 - soft, abs=1e-9)
    assert (soft - 0.5) * (p - 0.5) >= 0
    nearer = abs(soft - 0.5) <= abs(p - 0.5) + 1e-12
    assert nearer if t >= 1 else abs(soft - 0.5) >= abs(p - 0.5) - 1e-12


@given(st.floats(-1e3, 1e3), st.floats(1e-3, 1e3), st.integers(2, 8))
def test_ticks_are_even_within_range_and_few(low: float, span: float, most: int) -> None:
    ticks = nice(low, low + span, most)
    assert 1 <= len(ticks) <= most + 1
    slack = 1e-6 * span + 1e-9
    assert all(low - slack <= tick <= low + span + slack for tick in ticks)
    steps = np.diff(ticks)
    assert np.allclose(steps, steps[0] if len(steps) else 0, rtol=1e-4)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0.2, "1 s"), (58.4, "59 s"), (61, "2 min"), (3_599, "1 h 0 min"), (4_320, "1 h 12 min")],
)
def test_durations_in_words(seconds: float, words: str) -> None:
    assert duration(seconds) == words
