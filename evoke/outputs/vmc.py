"""A face for virtual worlds, sent by the Virtual Motion Capture protocol (VMC, protocol.vmc.info).

VMC is Open Sound Control over UDP, port 39539 by custom. Each bundle sets every blendshape of the
face and is closed by /VMC/Ext/Blend/Apply. Bundles leave at a steady rate whether or not anything
changed: a receiver may drop what falls silent, and UDP may lose a bundle.
"""

from __future__ import annotations

import contextlib
import ipaddress
import logging
import math
import re
import socket
import struct
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from evoke.emotion import PAPER, UNDECIDED, WORN, EmotionTable
from evoke.errors import SettingsError, internal
from evoke.outputs.base import HOLDS_S
from evoke.types import Affect

log = logging.getLogger(__name__)

Names = Literal["vrm0+arkit", "vrm1+arkit", "vrm0", "vrm1", "arkit"]

RATES_HZ = (1, 120)
"""Slowest and fastest rate of bundles."""

PRESETS: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "vrm0": {
            "neutral": "Neutral",
            "happy": "Joy",
            "excited": "Fun",
            "surprise": "surprise",
            "sad": "Sorrow",
            "anger": "Angry",
            "fear": "fear",
            "disgust": "disgust",
        },
        "vrm1": {
            "neutral": "neutral",
            "happy": "happy",
            "excited": "excited",
            "surprise": "surprised",
            "sad": "sad",
            "anger": "angry",
            "fear": "fear",
            "disgust": "disgust",
            "content": "relaxed",
        },
    }
)
"""Expression names of VRM 0 and VRM 1 by emotion; those that VRM does not know are custom."""

BLINKS: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "vrm0": {"eyeBlinkLeft": "Blink_L", "eyeBlinkRight": "Blink_R"},
        "vrm1": {"eyeBlinkLeft": "blinkLeft", "eyeBlinkRight": "blinkRight"},
    }
)
"""Expression names by the ARKit blendshape whose weight they take."""

_EASE_RATE = 8.0
"""1/s, of emotions towards a new reading: readings come four times a second, and a face that
steps with them jerks."""
_REFUSED_S = 1.0
"""A refusal is reported for every other datagram; so long after the last one all is well."""
_RETRY_S = 2.0
_CALIBRATED, _NORMAL_MODE = 3, 0
_LABEL = re.compile(r"(?!-)[A-Za-z0-9_-]{1,63}(?<!-)")


@dataclass(frozen=True, slots=True)
class VmcSettings:
    """Where a face is sent and by which names. Raises SettingsError for what cannot be.

    rate_hz: bundles a second.
    names: presets of VRM 0 or VRM 1, the 52 blendshapes of ARKit, or both. A model that has both,
        as EVOKE's own have VRM 1's and ARKit's, would wear one on top of the other. VRM 0's are
        those that VMC began with, and most models have them.
    """

    host: str = "127.0.0.1"
    port: int = 39539
    rate_hz: int = 30
    names: Names = "vrm0"

    def __post_init__(self) -> None:
        if not _is_host(self.host):
            raise SettingsError(
                "The receiver must be a computer's name or address, such as 127.0.0.1; "
                f"got '{self.host}'."
            )
        if not 1 <= self.port <= 65535:
            raise SettingsError(f"The port must be 1 to 65535; got {self.port}.")
        slowest, fastest = RATES_HZ
        if not slowest <= self.rate_hz <= fastest:
            raise SettingsError(
                f"The rate must be {slowest} to {fastest} bundles a second; got {self.rate_hz}."
            )

    @property
    def loopback(self) -> bool:
        """Whether what is sent stays on this computer."""
        if self.host.lower() == "localhost":
            return True
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return False

    @property
    def presets(self) -> str:
        """Key of `PRESETS`, or "" where none are sent."""
        vrm = self.names.partition("+")[0]
        return vrm if vrm in PRESETS else ""

    @property
    def arkit(self) -> bool:
        """Whether ARKit's blendshapes are sent."""
        return self.names.endswith("arkit")


