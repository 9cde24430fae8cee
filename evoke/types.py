"""The immutable values that travel along the path of a signal.

Arrays are laid out (n_channels, n_samples). Times are seconds, rates Hz, amplitudes microvolts
once `StreamInfo` scales have been applied; before that a chunk keeps its source's own dtype.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum

import numpy as np
from numpy.typing import NDArray

RATE_HZ = 128
"""Rate of the analysed signal: DEAP's preprocessed rate, to which everything is resampled."""

WINDOW = 128
"""Samples in one window (1 s)."""

HOP = 32
"""Samples between windows."""

HOP_S = HOP / RATE_HZ
"""0.25 s."""

BANDS: tuple[tuple[str, float, float], ...] = (
    ("theta", 4.0, 8.0),
    ("alpha", 8.0, 14.0),
    ("beta", 14.0, 31.0),
    ("gamma", 31.0, 49.0),
)
"""Name, lower and upper edge in Hz (arXiv 2401.06957)."""

DIMENSIONS = ("valence", "arousal", "dominance")

HIGH_ABOVE = 5.0
"""A rating over this is high (arXiv 2401.06957); in TorchEEG's code, 5.0 itself is high too."""


class ChannelKind(Enum):
    EEG = "EEG"
    EOG = "EOG"
    EMG = "EMG"
    AUX = "aux"


class Preparation(Enum):
    """A step of the signal path that a source's samples may already have had."""

    BAND_PASS = "band-pass 4-45 Hz"
    NOTCH = "notch"
    AVERAGE_REFERENCE = "average reference"
    EOG_REMOVED = "EOG removed"


@dataclass(frozen=True, slots=True)
class Channel:
    """One channel of a source.

    `scale_uv` turns stored values into microvolts; for a channel whose unit is not a volt the
    kind is AUX and the scale 1. `position` has x right, y front, z up, any length unit and any
    origin within the head: only the direction from the head's centre is used, which is looked for
    where electrodes all over the head have positions, see `montage`, and else is the origin.
    """

    name: str
    kind: ChannelKind = ChannelKind.EEG
    scale_uv: float = 1.0
    position: tuple[float, float, float] | None = None


@dataclass(frozen=True, slots=True)
class StreamInfo:
    """What a source says of itself before its first sample."""

    name: str
    """Shown to the user: a file name, a board's name."""
    rate_hz: float
    channels: tuple[Channel, ...]
    preparations: frozenset[Preparation] = frozenset()
    rest_s: float = 0.0
    """Seconds of rest at the start of every trial (DEAP: 3); 0 where none was recorded."""
    live: bool = False
    """True when samples arrive on the device's own clock and cannot be asked for again."""
    synthetic: bool = False
    """True for generated signals; shown wherever a reading of them is shown."""
    notes: tuple[str, ...] = ()
    """What the user should know of this source, a sentence each."""

    @property
    def eeg(self) -> tuple[int, ...]:
        """Indices of the EEG channels."""
        return tuple(i for i, c in enumerate(self.channels) if c.kind is ChannelKind.EEG)


@dataclass(frozen=True, slots=True)
class Marker:
    """An event at a sample of the stream."""

    sample: int
    label: str


@dataclass(frozen=True, slots=True)
class Chunk:
    """A run of consecutive samples, as they came.

    start: index of the first sample, counted from the stream's start without gaps or repeats;
        lost samples are counted in it (the next chunk's start jumps by them).
    samples: (n_channels, n_samples) in the source's own dtype.
    segment: grows by one whenever the signal is no longer continuous with what came before
        (another trial, a seek, a loop, a clock that jumped, a counter that began anew); the path
        resets its state then.
    trial: number of the trial, from 1; 0 where the source has no trials.
    offset: index of the first sample within the trial or recording: what the transport shows.
    timestamps: (n_samples,) device clock in s, where there is one.
    counter: (n_samples,) package counter, where there is one.
    lost: samples known to be lost just before this chunk.
    arrival_s: time.perf_counter() when the last sample came in.
    """

    start: int
    samples: NDArray[np.generic]
    segment: int = 0
    trial: int = 0
    offset: int = 0
    timestamps: NDArray[np.float64] | None = None
    counter: NDArray[np.float64] | None = None
    markers: tuple[Marker, ...] = ()
    lost: int = 0
    arrival_s: float = 0.0

    @property
    def n_samples(self) -> int:
        return self.samples.shape[1]


