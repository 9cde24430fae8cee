"""The wizard's first pages in the real window, with real clicks."""

from __future__ import annotations

import json
import multiprocessing
import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from app import theme
from app.windows import MainWindow
from app.wizard.draft import Draft, load, save
from app.wizard.files_card import Tile
from app.wizard.page import STEPS, WizardPage, run_to_follow
from app.wizard.plan import Plan
from app.wizard.protocol_page import ProtocolPage
from app.wizard.runs import Phase, RunStore, State
from evoke import paths
from evoke.dataset.deap import read_deap
from evoke.dataset.demo_files import write_demo
from evoke.dataset.pickle2 import write_arrays
from evoke.training.runs import lock
from tests.app.conftest import WAIT_MS, OpenWindow, settle, tab_stops
from tests.app.wizard import sample
from tests.app.wizard.clicks import LEFT, checked, click, go_to, pick, use_demo

Visit = Callable[[], WizardPage]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("people")
    write_demo(made, range(1, 5), trials=6, trial_s=4)
    broken = made / "s03.dat"
    broken.write_bytes(broken.read_bytes()[:4000])
    (made / "notes.txt").write_text("no subject", encoding="utf-8")
    return made


@pytest.fixture
def visit(open_window: OpenWindow, qtbot: QtBot) -> Visit:
    """Opens a window and clicks on Training in its rail."""

    def make() -> WizardPage:
        window = open_window()
        assert window.training is None, "made at the first visit only"
        return go_to(window, qtbot)

    return make


def test_nothing_is_chosen_at_first(visit: Visit) -> None:
    wizard = visit()
    assert wizard.step == 0
    assert "Choose a folder" in wizard.footer.words.text()
    assert not wizard.footer.next.isEnabled()
    assert [b.isEnabled() for b in wizard.stepper.buttons] == [True, *[False] * 6]


def test_tab_reads_the_protocol_page_from_its_top_to_next(visit: Visit, qtbot: QtBot) -> None:
    wizard = visit()
    use_demo(wizard, qtbot)
    qtbot.waitUntil(wizard.footer.next.isEnabled, timeout=WAIT_MS)
    tiles = wizard.data.files.findChildren(Tile)
    assert tab_stops(wizard.window(), qtbot)[-1] is wizard.footer.next, "tiles are made late"
    assert any(tile in tab_stops(wizard.window(), qtbot) for tile in tiles)
    for _ in range(2):
        qtbot.waitUntil(wizard.footer.next.isEnabled, timeout=WAIT_MS)
        click(qtbot, wizard.footer.next)
    page, stops = wizard.protocol, tab_stops(wizard.window(), qtbot)
    way = [
        wizard.leaving,
        page.choices[wizard.plan.protocol],
        page.folds.folds.button(page.folds.folds.index),
        page.folds.seed,
        *(box for box in page.also.boxes.values() if box.isVisible()),
        wizard.footer.back,
        wizard.footer.next,
    ]
    assert [stop for stop in stops if stop in way] == way
    assert stops[-1] is wizard.footer.next
    assert not set(page.choices.values()) - {way[1]} & set(stops)


def test_back_and_next_stay_in_a_low_window(open_window: OpenWindow, qtbot: QtBot) -> None:
    window = open_window(size=(1280, 720))
    wizard = go_to(window, qtbot)
    wizard.show_step(STEPS.index("teacher"))
    assert wizard.teacher.running
    for _ in range(4):  # layouts are told one inside the other
        settle()
    foot = wizard.footer
    assert foot.mapTo(window, foot.rect().bottomLeft()).y() < window.height() == 720


