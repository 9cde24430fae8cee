"""LSL as a recorder meets it, over the loopback."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Iterator

import numpy as np
import pylsl
import pytest

from evoke.engine import Engine
from evoke.outputs import lsl
from evoke.outputs.lsl import AFFECT, EMOTION, FEATURES, LslOutput
from evoke.outputs.vmc import VmcOutput, VmcSettings
from tests.evoke.conftest import prepared_source
from tests.evoke.outputs.readings import ANGER, HAPPY, UNSURE, reading
from tests.evoke.outputs.test_vmc import PlainFace
from tests.evoke.test_analyzer import assert_same_readings, read
from tests.waiting import wait_for

PATIENCE_S = 30.0

pylsl.set_config_content(lsl.THIS_COMPUTER)  # LSL's first user decides, and may be a test


@pytest.fixture
def name() -> str:
    """Of this test's streams, so that no other program's are met."""
    return uuid.uuid4().hex


@pytest.fixture
def output(name: str) -> Iterator[LslOutput]:
    made = LslOutput(synthetic=True, source_id=name)
    yield made
    made.close()


@pytest.fixture
def receive(name: str, request: pytest.FixtureRequest) -> Callable[[str], pylsl.StreamInlet]:
    """Open one of the streams, which is then being received."""

    def opened(kind: str) -> pylsl.StreamInlet:
        found = pylsl.resolve_byprop("source_id", f"{name}-{kind}", 1, PATIENCE_S)
        assert found, f"no {kind} stream was found"
        inlet = pylsl.StreamInlet(found[0])
        request.addfinalizer(inlet.close_stream)
        inlet.open_stream(PATIENCE_S)
        return inlet

    return opened


def test_the_streams_say_what_they_are(output, receive):
    affect, emotion, features = (
        receive(kind).info(PATIENCE_S) for kind in ("affect", "emotion", "features")
    )
    assert [i.name() for i in (affect, emotion, features)] == [AFFECT, EMOTION, FEATURES]
    assert [i.type() for i in (affect, emotion, features)] == ["Affect", "Markers", "Features"]
    assert [i.nominal_srate() for i in (affect, emotion, features)] == [4.0, 0.0, 4.0]
    assert affect.get_channel_labels()[:3] == [
        "P(high valence)",
        "P(high arousal)",
        "P(high dominance)",
    ]
    assert affect.get_channel_units()[0] == "probability"
    assert emotion.get_channel_types() == ["Marker"]
    labels = features.get_channel_labels()
    assert (len(labels), labels[0], labels[3], labels[-1]) == (
        *(128, "Fp1 theta", "Fp1 gamma"),
        "O2 gamma",
    )
    assert set(features.get_channel_units()) == {"dB"}
    band = features.desc().child("bands").child("band")
    assert [band.child_value(key) for key in ("name", "low_hz", "high_hz")] == ["theta", "4", "8"]
    for info in (affect, emotion, features):
        assert info.desc().child_value("synthetic") == "true"


def test_affect_comes_at_the_time_of_its_samples(output, receive):
    inlet = receive("affect")
    sampled_s = time.perf_counter() - 5.0
    happy = reading(HAPPY, sampled_s=sampled_s)
    on_lsl_clock = pylsl.local_clock() - time.perf_counter() + sampled_s
    output.send(happy)
    sample, at = inlet.pull_sample(PATIENCE_S)
    expected = [*happy.probabilities, happy.confidence, happy.intensity, 1.0, 0.0]
    np.testing.assert_allclose(sample, expected, rtol=1e-6)
    assert at == pytest.approx(on_lsl_clock, abs=1.0)


def test_features_are_those_against_rest(output, receive):
    inlet = receive("features")
    sent = reading(HAPPY)
    output.send(sent)
    sample, _ = inlet.pull_sample(PATIENCE_S)
    np.testing.assert_array_equal(np.reshape(sample, (32, 4)), sent.features.relative)


def test_a_marker_comes_when_the_emotion_changes(output, receive):
    markers, affect = receive("emotion"), receive("affect")
    for probabilities in (HAPPY, HAPPY, ANGER, UNSURE, UNSURE, HAPPY):
        output.send(reading(probabilities))
    words, times = zip(*(markers.pull_sample(PATIENCE_S) for _ in range(4)), strict=True)
    assert [word for (word,) in words] == ["happy", "anger", "undecided", "happy"]
    samples = [affect.pull_sample(PATIENCE_S) for _ in range(6)]
    assert [sample[-1] for sample, _ in samples] == [0, 0, 0, 1, 1, 0]
    np.testing.assert_allclose(times, [samples[i][1] for i in (0, 2, 3, 5)], atol=0.1)


def test_an_emotion_that_no_reading_follows_is_taken_back(output, receive):
    markers = receive("emotion")
    output.send(reading(HAPPY))
    words = [markers.pull_sample(PATIENCE_S)[0][0] for _ in range(2)]
    assert words == ["happy", "undecided"]


def test_the_last_emotion_is_taken_back_at_the_end(output, receive):
    markers = receive("emotion")
    output.send(reading(HAPPY))
    assert markers.pull_sample(PATIENCE_S)[0] == ["happy"]
    output.close()
    assert markers.pull_sample(PATIENCE_S)[0] == ["undecided"]


def test_a_receiver_that_goes_is_not_missed(output, receive):
    receive("affect").close_stream()
    for _ in range(100):
        output.send(reading(ANGER))
    inlet = receive("affect")
    output.send(reading(HAPPY))
    sample, _ = inlet.pull_sample(PATIENCE_S)
    while sample[0] < 0.5:
        sample, _ = inlet.pull_sample(PATIENCE_S)
    assert output.problem == ""


def test_closed_streams_are_taken_back(output, receive, name):
    inlet = receive("affect")
    output.close()
    assert not pylsl.resolve_byprop("source_id", f"{name}-affect", 1, 0.2)
    assert inlet.pull_sample(0.0) == (None, None)


def test_a_wider_reach_waits_for_the_next_start(output, receive, request):
    receive("affect")
    wide = LslOutput("network", source_id="wide")
    request.addfinalizer(wide.close)
    wait_for(lambda: bool(wide.problem))
    assert wide.problem == "Until EVOKE starts again, LSL streams to this computer alone."


def test_nothing_goes_further_than_asked(monkeypatch, name, request):
    monkeypatch.setattr(lsl, "_configured", "network")
    narrow = LslOutput("computer", source_id=name)
    request.addfinalizer(narrow.close)
    wait_for(lambda: bool(narrow.problem))
    assert narrow.problem.endswith("until EVOKE starts again: nothing is sent.")
    assert not pylsl.resolve_byprop("source_id", f"{name}-affect", 1, 0.2)


def test_outputs_that_nobody_reads_change_no_reading(output, receive, trials, classifier, request):
    stalled = receive("features")
    expected = read(prepared_source(trials[:1]), classifier)
    source = prepared_source(trials[:1])
    source.open()
    outputs = (output, VmcOutput(VmcSettings(port=9), PlainFace()))
    engine = Engine(source, classifier, outputs=outputs)
    request.addfinalizer(engine.stop)
    engine.start()
    wait_for(lambda: len(engine.readings()) == len(expected))
    assert_same_readings(engine.readings(), expected)
    assert engine.outputs == outputs
    assert len(stalled.pull_chunk(PATIENCE_S, len(expected))[0]) == len(expected)


def test_outputs_are_exchanged_while_it_runs(output, receive, trials, classifier, request):
    source = prepared_source(trials, speed=16.0)
    source.open()
    engine = Engine(source, classifier)
    request.addfinalizer(engine.stop)
    engine.start()
    inlet = receive("affect")
    assert engine.set_outputs([output]) == ()
    assert inlet.pull_sample(PATIENCE_S)[0] is not None
    assert engine.set_outputs([]) == (output,)
    assert engine.outputs == ()
