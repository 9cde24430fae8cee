from __future__ import annotations

import os
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from app.library import Library, Model
from app.wizard.process import environment
from evoke.errors import CheckpointError, EvokeError
from evoke.training.runs import lock
from models.card import Lineage
from models.checkpoint import load, save
from models.runtime import BUNDLED_STUDENT
from tests.app.wizard.test_follow import full_disk

BUNDLED = load(BUNDLED_STUDENT)


def made(folder: Path, name: str, seed: int = 1, **card: object) -> Path:
    """A checkpoint of a student that knows nothing."""
    rng = np.random.default_rng(seed)
    weights = {k: rng.normal(0, 0.1, w.shape) for k, w in BUNDLED.weights.items()}
    changed = BUNDLED.card.model_copy(update={"name": name, **card})
    path = folder / f"{re.sub(r'[^a-z]', '', name.lower())}{seed}.safetensors"
    save(replace(BUNDLED, card=changed, weights=weights), path)
    return path


@pytest.fixture
def library(tmp_path: Path) -> Library:
    return Library(tmp_path / "models", in_use=lambda: "used.safetensors")


@pytest.fixture
def outside(tmp_path: Path) -> Path:
    folder = tmp_path / "outside"
    folder.mkdir()
    return folder


def names(library: Library) -> list[str]:
    return [model.name for model in library.models()]


def test_the_demo_comes_first_and_stays(library: Library) -> None:
    [model] = library.models()
    assert (model.demo, model.key, model.synthetic) == (True, "", True)
    assert model.card is not None
    with pytest.raises(EvokeError, match="comes with the application"):
        library.remove(model)
    with pytest.raises(EvokeError, match="its name stays"):
        library.rename(model, "mine")


def test_a_model_that_is_added_is_a_copy_with_its_card(library: Library, outside: Path) -> None:
    path = made(outside, "Ward 3, student")
    model = library.add(path, note="first try")
    assert (model.name, model.note, model.damage) == ("Ward 3, student", "first try", "")
    assert model.path.read_bytes() == path.read_bytes()
    assert model.path.with_suffix(".md").read_bytes() == path.with_suffix(".md").read_bytes()
    path.unlink()
    assert library.get(model.key) == model
    assert names(library) == ["Demo student", "Ward 3, student"]


def test_the_same_model_is_there_once(library: Library, outside: Path) -> None:
    path = made(outside, "Twice")
    first = library.add(path)
    again = library.add(path, name="Renamed")
    assert again.path == first.path
    assert names(library) == ["Demo student", "Renamed"]


def test_two_of_one_name_are_two(library: Library, outside: Path) -> None:
    first = library.add(made(outside, "Same", 1))
    second = library.add(made(outside, "Same", 2))
    assert first.path != second.path
    assert names(library) == ["Demo student", "Same", "Same"]


def test_names_and_notes_are_kept(library: Library, outside: Path) -> None:
    model = library.add(made(outside, "Plain"))
    model = library.rename(model, "  Überwachung 3 ")
    model = library.note(model, "seen by two")
    again = Library(library.folder).models()[1]
    assert (again.name, again.note) == ("Überwachung 3", "seen by two")
    assert library.title(model.key) == "Überwachung 3"
    assert library.rename(model, "").name == "Plain"
    with pytest.raises(EvokeError, match="at most 100 letters"):
        library.rename(model, "x" * 101)


def test_a_damaged_index_loses_names_but_no_model(library: Library, outside: Path) -> None:
    library.rename(library.add(made(outside, "Plain")), "Other")
    (library.folder / "library.json").write_text("{")
    assert names(library) == ["Demo student", "Plain"]
    assert (library.folder / "library.damaged").exists()


def test_one_damaged_entry_costs_no_other(library: Library, outside: Path) -> None:
    first = library.rename(library.add(made(outside, "First", 1)), "Kept")
    library.rename(library.add(made(outside, "Second", 2)), "Spoilt")
    path = library.folder / "library.json"
    path.write_text(path.read_text().replace('"Spoilt"', "5"))
    assert library.lost == ""
    assert names(library) == ["Demo student", "Kept", "Second"]
    assert "name and note of Second" in library.lost
    assert str(library.folder / "library.damaged") in library.lost
    assert "Kept" in path.read_text()
    assert Library(library.folder).lost == library.lost, "whichever page asks"
    library.note(first, "on")
    assert names(library) == ["Demo student", "Kept", "Second"]


def test_an_index_of_a_newer_version_is_read_and_left_alone(
    library: Library, outside: Path
) -> None:
    model = library.rename(library.add(made(outside, "Plain")), "Other")
    path = library.folder / "library.json"
    newer = path.read_text().replace('"schema_version": 1', '"schema_version": 2')
    path.write_text(newer)
    assert names(library) == ["Demo student", "Other"]
    with pytest.raises(EvokeError, match="newer version of EVOKE"):
        library.rename(model, "Third")
    with pytest.raises(EvokeError, match="newer version of EVOKE"):
        library.add(made(outside, "Unplain", 2), name="Given")
    assert names(library) == ["Demo student", "Other"], "and nothing half added"
    library.add(made(outside, "Unplain", 2))
    library.remove(model)
    assert names(library) == ["Demo student", "Unplain"]
    assert path.read_text() == newer


def test_a_model_is_removed_though_the_disk_is_full(library: Library, outside: Path) -> None:
    """The trash is there already."""
    first, second = (library.rename(library.add(made(outside, "Old", k)), "x") for k in (1, 2))
    library.remove(first)
    with full_disk():
        library.remove(second)
    assert names(library) == ["Demo student"]


