"""Guide curves and the strips laid along them."""

from __future__ import annotations

import numpy as np
import pytest

from avatars.bake.scalp import FULL, RECEDING, inside_hairline
from avatars.bake.strands import Strips, hemmed, profile, wave


def hanging(m: int = 3, n: int = 12) -> tuple[np.ndarray, np.ndarray]:
    """Straight strands from y = 8 to y = 5, facing +z."""
    curves = np.zeros((m, n, 3))
    curves[..., 0] = np.arange(m)[:, None]
    curves[..., 1] = np.linspace(8, 5, n)
    return curves, np.broadcast_to((0.0, 0.0, 1.0), curves.shape)


def test_a_hem_cuts_every_strand_at_its_height() -> None:
    curves, facing = hanging()
    hem = np.array([6.0, 6.5, 4.0])
    cut, turned = hemmed(curves, facing, hem)
    np.testing.assert_allclose(cut[:, -1, 1], [6.0, 6.5, 5.0])  # the last never reaches its hem
    np.testing.assert_allclose(cut[:, 0], curves[:, 0])
    np.testing.assert_allclose(turned, facing)
    assert (np.diff(cut[..., 1], axis=1) < 0).all()


def test_a_wave_stays_within_its_size_and_leaves_the_roots() -> None:
    curves, facing = hanging(n=60)
    waved = wave(curves, facing, size=0.1, pitch=0.6, phase=np.zeros(3), start=1.0)
    off = np.linalg.norm(waved - curves, axis=2)
    assert off.max() == pytest.approx(0.1, rel=0.1)
    assert (off[:, curves[0, :, 1] > 7] < 1e-9).all()
    # The two dm that are left are more than three turns of 0.6 dm.
    crossings = np.diff(np.sign(waved[0, 22:, 0] - curves[0, 22:, 0])) != 0
    assert 6 <= crossings.sum() <= 7


def test_a_profile_rises_to_its_most_and_falls_to_its_tip() -> None:
    width = profile(41, 0.2, root=0.5, peak=0.25, tip=0.1)
    assert width[0] == pytest.approx(0.1)
    assert width[10] == width.max() == pytest.approx(0.2)
    assert width[-1] == pytest.approx(0.02)


def test_a_strip_arches_towards_the_way_it_faces() -> None:
    curves, facing = hanging(m=2, n=6)
    strips = Strips(across=3)
    strips.add_all(curves, facing, np.full(6, 0.1), np.full(6, 0.04))
    mesh = strips.mesh(offset=0.01)
    rows = mesh.positions.reshape(2, 6, 3, 3)
    np.testing.assert_allclose(rows[:, :, 1, 2], 0.04)
    np.testing.assert_allclose(np.ptp(rows[..., 0], axis=2), 0.2)
    np.testing.assert_allclose(mesh.flow, np.broadcast_to((0.0, -1.0, 0.0), mesh.flow.shape))
    assert mesh.mask.min() >= 0
    assert mesh.mask.max() <= 1
    # Where hair lies on the shoulders it keeps off the skin by the jumper's thickness too.
    low, high = mesh.positions[:, 1] < 5.9, mesh.positions[:, 1] > 6.3
    assert mesh.offset[low].min() > 0.09
    roots = mesh.mask[:, 2] < 0.05
    np.testing.assert_allclose(mesh.offset[high & ~roots], 0.01)


def test_the_hairline_recedes_at_the_forehead_and_not_at_the_nape() -> None:
    forehead, temple, nape = [0.0, 8.0, 1.4], [0.35, 8.1, 1.1], [0.0, 6.8, -0.2]
    points = np.array([forehead, temple, nape])
    full, receding = inside_hairline(points, FULL), inside_hairline(points, RECEDING)
    assert (full > 0).all()
    assert (receding[:2] < 0).all()
    assert receding[2] == full[2]
