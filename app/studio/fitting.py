"""Fits a face and reads its colours off the GUI thread; the newest placement wins."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QObject, Signal

from app.photograph import Photograph
from app.studio.placement import Placement
from app.worker import Task
from avatars import AvatarError, Identity
from avatars.photo import Fit, Seen, fit_landmarks, read_colours
from evoke.errors import EvokeError

ENOUGH = 6
"""Points that must be set before a fit means anything: the rest are guesses."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """placement: what was fitted. seen: None where the colours could not be read; then `note`
    says why. identity: the avatar that comes of it. took_s: of the fit alone."""

    placement: Placement
    fit: Fit
    seen: Seen | None
    note: str
    identity: Identity
    took_s: float


def fit_photograph(photo: Photograph, placement: Placement, start: Identity) -> Outcome:
    """Raises EvokeError when the points form no face."""
    began = time.perf_counter()
    try:
        fit = fit_landmarks(placement.points, start, photo.size, placement.placed)
    except AvatarError as error:
        raise EvokeError(str(error)) from error
    took_s = time.perf_counter() - began
    seen, note = None, ""
    try:
        seen = read_colours(photo.pixels, placement.points, placement.placed)
    except AvatarError as error:
        note = str(error)
    identity = fit.identity if seen is None else seen.worn_by(fit.identity)
    return Outcome(placement, fit, seen, note, identity, took_s)


class Fitter(QObject):
    """One fit at a time; asked again meanwhile, it does the last one asked for next.

    done carries an Outcome, failed a sentence for the user.
    """

    done = Signal(object)
    failed = Signal(str)

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._running: Task[Outcome] | None = None
        self._next: Callable[[], Outcome] | None = None

    def ask(self, photo: Photograph, placement: Placement, start: Identity) -> None:
        self._next = lambda: fit_photograph(photo, placement, start)
        if self._running is None:
            self._go_on()

    def forget(self) -> None:
        """Nothing that is under way matters any more."""
        self._next = None
        if self._running is not None:
            self._running.cancel()
            self._running = None

    @property
    def busy(self) -> bool:
        return self._running is not None

    def _go_on(self) -> None:
        work, self._next = self._next, None
        self._running = Task(self, work, self._deliver, self._refuse) if work else None

    def _deliver(self, outcome: Outcome) -> None:
        newest = self._next is None
        self._go_on()
        if newest:
            self.done.emit(outcome)

    def _refuse(self, why: str) -> None:
        newest = self._next is None
        self._go_on()
        if newest:
            self.failed.emit(why)
