from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.wizard.advice import advice
from evoke.training.config import DEFAULT, PAPER
from evoke.training.events import EpochEnded


def curve(
    losses: Sequence[float], nll: Sequence[float] | None, epochs: int = 60
) -> list[EpochEnded]:
    """A fold's epochs; `best` as training would say it."""
    found: list[EpochEnded] = []
    for k, loss in enumerate(losses):
        own = None if nll is None else nll[k]
        best = own is None or all(own < (e.nll or 0.0) for e in found)
        accuracy = None if own is None else 0.6
        found.append(EpochEnded(k + 1, epochs, loss, own, accuracy, best, 1.0))
    return found


FALLING = [2.0 - 0.1 * k for k in range(12)]


@pytest.mark.parametrize(
    ("losses", "nll", "epochs", "kind", "title"),
    [
        (FALLING, [0.69 - 0.01 * k for k in range(12)], 60, "info", "Still improving"),
        (FALLING, [0.69 - 0.01 * k for k in range(12)], 12, "info", "Not at its best yet"),
        (FALLING[:6], [0.66, 0.62, 0.64, 0.66, 0.68, 0.7], 60, "warn", "Learning by heart"),
        (FALLING[:6], [0.66, 0.62, 0.621, 0.622, 0.622, 0.622], 60, "info", "No better lately"),
        ([2.08] * 8, [0.692, 0.691, 0.692] * 2 + [0.693] * 2, 60, "warn", "No better than chance"),
        ([2.0, 1.5, 2.5, 4.0], [0.6, 0.61, 0.62, 0.63], 60, "error", "Loss runs away"),
        (FALLING, None, 100, "info", "Nothing is validated"),
    ],
)
def test_what_a_curve_says(
    losses: list[float], nll: list[float] | None, epochs: int, kind: str, title: str
) -> None:
    config = PAPER if nll is None else DEFAULT
    said = advice(curve(losses, nll, epochs), config)
    assert said is not None
    assert (said.kind, said.title) == (kind, title)


def test_of_one_sided_ratings_knowing_nothing_is_below_chance() -> None:
    """Four of five trials are rated high: 0.500 nats say no more than that."""
    told = curve([2.08] * 8, [0.502, 0.501, 0.502] * 2 + [0.503] * 2)
    before, said = advice(told, DEFAULT), advice(told, DEFAULT, nothing_nll=0.5)
    assert before is not None
    assert before.title != "No better than chance"
    assert said is not None
    assert (said.kind, said.title) == ("warn", "No better than chance")
    better = curve([2.08] * 8, [0.472, 0.471, 0.472] * 2 + [0.473] * 2)
    found = advice(better, DEFAULT, nothing_nll=0.5)
    assert found is None or found.title != "No better than chance"


def test_learning_by_heart_names_the_epoch_that_is_kept_and_when_it_stops() -> None:
    said = advice(curve(FALLING[:6], [0.66, 0.62, 0.64, 0.66, 0.68, 0.7]), DEFAULT)
    assert said is not None
    assert "Epoch 2 is kept" in said.text
    assert "by epoch 12" in said.text
    assert "on what is held out" in said.text, "as the curve's legend has it"


def test_a_fold_that_has_ended_is_told_in_the_past() -> None:
    by_heart = curve(FALLING[:6], [0.66, 0.62, 0.64, 0.66, 0.68, 0.7])
    said = advice(by_heart, DEFAULT, ended=True)
    assert said is not None
    assert said.text.endswith("(0.620 to 0.700). Epoch 2 is kept.")
    said = advice(curve(FALLING[:4], [0.66, 0.62, 0.621, 0.622]), DEFAULT, ended=True)
    assert said is not None
    assert said.text == "Epoch 2 is kept: none after it was better."


def test_too_few_epochs_say_nothing() -> None:
    assert advice([], DEFAULT) is None
    assert advice(curve(FALLING[:2], [0.7, 0.6]), DEFAULT) is None


@settings(deadline=None)  # a busy machine
@given(
    st.lists(st.tuples(st.floats(0, 100), st.floats(0, 2)), max_size=40),
    st.booleans(),
    st.booleans(),
)
def test_no_curve_is_beyond_words(
    points: list[tuple[float, float]], validated: bool, ended: bool
) -> None:
    nll = [p[1] for p in points] if validated else None
    said = advice(curve([p[0] for p in points], nll), DEFAULT if validated else PAPER, ended=ended)
    if said is not None:
        assert said.text.endswith(".")
        assert "inf" not in said.text
