from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.wizard import messages as told
from app.wizard.messages import Message, from_line, to_line
from evoke.errors import EvokeError
from evoke.training import events

count = st.integers(0, 10**6)
number = st.floats(0, 1e6)
event = st.one_of(
    st.builds(events.WindowsRead, st.sampled_from(["teacher", "unseen"]), count, count),
    st.builds(events.FoldStarted, *[count] * 6, st.sampled_from(["cpu", "cuda"])),
    st.builds(events.FoldResumed, count, count),
    st.builds(events.BatchesDone, count, count, count, count),
    st.builds(events.BatchReduced, count, count, count),
    st.builds(
        events.EpochEnded,
        *(count, count, number, st.none() | number, st.none() | number),
        *(st.booleans(), number, count),
    ),
    st.builds(
        events.FoldEnded, count, st.sampled_from(events.Finish), count, number, number, number
    ),
    st.builds(told.StageStarted, st.text(), st.text()),
    st.builds(told.StageEnded, st.text()),
    st.builds(told.RunEnded, st.text(), st.text()),
    st.builds(told.Paused),
    st.builds(told.Resumed),
    st.builds(told.Reading, count, count),
    st.builds(told.Judging, count, count),
    st.builds(told.Machine, st.text(), number, number, number),
)


@settings(deadline=None)  # a busy machine
@given(st.builds(Message, number, st.text(), event))
def test_a_message_comes_back_as_it_went_on_one_line(message: Message) -> None:
    line = to_line(message)
    assert len(line.splitlines()) == 1
    assert from_line(line) == message


@settings(deadline=None)  # a busy machine
@given(st.builds(Message, number, st.text(), event), st.data())
def test_half_a_line_is_refused_in_one_sentence(message: Message, data: st.DataObject) -> None:
    line = to_line(message)
    half = line[: data.draw(st.integers(0, len(line) - 1))]
    with pytest.raises(EvokeError, match="damaged"):
        from_line(half)


@pytest.mark.parametrize(
    "line",
    [
        '{"t": 1, "stage": "", "event": "Unheard"}',
        '{"t": 1, "stage": "", "event": "Reading", "done": "many", "total": 3}',
        '{"t": 1, "event": "Paused"}',
        "[1, 2]",
        "null",
        "[" * 100_000,
    ],
)
def test_lines_of_something_else_are_refused(line: str) -> None:
    with pytest.raises(EvokeError, match="damaged"):
        from_line(line)
