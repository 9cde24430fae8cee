from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from avatars import EMOTIONS, EXPRESSION, AvatarError, blend, emotion_weights
from avatars.expression import ACTION_UNITS, INDEX, compose, gaze_deg, head_deg, limit

weights = st.floats(0.0, 1.0, width=32)
mixtures = st.dictionaries(st.sampled_from((*EMOTIONS, "content")), weights)
expressions = st.lists(st.floats(-2.0, 3.0, width=32), min_size=54, max_size=54)


def assert_humanly_possible(e: np.ndarray) -> None:
    """The bounds of a face, written out apart from the code's own table."""
    w = {name: float(e[i]) for i, name in enumerate(EXPRESSION)}
    slack = 1e-5
    assert e.min() >= 0.0
    assert e.max() <= 1.0
    for side in ("Left", "Right"):
        assert w["eyeBlink" + side] + w["eyeWide" + side] <= 1 + slack
        assert w["eyeBlink" + side] + w["eyeSquint" + side] <= 1 + slack
        assert w["mouthSmile" + side] + w["mouthFrown" + side] <= 1.1 + slack
        assert w["noseSneer" + side] + w["mouthUpperUp" + side] <= 1.95 + slack
        assert w["jawOpen"] + w["mouthLowerDown" + side] <= 1.2 + slack
        assert w["mouthPress" + side] + w["mouthLowerDown" + side] <= 1 + slack
    assert w["jawOpen"] + w["mouthRollLower"] <= 1 + slack
    assert w["mouthClose"] <= w["jawOpen"] + slack


def test_the_order_is_the_one_that_others_rely_on() -> None:
    assert len(EXPRESSION) == len(set(EXPRESSION)) == 54
    assert EXPRESSION[0] == "eyeBlinkLeft"
    assert EXPRESSION[14:18] == ("jawForward", "jawLeft", "jawRight", "jawOpen")
    assert EXPRESSION[43] == "browInnerUp"
    assert EXPRESSION[51:] == ("tongueOut", "AU21", "AU38")


@given(mixtures)
def test_every_mixture_is_a_possible_face(mixture: dict[str, float]) -> None:
    assert_humanly_possible(blend(mixture))


@given(expressions)
def test_limiting_makes_anything_possible_and_changes_it_once(values: list[float]) -> None:
    once = limit(np.array(values, np.float32))
    assert_humanly_possible(once)
    np.testing.assert_allclose(limit(once), once, atol=1e-6)


@pytest.mark.parametrize("emotion", EMOTIONS)
def test_emotions_are_composed_within_the_limits_and_keep_their_units(emotion: str) -> None:
    expression = emotion_weights(emotion)
    assert_humanly_possible(expression)
    # Limiting may trim a prototype, but must not take it apart.
    strong = {"neutral": (), "happy": (6, 12), "excited": (1, 2, 12, 26), "surprise": (1, 2, 5, 26)}
    strong |= {"sad": (1, 15, 17), "anger": (4, 7, 24), "fear": (1, 5, 20), "disgust": (9, 10)}
    for unit in strong[emotion]:
        for name in ACTION_UNITS[unit]:
            full = name if name in INDEX else name + "Left"
            if ACTION_UNITS[unit][name] == 1.0:
                assert expression[INDEX[full]] >= 0.44, (unit, full)


def test_no_two_emotions_are_alike() -> None:
    for one, other in combinations(EMOTIONS, 2):
        assert np.linalg.norm(emotion_weights(one) - emotion_weights(other)) > 0.6, (one, other)


def test_emotions_are_symmetric() -> None:
    for emotion in EMOTIONS:
        expression = emotion_weights(emotion)
        for name in EXPRESSION:
            if name.endswith("Left") and name not in ("jawLeft", "mouthLeft"):
                other = name[:-4] + "Right"
                assert expression[INDEX[name]] == expression[INDEX[other]]


def test_nothing_means_neutral_and_content_is_a_third_of_happy() -> None:
    np.testing.assert_array_equal(blend({}), emotion_weights("neutral"))
    np.testing.assert_allclose(blend({"content": 1.0}), blend({"happy": 1 / 3}), atol=1e-6)


@given(st.sampled_from(EMOTIONS), weights)
def test_strength_moves_the_face_from_neutral_to_the_emotion(emotion: str, strength: float) -> None:
    neutral, full = emotion_weights("neutral"), emotion_weights(emotion)
    wanted = neutral + np.float32(strength) * (full - neutral)
    np.testing.assert_allclose(blend({emotion: strength}), wanted, atol=1e-5)


def test_more_than_one_in_all_is_shared_out() -> None:
    np.testing.assert_allclose(
        blend({"happy": 1.0, "sad": 1.0}), blend({"happy": 0.5, "sad": 0.5}), atol=1e-6
    )


def test_head_and_eyes_follow() -> None:
    assert head_deg({"sad": 1.0})[0] > 0  # bowed
    assert gaze_deg({"sad": 1.0})[1] < 0  # downcast
    np.testing.assert_array_equal(head_deg({}), 0)
    np.testing.assert_allclose(head_deg({"sad": 0.5}), 0.5 * head_deg({"sad": 1.0}))


def test_unknown_emotion_is_refused_by_name() -> None:
    with pytest.raises(AvatarError, match=r"'bored'.*happy"):
        blend({"bored": 1.0})


def test_a_unit_without_a_side_moves_both() -> None:
    expression = compose({12: 0.5})
    assert expression[INDEX["mouthSmileLeft"]] == expression[INDEX["mouthSmileRight"]] == 0.5
    assert np.count_nonzero(expression) == 2
