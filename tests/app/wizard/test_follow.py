"""What the window knows of a run while it follows it."""

from __future__ import annotations

import json
import os
import resource
import signal
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from PySide6.QtCore import QObject
from PySide6.QtWidgets import QApplication
from safetensors import safe_open

from app.wizard import messages as told
from app.wizard.follow import Follower, RunState
from app.wizard.messages import Message
from app.wizard.plan import Plan
from app.wizard.progress import reduced, saved, student_s
from app.wizard.runs import Phase, Run, RunStore, State
from evoke.training.events import (
    BatchesDone,
    BatchReduced,
    EpochEnded,
    Finish,
    FoldEnded,
    FoldResumed,
    FoldStarted,
)
from evoke.training.runs import stored_epoch
from tests.app.conftest import WAIT_MS
from tests.app.wizard import sample
from tests.app.wizard.conftest import alive
from tests.app.wizard.test_work import everything_told

NAME = "trials-teacher"


def fold(number: int, folds: int = 1, epochs: int = 10, device: str = "cpu") -> FoldStarted:
    return FoldStarted(number, folds, epochs, 100, 20, 20, device)


def epoch(number: int, of_fold: int = 1, best: bool = True) -> EpochEnded:
    return EpochEnded(number, 10, 1.0, 0.6, 0.7, best, 1.0, of_fold)


def state_of(*told_at: tuple[float, object]) -> RunState:
    state = RunState()
    state.take(Message(0.0, NAME, told.StageStarted("trials", "teacher")))
    for t, event in told_at:
        of_run = isinstance(event, told.Paused | told.Resumed | told.RunEnded)
        state.take(Message(t, "" if of_run else NAME, event))  # type: ignore[arg-type]
    return state


def test_news_of_no_batches_is_no_progress() -> None:
    state = state_of((0, fold(1)), (5, BatchesDone(1, 0, 0)))
    assert state.at_work is not None
    assert state.at_work.fold is not None
    assert state.at_work.fold.done == 0


def test_the_time_left_follows_from_the_epochs_so_far() -> None:
    state = state_of((0, fold(1)), (2, epoch(1)), (4, epoch(2)))
    assert state.left_s == pytest.approx(8 * 2)
    state = state_of((0, fold(1, folds=3)), (2, epoch(1)), (4, epoch(2)))
    assert state.left_s == pytest.approx(8 * 2 + 2 * 10 * 2)  # one fold after another
    on_gpu = state_of((0, fold(1, 2, 10, "cuda")), (0, fold(2, 2, 10, "cuda")), (3, epoch(1)),
                      (3, epoch(1, 2)), (6, epoch(2)), (6, epoch(2, 2)))  # fmt: skip
    assert on_gpu.left_s == pytest.approx(8 * 3)  # side by side


def test_the_first_epoch_already_tells_how_long_it_takes() -> None:
    assert state_of((0, fold(1))).left_s is None
    state = state_of((0, fold(1)), (5, BatchesDone(1, 1, 4)))
    assert state.left_s == pytest.approx((10 - 0.25) * 20)


def test_a_clock_that_is_set_back_leaves_no_time_below_zero() -> None:
    state = state_of((0, fold(1)), (2, epoch(1)), (-3600, epoch(2)))
    assert state.left_s is None
    state = state_of((0, fold(1)), (-3600, BatchesDone(1, 1, 4)))
    assert state.left_s is None


def test_a_fold_that_begins_again_is_at_its_beginning() -> None:
    state = state_of((0, fold(1)), (1, epoch(1)), (2, epoch(2)), (3, fold(1)))
    state.take(Message(4, NAME, BatchesDone(1, 1, 4)))
    assert state.at_work is not None
    assert state.at_work.folds[1].done == 0.25


def test_a_pause_does_not_count_as_training() -> None:
    state = state_of(
        *((0, fold(1)), (2, epoch(1)), (3, told.Paused()), (1003, told.Resumed())),
        (1004, epoch(2)),
    )
    assert state.paused_s == 1000
    assert state.left_s == pytest.approx(8 * 2)


def test_a_student_s_time_is_that_of_one_from_scratch_without_pauses() -> None:
    """The run's own student may have had its teacher read along, which takes ten times as long."""
    state = RunState()
    ended = FoldEnded(1, Finish.COMPLETED, 2, 0.6, 0.5, 99.0)
    for t, stage, event in (
        (0, "trials-student", fold(1)),
        (50, "trials-student", epoch(1)),
        (60, "trials-student", ended),
    ):
        state.take(Message(t, stage, event))  # type: ignore[arg-type]
    assert student_s(state) is None
    for t, stage, event in (
        (60, "trials-scratch", fold(1, folds=2)),
        (62, "trials-scratch", epoch(1)),
        (63, "", told.Paused()),
        (83, "", told.Resumed()),
        (84, "trials-scratch", epoch(2)),
        (84, "trials-scratch", ended),
        (84, "trials-scratch", fold(2, folds=2)),
    ):
        state.take(Message(t, stage, event))  # type: ignore[arg-type]
    assert student_s(state) == pytest.approx(4)


