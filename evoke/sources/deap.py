"""A DEAP file as a source: its trials are played in order."""

from __future__ import annotations

from pathlib import Path

from evoke.dataset.deap import PERIPHERALS, REST_S, DeapSubject, read_deap
from evoke.dataset.deap_original import read_deap_original
from evoke.dataset.demo import is_synthetic
from evoke.signal.montage import ELECTRODES
from evoke.sources.playback import PlaybackSource, Track
from evoke.types import RATE_HZ, Channel, ChannelKind, Preparation, StreamInfo

_KINDS = {"EOG": ChannelKind.EOG, "EMG": ChannelKind.EMG}


def deap_stream(
    name: str, n_channels: int = 40, synthetic: bool = False, notes: tuple[str, ...] = ()
) -> StreamInfo:
    """What DEAP's preprocessed files say of themselves; `n_channels` counts the EEG first."""
    channels = [Channel(name) for name in ELECTRODES] + [
        Channel(name, _KINDS.get(name[-3:], ChannelKind.AUX)) for name in PERIPHERALS
    ]
    return StreamInfo(
        name=name,
        rate_hz=float(RATE_HZ),
        channels=tuple(channels[:n_channels]),
        preparations=frozenset(Preparation),
        rest_s=float(REST_S),
        synthetic=synthetic,
        notes=notes,
    )


def open_deap(path: Path | str, *, speed: float = 1.0) -> PlaybackSource:
    """A source over a `.dat` or `.mat`, trials numbered from 1, or over an original `.bdf`, which
    is prepared first (seconds) and whose trials have the numbers of their videos, as DEAP's
    preprocessed files order them. Raises FileRefusedError."""
    path = Path(path)
    subject: DeapSubject
    if path.suffix.lower() == ".bdf":
        subject = original = read_deap_original(path)
        synthetic, numbers = original.synthetic, original.videos.tolist()
    else:
        subject = read_deap(path)
        synthetic, numbers = is_synthetic(subject.data), range(1, len(subject.data) + 1)
    info = deap_stream(subject.path.name, subject.data.shape[1], synthetic, subject.warnings)
    tracks = [Track.of(number, trial) for number, trial in zip(numbers, subject.data, strict=True)]
    return PlaybackSource(info, tracks, speed=speed)
