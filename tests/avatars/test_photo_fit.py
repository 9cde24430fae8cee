from __future__ import annotations

import contextlib
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from avatars import AvatarError, features
from avatars.head import shared_basis
from avatars.photo import (
    GROUPS,
    LANDMARKS,
    NAMES,
    first_guess,
    fit_landmarks,
    guessed_again,
    misplaced,
)
from avatars.photo.fit import GOOD_PCT
from avatars.photo.landmarks import PLACE, similarity
from avatars.photo.places import shared_places
from avatars.photo.solve import FITTED, face_width
from tests.avatars.faces import seen, somebody

SIZE = (1000, 1000)
TEN = range(10)
ANGLE = st.floats(-10, 10)


def stranger(identity):
    """What is known before the photograph: gender, age and ancestry, but no feature."""
    return replace(identity, name="new", shape={})


def width_px(fit):
    return face_width(shared_places().of(fit.identity), fit.camera)


def apart_pct(one, other, width_px):
    """Per landmark, what stays between two faces drawn equally large, in % of face width."""
    return np.linalg.norm(similarity(one, other).apply(one) - other, axis=1) / width_px * 100


@pytest.mark.parametrize("seed", TEN)
def test_a_face_is_found_again_from_its_landmarks(seed):
    """The fitted avatar, drawn by the same renderer, has its landmarks where the person has."""
    person = somebody(seed)
    fit = fit_landmarks(seen(person), stranger(person), SIZE)
    assert fit.residual_pct.max() < GOOD_PCT
    assert apart_pct(seen(fit.identity), seen(person), width_px(fit)).max() < GOOD_PCT
    assert not fit.look_again


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000), ANGLE, ANGLE, ANGLE, st.floats(-30, 30))
def test_a_slight_turn_of_the_head_goes_into_the_camera(seed, pitch, yaw, roll, tilt_deg):
    person = somebody(seed)
    points = seen(person, head_deg=(pitch, yaw, roll))
    turn = np.exp(1j * np.radians(tilt_deg))
    tilted = ((points - 500) @ (1, 1j)) * turn * 0.6
    points = np.stack([tilted.real, tilted.imag], 1) + 500
    fit = fit_landmarks(points, stranger(person), SIZE)
    assert fit.mean_pct < GOOD_PCT / 2
    assert apart_pct(seen(fit.identity), seen(person), width_px(fit) / 0.6).mean() < GOOD_PCT
    assert abs(fit.camera.angles_deg[1] - yaw) < 5


@pytest.mark.parametrize("seed", TEN)
def test_points_placed_a_little_off_change_little(seed):
    person = somebody(seed)
    points = seen(person)
    shaken = points + np.random.default_rng(seed).normal(0, 3, points.shape)  # 0.75 % of the width
    fit = fit_landmarks(shaken, stranger(person), SIZE)
    apart = apart_pct(seen(fit.identity), points, width_px(fit))
    assert apart.mean() < 1.2
    assert apart.max() < 4


@pytest.mark.parametrize("seed", TEN)
def test_one_point_far_off_is_named_and_bends_nothing(seed):
    person = somebody(seed)
    points = seen(person)
    wrong = seed % len(NAMES)
    points[wrong] += (48, -30)
    fit = fit_landmarks(points, stranger(person), SIZE)
    assert list(fit.look_again) == [NAMES[wrong]]
    assert LANDMARKS[wrong].full_words in fit.look_again[NAMES[wrong]]
    assert np.delete(fit.residual_pct, wrong).mean() < GOOD_PCT / 2


def test_what_the_user_chose_stays():
    person = somebody(4)
    start = replace(stranger(person), shape={"ear-scale": 0.5, "nose-trans": -0.9}, hair="bob")
    fit = fit_landmarks(seen(person), start, SIZE)
    kept = ("gender", "age", "ancestry", "weight", "hair", "skin_tone")
    assert all(getattr(fit.identity, name) == getattr(start, name) for name in kept)
    assert fit.identity.shape["ear-scale"] == 0.5
    again = fit_landmarks(seen(person), fit.identity, SIZE)
    assert again.identity == fit.identity


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000), st.floats(0, 60))
def test_features_stay_in_their_range_whatever_the_points(seed, noise):
    person = somebody(seed)
    points = seen(person) + np.random.default_rng(seed).normal(0, noise, (22, 2))
    fit = None
    with contextlib.suppress(AvatarError):  # no face at all
        fit = fit_landmarks(points, stranger(person), SIZE)
    if fit is None:
        assert noise > 20
        return
    for name, weight in fit.identity.shape.items():
        low, high = FITTED[name][1]
        assert low <= weight <= high
    assert set(fit.groups) == set(GROUPS)


def test_points_that_nobody_placed_hold_little():
    person = somebody(2)
    points = seen(person)
    placed = [name for name in NAMES if name not in ("chin", "left-jaw", "right-jaw")]
    unset = [PLACE[name] for name in NAMES if name not in placed]
    points[unset] += (0, 25)
    fit = fit_landmarks(points, stranger(person), SIZE, placed)
    assert np.delete(fit.residual_pct, unset).max() < GOOD_PCT
    assert fit.mean_pct == pytest.approx(np.delete(fit.residual_pct, unset).mean())
    assert max(worst for _mean, worst in fit.groups.values()) < GOOD_PCT
    assert not fit.look_again


