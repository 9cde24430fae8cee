"""An avatar from a photograph, by real drops, drags and keys in the real page."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QWheelEvent
from PySide6.QtWidgets import QApplication, QWidget

from app import avatar_pictures, theme
from app.studio.fit_cards import Swatches
from app.studio.photo_page import PhotoPage
from app.studio.saying import state
from avatars import Identity, load_scene, still
from avatars.photo import NAMES
from avatars.photo.cielab import JUST_VISIBLE, difference, lab
from avatars.photo.fit import GOOD_PCT
from avatars.photo.landmarks import PLACE
from avatars.photo.places import seen_by_renderer
from tests.app.conftest import WAIT_MS, settle

SIDE = 500
START = replace(Identity.load("elin"), gender=0.05, age=54.0, ancestry={"european": 1.0})
EYES_AND_CHIN = ("right-eye-outer", "left-eye-outer", "chin", "nose-tip", "left-mouth")


@pytest.fixture(scope="module")
def person() -> Identity:
    return replace(Identity.load("rosa"), hair="bun", beard=None, glasses=None)


@pytest.fixture(scope="module")
def portrait(
    qapp: QApplication, person: Identity, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    path = tmp_path_factory.mktemp("photographs") / "rosa.png"
    with avatar_pictures.canvas(SIDE) as board:
        avatar_pictures.portrait(board, load_scene(person), "neutral").save(str(path))
    return path


@pytest.fixture(scope="module")
def truth(person: Identity) -> np.ndarray:
    """Where the landmarks of the person in the portrait are, pixels."""
    return seen_by_renderer(person, (0.0, 0.0, 0.0)) * SIDE


@pytest.fixture
def page(qapp: QApplication, qtbot, data_dir: Path) -> Iterator[PhotoPage]:
    theme.apply("light")
    before = set(QApplication.topLevelWidgets())
    made = PhotoPage()
    made.resize(1364, 816)
    made.show()
    made.start(START)
    yield made
    made.close()
    made.deleteLater()
    settle()
    left = [w for w in QApplication.topLevelWidgets() if w not in before]
    assert not left, f"left behind: {left}"


def drop(widget: QWidget, path: Path) -> None:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path))])
    what = (Qt.DropAction.CopyAction, data, Qt.MouseButton.LeftButton, Qt.KeyboardModifier(0))
    middle = widget.rect().center()
    entering = QDragEnterEvent(middle, *what)
    QApplication.sendEvent(widget, entering)
    assert entering.isAccepted()
    QApplication.sendEvent(widget, QDropEvent(QPointF(middle), *what))


def opened(page: PhotoPage, qtbot, path: Path) -> None:
    drop(page.drop, path)
    qtbot.waitUntil(page.view.isVisible, timeout=WAIT_MS)
    qtbot.waitExposed(page)
    page.view.grab()  # lays the labels out


def drag(page: PhotoPage, qtbot, name: str, to: np.ndarray) -> None:
    """Choose a landmark by its label and drag it to a place in the photograph."""
    view = page.view
    left = Qt.MouseButton.LeftButton
    qtbot.mouseClick(view, left, pos=view.label_at(name).toPoint())
    assert view.name == name
    at = view.to_view(*page.placement.at(name))
    goal = view.to_view(float(to[0]), float(to[1]))
    qtbot.mousePress(view, left, pos=at.toPoint())
    qtbot.mouseMove(view, ((at + goal) / 2).toPoint())
    qtbot.mouseMove(view, goal.toPoint())
    qtbot.mouseRelease(view, left, pos=goal.toPoint())


def drag_all(page: PhotoPage, qtbot, truth: np.ndarray, names=NAMES) -> None:
    for name in names:
        drag(page, qtbot, name, truth[PLACE[name]])
    qtbot.waitUntil(lambda: fitted(page), timeout=WAIT_MS)


def fitted(page: PhotoPage) -> bool:
    outcome = page.outcome
    return outcome is not None and outcome.placement == page.placement


def test_a_photograph_becomes_an_avatar(page, qtbot, portrait, truth, person):
    opened(page, qtbot, portrait)
    assert not page.keep.isEnabled()
    drag_all(page, qtbot, truth)
    assert page.placement.placed == set(NAMES)
    assert page.outcome.fit.mean_pct < GOOD_PCT
    assert page.fit.figure == f"{page.outcome.fit.mean_pct:.1f} %"
    found = page.identity
    skins = [lab(np.array(one.skin)) for one in (found, person)]
    assert difference(*skins) < JUST_VISIBLE
    assert (found.gender, found.age, found.hair) == (START.gender, START.age, START.hair)
    eyes = state("eyes", found).partition(",")[0]
    swatches = page.colours.findChild(Swatches).accessibleName()
    assert f"Eyes: {eyes};" in swatches, "by hand it has the same word"
    qtbot.waitUntil(lambda: not page.compare.after.image.isNull(), timeout=WAIT_MS)
    qtbot.waitUntil(lambda: not page.compare.before.image.isNull(), timeout=WAIT_MS)
    assert page.compare.after.image != page.compare.before.image
    for button, signal in ((page.keep, page.kept), (page.tune, page.fine_tune)):
        with qtbot.waitSignal(signal, timeout=WAIT_MS) as caught:
            qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
        assert caught.args == [found]


def test_the_photograph_shows_through_the_avatar(page, qtbot, portrait, truth):
    opened(page, qtbot, portrait)
    drag_all(page, qtbot, truth)
    over = page.compare.over
    qtbot.mouseClick(page.compare.way.button(1), Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: over.shows_avatar, timeout=WAIT_MS)
    half = over.grab().toImage()
    qtbot.mouseClick(over, Qt.MouseButton.LeftButton, pos=QPoint(12, 100))
    assert over.grab().toImage() != half


def test_points_that_nobody_set_follow_those_that_somebody_set(page, qtbot, portrait, truth):
    opened(page, qtbot, portrait)
    before = page.placement
    for name in EYES_AND_CHIN[:3]:
        drag(page, qtbot, name, truth[PLACE[name]])
    after = page.placement
    assert after.placed == set(EYES_AND_CHIN[:3])
    others = [PLACE[name] for name in NAMES if name not in after.placed]
    far = [np.linalg.norm(p.points[others] - truth[others], axis=1).mean() for p in (before, after)]
    assert far[1] < far[0] / 2
    assert {page.view.state(name) for name in NAMES} == {"set", "guess"}
    assert page.outcome is None


def test_keys_walk_nudge_set_and_undo(page, qtbot, portrait):
    opened(page, qtbot, portrait)
    view = page.view
    page.activateWindow()
    view.setFocus()
    start = page.placement
    chosen = PLACE[view.name]
    qtbot.keyClick(view, Qt.Key.Key_Tab)
    assert PLACE[view.name] == chosen + 1
    qtbot.keyClick(view, Qt.Key.Key_Backtab)
    assert PLACE[view.name] == chosen
    name, (x, y) = view.name, start.at(view.name)
    one = view.to_picture(QPointF(1, 0)).x() - view.to_picture(QPointF(0, 0)).x()
    for _ in range(3):
        qtbot.keyClick(view, Qt.Key.Key_Right)
    qtbot.keyClick(view, Qt.Key.Key_Up, Qt.KeyboardModifier.ShiftModifier)
    assert page.placement.at(name) == pytest.approx((x + 3 * one, y - 10 * one))
    assert page.placement.placed == {name}
    qtbot.keyClick(view, Qt.Key.Key_Return)
    assert view.name != name
    qtbot.keyClick(view, Qt.Key.Key_Return)
    assert len(page.placement.placed) == 2
    qtbot.keyClick(view, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert page.placement.placed == {name}
    qtbot.mouseClick(page.marks.undo, Qt.MouseButton.LeftButton)
    assert page.placement == start  # four nudges of one point are one step
    assert not page.marks.undo.isEnabled()
    qtbot.mouseClick(page.marks.redo, Qt.MouseButton.LeftButton)
    assert page.placement.placed == {name}


def test_next_and_previous_walk_round(page, qtbot, portrait):
    opened(page, qtbot, portrait)
    page.view.choose(NAMES[-1])
    qtbot.mouseClick(page.marks.next, Qt.MouseButton.LeftButton)
    assert page.view.name == NAMES[0]
    assert page.placement.placed == {NAMES[-1]}
    qtbot.mouseClick(page.marks.previous, Qt.MouseButton.LeftButton)
    assert page.view.name == NAMES[-1]


def test_a_point_far_off_is_named_until_it_is_put_right(page, qtbot, portrait, truth):
    opened(page, qtbot, portrait)
    drag_all(page, qtbot, truth)
    identity = page.identity
    drag(page, qtbot, "right-mouth", truth[PLACE["right-mouth"]] + (-40, 45))
    qtbot.waitUntil(lambda: fitted(page), timeout=WAIT_MS)
    assert page.view.state("right-mouth") == "doubt"
    assert "right mouth corner" in page.foot_words
    qtbot.mouseClick(page.marks.undo, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: fitted(page), timeout=WAIT_MS)
    assert page.view.state("right-mouth") == "set"
    assert page.foot_words == ""
    assert page.identity == identity


def test_points_that_form_no_face_are_said_and_the_avatar_stays(page, qtbot, portrait, truth):
    opened(page, qtbot, portrait)
    drag_all(page, qtbot, truth)
    identity = page.identity
    rng = np.random.default_rng(5)
    for name in NAMES[:14]:
        drag(page, qtbot, name, rng.uniform(60, SIDE - 60, 2))
    qtbot.waitUntil(page.notice.isVisible, timeout=WAIT_MS)
    assert page.notice.title.endswith(".")
    assert page.identity.skin_tone == identity.skin_tone


def test_a_turned_head_is_remarked_on(page, qtbot, person, truth, portrait, tmp_path):
    turned = (0.0, 35.0, 0.0)
    pose = replace(still({}), head_deg=np.array(turned, np.float32))
    with avatar_pictures.canvas(SIDE) as board, board.showing(load_scene(person)) as sitter:
        sitter.draw(pose).save(str(tmp_path / "aside.png"))
    opened(page, qtbot, tmp_path / "aside.png")
    drag_all(page, qtbot, seen_by_renderer(person, turned) * SIDE)
    assert "turned by about 3" in page.remark.title
    drop(page, portrait)
    qtbot.waitUntil(lambda: not page.placement.placed, timeout=WAIT_MS)
    drag_all(page, qtbot, truth)
    assert page.remark.isHidden()


def test_what_is_no_photograph_is_refused_and_all_stays(page, qtbot, portrait, truth, tmp_path):
    letter = tmp_path / "letter.jpg"
    letter.write_text("Dear doctor")
    drop(page.drop, letter)
    qtbot.waitUntil(page.drop.notice.isVisible, timeout=WAIT_MS)
    assert page.drop.notice.title.startswith("letter.jpg is no photograph")
    opened(page, qtbot, portrait)
    drag_all(page, qtbot, truth, (*EYES_AND_CHIN, "right-mouth"))
    identity = page.identity
    drop(page, letter)
    qtbot.waitUntil(page.notice.isVisible, timeout=WAIT_MS)
    assert page.notice.title.startswith("letter.jpg is no photograph")
    assert page.view.isVisible()
    assert page.identity == identity
    drop(page, portrait)
    qtbot.waitUntil(lambda: not page.placement.placed, timeout=WAIT_MS)
    assert not page.notice.isVisible()


def test_leaving_forgets_the_photograph_and_nothing_was_written(
    page, qtbot, portrait, truth, data_dir
):
    opened(page, qtbot, portrait)
    drag_all(page, qtbot, truth, (*EYES_AND_CHIN, "right-mouth"))
    held = weakref.ref(page.photograph.pixels)
    page.hide()
    assert page.photograph is None
    assert page.identity is None

    def gone() -> bool:
        gc.collect()
        return held() is None

    qtbot.waitUntil(gone, timeout=WAIT_MS)
    page.show()
    assert page.drop.isVisible()
    assert not page.view.isVisible()
    assert [p for p in data_dir.rglob("*") if p.is_file()] == []


def test_guess_all_again_can_be_undone(page, qtbot, portrait, truth):
    opened(page, qtbot, portrait)
    drag(page, qtbot, "chin", truth[PLACE["chin"]])
    moved = page.placement
    qtbot.mouseClick(page.guess, Qt.MouseButton.LeftButton)
    assert not page.placement.placed
    page.undo()
    assert page.placement == moved


@pytest.mark.parametrize("tokens", ["light", "dark"])
def test_it_fits_a_small_window(page, qtbot, portrait, truth, tokens):
    """1280 x 720 less the window's own rail and bars."""
    theme.apply(tokens)
    page.resize(1204, 636)
    opened(page, qtbot, portrait)
    assert (page.width(), page.height()) == (1204, 636)
    assert page.keep.visibleRegion().boundingRect().size() == page.keep.size()
    assert page.view.width() > 600


