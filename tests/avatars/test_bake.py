"""The writer of the assets; the rest of the bake needs its source data and is looked at."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from avatars.bake.glb import Baked, write
from avatars.bake.topology import grid, normals
from avatars.mesh import load_parts
from tests.avatars.reference import normal_offsets


def sheet() -> Baked:
    """A bent sheet of 4 x 5 vertices with two targets."""
    x, y = (a.ravel() for a in np.meshgrid(np.arange(5.0), np.arange(4.0)))
    positions = np.c_[x, y, 0.1 * x**2]
    faces = grid(4, 5)
    lift = np.zeros_like(positions)
    lift[7] = 0, 0, 0.5
    return Baked(
        name="sheet",
        material="skin",
        positions=positions,
        normals=normals(positions, faces),
        faces=faces,
        uv=np.c_[x, y] / 5,
        rest=positions + 1,
        mask=np.tile([0.0, 0.5, 1.0, 0.25], (20, 1)),
        targets={"jawOpen": lift, "AU38": np.full_like(lift, 0.25)},
        translation=np.array([0.0, 7.0, 1.0]),
        lift=np.linspace(0, 0.1, 20),
        extras={"radius": 0.15, "follows": 1.0},
    )


def test_what_is_written_is_what_is_read(tmp_path: Path) -> None:
    baked = sheet()
    write(tmp_path / "a.glb", [baked], "CC0")
    (part,) = load_parts(tmp_path / "a.glb")
    assert (part.name, part.material, part.radius) == ("sheet", "skin", 0.15)
    assert part.follows
    assert not part.rigid
    for name in ("positions", "normals", "uv", "rest", "lift"):
        np.testing.assert_allclose(getattr(part, name), getattr(baked, name), atol=1e-6)
    np.testing.assert_array_equal(part.triangles, baked.faces)
    np.testing.assert_array_equal(part.mask[0], [0, 128, 255, 64])
    np.testing.assert_array_equal(part.origin, [0, 7, 1])
    np.testing.assert_allclose(part.offsets, np.array(list(baked.targets.values())), atol=1e-6)
    # Lifting a vertex tilts the normals round it; moving all of them together tilts none.
    tilt, shift = normal_offsets(part.positions, part)
    assert np.abs(tilt).max() > 0.1
    np.testing.assert_allclose(shift, 0, atol=1e-6)


def test_the_same_parts_give_the_same_bytes(tmp_path: Path) -> None:
    for name in ("a.glb", "b.glb"):
        write(tmp_path / name, [sheet()], "CC0")
    assert (tmp_path / "a.glb").read_bytes() == (tmp_path / "b.glb").read_bytes()
