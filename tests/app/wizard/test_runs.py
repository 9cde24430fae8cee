from __future__ import annotations

import json
import math
import os
from collections.abc import Callable
from datetime import UTC
from pathlib import Path
from typing import Any

import pytest

from app.wizard import messages as told
from app.wizard.messages import Message, to_line
from app.wizard.plan import Plan
from app.wizard.result_page import _read
from app.wizard.runs import READ_BYTES, Phase, Run, RunStore, State
from evoke.errors import EvokeError, TrainingError
from evoke.training.runs import Progress, RunFolder, Snapshot, lock, locked_by
from evoke.training.ways import Way
from tests.app.wizard import sample
from tests.app.wizard.test_follow import full_disk


def tell(run: Run, *events: told.Told, end: str = "\n") -> None:
    with (run.folder / "events.jsonl").open("a") as file:
        file.write("\n".join(to_line(Message(1.0, "a", event)) for event in events) + end)


def test_a_new_run_is_found_again_as_it_was_planned(store: RunStore, plan: Plan) -> None:
    run = store.create(plan)
    [found] = store.all()
    assert (found.id, found.plan, found.begun) == (run.id, plan, run.begun)
    assert found.begun.tzinfo == UTC
    assert (found.phase, found.why, found.damage) == (Phase.NEW, "", "")
    assert found.result is None
    assert found.messages() == ([], 0)


def test_the_newest_comes_first_and_the_damaged_are_among_them(store: RunStore, plan: Plan) -> None:
    first = store.create(plan)
    second = store.create(plan.changed(name="second"))
    (second.folder / "plan.json").write_text('{"schema_version": 1, "plan": {"folds": 900}}')
    for name, content in (("empty", ""), ("deep", "[" * 100_000)):
        (store.folder / name).mkdir()
        (store.folder / name / "plan.json").write_text(content)
    zoneless = store.folder / "zoneless" / "plan.json"
    zoneless.parent.mkdir()
    zoneless.write_text('{"begun": "2020-01-01T00:00:00", "threads": 1, "plan": {}}')
    found = {run.id: run for run in store.all()}
    assert found.keys() == {first.id, second.id, "empty", "deep", "zoneless"}
    assert "plan.json cannot be read" in found["deep"].damage
    assert "begun: Input should have timezone info" in found["zoneless"].damage
    assert found[first.id].damage == ""
    assert "plan.json cannot be read" in found[second.id].damage
    assert found[second.id].phase is Phase.FAILED
    assert found["empty"].why == found["empty"].damage != ""


@pytest.mark.parametrize(
    ("state", "phase"),
    [
        (Phase.RUNNING, Phase.INTERRUPTED),
        (Phase.PAUSED, Phase.INTERRUPTED),
        (Phase.FAILED, Phase.FAILED),
        (Phase.CANCELLED, Phase.CANCELLED),
        (Phase.DONE, Phase.INTERRUPTED),  # there is no result
    ],
)
def test_without_its_process_a_run_is_what_its_process_left(
    store: RunStore, plan: Plan, state: Phase, phase: Phase
) -> None:
    run = store.create(plan)
    run.note(State(phase=state, why="because", ended=("trials-teacher",)))
    assert run.phase is phase
    assert run.why == ("because" if phase is Phase.FAILED else "")
    assert run.ended == ("trials-teacher",)


def test_with_its_process_it_runs_or_is_paused(store: RunStore, plan: Plan) -> None:
    run = store.create(plan)
    handle = lock(run.folder)
    assert run.process == os.getpid()
    assert run.phase is Phase.RUNNING
    run.note(State(phase=Phase.PAUSED))
    assert run.phase is Phase.PAUSED
    os.close(handle)
    assert run.process is None


def test_a_state_that_is_damaged_is_said(store: RunStore, plan: Plan) -> None:
    run = store.create(plan)
    (run.folder / "state.json").write_text("{")
    assert run.phase is Phase.FAILED
    assert "is damaged" in run.why


def test_a_lock_that_nobody_holds_is_nobodys(tmp_path: Path) -> None:
    assert locked_by(tmp_path) is None
    assert locked_by(tmp_path / "none") is None
    handle = lock(tmp_path)
    assert locked_by(tmp_path) == os.getpid()
    os.close(handle)
    assert locked_by(tmp_path) is None


def test_a_lock_that_cannot_be_written_is_held_all_the_same(tmp_path: Path) -> None:
    """A folder in its place can be locked, and not written, by whatever user."""
    (tmp_path / "lock").mkdir()
    assert locked_by(tmp_path) is None
    handle = lock(tmp_path)
    assert locked_by(tmp_path) == 0, "somebody, it does not say who"
    with pytest.raises(TrainingError, match="in use by process another"):
        lock(tmp_path)
    os.close(handle)
    assert locked_by(tmp_path) is None


def test_a_folder_that_is_gone_cannot_be_locked(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="No such file"):
        lock(tmp_path / "none")


def test_the_journal_is_read_on_from_where_one_was(store: RunStore, plan: Plan) -> None:
    run = store.create(plan)
    tell(run, told.Reading(1, 3), told.Reading(2, 3))
    first, at = run.messages()
    assert [m.event for m in first] == [told.Reading(1, 3), told.Reading(2, 3)]
    tell(run, told.Reading(3, 3), end="")  # as a process is still writing it
    assert run.messages(at) == ([], at)
    tell(run, told.Paused(), end="")
    with (run.folder / "events.jsonl").open("a") as file:
        file.write("\n")
    more, end = run.messages(at)
    assert [m.event for m in more] == []  # two on one line: damaged, and left out
    assert end == (run.folder / "events.jsonl").stat().st_size


