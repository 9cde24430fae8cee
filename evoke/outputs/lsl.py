"""Readings as streams of the Lab Streaming Layer (LSL), for recorders and stimulus programs.

Three streams: affect and band features at the hop rate, and a marker for every change of the
emotion, which is taken back when no reading follows and at the end. Their time is LSL's clock at
the moment the window's last sample was taken, going by when samples arrive, so that they line up
with everything else that a laboratory streams. Their description follows XDF's
(github.com/sccn/xdf/wiki/Meta-Data). It does not name the source: a file's name may be a
patient's.
"""

from __future__ import annotations

import logging
import platform
import threading
import time
from collections import deque
from collections.abc import Sequence
from types import ModuleType
from typing import TYPE_CHECKING, Literal

import numpy as np

from evoke.emotion import UNDECIDED
from evoke.errors import internal
from evoke.outputs.base import HOLDS_S
from evoke.signal.montage import ELECTRODES
from evoke.types import BANDS, DIMENSIONS, HOP, RATE_HZ, WINDOW, Affect, Doubt

if TYPE_CHECKING:
    import pylsl

log = logging.getLogger(__name__)

Reach = Literal["computer", "network"]

AFFECT, EMOTION, FEATURES = "EVOKE affect", "EVOKE emotion", "EVOKE band features"
"""Names of the three streams."""

AFFECT_CHANNELS = (
    *((f"P(high {dimension})", "probability") for dimension in DIMENSIONS),
    ("confidence", "probability"),
    ("intensity", "0..1"),
    ("quality", "0..1"),
    ("undecided", "0 or 1"),
)
"""Label and unit of each channel of the affect stream."""

FEATURE_LABELS = tuple(f"{electrode} {band}" for electrode in ELECTRODES for band, _, _ in BANDS)
"""Channels of the feature stream: every band of the first electrode, then of the next."""

_WAITING = 240
"""Readings, one minute of them, that may wait while LSL starts; older ones are dropped."""

_LEAVES_S = 0.2
"""LSL has no word for what is still under way: so long the last marker has, before its stream goes
and takes with it what has not left."""

THIS_COMPUTER = """
[ports]
IPv6 = disable
[multicast]
ResolveScope = machine
ListenAddress = 127.0.0.1
[log]
level = -1
"""
"""Streams are announced on the loopback alone, and warnings alone are printed. LSL has no setting
for the ports that serve the data: they listen on every address."""

_configured: Reach | None = None
"""LSL reads its configuration once in a process, at its first use."""


