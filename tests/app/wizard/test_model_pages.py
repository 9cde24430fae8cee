"""A trained network gets into the library and to work: real checkpoints, clicks, a real window."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt, QUrl
from PySide6.QtGui import QColor, QImage
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from app.files import write_atomically
from app.library import Library, Model
from app.settings import Settings
from app.source_spec import SourceSpec
from app.wizard.card_view import MOST_LETTERS, CardView
from app.wizard.deploy_page import DeployPage, suggested_name
from app.wizard.follow import Follower
from app.wizard.model_facts import caution, facts, one_line
from app.wizard.models_page import ModelsPage
from app.wizard.plan import Plan, Stage
from app.wizard.runs import Phase, Run, RunStore, State
from app.wizard.titles import day
from models.checkpoint import load, save
from models.runtime import BUNDLED_STUDENT
from tests.app.conftest import WAIT_MS, OpenWindow, play
from tests.app.wizard import sample
from tests.app.wizard.clicks import click, pick

LEFT = Qt.MouseButton.LeftButton


def checkpoint(path: Path, name: str, noise: float) -> Path:
    """The demo student with noise on its weights, under another name."""
    bundled = load(BUNDLED_STUDENT)
    rng = np.random.default_rng(3)
    weights = {k: w + rng.normal(0, noise, w.shape) for k, w in bundled.weights.items()}
    card = bundled.card.model_copy(update={"name": name})
    save(replace(bundled, card=card, weights=weights), path)
    return path


@pytest.fixture
def library() -> Library:
    return Library()


@pytest.fixture
def two(library: Library, tmp_path: Path) -> tuple[Model, Model]:
    """Two models of the user's."""
    return (
        library.add(checkpoint(tmp_path / "a.safetensors", "Ward A", 0.01)),
        library.add(checkpoint(tmp_path / "b.safetensors", "Ward B", 0.02)),
    )


@pytest.fixture
def finished(tmp_path: Path) -> Run:
    """A run that is done, its student a real checkpoint."""
    plan = sample.PLAN.changed(also=(), name="Ward C")
    run = RunStore(tmp_path / "runs").create(plan)
    checkpoint(run.folder / "subjects-student.safetensors", "Ward C, student", 0.03)
    write_atomically(run.folder / "result.json", sample.result(protocols=1).model_dump_json())
    run.note(State(phase=Phase.DONE))
    return run


def opened(page: QWidget, qtbot: QtBot) -> None:
    qtbot.addWidget(page)
    page.resize(1364, 818)
    page.show()


@pytest.fixture
def page(dressed: None, qtbot: QtBot, two: tuple[Model, Model]) -> ModelsPage:
    made = ModelsPage(Library(in_use=lambda: two[1].key))
    made.show_in_use(two[1].key)
    opened(made, qtbot)
    qtbot.waitUntil(lambda: made.list.count() == 3, timeout=WAIT_MS)
    return made


def titles(page: ModelsPage) -> list[str]:
    return [page.list.item(k).text() for k in range(page.list.count())]


def choose(page: ModelsPage, name: str) -> None:
    page.list.setCurrentRow(titles(page).index(name))


def test_the_library_is_listed_with_the_one_in_use_chosen(page: ModelsPage) -> None:
    assert titles(page) == ["Demo student", "Ward A", "Ward B"]
    assert page.title.text() == "Ward B"
    assert page.chips[0].text == "In use"
    assert not page.use.isEnabled()
    assert not page.remove.isEnabled()
    assert "cannot be removed" in page._why.text()


def test_names_that_were_lost_are_said(
    dressed: None, qtbot: QtBot, two: tuple[Model, Model]
) -> None:
    (two[0].path.parent / "library.json").write_text("{")
    page = ModelsPage()
    opened(page, qtbot)
    qtbot.waitUntil(page.notice.isVisible, timeout=WAIT_MS)
    assert "all names and notes are damaged" in page.notice.title
    assert titles(page) == ["Demo student", "Ward A", "Ward B"]


def test_the_demo_student_stays_and_is_marked(page: ModelsPage) -> None:
    choose(page, "Demo student")
    assert page.chips[2].text == "Demo model"
    assert not page.remove.isEnabled()
    assert not page.name.isEnabled()


def test_use_asks_for_the_model_chosen(page: ModelsPage, qtbot: QtBot) -> None:
    choose(page, "Ward A")
    with qtbot.waitSignal(page.use_asked, timeout=WAIT_MS) as asked:
        qtbot.mouseClick(page.use, LEFT)
    assert asked.args[0].name == "Ward A"


def test_a_new_name_and_a_note_are_kept(page: ModelsPage, qtbot: QtBot, library: Library) -> None:
    choose(page, "Ward A")
    page.name.selectAll()
    qtbot.keyClicks(page.name, "Mornings")
    page.note.setFocus()
    qtbot.keyClicks(page.note, "after breakfast")
    qtbot.mouseClick(page.save, LEFT)
    qtbot.waitUntil(lambda: "Mornings" in titles(page), timeout=WAIT_MS)
    (kept,) = [model for model in library.models() if model.name == "Mornings"]
    assert kept.note == "after breakfast"


