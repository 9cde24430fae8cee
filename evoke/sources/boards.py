"""Every board BrainFlow knows, by name, and what each needs to be found.

Channel rows, rates and electrode names come from BrainFlow itself; which inputs a board requires
is only in its documentation (https://brainflow.readthedocs.io, "Supported Boards"), so that
table is kept here. A board newer than the table is listed with every input optional.
"""

from __future__ import annotations

import difflib
import functools
import warnings
from dataclasses import dataclass, fields
from types import ModuleType
from typing import Any

from evoke.errors import SourceError
from evoke.sources.gaps import PackageCounter
from evoke.types import Channel, ChannelKind, StreamInfo

PLAYBACK_ID, STREAMING_ID, SYNTHETIC_ID = -3, -2, -1
_NO_BOARD = "NO_BOARD"


@dataclass(frozen=True, slots=True)
class BoardParams:
    """What a board needs to be found, in BrainFlow's words; empty where it needs none.

    file, master_board: of the playback board, a BrainFlow CSV and the name of the board that
        recorded it; the streaming board names its `master_board` too.
    timeout_s: how long to search for the device; 0 is the board's own default.
    """

    serial_port: str = ""
    mac_address: str = ""
    ip_address: str = ""
    ip_port: int = 0
    serial_number: str = ""
    other_info: str = ""
    file: str = ""
    master_board: str = ""
    timeout_s: int = 0


INPUTS = tuple(f.name for f in fields(BoardParams))
"""Names of all inputs a board may ask for."""


@dataclass(frozen=True, slots=True)
class Board:
    """One of BrainFlow's boards.

    name: what the user types, such as 'cyton-daisy'.
    rate_hz: 0 for playback and streaming, which take it, and the channels, of another board.
    channels: those this program reads: EEG, then EOG, EMG and ECG where they have rows of
        their own.
    rows: the row of BrainFlow's data in which each channel lies.
    counter: how the package counter of this board runs, where that is documented.
    """

    id: int
    name: str
    title: str
    required: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()
    rate_hz: float = 0.0
    channels: tuple[Channel, ...] = ()
    rows: tuple[int, ...] = ()
    n_rows: int = 0
    timestamp_row: int = -1
    marker_row: int = -1
    counter_row: int = -1
    counter: PackageCounter | None = None

    @property
    def eeg(self) -> tuple[int, ...]:
        """Indices of the EEG channels among `channels`."""
        return tuple(i for i, c in enumerate(self.channels) if c.kind is ChannelKind.EEG)

    @property
    def borrows(self) -> bool:
        """True for playback and streaming: the data are laid out as another board's."""
        return self.id in (PLAYBACK_ID, STREAMING_ID)

    def stream_info(self, name: str, *, live: bool) -> StreamInfo:
        """The stream of this board's channels under a name for the screen."""
        return StreamInfo(
            name=name,
            rate_hz=self.rate_hz,
            channels=self.channels,
            live=live,
            synthetic=self.id == SYNTHETIC_ID,
            notes=(TEST_SIGNAL,) if self.id == SYNTHETIC_ID else (),
        )


TEST_SIGNAL = (
    "BrainFlow's test signal is waves and strong noise, no EEG: it shows that everything runs, and "
    "no emotion is read of it."
)

_SERIAL = ("serial_port",)
_BLE = ("mac_address", "serial_number", "timeout_s")
_WIFI = ("ip_address", "timeout_s")

