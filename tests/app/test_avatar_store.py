"""Avatars on disk: kept whole, told apart, never lost."""

from __future__ import annotations

import dataclasses
import json
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.avatar_store import OWN, Draft, FileStore, build, find, free_name, read, worn
from app.studio.chance import person
from avatars import Identity, identity_names
from evoke import paths
from evoke.errors import EvokeError


@pytest.fixture
def store(tmp_path: Path) -> FileStore:
    return FileStore(tmp_path / "avatars")


def test_what_is_saved_is_read_again(store: FileStore) -> None:
    wanted = person(4, "Nadia")
    entry = store.save(OWN, wanted)
    (again,) = store.entries(OWN)
    assert again == entry
    assert again.identity == wanted
    older = store.save(OWN, dataclasses.replace(wanted, age=70.0), again.id)
    assert older.id == again.id
    assert [e.identity.age for e in store.entries(OWN) if e.identity] == [70.0]


def test_a_name_is_taken_once_and_never_that_of_a_finished_avatar(store: FileStore) -> None:
    names = [store.save(OWN, Identity(name)).name for name in ("Ann", "Ann", "ann", "Mira")]
    assert names == ["Ann", "Ann 2", "ann 3", "Mira 2"]
    assert [e.name for e in store.entries(OWN)] == names
    same = store.entries(OWN)[0]
    assert store.save(OWN, Identity("Ann"), same.id).name == "Ann", "its own name is free to it"


@given(st.lists(st.sampled_from(["a", "A", "a 2", "a 3", "b"]), max_size=6))
def test_free_names_differ_whatever_was_there(names: list[str]) -> None:
    taken: set[str] = set()
    for name in names:
        free = free_name(name, taken)
        assert free.casefold() not in {t.casefold() for t in taken}
        taken.add(free)


def test_owners_are_apart_and_their_ids_are_no_paths(store: FileStore, tmp_path: Path) -> None:
    store.save("c1", Identity("Ann"))
    store.save("c2", Identity("Ann"))
    assert len(store.entries("c1")) == len(store.entries("c2")) == 1
    assert store.entries(OWN) == []
    for owner in ("../c1", "", "C1", "a/b", "ä", "x" * 65):
        with pytest.raises(EvokeError, match="no owner"):
            store.entries(owner)
    files = [p.relative_to(tmp_path).as_posix() for p in tmp_path.rglob("*.json")]
    assert all("Ann" not in name for name in files), "a path says nothing of the avatar"


def test_an_id_from_outside_opens_no_other_file(store: FileStore, tmp_path: Path) -> None:
    (tmp_path / "secret.json").write_text("{}")
    store.save(OWN, Identity("Ann"))
    for id in ("../../secret", "..", "nothing"):
        with pytest.raises(EvokeError, match="gone"):
            store.remove(OWN, id)
        with pytest.raises(EvokeError, match="gone"):
            store.save(OWN, Identity("Eve"), id)
    assert (tmp_path / "secret.json").exists()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "does not describe an avatar"),
        ('{"name": "x", "age": 300}', "age must be 18 to 90"),
        ('{"name": "x", "hat": 1}', "unknown hat"),
        ('{"name": "x", "hair": "antlers"}', "hair must be"),
        ('{"name": 5}', "name must be a word"),
        ("x" * 1_100_000, "over a megabyte"),
    ],
    ids=["empty", "age", "hat", "hair", "name", "large"],
)
def test_a_damaged_file_is_listed_with_its_sentence(
    store: FileStore, tmp_path: Path, content: str, said: str
) -> None:
    store.save(OWN, Identity("Ann"))
    bad = tmp_path / "avatars" / OWN / "bad.json"
    bad.write_text(content)
    whole, damaged = store.entries(OWN)
    assert whole.name == "Ann"
    assert (damaged.id, damaged.identity) == ("bad", None)
    assert said in damaged.trouble
    assert "bad.json" in damaged.trouble or "'x'" in damaged.trouble
    assert "\n" not in damaged.trouble
    assert bad.read_text() == content, "nobody touches it"


def test_a_file_that_changes_is_read_again(store: FileStore, tmp_path: Path) -> None:
    entry = store.save(OWN, Identity("Ann"))
    assert store.entries(OWN) == [entry]
    path = tmp_path / "avatars" / OWN / f"{entry.id}.json"
    path.write_text(path.read_text().replace("Ann", "Bea"))
    os.utime(path, ns=(1, 1))
    assert [e.name for e in store.entries(OWN)] == ["Bea"]
    path.write_text("{")
    assert [e.identity for e in store.entries(OWN)] == [None]
    path.unlink()
    assert store.entries(OWN) == []


