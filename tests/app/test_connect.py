"""Opening sources: what is asked, what is listed, what is opened."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent
from PySide6.QtWidgets import QLineEdit
from pytestqt.qtbot import QtBot

from app.compose import read_montage
from app.lists import TwoLines
from app.settings import Settings
from app.source_spec import SourceSpec
from app.widgets import Combo
from app.windows import MainWindow
from evoke.dataset.demo_files import write_demo
from evoke.errors import SettingsError
from evoke.signal.montage import ELECTRODES, MIN_LOCATED, Coverage
from evoke.signal.quality import frailty
from evoke.types import ChannelKind, Phase
from tests.app.conftest import WAIT_MS, OpenWindow

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture(scope="module")
def deap_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("deap")
    write_demo(folder, (1, 2))
    (folder / "readme.txt").write_text("no subject", encoding="utf-8")
    return folder


@pytest.fixture
def connecting(open_window: OpenWindow) -> MainWindow:
    window = open_window()
    window.show_connect()
    return window


def test_a_deap_folder_lists_its_subjects_and_plays_one(
    connecting: MainWindow, qtbot: QtBot, deap_folder: Path
) -> None:
    window, page = connecting, connecting.connect_page
    qtbot.mouseClick(page.rows[1], LEFT)
    assert not page.open.isEnabled()
    page.deap.path.edit.setText(str(deap_folder))
    qtbot.waitUntil(lambda: page.deap.subjects.count() == 2, timeout=WAIT_MS)
    page.deap.subjects.setCurrentRow(1)
    page.deap.trial.setCurrentIndex(3)
    qtbot.mouseClick(page.open, LEFT)
    qtbot.waitUntil(lambda: window.engine is not None, timeout=WAIT_MS)
    assert window.shell.page == "session"
    assert window.settings.last_source == SourceSpec("deap", str(deap_folder / "s02.dat"), 3)
    qtbot.waitUntil(lambda: window.engine.status().trial == 3, timeout=WAIT_MS)
    assert "s02.dat" in window.session.name.text()


@pytest.mark.parametrize("how", ["enter", "double click", "enter on the button"])
def test_what_is_chosen_opens_without_a_way_to_the_button(
    connecting: MainWindow, qtbot: QtBot, deap_folder: Path, how: str
) -> None:
    window, page = connecting, connecting.connect_page
    page.show_kind(1)
    assert page.hint.text() == "Choose a folder or a file."
    page.deap.path.edit.setText(str(deap_folder / "nowhere"))
    qtbot.waitUntil(lambda: "There is nothing at" in page.hint.text(), timeout=WAIT_MS)
    qtbot.keyClick(page.deap.path.edit, Qt.Key.Key_Return)
    assert window.shell.page == "connect", "there is nothing to open"
    page.deap.path.edit.setText(str(deap_folder))
    rows = page.deap.subjects
    qtbot.waitUntil(lambda: rows.count() == 2, timeout=WAIT_MS)
    assert page.hint.text() == ""
    if how == "double click":
        at = rows.visualItemRect(rows.item(1)).center()
        qtbot.mouseClick(rows.viewport(), LEFT, pos=at)
        qtbot.mouseDClick(rows.viewport(), LEFT, pos=at)
    else:
        rows.setCurrentRow(1)
        pressed = page.open if how == "enter on the button" else page.deap.path.edit
        pressed.setFocus()
        qtbot.keyClick(pressed, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: window.engine is not None, timeout=WAIT_MS)
    assert "s02.dat" in window.session.name.text()


def test_one_person_is_one_and_a_small_file_has_a_size(
    connecting: MainWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    (tmp_path / "s01.dat").write_bytes(b"x" * 1200)
    form = connecting.connect_page.deap
    qtbot.mouseClick(connecting.connect_page.rows[1], LEFT)
    form.path.edit.setText(str(tmp_path))
    qtbot.waitUntil(lambda: form.subjects.count() == 1, timeout=WAIT_MS)
    assert form.found.text() == "1 person found"
    assert form.subjects.item(0).data(TwoLines.CAPTION) == "1.2 kB"


def test_a_running_session_is_spoken_of_where_there_is_one(
    demo_window: MainWindow, open_window: OpenWindow, qtbot: QtBot
) -> None:
    hint = demo_window.connect_page.hint
    qtbot.mouseClick(demo_window.session.open, LEFT)
    assert hint.text().startswith("The running session goes on")
    qtbot.mouseClick(demo_window.connect_page.cancel, LEFT)
    demo_window.engine.transport.seek(demo_window.engine.transport.duration_s - 0.5, 40)
    ended = Phase.ENDED
    qtbot.waitUntil(lambda: demo_window.engine.status().phase is ended, timeout=WAIT_MS)
    qtbot.mouseClick(demo_window.session.open, LEFT)
    assert hint.text() == ""

    other = open_window()
    qtbot.mouseClick(other.session.empty.open, LEFT)
    assert other.connect_page.hint.text() == ""


def test_a_folder_without_subjects_says_so(
    connecting: MainWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    page = connecting.connect_page
    page.show_kind(1)
    page.deap.path.edit.setText(str(tmp_path))
    qtbot.waitUntil(lambda: "No DEAP files" in page.deap.found.text(), timeout=WAIT_MS)
    assert not page.open.isEnabled()


def test_a_board_asks_for_what_it_needs(connecting: MainWindow, qtbot: QtBot) -> None:
    page = connecting.connect_page
    form = page.headset
    qtbot.mouseClick(page.rows[3], LEFT)
    qtbot.waitUntil(lambda: form.list.count() > 50, timeout=WAIT_MS)
    assert page.open.isEnabled(), "the synthetic board, listed first, asks for nothing"
    qtbot.keyClicks(form.search, "cyton daisy")
    assert form.list.count() == 2
    assert not page.open.isEnabled()
    port = form.inputs["serial_port"]
    assert isinstance(port, Combo)
    port.setEditText("/dev/ttyUSB7")
    assert page.open.isEnabled()
    spec = form.spec()
    assert spec == SourceSpec("board", board="cyton-daisy", params={"serial_port": "/dev/ttyUSB7"})
    montage = form.coverage.montage
    assert sum(kind is Coverage.DIRECT for kind in montage.coverage) == 16


def test_every_board_can_be_chosen(connecting: MainWindow, qtbot: QtBot, tmp_path: Path) -> None:
    form = connecting.connect_page.headset
    form.wake()
    qtbot.waitUntil(lambda: form.list.count() > 50, timeout=WAIT_MS)
    for i in range(form.list.count()):
        form.list.setCurrentRow(i)
        for widget in form.inputs.values():
            if isinstance(widget, QLineEdit):
                widget.setText("1")
            elif isinstance(widget, Combo) and widget.isEditable():
                widget.setEditText("COM1")
            elif not isinstance(widget, Combo):
                widget.edit.setText("recording.csv")
        chosen = form._choice.board
        if not chosen.borrows and len(chosen.eeg) < MIN_LOCATED:
            assert form.problem.title == "Too few electrodes"
            assert form.montage is None, "a montage would not help"
            assert form.spec() is None
            continue
        if form.montage is not None:
            assert form.spec() is None, "where its electrodes are is not known"
            montage = tmp_path / f"{i}.csv"
            board = form._choice.board
            names = [board.channels[k].name for k in board.eeg]
            places = zip(names, ELECTRODES, strict=False)
            montage.write_text("".join(f"{name},{place}\n" for name, place in places))
            form.montage.path.set_path(montage)
            assert not form.montage.wrong
            assert form.coverage.montage is not None
        if form.coverage.montage is not None:
            few = bool(frailty(form.coverage.montage))
            assert form.problem.isHidden() == (not few)
            assert form.problem.title == ("Few electrodes" if few else "")
        assert form.spec() is not None


def test_cancel_leaves_the_session_alone(
    demo_window: MainWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    engine = demo_window.engine
    qtbot.mouseClick(demo_window.session.open, LEFT)
    assert demo_window.shell.page == "connect"
    demo_window.connect_page.show_kind(2)
    qtbot.mouseClick(demo_window.connect_page.cancel, LEFT)
    assert demo_window.shell.page == "session"
    assert demo_window.engine is engine


def test_a_dropped_file_is_opened(open_window: OpenWindow, qtbot: QtBot, deap_folder: Path) -> None:
    window = open_window()
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(deap_folder / "s01.dat"))])
    copy, none = Qt.DropAction.CopyAction, Qt.KeyboardModifier.NoModifier
    window.dropEvent(QDropEvent(QPointF(9, 9), copy, data, LEFT, none))
    qtbot.waitUntil(lambda: window.engine is not None, timeout=WAIT_MS)
    assert "s01.dat" in window.session.name.text()


def test_the_empty_page_offers_the_demo(open_window: OpenWindow, qtbot: QtBot) -> None:
    window = open_window(Settings(notice_seen=True))
    assert window.session.empty.isVisible()
    qtbot.mouseClick(window.session.empty.demo, LEFT)
    qtbot.waitUntil(lambda: window.engine is not None, timeout=WAIT_MS)
    assert not window.session.empty.isVisible()


def test_a_montage_is_two_columns(tmp_path: Path) -> None:
    good, bad = tmp_path / "good.csv", tmp_path / "bad.csv"
    good.write_text("B1,Fp1\n B2 , Fp2\n\n", encoding="utf-8")
    assert read_montage(good) == {"B1": "Fp1", "B2": "Fp2"}
    bad.write_text("B1,Fp1,x\n", encoding="utf-8")
    with pytest.raises(SettingsError, match="two columns"):
        read_montage(bad)
    with pytest.raises(SettingsError, match="could not be read"):
        read_montage(tmp_path / "missing.csv")


def test_a_board_is_opened_by_the_montage_that_was_given(
    connecting: MainWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    page, form = connecting.connect_page, connecting.connect_page.headset
    qtbot.mouseClick(page.rows[3], LEFT)
    qtbot.waitUntil(lambda: form.list.count() > 50, timeout=WAIT_MS)
    qtbot.keyClicks(form.search, "ganglion")
    assert form.montage is not None
    form.inputs["serial_port"].setEditText("/dev/ttyUSB7")
    assert not page.open.isEnabled()
    names = [c.name for c in form._choice.board.channels if c.kind is ChannelKind.EEG]
    montage = tmp_path / "m.csv"
    places = ("Fp1", "Fp2", "C3", "C3")
    montage.write_text("".join(f"{n},{p}\n" for n, p in zip(names, places, strict=True)))
    form.montage.path.set_path(montage)
    assert "two channels are electrode C3" in form.montage.wrong
    assert not page.open.isEnabled()
    montage.write_text(montage.read_text().replace("C3\n", "C4\n", 1))
    form.montage.path.edit.clear()
    form.montage.path.set_path(montage)
    assert page.open.isEnabled()
    assert form.spec().montage == dict(zip(names, ("Fp1", "Fp2", "C4", "C3"), strict=True))


def test_what_made_a_brainflow_file_is_chosen_from_a_list(
    connecting: MainWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    page, form = connecting.connect_page, connecting.connect_page.file
    page.show_kind(2)
    form.path.set_path(tmp_path / "a.csv")
    assert form.spec() == SourceSpec("file", str(tmp_path / "a.csv"))
    qtbot.waitUntil(lambda: form.board.findText("cyton") > 0, timeout=WAIT_MS)
    assert form.board.currentIndex() == 0
    form.board.setCurrentText("cyton")
    assert form.spec().board == "cyton"
    edits = (form.path.edit, form.montage.path.edit, page.deap.path.edit)
    assert [edit.accessibleName() for edit in edits] == [
        *("Recording", "Montage", "DEAP folder or file")
    ]


def test_a_wrong_montage_keeps_a_file_from_being_opened(
    connecting: MainWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    page = connecting.connect_page
    page.show_kind(2)
    page.file.path.edit.setText(str(tmp_path / "a.edf"))
    assert page.open.isEnabled()
    (tmp_path / "m.csv").write_text("one column\n", encoding="utf-8")
    page.file.montage.path.set_path(tmp_path / "m.csv")
    assert "two columns" in page.file.montage.wrong
    assert not page.open.isEnabled()


def test_escape_goes_back_to_the_session(connecting: MainWindow, qtbot: QtBot) -> None:
    page = connecting.connect_page
    qtbot.mouseClick(page.rows[1], LEFT)
    page.deap.path.edit.setFocus()
    qtbot.keyClick(page.deap.path.edit, Qt.Key.Key_Escape)
    assert connecting.shell.page == "session"


def test_a_search_that_finds_no_board_says_so(connecting: MainWindow, qtbot: QtBot) -> None:
    form = connecting.connect_page.headset
    qtbot.mouseClick(connecting.connect_page.rows[3], LEFT)
    qtbot.waitUntil(lambda: form.list.count() > 0, timeout=WAIT_MS)
    qtbot.keyClicks(form.search, "no such thing")
    assert form._title.text() == "No board of that name"
    assert not connecting.connect_page.open.isEnabled()
