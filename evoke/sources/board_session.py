"""One session with a BrainFlow board: opened once, always released, its errors in words."""

from __future__ import annotations

import ipaddress
import threading
from contextlib import suppress
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evoke.errors import SourceError
from evoke.sources.boards import STREAMING_ID, Board, BoardParams, brainflow

BUFFER_SAMPLES = 450_000
"""What BrainFlow keeps for a reader that comes late: half an hour at 250 Hz."""

_CANNOT_OPEN_PORT = 2
_REASONS = {
    1: "its port is already open; close the other program that uses it",
    3: "its port could not be set up; unplug the dongle and plug it in again",
    4: "it does not take commands; switch it off and on",
    5: "its answers make no sense; check that this is the board you chose",
    6: "its first answer makes no sense; check that this is the board you chose",
    7: "it does not answer; check that it is switched on, charged and near",
    13: "its inputs are not right; check the port, address or file you gave",
    14: "BrainFlow has no driver for it on this operating system",
    15: "its session is already over; connect again",
    16: "it is already open in this program",
    17: "BrainFlow could not start its driver on this computer",
    18: "it answered too late; switch it off and on, and try again",
}

_LET_GO_WITHIN_S = 45.0
"""Boards search for their headset for half a minute at most."""

_in_use: dict[str, bool] = {}
"""Boards with their inputs; False: being opened or let go."""
_changed = threading.Condition()


class BoardSession:
    """A prepared and streaming board.

    name: how errors call it. layout: the board whose rows the data have; another one only for
    playback and streaming.
    """

    def __init__(self, name: str, board: Board, params: BoardParams, layout: Board) -> None:
        """Raises SourceError saying what to do if the board cannot be started."""
        self._name = name
        self._params = params
        self._shim: Any = None
        library = brainflow()
        inputs = _inputs(board, params, layout)
        self._key = f"{board.id} {inputs.to_json()}"
        with _changed:
            # One that is being opened was given up by whom asked for it, and is soon let go.
            if _in_use.get(self._key) is False:
                _changed.wait_for(lambda: self._key not in _in_use, _LET_GO_WITHIN_S)
            # BrainFlow would let a failed second session release the first of the same inputs.
            if self._key in _in_use:
                raise SourceError(f"{name} is already open in this program.")
            _in_use[self._key] = False
        try:
            self._shim = library.BoardShim(board.id, inputs)
            self._shim.prepare_session()
            self._shim.start_stream(BUFFER_SAMPLES)
            _in_use[self._key] = True
        except library.BrainFlowError as error:
            self.close()
            raise SourceError(f"{name} did not open: {self._reason(error)}.") from error
        except BaseException:
            self.close()
            raise

    def data(self) -> NDArray[np.float64]:
        """All rows that have come since the last call, (n_rows, n_samples); often none.

        Raises SourceError if the session has failed.
        """
        try:
            return self._shim.get_board_data()
        except brainflow().BrainFlowError as error:
            raise SourceError(f"{self._name} is gone: {self._reason(error)}.") from error

    def close(self) -> None:
        """Stop and release the board. May be called twice."""
        shim, self._shim = self._shim, None
        if shim is not None:
            _in_use[self._key] = False
            failure = brainflow().BrainFlowError
            with suppress(failure):  # it may never have started
                shim.stop_stream()
            with suppress(failure):  # nor been prepared: then there is nothing to release
                shim.release_session()
        with _changed:
            _in_use.pop(self._key, None)
            _changed.notify_all()
        self._key = ""

    def _reason(self, error: Any) -> str:
        code = int(error.exit_code)
        if code != _CANNOT_OPEN_PORT:
            return _REASONS.get(code, f"BrainFlow reports error {code}; switch it off and on")
        if port := self._params.serial_port:
            return (
                f"port {port} cannot be opened; check that the dongle is plugged in, that no "
                "other program uses it, and that you may open it"
            )
        return "Bluetooth is off, or this computer has none"


def require_inputs(board: Board, params: BoardParams) -> None:
    """Raises SourceError naming the inputs that the board needs and did not get."""
    missing = [name for name in board.required if not getattr(params, name)]
    if missing:
        words = " and ".join(name.replace("_", " ") for name in missing)
        raise SourceError(f"{board.title} needs its {words}.")
    if not 0 <= params.ip_port <= 65535:
        raise SourceError(f"An IP port is 1 to 65535; got {params.ip_port}.")
    if board.id == STREAMING_ID and not _is_multicast(params.ip_address):
        raise SourceError(
            "A BrainFlow stream comes by a multicast address, 224.0.0.0 to 239.255.255.255; "
            f"got {params.ip_address}."
        )


def _is_multicast(address: str) -> bool:
    try:
        return ipaddress.IPv4Address(address).is_multicast
    except ValueError:
        return False


def _inputs(board: Board, params: BoardParams, layout: Board) -> Any:
    inputs = brainflow().BrainFlowInputParams()
    for name in ("serial_port", "mac_address", "ip_address", "ip_port", "serial_number"):
        setattr(inputs, name, getattr(params, name))
    inputs.other_info = params.other_info
    inputs.file = params.file
    inputs.timeout = params.timeout_s
    if board.borrows:
        inputs.master_board = layout.id
    return inputs
