"""VMC as a receiver meets it, over the loopback."""

from __future__ import annotations

import socket
import sys
import threading
from collections.abc import Callable, Iterator

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pythonosc.dispatcher import Dispatcher
from pythonosc.osc_server import BlockingOSCUDPServer

from evoke.emotion import LITERATURE, PAPER
from evoke.errors import SettingsError
from evoke.outputs.vmc import PRESETS, VmcOutput, VmcSettings, preset_weights, word_shares
from evoke.types import Affect
from tests.evoke.outputs.readings import ANGER, HAPPY, UNSURE, reading
from tests.waiting import wait_for

PATIENCE_S = 30.0
A_HAPPY_READING = reading(HAPPY)
VRM_0 = {"Neutral", "Joy", "Fun", "surprise", "Sorrow", "Angry", "fear", "disgust"}
VRM_1 = {"neutral", "happy", "excited", "surprised", "sad", "angry", "fear", "disgust", "relaxed"}


class Marionette:
    """A receiver, in VMC's words: reads one bundle at a time with python-osc."""

    def __init__(self, port: int = 0) -> None:
        dispatcher = Dispatcher()
        dispatcher.set_default_handler(lambda address, *values: self._heard(address, values))
        self._server = BlockingOSCUDPServer(("127.0.0.1", port), dispatcher)
        self._server.timeout = PATIENCE_S
        self.port: int = self._server.server_address[1]
        self.messages: list[tuple[str, tuple[object, ...]]] = []

    def _heard(self, address: str, values: tuple[object, ...]) -> None:
        self.messages.append((address, values))

    def bundle(self) -> dict[str, float]:
        """Weights of the next bundle; its messages stay in `messages`."""
        self.messages = []
        self._server.handle_request()
        assert self.messages, "no bundle came"
        return {str(v[0]): float(v[1]) for a, v in self.messages if a == "/VMC/Ext/Blend/Val"}

    def until(self, condition: Callable[[dict[str, float]], bool]) -> dict[str, float]:
        """The first bundle that meets it, of the next thousand."""
        for _ in range(1000):
            weights = self.bundle()
            if condition(weights):
                return weights
        raise AssertionError("no bundle met the condition")

    @property
    def status(self) -> tuple[object, ...]:
        """Of the last bundle: loaded, calibrated, mode, tracking."""
        return dict(self.messages)["/VMC/Ext/OK"]

    def close(self) -> None:
        self._server.server_close()


class PlainFace:
    """Opens its mouth with arousal and shuts its left eye while nothing is read."""

    names = ("eyeBlinkLeft", "eyeBlinkRight", "jawOpen")

    def wear(self, affect: Affect | None, dt_s: float) -> np.ndarray:
        if affect is None:
            return np.array([1, 0, 0], np.float32)
        return np.array([0, 0, affect.probabilities[1]], np.float32)


@pytest.fixture
def marionette() -> Iterator[Marionette]:
    receiver = Marionette()
    yield receiver
    receiver.close()


@pytest.fixture
def start(request: pytest.FixtureRequest) -> Callable[..., VmcOutput]:
    """Start outputs; stop them after the test."""

    def make(port: int, host: str = "127.0.0.1", **options: object) -> VmcOutput:
        settings = VmcSettings(host, port, **{"rate_hz": 100, "names": "vrm0+arkit"} | options)
        output = VmcOutput(settings, PlainFace())
        request.addfinalizer(output.close)
        return output

    return make


def test_a_bundle_says_how_it_is_and_ends_with_apply(marionette, start):
    start(marionette.port)
    marionette.bundle()
    addresses = [address for address, _ in marionette.messages]
    assert addresses[:2] == ["/VMC/Ext/OK", "/VMC/Ext/T"]
    assert set(addresses[2:-1]) == {"/VMC/Ext/Blend/Val"}
    assert marionette.messages[-1] == ("/VMC/Ext/Blend/Apply", ())
    assert marionette.status == (1, 3, 0, 0)


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        ("vrm0+arkit", VRM_0 | {"Blink_L", "Blink_R"} | set(PlainFace.names)),
        ("vrm1+arkit", VRM_1 | {"blinkLeft", "blinkRight"} | set(PlainFace.names)),
        ("vrm0", VRM_0 | {"Blink_L", "Blink_R"}),
        ("vrm1", VRM_1 | {"blinkLeft", "blinkRight"}),
        ("arkit", set(PlainFace.names)),
    ],
)
def test_the_names_are_those_chosen(marionette, start, names, expected):
    start(marionette.port, names=names)
    assert set(marionette.bundle()) == expected


def test_bundles_keep_coming_while_nothing_is_read(marionette, start):
    start(marionette.port)
    times = []
    for _ in range(5):
        weights = marionette.bundle()
        assert (weights["Blink_L"], weights["Blink_R"], weights["eyeBlinkLeft"]) == (1, 0, 1)
        assert weights["Joy"] == 0
        times.append(dict(marionette.messages)["/VMC/Ext/T"][0])
    assert times == sorted(set(times))


def test_a_reading_is_worn_without_a_jerk(marionette, start):
    output = start(marionette.port)
    marionette.bundle()
    output.send(A_HAPPY_READING)
    joys = []
    marionette.until(lambda w: joys.append(w["Joy"]) or w["Joy"] > 0.8)
    assert len(joys) > 5
    assert joys == sorted(joys)
    assert marionette.status == (1, 3, 0, 1)
    assert marionette.bundle()["jawOpen"] == pytest.approx(A_HAPPY_READING.probabilities[1])


