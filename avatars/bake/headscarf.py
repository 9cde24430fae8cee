"""A headscarf: a hood from the rim round the face to the nape, and the cloth wound below it."""

from __future__ import annotations

import numpy as np

from avatars.bake.makehuman import Array
from avatars.bake.scalp import Scalp
from avatars.bake.strands import HairMesh, trace
from avatars.bake.topology import Index, grid, normals, smoothstep, unit

_AROUND = 96
_RIM_MIDDLE, _RIM_HALF = np.array([0.0, 7.11]), np.array([0.70, 0.87])
"""The oval of the face that stays free, in the front view, dm: brow to chin, cheek to cheek."""
_NECK = np.array([0.0, 6.05, 0.20])


def headscarf(scalp: Scalp) -> list[HairMesh]:
    hood, wrap = _hood(scalp), _wrap(scalp)
    faces = np.concatenate([hood.faces, wrap.faces + len(hood.positions)])
    pairs = {
        name: np.concatenate([getattr(hood, name), getattr(wrap, name)])
        for name in ("positions", "flow", "uv", "mask", "offset")
    }
    return [HairMesh("scarf", faces=faces, follows=True, **pairs)]


def _hood(scalp: Scalp) -> HairMesh:
    rows = 22
    turn = 2 * np.pi * np.arange(_AROUND) / _AROUND
    roots = _rim(scalp, turn)
    # From the top of the rim the cloth runs over the crown to the nape; from the chin down.
    back = 0.5 + 0.5 * np.sin(turn)
    azimuth = np.where(np.cos(turn) >= 0, 1, -1) * np.pi * smoothstep(0.0, 1.0, back)
    foot = _NECK + np.stack([0.75 * np.sin(azimuth), 0.10 * back, 0.66 * np.cos(azimuth)], 1)
    over = np.stack([0.8 * np.cos(turn), 0.8 * np.sin(turn), np.full(_AROUND, -1.0)], 1)

    def towards(points: Array, s: float) -> Array:
        late = smoothstep(0.25, 0.6, s)
        return (1 - late) * over + late * unit(foot - points)

    curves, _ = trace(
        scalp,
        roots,
        towards,
        1.25 * np.linalg.norm(foot - roots, axis=1) + 1.30 * back**2,
        lambda s: 0.035 + 0.085 * smoothstep(0.0, 0.22, s),
        rows,
        hang=lambda points, s: smoothstep(6.9, 6.4, points[:, 1]),
        ears=True,
    )
    sheet = curves.transpose(1, 0, 2)
    # At the nape both sides meet: without this the hem would be pinched there.
    for _ in range(24):
        hem = sheet[-4:]
        sheet[-4:] = 0.5 * hem + 0.25 * (np.roll(hem, 1, 1) + np.roll(hem, -1, 1))
    sheet = _draped(scalp, sheet)
    # The rim is folded inwards, so that its edge has a thickness.
    out = unit(sheet[1] - sheet[0])
    fold = sheet[:1] + 0.03 * out - 0.055 * _outward(sheet[:1])
    sheet = np.concatenate([fold, sheet])
    faces = grid(len(sheet), _AROUND, closed=True)
    depth = np.repeat(smoothstep(0.0, 0.35, np.linspace(0, 1, len(sheet))), _AROUND)
    # The fold goes into the skin, and the rim lies on it.
    lift = np.repeat([-1.0, 0.02, *np.full(rows - 1, 0.06)], _AROUND)
    return _cloth(sheet.reshape(-1, 3), faces, np.c_[depth, 0 * depth], lift)


def _draped(scalp: Scalp, sheet: Array) -> Array:
    """`sheet`, (rows, around, 3), smoothed between its first and last row without entering the
    head: cloth spans the hollows that it cannot follow."""
    least = 0.035 + 0.075 * smoothstep(0.0, 0.22, np.linspace(0, 1, len(sheet)))
    least = np.repeat(least[1:-1], sheet.shape[1])
    for step in range(48):
        middle = sheet[1:-1]
        sides = np.roll(middle, 1, 1) + np.roll(middle, -1, 1) + sheet[:-2] + sheet[2:]
        middle = 0.4 * middle + 0.15 * sides
        if step % 4 == 0:
            flat = middle.reshape(-1, 3)
            gap, normal = scalp.distance(flat, ears=True)
            flat = flat + normal * np.clip(least - gap, 0.0, 0.1)[:, None]
            middle = _hung(flat).reshape(middle.shape)
        sheet = np.concatenate([sheet[:1], middle, sheet[-1:]])
    return sheet


