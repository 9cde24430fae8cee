"""The window as a user meets it: real clicks, real engine."""

from __future__ import annotations

import gc
import json
import threading
import time
import weakref
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QImage, QTextDocumentFragment
from PySide6.QtGui import Qt as QtText
from PySide6.QtWidgets import (
    QAbstractScrollArea,
    QDockWidget,
    QLabel,
    QLineEdit,
    QMessageBox,
)
from pytestqt.qtbot import QtBot

from app import compose, theme
from app import settings as store
from app.buttons import IconButton, NavButton
from app.panels import host as face_host
from app.panels.driver import Driver, probe_driver
from app.panels.face import FaceView, HardwareFace, SoftwareFace
from app.panels.traces import TracesPanel
from app.settings import Settings
from app.source_spec import SourceSpec
from app.status_bar import StatusItem
from app.studio.tiles import AvatarTile
from app.widgets import ElidedLabel, Segmented, plain_tip
from app.windows import MainWindow
from app.wizard.files_card import Tile
from evoke import paths
from evoke.dataset.demo import generate_subject
from evoke.dataset.pickle2 import write_arrays
from evoke.emotion import UNDECIDED, WORDS
from evoke.engine import Engine
from evoke.errors import SourceError
from evoke.outputs.vmc import VmcSettings
from evoke.signal.montage import ELECTRODES
from evoke.types import Channel, Chunk, Phase, Quality, StreamInfo
from tests.app.conftest import WAIT_MS, OpenWindow, play, tab_stops
from tests.evoke.sources.test_brainflow import recording

LEFT = Qt.MouseButton.LeftButton


def dialogs(window: MainWindow) -> list[QMessageBox]:
    return [box for box in window.findChildren(QMessageBox) if box.isVisible()]


def test_the_demo_is_read_and_called_synthetic_everywhere(demo_window: MainWindow) -> None:
    window, session = demo_window, demo_window.session
    assert session.synthetic.text == "Synthetic data"
    assert "Synthetic" in session.about.text()
    assert session.traces.hint_label.text() == "synthetic"
    assert "synthetic" in window.engine.info.name.lower()
    assert window.shell.status.research.text == "Research use only, not a medical device"
    assert all(row.accessibleName()[-4:-2] in ("0.", "1.") for row in session.affect.rows)


def test_theme_switches_while_it_runs(demo_window: MainWindow, qtbot: QtBot) -> None:
    window = demo_window
    qtbot.mouseClick(window.shell.rail.button("settings"), LEFT)
    assert window.shell.page == "settings"
    qtbot.mouseClick(window.settings_page.display.theme.button(2), LEFT)
    assert window.settings.theme == "dark"
    assert theme.current() is theme.DARK
    surface = window.settings_page.grab().toImage().pixelColor(2, 30)
    assert surface.name().upper() == theme.DARK.surface
    qtbot.mouseClick(window.settings_page.display.theme.button(1), LEFT)
    assert theme.current() is theme.LIGHT


def test_sensitivity_by_click_and_by_key(open_window: OpenWindow, qtbot: QtBot) -> None:
    window = open_window(Settings(notice_seen=True, theme="light", sensitivity_chosen=True))
    play(window, qtbot, SourceSpec("demo"))
    traces = window.session.traces
    assert window.settings.sensitivity_uv_mm == 7
    qtbot.mouseClick(traces.less, LEFT)
    assert window.settings.sensitivity_uv_mm == 10
    assert traces.sensitivity.text() == "10 µV/mm"
    qtbot.keyClick(window, Qt.Key.Key_Plus)
    assert window.settings.sensitivity_uv_mm == 7
    qtbot.keyClick(window, Qt.Key.Key_Minus, Qt.KeyboardModifier.ControlModifier)
    assert window.settings.sensitivity_uv_mm == 7, "a chord is another key"
    window.show_page("settings")
    qtbot.keyClick(window, Qt.Key.Key_Plus)
    assert window.settings.sensitivity_uv_mm == 7, "keys belong to the page that is shown"