# BrainFlow's name: (title, required inputs, optional inputs)
_TABLE: dict[str, tuple[str, tuple[str, ...], tuple[str, ...]]] = {
    "PLAYBACK_FILE_BOARD": ("Playback of a BrainFlow file", ("file", "master_board"), ()),
    "STREAMING_BOARD": (
        "Stream from another BrainFlow program",
        ("ip_address", "ip_port", "master_board"),
        (),
    ),
    "SYNTHETIC_BOARD": ("Synthetic (BrainFlow's test signal)", (), ()),
    "CYTON_BOARD": ("OpenBCI Cyton", _SERIAL, ()),
    "GANGLION_BOARD": ("OpenBCI Ganglion (dongle)", _SERIAL, ("mac_address", "timeout_s")),
    "CYTON_DAISY_BOARD": ("OpenBCI Cyton + Daisy", _SERIAL, ()),
    "GALEA_BOARD": ("OpenBCI Galea", (), ("ip_address", "timeout_s")),
    "GANGLION_WIFI_BOARD": ("OpenBCI Ganglion (WiFi)", ("ip_port",), _WIFI),
    "CYTON_WIFI_BOARD": ("OpenBCI Cyton (WiFi)", ("ip_port",), _WIFI),
    "CYTON_DAISY_WIFI_BOARD": ("OpenBCI Cyton + Daisy (WiFi)", ("ip_port",), _WIFI),
    "BRAINBIT_BOARD": ("BrainBit", (), ("serial_number", "timeout_s")),
    "UNICORN_BOARD": ("g.tec Unicorn", (), ("serial_number",)),
    "CALLIBRI_EEG_BOARD": ("Callibri EEG", (), ("other_info", "timeout_s")),
    "CALLIBRI_EMG_BOARD": ("Callibri EMG", (), ("other_info", "timeout_s")),
    "CALLIBRI_ECG_BOARD": ("Callibri ECG", (), ("other_info", "timeout_s")),
    "NOTION_1_BOARD": ("Neurosity Notion 1", (), ("serial_number",)),
    "NOTION_2_BOARD": ("Neurosity Notion 2", (), ("serial_number",)),
    "GFORCE_PRO_BOARD": ("OYMotion gForcePro", (), ()),
    "FREEEEG32_BOARD": ("FreeEEG32", _SERIAL, ()),
    "BRAINBIT_BLED_BOARD": ("BrainBit (dongle)", _SERIAL, ("mac_address",)),
    "GFORCE_DUAL_BOARD": ("OYMotion gForceDual", (), ()),
    "MUSE_S_BLED_BOARD": ("Muse S (dongle)", _SERIAL, ("serial_number",)),
    "MUSE_2_BLED_BOARD": ("Muse 2 (dongle)", _SERIAL, ("serial_number",)),
    "CROWN_BOARD": ("Neurosity Crown", (), ("serial_number",)),
    **{
        f"ANT_NEURO_EE_{n}_BOARD": (f"ANT Neuro EE-{n}", (), ())
        for n in (410, 411, 430, 211, 212, 213, 214, 215, 221, 222, 223, 224, 225, 511)
    },
    "ENOPHONE_BOARD": ("Enophone", (), ("mac_address",)),
    "MUSE_2_BOARD": ("Muse 2", (), _BLE),
    "MUSE_S_BOARD": ("Muse S", (), _BLE),
    "BRAINALIVE_BOARD": ("BrainAlive", (), _BLE),
    "MUSE_2016_BOARD": ("Muse (2016)", (), _BLE),
    "MUSE_2016_BLED_BOARD": ("Muse (2016, dongle)", _SERIAL, ("serial_number",)),
    "EXPLORE_4_CHAN_BOARD": ("Mentalab Explore, 4 channels", (), ("mac_address",)),
    "EXPLORE_8_CHAN_BOARD": ("Mentalab Explore, 8 channels", (), ("mac_address",)),
    "GANGLION_NATIVE_BOARD": ("OpenBCI Ganglion (Bluetooth)", (), _BLE),
    "EMOTIBIT_BOARD": ("EmotiBit", (), ("ip_address", "serial_number")),
    "NTL_WIFI_BOARD": ("NTL (WiFi)", ("ip_port",), _WIFI),
    "FREEEEG128_BOARD": ("FreeEEG128", _SERIAL, ()),
    "AAVAA_V3_BOARD": ("AAVAA v3", (), _BLE),
    "EXPLORE_PLUS_8_CHAN_BOARD": ("Mentalab Explore+, 8 channels", (), ("mac_address",)),
    "EXPLORE_PLUS_32_CHAN_BOARD": ("Mentalab Explore+, 32 channels", (), ("mac_address",)),
    "PIEEG_BOARD": ("PiEEG", (), _SERIAL),
    "NEUROPAWN_KNIGHT_BOARD": ("NeuroPawn Knight", _SERIAL, ("other_info",)),
    "SYNCHRONI_TRIO_3_CHANNELS_BOARD": ("Synchroni Trio", (), ("mac_address", "timeout_s")),
    "SYNCHRONI_OCTO_8_CHANNELS_BOARD": ("Synchroni Octo", (), ("mac_address", "timeout_s")),
    "OB5000_8_CHANNELS_BOARD": ("OB5000", (), ("mac_address", "timeout_s")),
    "SYNCHRONI_PENTO_8_CHANNELS_BOARD": ("Synchroni Pento", (), ("mac_address", "timeout_s")),
    "SYNCHRONI_UNO_1_CHANNELS_BOARD": ("Synchroni Uno", (), ("mac_address", "timeout_s")),
    "OB3000_24_CHANNELS_BOARD": ("OB3000", (), ("mac_address", "timeout_s")),
    "BIOLISTENER_BOARD": ("BioListener", (), ("ip_address", "ip_port", "timeout_s")),
    "IRONBCI_32_BOARD": ("IronBCI-32", _SERIAL, ()),
    "NEUROPAWN_KNIGHT_BOARD_IMU": ("NeuroPawn Knight IMU", _SERIAL, ("other_info",)),
    "MUSE_S_ATHENA_BOARD": ("Muse S Athena", (), (*_BLE, "other_info")),
    "SHIMMER3_BOARD": ("Shimmer3", _SERIAL, ()),
}