def test_what_a_killed_copy_left_is_gone_at_the_next_look(library: Library, outside: Path) -> None:
    library.add(made(outside, "Plain"))
    half = library.folder / ".Plain-2.safetensors.x.part"
    half.write_bytes(b"half")
    handle = lock(library.folder)
    library.models()
    assert half.exists(), "somebody is at it"
    os.close(handle)
    library.models()
    assert not half.exists()


ADD = """
import sys
from pathlib import Path
from app.library import Library
for path in sys.argv[2:]:
    Library(Path(sys.argv[1])).add(Path(path), name="Same")
"""


def test_two_windows_that_keep_models_of_one_name_keep_all(library: Library, outside: Path) -> None:
    paths = [made(outside, "One", seed) for seed in range(8)]
    windows = [
        subprocess.Popen(
            [sys.executable, "-c", ADD, str(library.folder), *map(str, some)], env=environment()
        )
        for some in (paths[:4], paths[4:])
    ]
    assert [window.wait(60) for window in windows] == [0, 0]
    assert names(library) == ["Demo student", *["Same"] * 8]
    kept = {model.fingerprint for model in library.models()[1:]}
    assert kept == {load(path).fingerprint for path in paths}


def test_the_one_in_use_is_not_removed(library: Library, outside: Path) -> None:
    model = library.add(made(outside, "used"))
    assert model.key == "used.safetensors"
    with pytest.raises(EvokeError, match="is in use"):
        library.remove(model)
    assert model.path.exists()


def test_what_is_removed_lies_in_the_trash(library: Library, outside: Path) -> None:
    for seed in (1, 2):
        model = library.rename(library.add(made(outside, "Old", seed)), "Very old")
        library.remove(model)
    assert names(library) == ["Demo student"]
    trash = sorted(path.name for path in (library.folder / "trash").iterdir())
    assert len(trash) == 4
    assert library.title(model.key) == ""
    with pytest.raises(EvokeError, match="has no model"):
        library.get(model.key)


def test_a_damaged_model_is_shown_and_can_be_removed(library: Library, outside: Path) -> None:
    model = library.add(made(outside, "Fragile"))
    model.path.write_bytes(model.path.read_bytes()[:-100])
    broken: Model = library.models()[1]
    assert broken.card is None
    assert "is damaged" in broken.damage or "cut off" in broken.damage
    library.remove(broken)
    assert names(library) == ["Demo student"]


def test_imports_that_do_not_fit_are_refused_naming_why(library: Library, outside: Path) -> None:
    inputs = BUNDLED.card.inputs
    foreign = made(outside, "Foreign", inputs=inputs.model_copy(update={"chain": {"band_hz": 1}}))
    pickle = outside / "model.safetensors"
    pickle.write_bytes(b"\x80\x04" + b"evil")
    text = outside / "text.safetensors"
    text.write_text("hello")
    for path, why in (
        (foreign, "other filters"),
        (pickle, "is a pickle"),
        (text, "is not a checkpoint"),
        (outside / "none.safetensors", "cannot be opened"),
    ):
        with pytest.raises(CheckpointError, match=why):
            library.import_(path)
    assert names(library) == ["Demo student"]
    assert not list(library.folder.glob("*.safetensors"))


def test_what_is_exported_can_be_imported_elsewhere(library: Library, outside: Path) -> None:
    model = library.add(made(outside, "Traveller"))
    library.export(model, outside / "out" / "t.safetensors")
    other = Library(outside / "other")
    assert other.import_(outside / "out" / "t.safetensors").fingerprint == model.fingerprint
    assert (outside / "out" / "t.md").exists()
    with pytest.raises(EvokeError, match=r"ends in \.safetensors"):
        library.export(model, outside / "t.zip")
    library.export(library.models()[0], outside / "demo.safetensors")


def test_a_students_teacher_is_found_by_its_fingerprint(library: Library, outside: Path) -> None:
    teacher = library.add(made(outside, "Teacher"))
    told = Lineage(name="Teacher", fingerprint=teacher.fingerprint, recipe="r", command="c")
    gone = Lineage(name="Gone", fingerprint="0" * 64, recipe="r", command="c")
    training = BUNDLED.card.training.model_copy(update={"teacher": told, "other_teachers": (gone,)})
    student = library.add(made(outside, "Student", training=training))
    here, away = library.lineage(student)
    assert here.model == teacher
    assert (away.name, away.model) == ("Gone", None)


def test_a_folder_that_cannot_be_written_leaves_nothing_half_done(
    tmp_path: Path, outside: Path
) -> None:
    (tmp_path / "file").write_text("")
    library = Library(tmp_path / "file" / "models")
    with pytest.raises(EvokeError, match="could not be written"):
        library.add(made(outside, "Lost"))


def test_a_lock_that_is_free_again_is_tried_again(
    library: Library, outside: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another window lets go between the try and the look at why it failed."""
    model = library.add(made(outside, "Mine"))
    held = []

    def contested(folder: Path) -> int:
        if not held:
            held.append(lock(folder))
            try:
                return lock(folder)
            finally:
                os.close(held[0])
        held.append(lock(folder))
        return held[-1]

    monkeypatch.setattr("app.library.lock", contested)
    library.rename(model, "Still mine")
    assert len(held) == 2, "changed without the lock"
    assert "Still mine" in names(library)