def test_two_files_of_one_name_are_told_apart(store: FileStore, tmp_path: Path) -> None:
    folder = tmp_path / "avatars" / OWN
    folder.mkdir(parents=True)
    for stem in ("one", "two"):
        (folder / f"{stem}.json").write_text(Identity("Ann").to_json())
    assert [e.name for e in store.entries(OWN)] == ["Ann", "Ann 2"]


def test_what_was_removed_comes_back(store: FileStore) -> None:
    entry = store.save(OWN, person(5, "Ann"))
    store.remove(OWN, entry.id)
    assert store.entries(OWN) == []
    store.bring_back(OWN, entry.id)
    assert store.entries(OWN) == [entry]
    with pytest.raises(EvokeError, match="gone"):
        store.bring_back(OWN, entry.id)


def test_a_draft_outlives_the_program(store: FileStore, tmp_path: Path) -> None:
    assert store.draft(OWN) is None
    draft = Draft(person(6, "Ann"), "abc")
    store.keep_draft(OWN, draft)
    assert FileStore(tmp_path / "avatars").draft(OWN) == draft
    assert store.entries(OWN) == [], "a draft is not an avatar yet"
    store.keep_draft(OWN, None)
    assert store.draft(OWN) is None


@pytest.mark.parametrize("content", ['{"of": null, "avatar": {"na', "[" * 100_000])
def test_a_damaged_draft_is_said_and_set_aside(
    store: FileStore, tmp_path: Path, content: str
) -> None:
    store.keep_draft(OWN, Draft(Identity("Ann")))
    (path,) = (tmp_path / "avatars").rglob("draft.json")
    path.write_text(content)
    with pytest.raises(EvokeError, match=r"draft\.damaged"):
        store.draft(OWN)
    assert store.draft(OWN) is None
    assert path.with_suffix(".damaged").exists()


def test_names_mean_finished_ones_first_and_own_ones_by_their_prefix() -> None:
    own = FileStore(paths.avatars_dir())
    (paths.avatars_dir() / OWN).mkdir()
    mine = dataclasses.replace(Identity.load("walter"), name="mira")
    (paths.avatars_dir() / OWN / "clash.json").write_text(mine.to_json())
    own.save(OWN, Identity("Ann"))
    assert find("mira") == Identity.load("mira")
    assert find("own/mira") == mine
    assert find("Ann") == find("own/Ann") == Identity("Ann")
    with pytest.raises(EvokeError, match=r"'nobody'.*mira.*own/Ann"):
        find("nobody")


def test_an_avatar_that_is_gone_is_replaced_in_words() -> None:
    scene, name, why = worn("own/Ann")
    assert (scene.identity.name, name) == ("mira", "mira")
    assert "own/Ann" in why
    own = FileStore(paths.avatars_dir())
    own.save(OWN, Identity("Ann"))
    scene, name, why = worn("own/Ann")
    assert (scene.identity.name, name, why) == ("Ann", "own/Ann", "")
    own.save(OWN, Identity("Eve", shape={"third-eye": 0.5}))
    scene, name, why = worn("own/Eve")
    assert (scene.identity.name, name) == ("mira", "mira")
    assert "third-eye" in why
    assert all(worn(name)[1:] == (name, "") for name in identity_names()[:2])


def test_who_was_worn_before_stays_where_another_cannot_be_had() -> None:
    scene, name, why = worn("own/Eve", "walter")
    assert (scene.identity.name, name) == ("walter", "walter")
    assert "walter is worn" in why
    assert worn("own/Eve", "own/Eve")[1] == "mira"
    assert worn("own/Eve", "own/Bob")[1] == "mira"


def test_a_folder_that_cannot_be_written_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(EvokeError, match="could not be written"):
        FileStore(tmp_path / "file").save(OWN, Identity("Ann"))


def test_chance_makes_people_who_can_be_built_and_says_the_same_twice() -> None:
    people = [person(seed, "x") for seed in range(12)]
    assert people == [person(seed, "x") for seed in range(12)]
    assert len({p.to_json() for p in people}) == 12
    for somebody in people:
        build(somebody)
        assert json.loads(somebody.to_json())["age"] >= 18
        assert somebody.beard is None or somebody.gender > 0.5


def test_a_file_anywhere_may_be_read(tmp_path: Path) -> None:
    (tmp_path / "ann.json").write_text(Identity("Ann").to_json())
    assert read(tmp_path / "ann.json") == Identity("Ann")
    with pytest.raises(EvokeError, match=r"gone\.json could not be read as an avatar: [A-Z]"):
        read(tmp_path / "gone.json")