# Counters whose rule BrainFlow's drivers fix; a wrong rule would invent losses, so that the
# others go by their timestamps.
_ONE_BYTE = PackageCounter(modulus=256)
_MUSE = PackageCounter(modulus=65536, samples=12)
_COUNTERS = {
    "SYNTHETIC_BOARD": _ONE_BYTE,
    "CYTON_BOARD": _ONE_BYTE,
    "CYTON_DAISY_BOARD": PackageCounter(modulus=256, step=2),  # two packages make one sample
    "CYTON_WIFI_BOARD": _ONE_BYTE,
    "FREEEEG32_BOARD": _ONE_BYTE,
    "FREEEEG128_BOARD": _ONE_BYTE,
    "IRONBCI_32_BOARD": _ONE_BYTE,
    "UNICORN_BOARD": PackageCounter(modulus=2**32),
    "MUSE_2_BOARD": _MUSE,
    "MUSE_S_BOARD": _MUSE,
    "MUSE_2016_BOARD": _MUSE,
}


@functools.cache
def brainflow() -> ModuleType:
    """BrainFlow's `board_shim`, its library loaded and its log off. A session lasts until it is
    released."""
    with warnings.catch_warnings():
        # brainflow 5.23 finds its library through pkg_resources, which warns of its own end
        warnings.simplefilter("ignore")
        from brainflow import board_shim

        board_shim.BoardShim.disable_board_logger()
        # one that is forgotten would release the session that another has of the same board since
        board_shim.BoardShim.__del__ = lambda _shim: None
    return board_shim


@functools.cache
def boards() -> tuple[Board, ...]:
    """All boards of the installed BrainFlow, in the order of their numbers."""
    ids = [b for b in brainflow().BoardIds if b.name != _NO_BOARD]
    return tuple(_describe(b.name, int(b.value)) for b in sorted(ids, key=int))


def find_board(name: str) -> Board:
    """The board of that name (any case; '_' or a space for '-'), or of that number.

    Raises SourceError naming the nearest boards there are.
    """
    wanted = name.strip().lower().replace("_", "-").replace(" ", "-")
    for board in boards():
        if wanted in (board.name, str(board.id)):
            return board
    near = difflib.get_close_matches(wanted, [b.name for b in boards()], n=3, cutoff=0.4)
    hint = f"did you mean {' or '.join(near)}?" if near else "`evoke board list` names them all."
    raise SourceError(f"There is no board named {name!r}; {hint}")


def _describe(brainflow_name: str, board_id: int) -> Board:
    shim = brainflow().BoardShim
    descr: dict[str, Any] = shim.get_board_descr(board_id)
    title, required, optional = _TABLE.get(brainflow_name, (str(descr["name"]), (), INPUTS))
    identity: dict[str, Any] = {
        "id": board_id,
        "name": _slug(brainflow_name),
        "title": title,
        "required": required,
        "optional": optional,
    }
    if "num_rows" not in descr:
        return Board(**identity)
    rows, channels = _channels(descr)
    return Board(
        **identity,
        rate_hz=float(descr["sampling_rate"]),
        channels=channels,
        rows=rows,
        n_rows=int(descr["num_rows"]),
        timestamp_row=int(descr["timestamp_channel"]),
        marker_row=int(descr["marker_channel"]),
        counter_row=int(descr.get("package_num_channel", -1)),
        counter=_COUNTERS.get(brainflow_name),
    )


def _channels(descr: dict[str, Any]) -> tuple[tuple[int, ...], tuple[Channel, ...]]:
    """Rows and channels; most boards list the same rows as EEG, EOG, EMG and ECG."""
    rows: list[int] = []
    channels: list[Channel] = []
    names = [n for n in str(descr.get("eeg_names", "")).split(",") if n]
    for key, label, kind in (
        ("eeg_channels", "EEG", ChannelKind.EEG),
        ("eog_channels", "EOG", ChannelKind.EOG),
        ("emg_channels", "EMG", ChannelKind.EMG),
        ("ecg_channels", "ECG", ChannelKind.AUX),
    ):
        new = [int(r) for r in descr.get(key, ()) if int(r) not in rows]
        for i, row in enumerate(new):
            named = kind is ChannelKind.EEG and i < len(names)
            rows.append(row)
            channels.append(Channel(names[i] if named else f"{label} {i + 1}", kind))
    return tuple(rows), tuple(channels)


def _slug(brainflow_name: str) -> str:
    parts = [p for p in brainflow_name.lower().split("_") if p not in ("board", "file")]
    return "-".join(parts)