class LslOutput:
    """Streams every reading from a thread of its own; LSL itself lets a receiver that is slow
    lose old samples."""

    name = "LSL"

    def __init__(
        self, reach: Reach = "computer", *, synthetic: bool = False, source_id: str = ""
    ) -> None:
        """reach: whether the streams are announced on this computer alone or in its network,
            there by the user's own lsl_api.cfg where there is one.
        synthetic: whether the signal, or what the network learned from, was generated.
        source_id: by which receivers find the streams again; by default the computer's name.
        """
        self.problem = ""
        self._reach: Reach = reach
        self._synthetic = synthetic
        self._source_id = source_id or f"evoke-{platform.node()}"
        self._waiting: deque[Affect] = deque(maxlen=_WAITING)
        self._wake = threading.Event()
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name="LSL", daemon=True)
        self._thread.start()

    def send(self, affect: Affect) -> None:
        """Stream this reading."""
        self._waiting.append(affect)
        self._wake.set()

    def close(self) -> None:
        """Take the streams back."""
        self._closing.set()
        self._wake.set()
        self._thread.join(timeout=1.0)

    # -- on the streaming thread

    def _run(self) -> None:
        try:
            import pylsl

            if not self._configure(pylsl):
                return
        except (ImportError, RuntimeError, OSError) as error:  # no liblsl, or an old one
            log.warning("LSL: %s", error)
            self.problem = "LSL cannot start: this computer lacks liblsl 1.17.7 or newer."
            return
        try:
            self._stream(pylsl)
        except Exception:
            log.exception("streaming by LSL stopped")
            self.problem = internal("Streaming by LSL")

    def _configure(self, lsl: ModuleType) -> bool:
        """Set how far streams are announced; False if that would be further than asked."""
        global _configured  # noqa: PLW0603  as LSL itself: once in a process
        if _configured is None:
            if self._reach == "computer":
                lsl.set_config_content(THIS_COMPUTER)
            _configured = self._reach
        elif (_configured, self._reach) == ("computer", "network"):
            self.problem = "Until EVOKE starts again, LSL streams to this computer alone."
        elif _configured != self._reach:
            self.problem = "LSL is open to the network until EVOKE starts again: nothing is sent."
            return False
        return True

    def _stream(self, lsl: ModuleType) -> None:
        affect, emotion, features = (lsl.StreamOutlet(info) for info in self._describe(lsl))
        told = ""
        while not self._closing.is_set():
            spoken = told not in ("", UNDECIDED)
            if not self._wake.wait(HOLDS_S if spoken else None):
                told = UNDECIDED
                emotion.push_sample([told])
            self._wake.clear()
            while self._waiting:
                reading = self._waiting.popleft()
                at = lsl.local_clock() - (time.perf_counter() - reading.sampled_s)
                affect.push_sample(affect_sample(reading), at)
                features.push_sample(feature_sample(reading), at)
                if reading.emotion != told:
                    told = reading.emotion
                    emotion.push_sample([told], at)
        if told not in ("", UNDECIDED):
            emotion.push_sample([UNDECIDED])
            if emotion.have_consumers():
                time.sleep(_LEAVES_S)

    def _describe(self, lsl: ModuleType) -> list[pylsl.StreamInfo]:
        """What is said of the streams: affect, emotion, features."""
        rate_hz = RATE_HZ / HOP
        affect = lsl.StreamInfo(
            *(AFFECT, "Affect", len(AFFECT_CHANNELS), rate_hz, lsl.cf_float32),
            f"{self._source_id}-affect",
        )
        emotion = lsl.StreamInfo(
            *(EMOTION, "Markers", 1, lsl.IRREGULAR_RATE, lsl.cf_string),
            f"{self._source_id}-emotion",
        )
        features = lsl.StreamInfo(
            *(FEATURES, "Features", len(FEATURE_LABELS), rate_hz, lsl.cf_float32),
            f"{self._source_id}-features",
        )
        _label(affect, AFFECT_CHANNELS, "Affect")
        _label(emotion, (("emotion", "word"),), "Marker")
        _label(features, [(label, "dB") for label in FEATURE_LABELS], "BandPower")
        bands = features.desc().append_child("bands")
        for name, low, high in BANDS:
            band = bands.append_child("band")
            for key, value in (("name", name), ("low_hz", f"{low:g}"), ("high_hz", f"{high:g}")):
                band.append_child_value(key, value)
        features.desc().append_child_value("feature", "band power relative to rest")
        for info in (affect, emotion, features):
            desc = info.desc()
            desc.append_child_value("manufacturer", "EVOKE")
            desc.append_child_value("window_s", f"{WINDOW / RATE_HZ:g}")
            desc.append_child_value("time_stamp", "when the last sample was taken")
            desc.append_child_value("synthetic", "true" if self._synthetic else "false")
            desc.append_child_value("use", "research use only, not a medical device")
        return [affect, emotion, features]


def affect_sample(reading: Affect) -> list[float]:
    """A reading's values in the order of `AFFECT_CHANNELS`."""
    undecided = float(reading.emotion == UNDECIDED)
    others = (reading.confidence, reading.intensity, reading.quality.score, undecided)
    return [*reading.probabilities, *others]


def feature_sample(reading: Affect) -> list[float]:
    """A reading's band powers in the order of `FEATURE_LABELS`; no numbers where the signal was too
    poor for any."""
    powers = reading.features.relative.ravel()
    if reading.doubt is Doubt.QUALITY:
        powers = np.full_like(powers, np.nan)
    return list(powers.tolist())


def _label(info: pylsl.StreamInfo, channels: Sequence[tuple[str, str]], kind: str) -> None:
    """Name channels, each a label and a unit, the way XDF has it."""
    listed = info.desc().append_child("channels")
    for label, unit in channels:
        channel = listed.append_child("channel")
        channel.append_child_value("label", label)
        channel.append_child_value("unit", unit)
        channel.append_child_value("type", kind)
