"""Writes synthetic subjects as DEAP's original recordings: `sNN.bdf` and `participant_ratings.csv`.

The brain is that of `DemoSubject`, brought to 512 Hz, and so are eyes, muscles, skin and breath.
Added is what DEAP's preprocessing takes away: eye movements in known shares of the EOG, offsets of
thousands of microvolts, slow drift, mains hum, and a signal common to all electrodes (BioSemi
records against no reference). Videos come in an order of their own, at uneven intervals.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from evoke.dataset import head
from evoke.dataset.atomic import write_whole
from evoke.dataset.bdf import Signal, write_bdf
from evoke.dataset.deap import REST_S
from evoke.dataset.deap_original import SYNTHETIC, TWENTE, is_synthetic_bdf
from evoke.dataset.demo import DEMO_SEED, DEMO_VERSION, DemoSubject, Preset
from evoke.dataset.ratings import COLUMNS, FILE_NAME, START_TIME_S
from evoke.dataset.triggers import Code
from evoke.errors import EvokeError
from evoke.signal.montage import ELECTRODES
from evoke.types import RATE_HZ

Array = NDArray[np.float64]
Progress = Callable[[int, int, Path], None]
"""Recordings done, recordings in all, the one just written."""

ORIGINAL_HZ = 512

EOG_SHARES = np.stack(
    [
        0.12 * head.electrode_positions()[:, 0] * np.exp(head.electrode_positions()[:, 1] - 1),
        0.30 * np.exp((head.electrode_positions()[:, 1] - 1) / 0.35),
    ],
    axis=1,
)
"""(32, 2) uV on each electrode, in Geneva order, per uV of horizontal and vertical EOG."""

_UP = ORIGINAL_HZ // RATE_HZ
_FIXATION_S = 5
_AFTER_S = 3
_PULSE = 16
"""Samples for which a code is sent where it is not held."""

_OFFSET_UV = (1000.0, 8000.0)
_DRIFT_UV, _DRIFT_HZ = 40.0, 0.1
_HUM_UV, _HUM_HZ = 15.0, 50.0
_COMMON_UV, _COMMON_HZ = 15.0, 6.3
_SKIN_OHM = 200_000.0
_TEMPERATURE_C = 33.0


@dataclass(frozen=True, slots=True)
class Layout:
    """How the recordings of one laboratory and time look.

    status: names of the channels behind the 47 others, the last of them the status channel.
    high_bits: the amplifier's part of every status word. held: a code stays until the next.
    """

    electrodes: tuple[str, ...]
    status: tuple[str, ...]
    high_bits: int
    held: bool


def layout_of(subject: int) -> Layout:
    """That of DEAP's participant of the same number: s01-s22 in Twente order, later ones in Geneva
    order; from s24 the status channel has no name and its high bits are set, from s29 another
    unnamed channel stands before it."""
    electrodes = TWENTE if subject <= 22 else ELECTRODES
    if subject <= 23:
        return Layout(electrodes, ("Status",), high_bits=0x100000, held=False)
    names = ("",) if subject <= 28 else ("", "")
    return Layout(electrodes, names, high_bits=0x18FF00, held=True)


def write_demo_original(
    folder: Path | str,
    subjects: Iterable[int],
    seed: int = DEMO_SEED,
    preset: Preset = "showcase",
    progress: Progress | None = None,
    trials: int = 40,
    trial_s: int = 60,
) -> list[Path]:
    """Write sNN.bdf for each subject, their participant_ratings.csv and a README.txt; returns the
    recordings' paths.

    A file appears whole or not at all. Generated recordings are replaced, and the ratings of other
    generated subjects stay; files that EVOKE did not write are left alone: EvokeError then.
    """
    folder, numbers = Path(folder), list(subjects)
    paths = [folder / f"s{number:02d}.bdf" for number in numbers]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _keep_real_data(folder, paths)
        readme = _readme(seed, preset, trials, trial_s)
        write_whole(folder / "README.txt", partial(_write_text, text=readme))
        for done, (number, path) in enumerate(zip(numbers, paths, strict=True), start=1):
            session = _Session(DemoSubject(number, seed, preset), trials, trial_s)
            write_whole(path, session.write)
            _add_ratings(folder / FILE_NAME, session)
            if progress:
                progress(done, len(paths), path)
    except OSError as error:
        raise EvokeError(f"{folder} cannot be written: {error.strerror}.") from None
    return paths


class _Session:
    """One subject's videos in the order in which they were shown, and when."""

    def __init__(self, person: DemoSubject, trials: int, trial_s: int) -> None:
        self.person, self.trial_s = person, trial_s
        self.layout = layout_of(person.subject)
        rng = self._rng(0)
        self.order = [int(video) for video in 1 + rng.permutation(trials)]
        self._lead = rng.integers(0, ORIGINAL_HZ, trials)  # starts fall between whole seconds
        self._rating_s = rng.integers(2, 7, trials)
        n_electric = len(ELECTRODES) + 8
        self._offset = rng.uniform(*_OFFSET_UV, n_electric) * rng.choice([-1.0, 1.0], n_electric)
        self._phase = rng.uniform(0, 2 * np.pi, n_electric)

    def _rng(self, key: int) -> np.random.Generator:
        person = self.person
        return np.random.default_rng([DEMO_VERSION, person.seed, person.subject, key])

    def write(self, path: Path) -> None:
        with path.open("wb") as file:
            write_bdf(file, self.signals(), ORIGINAL_HZ, self._blocks(), SYNTHETIC)

    def signals(self) -> list[Signal]:
        gsr = Signal("GSR1", "nS") if self.layout.electrodes == TWENTE else Signal("GSR1", "Ohm")
        return [
            *(Signal(name) for name in self.layout.electrodes),
            *(Signal(f"EXG{i}") for i in range(1, 9)),
            *(gsr, Signal("GSR2", gsr.unit), Signal("Erg1"), Signal("Erg2")),
            *(Signal("Resp"), Signal("Plet"), Signal("Temp", "degC", 1024)),
            *(Signal(name, "Boolean", 2**23) for name in self.layout.status),
        ]

    def rows(self) -> Iterator[tuple[object, ...]]:
        """The subject's rows of participant_ratings.csv."""
        start = 0.0
        for i, video in enumerate(self.order):
            at_s = start + self._lead[i] / ORIGINAL_HZ + _FIXATION_S
            _, ratings = self.person.trial(video, 1)
            familiarity = int(self._rng(video).integers(1, 6))
            clock = round(at_s / START_TIME_S) + 1_000_000  # it started before the recording
            yield (self.person.subject, i + 1, video, clock, *ratings, familiarity)
            start += self._length_s(i)

    def _length_s(self, i: int) -> int:
        return 1 + _FIXATION_S + self.trial_s + _AFTER_S + int(self._rating_s[i])

    def _blocks(self) -> Iterator[Array]:
        """Trial after trial, (n_channels, whole seconds at 512 Hz)."""
        code, start = 0, 0
        for i, video in enumerate(self.order):
            length = self._length_s(i) * ORIGINAL_HZ
            t = (start + np.arange(length)) / ORIGINAL_HZ
            body = self._body(video, int(self._lead[i]), length)
            status, code = self._status(int(self._lead[i]), length, code)
            spare = np.zeros((len(self.layout.status) - 1, length))
            yield np.concatenate([self._electric(body, t), self._others(body), spare, status[None]])
            start += length

    def _body(self, video: int, lead: int, length: int) -> Array:
        """The 40 channels of a trial at 512 Hz, mirrored into the time before and after it and
        silent at both ends, where the next trial's differ."""
        samples, _ = self.person.trial(video, self.trial_s)
        before = (_FIXATION_S - REST_S) * RATE_HZ
        n = (length - lead) // ORIGINAL_HZ * RATE_HZ
        padded = np.pad(samples, ((0, 0), (before, n - before - samples.shape[1])), "reflect")
        padded *= np.minimum(1, np.minimum(np.arange(n), np.arange(n)[::-1]) / (RATE_HZ / 4))
        body = np.zeros((len(samples), length))
        # every fourth sample is the trial's own: Fourier interpolation of a band-limited signal
        spectrum = np.fft.rfft(padded, axis=1)
        spectrum[:, -1] /= 2  # at 64 Hz, which is not the last frequency any more
        body[:, lead : lead + n * _UP] = np.fft.irfft(spectrum, n * _UP, axis=1) * _UP
        return body

    def _electric(self, body: Array, t: Array) -> Array:
        """The 32 electrodes in the laboratory's order and EXG1 to EXG8, uV."""
        eeg = body[:32] + EOG_SHARES @ body[32:34]
        eeg = eeg[[ELECTRODES.index(name) for name in self.layout.electrodes]]
        pairs = np.repeat(body[32:36], 2, axis=0) / 2  # recorded singly, each pair's difference is
        pairs[1::2] *= -1  # the derivation: hEOG, vEOG, zEMG, tEMG
        drift = _DRIFT_UV * np.sin(2 * np.pi * _DRIFT_HZ * t + self._phase[:, None])
        common = _HUM_UV * np.sin(2 * np.pi * _HUM_HZ * t)
        common += _COMMON_UV * np.sin(2 * np.pi * _COMMON_HZ * t)
        return np.concatenate([eeg, pairs]) + self._offset[:, None] + drift + common

    def _others(self, body: Array) -> Array:
        """GSR1, GSR2, Erg1, Erg2, Resp, Plet, Temp in their units."""
        skin = _SKIN_OHM + body[36]
        if self.layout.electrodes == TWENTE:
            skin = 1e9 / skin
        nothing = np.zeros_like(skin)
        return np.stack(
            [skin, nothing, nothing, nothing, body[37], body[38], body[39] + _TEMPERATURE_C]
        )

    def _status(self, lead: int, length: int, code: int) -> tuple[Array, int]:
        """The status words of one trial, (length,), and the code that they end with.

        code: the one still held from the trial before.
        """
        video = lead + _FIXATION_S * ORIGINAL_HZ
        after = video + self.trial_s * ORIGINAL_HZ
        events = (
            (lead, Code.FIXATION),
            (video, Code.VIDEO),
            (after, Code.AFTER),
            (after + _AFTER_S * ORIGINAL_HZ, Code.BLOCK),
        )
        codes = np.full(length, code if self.layout.held else 0)
        for start, sent in events:
            codes[start : None if self.layout.held else start + _PULSE] = sent
        return (codes | self.layout.high_bits).astype(np.float64), int(codes[-1])