def test_the_wheel_goes_nearer_about_the_cursor(page, qtbot, portrait):
    opened(page, qtbot, portrait)
    view, at = page.view, QPointF(300, 200)
    under, scale = view.to_picture(at), view.to_view(1, 0).x() - view.to_view(0, 0).x()
    turn = QPoint(0, 360)
    none = (Qt.MouseButton.NoButton, Qt.KeyboardModifier(0), Qt.ScrollPhase.NoScrollPhase, False)
    QApplication.sendEvent(view, QWheelEvent(at, view.mapToGlobal(at), turn, turn, *none))
    assert view.to_view(1, 0).x() - view.to_view(0, 0).x() > 1.3 * scale
    assert (view.to_picture(at) - under).manhattanLength() < 0.01
    left = Qt.MouseButton.LeftButton
    empty = QPoint(view.width() // 2, 12)
    qtbot.mousePress(view, left, pos=empty)
    qtbot.mouseMove(view, empty + QPoint(30, 20))
    qtbot.mouseRelease(view, left, pos=empty + QPoint(30, 20))
    assert (view.to_picture(at + QPointF(30, 20)) - under).manhattanLength() < 0.01
    assert not page.placement.placed
    qtbot.mouseClick(page.marks.whole, left)
    assert view.to_view(1, 0).x() - view.to_view(0, 0).x() == pytest.approx(scale)
