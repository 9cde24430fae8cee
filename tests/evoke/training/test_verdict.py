"""What is said of an assessment."""

from __future__ import annotations

import csv
import io
import json

import numpy as np
import pytest

from evoke.training.config import DistillConfig
from evoke.training.evaluation import Assessment, assess
from evoke.training.verdict import (
    WHERE,
    assessment_csv,
    assessment_json,
    protocol_title,
    recipe_in_words,
    verdict,
)


@pytest.fixture(scope="module")
def found() -> Assessment:
    """25 trials, all rated high in arousal; valence right in 14 of them, 11 rated high."""
    y = np.zeros((25, 3))
    y[:11, 0] = 1
    y[:, 1] = 1
    y[::2, 2] = 1
    p = np.full((25, 3), 0.2)
    p[:, 1] = 0.9
    right = np.arange(25) < 14
    p[:, 0] = np.where(right == (y[:, 0] == 1), 0.7, 0.3)
    return assess(p, y, np.arange(25), y, resamples=200)


def test_the_verdict_opens_with_whom_and_counts_in_hundred(found: Assessment) -> None:
    lines = verdict(found, WHERE["subjects"], "subjects")
    assert lines[0].startswith(
        "On people it has never seen, right about valence 56 times in 100 (95 %: "
    )
    assert lines[0].endswith("always answering 'low' would be right 56 times.")
    assert "Right about arousal 100 times in 100" in lines[1]
    assert "no better than luck explains" in " ".join(lines)
    assert "not defined" in lines[-1]
    assert not [line for line in lines if "urprise" in line], "that is an emotion's word"


@pytest.mark.parametrize(
    ("right", "worth"), [(96, "more than"), (52, "not surely more than"), (4, "less than")]
)
def test_it_is_held_against_the_commoner_answer(right: int, worth: str) -> None:
    """50 of 100 trials are high in each label; `right` of them are told."""
    y = np.repeat(np.arange(100) % 2, 3).reshape(100, 3)
    told = (np.arange(100) < right)[:, None]
    p = np.where(told == (y == 1), 0.8, 0.2)
    lines = verdict(assess(p, y, np.arange(100), y, resamples=200), WHERE["trials"], "trials")
    [together] = [line for line in lines if line.startswith("Over the three")]
    assert f": {worth} the 50.0 % of always giving the commoner answer." in together


def test_mixed_seconds_are_marked_wherever_they_are_named() -> None:
    assert "mixes seconds of one trial" in WHERE["segments"]
    assert "mixes seconds of one trial" in protocol_title("segments")
    assert protocol_title("videos") == "New videos"


def test_what_cannot_be_said_is_said() -> None:
    y = np.repeat(np.arange(30) % 2, 3).reshape(30, 3)
    p = np.where(y == 1, 0.9, 0.1)
    lines = verdict(assess(p, y, np.arange(30), y, np.arange(30)), "Here", "trials")
    assert "Whether luck explains how well it fits cannot be tested: one trial a person." in lines
    single = verdict(assess(p[:1], y[:1], [0], y), "Here", "trials")
    assert single == [
        "Here, right 100 times in 100, always giving the commoner answer 100 times.",
        "A single trial gives no interval: nothing follows from it.",
    ]


@pytest.mark.parametrize("protocol", ["segments", "unknown"])
def test_what_may_have_been_learned_by_heart_is_no_sign_of_worth(protocol: str) -> None:
    """Always right, on seconds of trials it knows: that comes of random ratings, too."""
    y = np.repeat(np.arange(60) % 2, 3).reshape(60, 3)
    found = assess(np.where(y == 1, 0.9, 0.1), y, np.arange(60), y, resamples=100)
    assert "better than luck" in " ".join(verdict(found, "Here", "trials"))
    said = " ".join(verdict(found, "Here", protocol))
    assert "luck explains:" not in said
    assert "This test cannot tell the emotion from" in said


def test_one_person_tells_nothing_of_others() -> None:
    y = np.repeat(np.arange(40) % 2, 3).reshape(40, 3)
    p = np.where(y == 1, 0.9, 0.1)
    for people, said in ((np.zeros(40), True), (np.arange(40) // 2 % 2, False)):
        found = assess(p, y, np.arange(40), y, people, 100, protocol="subjects")
        lines = verdict(found, WHERE["subjects"], "subjects")
        assert ("This is one person, and tells nothing of others" in lines[-1]) == said


def test_true_probabilities_are_seldom_said_to_be_off() -> None:
    """Of any of three labels, once in twenty times; each by itself, it would be 3 in 20."""
    rng, off = np.random.default_rng(0), 0
    for _ in range(60):
        p = rng.beta(3, 3, (60, 3))
        y = rng.random((60, 3)) < p
        found = assess(p, y, np.arange(60), y, resamples=200)
        off += "off by more than luck" in " ".join(verdict(found, "Here", "trials"))
    assert off <= 6


def test_recipes_say_what_students_are_told() -> None:
    assert recipe_in_words(DistillConfig()) == "temperature 1.25, alpha 0.25"
    more = DistillConfig(alpha=1.0, matching="logits", mixup=1.0, ema=0.98)
    assert recipe_in_words(more) == (
        "logits matched, alpha 1, mixed windows (mixup 1), moving average 0.98"
    )


def test_json_has_no_nan_and_csv_no_holes(found: Assessment) -> None:
    written = json.loads(json.dumps(assessment_json(found), allow_nan=False))
    assert written["scores"]["arousal"]["auroc"] == [None, None, None]
    assert written["scores"]["valence"]["accuracy"][0] == pytest.approx(0.56)
    assert len(written["confusion"]["rated_by_read"]) == len(written["confusion"]["emotions"]) == 8
    rows = list(csv.DictReader(io.StringIO(assessment_csv(found))))
    assert [r["value"] for r in rows if (r["label"], r["metric"]) == ("arousal", "auroc")] == [""]
    assert rows[-1]["metric"] == "exact_match"
    assert float(rows[-1]["trivial"]) == pytest.approx(found.exact_trivial, abs=1e-6)