class Flag(Enum):
    """What can be wrong with a channel during one second; a channel may wear several."""

    FLAT = 1
    RAILED = 2
    LINE_NOISE = 4
    DRIFT = 8
    MUSCLE = 16
    BLINK = 32
    HUM_LEFT = 64
    """Mains hum that the filters do not take out."""


NOISE = Flag.MUSCLE.value | Flag.HUM_LEFT.value
"""Flags of channels that are kept, though most of what analysis is given of them is no EEG."""


class Doubt(Enum):
    """Why a reading is undecided."""

    NONE = ""
    CONFIDENCE = "probability too close to one half"
    QUALITY = "signal quality too low"
    NOISE = "too much muscle or mains noise"
    REST = "waiting for clean seconds of rest"


@dataclass(frozen=True, slots=True)
class Quality:
    """Signal quality of one window.

    flags: (n_channels,) uint8, bitwise or of `Flag` values, over the source's EEG channels.
    bad: (n_channels,) bool, channels left out and interpolated from the others.
    score: 0..1, the share of the 32 electrodes that rest on good signal in this window.
    doubt: why nothing is read of it: QUALITY, NOISE, or NONE where it is read.
    """

    flags: NDArray[np.uint8]
    bad: NDArray[np.bool_]
    score: float
    doubt: Doubt = Doubt.NONE

    @property
    def noisy(self) -> NDArray[np.bool_]:
        """(n_channels,) channels that are kept and wear a flag of `NOISE`."""
        return ~self.bad & ((self.flags & NOISE) > 0)


@dataclass(frozen=True, slots=True)
class Features:
    """One window's power in each band, in dB of 1 uV^2, and how far it lies above that of rest, in
    dB: each (32, 4) float32, electrodes in Geneva order, bands in the order of `BANDS`; the latter
    is NaN while no rest is known. Whatever the network reads, these are what the screen shows."""

    raw: NDArray[np.float32]
    relative: NDArray[np.float32]


class Phase(Enum):
    """Where a source is on its way to a reading."""

    CONNECTING = "connecting"
    SETTLING = "settling"
    REST = "rest"
    READING = "reading"
    ENDED = "ended"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Affect:
    """The reading of one window.

    t_s: end of the window in seconds from the start of the trial or recording.
    probabilities: smoothed, calibrated P(high) of valence, arousal, dominance.
    octants: probabilities of the eight combinations, index = 4 valence + 2 arousal + dominance;
        the product of the three marginals, an independence the help text states.
    bits: three characters '0', '1', or '-' where the dimension is unsure.
    emotion: a word of the table, or 'undecided'.
    confidence: probability of the winning octant.
    """

    trial: int
    t_s: float
    end: int
    """Index in the stream, at the source's rate, one past the window's last sample: resampling
    shows the signal a tenth of a second late, which `t_s` does not take off."""
    segment: int
    probabilities: tuple[float, float, float]
    octants: tuple[float, ...]
    bits: str
    emotion: str
    confidence: float
    intensity: float
    quality: Quality
    features: Features
    doubt: Doubt = Doubt.NONE
    provisional: bool = False
    """True where no rest was recorded and the first clean seconds stand in for it."""
    sampled_s: float = 0.0
    """time.perf_counter() when the window's last sample was taken, as far as its arrival tells."""
    arrival_s: float = 0.0
    """time.perf_counter() when the chunk came in that completed the window."""
    latency_s: float = 0.0
    """From then to this reading."""


@dataclass(frozen=True, slots=True)
class SessionStatus:
    """A snapshot of the running engine, for the status bar."""

    phase: Phase = Phase.CONNECTING
    message: str = ""
    trial: int = 0
    position_s: float = 0.0
    lost_samples: int = 0
    """Samples that never arrived, in so many `gaps`."""
    gaps: int = 0
    clock_jumps: int = 0
    """Live: how often the device's clock jumped so far, or its counter began anew, that nobody
    knows whether, and how many, samples never arrived; none of those are among `lost_samples`."""
    passed_over_samples: int = 0
    """Samples that arrived while analysis stood still, and were never analysed: in so many
    `passed_over_gaps`."""
    passed_over_gaps: int = 0
    skipped_windows: int = 0
    """Windows that analysis left out to catch up; their samples went through the filters."""
    latency_ms: float = 0.0
    latency_p95_ms: float = 0.0
    quality: float | None = None
    """Of the newest second that was judged; None before there is one."""
    bad_channels: tuple[str, ...] = ()
    noisy_channels: tuple[str, ...] = ()
    """Kept, though they hold more muscle or mains hum than EEG."""
    device: str = ""
    model: str = ""
    markers: tuple[Marker, ...] = field(default=())
