"""What is in the data: every file read once, before anything is trained on it. No Qt here: the
files of a folder are read by processes of their own."""

from __future__ import annotations

import contextlib
import hashlib
import multiprocessing
import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from multiprocessing.pool import IMapIterator
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from app.wizard.process import give_way
from evoke.dataset.cache import Arrays, FeatureCache, cache_key
from evoke.dataset.check import Level, facts_of
from evoke.dataset.deap import REST_S, DeapSubject, read_deap
from evoke.dataset.deap_original import read_deap_original
from evoke.dataset.demo import DemoSubject, is_synthetic
from evoke.dataset.ratings import FILE_NAME as RATINGS
from evoke.dataset.ratings import find_ratings
from evoke.dataset.subject import ORIGINAL, DemoRecording, FileRecording, printable
from evoke.errors import FileRefusedError, SettingsError
from evoke.signal.montage import ELECTRODES
from evoke.types import RATE_HZ, WINDOW

Form = Literal["prepared", "original", "generated"]
"""DEAP's preprocessed file, its original recording, or the generator without a file."""

Recording = FileRecording | DemoRecording

PARALLEL_FROM = 4
"""Files from which processes pay: each takes about a second to start."""

MOST_PROCESSES = 4
"""Each holds a whole file, and the disk is shared."""

DEMO_TRIALS, DEMO_TRIAL_S = 40, 60

SURVEY_VERSION = 3
"""To be raised with every change of what is kept of a file."""

_LOOK_S = 0.1


