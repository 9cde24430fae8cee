from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from avatars import EMOTIONS, Animator, AvatarError, Pose, emotion_weights, still
from avatars.expression import INDEX
from avatars.rig import blink_shape, breath_at

FRAME_S = 1 / 60
BLINK = INDEX["eyeBlinkLeft"]


def run(seed: int, seconds: float, weights: dict[str, float], dt_s: float = FRAME_S) -> list[Pose]:
    animator = Animator(seed)
    return [animator.update(dt_s, weights) for _ in range(round(seconds / dt_s))]


def test_same_seed_and_steps_give_the_same_poses() -> None:
    one, two, other = (run(seed, 5, {"happy": 1.0}) for seed in (3, 3, 4))
    for a, b in zip(one, two, strict=True):
        np.testing.assert_array_equal(a.expression, b.expression)
        np.testing.assert_array_equal(a.head_deg, b.head_deg)
        np.testing.assert_array_equal(a.gaze_deg, b.gaze_deg)
        assert a.breath == b.breath
    assert any((a.gaze_deg != b.gaze_deg).any() for a, b in zip(one, other, strict=True))


def test_an_emotion_is_reached_in_about_a_second_and_kept() -> None:
    wanted = emotion_weights("anger")
    poses = run(1, 3, {"anger": 1.0})
    mouth_and_brows = [INDEX["browDownLeft"], INDEX["mouthPressLeft"], INDEX["mouthFrownLeft"]]
    np.testing.assert_allclose(
        poses[59].expression[mouth_and_brows], wanted[mouth_and_brows], atol=0.02
    )
    np.testing.assert_allclose(
        poses[-1].expression[mouth_and_brows], wanted[mouth_and_brows], atol=1e-4
    )


def test_nothing_pops_when_emotions_change() -> None:
    animator = Animator(7)
    last: Pose | None = None
    eyes = [i for name, i in INDEX.items() if name.startswith("eye")]
    rest = np.setdiff1d(np.arange(54), eyes)
    for frame in range(60 * 30):
        emotion = EMOTIONS[frame // 45 % len(EMOTIONS)]
        pose = animator.update(FRAME_S, {emotion: 1.0})
        assert np.isfinite(pose.expression).all()
        assert pose.expression.min() >= 0
        assert pose.expression.max() <= 1
        if last is not None:
            step = np.abs(pose.expression - last.expression)
            assert step[rest].max() < 0.07
            assert step[eyes].max() < 0.45  # a blink takes five frames
            assert np.abs(pose.head_deg - last.head_deg).max() < 0.4
            assert np.abs(pose.gaze_deg - last.gaze_deg).max() < 5.0
            assert abs(pose.breath - last.breath) < 0.05
        last = pose


@settings(max_examples=30)
@given(st.lists(st.floats(-1.0, 1e4), min_size=1, max_size=60), st.integers(0, 2**31))
def test_any_time_step_is_safe(steps: list[float], seed: int) -> None:
    animator = Animator(seed)
    for dt_s in steps:
        pose = animator.update(dt_s, {"fear": 0.9, "surprise": 0.6})
        for values in (pose.expression, pose.head_deg, pose.gaze_deg, [pose.breath]):
            assert np.isfinite(values).all()
        assert pose.expression.min() >= 0
        assert pose.expression.max() <= 1
        assert np.abs(pose.head_deg).max() < 10
        assert np.abs(pose.gaze_deg).max() < 15


def test_a_long_pause_does_not_throw_the_face() -> None:
    animator = Animator(1)
    before = animator.update(FRAME_S, {"happy": 1.0})
    after = animator.update(3600.0, {"happy": 1.0})
    smile = INDEX["mouthSmileLeft"]
    assert 0 < after.expression[smile] - before.expression[smile] < 0.3


def test_blinks_shut_the_eyes_as_often_as_people_do() -> None:
    shut = np.array([pose.expression[BLINK] for pose in run(11, 600, {}, dt_s=1 / 60)])
    starts = np.flatnonzero((shut[1:] > 0.9) & (shut[:-1] <= 0.9))
    assert 12 * 10 < len(starts) < 22 * 10  # 17 a minute (Bentivoglio et al. 1997)
    assert shut.max() > 0.999
    assert np.mean(shut > 0.5) < 0.08


@pytest.mark.parametrize("emotion", EMOTIONS)
def test_a_blink_closes_wide_and_squinting_eyes_alike(emotion: str) -> None:
    poses = run(2, 30, {emotion: 1.0})
    shut = max(poses, key=lambda pose: pose.expression[BLINK]).expression
    assert shut[BLINK] > 0.99
    assert shut[INDEX["eyeWideLeft"]] < 0.02
    assert shut[INDEX["eyeSquintLeft"]] < 0.02


def test_a_blink_falls_faster_than_it_rises() -> None:
    t = np.arange(0, 0.5, 0.001)
    course = np.array([blink_shape(x) for x in t])
    assert course[0] == 0
    assert course.max() == 1
    assert course[-1] == 0
    falling = t[np.argmax(course > 0.9)] - t[np.argmax(course > 0.1)]
    rising = (
        t[len(t) - 1 - np.argmax(course[::-1] > 0.1)]
        - t[len(t) - 1 - np.argmax(course[::-1] > 0.9)]
    )
    assert rising > 2 * falling


def test_undecided_goes_back_to_calm() -> None:
    animator = Animator(1)
    for _ in range(120):
        animator.update(FRAME_S, {"fear": 1.0})
    for _ in range(180):
        pose = animator.update(FRAME_S, {"fear": 1.0}, undecided=True)
    calm = emotion_weights("neutral")
    still_parts = [i for name, i in INDEX.items() if not name.startswith("eye")]
    np.testing.assert_allclose(pose.expression[still_parts], calm[still_parts], atol=1e-3)


def test_lids_follow_the_eyes() -> None:
    pose = still({"sad": 1.0})
    assert pose.expression[INDEX["eyeLookDownLeft"]] == pytest.approx(1 / 3, abs=1e-3)
    assert pose.expression[INDEX["eyeLookUpLeft"]] == 0


def test_breath_goes_in_faster_than_out_and_has_no_jump() -> None:
    t = np.arange(0, 60 / 14, 0.01)
    depth = np.array([breath_at(x) for x in t])
    assert depth.min() >= 0
    assert depth.max() <= 1
    assert np.abs(np.diff(depth)).max() < 0.02
    assert t[depth.argmax()] < 0.45 * t[-1]


def test_unknown_emotion_is_refused() -> None:
    with pytest.raises(AvatarError, match="'calm'"):
        Animator(1).update(FRAME_S, {"calm": 1.0})
