"""What a run's process tells of itself: one line of JSON a message, in the run's folder."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from pydantic import TypeAdapter

from evoke.errors import EvokeError
from evoke.training import events


@dataclass(frozen=True, slots=True)
class StageStarted:
    """A network of the plan begins to be trained, or goes on. role: teacher, student, scratch."""

    protocol: str
    role: str


@dataclass(frozen=True, slots=True)
class StageEnded:
    """A network is trained and its checkpoint written. checkpoint: its file name."""

    checkpoint: str


@dataclass(frozen=True, slots=True)
class RunEnded:
    """The process ends. phase: 'done', 'cancelled' or 'failed'; why: of the last, a sentence."""

    phase: str
    why: str = ""


@dataclass(frozen=True, slots=True)
class Paused:
    """The process waits, between two batches."""


@dataclass(frozen=True, slots=True)
class Resumed:
    """The process goes on after a pause."""


@dataclass(frozen=True, slots=True)
class Reading:
    """Subjects read, of how many."""

    done: int
    total: int


@dataclass(frozen=True, slots=True)
class Judging:
    """Test windows that the finished networks have read, of how many."""

    done: int
    total: int


@dataclass(frozen=True, slots=True)
class Machine:
    """device: 'CPU', or the GPU's name. memory_mb: that the training holds there, of
    memory_total_mb. windows_per_s: trained on, 0 where none was lately."""

    device: str
    memory_mb: float
    memory_total_mb: float
    windows_per_s: float


Told = (
    events.Event
    | StageStarted
    | StageEnded
    | RunEnded
    | Paused
    | Resumed
    | Reading
    | Judging
    | Machine
)

_KINDS: dict[str, TypeAdapter[Any]] = {
    kind.__name__: TypeAdapter(kind)
    for kind in (
        *(events.WindowsRead, events.FoldStarted, events.FoldResumed, events.BatchesDone),
        *(events.BatchReduced, events.EpochEnded, events.FoldEnded),
        *(StageStarted, StageEnded, RunEnded, Paused, Resumed, Reading, Judging, Machine),
    )
}


@dataclass(frozen=True, slots=True)
class Message:
    """t: seconds since 1970. stage: its name, '' for the run as a whole."""

    t: float
    stage: str
    event: Told


def to_line(message: Message) -> str:
    """One line of JSON, without its end."""
    kind = type(message.event).__name__
    fields = _KINDS[kind].dump_python(message.event, mode="json")
    return json.dumps({"t": message.t, "stage": message.stage, "event": kind, **fields})


def from_line(text: str) -> Message:
    """Raises EvokeError for a damaged line, and for one of an event that is not known."""
    try:
        fields = json.loads(text)
        t, stage, kind = float(fields.pop("t")), str(fields.pop("stage")), fields.pop("event")
        return Message(t, stage, _KINDS[kind].validate_python(fields))
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        raise EvokeError(f"A line of the run's journal is damaged: {text[:80]!r}.") from error