def test_fitted_features_are_features():
    assert set(FITTED) <= set(features())


def test_crossed_and_swapped_points_are_named():
    points = seen(somebody(1))
    left, right = PLACE["left-eye-outer"], PLACE["right-eye-outer"]
    points[[left, right]] = points[[right, left]]
    assert set(misplaced(points, SIZE)) == {"left-eye-outer", "right-eye-outer"}
    assert "crossed" in misplaced(points, SIZE)["left-eye-outer"]
    points = seen(somebody(1))
    points[PLACE["upper-lip"]] = points[PLACE["nose-bridge"]] - (0, 5)
    assert "upper-lip" in misplaced(points, SIZE)
    points = seen(somebody(1))
    points[PLACE["chin"], 1] = 1012
    assert misplaced(points, SIZE) == {"chin": "The chin lies outside the picture."}


@pytest.mark.parametrize("spoil", ["mirrored", "random", "one point", "not finite"])
def test_what_is_no_face_is_refused_in_a_sentence(spoil):
    points = seen(somebody(0))
    if spoil == "mirrored":
        points[:, 0] = 1000 - points[:, 0]
    elif spoil == "random":
        points = np.random.default_rng(0).uniform(0, 1000, (22, 2))
    elif spoil == "one point":
        points[:] = 500
    else:
        points[3, 0] = np.nan
    with pytest.raises(AvatarError, match=r"^(The points|A face).*\.$"):
        fit_landmarks(points, somebody(0), SIZE)


@settings(max_examples=30, deadline=None)
@given(st.integers(40, 4000), st.integers(40, 4000))
def test_the_first_guess_lies_in_the_picture_and_passes_the_checks(width, height):
    points = first_guess(width, height)
    assert (points > 0).all()
    assert (points < (width, height)).all()
    assert misplaced(points, (width, height)) == {}


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000), st.floats(-40, 40), st.floats(0.3, 2))
def test_three_points_bring_the_others_near(seed, tilt_deg, scale):
    """Both eyes and the chin say where the rest of the face must be."""
    factor = scale * np.exp(1j * np.radians(tilt_deg))
    flat = (seen(somebody(seed)) @ (1, 1j)) * factor
    points = np.stack([flat.real, flat.imag], 1)
    placed = ("left-eye-outer", "right-eye-outer", "chin")
    start = first_guess(900, 700)
    for name in placed:
        start[PLACE[name]] = points[PLACE[name]]
    guess = guessed_again(start, placed)
    kept = [PLACE[name] for name in placed]
    assert np.array_equal(guess[kept], points[kept])
    width = np.linalg.norm(points[PLACE["left-temple"]] - points[PLACE["right-temple"]])
    before = np.linalg.norm(start - points, axis=1).mean()
    after = np.linalg.norm(guess - points, axis=1).mean()
    assert after < 0.12 * width
    assert after < before


def test_two_points_close_together_keep_the_face_in_the_picture():
    start = first_guess(900, 700)
    start[PLACE["nose-tip"]] += (30, 0)
    start[PLACE["left-nostril"]] += (-20, 5)
    guess = guessed_again(start, ["nose-tip", "left-nostril"])
    assert (guess > 0).all()
    assert (guess < (900, 700)).all()


def test_one_point_shifts_the_guess():
    start = first_guess(900, 700)
    moved = start.copy()
    moved[PLACE["chin"]] += (40, 10)
    assert np.allclose(guessed_again(moved, ["chin"]), start + np.array([40, 10]))


def test_landmarks_lie_where_their_names_say():
    """On the unmodified head, which every identity shares."""
    parts = {part.name: part for part in shared_basis().parts}
    at = {mark.name: parts[mark.part].rest[mark.vertex] for mark in LANDMARKS}
    skin = parts["skin"]
    for mark in LANDMARKS:
        if mark.side == "left":
            assert at[mark.name][0] > 0
            assert np.allclose(at[mark.partner], at[mark.name] * (-1, 1, 1), atol=1e-4)
        elif not mark.side:
            assert abs(at[mark.name][0]) < 1e-4
    middle = skin.rest[np.abs(skin.rest[:, 0]) < 1e-4]
    assert at["nose-tip"][2] > middle[:, 2].max() - 0.002
    between = middle[(middle[:, 1] > 7.2) & (middle[:, 1] < 7.5) & (middle[:, 2] > 1.4)]
    assert at["nose-bridge"][2] == between[:, 2].min()
    lips = skin.rest[(skin.mask[:, 0] > 100) & (skin.mask[:, 2] < 128)]
    assert at["left-mouth"][0] == lips[:, 0].max()
    brow = parts["brows"].uv[:, 0]
    for mark in LANDMARKS:
        if mark.group == "brows":
            assert brow[mark.vertex] == float("outer" in mark.name)
    for eye in ("left", "right"):
        origin = parts[f"eye{eye.capitalize()}"].origin
        inner, outer = at[f"{eye}-eye-inner"], at[f"{eye}-eye-outer"]
        assert abs(inner[0]) < abs(origin[0]) < abs(outer[0])