class Wearer(Protocol):
    """A living face; the application has the avatars make one."""

    names: tuple[str, ...]
    """ARKit's names of the blendshapes."""

    def wear(self, affect: Affect | None, dt_s: float) -> NDArray[np.float32]:
        """Weights of `names`, 0..1, `dt_s` after the last call, on the way to what was read;
        None where nothing is read."""


class Bundle:
    """One OSC bundle, of which only the numbers change.

    python-osc lays it out once: to build its 60 messages anew takes 2 ms, to fill them in 13 us.
    """

    def __init__(self, names: Sequence[str]) -> None:
        """names: the blendshapes set by this bundle, in order."""
        from pythonosc.osc_bundle_builder import IMMEDIATELY, OscBundleBuilder
        from pythonosc.osc_message_builder import OscMessageBuilder

        builder = OscBundleBuilder(IMMEDIATELY)
        self._status_at = self._time_at = 0
        self._weights_at: list[int] = []
        end = 16  # '#bundle' and the time tag
        for address, arguments in (
            ("/VMC/Ext/OK", (0, _CALIBRATED, _NORMAL_MODE, 0)),
            ("/VMC/Ext/T", (0.0,)),
            *(("/VMC/Ext/Blend/Val", (name, 0.0)) for name in names),
            ("/VMC/Ext/Blend/Apply", ()),
        ):
            message = OscMessageBuilder(address)
            for argument in arguments:
                message.add_arg(argument)
            content = message.build()
            builder.add_content(content)
            end += 4 + content.size  # each message follows its length
            if address == "/VMC/Ext/OK":
                self._status_at = end - 16
            elif address == "/VMC/Ext/T":
                self._time_at = end - 4
            elif arguments:
                self._weights_at.append(end - 4)
        self._bytes = bytearray(builder.build().dgram)

    def filled(
        self, weights: Sequence[float], time_s: float, *, loaded: bool, tracking: bool
    ) -> bytearray:
        """The bundle's bytes, overwritten by the next call.

        weights: of `names`, 0..1. time_s: since sending began.
        loaded: whether a face is being sent. tracking: whether it shows a decided reading.
        """
        pack = struct.pack_into
        pack(">4i", self._bytes, self._status_at, loaded, _CALIBRATED, _NORMAL_MODE, tracking)
        pack(">f", self._bytes, self._time_at, time_s)
        for at, weight in zip(self._weights_at, weights, strict=True):
            pack(">f", self._bytes, at, weight)
        return self._bytes


def word_shares(affect: Affect, table: EmotionTable) -> dict[str, float]:
    """Weights of the words of `table`, for a reading: the probabilities of their octants scaled
    by its intensity; what they lack to one is neutral."""
    found = table.shares(affect.octants, affect.probabilities[0])
    shares = {word: share * affect.intensity for word, share in found.items()}
    shares["neutral"] = shares.get("neutral", 0.0) + max(0.0, 1.0 - sum(shares.values()))
    return shares


def preset_weights(shares: Mapping[str, float], presets: Mapping[str, str]) -> dict[str, float]:
    """Weights of expressions by their names in `presets`. A word without an expression of its own
    is worn as the face of another."""
    weights = dict.fromkeys(presets.values(), 0.0)
    for word, share in shares.items():
        face, part = (word, 1.0) if word in presets else WORN[word]
        weights[presets[face]] += part * share
    return weights


