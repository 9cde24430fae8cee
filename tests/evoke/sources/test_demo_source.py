"""The demo: a trial exists when it is played, and is the same as in a written file."""

from __future__ import annotations

import numpy as np
import pytest

from evoke.dataset.demo import DEMO_SEED, DEMO_SUBJECT, DemoSubject
from evoke.sources.base import Transport
from evoke.sources.demo import open_demo
from evoke.sources.playback import UNPACED


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Numbers of the trials that were generated."""
    numbers: list[int] = []
    generate = DemoSubject.trial

    def trial(self: DemoSubject, number: int, trial_s: int = 60) -> tuple[np.ndarray, np.ndarray]:
        numbers.append(number)
        return generate(self, number, trial_s)

    monkeypatch.setattr(DemoSubject, "trial", trial)
    return numbers


def test_trials_are_made_when_they_are_played(asked: list[int]) -> None:
    source = open_demo(speed=UNPACED)
    assert isinstance(source, Transport)
    source.open()
    assert source.trials == tuple(range(1, 41))
    assert source.duration_s == 63
    assert asked == []
    for _ in range(3):
        source.read()
    assert asked == [1]
    source.seek(10, trial=17)
    chunk = source.read()
    assert asked == [1, 17]
    assert next(source.opening(17)).trial == 17
    assert asked == [1, 17]
    source.close()
    expected, _ = DemoSubject(DEMO_SUBJECT, DEMO_SEED, "showcase").trial(17)
    assert chunk is not None
    n = chunk.n_samples
    np.testing.assert_array_equal(chunk.samples, expected[:, 1280 : 1280 + n])


def test_demo_says_that_it_is_synthetic() -> None:
    source = open_demo()
    assert source.info.synthetic
    assert "synthetic" in source.info.name
    assert len(source.info.channels) == 40
    source.close()