def test_a_long_journal_is_read_in_parts(store: RunStore, plan: Plan) -> None:
    run = store.create(plan)
    tell(run, *(told.Reading(k, 2000) for k in range(2000)))
    found, at, reads = [], 0, 0
    while True:
        more, after = run.messages(at)
        assert after - at <= READ_BYTES
        if after == at:
            break
        found, at, reads = found + more, after, reads + 1
    assert reads > 1
    assert [m.event.done for m in found] == list(range(2000))


def test_a_journal_without_lines_ends_and_what_follows_is_read(store: RunStore, plan: Plan) -> None:
    """As a disk leaves it that lost its power."""
    run = store.create(plan)
    (run.folder / "events.jsonl").write_bytes(bytes(3 * READ_BYTES + 5))
    at, before = 0, -1
    while at != before:
        before = at
        found, at = run.messages(at)
        assert not found
    tell(run, told.Paused())  # damaged by what stands before it
    tell(run, told.Resumed())
    found, _ = run.messages(at)
    assert [m.event for m in found] == [told.Resumed()]


def test_a_journal_that_was_shortened_is_read_on(store: RunStore, plan: Plan) -> None:
    run = store.create(plan)
    tell(run, *(told.Reading(k, 9) for k in range(9)))
    _, at = run.messages()
    (run.folder / "events.jsonl").write_bytes(b"")
    found, at = run.messages(at)
    assert (found, at) == ([], 0)
    tell(run, told.Paused())
    assert [m.event for m in run.messages(at)[0]] == [told.Paused()]


@pytest.mark.parametrize(
    ("old", "new"),
    [('"schema_version": 1', '"schema_version": 2'), ('"name": ', '"optimiser": "x", "name": ')],
)
def test_a_run_of_a_newer_version_is_said_to_be_one(
    store: RunStore, plan: Plan, old: str, new: str
) -> None:
    path = store.create(plan).folder / "plan.json"
    path.write_text(path.read_text().replace(old, new, 1))
    assert store.all()[0].damage == f"{path} was written by a newer version of EVOKE: use that one."


def test_a_damaged_result_is_refused(store: RunStore, plan: Plan) -> None:
    run = store.create(plan)
    (run.folder / "result.json").write_text("[]")
    with pytest.raises(EvokeError, match="cannot be read"):
        _ = run.result


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda one: one["scores"].pop("macro"), "scores: Value error, macro must be there"),
        (lambda one: one["trivial"]["valence"].clear(), "accuracy must be there"),
        (lambda one: one["majority"].clear(), "valence, arousal, dominance must be there"),
        (lambda one: one["before"].pop("arousal"), "before: Value error, arousal must be there"),
        (lambda one: one["people"][0]["accuracy"].clear(), "people.0.accuracy: Value error"),
        (lambda one: one["confusion"].pop(), "confusion"),
        (lambda one: one["confusion"][3].pop(), "confusion.3"),
        (lambda one: one["confusion"][3].__setitem__(0, 10**400), "confusion.3.0"),
        (lambda one: one["exact"].update(value=1e308), "exact.value"),
        (lambda one: one["after"]["valence"][0].update(stated=math.nan), "after.valence.0.stated"),
    ],
)
def test_a_result_that_lacks_what_its_pages_show_is_refused(
    store: RunStore, plan: Plan, spoil: Callable[[dict[str, Any]], object], said: str
) -> None:
    run = store.create(plan)
    run.note(State(phase=Phase.DONE))
    content = json.loads(sample.result(protocols=1).model_dump_json())
    run.write("result.json", json.dumps(content))
    assert run.result is not None
    assert run.phase is Phase.DONE
    spoil(content["judged"][0])
    run.write("result.json", json.dumps(content))
    with pytest.raises(EvokeError, match=f"cannot be read.*{said}"):
        _ = run.result
    assert run.phase is Phase.INTERRUPTED, "it is judged again"


@pytest.mark.parametrize("content", [b"", b"\xff\xfe", b"now"])
def test_a_wish_that_cannot_be_read_is_none(store: RunStore, plan: Plan, content: bytes) -> None:
    run = store.create(plan)
    (run.folder / "control").write_bytes(content)
    assert run.wish == "run"


def test_a_disk_without_room_is_seen(store: RunStore, plan: Plan) -> None:
    run = store.create(plan)
    assert run.obstacle == ""
    with full_disk():
        said = run.obstacle
    assert said.endswith("cannot be written: File too large; make room there, then resume.")
    assert [path.name for path in run.folder.iterdir()] == ["plan.json"]


def test_a_folder_that_cannot_be_written_is_said(tmp_path: Path, plan: Plan) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(EvokeError, match="could not be written"):
        RunStore(tmp_path / "file").create(plan)


def test_a_run_says_what_its_commands_do_not_repeat(store: RunStore, plan: Plan) -> None:
    run = store.create(plan)
    stage = run.plan.stages[0]
    ways = (Way(1, 128, "cuda", "bf16"), Way(2, 64, "cpu", "bf16"))
    with RunFolder(run.folder / stage.name) as folder:
        folder.save(1, Snapshot(Progress(3, 64, 2, 0.5, "COMPLETED", ways), {}))
    words = (
        "batches of 128, 64 from epoch 2 on, where memory ran out; on the GPU in bf16, the CPU in "
        "bf16 from epoch 2 on"
    )
    assert run.otherwise(stage) == [(1, words)]
    assert run.otherwise(run.plan.stages[1]) == []
    _result, commands = _read(run)
    assert commands[:-1] == run.plan.commands(run.threads)
    assert commands[-1].startswith(f"# trials-teacher, fold 1: {words}; the command alone")
