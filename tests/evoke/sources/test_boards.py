"""The table of boards against the installed BrainFlow."""

from __future__ import annotations

import subprocess
import sys

import pytest

from evoke.errors import SourceError
from evoke.sources.boards import INPUTS, boards, brainflow, find_board
from evoke.types import ChannelKind


def test_every_board_of_brainflow_is_there_once() -> None:
    ids = {int(b.value) for b in brainflow().BoardIds if b.name != "NO_BOARD"}
    assert {b.id for b in boards()} == ids
    assert len({b.name for b in boards()}) == len({b.title for b in boards()}) == len(ids)


def test_inputs_are_real_and_none_is_both_required_and_optional() -> None:
    for board in boards():
        assert set(board.required) | set(board.optional) <= set(INPUTS)
        assert not set(board.required) & set(board.optional)


def test_rows_of_a_board_are_distinct_and_inside_its_data() -> None:
    for board in boards():
        if board.borrows:
            assert not board.channels
            continue
        own = {board.timestamp_row, board.marker_row, board.counter_row}
        assert len(set(board.rows)) == len(board.rows) == len(board.channels)
        assert all(0 <= row < board.n_rows for row in board.rows)
        assert not own & set(board.rows)
        assert board.rate_hz > 0


def test_synthetic_has_its_sixteen_named_electrodes() -> None:
    board = find_board("synthetic")
    names = ",".join(c.name for c in board.channels)
    assert names == "Fz,C3,Cz,C4,Pz,PO7,Oz,PO8,F5,F7,F3,F1,F2,F4,F6,F8"
    assert board.rate_hz == 250
    assert board.stream_info("x", live=True).synthetic


def test_channels_without_a_name_are_numbered_and_rows_of_their_own_keep_their_kind() -> None:
    assert [c.name for c in find_board("ganglion").channels] == ["EEG 1", "EEG 2", "EEG 3", "EEG 4"]
    kinds = [c.kind for c in find_board("galea").channels]
    assert [kinds.count(k) for k in (ChannelKind.EEG, ChannelKind.EOG, ChannelKind.EMG)] == [
        *(16, 2, 6)
    ]


@pytest.mark.parametrize("name", ["cyton-daisy", "Cyton_Daisy", "cyton daisy", "2"])
def test_a_board_is_found_by_name_or_number(name: str) -> None:
    board = find_board(name)
    assert (board.id, board.rate_hz, board.required) == (2, 125.0, ("serial_port",))


def test_an_unknown_board_is_answered_with_near_ones() -> None:
    with pytest.raises(SourceError, match=r"no board named 'sinthetic'; did you mean synthetic"):
        find_board("sinthetic")
    with pytest.raises(SourceError, match="evoke board list"):
        find_board("###")


def test_loading_brainflow_warns_and_prints_nothing() -> None:
    code = "from evoke.sources.boards import boards; boards()"
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=True
    )
    assert done.stdout == done.stderr == ""