def _add_ratings(path: Path, session: _Session) -> None:
    """Put a subject's rows into the table, in place of any it had there."""
    others: list[list[str]] = []
    if path.exists():
        with path.open(encoding="utf-8", newline="") as file:
            others = [row for row in list(csv.reader(file))[1:] if row]
    number = str(session.person.subject)
    rows = [row for row in others if row[0] != number]
    rows += [list(map(str, row)) for row in session.rows()]
    rows.sort(key=lambda row: (int(row[0]), int(row[1])))

    def write(part: Path) -> None:
        with part.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file, lineterminator="\n").writerows([COLUMNS, *rows])

    write_whole(path, write)


def _keep_real_data(folder: Path, paths: Iterable[Path]) -> None:
    """Raises EvokeError if there is a recording or a table that was not generated."""
    readme = folder / "README.txt"
    ours = readme.exists() and readme.read_bytes().startswith(SYNTHETIC.encode())
    real = [path for path in paths if path.exists() and not is_synthetic_bdf(path)]
    real += [path for path in (readme, folder / FILE_NAME) if path.exists() and not ours]
    if real:
        raise EvokeError(f"{real[0]} was not written by EVOKE; choose another folder.")


def _write_text(path: Path, text: str) -> None:
    path.write_text(text, "utf-8", newline="\n")


def _readme(seed: int, preset: Preset, trials: int, trial_s: int) -> str:
    return (
        f"{SYNTHETIC}\n\n"
        f"preset: {preset}\nseed: {seed}\nversion of the generator: {DEMO_VERSION}\n"
        f"trials: {trials} of {_FIXATION_S} s fixation and {trial_s} s\n\n"
        "Each sNN.bdf has the layout of DEAP's original recordings: 512 Hz, 32 EEG channels in\n"
        "the order of the Twente (s01 to s22) or the Geneva laboratory, EXG1 to EXG8, skin,\n"
        "breath, pulse, temperature and the status channel. participant_ratings.csv says which\n"
        "video was shown in which trial, and how it was rated.\n"
        "Nothing found in these files says anything about people.\n"
    )