def test_on_a_small_screen_pages_are_scrolled_and_nothing_lies_on_anything(
    demo_window: MainWindow, qtbot: QtBot
) -> None:
    window, session = demo_window, demo_window.session
    window.setMinimumSize(0, 0)
    window.resize(900, 500)
    qtbot.waitUntil(lambda: window.width() == 900, timeout=WAIT_MS)
    docks = [dock for dock in session.area.findChildren(QDockWidget) if dock.isVisible()]
    assert len(docks) > 2
    for one, other in combinations(docks, 2):
        assert not one.geometry().intersects(other.geometry())
    before = session.transport.position_s
    qtbot.keyClick(session, Qt.Key.Key_Right)  # is the recording's, and scrolls nothing
    qtbot.waitUntil(lambda: session.transport.position_s >= before + 5, timeout=WAIT_MS)
    research = window.shell.status.research
    assert research.width() >= research.sizeHint().width()


def test_less_sensitivity_draws_smaller_traces(demo_window: MainWindow, qtbot: QtBot) -> None:
    window, view = demo_window, demo_window.session.traces.view
    view.pull(window.engine.raw, window.engine.spans())
    window.engine.transport.pause()

    def height() -> float:
        _x, y = view.curve("Cz").getData()
        return float(np.nanmax(y) - np.nanmin(y))

    window.change(sensitivity_uv_mm=30.0)
    tall = height()
    window.change(sensitivity_uv_mm=100.0)
    assert height() == pytest.approx(tall * 30 / 100, rel=0.05)


def own_rows_filled(window: MainWindow) -> float:
    """Of half a row, what the middle one of the channels takes for nineteen twentieths of the
    time."""
    view = window.session.traces.view
    lines = [view.curve(name).getData()[1] for name in ELECTRODES]
    reach = [np.nanpercentile(np.abs(y - np.round(np.nanmean(y))), 95) for y in lines]
    return float(np.median(reach)) / 0.5


def test_traces_fill_their_rows_until_a_sensitivity_is_chosen(
    open_window: OpenWindow, qtbot: QtBot
) -> None:
    window = open_window(size=(1200, 620))
    traces = window.session.traces
    play(window, qtbot, SourceSpec("demo"))
    qtbot.waitUntil(lambda: window.settings.sensitivity_uv_mm > 7, timeout=WAIT_MS)
    window.engine.transport.pause()
    fitted = window.settings.sensitivity_uv_mm
    assert 0.3 < own_rows_filled(window) < 1.3, "fitted to the first seconds"

    window.resize(1200, 1400)
    qtbot.waitUntil(lambda: window.settings.sensitivity_uv_mm < fitted, timeout=WAIT_MS)
    assert 0.3 < own_rows_filled(window) < 1.3, "fitted to higher rows"
    finer = window.settings.sensitivity_uv_mm
    window.resize(1200, 620)
    qtbot.waitUntil(lambda: window.settings.sensitivity_uv_mm > finer, timeout=WAIT_MS)
    fitted = window.settings.sensitivity_uv_mm

    qtbot.mouseClick(traces.more, LEFT)
    chosen = window.settings.sensitivity_uv_mm
    assert chosen < fitted
    play(window, qtbot, SourceSpec("demo"))
    read = window.session.shown_readings
    qtbot.waitUntil(lambda: window.session.shown_readings > read + 8, timeout=WAIT_MS)
    assert window.settings.sensitivity_uv_mm == chosen, "what was chosen is left alone"

    window.engine.transport.pause()
    qtbot.mouseClick(traces.fitting, LEFT)
    filled = own_rows_filled(window)
    steps = store.SENSITIVITIES_UV_MM
    finer = steps[steps.index(window.settings.sensitivity_uv_mm) - 1]
    assert filled <= 1.0
    assert filled * window.settings.sensitivity_uv_mm / finer > 1.0, "one step more would not fit"
    assert not window.settings.sensitivity_chosen

    qtbot.mouseClick(traces.less, LEFT)
    qtbot.keyClick(window, Qt.Key.Key_F)
    assert own_rows_filled(window) == pytest.approx(filled)