def test_demo_data_to_the_protocol_and_back(visit: Visit, qtbot: QtBot) -> None:
    wizard = visit()
    use_demo(wizard, qtbot)
    assert wizard.plan.data == "demo:showcase:3"
    assert "3 people · 120 trials · 7,200 seconds" in wizard.footer.words.text()
    click(qtbot, wizard.footer.next)
    assert STEPS[wizard.step] == "features"
    page = wizard.features
    grids = page.grids.grids
    qtbot.waitUntil(lambda: grids[0].values is not None, timeout=WAIT_MS)
    click(qtbot, page.choices["paper"])
    assert wizard.plan.baseline == "paper"
    click(qtbot, page.details.hop.button(1))
    assert wizard.plan.hop_s == 0.5
    assert not any(choice.isChecked() for choice in page.choices.values())
    assert page.own.isVisible()
    assert "14,280 windows" in wizard.footer.words.text()
    click(qtbot, wizard.footer.next)
    rows = wizard.protocol.folds.rows
    qtbot.waitUntil(lambda: rows.fold_of is not None, timeout=WAIT_MS)
    assert rows.counts(0) == (24, 8, 8)
    click(qtbot, wizard.protocol.folds.run.button(1))
    click(qtbot, wizard.protocol.also.boxes["segments"])
    assert (wizard.plan.run_folds, wizard.plan.also) == (5, ("segments",))
    click(qtbot, wizard.footer.back)
    click(qtbot, wizard.stepper.buttons[0])
    assert wizard.data.found is not None, "nothing is read again"
    click(qtbot, wizard.stepper.buttons[2])
    assert STEPS[wizard.step] == "protocol"
    assert wizard.plan.baseline == "paper"


def test_a_new_window_goes_on_where_the_last_one_was_left(visit: Visit, qtbot: QtBot) -> None:
    wizard = visit()
    use_demo(wizard, qtbot)
    click(qtbot, wizard.footer.next)
    click(qtbot, wizard.features.details.features.button(1))
    click(qtbot, wizard.footer.next)
    plan = wizard.plan
    assert load().plan == plan
    again = visit()
    assert again.plan == plan
    assert STEPS[again.step] == "protocol"
    checked(again, qtbot)
    assert not again.reason(again.step)
    click(qtbot, again.footer.back)
    assert again.features.details.features.index == 1


def test_a_damaged_draft_is_set_aside(visit: Visit, data_dir: Path) -> None:
    paths.draft_file().write_text('{"plan": {"folds": 1}}', encoding="utf-8")
    assert visit().plan.data == ""
    assert paths.draft_file().with_suffix(".damaged").exists()


def test_a_draft_of_a_newer_version_keeps_its_run_and_page(
    visit: Visit, qtbot: QtBot, data_dir: Path
) -> None:
    run = RunStore().create(Plan(name="Before"))
    run.note(State(phase=Phase.FAILED, why="The disk is full."))
    draft = {"plan": {"optimiser": "new"}, "step": "protocol", "run": run.id}
    paths.draft_file().write_text(json.dumps(draft), encoding="utf-8")
    wizard = visit()
    assert STEPS[wizard.step] == "protocol"
    qtbot.waitUntil(lambda: wizard.follower is not None, timeout=WAIT_MS)
    assert wizard.follower.run.id == run.id
    assert wizard.plan.name == "Before", "a run knows its own"


def test_a_plan_that_is_lost_is_said_in_the_footer(visit: Visit, data_dir: Path) -> None:
    paths.draft_file().write_text('{"plan": {"optimiser": "new"}}', encoding="utf-8")
    said = visit().footer.problem
    assert said.isVisible()
    assert "newer version of EVOKE" in said.text()
    assert str(paths.draft_file().with_suffix(".damaged")) in said.text()


def test_another_windows_run_stays_in_the_draft(visit: Visit, qtbot: QtBot) -> None:
    idle = visit()
    save(Draft(run="of-another-window"))
    use_demo(idle, qtbot)
    assert load().run == "of-another-window"
    assert load().plan.data == "demo:showcase:3"


@pytest.mark.parametrize(
    ("phase", "let_go", "followed"),
    [(Phase.CANCELLED, False, True), (Phase.CANCELLED, True, False), (Phase.DONE, False, False)],
)
def test_without_a_run_in_the_draft_the_newest_that_is_not_done_is_shown(
    data_dir: Path, phase: Phase, let_go: bool, followed: bool
) -> None:
    store = RunStore()
    store.create(Plan()).note(State(phase=Phase.CANCELLED))
    newest = store.create(Plan())
    newest.note(State(phase=phase))
    (newest.folder / "result.json").write_text(sample.result().model_dump_json())
    found = run_to_follow(Draft(let_go=newest.id if let_go else ""))
    assert (found is not None and found.id == newest.id) == followed
    assert followed or found is None


