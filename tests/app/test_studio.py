"""The studio as a user meets it: a real window, real clicks."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QFileDialog, QLabel, QLineEdit, QMessageBox, QScrollArea, QWidget
from pytestqt.qtbot import QtBot

from app.avatar_pictures import pixels
from app.avatar_store import OWN, FileStore, find
from app.file_dialogs import ask_new_file
from app.panels import host as face_host
from app.panels.driver import Driver, probe_driver
from app.panels.face import FaceView, HardwareFace, SoftwareFace
from app.settings import Settings
from app.status_bar import StatusItem
from app.studio.chance import person
from app.studio.dialogs import NameDialog
from app.studio.document import NEW, finished_key, own_key
from app.studio.features import GROUPS, MOUTH
from app.studio.page import StudioPage
from app.studio.saying import state
from app.windows import MainWindow
from avatars import EMOTIONS, Identity, features
from evoke import paths
from tests.app.conftest import WAIT_MS, OpenWindow, tab_stops

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def window(open_window: OpenWindow) -> MainWindow:
    if not probe_driver().usable:
        pytest.skip("this computer has no OpenGL 3.3")
    return open_window()


def visit(window: MainWindow, qtbot: QtBot) -> StudioPage:
    """Go to the studio and wait for the face."""
    qtbot.mouseClick(window.shell.rail.button("avatars"), LEFT)
    qtbot.waitUntil(lambda: window.studio is not None, timeout=WAIT_MS)
    assert window.studio is not None
    wait(window.studio, qtbot)
    return window.studio


def wait(page: StudioPage, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: page.preview.settled, timeout=WAIT_MS)


def cheek(page: StudioPage) -> np.ndarray:
    """Mean colour where the middle of the face is drawn, (3,)."""
    picture = (
        page.preview.grab().toImage().convertToFormat(page.grab().toImage().Format.Format_RGB888)
    )
    tall, wide = picture.height(), picture.width()
    spot = pixels(picture)[int(0.45 * tall) : int(0.6 * tall), int(0.4 * wide) : int(0.6 * wide)]
    return spot.reshape(-1, 3).mean(0)


def drag(page: StudioPage, qtbot: QtBot, key: str, *shares: float) -> None:
    """Drag a slider along places between its ends."""
    track = page.sliders.slider(key).track
    spots = [QPoint(round(10 + (track.width() - 20) * s), track.height() // 2) for s in shares]
    page.sliders.area.ensureWidgetVisible(track)
    qtbot.mousePress(track, LEFT, pos=spots[0])
    for spot in spots[1:]:
        qtbot.mouseMove(track, spot)
    qtbot.mouseRelease(track, LEFT, pos=spots[-1])


def press(page: StudioPage, qtbot: QtBot, key: Qt.Key, *, shift: bool = False) -> None:
    """A key with Ctrl, in the active window."""
    page.activateWindow()
    qtbot.waitUntil(page.isActiveWindow, timeout=WAIT_MS)
    modifiers = Qt.KeyboardModifier.ControlModifier
    if shift:
        modifiers |= Qt.KeyboardModifier.ShiftModifier
    qtbot.keyClick(page, key, modifiers)


def name_it(page: StudioPage, qtbot: QtBot, name: str) -> None:
    """Answer the question for a name."""
    qtbot.waitUntil(lambda: bool(page.findChildren(NameDialog)), timeout=WAIT_MS)
    dialog = page.findChildren(NameDialog)[-1]
    dialog.name.setText(name)
    qtbot.mouseClick(dialog.save, LEFT)
    qtbot.waitUntil(lambda: not page.findChildren(NameDialog), timeout=WAIT_MS)


def answer(page: StudioPage, qtbot: QtBot, word: str) -> None:
    """Answer whether changes shall be kept."""
    qtbot.waitUntil(lambda: bool(page.findChildren(QMessageBox)), timeout=WAIT_MS)
    box = page.findChildren(QMessageBox)[-1]
    button = next(b for b in box.buttons() if b.text().startswith(word))
    qtbot.mouseClick(button, LEFT)
    qtbot.waitUntil(lambda: not page.findChildren(QMessageBox), timeout=WAIT_MS)


def test_the_page_is_made_when_it_is_first_visited(window: MainWindow, qtbot: QtBot) -> None:
    assert window.studio is None
    page = visit(window, qtbot)
    assert window.shell.page == "avatars"
    assert page.identity == find("mira")
    assert page.gallery.tiles[finished_key("mira")].isChecked()
    qtbot.mouseClick(window.shell.rail.button("session"), LEFT)
    qtbot.mouseClick(window.shell.rail.button("avatars"), LEFT)
    assert window.studio is page


def test_the_file_suggested_has_a_name_that_every_system_takes(qtbot: QtBot) -> None:
    parent = QWidget()
    qtbot.addWidget(parent)
    ask_new_file(parent, "Export", "Anna/Eva: who?.vrm", print)
    suggested = parent.findChildren(QFileDialog)[0].selectedFiles()[0]
    assert Path(suggested).name == "Anna-Eva- who-.vrm"


def test_nothing_of_the_studio_is_imported_at_the_start() -> None:
    code = "import sys, app.windows; sys.exit(any(m.startswith('app.studio') for m in sys.modules))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize("host", [SoftwareFace, HardwareFace])
def test_a_slider_changes_the_face_at_once(
    window: MainWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, host: type[FaceView]
) -> None:
    driver = Driver(True, host is SoftwareFace, probe_driver().renderer)
    monkeypatch.setattr(face_host, "probe_driver", lambda: driver)
    page = visit(window, qtbot)
    (view,) = page.preview.findChildren(host)
    before, parts = cheek(page), page.preview.scene.parts
    frames = page.preview.frames
    drag(page, qtbot, "field:skin_tone", 0.5, 0.8, 1.0)
    wait(page, qtbot)
    assert page.preview.frames > frames > 0
    assert page.identity.skin_tone == 1.0
    dark = cheek(page)
    assert dark.mean() < 0.6 * before.mean()
    assert all(a is b for a, b in zip(page.preview.scene.parts, parts, strict=True))
    page.sliders.toggle("nose")
    drag(page, qtbot, "shape:nose-scale-horiz", 0.5, 0.7, 0.9)
    wait(page, qtbot)
    assert page.preview.scene.parts is not parts
    assert page.preview.findChildren(host) == [view], "the view stays, its scene is swapped"


def test_a_drag_is_one_step_of_undo(window: MainWindow, qtbot: QtBot) -> None:
    page = visit(window, qtbot)
    before = page.identity
    drag(page, qtbot, "field:age", 0.2, 0.4, 0.6, 0.9)
    old = page.identity
    drag(page, qtbot, "field:weight", 0.6, 0.9)
    heavy = page.identity
    assert (old.age > 70, heavy.weight > 0.7, heavy.age) == (True, True, old.age)
    assert page.document.changed
    qtbot.mouseClick(page.bar.undo, LEFT)
    assert page.identity == old
    qtbot.mouseClick(page.bar.undo, LEFT)
    assert page.identity == before
    assert not page.document.changed
    assert not page.bar.undo.isEnabled()
    press(page, qtbot, Qt.Key.Key_Z, shift=True)
    qtbot.mouseClick(page.bar.redo, LEFT)
    assert page.identity == heavy
    assert page.sliders.slider("field:weight").track.number == pytest.approx(heavy.weight, abs=1e-3)
    wait(page, qtbot)
    assert page.preview.shown.identity == heavy


def lit(page: StudioPage) -> list[str]:
    """Keys of the tiles that are chosen."""
    return [key for key, tile in page.gallery.tiles.items() if tile.isChecked()]


def test_random_is_somebody_else_and_can_be_undone(window: MainWindow, qtbot: QtBot) -> None:
    page = visit(window, qtbot)
    before = page.identity
    qtbot.mouseClick(page.bar.random, LEFT)
    somebody = page.identity
    assert somebody.shape != before.shape
    assert lit(page) == [], "nobody of the gallery"
    assert "Mira" not in page.document.title
    page.randomise(3)
    assert page.identity == person(3, somebody.name)
    for _ in range(2):
        qtbot.mouseClick(page.bar.undo, LEFT)
    assert page.identity == before
    assert lit(page) == [finished_key("mira")]
    qtbot.mouseClick(page.bar.redo, LEFT)
    assert lit(page) == []


def test_a_face_from_a_photograph_is_asked_for_its_name(window: MainWindow, qtbot: QtBot) -> None:
    page = visit(window, qtbot)
    qtbot.mouseClick(page.bar.tabs.button(1), LEFT)
    page._photo.kept.emit(person(5, "as it was"))
    assert page.findChildren(NameDialog)[-1].name.text() == "New face"
    name_it(page, qtbot, "Nadia")
    (kept,) = FileStore().entries(OWN)
    assert (kept.name, kept.identity) == ("Nadia", page.identity)
    assert lit(page) == [own_key(page.document.of)]


def test_random_beside_an_own_avatar_is_saved_as_another(window: MainWindow, qtbot: QtBot) -> None:
    page = visit(window, qtbot)
    page.randomise(8)
    qtbot.mouseClick(page.bar.save, LEFT)
    assert page.findChildren(NameDialog)[-1].name.text() == "New face"
    name_it(page, qtbot, "new face")
    nadia = page.identity
    qtbot.mouseClick(page.bar.undo, LEFT)
    assert lit(page) == [own_key(page.document.of)], "it goes on being the one that was saved"
    qtbot.mouseClick(page.bar.redo, LEFT)
    assert page.identity == nadia

    qtbot.mouseClick(page.bar.random, LEFT)
    assert (lit(page), page.document.of) == ([], None)
    assert not page.gallery.remove.isEnabled()
    qtbot.mouseClick(page.bar.save, LEFT)
    name_it(page, qtbot, "Omar")
    own = {entry.name: entry.identity for entry in FileStore().entries(OWN)}
    assert own == {"new face": nadia, "Omar": page.identity}
    assert lit(page) == [own_key(page.document.of)]


def test_saved_reopened_duplicated_removed_and_brought_back(
    window: MainWindow, qtbot: QtBot, open_window: OpenWindow
) -> None:
    page = visit(window, qtbot)
    page.randomise(8)
    qtbot.mouseClick(page.bar.save, LEFT)
    name_it(page, qtbot, "Nadia")
    assert not page.document.changed
    (entry,) = FileStore().entries(OWN)
    assert (entry.name, entry.identity) == ("Nadia", page.identity)
    assert f"{entry.identity.age:.0f} years" in entry.identity.description
    tile = page.gallery.tiles[own_key(entry.id)]
    assert tile.isChecked()
    assert tile.accessibleName().startswith("Nadia")

    drag(page, qtbot, "field:age", 0.3, 0.5)
    press(page, qtbot, Qt.Key.Key_S)
    (again,) = FileStore().entries(OWN)
    assert (again.id, again.identity) == (entry.id, page.identity), "its own file, no question"

    qtbot.mouseClick(page.gallery.duplicate, LEFT)
    assert [e.name for e in FileStore().entries(OWN)] == ["Nadia", "Nadia 2"]
    assert page.document.title == "Nadia 2"
    copy = page.document.of
    qtbot.mouseClick(page.gallery.remove, LEFT)
    assert [e.name for e in FileStore().entries(OWN)] == ["Nadia"]
    assert page.removed.isVisible()
    assert "Nadia 2" in page.removed.title
    qtbot.mouseClick(page.bring_back, LEFT)
    assert page.document.of == copy
    assert not page.removed.isVisible()

    window.close()
    other = visit(open_window(), qtbot)
    qtbot.mouseClick(other.gallery.tiles[own_key(entry.id)], LEFT)
    assert other.identity == again.identity
    wait(other, qtbot)


def test_an_own_avatar_is_worn_in_the_session(window: MainWindow, qtbot: QtBot) -> None:
    page = visit(window, qtbot)
    page.choose(finished_key("walter"))
    qtbot.mouseClick(page.bar.wear, LEFT)
    assert window.settings.avatar == "walter"
    page.randomise(2)
    qtbot.mouseClick(page.bar.wear, LEFT)
    name_it(page, qtbot, "Nadia")
    assert window.settings.avatar == "own/Nadia"
    assert find("own/Nadia") == page.identity
    window.show_page("session")
    window.session.avatar.start()
    face = window.session.avatar
    qtbot.waitUntil(lambda: not face.loading, timeout=WAIT_MS)
    window.show_page("settings")
    assert window.settings_page.display.avatar.currentText() == "Nadia"


def test_removing_who_is_worn_puts_another_in_the_session(
    open_window: OpenWindow, qtbot: QtBot
) -> None:
    for name in ("Nadia", "Omar"):
        FileStore().save(OWN, Identity(name))
    window = open_window(Settings(notice_seen=True, theme="light", avatar="own/Nadia"))
    page = visit(window, qtbot)
    nadia, omar = (own_key(entry.id) for entry in FileStore().entries(OWN))
    qtbot.mouseClick(page.gallery.tiles[omar], LEFT)
    qtbot.mouseClick(page.gallery.remove, LEFT)
    assert window.settings.avatar == "own/Nadia"
    assert "session" not in page.removed.title
    qtbot.mouseClick(page.gallery.tiles[nadia], LEFT)
    qtbot.mouseClick(page.gallery.remove, LEFT)
    assert window.settings.avatar == "mira"
    assert "The session wears Mira instead." in page.removed.title


def test_what_is_worn_follows_what_is_saved(open_window: OpenWindow, qtbot: QtBot) -> None:
    if not probe_driver().usable:
        pytest.skip("this computer has no OpenGL 3.3")
    FileStore().save(OWN, Identity("Nadia"))
    window = open_window(Settings(notice_seen=True, theme="light", avatar="own/Nadia"))
    window.session.avatar.start()
    page = visit(window, qtbot)
    assert page.document.title == "Nadia"
    drag(page, qtbot, "field:age", 0.5, 0.9)
    page.preview.setFocus()
    qtbot.mouseClick(page.bar.save, LEFT)
    face = window.session.avatar
    window.show_page("session")
    window.session.avatar.show()
    qtbot.waitUntil(lambda: not face.loading, timeout=WAIT_MS)
    assert find(window.settings.avatar).age > 70


def test_unsaved_changes_are_asked_for(window: MainWindow, qtbot: QtBot) -> None:
    page = visit(window, qtbot)
    page.randomise(4)
    changed = page.identity
    other = page.gallery.tiles[finished_key("walter")]
    qtbot.mouseClick(other, LEFT)
    answer(page, qtbot, "Cancel")
    assert page.identity == changed
    assert lit(page) == []
    qtbot.mouseClick(other, LEFT)
    answer(page, qtbot, "Discard")
    assert page.identity == find("walter")
    page.randomise(5)
    qtbot.mouseClick(page.gallery.tiles[NEW], LEFT)
    answer(page, qtbot, "Save")
    name_it(page, qtbot, "Kept")
    assert page.document.key == NEW
    assert find("own/Kept").shape == person(5, "x").shape


def test_unsaved_changes_outlive_the_window(
    window: MainWindow, qtbot: QtBot, open_window: OpenWindow
) -> None:
    page = visit(window, qtbot)
    page.randomise(6)
    qtbot.mouseClick(page.bar.save, LEFT)
    name_it(page, qtbot, "Nadia")
    drag(page, qtbot, "field:age", 0.3, 0.5)
    changed = page.identity
    window.close()
    again = visit(open_window(), qtbot)
    assert again.identity == changed
    assert again.document.changed
    qtbot.mouseClick(again.bar.save, LEFT)
    (entry,) = FileStore().entries(OWN)
    assert entry.identity == again.identity
    assert entry.identity.shape == changed.shape, "the draft was of this one"
    assert FileStore().draft(OWN) is None


def test_damaged_files_and_unknown_shapes_leave_the_avatar_on_screen(
    window: MainWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    folder = paths.avatars_dir() / OWN
    folder.mkdir()
    (folder / "bad.json").write_text('{"name": "Ann", "age": 300}')
    odd = json.loads(Identity("Odd").to_json()) | {"shape": {"third-eye": 0.4}}
    (folder / "odd.json").write_text(json.dumps(odd))
    page = visit(window, qtbot)
    shown = page.preview.shown
    qtbot.mouseClick(page.gallery.tiles[own_key("bad")], LEFT)
    assert "age must be 18 to 90" in page.trouble.title
    assert page.identity == find("mira")
    assert page.gallery.tiles[finished_key("mira")].isChecked()
    qtbot.mouseClick(page.gallery.tiles[own_key("odd")], LEFT)
    qtbot.waitUntil(lambda: "third-eye" in page.trouble.title, timeout=WAIT_MS)
    assert page.preview.shown.parts == shown.parts
    assert page.identity == find("mira"), "what cannot be shown is not what one goes on with"
    assert page.gallery.tiles[finished_key("mira")].isChecked()
    assert not page.document.changed
    page.open_file(tmp_path / "gone.json")
    assert "gone.json" in page.trouble.title
    qtbot.mouseClick(page.gallery.tiles[finished_key("walter")], LEFT)
    assert not page.trouble.isVisible()
    wait(page, qtbot)
    assert page.preview.shown.identity.name == "walter"


def test_without_opengl_the_rest_works(
    window: MainWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(face_host, "probe_driver", lambda: Driver(False, True, ""))
    qtbot.mouseClick(window.shell.rail.button("avatars"), LEFT)
    qtbot.waitUntil(lambda: window.studio is not None, timeout=WAIT_MS)
    page = window.studio
    qtbot.waitUntil(lambda: page.preview.missing, timeout=WAIT_MS)
    assert "OpenGL 3.3" in page.preview.message.text()
    qtbot.mouseClick(page.bar.random, LEFT)
    qtbot.mouseClick(page.bar.save, LEFT)
    name_it(page, qtbot, "Nadia")
    assert find("own/Nadia") == page.identity


def test_a_description_is_opened_and_written(
    window: MainWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    page = visit(window, qtbot)
    source = tmp_path / "in.json"
    source.write_text(person(9, "Nadia").to_json())
    page.open_file(source)
    assert page.identity == person(9, "Nadia")
    assert page.document.changed
    for suffix, start in (
        (".json", b"{"),
        (".glb", b"glTF"),
        (".png", b"\x89PNG"),
        (".vrm", b"glTF"),
    ):
        out = tmp_path / f"out{suffix}"
        page.export_to(out)
        qtbot.waitUntil(lambda: not page.exports.busy, timeout=WAIT_MS)
        assert out.read_bytes().startswith(start)
    said = {item.text for item in page.facts.findChildren(StatusItem)}
    assert "out.vrm is written; for VMC choose ARKit alone" in said
    assert Identity.from_json((tmp_path / "out.json").read_text(), "out") == page.identity
    page.export_to(tmp_path / "no" / "such" / "out.gif")
    page.exports.close()
    assert not list(tmp_path.rglob("*.gif"))


def test_each_emotion_is_drawn_and_worn(window: MainWindow, qtbot: QtBot) -> None:
    page = visit(window, qtbot)
    tiles = page.expressions.tiles
    qtbot.waitUntil(lambda: all(tile.picture for tile in tiles.values()), timeout=WAIT_MS)
    drawn = [
        pixels(tiles[e].picture.convertToFormat(tiles[e].picture.Format.Format_RGB888))
        for e in EMOTIONS
    ]
    for i, one in enumerate(drawn):
        for other in drawn[:i]:
            assert np.abs(one.astype(int) - other).mean() > 0.3
    qtbot.mouseClick(tiles["anger"], LEFT)
    assert page.expressions.emotion == "anger"
    track = page.expressions.intensity
    qtbot.mouseClick(track, LEFT, pos=QPoint(track.width() // 2, 13))
    assert page.expressions.amount == pytest.approx(0.5, abs=0.03)


def test_the_face_turns_and_comes_nearer(window: MainWindow, qtbot: QtBot) -> None:
    page = visit(window, qtbot)
    face = page.preview
    centre = QPoint(face.width() // 2, face.height() // 3)
    qtbot.mousePress(face, LEFT, pos=centre)
    qtbot.mouseMove(face, centre + QPoint(80, 20))
    qtbot.mouseRelease(face, LEFT, pos=centre + QPoint(80, 20))
    assert face.view.orbit_deg < -20
    assert face.view.tilt_deg > 3
    qtbot.mouseClick(face.buttons["in"], LEFT)
    assert face.view.zoom > 1.2
    qtbot.mouseClick(face.buttons["centre"], LEFT)
    assert (face.view.orbit_deg, face.view.tilt_deg, face.view.zoom) == (0, 0, 1)
    for _ in range(20):
        qtbot.mouseClick(face.buttons["out"], LEFT)
    assert face.view.zoom >= 0.7


def test_two_groups_are_open_and_the_others_say_their_state(
    window: MainWindow, qtbot: QtBot
) -> None:
    page = visit(window, qtbot)
    groups = page.sliders.groups

    def opened() -> set[str]:
        return {key for key, group in groups.items() if group.is_open}

    assert opened() == {"face", "skin"}
    qtbot.mouseClick(groups["hair"].head, LEFT, pos=QPoint(60, 18))
    assert opened() == {"skin", "hair"}
    assert groups["face"].head.said.text().startswith("24 years")
    bald = groups["hair"].tiles.buttons[None]
    qtbot.mouseClick(bald, LEFT)
    assert page.identity.hair is None
    blond = groups["hair"].swatches["hair_colour"].buttons["blond"]
    qtbot.mouseClick(blond, LEFT)
    qtbot.mouseClick(groups["hair"].head, LEFT, pos=QPoint(60, 18))
    assert groups["hair"].head.said.text() == "bald"
    window.resize(1280, 720)
    qtbot.waitUntil(lambda: len(opened()) == 1, timeout=WAIT_MS)
    assert page.sliders.width() + page.preview.width() < page.width()
    assert page.preview.height() > 200


def test_reset_goes_back_to_how_it_was_opened(window: MainWindow, qtbot: QtBot) -> None:
    page = visit(window, qtbot)
    before = page.identity
    page.randomise(11)
    qtbot.mouseClick(page.sliders.groups["skin"].reset, LEFT)
    assert (page.identity.skin_tone, page.identity.blush) == (before.skin_tone, before.blush)
    assert page.identity.shape == person(11, "x").shape
    qtbot.mouseClick(page.sliders.groups["face"].reset, LEFT)
    assert (page.identity.age, page.identity.ancestry) == (before.age, before.ancestry)
    qtbot.mouseClick(page.sliders.reset, LEFT)
    assert page.identity == before


def test_a_slider_is_found_by_what_it_does(window: MainWindow, qtbot: QtBot) -> None:
    page = visit(window, qtbot)
    panel = page.sliders
    qtbot.keyClicks(panel.search, "wrinkles")
    shown = [s for g in panel.groups.values() for s in g.sliders.values() if s.isVisible()]
    assert shown
    assert all(s.slider.finds("wrinkles") for s in shown)
    panel.search.setText("zzz")
    assert panel.nothing.isVisible()
    panel.search.clear()
    assert {k for k, g in panel.groups.items() if g.is_open} == {"face", "skin"}


def test_every_feature_has_one_slider_that_moves_it_alone() -> None:
    sliders = [slider for group in GROUPS.values() for slider in group]
    keys = [slider.key for slider in sliders]
    assert len(set(keys)) == len(keys)
    named = {part for key in keys for part in key.partition(":")[2].split("|")}
    assert set(features()) <= named
    start = person(1, "x")
    for slider in sliders:
        for value in (slider.low, slider.middle, slider.high):
            moved = slider.put(start, value)
            assert slider.get(moved) == pytest.approx(value, abs=1e-6)
            others = [s for s in sliders if s is not slider and not s.key.startswith("ancestry")]
            assert all(s.get(moved) == s.get(start) for s in others)
    assert all(state(group, start) for group in GROUPS)
    plain = {slider.key: slider.middle for slider in MOUTH}
    mouth = start
    for slider in MOUTH:
        tall = slider.name in ("Height", "Lower lip height")
        mouth = slider.put(mouth, slider.high if tall else plain[slider.key])
    assert state("mouth", mouth) == "tall, tall lower lip"


def test_tab_is_seen_wherever_it_lands(window: MainWindow, qtbot: QtBot) -> None:
    page = visit(window, qtbot)
    for group in ("face", "skin"):
        if not page.sliders.groups[group].is_open:
            page.sliders.toggle(group)
    bar = page.sliders.area.verticalScrollBar()
    bar.setValue(bar.maximum())
    assert bar.maximum() > 0
    stops = tab_stops(window, qtbot)
    groups = page.sliders.groups
    way = [
        *(tile for tile in page.gallery.tiles.values() if tile.isChecked()),
        page.sliders.search,
        groups["face"].head,
        groups["face"].sliders["field:age"].track,
        groups["eyes"].head,
        groups["skin"].sliders["field:undertone"].track,
        groups["hair"].head,
    ]
    assert [stop for stop in stops if stop in way] == way
    page.sliders.search.setFocus()
    bar.setValue(bar.maximum())
    for stop in stops:
        assert not isinstance(stop, QScrollArea)
        stop.setFocus(Qt.FocusReason.TabFocusReason)
        name = stop.accessibleName()
        # where it is out of sight it is scrolled to, once the page lies still
        qtbot.waitUntil(lambda stop=stop: not stop.visibleRegion().isEmpty(), timeout=WAIT_MS)
        if isinstance(stop, QLineEdit):
            continue  # its cursor blinks
        focused = stop.grab().toImage()
        stop.clearFocus()
        assert stop.grab().toImage() != focused, f"{type(stop).__name__} {name}"


def test_everything_fits_and_is_named(window: MainWindow, qtbot: QtBot) -> None:
    page = visit(window, qtbot)
    for size in ((1280, 720), (1440, 900)):
        window.resize(*size)
        qtbot.waitUntil(
            lambda size=size: (window.width(), window.height()) == size, timeout=WAIT_MS
        )
        least, pages = page.minimumSizeHint(), window.shell.pages
        assert least.width() <= pages.width()
        assert least.height() <= pages.height()
    said = [label.text() for label in page.bar.findChildren(QLabel)]
    assert "on this computer, not encrypted" in said
    assert window.shell.status.isVisible()
    assert page.facts.isVisible()
    window.show_page("session")
    assert not page.facts.isVisible()
