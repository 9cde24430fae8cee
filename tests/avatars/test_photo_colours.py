from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from avatars import AvatarError, Pose, load_scene, still
from avatars.colour import skin_colour
from avatars.photo import read_colours
from avatars.photo.cielab import JUST_VISIBLE, difference, lab
from avatars.photo.colours import _nearest_skin, _undeveloped
from avatars.renderer import Renderer
from tests.avatars.faces import seen, somebody

SIZE = 600
UNIT = st.floats(0, 1)

# Sharma, Wu & Dalal 2005, table 1: two colours in CIELAB and their CIEDE2000.
SHARMA = [
    ((50, 2.6772, -79.7751), (50, 0, -82.7485), 2.0425),
    ((50, 0, 0), (50, -1, 2), 2.3669),
    ((50, 2.49, -0.001), (50, -2.49, 0.0011), 7.2195),
    ((50, 2.5, 0), (73, 25, -18), 27.1492),
    ((60.2574, -34.0099, 36.2677), (60.4626, -34.1751, 39.4387), 1.2644),
    ((22.7233, 20.0904, -46.694), (23.0331, 14.973, -42.5619), 2.0373),
    ((90.9257, -0.5406, -0.9208), (88.6381, -0.8985, -0.7239), 1.5381),
    ((2.0776, 0.0795, -1.135), (0.9033, -0.0636, -0.5514), 0.9082),
]


@pytest.mark.parametrize(("one", "other", "expected"), SHARMA)
def test_ciede2000_is_the_published_one(one, other, expected):
    for a, b in ((one, other), (other, one)):
        assert difference(np.array(a), np.array(b)) == pytest.approx(expected, abs=1e-4)


@given(UNIT, st.floats(-1, 1))
def test_every_skin_is_found_again(tone, undertone):
    colour = np.array(skin_colour(tone, undertone))
    found = np.array(skin_colour(*_nearest_skin(colour)))
    assert difference(lab(colour), lab(found)) < 0.5


def apart(one, other):
    return float(difference(lab(np.array(one)), lab(np.array(other))))


def straight_picture(canvas, renderer):
    """The calm face, drawn finer and averaged: smooth edges, as a lens has. (SIZE, SIZE, 3)."""
    straight = np.zeros(3, np.float32)
    drawn = canvas.draw(renderer, Pose(still({}).expression, straight, straight[:2]))
    fine = drawn.reshape(SIZE, 2, SIZE, 2, 3).mean((1, 3))
    return fine.round().astype(np.uint8)


@pytest.fixture(scope="module")
def canvas(request, qapp):
    from tests.avatars.offscreen import Canvas, NoOpenGLError

    try:
        made = Canvas(2 * SIZE)
    except NoOpenGLError as error:
        pytest.skip(f"no avatar can be drawn here: {error}")
    yield made
    made.close()


@pytest.fixture(scope="module")
def pictures(canvas):
    """Twelve random people with every sort of hair, drawn calm and straight."""
    hair = (None, "short", "long", "coily", "headscarf", "fringe", "bun")
    out = []
    for seed in range(20, 32):
        person = replace(
            somebody(seed), hair=hair[seed % len(hair)], hair_colour=(0.16, 0.09, 0.04)
        )
        renderer = Renderer(load_scene(person), cpu_blend=True)
        renderer.initialize()
        out.append((person, straight_picture(canvas, renderer)))
        renderer.release()
    return out


def test_skin_comes_back_within_a_just_visible_difference(pictures):
    for person, picture in pictures:
        colours = read_colours(picture, seen(person, SIZE))
        assert apart(colours.worn_by(person).skin, person.skin) < JUST_VISIBLE, person.name
        assert apart(colours.skin, person.skin) < JUST_VISIBLE
        assert colours.off < JUST_VISIBLE


def test_points_a_little_off_read_nearly_the_same_skin(pictures):
    rng = np.random.default_rng(0)
    off = []
    for person, picture in pictures:
        shaken = seen(person, SIZE) + rng.normal(0, 2, (22, 2))  # 0.9 % of the face's width
        off.append(apart(read_colours(picture, shaken).worn_by(person).skin, person.skin))
    assert np.median(off) < JUST_VISIBLE


def test_hair_brows_and_eyes_come_back(pictures):
    hair = []
    for person, picture in pictures:
        colours = read_colours(picture, seen(person, SIZE))
        assert apart(colours.brows, person.brows) < 8
        assert apart(colours.iris, person.iris) < 16
        if person.hair not in (None, "headscarf"):
            assert colours.hair is not None
            hair.append(apart(colours.hair, person.hair_colour))
    assert np.median(hair) < 8


def relit(picture, light):
    """The same face in another light, through the same camera."""
    c = _undeveloped(picture / 255.0) * np.array(light) * 0.76
    c = c * (2.51 * c + 0.03) / (c * (2.43 * c + 0.59) + 0.14)
    return (np.clip(c, 0, 1) ** (1 / 2.2) * 255).round().astype(np.uint8)


@pytest.mark.parametrize("light", [(1.3, 1.0, 0.7), (0.8, 1.0, 1.35), (0.5, 0.4, 0.25)])
def test_the_whites_of_the_eyes_tell_another_light(pictures, light):
    """A lamp, shade or dusk: read far nearer than from the face alone."""
    corrected, face_alone = [], []
    for person, picture in pictures:
        colours = read_colours(relit(picture, light), seen(person, SIZE))
        corrected.append(apart(colours.worn_by(person).skin, person.skin))
        plain = np.array(colours.skin) / np.array(colours.relit)
        face_alone.append(apart(skin_colour(*_nearest_skin(plain)), person.skin))
    assert np.mean(corrected) < 0.7 * np.mean(face_alone)


@given(st.integers(0, 2**31), st.integers(80, 400))
def test_any_picture_gives_colours_or_a_sentence(seed, side):
    rng = np.random.default_rng(seed)
    noise = rng.integers(0, 256, (side, side, 3)).astype(np.uint8)
    points = seen(somebody(3), side) + rng.normal(0, side / 4) * np.array([1, 1])
    try:
        person = read_colours(noise, points).worn_by(somebody(3))
    except AvatarError as error:
        said = str(error)
    else:
        said = person.name
    assert said.startswith(("The face", "somebody"))


def test_a_picture_of_another_kind_is_refused():
    with pytest.raises(AvatarError, match="three 8-bit colours"):
        read_colours(np.zeros((50, 50, 4), np.uint8), seen(somebody(3), 50))