def test_a_second_window_starts_no_run_beside_one_at_work(
    visit: Visit, qtbot: QtBot, tmp_path: Path
) -> None:
    write_demo(tmp_path / "people", (1, 2, 3), trials=6, trial_s=4)
    wizard = visit()
    drop(wizard, tmp_path / "people")
    checked(wizard, qtbot)
    wizard.show_step(STEPS.index("teacher"))
    start = wizard.teacher.start
    qtbot.waitUntil(start.button.isEnabled, timeout=WAIT_MS)
    other = RunStore().create(wizard.plan)
    handle = lock(other.folder)
    said = "A training is at work already, begun by another window."
    wizard.start()
    assert wizard.footer.problem.text() == said
    qtbot.waitUntil(lambda: start.words.text() == said, timeout=WAIT_MS)
    assert not start.button.isEnabled()
    assert len(RunStore().all()) == 1
    os.close(handle)
    qtbot.waitUntil(start.button.isEnabled, timeout=WAIT_MS)


def test_what_keeps_a_start_is_said(visit: Visit, qtbot: QtBot) -> None:
    wizard = visit()
    wizard.start()
    assert wizard.footer.problem.text() == wizard.reason(2) != ""


def test_a_start_that_fails_leaves_no_folder(
    visit: Visit, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_demo(tmp_path / "people", (1, 2, 3), trials=6, trial_s=4)
    wizard = visit()
    drop(wizard, tmp_path / "people")
    checked(wizard, qtbot)
    monkeypatch.setattr("sys.executable", str(tmp_path / "no-python"))
    wizard.start()
    assert "could not be started" in wizard.footer.problem.text()
    assert not RunStore().all()


def test_folds_of_one_class_are_refused_before_the_start(
    visit: Visit, qtbot: QtBot, tmp_path: Path
) -> None:
    people = tmp_path / "people"
    write_demo(people, (1, 2, 3), trials=6, trial_s=4)
    for number in (1, 2, 3):
        path = people / f"s0{number}.dat"
        read = read_deap(path)
        labels = np.array(read.labels)
        labels[:, 0] = 8.0 if number == 3 else 2.0  # who is high in valence is one person
        with path.open("wb") as file:
            write_arrays(file, {"labels": labels, "data": np.array(read.data)})
    wizard = visit()
    drop(wizard, people)
    checked(wizard, qtbot)
    wizard.show_step(STEPS.index("protocol"))
    click(qtbot, wizard.protocol.choices["subjects"])
    click(qtbot, wizard.protocol.folds.folds.button(0))
    said = "every training trial was rated"
    qtbot.waitUntil(lambda: said in wizard.protocol.reason, timeout=WAIT_MS)
    assert "in valence: take another seed" in wizard.footer.words.text()
    click(qtbot, wizard.protocol.choices["trials"])
    qtbot.waitUntil(lambda: not wizard.protocol.reason, timeout=WAIT_MS)


def test_a_plan_of_another_window_is_left_alone(visit: Visit, qtbot: QtBot) -> None:
    wizard = visit()
    save(Draft(plan=Plan().changed(data="demo:benchmark:4")))
    wizard.show_step(0)
    assert load().plan.data == "demo:benchmark:4", "nothing was planned here"
    use_demo(wizard, qtbot)
    assert load().plan.data == "demo:showcase:3"


def test_a_draft_that_cannot_be_kept_is_said(visit: Visit, qtbot: QtBot) -> None:
    wizard = visit()
    path = paths.draft_file()
    path.unlink()
    path.mkdir()
    (path / "in the way").touch()
    use_demo(wizard, qtbot)
    assert wizard.footer.problem.isVisible()
    (path / "in the way").unlink()
    path.rmdir()
    click(qtbot, wizard.footer.again)
    assert not wizard.footer.problem.isVisible()
    assert load().plan.data == "demo:showcase:3"


def drop(wizard: WizardPage, path: Path) -> None:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path))])
    copy, none = Qt.DropAction.CopyAction, Qt.KeyboardModifier.NoModifier
    wizard.data.dropEvent(QDropEvent(QPointF(9, 9), copy, data, LEFT, none))


