"""Fits a face and reads its colours; not for the GUI thread."""

from __future__ import annotations

import time
from dataclasses import dataclass

from app.photograph import Photograph
from app.studio.placement import Placement
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