def test_what_is_being_typed_outlasts_a_look_elsewhere(
    page: ModelsPage, qtbot: QtBot, library: Library
) -> None:
    choose(page, "Ward A")
    page.note.setFocus()
    qtbot.keyClicks(page.note, "half a se")
    page.show_in_use("")  # another model was put to work meanwhile
    assert page.note.toPlainText() == "half a se"
    qtbot.keyClicks(page.note, "ntence")
    choose(page, "Ward B")
    assert page.note.toPlainText() == ""
    qtbot.waitUntil(lambda: page.notice.title == "Kept as “Ward A”.", timeout=WAIT_MS)
    kept = {model.name: model.note for model in library.models()}
    assert (kept["Ward A"], kept["Ward B"]) == ("half a sentence", "")
    page.name.selectAll()
    qtbot.keyClicks(page.name, "Evenings")
    qtbot.keyClick(page.name, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: "Evenings" in titles(page), timeout=WAIT_MS)


def test_removing_asks_once(page: ModelsPage, qtbot: QtBot, library: Library) -> None:
    choose(page, "Ward A")
    qtbot.mouseClick(page.remove, LEFT)
    qtbot.mouseClick(page.keep, LEFT)
    assert len(library.models()) == 3
    qtbot.mouseClick(page.remove, LEFT)
    qtbot.mouseClick(page.really, LEFT)
    qtbot.waitUntil(lambda: page.list.count() == 2, timeout=WAIT_MS)
    assert titles(page) == ["Demo student", "Ward B"]


def test_two_are_compared_side_by_side(page: ModelsPage, qtbot: QtBot) -> None:
    choose(page, "Ward A")
    qtbot.mouseClick(page.views.button(2), LEFT)
    page.other.setCurrentIndex(page.other.findText("Ward B"))
    page.other.activated.emit(page.other.currentIndex())
    table = page.compared.drawing
    assert table is not None
    assert [column.title for column in table.columns] == ["", "Ward A", "Ward B"]  # type: ignore[attr-defined]


def test_figures_that_do_not_compare_are_called_so(two: tuple[Model, Model]) -> None:
    one, same = two
    assert one.card is not None
    assert caution(one, same) == ""
    training = one.card.training
    other_seed = training.model_copy(update={"settings": {**training.settings, "seed": 9}})
    divided = one.card.model_copy(update={"training": other_seed})
    assert "different windows" in caution(one, replace(one, card=divided))
    data = one.card.data.model_copy(update={"fingerprint": "0"})
    elsewhere = one.card.model_copy(update={"data": data})
    assert "different data" in caution(one, replace(one, card=elsewhere))
    assert caution(one, replace(one, card=None, damage="gone")) == ""


def test_no_line_of_a_card_has_to_be_scrolled_sideways(page: ModelsPage, qtbot: QtBot) -> None:
    qtbot.mouseClick(page.views.button(3), LEFT)
    assert "evoke train" in page.card.toPlainText()
    qtbot.waitUntil(lambda: page.card.horizontalScrollBar().maximum() == 0, timeout=WAIT_MS)


def test_lineage_and_card_are_told(page: ModelsPage, qtbot: QtBot) -> None:
    choose(page, "Ward B")
    qtbot.mouseClick(page.views.button(1), LEFT)
    qtbot.waitUntil(lambda: "Teacher: Demo teacher" in page.lineage.text(), timeout=WAIT_MS)
    assert "not in this library" in page.lineage.text()
    assert "Used: in the session" in page.lineage.text()
    qtbot.mouseClick(page.views.button(3), LEFT)
    assert "Research use only" in page.card.toPlainText()


def test_a_card_opens_no_file_that_it_names(dressed: None, qtbot: QtBot, tmp_path: Path) -> None:
    red = QColor(255, 0, 0)
    picture = QImage(40, 40, QImage.Format.Format_RGB32)
    picture.fill(red)
    picture.save(str(tmp_path / "secret.png"))
    path = str(tmp_path / "secret.png")
    view = CardView()
    opened(view, qtbot)
    for url in (path, QUrl.fromLocalFile(path).toString()):
        view.show_markdown(f"Seen ![x]({url}) and <img src='{url}'/> and [more]({url})")
        shown = view.grab().toImage()
        seen = {shown.pixel(x, y) for x in range(0, 300, 5) for y in range(0, 120, 5)}
        assert red.rgb() not in seen
    assert "and more" in view.toPlainText()


def test_a_card_of_any_length_is_cut_on_screen(dressed: None, qtbot: QtBot) -> None:
    view = CardView()
    qtbot.addWidget(view)
    view.show_markdown("# Name\n\n" + "x" * 1_000_000 + "\n\nend")
    _, long, end = view.toPlainText().split("\n")
    assert len(long) == MOST_LETTERS
    assert end == "end"
    view.show_markdown("word\n\n" * 20_000)
    assert len(view.toPlainText().split("\n")) < 1_000


