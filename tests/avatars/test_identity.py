from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.interpolate import LinearNDInterpolator

from avatars import (
    AvatarError,
    Identity,
    emotion_weights,
    features,
    identity_names,
    load_scene,
    piece_names,
)
from avatars.colour import lip_colour, skin_colour
from avatars.head import Basis, shared_basis
from avatars.identity import ASSETS, IDENTITIES
from avatars.scene import morph

weights = st.floats(-1, 1)


def luminance(colour: tuple[float, ...]) -> float:
    return float(np.dot(colour, (0.2126, 0.7152, 0.0722)))


def part(identity: Identity, name: str):
    return next(p for p in load_scene(identity).parts if p.name == name)


def test_the_finished_identities_are_many_and_different() -> None:
    people = [Identity.load(name) for name in identity_names()]
    assert len(people) >= 8
    assert all(person.name in identity_names() and person.description for person in people)
    assert min(p.age for p in people) < 22
    assert max(p.age for p in people) > 75
    assert sum(p.gender > 0.5 for p in people) >= 4
    assert sum(p.gender < 0.5 for p in people) >= 4
    assert {max(p.ancestry, key=lambda k: p.ancestry[k]) for p in people} == {
        *("african", "asian", "european")
    }


@pytest.mark.parametrize("name", identity_names())
def test_every_finished_identity_can_be_built(name: str) -> None:
    scene = load_scene(name)
    for p in scene.parts:
        assert np.isfinite(p.positions).all(), p.name
    left, right = scene.eyes
    # Whoever it is, the eyes are where the camera expects them.
    np.testing.assert_allclose((left.origin + right.origin) / 2, [0, 7.284, 1.245], atol=0.08)
    assert 0.12 < left.radius < 0.19


@pytest.mark.parametrize("name", identity_names())
def test_what_is_written_is_read_back(name: str) -> None:
    identity = Identity.load(name)
    assert Identity.from_json(identity.to_json(), "there") == identity


@given(st.floats(0, 1), st.floats(0, 1), weights)
def test_skin_gets_darker_all_along_the_scale(one: float, other: float, under: float) -> None:
    light, dark = sorted((one, other))
    a, b = skin_colour(light, under), skin_colour(dark, under)
    assert all(0 <= x <= 1 for x in (*a, *b))
    assert a[0] > a[1] > a[2]  # skin is some shade of red everywhere on it
    if dark - light > 1e-3:
        assert luminance(a) > luminance(b)
    assert luminance(lip_colour(a, light, 0.0)) < luminance(a)


def test_the_basis_has_the_shapes_that_ages_and_genders_need() -> None:
    young = Identity("young", age=25, gender=0.0)
    old, man = dataclasses.replace(young, age=80), dataclasses.replace(young, gender=1.0)
    skins = [part(who, "skin") for who in (young, old, man)]
    for other in skins[1:]:
        assert np.abs(other.positions - skins[0].positions).max() > 0.1
    for other in skins[1:]:  # one topology and one set of expressions for all
        np.testing.assert_array_equal(other.triangles, skins[0].triangles)
        np.testing.assert_array_equal(other.offsets, skins[0].offsets)


def test_a_feature_acts_both_ways() -> None:
    plain, wide, narrow = (
        part(Identity("x", shape={"nose-scale-horiz": w}), "skin").positions for w in (0, 1, -1)
    )
    nose = np.argmax(plain[:, 2])
    ring = np.linalg.norm(plain - plain[nose], axis=1) < 0.3
    width = [np.ptp(p[ring, 0]) for p in (narrow, plain, wide)]
    assert width[0] < width[1] < width[2]


def test_every_feature_may_be_asked_for() -> None:
    basis = shared_basis()
    for name in features():
        assert np.count_nonzero(basis.weights({name: 0.5})) == 1, name


@pytest.mark.parametrize(
    ("change", "match"),
    [
        ({"age": 12}, "age must be 18 to 90"),
        ({"skin_tone": 1.2}, "skin_tone must be 0 to 1"),
        ({"gender": float("nan")}, "gender must be"),
        ({"ancestry": {"european": 0.5}}, "ancestry must be shares"),
        ({"ancestry": {"martian": 1.0}}, "ancestry must be shares"),
        ({"shape": {"nose-hump": 3.0}}, "shape must be weights"),
        ({"iris": [0.1, 0.2]}, "iris must be three numbers"),
        ({"hat": "bowler"}, "unknown hat"),
        ({"age": None}, "age must be"),
        ({"shape": 3}, "shape must be names with a weight each"),
        ({"iris": 5}, "iris must be three numbers"),
    ],
)
def test_a_bad_description_is_refused_in_words(change: dict, match: str) -> None:
    values = json.loads((IDENTITIES / "mira.json").read_text()) | change
    with pytest.raises(AvatarError, match=match):
        Identity.from_json(json.dumps(values), "bad.json")


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", "[" * 100_000, "nonsense", '{"name": "x", "age": "old"}']
)
def test_no_description_is_refused_in_words(text: str) -> None:
    with pytest.raises(AvatarError):
        Identity.from_json(text, "bad.json")