def test_inside_the_zone_the_word_is_undecided_as_the_reading_has_it(
    demo_window: MainWindow, qtbot: QtBot
) -> None:
    window, rows = demo_window, demo_window.session.affect.rows

    def bits() -> str:
        window.session.tick()
        return window.engine.readings(0)[window.session.shown_readings - 1].bits

    window.change(undecided_low=0.0, undecided_high=1.0)
    qtbot.waitUntil(lambda: bits() == "---", timeout=WAIT_MS)
    assert [row.accessibleName().split()[1] for row in rows] == ["undecided"] * 3
    window.change(undecided_low=0.5, undecided_high=0.5)
    qtbot.waitUntil(lambda: "-" not in bits(), timeout=WAIT_MS)
    assert all(row.accessibleName().split()[1] in ("low", "high") for row in rows)


def test_docks_close_come_back_and_are_kept(
    demo_window: MainWindow, open_window: OpenWindow, qtbot: QtBot
) -> None:
    window = demo_window
    maps = window.session.docks["maps"]
    assert maps.isVisible()
    qtbot.mouseClick(maps.close_button, LEFT)
    assert not maps.isVisible()
    window.close()
    again = open_window(store.load()[0])
    play(again, qtbot, SourceSpec("demo"))
    assert not again.session.docks["maps"].isVisible()
    again.session.restore_action.trigger()
    assert again.session.docks["maps"].isVisible()


def test_a_click_on_the_timeline_seeks(demo_window: MainWindow, qtbot: QtBot) -> None:
    window, timeline = demo_window, demo_window.session.timeline
    window.engine.transport.set_speed(1.0)
    at = QPoint(round(timeline.x_of(40.0)), 35)
    qtbot.mouseClick(timeline, LEFT, pos=at)
    qtbot.waitUntil(lambda: 39.5 < window.engine.status().position_s < 44, timeout=WAIT_MS)


def test_space_pauses_and_arrows_seek(demo_window: MainWindow, qtbot: QtBot) -> None:
    window, source = demo_window, demo_window.engine.transport
    qtbot.keyClick(window, Qt.Key.Key_Space)
    assert source.paused
    window.session.transport.seek(5.0)
    qtbot.keyClick(window, Qt.Key.Key_Space)
    assert not source.paused
    qtbot.waitUntil(lambda: window.session.transport.position_s < 30, timeout=WAIT_MS)
    before = window.session.transport.position_s
    qtbot.keyClick(window, Qt.Key.Key_Right)
    qtbot.waitUntil(lambda: window.session.transport.position_s >= before + 9, timeout=WAIT_MS)


def test_trial_and_speed_are_chosen_in_the_transport(demo_window: MainWindow, qtbot: QtBot) -> None:
    window, bar = demo_window, demo_window.session.transport
    qtbot.mouseClick(bar.speed.button(2), LEFT)
    assert window.engine.transport.speed == 1.0
    bar.trial.setCurrentIndex(6)
    bar.trial.activated.emit(6)
    qtbot.waitUntil(lambda: window.engine.status().trial == 7, timeout=WAIT_MS)
    qtbot.waitUntil(lambda: "trial 7 of 40" in window.session.about.text(), timeout=WAIT_MS)