def test_what_is_exported_can_be_imported_elsewhere(
    page: ModelsPage, qtbot: QtBot, two: tuple[Model, Model], tmp_path: Path
) -> None:
    out = tmp_path / "out.safetensors"
    choose(page, two[0].name)
    click(qtbot, page.export_button)
    pick(qtbot, page, out.with_suffix(""))
    qtbot.waitUntil(out.exists, timeout=WAIT_MS)
    qtbot.waitUntil(page.notice.isVisible, timeout=WAIT_MS)
    other = Library(tmp_path / "elsewhere")
    assert other.import_(out).fingerprint == two[0].fingerprint


def test_a_file_that_is_no_model_is_refused_by_name(
    page: ModelsPage, qtbot: QtBot, tmp_path: Path
) -> None:
    bad = tmp_path / "bad.safetensors"
    bad.write_bytes(os.urandom(100))
    click(qtbot, page.import_button)
    pick(qtbot, page, bad)
    qtbot.waitUntil(page.notice.isVisible, timeout=WAIT_MS)
    assert "stays as it was" in page.notice.title
    assert page.list.count() == 3


def test_facts_are_those_of_the_card(two: tuple[Model, Model]) -> None:
    card = two[0].card
    assert card is not None
    found = facts(two[0])
    accuracy = card.evaluations[0].scores["macro"]["accuracy"]
    assert found["Right, mean of the three"].startswith(f"{100 * accuracy:.1f} %")
    assert found["Parameters"] == "353,363"
    trivial = card.evaluations[0].trivial["macro"]["accuracy"]
    assert one_line(two[0]).startswith("synthetic")
    assert f", commoner answer {100 * trivial:.0f} %" in one_line(two[0]), (
        "never a figure by itself"
    )
    broken = replace(two[0], card=None, damage="cut off")
    assert set(facts(broken).values()) == {"–"}
    assert one_line(broken) == "cannot be used"


# -- deploying


def test_a_run_without_a_name_lends_that_of_its_data_and_day() -> None:
    stage, found = Stage(protocol="trials", role="student"), sample.result()
    named = Plan(name="Ward C", data="/data/deap")
    assert suggested_name(named, stage, found) == "Ward C, student"
    when = f"{day(found.created)}, student"
    assert suggested_name(named.changed(name=""), stage, found) == f"deap, {when}"
    demo = Plan(data="demo:showcase:3")
    assert suggested_name(demo, stage, found) == f"Demo data, {when}"


@pytest.fixture
def deploying(dressed: None, qtbot: QtBot, finished: Run) -> DeployPage:
    """The page with a finished run."""
    made = DeployPage()
    opened(made, qtbot)
    made.show_run(Follower(finished, made))
    return made


def test_without_a_result_there_is_nothing_to_put_to_work(dressed: None, qtbot: QtBot) -> None:
    page = DeployPage()
    opened(page, qtbot)
    assert not page.use.isEnabled()
    assert not page.keep.isEnabled()


def test_the_student_is_kept_under_its_name_and_put_to_work(
    deploying: DeployPage, qtbot: QtBot, library: Library
) -> None:
    assert deploying.network.currentText() == "Student"
    assert deploying.name.text() == "Ward C, student"
    assert deploying.caution.isVisible(), "synthetic"
    qtbot.waitUntil(lambda: deploying.changes.drawing is not None, timeout=WAIT_MS)
    deploying.name.selectAll()
    qtbot.keyClicks(deploying.name, "Afternoons")
    with qtbot.waitSignal(deploying.deploy_asked, timeout=WAIT_MS) as asked:
        qtbot.mouseClick(deploying.use, LEFT)
    assert asked.args[0].name == "Afternoons"
    assert "Afternoons" in [model.name for model in library.models()]
    deploying.show_deployed(asked.args[0].key)
    assert "Afternoons" in deploying.notice.title


def test_a_network_whose_file_is_gone_is_refused_and_the_library_stays(
    deploying: DeployPage, qtbot: QtBot, finished: Run, library: Library
) -> None:
    (finished.folder / "subjects-student.safetensors").unlink()
    qtbot.mouseClick(deploying.keep, LEFT)
    qtbot.waitUntil(lambda: "stays as it was" in deploying.notice.title, timeout=WAIT_MS)
    assert len(library.models()) == 1


def test_the_window_goes_over_to_a_model_of_its_library(
    open_window: OpenWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    Library().add(checkpoint(tmp_path / "a.safetensors", "Ward A", 0.01))
    window = open_window(Settings(notice_seen=True, theme="light"))
    play(window, qtbot, SourceSpec("demo"))
    qtbot.mouseClick(window.shell.rail.button("models"), LEFT)
    page = window.shell.pages.currentWidget()
    assert isinstance(page, ModelsPage)
    qtbot.waitUntil(lambda: page.list.count() == 2, timeout=WAIT_MS)
    choose(page, "Ward A")
    with qtbot.waitSignal(window.deployed, timeout=WAIT_MS):
        qtbot.mouseClick(page.use, LEFT)
    assert page.chips[0].text == "In use"
    assert window.engine is not None
    assert window.engine.classifier.name == "Ward A"
    assert window.settings.model.startswith("Ward-A")
