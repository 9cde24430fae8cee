"""Hair, beards, headscarf and glasses as they are worn."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy.spatial import cKDTree

from avatars.expression import EXPRESSION
from avatars.identity import ASSETS, Identity
from avatars.mesh import Part
from avatars.scene import Scene, load_scene

HAIR = sorted(path.stem.removeprefix("hair-") for path in ASSETS.glob("hair-*.glb"))
BEARDS = sorted(path.stem.removeprefix("beard-") for path in ASSETS.glob("beard-*.glb"))
GLASSES = sorted(path.stem.removeprefix("glasses-") for path in ASSETS.glob("glasses-*.glb"))
HEADS = (
    Identity("broad", gender=1.0, age=70.0, ancestry={"asian": 1.0}, weight=0.8),
    Identity("narrow", gender=0.0, age=20.0, ancestry={"african": 1.0}, weight=-0.8),
)
WORN = ("hair-strips", "hair-cap", "hair-curls", "scarf", "frames", "lenses")


def worn(scene: Scene) -> list[Part]:
    return [part for part in scene.parts if part.material in WORN]


def skin(scene: Scene) -> Part:
    return next(part for part in scene.parts if part.name == "skin")


def test_there_is_a_style_for_everybody() -> None:
    assert len(HAIR) >= 10
    assert {"long", "short", "curly", "coily", "bun", "fringe", "receding", "headscarf"} <= {*HAIR}
    assert len(BEARDS) >= 2
    assert GLASSES


@pytest.mark.parametrize("path", sorted(ASSETS.glob("*-*.glb")), ids=lambda path: path.stem)
def test_a_piece_is_small(path: Path) -> None:
    assert path.stat().st_size <= 700 * 1024


@pytest.mark.parametrize("style", HAIR)
def test_hair_fits_any_head(style: str) -> None:
    """It stays out of the head, near it, and leaves the eyes free."""
    for head in HEADS:
        scene = load_scene(replace(head, hair=style))
        face = skin(scene)
        outside = face.mask[:, 2] < 77
        tree = cKDTree(face.positions[outside])
        assert worn(scene), style
        for part in worn(scene):
            assert np.isfinite(part.positions).all()
            gap, index = tree.query(part.positions)
            above = (
                (part.positions - face.positions[outside][index]) * face.normals[outside][index]
            ).sum(1)
            close = gap < 0.2
            assert np.mean(above[close] < -0.06) < 0.02, (style, head.name, part.material)
            assert np.quantile(gap, 0.99) < 0.9, (style, head.name)
            for eye in scene.eyes:
                x, y, z = (part.positions - eye.origin).T
                before = (np.abs(x) < 0.20) & (np.abs(y) < 0.10) & (z > 0)
                assert not before.any(), (style, head.name, part.material)


@pytest.mark.parametrize("style", [s for s in HAIR if s != "headscarf"])
def test_hair_has_no_hard_hairline(style: str) -> None:
    """Where the cap over the scalp ends, its density is nothing."""
    cap = next(
        p for p in worn(load_scene(replace(HEADS[0], hair=style))) if p.material == "hair-cap"
    )
    sides = np.sort(np.concatenate([cap.triangles[:, [a, b]] for a, b in ((0, 1), (1, 2), (2, 0))]))
    sides = np.sort(sides, axis=1)
    edges, times = np.unique(sides, axis=0, return_counts=True)
    rim = np.unique(edges[times == 1])
    assert np.mean(cap.mask[rim, 0] < 13) > 0.98
    assert cap.mask[:, 0].max() > 150


@pytest.mark.parametrize("beard", BEARDS)
def test_a_beard_moves_with_the_face(beard: str) -> None:
    scene = load_scene(replace(HEADS[0], hair=None, beard=beard))
    face = skin(scene)
    jaw = EXPRESSION.index("jawOpen" if beard != "moustache" else "mouthSmileLeft")
    theirs = face.offsets[list(face.targets).index(jaw)]
    for part in worn(scene):
        assert jaw in part.targets
        ours = part.offsets[list(part.targets).index(jaw)]
        gap, index = cKDTree(face.positions).query(part.positions)
        moved = np.linalg.norm(theirs[index], axis=1)
        on_skin = gap < 0.05
        assert moved[on_skin].max() > 0.05
        off = np.linalg.norm(ours - theirs[index], axis=1)[on_skin]
        assert np.median(off) < 0.25 * moved[on_skin].max()
        lips = face.positions[face.mask[:, 0] > 200]
        assert cKDTree(lips).query(part.positions)[0].min() > 0.005


@pytest.mark.parametrize("glasses", GLASSES)
def test_glasses_sit_before_the_eyes_and_behind_the_ears(glasses: str) -> None:
    for head in HEADS:
        scene = load_scene(replace(head, hair=None, glasses=glasses))
        frames, lenses = worn(scene)
        assert (frames.material, lenses.material) == ("frames", "lenses")
        lashes = next(part for part in scene.parts if part.name == "lashes")
        for eye in scene.eyes:
            side = np.sign(eye.origin[0])
            lens = lenses.positions[lenses.positions[:, 0] * side > 0]
            near = lashes.positions[lashes.positions[:, 0] * side > 0]
            assert lens[:, 2].min() > eye.origin[2] + eye.radius
            assert np.quantile(near[:, 2], 0.95) < lens[:, 2].max()
            low, high = lens[:, :2].min(0), lens[:, :2].max(0)
            assert (low < eye.origin[:2] - 0.07).all()
            assert (high > eye.origin[:2] + 0.07).all()
        assert frames.positions[:, 2].min() < scene.eyes[0].origin[2] - 0.6
