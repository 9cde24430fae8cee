"""Whether files can be read as DEAP, in either form, and what is in them: `evoke check`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path

from evoke.dataset.deap import DeapSubject, read_deap
from evoke.dataset.deap_original import OriginalSubject, read_deap_original
from evoke.dataset.demo import is_synthetic
from evoke.dataset.subject import ORIGINAL, PREPROCESSED, is_subject_file
from evoke.errors import FileRefusedError
from evoke.types import DIMENSIONS, HIGH_ABOVE, RATE_HZ


class Level(Enum):
    OK = "ok"
    WARNING = "warning"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found out about one file: one sentence, and facts by name where it could be read."""

    path: Path
    level: Level
    message: str
    facts: dict[str, str] = field(default_factory=dict)


def check_path(
    path: Path | str, on_file: Callable[[int, int], None] = lambda _done, _total: None
) -> Iterator[Finding]:
    """Findings about a file, or about each `.dat`, `.mat` and `.bdf` of a folder in order of name.

    An iterator, since reading a folder of 32 subjects takes a while; on_file is told how many of
    how many files have been read. A file without fault gives one
    finding; one that is readable but odd gives one per oddity.
    """
    path = Path(path)
    if not path.is_dir():
        yield from _check_file(path)
        return
    known = (*PREPROCESSED, ORIGINAL)
    files = sorted(p for p in path.iterdir() if p.suffix.lower() in known)
    taken = [p.stem for p in files if is_subject_file(p)]
    if not files:
        yield Finding(path, Level.ERROR, f"{path} holds no .dat or .mat file and no .bdf.")
    for done, file in enumerate(files):
        on_file(done, len(files))
        yield from _check_file(file)
        if not is_subject_file(file):
            yield Finding(file, Level.WARNING, f"{file} is not trained on: its name is not sNN.")
        elif taken.count(file.stem) > 1:
            words = f"{file} is there in another form as well: training takes one of each subject."
            yield Finding(file, Level.WARNING, words)


def _check_file(path: Path) -> list[Finding]:
    try:
        original = path.suffix.lower() == ORIGINAL
        subject = read_deap_original(path) if original else read_deap(path)
    except FileRefusedError as error:
        return [Finding(path, Level.ERROR, str(error))]
    facts = facts_of(subject)
    if subject.warnings:
        return [Finding(path, Level.WARNING, sentence, facts) for sentence in subject.warnings]
    return [Finding(path, Level.OK, f"{path} can be read.", facts)]


def facts_of(subject: DeapSubject) -> dict[str, str]:
    """What a sound file holds, by name, for people to read."""
    n_trials, n_channels, n_samples = subject.data.shape
    high = (subject.labels > HIGH_ABOVE).sum(axis=0)
    order: dict[str, str] = {}
    if isinstance(subject, OriginalSubject):
        synthetic = subject.synthetic
        order["order of channels"] = subject.laboratory or "its own"
    else:
        synthetic = is_synthetic(subject.data)
    return {
        "trials": f"{n_trials}",
        "channels": f"{n_channels}",
        **order,
        "length": f"{n_samples} samples, {n_samples / RATE_HZ:g} s at {RATE_HZ} Hz",
        "amplitude": f"{subject.eeg.std():.1f} uV (standard deviation of the EEG)",
        **{f"high {d}": f"{high[i]} of {n_trials} trials" for i, d in enumerate(DIMENSIONS)},
        "synthetic": "yes" if synthetic else "no",
    }
