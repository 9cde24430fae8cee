from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from avatars import Scene, emotion_weights
from avatars.scene import about, camera, morph, rotation, wrinkles

angles = st.floats(-90, 90)


def projected(scene: Scene, name: str, aspect: float, clear_below: float) -> np.ndarray:
    """Where the vertices of a part fall in the picture, x and y in -1..1, (n, 2)."""
    part = next(p for p in scene.parts if p.name == name)
    matrix, _ = camera(aspect, clear_below)
    positions = part.positions + part.origin
    clip = np.c_[positions, np.ones(len(positions))] @ matrix.T
    return clip[:, :2] / clip[:, 3:]


@pytest.mark.parametrize("clear_below", [0.0, 0.2, 0.35])
@pytest.mark.parametrize("aspect", [0.6, 1.0, 1.8])
def test_the_head_stays_whole_and_clear_of_the_words(
    scene: Scene, aspect: float, clear_below: float
) -> None:
    hair = projected(scene, "hair-strips", aspect, clear_below)
    assert np.abs(hair).max() < 1
    # The lower teeth stand for the mouth: an expression under the words would not be seen.
    mouth = projected(scene, "teeth", aspect, clear_below)
    assert mouth[:, 1].min() > -1 + 2 * clear_below


def test_the_picture_is_centred_and_not_stretched(scene: Scene) -> None:
    for aspect in (0.6, 1.0, 1.8):
        left, right = (projected(scene, name, aspect, 0.2) for name in ("eyeLeft", "eyeRight"))
        np.testing.assert_allclose(left[:, 0].mean(), -right[:, 0].mean(), atol=1e-3)
        width, height = np.ptp(left, axis=0) * (aspect, 1)
        assert width == pytest.approx(height, rel=0.05)


@given(angles, angles, angles)
def test_a_turn_is_a_rotation_about_its_pivot(pitch: float, yaw: float, roll: float) -> None:
    turn = rotation(pitch, yaw, roll)
    np.testing.assert_allclose(turn @ turn.T, np.eye(3), atol=1e-12)
    assert np.linalg.det(turn) == pytest.approx(1)
    pivot = np.array([0.0, 6.2, 0.1])
    np.testing.assert_allclose(about(pivot, turn) @ [*pivot, 1], [*pivot, 1], atol=1e-12)


def test_angles_have_the_signs_that_they_are_said_to_have() -> None:
    ahead = np.array([0.0, 0.0, 1.0])
    assert (rotation(10, 0, 0) @ ahead)[1] < 0  # pitch: down
    assert (rotation(0, 10, 0) @ ahead)[0] > 0  # yaw: to the avatar's left, +x


def test_left_is_the_avatars_left(scene: Scene) -> None:
    left, right = scene.eyes
    assert left.name == "eyeLeft"
    assert left.origin[0] > 0 > right.origin[0]


def test_a_morph_is_the_sum_of_its_targets(scene: Scene) -> None:
    skin = next(p for p in scene.parts if p.name == "skin")
    expression = emotion_weights("fear")
    wanted = skin.positions.astype(float)
    for target, offset in zip(skin.targets, skin.offsets, strict=True):
        wanted = wanted + float(expression[target]) * offset
    np.testing.assert_allclose(morph(skin, expression)[0], wanted, atol=1e-4)


def test_creases_belong_to_their_emotions() -> None:
    at = {e: wrinkles(emotion_weights(e)) for e in ("neutral", "surprise", "anger", "disgust")}
    assert (at["neutral"] < 0.3).all()
    assert at["surprise"][0] > 1  # forehead
    assert at["anger"][1] > 1.5  # between the brows
    assert at["disgust"][4] > 1  # bridge of the nose
