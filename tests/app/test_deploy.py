"""Another model put to work in an engine that runs."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from app.audit import AuditFile
from app.compose import Composer
from app.deploy import deploy
from app.library import Library, Model
from app.main import composer_of
from app.settings import Settings
from app.settings import load as load_settings
from app.source_spec import SourceSpec
from evoke import paths
from evoke.emotion import EmotionSettings
from evoke.engine import Engine
from evoke.errors import CheckpointError, EvokeError
from evoke.types import Affect
from models.checkpoint import load, save
from models.runtime import BUNDLED_STUDENT
from tests.app.conftest import WAIT_MS, OpenWindow, play
from tests.waiting import wait_for


def other_model(library: Library, tmp_path: Path, **changes: object) -> Model:
    """The demo student with noise on its weights, or with changes to its card's inputs."""
    bundled = load(BUNDLED_STUDENT)
    rng = np.random.default_rng(3)
    weights = {k: w + rng.normal(0, 0.02, w.shape) for k, w in bundled.weights.items()}
    card = bundled.card.model_copy(
        update={
            "name": "Another student",
            "inputs": bundled.card.inputs.model_copy(update=changes),
        }
    )
    path = tmp_path / "other.safetensors"
    save(replace(bundled, card=card, weights=weights), path)
    return library.add(path) if not changes else Model(path, card, "", card.name, "", False, "f")


@pytest.fixture
def library() -> Library:
    return Library()


@pytest.fixture
def demo_engine() -> Iterator[Callable[..., Engine]]:
    """Engines that play the demo's first trial, without smoothing."""
    engines: list[Engine] = []

    def make(model: Model | None = None, speed: float = 16.0) -> Engine:
        own = Composer(emotion=EmotionSettings(smoothing_s=0.0), model=model and model.path)
        engine = own.open(SourceSpec("demo", trial=1))
        assert engine.transport is not None
        engine.transport.set_speed(speed)
        engines.append(engine)
        return engine

    yield make
    for engine in engines:
        engine.stop()


def probabilities(readings: list[Affect]) -> dict[float, tuple[float, ...]]:
    return {r.t_s: r.probabilities for r in readings if r.trial == 1}


def read_all(engine: Engine) -> list[Affect]:
    """All readings of the first trial."""
    engine.start()
    wait_for(lambda: any(r.trial == 2 for r in engine.readings()))
    engine.stop()
    return [r for r in engine.readings() if r.trial == 1]


def test_a_switch_in_mid_run_loses_and_doubles_nothing(demo_engine, library, tmp_path) -> None:
    new = other_model(library, tmp_path)
    old_alone = probabilities(read_all(demo_engine(speed=float("inf"))))
    new_alone = probabilities(read_all(demo_engine(new, speed=float("inf"))))
    engine = demo_engine()
    engine.start()
    wait_for(lambda: len(engine.readings()) > 20)
    deploy(new, engine, AuditFile())
    switched = len(engine.readings())
    assert engine.status().model == "Another student"
    wait_for(lambda: any(r.trial == 2 for r in engine.readings()))
    readings = [r for r in engine.readings() if r.trial == 1]
    assert 20 < switched < len(readings)
    ends = [r.end for r in readings]
    assert set(np.diff(ends)) == {32}  # samples: a quarter of a second, none twice, none left out
    assert [r.t_s for r in readings] == sorted(old_alone)
    by_old = [r.probabilities == old_alone[r.t_s] for r in readings]
    by_new = [r.probabilities == new_alone[r.t_s] for r in readings]
    first_new = by_old.index(False)
    assert all(by_old[:first_new])
    assert all(by_new[first_new:])
    assert abs(first_new - switched) <= 2  # readings of the chunk in work when it was asked for


def test_smoothing_begins_anew_so_that_no_reading_is_of_two_networks(
    demo_engine, library, tmp_path
) -> None:
    new = other_model(library, tmp_path)
    unsmoothed = probabilities(read_all(demo_engine(new, speed=float("inf"))))
    engine = demo_engine()
    engine.set_emotion(EmotionSettings(smoothing_s=5.0))
    engine.start()
    wait_for(lambda: len(engine.readings()) > 20)
    before = len(engine.readings())
    deploy(new, engine, AuditFile())
    wait_for(lambda: len(engine.readings()) > before + 10)
    same = [r.probabilities == unsmoothed[r.t_s] for r in engine.readings() if r.trial == 1]
    assert sum(same[1:]) == 1  # the very first is not smoothed either, but is the old one's


def test_the_sink_is_told_before_the_switch(demo_engine, library, tmp_path) -> None:
    new = other_model(library, tmp_path)
    engine = demo_engine()
    told: list[str] = []

    class Sink:
        def record(self, action: str, subject: str, detail: dict[str, str]) -> None:
            told.extend([action, subject, detail["name"], engine.classifier.name])

    deploy(new, engine, Sink())
    assert told == ["model deployed", new.fingerprint, "Another student", "Demo student"]
    assert engine.classifier.name == "Another student"


