"""From the settings page to a receiver: what leaves, and what never does unasked."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from app import settings as store
from app.json_files import from_json
from app.outputs import WornFace
from app.settings import Settings
from app.source_spec import SourceSpec
from app.windows import MainWindow
from avatars import EXPRESSION, emotion_weights
from evoke.emotion import PAPER
from evoke.outputs.vmc import VmcOutput, VmcSettings
from tests.app.conftest import WAIT_MS, OpenWindow, play
from tests.evoke.outputs.readings import HAPPY, UNSURE, reading
from tests.evoke.outputs.test_vmc import Marionette

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def marionette() -> Iterator[Marionette]:
    receiver = Marionette()
    yield receiver
    receiver.close()


def type_host(window: MainWindow, host: str) -> None:
    field = window.settings_page.outputs.host
    field.setText(host)
    QTest.keyClick(field, Qt.Key.Key_Return)


def test_nothing_is_sent_unasked(demo_window: MainWindow) -> None:
    assert demo_window.engine.outputs == ()
    assert (Settings().send_vmc, Settings().lsl) == (False, "off")
    assert Settings().vmc.loopback


def test_no_model_wears_the_face_twice_unless_somebody_chose_so() -> None:
    standard = Settings().vmc
    assert not (standard.presets and standard.arkit)
    chosen = from_json(Settings, b'{"vmc": {"names": "vrm0+arkit"}}')
    assert (chosen.vmc.presets, chosen.vmc.arkit) == ("vrm0", True)


def test_the_face_goes_to_a_receiver_and_is_taken_back(
    open_window: OpenWindow, qtbot: QtBot, marionette: Marionette
) -> None:
    vmc = VmcSettings(port=marionette.port, names="vrm0+arkit")
    window = open_window(Settings(notice_seen=True, theme="light", vmc=vmc))
    play(window, qtbot, SourceSpec("demo"))
    outputs = window.settings_page.outputs
    qtbot.mouseClick(outputs.vmc.button(1), LEFT)
    assert window.settings.send_vmc
    weights = marionette.until(lambda _: marionette.status == (1, 3, 0, 1))
    assert set(EXPRESSION[:52]) | {"Joy", "Angry", "Sorrow", "Fun", "Neutral"} <= set(weights)
    assert not {"AU21", "AU38"} & set(weights)
    assert all(0 <= weight <= 1 for weight in weights.values())
    qtbot.waitUntil(lambda: "Sent to 127.0.0.1" in outputs.vmc_state.text(), timeout=WAIT_MS)
    qtbot.mouseClick(outputs.vmc.button(0), LEFT)
    assert window.engine.outputs == ()
    marionette.until(lambda _: marionette.status[0] == 0)
    assert not outputs.vmc_state.isVisibleTo(outputs)


def test_one_face_at_a_time_is_sent_when_the_source_changes(
    open_window: OpenWindow, qtbot: QtBot, marionette: Marionette
) -> None:
    vmc = VmcSettings(port=marionette.port)
    window = open_window(Settings(notice_seen=True, theme="light", vmc=vmc, send_vmc=True))
    play(window, qtbot, SourceSpec("demo"))
    marionette.until(lambda _: marionette.status[0] == 1)
    overlapping = []
    starting = VmcOutput.__init__

    def started(output: VmcOutput, *arguments: object) -> None:
        overlapping.append(sum(thread.name == "VMC" for thread in threading.enumerate()))
        starting(output, *arguments)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(VmcOutput, "__init__", started)
        engine = window.engine
        window.open(SourceSpec("demo"))
        qtbot.waitUntil(lambda: window.engine is not engine, timeout=WAIT_MS)
        qtbot.waitUntil(lambda: len(window.engine.outputs) == 1, timeout=WAIT_MS)
        assert overlapping == [0]
        for rate_hz in (10, 20, 60):  # while the one before takes its leave
            window.change(vmc=VmcSettings(port=marionette.port, rate_hz=rate_hz))
        qtbot.waitUntil(lambda: len(window.engine.outputs) == 1, timeout=WAIT_MS)
    assert overlapping == [0, 0]
    marionette.until(lambda _: marionette.status[0] == 1)


def test_the_status_bar_says_what_leaves_and_what_does_not_arrive(
    open_window: OpenWindow, qtbot: QtBot, marionette: Marionette
) -> None:
    window = open_window()
    play(window, qtbot, SourceSpec("demo"))
    sending = window.shell.status.sending
    assert not sending.isVisible()
    window.change(vmc=VmcSettings(port=marionette.port), send_vmc=True)
    assert sending.isVisible()
    assert sending.accessibleName() == "Sent to 127.0.0.1"
    assert f"Sent to 127.0.0.1 port {marionette.port}." in sending.toolTip()
    window.change(vmc=VmcSettings("no-such-computer.invalid"), lsl="computer")
    unknown = "VMC: no-such-computer.invalid port 39539 cannot be reached: no computer of that"
    qtbot.waitUntil(lambda: sending.toolTip().startswith(unknown), timeout=WAIT_MS)
    assert "\nLSL: Announced on this computer alone." in sending.toolTip()
    assert sending.accessibleName().startswith("no-such-computer.invalid port 39539")
    qtbot.mouseClick(sending, LEFT)
    assert window.shell.page == "settings"
    window.change(send_vmc=False, lsl="off")
    assert not sending.isVisible()


def test_the_face_sent_arrives_at_the_face_shown() -> None:
    face = WornFace(PAPER)
    for _ in range(200):
        worn = face.wear(reading(HAPPY), 0.05)
    smile = face.names.index("mouthSmileLeft")
    assert worn[smile] > 0.85 * emotion_weights("happy")[EXPRESSION.index("mouthSmileLeft")]
    for affect in (reading(UNSURE), None):
        for _ in range(200):
            calm = face.wear(affect, 0.05)
        calm_smile = emotion_weights("neutral")[EXPRESSION.index("mouthSmileLeft")]
        assert calm[smile] == pytest.approx(calm_smile, abs=0.01)


def test_another_computer_is_asked_about_first(open_window: OpenWindow, qtbot: QtBot) -> None:
    window = open_window()
    window.show_page("settings")
    outputs = window.settings_page.outputs
    type_host(window, "192.0.2.7")
    assert window.settings.vmc.host == "127.0.0.1"
    assert outputs.notice.title == "Send the face to 192.0.2.7?"
    qtbot.mouseClick(outputs.refuse, LEFT)
    assert (outputs.host.text(), outputs.notice.isVisible()) == ("127.0.0.1", False)
    type_host(window, "192.0.2.7")
    qtbot.mouseClick(outputs.agree, LEFT)
    assert window.settings.vmc.host == "192.0.2.7"
    assert not outputs.notice.isVisible()  # nothing is sent yet
    qtbot.mouseClick(outputs.vmc.button(1), LEFT)
    assert outputs.notice.title == "What is read leaves this computer."
    assert not outputs.agree.isVisible()


def test_a_malformed_receiver_is_said_at_once(open_window: OpenWindow) -> None:
    window = open_window()
    window.show_page("settings")
    outputs = window.settings_page.outputs
    type_host(window, "http://studio")
    assert "got 'http://studio'" in outputs.notice.title
    assert outputs.host.property("bad") is True
    assert window.settings.vmc.host == "127.0.0.1"
    type_host(window, "localhost")
    assert window.settings.vmc.host == "localhost"
    assert (outputs.host.property("bad"), outputs.notice.isVisible()) == (False, False)


def test_streams_in_the_network_are_asked_about_first(
    open_window: OpenWindow, qtbot: QtBot
) -> None:
    window = open_window()
    window.show_page("settings")
    outputs = window.settings_page.outputs
    qtbot.mouseClick(outputs.lsl.button(2), LEFT)
    assert window.settings.lsl == "off"
    assert "network" in outputs.notice.title
    qtbot.mouseClick(outputs.refuse, LEFT)
    assert outputs.lsl.index == 0
    qtbot.mouseClick(outputs.lsl.button(1), LEFT)
    assert window.settings.lsl == "computer"
    assert outputs.lsl_state.text() == "Begins as soon as a source is open."


def test_port_rate_and_names_are_kept(open_window: OpenWindow, qtbot: QtBot) -> None:
    window = open_window()
    outputs = window.settings_page.outputs
    outputs.port.setValue(39540)
    outputs.rate.activated.emit(3)
    outputs.names.activated.emit(2)
    assert window.settings.vmc == VmcSettings("127.0.0.1", 39540, 60, "arkit")
    assert outputs.names.currentText() == "ARKit alone"


def test_what_is_sent_is_kept_between_runs(tmp_path: Path) -> None:
    kept = Settings(send_vmc=True, vmc=VmcSettings("studio", 39540, 60, "vrm1"), lsl="network")
    store.save(kept, tmp_path / "settings.json")
    assert store.load(tmp_path / "settings.json") == (kept, "", True)


@pytest.mark.parametrize("vmc", ['{"host": "a b"}', '{"port": 0}', '{"names": "vrm2"}', "3"])
def test_damaged_settings_of_outputs_are_set_aside(tmp_path: Path, vmc: str) -> None:
    path = tmp_path / "settings.json"
    path.write_text(f'{{"send_vmc": true, "vmc": {vmc}}}', encoding="utf-8")
    settings, notice, _ = store.load(path)
    assert settings == Settings()
    assert "damaged" in notice