def test_what_is_odd_about_a_file_is_said(
    open_window: OpenWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    data, labels = generate_subject(3, trials=1, trial_s=5)
    data[0, 4] += 3.0  # FC5: no band-passed signal has a mean
    with (tmp_path / "s03.dat").open("wb") as file:
        write_arrays(file, {"labels": labels, "data": data})
    window = open_window()
    window.open(SourceSpec("deap", str(tmp_path / "s03.dat")))
    qtbot.waitUntil(window.session.caution.isVisible, timeout=WAIT_MS)
    assert "FC5: 3.0 uV" in window.session.caution.title
    window.open(SourceSpec("demo"))
    qtbot.waitUntil(lambda: not window.session.caution.isVisible(), timeout=WAIT_MS)


def test_a_bad_file_says_so_and_the_session_goes_on(
    demo_window: MainWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    window, engine = demo_window, demo_window.engine
    bad = tmp_path / "s01.dat"
    bad.write_bytes(b"this is no DEAP file")
    window.open(SourceSpec("deap", str(bad)))
    qtbot.waitUntil(lambda: bool(dialogs(window)), timeout=WAIT_MS)
    (dialog,) = dialogs(window)
    assert "s01.dat" in dialog.text()
    assert dialog.text().count(". ") == 0
    assert window.engine is engine
    shown = window.session.shown_readings
    qtbot.waitUntil(lambda: window.session.shown_readings > shown, timeout=WAIT_MS)
    dialog.close()


def test_the_end_offers_a_replay(demo_window: MainWindow, qtbot: QtBot) -> None:
    window, session = demo_window, demo_window.session
    window.engine.transport.set_speed(float("inf"))
    window.engine.transport.seek(62.0, trial=40)
    qtbot.waitUntil(lambda: window.engine.status().phase is Phase.ENDED, timeout=WAIT_MS)
    qtbot.waitUntil(lambda: session.transport.play.toolTip() == "Replay (Space)", timeout=WAIT_MS)
    window.engine.transport.set_speed(1.0)
    qtbot.mouseClick(session.transport.play, LEFT)
    qtbot.waitUntil(lambda: window.engine.status().trial == 1, timeout=WAIT_MS)
    qtbot.waitUntil(lambda: session.transport.play.toolTip() == "Pause (Space)", timeout=WAIT_MS)


def test_settings_survive_a_restart(open_window: OpenWindow, qtbot: QtBot) -> None:
    window = open_window(Settings())
    assert window.research.isVisible()
    qtbot.mouseClick(window.research.understood, LEFT)
    assert not window.research.isVisible()
    window.change(page_s=20, mains_hz=60, emotions="literature", high_pass_hz=0.5)
    window.resize(1300, 760)
    window.close()
    kept, notice, _ = store.load()
    assert notice == ""
    assert (kept.page_s, kept.mains_hz, kept.emotions) == (20, 60, "literature")
    again = open_window(kept, size=(1300, 760))
    assert not again.research.isVisible()
    assert again.session.traces.page.text() == "20 s"
    assert again.session.traces.band.text() == "0.5–45 Hz"


def test_a_damaged_settings_file_is_set_aside(open_window: OpenWindow, qtbot: QtBot) -> None:
    paths.settings_file().write_text('{"theme": "purple"', encoding="utf-8")
    settings, notice, _ = store.load()
    assert settings == Settings()
    assert "settings.damaged" in notice
    assert paths.settings_file().with_suffix(".damaged").read_text(encoding="utf-8")
    store.save(settings)
    assert json.loads(paths.settings_file().read_text(encoding="utf-8"))["theme"] == "system"


def test_the_emotion_table_becomes_ones_own(demo_window: MainWindow, qtbot: QtBot) -> None:
    window, card = demo_window, demo_window.settings_page.emotions
    window.shell.rail.button("settings").click()
    qtbot.mouseClick(card.preset.button(1), LEFT)
    assert window.settings.table.words[4] == "content"
    assert [note.text for note in card.notes[1:]] == ["the same"] * 7
    assert [one.text() for one in card.sources][3:6] == ["ours", "literature", "ours"]
    assert list(card.check.words) == list(WORDS), "sad is still read, at strongly low valence"
    card.combos[1].setCurrentIndex(2)
    card.combos[1].activated.emit(2)
    assert window.settings.emotions == "own"
    assert window.settings.table.words[1] == "excited"
    assert window.settings.table.words[4] == "content"
    assert card.preset.index == 2
    assert [one.text() for one in card.sources][:5] == ["paper", "yours", "ours", "ours", "yours"]
    assert card.notes[1].text == "→ Disgust"
    assert card.notes[4].text == "the same"
    assert not {"sad", "disgust"} & set(card.check.words)
    window.change(own_words=("happy",) * 8)
    assert not card.grab().isNull(), "one colour has no closest pair"
    qtbot.mouseClick(card.preset.button(0), LEFT)
    assert card.notes[4].text == "→ Content"


@pytest.mark.parametrize("size", [(1280, 720), (1440, 900), (1920, 1080)])
def test_everything_fits(demo_window: MainWindow, qtbot: QtBot, size: tuple[int, int]) -> None:
    window = demo_window
    window.resize(*size)
    qtbot.waitUntil(lambda: (window.width(), window.height()) == size, timeout=WAIT_MS)
    pages, session = window.shell.pages, window.session
    for name in ("session", "settings", "connect"):
        window.show_page(name)
        least = pages.currentWidget().minimumSizeHint()
        assert least.width() <= pages.width()
        assert least.height() <= pages.height()
    window.show_page("session")
    face, traces = session.avatar, session.docks["traces"]
    qtbot.waitUntil(lambda: 0.55 < traces.width() / session.area.width() < 0.75, timeout=WAIT_MS)
    assert face.width() >= 236
    assert face.height() >= 180
    assert traces.height() > session.docks["maps"].height()


@pytest.mark.parametrize("host", [SoftwareFace, HardwareFace])
def test_the_face_is_drawn(
    open_window: OpenWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, host: type[FaceView]
) -> None:
    driver = probe_driver()
    if not driver.usable:
        pytest.skip("this computer has no OpenGL 3.3")
    chosen = Driver(True, host is SoftwareFace, driver.renderer)
    monkeypatch.setattr(face_host, "probe_driver", lambda: chosen)
    window = open_window()
    play(window, qtbot, SourceSpec("demo"))
    view = window.session.avatar
    qtbot.waitUntil(lambda: view.ready, timeout=WAIT_MS)
    assert view.findChildren(host)
    corner = view.mapTo(window, QPoint(0, 0))
    cheek = corner + QPoint(view.width() // 2, view.height() * 2 // 5)

    def on_screen() -> QImage:
        return window.screen().grabWindow(window.winId()).toImage()

    def warm() -> bool:
        """Skin is warmer than the backdrop."""
        tint = on_screen().pixelColor(cheek)
        return tint.red() > tint.blue() + 15

    qtbot.waitUntil(warm, timeout=WAIT_MS)
    outside = on_screen().pixelColor(corner)
    assert outside.name() == theme.LIGHT.bg.lower(), "the card's corners are round"


def test_another_avatar_may_be_chosen(open_window: OpenWindow, qtbot: QtBot) -> None:
    if not probe_driver().usable:
        pytest.skip("this computer has no OpenGL 3.3")
    window = open_window()
    play(window, qtbot, SourceSpec("demo"))
    view, choice = window.session.avatar, window.settings_page.display.avatar
    qtbot.waitUntil(lambda: view.ready, timeout=WAIT_MS)
    before = view.findChildren(FaceView)
    window.show_page("settings")
    choice.activated.emit(choice.findText("Walter"))

    def name() -> str:
        assert view.shown is not None, "there is always somebody"
        return view.shown.identity.name

    window.show_page("session")
    qtbot.waitUntil(lambda: name() == "walter", timeout=WAIT_MS)
    assert view.findChildren(FaceView) == before, "the same view shows another"


def test_an_avatar_that_is_gone_is_replaced_and_that_is_said(
    open_window: OpenWindow, qtbot: QtBot
) -> None:
    if not probe_driver().usable:
        pytest.skip("this computer has no OpenGL 3.3")
    window = open_window(Settings(notice_seen=True, theme="light", avatar="own/nobody"))
    play(window, qtbot, SourceSpec("demo"))
    qtbot.waitUntil(lambda: bool(dialogs(window)), timeout=WAIT_MS)
    (dialog,) = dialogs(window)
    assert "own/nobody" in dialog.text()
    assert window.settings.avatar == "mira"
    qtbot.waitUntil(lambda: window.session.avatar.ready, timeout=WAIT_MS)
    assert window.session.avatar.shown.identity.name == "mira"
    dialog.close()


def test_pages_whose_folder_cannot_be_made_say_so(
    open_window: OpenWindow, qtbot: QtBot, data_dir: Path
) -> None:
    for name in ("models", "avatars"):
        (data_dir / name).write_text("")
    window = open_window()
    pages = window.shell.pages

    def said() -> str:
        """By the page itself, which is a label then, or within it."""
        page = pages.currentWidget()
        return " ".join(words.text() for words in page.parentWidget().findChildren(QLabel)
                        if words is page or page.isAncestorOf(words))  # fmt: skip

    for page in ("avatars", "models"):
        window.show_page(page)
        words = f"{data_dir / page} cannot be used: it is no folder; set EVOKE_DATA_DIR"
        qtbot.waitUntil(lambda words=words: words in said(), timeout=WAIT_MS)
    window.show_page("settings")
    assert window.settings_page.display.avatar.findText("Mira") >= 0
    for name in ("models", "avatars"):
        (data_dir / name).unlink()
    window.show_page("models")
    qtbot.waitUntil(lambda: "Demo student" in said(), timeout=WAIT_MS)
    window.show_page("avatars")
    qtbot.waitUntil(lambda: window.studio is not None, timeout=WAIT_MS)


def test_without_opengl_the_rest_works(demo_window: MainWindow, qtbot: QtBot) -> None:
    view = demo_window.session.avatar
    view.show_missing("3D view needs OpenGL 3.3.")
    assert view.message.isVisible()
    shown = demo_window.session.shown_readings
    qtbot.waitUntil(lambda: demo_window.session.shown_readings > shown, timeout=WAIT_MS)


def test_a_live_board(open_window: OpenWindow, qtbot: QtBot) -> None:
    window = open_window()
    window.open(SourceSpec("board", board="synthetic"))
    qtbot.waitUntil(lambda: window.session.shown_readings > 0, timeout=WAIT_MS)
    session = window.session
    assert session.chip.text == "Live"
    assert not session.transport.play.isVisible()
    assert session.synthetic.text == "Synthetic data"
    engine = window.engine
    qtbot.mouseClick(session.transport.stop, LEFT)
    qtbot.waitUntil(lambda: session.chip.text == "Ended", timeout=WAIT_MS)
    assert not any(thread.is_alive() for thread in engine._threads)
    assert session.shown_readings, "what was read stays"
    qtbot.mouseClick(session.mend, LEFT)
    qtbot.waitUntil(lambda: window.engine is not engine, timeout=WAIT_MS)


def test_open_again_opens_what_failed_not_what_was_refused(
    open_window: OpenWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    damaged = tmp_path / "x.edf"
    damaged.write_bytes(b"no recording")
    asked: list[SourceSpec] = []
    said: list[str] = []
    real = compose.open_source

    def open_source(spec: SourceSpec) -> object:
        asked.append(spec)
        return Unplugged() if spec.kind == "board" else real(spec)

    monkeypatch.setattr(compose, "open_source", open_source)
    window = open_window()
    monkeypatch.setattr(window, "say", said.append)
    window.open(SourceSpec("board", board="cyton"))
    qtbot.waitUntil(window.session.notice.isVisible, timeout=WAIT_MS)
    window.open(SourceSpec("file", str(damaged)))
    qtbot.waitUntil(lambda: bool(said), timeout=WAIT_MS)
    qtbot.mouseClick(window.session.mend, LEFT)
    qtbot.waitUntil(lambda: len(asked) == 3, timeout=WAIT_MS)
    assert asked[-1].board == "cyton"


def test_electrodes_of_the_last_recording_are_not_this_ones(
    open_window: OpenWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    """Maps crossed out what was flat in the recording before, until the first reading came."""
    window = open_window(size=(1280, 720))
    play(window, qtbot, SourceSpec("board", board="synthetic"))
    assert window.session.caution.isVisible()  # a sentence, for which nothing need be scrolled
    assert window.shell.pages.height() == window.shell.height() - window.shell.status.height()
    maps = window.session.maps.maps
    qtbot.waitUntil(lambda: bool(maps[0]._derived), timeout=WAIT_MS)
    window.open(SourceSpec("demo"))
    board = window.engine
    qtbot.waitUntil(lambda: window.engine is not board, timeout=WAIT_MS)
    assert not maps[0]._derived


def test_the_status_bar_of_a_narrow_window_clips_nothing(
    open_window: OpenWindow, qtbot: QtBot
) -> None:
    unheard = Settings(notice_seen=True, send_vmc=True, vmc=VmcSettings(port=9))
    window = open_window(unheard, size=(1200, 620))
    bar = window.shell.status

    def form() -> str:
        return " ".join(item.text for item in bar.findChildren(StatusItem) if item.isVisible())

    window.open(SourceSpec("board", board="synthetic"))
    qtbot.waitUntil(lambda: "16 ch" in form(), timeout=WAIT_MS)
    assert "p95" not in form()
    items = bar.findChildren(StatusItem)

    def clipped() -> list[str]:
        words = [item.findChild(QLabel) for item in items]
        return [
            one.text()
            for one in words
            if one.fontMetrics().horizontalAdvance(one.text()) > one.contentsRect().width()
            or one.mapTo(bar, one.rect().topRight()).x() > bar.width()
        ]

    qtbot.waitUntil(lambda: clipped() == [], timeout=WAIT_MS)
    # what is left out is in the tooltip
    qtbot.waitUntil(lambda: any("p95" in item.toolTip() for item in items), timeout=WAIT_MS)
    window.resize(2200, 900)
    qtbot.waitUntil(lambda: "p95" in form(), timeout=WAIT_MS)


class Unplugged:
    """A source whose cable is pulled after one second."""

    def __init__(self) -> None:
        channels = tuple(Channel(name) for name in ELECTRODES)
        self.info = StreamInfo("Cyton", 128.0, channels, live=True)
        self._start = 0

    def open(self) -> None: ...

    def read(self, timeout_s: float = 0.1) -> Chunk:
        if self._start >= 128:
            raise SourceError("The Cyton on COM4 stopped answering: plug the dongle in again.")
        self._start += 32
        samples = np.random.default_rng(self._start).normal(size=(32, 32))
        return Chunk(self._start - 32, samples, arrival_s=time.perf_counter())

    def close(self) -> None: ...


def test_a_lost_board_is_said_in_words_and_can_be_reconnected(
    open_window: OpenWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(compose, "open_source", lambda _spec: Unplugged())
    window = open_window()
    window.open(SourceSpec("board", board="cyton"))
    session = window.session
    qtbot.waitUntil(session.notice.isVisible, timeout=WAIT_MS)
    assert "stopped answering" in session.notice.title
    assert window.engine.status().phase is Phase.FAILED
    assert session.chip.text == "Stopped"
    assert not session.transport.stop.isEnabled()
    assert "settling" not in session.avatar.overlay.accessibleName()
    window.shell.status.show_status(window.engine.info, window.engine.status(), False)
    words = [item.text for item in window.shell.status.findChildren(StatusItem)]
    assert not any("100" in text for text in words), "nothing is said of a quality nobody judged"
    failed = window.engine
    qtbot.mouseClick(session.mend, LEFT)
    qtbot.waitUntil(lambda: window.engine is not failed, timeout=WAIT_MS)


def test_a_board_that_has_ended_is_let_go_when_it_is_connected_again(
    open_window: OpenWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    recording(tmp_path / "a.csv", 300)
    given = {"file": str(tmp_path / "a.csv"), "master_board": "synthetic"}
    window = open_window()
    window.open(SourceSpec("board", board="playback", params=given))
    mend = window.session.mend
    qtbot.waitUntil(mend.isVisible, timeout=WAIT_MS)
    ended = window.engine
    assert ended.status().phase is Phase.ENDED
    qtbot.mouseClick(mend, LEFT)
    qtbot.waitUntil(lambda: window.engine is not ended, timeout=WAIT_MS)


def test_a_recording_is_let_go_when_another_is_opened(
    demo_window: MainWindow, qtbot: QtBot
) -> None:
    """At once: it is a hundred megabytes, and may be the thirtieth of the day."""
    window, left = demo_window, weakref.ref(demo_window.engine)
    gc.disable()
    try:
        window.open(SourceSpec("demo", trial=2))
        qtbot.waitUntil(lambda: left() is None, timeout=WAIT_MS)
    finally:
        gc.enable()


def test_settings_changed_while_a_source_opens_are_those_it_is_read_by(
    open_window: OpenWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    changed, opening = threading.Event(), compose.Composer.open

    def slowly(composer: compose.Composer, spec: SourceSpec) -> Engine:
        engine = opening(composer, spec)
        changed.wait(WAIT_MS / 1000)
        return engine

    monkeypatch.setattr(compose.Composer, "open", slowly)
    window = open_window()
    window.open(SourceSpec("demo"), speed=16.0)
    window.change(undecided_low=0.0, undecided_high=1.0)
    changed.set()
    qtbot.waitUntil(lambda: window.session.shown_readings > 3, timeout=WAIT_MS)
    assert {reading.emotion for reading in window.engine.readings()} == {UNDECIDED}


@pytest.mark.parametrize("tokens", ["light", "dark"])
@pytest.mark.parametrize("page", ["session", "settings", "connect"])
def test_tab_lands_on_what_can_be_used_and_is_seen_there(
    demo_window: MainWindow, qtbot: QtBot, page: str, tokens: str
) -> None:
    window = demo_window
    window.engine.transport.pause()
    window.change(theme=tokens)
    window.show_page(page)
    stops = tab_stops(window, qtbot)
    assert not [stop for stop in stops if isinstance(stop, QAbstractScrollArea)]
    rail = [stop for stop in stops if isinstance(stop, NavButton)]
    assert rail == [b for b in window.shell.rail.findChildren(NavButton) if b.isChecked()]
    for group in window.shell.pages.currentWidget().findChildren(Segmented):
        inside = [stop for stop in stops if group.isAncestorOf(stop)]
        assert inside == [group.button(group.index)] * (group.isVisible()), group.accessibleName()
    for stop in stops:
        if isinstance(stop, QLineEdit):
            continue  # its cursor blinks
        stop.setFocus(Qt.FocusReason.TabFocusReason)
        focused = stop.grab().toImage()
        stop.clearFocus()
        assert stop.grab().toImage() != focused, f"{type(stop).__name__} {stop.accessibleName()}"


def test_a_name_out_of_a_file_is_read_in_a_tooltip_as_it_stands(
    dressed: None, qtbot: QtBot
) -> None:
    name = "<img src='file:///dev/zero'>"  # Qt would load it
    traces = TracesPanel(lambda **_: None)
    qtbot.addWidget(traces)
    bad = np.ones(2, bool)
    traces.set_quality([name, "Cz"], Quality(np.ones(2, np.uint8), bad, 0.0))
    elided, item, avatar = ElidedLabel(name), StatusItem("file"), AvatarTile("Mira", "30 years")
    elided.resize(40, 20)
    elided.grab()
    item.say(["EEG"], "file", tip=f"EEG\n{name}")
    avatar.show_trouble(f"{name} is damaged.")
    widgets = [elided, item, avatar, AvatarTile(name, ""), Tile(name), IconButton("x", name)]
    for tip in (traces.warning.toolTip(), *(widget.toolTip() for widget in widgets)):
        shown = QTextDocumentFragment.fromHtml(tip) if QtText.mightBeRichText(tip) else None
        assert name in (shown.toPlainText() if shown else tip)
    assert plain_tip("a <b>\nc") == "<qt>a &lt;b&gt;<br>c</qt>"
    assert plain_tip("1 < 2\n3") == "1 < 2\n3"
