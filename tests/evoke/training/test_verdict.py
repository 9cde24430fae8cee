"""What is said of an assessment."""

from __future__ import annotations

import csv
import io
import json

import numpy as np
import pytest
from scipy.stats import norm

from evoke.training.config import DistillConfig
from evoke.training.evaluation import BY_HEART, Assessment, assess
from evoke.training.verdict import (
    CANNOT_TELL,
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


def test_what_cannot_be_told_is_neither_tested_nor_left_unexplained() -> None:
    assert tuple(CANNOT_TELL) == BY_HEART


@pytest.mark.parametrize("protocol", CANNOT_TELL)
def test_what_may_have_been_learned_by_heart_is_no_sign_of_worth(protocol: str) -> None:
    """Always right, on seconds of trials it knows: that comes of random ratings, too."""
    y = np.repeat(np.arange(60) % 2, 3).reshape(60, 3)
    p = np.where(y == 1, 0.9, 0.1)
    found = assess(p, y, np.arange(60), y, resamples=100)
    assert "better than luck" in " ".join(verdict(found, "Here", "trials"))
    found = assess(p, y, np.arange(60), y, resamples=100, protocol=protocol)
    said = " ".join(verdict(found, "Here", protocol))
    assert "luck explains:" not in said
    assert "This test cannot tell the emotion from" in said
    assert set(assessment_json(found)["chance"].values()) == {None}, "no p beside that sentence"


def test_one_person_tells_nothing_of_others() -> None:
    y = np.repeat(np.arange(40) % 2, 3).reshape(40, 3)
    p = np.where(y == 1, 0.9, 0.1)
    for people, said in ((np.zeros(40), True), (np.arange(40) // 2 % 2, False)):
        found = assess(p, y, np.arange(40), y, people, 100, protocol="subjects")
        lines = verdict(found, WHERE["subjects"], "subjects")
        assert ("This is one person, and tells nothing of others" in lines[-1]) == said


def test_one_video_tells_nothing_of_others() -> None:
    y = np.repeat(np.arange(40) % 2, 3).reshape(40, 3)
    p = np.where(y == 1, 0.9, 0.1)
    for videos, said in ((np.zeros(40), True), (np.arange(40) // 2 % 2, False)):
        found = assess(p, y, np.arange(40), y, None, 100, protocol="videos", videos=videos)
        lines = verdict(found, WHERE["videos"], "videos")
        assert ("This is one video, and tells nothing of others" in lines[-1]) == said
        assert "nan to nan" not in " ".join(lines)


def test_what_is_off_is_said_of_whom_was_tested_alone() -> None:
    """Everybody says 0.5 and is always high. How others rate, that does not tell."""
    y, p = np.ones((40, 3)), np.full((40, 3), 0.5)
    for protocol, people, begin in (
        ("trials", 4, "off by more than luck explains (ECE): valence by 0.500"),
        ("subjects", 4, "off for the people tested by more than luck over their trials explains"),
        ("subjects", 1, "off for the person tested by more than luck over their trials explains"),
        ("videos", 4, "off for the video tested by more than luck over its trials explains"),
    ):
        person, videos = np.arange(40) % people, np.zeros(40)
        found = assess(p, y, np.arange(40), y, person, 100, protocol=protocol, videos=videos)
        assert f"Its probabilities are {begin}" in " ".join(verdict(found, "Here", protocol))


def test_probabilities_true_of_each_video_are_seldom_said_to_be_off() -> None:
    """Half of what is felt is the video's, which 12 people see; by the luck of trials, it would be
    off most times."""
    rng, off = np.random.default_rng(0), 0
    person, video = np.divmod(np.arange(96), 8)
    for _ in range(40):
        p = 0.2 + 0.6 * rng.beta(8, 8, (96, 3))
        felt = (rng.standard_normal((8, 3))[video] + rng.standard_normal((96, 3))) / np.sqrt(2)
        y = norm.cdf(felt) < p
        found = assess(p, y, np.arange(96), y, person, 100, protocol="videos", videos=video)
        said = " ".join(verdict(found, "Here", "videos"))
        off += "off by more than luck" in said
        assert ("as this many videos can show" in said) != ("off by more than luck" in said)
    assert off <= 5


def test_the_bound_of_the_sentence_is_the_one_that_is_stored() -> None:
    """And the one in the table of `evoke evaluate`."""
    y = np.repeat(np.arange(40) % 2, 3).reshape(40, 3)
    p = np.where(y == 1, 0.6, 0.4)
    found = assess(p, y, np.arange(40), y, resamples=200)
    stored = assessment_json(found)["ece_floor"]
    [said] = [line for line in verdict(found, "Here", "trials") if "ECE" in line]
    for label in ("valence", "arousal", "dominance"):
        bound = f"{stored[label]['at_most']:.3f}"
        assert f"{label} by 0.400, a perfect predictor by up to {bound}" in said


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