def test_the_newest_reading_wins(marionette, start):
    output = start(marionette.port)
    for _ in range(10_000):
        output.send(A_HAPPY_READING)
    output.send(reading(ANGER))
    weights = marionette.until(lambda w: w["Angry"] > 0.8)
    assert weights["Joy"] < 0.2


def test_an_undecided_reading_is_not_tracked(marionette, start):
    output = start(marionette.port)
    output.send(reading(UNSURE))
    weights = marionette.until(lambda w: w["Neutral"] > 0.99)
    assert weights["Angry"] < 0.01
    assert marionette.status == (1, 3, 0, 0)


def test_a_reading_that_nothing_follows_is_let_go(marionette, start):
    output = start(marionette.port)
    output.send(A_HAPPY_READING)
    marionette.until(lambda w: w["Joy"] > 0.8)
    marionette.until(lambda w: w["Joy"] < 0.1)
    assert marionette.status == (1, 3, 0, 0)


def test_the_last_bundle_lets_go_of_the_face(marionette, start):
    output = start(marionette.port)
    output.send(reading(ANGER))
    marionette.until(lambda w: w["Angry"] > 0.5)
    output.close()
    weights = marionette.until(lambda _: marionette.status[0] == 0)
    assert set(weights.values()) == {0.0}
    assert marionette.messages[-1] == ("/VMC/Ext/Blend/Apply", ())


@pytest.mark.skipif(sys.platform == "win32", reason="Windows does not tell a sender of refusals")
def test_nobody_listens_yet(marionette, start):
    port = marionette.port
    marionette.close()
    output = start(port)
    wait_for(lambda: bool(output.problem))
    assert output.problem == f"Nobody listens at 127.0.0.1 port {port} yet; sending goes on."
    late = Marionette(port)
    try:
        late.until(lambda _: not output.problem)
    finally:
        late.close()


def test_an_unreachable_receiver_is_one_sentence(start):
    output = start(39539, host="255.255.255.255")  # broadcast, which nobody allowed
    wait_for(lambda: bool(output.problem))
    assert output.problem.startswith("255.255.255.255 port 39539 cannot be reached: ")
    assert output.problem.endswith(".")


def test_an_unknown_receiver_is_one_sentence(start):
    output = start(39539, host="no-such-computer.invalid")
    wait_for(lambda: bool(output.problem))
    assert output.problem == (
        "no-such-computer.invalid port 39539 cannot be reached: no computer of that name is known."
    )


def test_a_receiver_that_never_reads_holds_nobody_up(start):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as deaf:
        deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        deaf.bind(("127.0.0.1", 0))
        deaf.settimeout(PATIENCE_S)
        output = start(deaf.getsockname()[1], rate_hz=120)
        assert deaf.recv(65536, socket.MSG_PEEK)
        for _ in range(1000):
            output.send(A_HAPPY_READING)
        output.close()
        assert not any(thread.name == "VMC" for thread in threading.enumerate())
        assert output.problem == ""


def test_a_receiver_that_answers_rubbish_is_not_heard(start):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as babbler:
        babbler.bind(("127.0.0.1", 0))
        babbler.settimeout(PATIENCE_S)
        output = start(babbler.getsockname()[1])
        for _ in range(20):
            bundle, sender = babbler.recvfrom(65536)
            assert bundle.startswith(b"#bundle")
            for _ in range(50):
                babbler.sendto(b"#bundle\xff rubbish", sender)
        assert output.problem == ""


@pytest.mark.parametrize(
    "host", ["", " ", "http://x", "a b", "1.2.3", "256.1.1.1", "x:39539", "-x", "a..b", "x" * 64]
)
def test_a_malformed_receiver_is_refused(host):
    with pytest.raises(SettingsError, match="name or address"):
        VmcSettings(host)


@pytest.mark.parametrize(
    ("host", "loopback"),
    [
        ("127.0.0.1", True),
        ("127.8.8.8", True),
        ("::1", True),
        ("LocalHost", True),
        ("192.168.1.20", False),
        ("fe80::1", False),
        ("studio-pc", False),
    ],
)
def test_what_stays_on_this_computer(host, loopback):
    assert VmcSettings(host).loopback is loopback


def test_a_port_or_rate_out_of_range_is_refused():
    with pytest.raises(SettingsError, match="port"):
        VmcSettings(port=0)
    with pytest.raises(SettingsError, match="rate"):
        VmcSettings(rate_hz=500)


def test_a_word_without_a_face_in_vrm_wears_another():
    content = reading((0.97, 0.03, 0.03), table=LITERATURE)
    assert content.emotion == "content"
    shares = word_shares(content, LITERATURE)
    assert preset_weights(shares, PRESETS["vrm1"])["relaxed"] == pytest.approx(0.97**3)
    joy = preset_weights(shares, PRESETS["vrm0"])["Joy"]
    assert joy == pytest.approx(0.97**3 / 3 + 0.97**2 * 0.03)


probability = st.floats(0.0, 1.0)


@settings(deadline=None, max_examples=50)
@given(st.tuples(probability, probability, probability), st.sampled_from([PAPER, LITERATURE]))
def test_weights_are_shares_of_one_face(probabilities, table):
    shares = word_shares(reading(probabilities, table=table), table)
    assert sum(shares.values()) == pytest.approx(1.0)
    assert min(shares.values()) >= 0.0
    for presets in PRESETS.values():
        assert 0.0 < sum(preset_weights(shares, presets).values()) <= 1.0 + 1e-9
