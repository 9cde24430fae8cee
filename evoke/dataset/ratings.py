"""DEAP's `participant_ratings.csv`: what each participant felt in each trial."""

from __future__ import annotations

import csv
import io
import os
from dataclasses import dataclass
from pathlib import Path

from evoke.errors import FileRefusedError

FILE_NAME = "participant_ratings.csv"

COLUMNS = (
    *("Participant_id", "Trial", "Experiment_id", "Start_time"),
    *("Valence", "Arousal", "Dominance", "Liking", "Familiarity"),
)

START_TIME_S = 1e-4
"""Unit of Start_time, in s. DEAP's page calls it microseconds, but trials, which take over 80 s
each with their rating, are 800,000 and more apart."""

_NEEDED = COLUMNS[:-1]  # Familiarity is missing for some participants and of no use here
_MAX_BYTES = 16 * 2**20


@dataclass(frozen=True, slots=True)
class RatedTrial:
    """One row. trial: place in the order of presentation, from 1. video: Experiment_id.
    start_s: start of the video on the presentation's clock. ratings: valence, arousal, dominance,
    liking, 1..9."""

    trial: int
    video: int
    start_s: float
    ratings: tuple[float, float, float, float]


def find_ratings(recording: Path) -> Path:
    """The ratings that belong to a recording: beside it, in `metadata_csv` beside it, or the same
    one folder up, as DEAP's archives unpack. Raises FileRefusedError if there are none."""
    folder = Path(os.path.realpath(recording)).parent
    for base in (folder, folder.parent):
        for path in (base / FILE_NAME, base / "metadata_csv" / FILE_NAME):
            if path.is_file():
                return path
    raise FileRefusedError(
        f"{recording.name} needs DEAP's {FILE_NAME} beside it or in the folder metadata_csv."
    )


def read_ratings(path: Path, participant: int) -> list[RatedTrial]:
    """The trials of one participant in order of presentation.

    Raises FileRefusedError with one sentence where columns are missing, a row is damaged, a trial
    or a video comes twice, or there is none of this participant.
    """
    rows = _rows(path)
    trials = [_trial(path, line, row) for line, row in rows if _id(path, line, row) == participant]
    if not trials:
        found = sorted({_id(path, line, row) for line, row in rows})
        few = ", ".join(map(str, found[:5])) + (", ..." if len(found) > 5 else "")
        raise FileRefusedError(
            f"{path.name} must hold ratings of participant {participant}; "
            f"found those of {few or 'nobody'}."
        )
    for column, numbers in (
        ("Trial", [t.trial for t in trials]),
        ("Experiment_id", [t.video for t in trials]),
    ):
        twice = [n for n in numbers if numbers.count(n) > 1]
        if twice:
            raise FileRefusedError(
                f"{path.name} has {column} {twice[0]} of participant {participant} twice."
            )
    return sorted(trials, key=lambda t: t.trial)


def _rows(path: Path) -> list[tuple[int, dict[str, str]]]:
    """Line number and fields by column of every row that is not empty."""
    try:
        with path.open("rb") as file:
            content = file.read(_MAX_BYTES + 1)
        if len(content) > _MAX_BYTES:
            raise FileRefusedError(f"{path.name} is too long for a table of ratings.")
        table = list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))
    except OSError as error:
        raise FileRefusedError(f"{path.name} cannot be read: {error.strerror}.") from None
    except (UnicodeDecodeError, csv.Error):
        raise FileRefusedError(f"{path.name} is not a table of comma-separated values.") from None
    head = [name.strip() for name in table[0]] if table else []
    missing = [name for name in _NEEDED if name not in head]
    if missing:
        raise FileRefusedError(
            f"{path.name} must have the columns {', '.join(_NEEDED)}; "
            f"{', '.join(missing)} {'is' if len(missing) == 1 else 'are'} missing."
        )
    lines = [(n, line) for n, line in enumerate(table[1:], start=2) if any(map(str.strip, line))]
    return [(n, dict(zip(head, line, strict=False))) for n, line in lines]


def _id(path: Path, line: int, row: dict[str, str]) -> int:
    return _whole(path, line, row, "Participant_id")


def _trial(path: Path, line: int, row: dict[str, str]) -> RatedTrial:
    valence, arousal, dominance, liking = (
        _number(path, line, row, name) for name in ("Valence", "Arousal", "Dominance", "Liking")
    )
    ratings = (valence, arousal, dominance, liking)
    if not all(1 <= r <= 9 for r in ratings):
        raise FileRefusedError(
            f"{path.name} must hold ratings from 1 to 9; line {line} has "
            f"{', '.join(f'{r:g}' for r in ratings)}."
        )
    return RatedTrial(
        trial=_whole(path, line, row, "Trial"),
        video=_whole(path, line, row, "Experiment_id"),
        start_s=_number(path, line, row, "Start_time") * START_TIME_S,
        ratings=ratings,
    )


def _whole(path: Path, line: int, row: dict[str, str], column: str) -> int:
    value = _number(path, line, row, column)
    if value != int(value) or value < 1:
        raise FileRefusedError(
            f"{path.name} must hold whole numbers from 1 in {column}; line {line} has {value:g}."
        )
    return int(value)


def _number(path: Path, line: int, row: dict[str, str], column: str) -> float:
    text = row.get(column, "")
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if not abs(value) < 1e15:  # NaN fails too
        raise FileRefusedError(
            f"{path.name} must hold a number in {column}; line {line} has '{text[:20]}'."
        )
    return value