def test_a_damaged_file_is_left_out_in_place(visit: Visit, qtbot: QtBot, folder: Path) -> None:
    wizard = visit()
    click(qtbot, wizard.data.chooser.drop.folder)
    pick(qtbot, wizard.data.chooser.drop, folder)
    checked(wizard, qtbot)
    files = wizard.data.files
    assert {t.state for t in files.tiles.values()} == {"sound", "damaged"}
    assert [issue.name for issue in files.issues] == ["s03.dat"]
    assert "s03.dat cannot be used" in wizard.footer.words.text()
    assert not wizard.footer.next.isEnabled()
    click(qtbot, files.issues[0].leave)
    assert wizard.plan.leave_out == ("s03.dat",)
    assert files.tiles["s03.dat"].state == "out"
    assert not files.issues
    assert "3 people" in wizard.footer.words.text()
    click(qtbot, files.tiles["s04.dat"])
    assert "s04.dat · 6 trials" in files.about_file.text()
    qtbot.waitUntil(lambda: wizard.data.look.signals.trial.subject == "s04", timeout=WAIT_MS)
    click(qtbot, files.toggle)
    assert wizard.plan.leave_out == ("s03.dat", "s04.dat")
    click(qtbot, files.toggle)
    assert wizard.plan.leave_out == ("s03.dat",)
    click(qtbot, wizard.footer.next)
    assert STEPS[wizard.step] == "features"


def test_a_file_put_right_is_found_sound(visit: Visit, qtbot: QtBot, tmp_path: Path) -> None:
    data = tmp_path / "people"
    write_demo(data, (1, 2), trials=6, trial_s=4)
    whole = (data / "s02.dat").read_bytes()
    (data / "s02.dat").write_bytes(whole[:-100])
    wizard = visit()
    drop(wizard, data)
    checked(wizard, qtbot)
    assert wizard.data.found.damaged
    (data / "s02.dat").write_bytes(whole)
    click(qtbot, wizard.data.files.again)
    checked(wizard, qtbot)
    assert not wizard.data.found.damaged


@pytest.mark.parametrize("name", ["letters", "s01.edf", "missing"])
def test_a_folder_of_other_files_is_refused_in_a_sentence(
    visit: Visit, qtbot: QtBot, tmp_path: Path, name: str
) -> None:
    path = tmp_path / name
    if name == "letters":
        path.mkdir()
        (path / "letter.txt").write_text("dear", encoding="utf-8")
    elif name == "s01.edf":
        path.write_bytes(b"0" * 300)
    wizard = visit()
    drop(wizard, path)
    chooser, files = wizard.data.chooser, wizard.data.files
    qtbot.waitUntil(lambda: chooser.refused.isVisible() or bool(files.issues), timeout=WAIT_MS)
    assert not wizard.footer.next.isEnabled()
    if name == "s01.edf":
        assert "s01.edf" in wizard.footer.words.text()
    else:
        assert chooser.refused.isVisible()
        assert wizard.plan.data == ""
        use_demo(wizard, qtbot)
        assert wizard.footer.next.isEnabled()


def test_what_is_refused_again_is_said_in_whole_again(
    visit: Visit, qtbot: QtBot, tmp_path: Path
) -> None:
    wizard = visit()
    refused = wizard.data.chooser.refused
    for _ in range(2):
        drop(wizard, tmp_path / "missing")
        qtbot.waitUntil(refused.isVisible, timeout=WAIT_MS)
        settle()
        for words in refused.findChildren(QLabel):
            assert words.height() >= words.heightForWidth(words.width())


@pytest.mark.parametrize(
    ("chosen", "said"),
    [
        ({}, "88 and 93 %"),
        ({"network": "arjun_vit"}, "62 and 88 %"),
        ({"features": "psd", "network": "vit"}, "75 %"),
    ],
)
def test_the_papers_figures_are_those_of_the_features_and_the_network_chosen(
    dressed: None, qtbot: QtBot, chosen: dict[str, str], said: str
) -> None:
    page = ProtocolPage()
    qtbot.addWidget(page)
    page.show_plan(Plan(data="people").changed(**chosen))
    mixed = page.choices["segments"]
    assert mixed.expected_words.text() == f"The paper reports {said}"
    bar = mixed.bar.grab().toImage()
    row = [bar.pixelColor(x, 10).name() for x in range(bar.width())]
    assert theme.current().warn.lower() in row, "one figure can be seen, too"
    words = page.choices["subjects"].expected_words.text()
    assert "51–57 %, less than always the commoner answer" in words


def test_too_few_people_are_a_reason_beside_next(visit: Visit, qtbot: QtBot) -> None:
    wizard = visit()
    use_demo(wizard, qtbot)
    wizard.show_step(2)
    click(qtbot, wizard.protocol.choices["subjects"])
    assert wizard.footer.words.text() == "5 folds need at least 5 people; the data have 3."
    assert not wizard.footer.next.isEnabled()
    assert not wizard.stepper.buttons[3].isEnabled()
    click(qtbot, wizard.protocol.folds.folds.button(0))
    assert wizard.footer.next.isEnabled()
    qtbot.waitUntil(lambda: wizard.protocol.folds.rows.fold_of is not None, timeout=WAIT_MS)
    assert wizard.protocol.folds.rows.counts(0) == (1, 1, 1)
    assert wizard.footer.words.text().startswith("Each fold tests one person alone")
    click(qtbot, wizard.protocol.folds.folds.button(3))
    assert wizard.plan.folds == 3, "one by one is three here"