def _hung(points: Array) -> Array:
    """`points`, (n, 3), of cloth that hangs from ears and crown instead of following the jaw in."""
    flat = points[:, [0, 2]] - (0.0, 0.20)
    far = np.linalg.norm(flat, axis=1)
    aside = smoothstep(0.75, 1.35, np.arctan2(np.abs(flat[:, 0]), flat[:, 1]))
    wide = np.interp(points[:, 1], (5.9, 6.3, 6.7, 7.05, 7.3), (0.80, 0.90, 0.93, 0.92, 0.0))
    out = points.copy()
    out[:, [0, 2]] += flat * (np.maximum(wide * aside / far, 1.0) - 1.0)[:, None]
    return out


def _outward(points: Array) -> Array:
    return unit(points - np.array([0.0, 7.2, 0.4]))


def _rim(scalp: Scalp, turn: Array) -> Array:
    """The oval laid on the face from the front, (n, 3); under the chin it leaves the skin."""
    xy = _RIM_MIDDLE + _RIM_HALF * np.stack([np.cos(turn), np.sin(turn)], 1)
    points = np.c_[xy, np.full(len(xy), 1.15)]
    for _ in range(12):
        gap, normal = scalp.distance(points, ears=False)
        points[:, 2] -= np.clip((gap - 0.02) / np.maximum(normal[:, 2], 0.35), -0.1, 0.1)
    spectrum = np.fft.rfft(points[:, 2])
    spectrum[7:] = 0
    points[:, 2] = np.fft.irfft(spectrum, len(points))
    return points


def _wrap(scalp: Scalp) -> HairMesh:
    """The cloth that is wound round the neck and lies on the shoulders."""
    rows = 16
    turn = 2 * np.pi * np.arange(_AROUND) / _AROUND
    t = np.linspace(0, 1, rows)[:, None]
    front = 0.5 + 0.5 * np.cos(turn)
    height = 6.72 - 0.46 * front - (0.80 + 0.12 * np.cos(turn) ** 2) * t**1.15
    # Loose folds that climb from one side to the other.
    folds = np.sin(2 * np.pi * (2.6 * t + 0.35 * np.sin(turn - 0.6)) + 0.8 * np.cos(turn))
    reach = np.minimum(_reach(scalp, turn, height), 0.60 + (0.12 + 0.20 * front) * t)
    reach = reach + 0.10 + 0.035 * folds * smoothstep(0, 0.2, t) * smoothstep(1, 0.85, t)
    # The first row is tucked in, the last lies on the jumper.
    reach[0] -= 0.06
    reach[-1] += 0.02
    sheet = np.stack([reach * np.sin(turn), height, _NECK[2] + reach * np.cos(turn)], -1)
    faces = grid(rows, _AROUND, closed=True)
    depth = np.full(sheet[..., 0].size, 0.8)
    lift = np.repeat([0.02, 0.05, 0.08, *np.full(rows - 4, 0.12), 0.07], _AROUND)
    return _cloth(sheet.reshape(-1, 3), faces, np.c_[depth, np.ones(len(depth))], lift)


def _reach(scalp: Scalp, turn: Array, height: Array) -> Array:
    """How far neck and shoulders reach from the neck's axis at each height and turn, smoothed:
    (rows, _AROUND) dm."""
    neck = scalp.positions[(scalp.positions[:, 1] < 6.6) & (scalp.positions[:, 2] < 1.0)]
    flat = neck - _NECK
    angle, far = np.arctan2(flat[:, 0], flat[:, 2]), np.hypot(flat[:, 0], flat[:, 2])
    out = np.zeros(height.shape)
    for row, heights in enumerate(height):
        for column, (a, y) in enumerate(zip(turn, heights, strict=True)):
            near = np.abs(neck[:, 1] - y) < 0.14
            near &= np.cos(angle - a) > 0.94
            out[row, column] = far[near].max() if near.any() else 0.0
    spectrum = np.fft.rfft(out, axis=1)
    spectrum[:, 6:] = 0
    out = np.fft.irfft(spectrum, _AROUND, axis=1)
    return np.maximum.accumulate(out, axis=0)


def _cloth(positions: Array, faces: Index, folds: Array, lift: Array) -> HairMesh:
    """Mask: depth of the folds, and whether they run round (1) or down (0)."""
    out = normals(positions, faces)
    if (out * (positions - positions.mean(0))).sum() < 0:
        faces = faces[:, ::-1]
    n = len(positions)
    mask = np.c_[folds, np.full(n, 0.5)]
    return HairMesh("scarf", positions, np.zeros((n, 3)), faces, positions[:, :2], mask, lift)
