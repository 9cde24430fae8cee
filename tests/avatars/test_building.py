"""Building again is quick because of what is kept, and gives what a first time gives."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import fields, replace

import numpy as np
import pytest

from avatars import Identity, Scene, load_scene, scene
from avatars.head import shared_basis
from avatars.normals import Normals
from tests.avatars.reference import normal_offsets, welded_normals

FACES = (
    Identity("a", gender=1.0, age=60.0, beard="full", hair="coily", glasses="round"),
    Identity("b", gender=1.0, weight=0.5, beard="full", hair="coily", shape={"nose-hump": 0.6}),
    Identity("c", gender=0.2, ancestry={"asian": 1.0}, hair="long", glasses="square"),
    Identity("a2", gender=1.0, age=60.0, beard="full", hair="coily", iris=(0.2, 0.3, 0.4)),
)
KEPT = (scene._head, scene._skin, scene._worn, scene._fittings, scene._shade)


def fresh(identity: Identity) -> Scene:
    for kept in KEPT:
        kept.cache_clear()
    return load_scene(identity)


def same(one: Scene, other: Scene) -> None:
    assert one.identity == other.identity
    assert [p.name for p in one.parts] == [p.name for p in other.parts]
    for a, b in zip(one.parts, other.parts, strict=True):
        for field in fields(a):
            np.testing.assert_array_equal(getattr(a, field.name), getattr(b, field.name))


def test_what_was_built_before_changes_nothing() -> None:
    wanted = [fresh(identity) for identity in FACES]
    for identity, first in zip(FACES[::-1] + FACES, wanted[::-1] + wanted, strict=True):
        same(load_scene(identity), first)


def test_colours_alone_build_nothing() -> None:
    before = load_scene(FACES[0])
    after = load_scene(replace(FACES[0], skin_tone=0.9, cloth=(0.5, 0.1, 0.1)))
    assert all(a is b for a, b in zip(before.parts, after.parts, strict=True))
    assert after.identity.skin_tone == 0.9


def test_several_threads_may_build() -> None:
    wanted = [fresh(identity) for identity in FACES]
    for kept in KEPT:
        kept.cache_clear()
    with ThreadPoolExecutor(4) as pool:
        built = list(pool.map(load_scene, FACES * 3))
    for one, other in zip(built, wanted * 3, strict=True):
        same(one, other)


@pytest.mark.parametrize("name", ["skin", "teeth", "tongue", "lashes", "brows", "jumper"])
def test_normals_near_the_targets_are_those_of_the_whole_mesh(name: str) -> None:
    part = next(p for p in shared_basis().parts if p.name == name)
    bent = 1.1 * part.positions + 0.02 * np.sin(3 * part.positions[:, ::-1])
    positions = bent.astype(np.float32)
    normals, changes = Normals(part, weld=True).at(positions)
    np.testing.assert_allclose(normals, welded_normals(positions, part), atol=1e-6)
    np.testing.assert_allclose(changes, normal_offsets(positions, part), atol=1e-6)
    assert changes.shape == part.offsets.shape