def test_a_check_that_is_stopped_leaves_nothing_behind(
    visit: Visit, qtbot: QtBot, tmp_path: Path
) -> None:
    write_demo(tmp_path / "people", range(1, 7), trials=6, trial_s=4)
    wizard = visit()
    before = set(multiprocessing.active_children())  # what other tests keep at hand
    drop(wizard, tmp_path / "people")
    assert "being read" in wizard.footer.words.text()
    click(qtbot, wizard.data.files.stop)
    assert wizard.plan.data == ""
    assert wizard.data.chooser.isVisible()
    qtbot.waitUntil(lambda: before >= set(multiprocessing.active_children()), timeout=WAIT_MS)
    assert wizard.data.found is None


def test_a_drive_that_is_away_for_a_while_loses_nothing(
    visit: Visit, qtbot: QtBot, tmp_path: Path
) -> None:
    data = tmp_path / "people"
    write_demo(data, (1, 2, 3), trials=6, trial_s=4)
    wizard = visit()
    drop(wizard, data)
    checked(wizard, qtbot)
    click(qtbot, wizard.footer.next)
    data.rename(tmp_path / "away")
    again = visit()
    chooser = again.data.chooser
    qtbot.waitUntil(lambda: bool(again.data.reason) and not again.data.checking.running)
    assert again.plan.data == str(data)
    assert "There is no" in again.reason(0)
    click(qtbot, again.footer.back)
    (tmp_path / "away").rename(data)
    click(qtbot, chooser.again)
    checked(again, qtbot)
    assert again.footer.next.isEnabled()


def test_a_wrong_folder_does_not_cost_the_one_before(
    visit: Visit, qtbot: QtBot, tmp_path: Path
) -> None:
    wizard = visit()
    use_demo(wizard, qtbot)
    click(qtbot, wizard.data.files.folder)
    drop(wizard, tmp_path)
    chooser = wizard.data.chooser
    qtbot.waitUntil(chooser.refused.isVisible, timeout=WAIT_MS)
    assert wizard.plan.data == "demo:showcase:3"
    click(qtbot, chooser.keep)
    assert wizard.data.files.isVisible()
    assert wizard.footer.next.isEnabled()


def test_a_run_is_followed_by_the_next_window_and_its_plan_stands(
    visit: Visit, qtbot: QtBot, tmp_path: Path
) -> None:
    data = tmp_path / "people"
    write_demo(data, (1, 2, 3), trials=6, trial_s=4)
    wizard = visit()
    drop(wizard, data)
    checked(wizard, qtbot)
    click(qtbot, wizard.footer.next)
    wizard.start()
    assert wizard.follower is not None
    qtbot.waitUntil(lambda: wizard.at_work, timeout=WAIT_MS)
    assert "keep training" in wizard.leaving.accessibleName()
    assert wizard.banner.isVisible()
    assert not wizard.banner.anew.isEnabled()
    qtbot.mouseClick(wizard.features.choices["paper"], LEFT)
    assert wizard.plan.baseline == ""
    run = wizard.follower.run
    again = visit()
    qtbot.waitUntil(lambda: again.at_work, timeout=WAIT_MS)
    assert again.follower is not None
    assert again.follower.run.id == run.id
    again.follower.cancel()
    qtbot.waitUntil(lambda: not again.at_work, timeout=WAIT_MS)
    click(qtbot, again.banner.anew)
    assert not again.banner.isVisible()
    click(qtbot, again.features.choices["paper"])
    assert again.plan.baseline == "paper"
    assert load().run == ""


def test_leaving_shows_the_session_and_keeps_everything(
    open_window: OpenWindow, qtbot: QtBot
) -> None:
    window: MainWindow = open_window()
    wizard = go_to(window, qtbot)
    use_demo(wizard, qtbot)
    click(qtbot, wizard.leaving)
    assert window.shell.page == "session"
    assert go_to(window, qtbot) is wizard
    assert wizard.plan.data == "demo:showcase:3"