def test_a_resumed_fold_forgets_the_epochs_that_were_lost() -> None:
    state = state_of(
        *((0, fold(1)), (1, epoch(1)), (2, epoch(2)), (3, epoch(3))),
        *((90, fold(1)), (90, FoldResumed(1, 2)), (91, epoch(3)), (92, epoch(4))),
    )
    assert state.at_work is not None
    seen = state.at_work.folds[1]
    assert [e.epoch for e in seen.epochs] == [1, 2, 3, 4]
    assert state.left_s == pytest.approx(6 * 1)  # by the pace since it was resumed


def test_smaller_batches_are_known_for_as_long_as_they_hold() -> None:
    ran_out = BatchReduced(1, 2, 16)
    news = ((0, fold(1)), (1, epoch(1)), (2, ran_out), (3, epoch(2)))
    for more, known in (
        ((), ran_out),
        (((90, fold(1)), (90, FoldResumed(1, 2))), ran_out),
        (((90, fold(1)), (90, FoldResumed(1, 1))), None),  # from before memory ran out
        (((90, fold(1)),), None),
    ):
        found = state_of(*news, *more).at_work
        assert found is not None
        assert found.folds[1].reduced is known
        assert bool(reduced(found)) == (known is not None)
    ended = state_of(*news, (4, FoldEnded(1, Finish.COMPLETED, 2, 0.6, 0.5, 4.0))).at_work
    assert reduced(ended) == ""


def test_nothing_is_left_of_a_stage_that_ended() -> None:
    ended = FoldEnded(1, Finish.STOPPED, 2, 0.6, 0.5, 3.0)
    state = state_of((0, fold(1)), (1, epoch(1)), (2, ended), (3, told.StageEnded("x")))
    assert state.left_s == 0.0
    assert state.at_work is not None
    assert state.at_work.folds[1].ended == ended
    assert (state.saved_epoch, state.saved_t) == (1, 1)


@pytest.fixture
def parent(qapp: QApplication) -> QObject:
    return QObject()


def follow(run: Run, parent: QObject) -> tuple[Follower, list[Message], list[Phase]]:
    follower = Follower(run, parent)
    messages: list[Message] = []
    phases: list[Phase] = []
    follower.message.connect(messages.append)
    follower.phase_changed.connect(phases.append)
    return follower, messages, phases


def test_a_run_is_followed_from_its_start_to_its_end(
    parent: QObject, qtbot: object, store: RunStore, plan: Plan
) -> None:
    run = store.create(plan)
    follower, messages, phases = follow(run, parent)
    follower.start()
    qtbot.waitUntil(lambda: follower.state.phase is Phase.DONE, timeout=WAIT_MS)
    assert phases == [Phase.RUNNING, Phase.DONE]
    assert messages == everything_told(run)
    state = follower.state
    assert list(state.stages) == [stage.name for stage in plan.stages]
    for stage in state.stages.values():
        assert stage.ended
        assert [e.epoch for e in stage.folds[1].epochs] == [1, 2, 3]
        assert stage.folds[1].ended is not None
    assert state.judging is not None
    assert state.judging.done == state.judging.total
    assert (state.stage, state.saved_epoch) == ("", 3)


def test_a_window_that_opens_later_knows_as_much(
    parent: QObject, qtbot: object, store: RunStore, plan: Plan
) -> None:
    run = store.create(plan)
    first, _, _ = follow(run, parent)
    first.start()
    qtbot.waitUntil(lambda: bool(first.state.stages), timeout=WAIT_MS)
    first.stop_following()
    later, messages, _ = follow(RunStore(store.folder).all()[0], parent)
    later.follow()
    qtbot.waitUntil(lambda: later.state.phase is Phase.DONE, timeout=WAIT_MS)
    assert messages == everything_told(run)


@pytest.fixture
def at_work(
    parent: QObject, qtbot: object, store: RunStore, long_plan: Plan
) -> tuple[Follower, list[Phase]]:
    """A run of minutes that has its first epoch, and the phases seen so far."""
    follower, _, phases = follow(store.create(long_plan), parent)
    follower.start()
    qtbot.waitUntil(lambda: follower.state.saved_epoch is not None, timeout=WAIT_MS)
    return follower, phases


def test_pause_resume_and_cancel(at_work: tuple[Follower, list[Phase]], qtbot: object) -> None:
    follower, phases = at_work
    assert follower.state.left_s is not None
    follower.pause()
    qtbot.waitUntil(lambda: follower.state.phase is Phase.PAUSED, timeout=WAIT_MS)
    follower.resume()
    qtbot.waitUntil(lambda: follower.state.phase is Phase.RUNNING, timeout=WAIT_MS)
    follower.cancel()
    qtbot.waitUntil(lambda: follower.state.phase is Phase.CANCELLED, timeout=WAIT_MS)
    assert phases == [Phase.RUNNING, Phase.PAUSED, Phase.RUNNING, Phase.CANCELLED]
    assert follower.run.process is None