class VmcOutput:
    """Sends a face at a steady rate from a thread of its own, by the newest reading there is; calm
    where there is none. When closed it lets go of the face: every weight zero, and 'not loaded'.
    """

    name = "VMC"

    def __init__(self, settings: VmcSettings, wearer: Wearer, table: EmotionTable = PAPER) -> None:
        self.settings = settings
        self.problem = ""
        self._wearer, self._table = wearer, table
        self._presets = PRESETS[settings.presets] if settings.presets else {}
        blinks = BLINKS[settings.presets] if settings.presets else {}
        self._blinks = np.array([wearer.names.index(shape) for shape in blinks], np.intp)
        emotions = tuple(self._presets.values())
        shapes = wearer.names if settings.arkit else ()
        self._bundle = Bundle((*emotions, *blinks.values(), *shapes))
        self._n_weights = len(emotions) + len(blinks) + len(shapes)
        self._emotions = np.zeros(len(emotions))
        self._newest: tuple[Affect, float] | None = None  # and when it came
        self._began = time.perf_counter()
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name="VMC", daemon=True)
        self._thread.start()

    def send(self, affect: Affect) -> None:
        """Wear this reading from the next bundle on."""
        self._newest = affect, time.perf_counter()

    def close(self) -> None:
        """Stop sending. A name that is being looked up is not waited for."""
        self._closing.set()
        self._thread.join(timeout=0.5)

    # -- on the sending thread

    def _run(self) -> None:
        while not self._closing.is_set():
            try:
                with self._connect() as connected:
                    self._send_bundles(connected)
            except OSError as error:
                self._say(f"{self._there} cannot be reached: {_reason(error)}.")
                self._closing.wait(_RETRY_S)
            except Exception:
                log.exception("sending by VMC stopped")
                self._say(internal("Sending by VMC"))
                return

    @property
    def _there(self) -> str:
        return f"{self.settings.host} port {self.settings.port}"

    def _connect(self) -> socket.socket:
        """A UDP socket of one receiver, so that the system says when nobody listens there."""
        host, port = self.settings.host, self.settings.port
        found = socket.getaddrinfo(host, port, type=socket.SOCK_DGRAM)
        # Receivers mostly listen on IPv4 alone, and 'localhost' may give IPv6 first.
        family, kind, protocol, _, address = min(found, key=lambda f: f[0] != socket.AF_INET)
        connected = socket.socket(family, kind, protocol)
        try:
            connected.setblocking(False)
            connected.connect(address)
        except OSError:
            connected.close()
            raise
        return connected

    def _send_bundles(self, connected: socket.socket) -> None:
        """Until closed. Raises OSError if the receiver's network is gone."""
        last = due = time.perf_counter()
        refused = -math.inf
        while not self._closing.wait(max(0.0, due - time.perf_counter())):
            now = time.perf_counter()
            due = max(due + 1.0 / self.settings.rate_hz, now)
            affect = self._current(now)
            weights = self._weights(affect, now - last)
            decided = affect is not None and affect.emotion != UNDECIDED
            last = now
            try:
                connected.send(
                    self._bundle.filled(weights, now - self._began, loaded=True, tracking=decided)
                )
            except BlockingIOError:
                continue  # the next bundle is newer
            except ConnectionError:  # refused; Windows calls it reset
                refused = now
                self._say(f"Nobody listens at {self._there} yet; sending goes on.")
            if self.problem and now - refused > _REFUSED_S:
                self.problem = ""
        with contextlib.suppress(OSError):
            connected.send(
                self._bundle.filled(
                    [0.0] * self._n_weights, last - self._began, loaded=False, tracking=False
                )
            )

    def _current(self, now: float) -> Affect | None:
        """The newest reading, while it still holds."""
        affect, came = self._newest or (None, 0.0)
        return affect if now - came < HOLDS_S else None

    def _weights(self, affect: Affect | None, dt_s: float) -> list[float]:
        """Weights of the bundle's names, `dt_s` after the last ones."""
        shapes = self._wearer.wear(affect, dt_s)
        if self._presets:
            shares = word_shares(affect, self._table) if affect else {"neutral": 1.0}
            goal = np.array(list(preset_weights(shares, self._presets).values()))
            self._emotions += (goal - self._emotions) * -math.expm1(-_EASE_RATE * dt_s)
        sent = shapes if self.settings.arkit else shapes[:0]
        return np.concatenate([self._emotions, shapes[self._blinks], sent]).tolist()

    def _say(self, problem: str) -> None:
        if problem != self.problem:
            log.warning("VMC: %s", problem)
            self.problem = problem


def _is_host(text: str) -> bool:
    """Whether this can be an address or a name of a computer (RFC 1123)."""
    try:
        ipaddress.ip_address(text)
    except ValueError:
        labels = text.removesuffix(".").split(".")
        named = all(_LABEL.fullmatch(label) for label in labels)
        return named and len(text) <= 253 and not labels[-1].isdigit()
    return True


def _reason(error: OSError) -> str:
    if isinstance(error, socket.gaierror):
        return "no computer of that name is known"
    return (error.strerror or str(error)).lower()