@dataclass(frozen=True, slots=True, eq=False)
class FileFound:
    """One file, or one generated subject.

    sentence: what is wrong or odd with it, "" where nothing is. ratings: (n_trials, 3) valence,
    arousal, dominance. videos: (n_trials,) from 0. samples: length of a trial with its rest.
    channels: how many it holds, EEG and others. laboratory: whose order its channels have.
    content: SHA-256 of its first trial, "" where that is not known. recalled: it was read at
    another time, and looks the same since.
    """

    name: str
    subject: str
    level: Level
    form: Form
    sentence: str = ""
    facts: Mapping[str, str] | None = None
    ratings: NDArray[np.float64] | None = None
    videos: NDArray[np.int64] | None = None
    samples: int = 0
    channels: int = 0
    n_bytes: int = 0
    synthetic: bool = False
    laboratory: str = ""
    content: str = ""
    recalled: bool = False

    @property
    def trials(self) -> int:
        return 0 if self.ratings is None else len(self.ratings)

    def windows(self, hop_s: float = 1.0) -> int:
        """Windows of 1 s, `hop_s` apart, that training makes of it."""
        room = self.samples - REST_S * RATE_HZ - WINDOW
        return self.trials * (room // max(1, round(hop_s * RATE_HZ)) + 1) if room >= 0 else 0


@dataclass(frozen=True, slots=True, eq=False)
class Survey:
    """What a source holds. files: all that were found; `kept`: those that go on. others: names of
    files that lie there too and are not read, for they are no recordings of DEAP's."""

    source: str
    files: tuple[FileFound, ...]
    leave_out: tuple[str, ...] = ()
    seconds: float = 0.0
    others: tuple[str, ...] = ()

    def without(self, leave_out: Sequence[str]) -> Survey:
        """The same files, others of them left out; nothing is read again."""
        return replace(self, leave_out=tuple(leave_out))

    @property
    def damaged(self) -> tuple[FileFound, ...]:
        """Files that cannot be read and are not left out."""
        return tuple(f for f in self._wanted if f.level is Level.ERROR)

    @property
    def kept(self) -> tuple[FileFound, ...]:
        return tuple(f for f in self._wanted if f.level is not Level.ERROR)

    @property
    def _wanted(self) -> Iterator[FileFound]:
        return (f for f in self.files if f.name not in self.leave_out)

    @property
    def subjects(self) -> tuple[str, ...]:
        return tuple(f.subject for f in self.kept)

    @property
    def trials(self) -> int:
        return sum(f.trials for f in self.kept)

    @property
    def windows(self) -> int:
        """Of 1 s, one a second."""
        return self.windows_at(1.0)

    def windows_at(self, hop_s: float) -> int:
        return sum(f.windows(hop_s) for f in self.kept)

    @property
    def ratings(self) -> NDArray[np.float64]:
        """(n_trials, 3) of all that goes on."""
        rows = [f.ratings for f in self.kept if f.ratings is not None]
        return np.concatenate(rows) if rows else np.zeros((0, 3))

    @property
    def videos(self) -> NDArray[np.int64]:
        """(n_trials,) number of each trial's video."""
        rows = [f.videos for f in self.kept if f.videos is not None]
        return np.concatenate(rows) if rows else np.zeros(0, np.int64)

    @property
    def owners(self) -> NDArray[np.int64]:
        """(n_trials,) index in `subjects` of the person behind each trial."""
        return np.repeat(np.arange(len(self.kept)), [f.trials for f in self.kept])

    @property
    def electrodes(self) -> tuple[str, ...]:
        """A file that lacks one of DEAP's 32 is refused, so these are all or none."""
        return ELECTRODES if self.kept else ()

    @property
    def synthetic(self) -> bool:
        return any(f.synthetic for f in self.kept)

    @property
    def forms(self) -> frozenset[Form]:
        return frozenset(f.form for f in self.kept)

    @property
    def n_bytes(self) -> int:
        return sum(f.n_bytes for f in self.files)


Progress = Callable[[tuple[str, ...], tuple[FileFound, ...]], None]
"""Names of all files, and those read so far, in the order in which they came."""


def survey(
    source: str,
    leave_out: Sequence[str] = (),
    on_progress: Progress = lambda _names, _found: None,
    cancelled: Callable[[], bool] = lambda: False,
    *,
    anew: bool = True,
) -> Survey:
    """Read every file of `source`, as `load_windows` takes it, and say what is in them.

    anew: whether files that were found sound before, and look the same, are read all the same.

    A damaged file is a finding, not an error. Raises SettingsError for a source that holds no
    DEAP file, and once `cancelled` says so.
    """
    began = time.monotonic()
    recordings = recordings_of(source)
    names = tuple(name_of(recording) for recording in recordings)
    found: list[FileFound] = []
    on_progress(names, ())
    for file in _examined(recordings, cancelled, anew):
        found.append(file)
        on_progress(names, tuple(found))
    found.sort(key=lambda file: names.index(file.name))
    files = tuple(_of_one_kind(list(_without_twins(found))))
    others = _others(source, names)
    return Survey(source, files, tuple(leave_out), time.monotonic() - began, others)


def _others(source: str, names: Sequence[str]) -> tuple[str, ...]:
    """Files that a folder holds beside the recordings and their table of ratings."""
    folder = Path(source)
    if source.startswith("demo:") or not folder.is_dir():
        return ()
    known = {*names, RATINGS}
    there = sorted(printable(path.name) for path in folder.iterdir() if path.is_file())
    aside = (".", "readme")  # nobody takes these for recordings
    return tuple(n for n in there if n not in known and not n.lower().startswith(aside))


def _without_twins(found: Sequence[FileFound]) -> Iterator[FileFound]:
    """The files, those of a subject or with a recording that an earlier one holds already as
    damaged."""
    subjects: dict[str, str] = {}
    recordings: dict[str, str] = {}
    for file in found:
        same_subject = subjects.setdefault(file.subject, file.name)
        same_recording = recordings.setdefault(file.content or file.name, file.name)
        sentence = ""
        if same_subject != file.name:
            sentence = f"{file.name} holds the same subject as {same_subject}."
        elif same_recording != file.name:
            sentence = f"{file.name} holds the same recording as {same_recording}: leave one out."
        if sentence and file.level is not Level.ERROR:
            yield replace(file, level=Level.ERROR, sentence=sentence)
        else:
            yield file


def _of_one_kind(found: Sequence[FileFound]) -> Iterator[FileFound]:
    """The files, generated ones among recordings of people as damaged."""
    sound = [file for file in found if file.level is not Level.ERROR]
    mixed = any(file.synthetic for file in sound) and not all(file.synthetic for file in sound)
    for file in found:
        if mixed and file.synthetic and file.level is not Level.ERROR:
            sentence = (
                f"{file.name} is synthetic, and other files here are recordings of people: leave "
                "it out, or put it into a folder of its own."
            )
            yield replace(file, level=Level.ERROR, sentence=sentence)
        else:
            yield file


def recordings_of(source: str) -> list[Recording]:
    """Files or generated subjects of a source, in order. Raises SettingsError."""
    from evoke.training.data import found_files, parse_demo

    if source.startswith("demo:"):
        preset, numbers, seed = parse_demo(source)
        return [DemoRecording(number, seed, preset) for number in numbers]
    try:
        return [FileRecording(path) for path in found_files(Path(source))]
    except SettingsError as error:
        # on a screen, generated data have a button of their own
        said = str(error).partition(", or a source such as")[0].rstrip(".")
        raise SettingsError(f"{said}.") from error


def name_of(recording: Recording) -> str:
    """As `leave_out` has it: s03.dat, or s03 of one that is in no file."""
    return printable(
        recording.path.name if isinstance(recording, FileRecording) else recording.name
    )


def _examined(
    recordings: Sequence[Recording], cancelled: Callable[[], bool], anew: bool
) -> Iterator[FileFound]:
    unknown: list[Recording] = []
    for recording in recordings:
        known = None if anew else _known(recording)
        if known is None:
            unknown.append(recording)
        else:
            yield known
    files = [recording for recording in unknown if isinstance(recording, FileRecording)]
    # an original recording is prepared for ten seconds, which a window would feel
    if len(files) < PARALLEL_FROM and not any(file.is_original for file in files):
        for recording in unknown:
            _stop_if(cancelled)
            yield examine(recording)
        return
    # fresh processes: a fork of one that shows a window would share its threads' locks
    spare = max(1, (os.cpu_count() or 1) - 1)  # one core is the window's
    processes = min(len(unknown), spare, MOST_PROCESSES)
    before = set(multiprocessing.active_children())
    with multiprocessing.get_context("spawn").Pool(processes, give_way) as pool:
        readers = set(multiprocessing.active_children()) - before
        coming = pool.imap_unordered(examine, unknown)
        for _ in unknown:
            yield _next(coming, cancelled, readers)


def _next(
    coming: IMapIterator[FileFound], cancelled: Callable[[], bool], readers: set[BaseProcess]
) -> FileFound:
    """Raises SettingsError where one of the readers is gone: its file would never come."""
    while True:
        _stop_if(cancelled)
        try:
            return coming.next(timeout=_LOOK_S)
        except multiprocessing.TimeoutError:
            if any(reader.exitcode for reader in readers):
                raise SettingsError(
                    "A process that read the files was ended from outside, as a computer short of "
                    "memory does: check them again."
                ) from None


def _stop_if(cancelled: Callable[[], bool]) -> None:
    if cancelled():
        raise SettingsError("The check was stopped before its end.")


def examine(recording: Recording) -> FileFound:
    """Read one file and say what is in it; a damaged one is said to be so, a sound one kept in
    mind."""
    if isinstance(recording, DemoRecording):
        return _generated(recording)
    path = recording.path
    form: Form = "original" if recording.is_original else "prepared"
    name = name_of(recording)
    if name != path.name:
        why = f"{name} has a name that is no text: rename the file."
        return FileFound(name, printable(path.stem), Level.ERROR, form, why)
    try:
        key = _key(recording)
        arrays = _original(path) if recording.is_original else _prepared(path)
        found = _unpacked(path, arrays)
    except (FileRefusedError, OSError) as error:
        why = str(error)
        if isinstance(error, OSError):
            gone = isinstance(error, FileNotFoundError)
            why = f"{path} is gone." if gone else f"{path} cannot be read: {error.strerror}."
        return FileFound(path.name, path.stem, Level.ERROR, form, _short(why, path))
    FeatureCache().store(key, arrays)
    return found


def _known(recording: Recording) -> FileFound | None:
    """What was found when the file was read, if it has neither another size nor another date."""
    if isinstance(recording, DemoRecording):
        return None
    try:
        arrays = FeatureCache().load(_key(recording))
        found = None if arrays is None else _unpacked(recording.path, arrays)
        return found and replace(found, recalled=True)
    except OSError:
        return None


def _key(recording: FileRecording) -> str:
    """What a file was like when it was read: an original recording is what it is with its table
    of ratings. Raises OSError."""
    files = [Path(os.path.realpath(recording.path))]  # which a ring of links does not upset
    if recording.is_original:
        with contextlib.suppress(FileRefusedError):
            files.append(find_ratings(recording.path))
    states = [
        (printable(str(file)), file.stat().st_size, file.stat().st_mtime_ns) for file in files
    ]
    return cache_key({"survey": SURVEY_VERSION, "files": states})


def _prepared(path: Path) -> Arrays:
    subject = read_deap(path)
    videos = np.arange(len(subject.labels))
    return {**_common(subject), "videos": videos, "synthetic": np.array(is_synthetic(subject.data))}


def _original(path: Path) -> Arrays:
    subject = read_deap_original(path)
    return {
        **_common(subject),
        "videos": subject.videos - 1,
        "synthetic": np.array(subject.synthetic),
        "laboratory": np.array(subject.laboratory),
    }


def _common(subject: DeapSubject) -> Arrays:
    return {
        "sentence": np.array(_short(" ".join(subject.warnings), subject.path)),
        "facts": np.array([*facts_of(subject).items()]),
        "ratings": subject.labels[:, :3],
        "shape": np.array(subject.data.shape),
        "laboratory": np.array(""),
        # in one type: a .dat and a .mat may hold the same samples in two
        "content": np.array(hashlib.sha256(subject.eeg[:1].astype(float).tobytes()).hexdigest()),
    }


def _unpacked(path: Path, arrays: Arrays) -> FileFound:
    sentence = str(arrays["sentence"])
    return FileFound(
        path.name,
        path.stem,
        Level.WARNING if sentence else Level.OK,
        "original" if path.suffix.lower() == ORIGINAL else "prepared",
        sentence,
        dict(arrays["facts"].tolist()),
        arrays["ratings"].astype(np.float64),
        arrays["videos"].astype(np.int64),
        int(arrays["shape"][2]),
        int(arrays["shape"][1]),
        path.stat().st_size,
        bool(arrays["synthetic"]),
        str(arrays["laboratory"]),
        str(arrays["content"]),
    )


def _generated(recording: DemoRecording) -> FileFound:
    """A generated subject's ratings; they are drawn before the signal, whatever its length."""
    person = DemoSubject(recording.number, recording.seed, recording.preset)
    ratings = np.array([person.trial(i + 1, trial_s=1)[1][:3] for i in range(DEMO_TRIALS)])
    return FileFound(
        recording.name,
        recording.name,
        Level.OK,
        "generated",
        ratings=ratings,
        videos=np.arange(DEMO_TRIALS),
        samples=(REST_S + DEMO_TRIAL_S) * RATE_HZ,
        channels=40,
        synthetic=True,
    )


def _short(sentence: str, path: Path) -> str:
    """With the file's name in place of its whole path, and units as screens have them."""
    return sentence.replace(str(path), path.name).replace(" uV", " µV")