def test_a_trail_that_cannot_be_written_stops_the_switch(demo_engine, library, tmp_path) -> None:
    new = other_model(library, tmp_path)
    engine = demo_engine()
    with pytest.raises(EvokeError, match="could not be written"):
        deploy(new, engine, AuditFile(tmp_path / "no" / "folder"))
    assert engine.classifier.name == "Demo student"


def test_no_entry_of_the_trail_passes_for_another_or_takes_one_along(tmp_path) -> None:
    path = tmp_path / "audit.jsonl"
    trail = AuditFile(path)
    trail.record("model deployed", "p-17", {"action": "none", "subject": "p-1", "t": "", "by": "x"})
    with path.open("a") as file:
        file.write('{"t": "2026-01-01", "action": "mod')  # the plug was pulled
    trail.record("model deployed", "p-18", {})
    first, torn, second = path.read_text().splitlines()
    told = json.loads(first)
    assert list(told) == ["t", "action", "subject", "by"]
    assert (told["action"], told["subject"], told["by"]) == ("model deployed", "p-17", "x")
    assert told["t"].startswith("20")
    assert torn.endswith('"mod')
    assert json.loads(second)["subject"] == "p-18"


def test_a_model_of_another_signal_path_is_refused(demo_engine, library, tmp_path) -> None:
    foreign = other_model(library, tmp_path, chain={"band_hz": [1, 40]})
    engine = demo_engine()
    with pytest.raises(CheckpointError, match="other filters"):
        deploy(foreign, engine, AuditFile())
    assert engine.classifier.name == "Demo student"
    assert not paths.audit_file().exists()


def test_the_window_goes_on_with_the_new_model(
    open_window: OpenWindow, qtbot, library, tmp_path
) -> None:
    new = other_model(Library(), tmp_path)
    new = Library().rename(new, "Ward three")
    window = open_window()
    window._composer.audit = AuditFile(tmp_path / "told")
    play(window, qtbot, SourceSpec("demo"))
    engine = window.engine
    with qtbot.waitSignal(window.deployed, timeout=WAIT_MS) as signal:
        window.deploy(new)
    assert signal.args == [new.key]
    assert window.engine is engine
    qtbot.waitUntil(lambda: "Ward three" in window.shell.status._network.text, timeout=WAIT_MS)
    window.open(SourceSpec("demo"))
    qtbot.waitUntil(lambda: window.engine is not engine, timeout=WAIT_MS)
    assert window.engine.classifier.name == "Ward three"
    window.close()
    settings = load_settings().settings
    assert settings.model == new.key
    assert composer_of(settings).classifier().name == "Ward three"
    lines = (tmp_path / "told").read_text().splitlines()
    assert json.loads(lines[-1])["instead_of"] == "Demo student"


def test_of_two_models_put_to_work_at_once_the_last_one_stays(
    open_window: OpenWindow, qtbot, tmp_path, monkeypatch
) -> None:
    slow = other_model(Library(), tmp_path)
    demo = next(model for model in Library().models() if model.demo)
    asked, real = threading.Event(), deploy

    def in_its_own_time(model, engine, sink):
        if model.key == slow.key:
            asked.wait(WAIT_MS / 1000)
        return real(model, engine, sink)

    monkeypatch.setattr("app.windows.deploy", in_its_own_time)
    window = open_window()
    play(window, qtbot, SourceSpec("demo"))
    window.deploy(slow)
    with qtbot.waitSignal(
        window.deployed, timeout=WAIT_MS, check_params_cb=lambda key: key == demo.key
    ):
        window.deploy(demo)
        asked.set()
    assert (window.settings.model, window.engine.classifier.name) == (demo.key, "Demo student")


def test_a_model_that_is_gone_is_said_and_the_demo_stands_in(
    qapp, qtbot, open_window: OpenWindow
) -> None:
    composer = composer_of(Settings(model="gone.safetensors"))
    window = open_window()
    window._composer = composer
    said: list[str] = []
    window.say = said.append  # type: ignore[method-assign]
    play(window, qtbot, SourceSpec("demo"))
    assert window.engine is not None
    assert window.engine.classifier.name == "Demo student"
    assert len(said) == 1
    assert "gone.safetensors" in said[0]
    assert "demo student reads in its place" in said[0]


def test_a_library_that_cannot_be_read_is_said_and_keeps_no_window_from_opening(
    library: Library, tmp_path: Path
) -> None:
    model = other_model(library, tmp_path)
    (library.folder / "library.json").mkdir()
    composer = composer_of(Settings(model=model.key))
    assert "library.json could not be read" in composer.problem
    assert (composer.model, composer.name) == (model.path, "")
    library.folder.rename(tmp_path / "moved")
    library.folder.write_text("")
    composer = composer_of(Settings(model=model.key))
    assert "models cannot be used: it is no folder" in composer.problem
    assert composer.classifier().name == "Demo student"


def test_a_refusal_reaches_the_page(open_window: OpenWindow, qtbot, library, tmp_path) -> None:
    foreign = other_model(library, tmp_path, baseline="dreams")
    window = open_window()
    with qtbot.waitSignal(window.not_deployed, timeout=WAIT_MS) as signal:
        window.deploy(foreign)
    assert "rest baseline 'dreams'" in signal.args[0]
    assert window.settings.model == ""