def test_a_process_that_does_not_hear_is_killed(
    at_work: tuple[Follower, list[Phase]], qtbot: object
) -> None:
    follower, _ = at_work
    assert follower.run.process
    os.kill(follower.run.process, signal.SIGSTOP)
    follower.cancel()
    qtbot.waitUntil(lambda: follower.state.phase is Phase.CANCELLED, timeout=WAIT_MS)
    assert follower.run.process is None


@contextmanager
def full_disk() -> Iterator[None]:
    """For this process: no file can grow."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_cancel_ends_the_process_though_the_disk_is_full(
    at_work: tuple[Follower, list[Phase]], qtbot: object
) -> None:
    follower, _ = at_work
    process = follower.run.process
    assert process
    with full_disk():
        follower.cancel()
    assert follower.run.wish == "run", "it could not be asked"
    qtbot.waitUntil(lambda: not alive(process), timeout=WAIT_MS)
    qtbot.waitUntil(lambda: follower.state.phase is Phase.INTERRUPTED, timeout=WAIT_MS)


def test_a_cancel_is_carried_out_though_the_window_closes_at_once(
    at_work: tuple[Follower, list[Phase]], qtbot: object
) -> None:
    follower, _ = at_work
    process = follower.run.process
    assert process
    os.kill(process, signal.SIGSTOP)
    follower.cancel()
    follower.stop_following()
    qtbot.waitUntil(lambda: not alive(process), timeout=WAIT_MS)
    assert follower.run.phase is Phase.CANCELLED


@pytest.mark.parametrize("phase", [Phase.DONE, Phase.FAILED])
def test_a_cancel_after_the_end_changes_nothing(
    parent: QObject, store: RunStore, plan: Plan, phase: Phase
) -> None:
    run = store.create(plan)
    (run.folder / "result.json").write_text(sample.result().model_dump_json())
    run.note(State(phase=phase, why="because"))
    follower, _, _ = follow(run, parent)
    follower.cancel()
    assert run.phase is phase


def test_what_a_killed_process_left_half_written_is_cleared_away(
    at_work: tuple[Follower, list[Phase]], qtbot: object
) -> None:
    follower, _ = at_work
    run = follower.run
    half = [run.folder / f".{name}.x.part" for name in (f"{NAME}.safetensors", "state.json")]
    half.append(run.folder / NAME / ".fold-1.safetensors.x.part")
    assert run.process
    os.kill(run.process, signal.SIGSTOP)
    for path in half:
        path.write_bytes(b"half")
    os.kill(run.process, signal.SIGKILL)
    qtbot.waitUntil(lambda: follower.state.phase is Phase.INTERRUPTED, timeout=WAIT_MS)
    assert not list(run.folder.rglob(".*"))


def test_what_is_kept_of_a_run_at_rest_is_what_is_on_disk(
    parent: QObject, qtbot: object, store: RunStore, heavy_plan: Plan
) -> None:
    """The last epoch told was perhaps still being written."""
    run = store.create(heavy_plan)
    follower, _, _ = follow(run, parent)
    follower.start()
    kept = run.folder / NAME / "fold-1.safetensors"
    qtbot.waitUntil(kept.exists, timeout=WAIT_MS)
    assert run.process
    os.kill(run.process, signal.SIGKILL)
    qtbot.waitUntil(lambda: follower.state.phase is Phase.INTERRUPTED, timeout=WAIT_MS)
    with safe_open(kept, framework="np") as file:
        epoch_kept = json.loads(file.metadata()["evoke"])["epoch"]
    assert follower.state.saved_epoch == epoch_kept == stored_epoch(run.folder / NAME, 1)
    assert saved(follower.state, follower.state.unfinished) == f"epoch {epoch_kept}"
    kept.write_bytes(kept.read_bytes()[:5])
    later, _, _ = follow(run, parent)
    later.follow()
    qtbot.waitUntil(lambda: later.state.phase is Phase.INTERRUPTED, timeout=WAIT_MS)
    qtbot.waitUntil(lambda: later.caught_up, timeout=WAIT_MS)
    assert later.state.saved_epoch is None


def test_an_interrupted_run_can_be_cancelled_for_good(
    at_work: tuple[Follower, list[Phase]], qtbot: object
) -> None:
    follower, phases = at_work
    assert follower.run.process
    os.kill(follower.run.process, signal.SIGKILL)
    qtbot.waitUntil(lambda: follower.state.phase is Phase.INTERRUPTED, timeout=WAIT_MS)
    follower.cancel()
    qtbot.waitUntil(lambda: follower.state.phase is Phase.CANCELLED, timeout=WAIT_MS)
    assert phases == [Phase.RUNNING, Phase.INTERRUPTED, Phase.CANCELLED]


def test_a_folder_that_goes_is_a_failure_that_says_so(
    parent: QObject, qtbot: object, store: RunStore, plan: Plan
) -> None:
    run = store.create(plan)
    follower, _, _ = follow(run, parent)
    follower.follow()
    qtbot.waitUntil(lambda: follower.caught_up, timeout=WAIT_MS)
    run.folder.rename(store.folder.parent / "away")
    qtbot.waitUntil(lambda: follower.state.phase is Phase.FAILED, timeout=WAIT_MS)
    assert "moved or deleted" in follower.state.why
