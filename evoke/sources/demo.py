"""The demo as a source: a synthetic person whom the bundled student never saw."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from evoke.dataset.deap import REST_S
from evoke.dataset.demo import DEMO_SUBJECT, DemoSubject
from evoke.sources.deap import deap_stream
from evoke.sources.playback import PlaybackSource, Track
from evoke.types import RATE_HZ

N_TRIALS, TRIAL_S = 40, 60


def open_demo(*, speed: float = 1.0) -> PlaybackSource:
    """A source over `DEMO_SUBJECT`. A trial is generated when it is first played (some 30 ms), so
    opening costs nothing and no file is kept."""
    person = DemoSubject(DEMO_SUBJECT)

    @lru_cache(maxsize=4)  # the trial that plays, and those whose rest a seek asks for
    def samples(trial: int) -> NDArray[np.float64]:
        return person.trial(trial, TRIAL_S)[0]

    def track(trial: int) -> Track:
        n_samples = (REST_S + TRIAL_S) * RATE_HZ
        return Track(trial, n_samples, lambda start, stop: samples(trial)[:, start:stop])

    info = deap_stream("Demo (synthetic)", synthetic=True)
    return PlaybackSource(info, [track(i + 1) for i in range(N_TRIALS)], speed=speed)