def test_unknown_names_are_refused() -> None:
    with pytest.raises(AvatarError, match="nobody"):
        load_scene("nobody")
    with pytest.raises(AvatarError, match="third-eye"):
        load_scene(Identity("x", shape={"third-eye": 0.5}))
    for hair in ("antlers", "../../secret"):
        with pytest.raises(AvatarError, match=rf"hair must be .*bun.*{hair}"):
            load_scene(Identity("x", hair=hair))


def test_a_damaged_basis_is_refused(tmp_path: Path) -> None:
    whole = (ASSETS / "basis.npz").read_bytes()
    broken = tmp_path / "basis.npz"
    for content in (b"", b"no archive", whole[: len(whole) // 2]):
        broken.write_bytes(content)
        with pytest.raises(AvatarError, match=r"basis\.npz"):
            Basis.read(ASSETS / "head.glb", broken)
    with pytest.raises(AvatarError, match=r"basis\.npz"):
        Basis.read(ASSETS / "head.glb", tmp_path / "gone" / "basis.npz")


@pytest.mark.parametrize(
    ("shape", "emotion"),
    [
        ({"chin-prominent": -1.0}, "happy"),
        ({"chin-prominent": -0.7, "mouth-trans": -0.6}, "excited"),
        ({"mouth-trans": -1.0}, "surprise"),
        ({"chin-height": -1.0}, "surprise"),
    ],
)
def test_no_tooth_comes_out_through_the_chin(shape: dict, emotion: str) -> None:
    mei = Identity.load("mei")
    person = dataclasses.replace(mei, shape={**mei.shape, **shape})
    skin, teeth = part(person, "skin"), part(person, "teeth")
    worn = emotion_weights(emotion)
    points, normals = morph(skin, worn)
    front = (normals[:, 2] > 0.2) & (np.abs(points[:, 0]) < 0.6) & (points[:, 2] > 0.8)
    lips_or_mouth = skin.mask[front][:, (0, 2)].max(1)
    face = LinearNDInterpolator(
        points[front, :2], np.stack([points[front, 2], lips_or_mouth], 1), fill_value=255
    )
    x, y, z = morph(teeth, worn)[0][teeth.mask[:, 0] < 128].T
    surface, open_there = face(x, y).T
    assert not np.any((z > surface + 0.003) & (open_there < 50))


@pytest.mark.parametrize("hair", piece_names("hair"))
def test_hair_fits_very_different_heads(hair: str) -> None:
    """It moves no further than the skin that it is bound to, and a little out of it."""
    people = (
        Identity("a", gender=0, age=20, ancestry={"asian": 1.0}, weight=-0.5, hair=hair),
        Identity("b", gender=1, age=80, ancestry={"african": 1.0}, weight=0.6, hair=hair),
    )
    for person in people:
        scene = load_scene(person)
        skin = next(p for p in scene.parts if p.name == "skin")
        moved = np.abs(skin.positions - skin.rest).max()
        for p in scene.parts:
            if p.material.startswith(("hair", "scarf")):
                assert np.abs(p.positions - p.rest).max() < moved + 0.2, p.name


@pytest.mark.parametrize("beard", piece_names("beard"))
def test_a_beard_moves_with_the_mouth(beard: str) -> None:
    scene = load_scene(Identity("x", gender=1.0, beard=beard))
    worn = [p for p in scene.parts if p.follows]
    assert worn
    for p in worn:
        assert np.abs(p.offsets).max() > 0.05
        assert p.offsets.shape == p.normal_offsets.shape


@given(st.floats(18, 90), weights)
def test_lines_show_more_or_less_of_the_years_but_leave_the_shape(age: float, lines: float) -> None:
    plain = Identity("somebody", age=age)
    lined = dataclasses.replace(plain, lines=lines)
    assert 0 <= lined.ageing <= 1
    assert (lined.ageing - plain.ageing) * lines >= 0
    assert lined.ageing == pytest.approx(np.clip(plain.ageing + lines, 0, 1))
    assert lined.shape_weights() == plain.shape_weights()


@pytest.mark.parametrize(("name", "value"), [("freckles", -0.1), ("lines", 1.5)])
def test_freckles_and_lines_have_a_range(name: str, value: float) -> None:
    with pytest.raises(AvatarError, match=f"{name} must be"):
        Identity("somebody", **{name: value})
