from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evoke.emotion import (
    EMOTIONS,
    LITERATURE,
    OCTANTS,
    PAPER,
    UNDECIDED,
    EmotionReader,
    EmotionSettings,
    EmotionTable,
    intensity,
    octant_probabilities,
)
from evoke.errors import SettingsError
from evoke.types import Doubt

probability = st.floats(0, 1)
triple = st.tuples(probability, probability, probability)

INSTANT = EmotionSettings(smoothing_s=0)


@given(triple)
def test_octants_are_a_distribution_with_the_given_marginals(p):
    octants = octant_probabilities(p)
    assert sum(octants) == pytest.approx(1)
    for axis in range(3):
        high = sum(q for code, q in zip(OCTANTS, octants, strict=True) if code[axis] == "1")
        assert high == pytest.approx(p[axis])


@given(triple)
def test_confidence_is_the_largest_octant(p):
    reading = EmotionReader(INSTANT).read(np.array(p), 0.0)
    assert reading.confidence == pytest.approx(max(reading.octants))


@pytest.mark.parametrize(
    ("bits", "word"),
    [
        ("000", "neutral"),
        ("001", "disgust"),
        ("010", "fear"),
        ("011", "anger"),
        ("100", "sad"),
        ("101", "happy"),
        ("110", "surprise"),
        ("111", "excited"),
    ],
)
def test_the_papers_table(bits, word):
    p = np.array([0.9 if b == "1" else 0.1 for b in bits])
    reading = EmotionReader(INSTANT).read(p, 0.0)
    assert (reading.bits, reading.emotion) == (bits, word)


def test_the_literatures_table_splits_low_valence():
    assert LITERATURE.word("100", 0.9) == "content"
    assert LITERATURE.word("000", 0.4) == "neutral"
    assert LITERATURE.word("000", 0.1) == "sad"


@given(triple, st.sampled_from([PAPER, LITERATURE]))
def test_a_mixture_has_only_faces_and_never_more_than_one(p, table):
    weights = table.mixture(octant_probabilities(p), p[0])
    assert set(weights) == set(EMOTIONS)
    assert all(w >= 0 for w in weights.values())
    assert sum(weights.values()) <= 1 + 1e-9


@given(triple)
def test_undecided_exactly_inside_the_unsure_zone(p):
    reading = EmotionReader(INSTANT).read(np.array(p), 0.0)
    unsure = [0.45 <= x <= 0.55 for x in p]
    assert [b == "-" for b in reading.bits] == unsure
    assert (reading.emotion == UNDECIDED) == any(unsure)
    assert (reading.doubt is Doubt.CONFIDENCE) == any(unsure)
    assert reading.intensity == 0 or not any(unsure)


def test_low_quality_withholds_the_reading():
    reading = EmotionReader(INSTANT).read(np.array([0.9, 0.9, 0.9]), 0.0, Doubt.QUALITY)
    assert (reading.emotion, reading.doubt) == (UNDECIDED, Doubt.QUALITY)


def test_a_probability_at_the_edge_does_not_flicker():
    reader = EmotionReader(INSTANT)
    words = []
    for k, wobble in enumerate([0.54, 0.552, 0.549, 0.553, 0.548, 0.57, 0.551]):
        words.append(reader.read(np.array([wobble, 0.9, 0.9]), k / 4).emotion)
    assert words == [UNDECIDED] * 5 + ["excited", "excited"]


def test_smoothing_follows_sample_time_whatever_the_hop():
    """Two thirds of a step after one time constant, in four hops or in one."""
    fine, coarse = (EmotionReader(EmotionSettings(smoothing_s=1.0)) for _ in range(2))
    for reader in (fine, coarse):
        reader.read(np.zeros(3), 0.0)
    for t in (0.25, 0.5, 0.75):
        fine.read(np.ones(3), t)
    expected = 1 - np.exp(-1)
    assert fine.read(np.ones(3), 1.0).probabilities[0] == pytest.approx(expected)
    assert coarse.read(np.ones(3), 1.0).probabilities[0] == pytest.approx(expected)


def test_reset_forgets():
    reader = EmotionReader(EmotionSettings(smoothing_s=10))
    reader.read(np.zeros(3), 0.0)
    reader.reset()
    assert reader.read(np.ones(3), 0.25).probabilities == (1, 1, 1)


def test_intensity_is_nothing_at_chance_and_full_at_one_half():
    assert intensity(1 / 8) == 0
    assert intensity(0.05) == 0
    assert intensity(5 / 16) == pytest.approx(0.5)
    assert intensity(0.5) == 1
    assert intensity(0.9) == 1


@pytest.mark.parametrize("words", [("happy",) * 7, ("joy",) * 8])
def test_a_table_of_other_words_is_refused(words):
    with pytest.raises(SettingsError):
        EmotionTable(words)


@pytest.mark.parametrize("zone", [(0.51, 0.6), (0.4, 0.49), (-0.1, 0.5)])
def test_an_unsure_zone_without_one_half_is_refused(zone):
    with pytest.raises(SettingsError):
        EmotionSettings(unsure=zone)
