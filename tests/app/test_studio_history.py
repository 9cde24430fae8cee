"""Undo and redo, whatever was done."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from app.studio.history import AvatarHistory
from avatars import Identity

START = Identity("start")
ages = st.integers(18, 90).map(float)
changes = st.lists(st.tuples(ages, st.sampled_from(["", "age", "weight"])), max_size=12)


def aged(age: float) -> Identity:
    return Identity("start", age=age)


@given(changes)
def test_undo_goes_all_the_way_back_and_redo_all_the_way_forth(done: list) -> None:
    history = AvatarHistory(START)
    for age, step in done:
        history.change(aged(age), step)
    history.end_step()
    end, back = history.present, 0
    while history.can_undo:
        history.undo()
        back += 1
    assert history.present == START
    assert not history.changed
    for _ in range(back):
        assert history.can_redo
        history.redo()
    assert history.present == end
    assert not history.can_redo


@given(st.lists(ages, min_size=2, max_size=8), st.lists(ages, min_size=1, max_size=8))
def test_a_drag_is_one_step_and_its_end_ends_it(one: list, other: list) -> None:
    history = AvatarHistory(START)
    for age in one:
        history.change(aged(age), "age")
    history.end_step()
    first = history.present
    for age in other:
        history.change(aged(age), "age")
    history.end_step()
    if history.present != first:
        history.undo()
    assert history.present == first
    history.undo()
    assert history.present == START


def test_a_change_after_undo_forgets_what_was_undone() -> None:
    history = AvatarHistory(START)
    history.change(aged(50.0))
    history.undo()
    history.change(aged(60.0))
    assert not history.can_redo
    history.undo()
    assert history.present == START


def test_what_is_saved_is_what_there_is_to_save_against() -> None:
    history = AvatarHistory(START)
    history.change(aged(50.0))
    assert history.changed
    history.keep(aged(50.0))
    assert not history.changed
    history.undo()
    assert history.changed, "the saved one is another now"
    history.redo()
    assert not history.changed


def test_it_forgets_the_oldest_but_never_the_first() -> None:
    history = AvatarHistory(START)
    for k in range(AvatarHistory.MOST + 10):
        history.change(Identity("start", weight=k / 1000))
    steps = 0
    while history.can_undo:
        history.undo()
        steps += 1
    assert steps == AvatarHistory.MOST
    assert history.present == START
