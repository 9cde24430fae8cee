"""The 54 morph targets on the base mesh."""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp

from avatars.bake.makehuman import Array, MakeHuman
from avatars.bake.scalp import inside_hairline
from avatars.bake.topology import smoothstep
from avatars.expression import EXPRESSION

_UNITS = "expression/units/caucasian"

_STRONGEST = {
    "browInnerUp": 2.7,
    "browDown": 2.4,
    "browOuterUp": 1.8,
    "eyeWide": 1.55,
    "mouthFrown": 1.5,
    "mouthStretch": 1.35,
    "noseSneer": 1.6,
}
"""Times the face unit at weight 1: the units as drawn are weaker than a strong human pose."""

_INNER_BROW_TILT = 1.0
"""browInnerUp as drawn lifts the inner half of the brow evenly. Frontalis pars medialis tilts it,
highest at its inner end (FACS Investigator's Guide, AU 1), and sadness is read from this slope:
so much of MakeHuman's turn of the brows is added."""

_BROW_FROWN = 0.9
"""So much of the opposite turn is added to browDown: corrugator pulls the inner ends lowest, and
anger is read from that slope (FACS Investigator's Guide, AU 4)."""

_NOSE_LIFT = 0.8
"""How much of a plain lift of the nostrils is added to noseSneer, which as drawn wrinkles the
bridge more than it lifts."""

_AU = {
    "AU21": ("neck-platysma",),
    "AU38": ("nose-left-dilatation", "nose-right-dilatation"),
}


def targets(source: MakeHuman) -> dict[str, Array]:
    """Offsets, (N_BASE, 3) dm, of each name in `EXPRESSION`.

    The face units are not quite symmetric (a crooked smile): each side is the mean of itself and
    its mirror image.
    """
    raw = {name: _raw(source, name) for name in EXPRESSION}
    out = {}
    for name in EXPRESSION:
        mirrored = raw[_across(name)][source.mirror] * (-1.0, 1.0, 1.0)
        out[name] = 0.5 * (raw[name] + mirrored) * _strength(name)
    x, y = np.abs(source.positions[:, 0]), source.positions[:, 1]
    tilt = source.target("eyebrows/eyebrows-angle-down")
    out["browInnerUp"] -= _INNER_BROW_TILT * tilt
    # Lowered brows as drawn push a shelf of skin over the root of the nose.
    root = (smoothstep(7.52, 7.34, y) * smoothstep(0.40, 0.22, x))[:, None]
    for side, way in (("Left", 1), ("Right", -1)):
        own = smoothstep(-0.06, 0.06, way * source.positions[:, 0])[:, None]
        frown = out["browDown" + side] + _BROW_FROWN * own * tilt
        out["browDown" + side] = frown * (1 - 0.6 * root)
    for side in ("Left", "Right"):
        lift = source.target(f"{_UNITS}/nose-{side.lower()}-elevation")
        out["noseSneer" + side] += _NOSE_LIFT * lift
    for name in (name for name in EXPRESSION if name.startswith(("brow", "noseSneer"))):
        out[name] = _unfolded(source, out[name])
    # A raised brow does not pull a shut lid open.
    off_lids = np.maximum(smoothstep(7.32, 7.43, y), smoothstep(0.16, 0.10, x))[:, None]
    for name in ("browInnerUp", "browOuterUpLeft", "browOuterUpRight"):
        out[name] *= off_lids
    # The scalp under the hair stays where it is, or it would come through.
    on_face = 1 - smoothstep(-0.12, 0.0, inside_hairline(source.positions))
    return {name: offsets * on_face[:, None] for name, offsets in out.items()}


def _unfolded(source: MakeHuman, offsets: Array) -> Array:
    """`offsets` of a brow movement, evened out where it would fold the forehead's skin over
    itself, and kept from carrying skin across the middle of the face."""
    rest = source.positions
    sides = source.quads[source.quad_groups == "body"]
    ends = np.concatenate([np.stack([sides, np.roll(sides, k, 1)], -1) for k in (1, -1)])
    ends = ends.reshape(-1, 2)
    joined = sp.csr_matrix((np.ones(len(ends)), ends.T), (len(rest), len(rest)))
    mean = sp.diags(1 / np.maximum(np.asarray(joined.sum(1)).ravel(), 1)) @ joined
    x, y = np.abs(rest[:, 0]), rest[:, 1]
    nose_root = smoothstep(0.18, 0.08, x) * smoothstep(7.18, 7.28, y)
    share = 0.6 * np.maximum(smoothstep(7.36, 7.46, y), nose_root)[:, None]
    for _ in range(8):
        offsets = offsets + share * (mean @ offsets - offsets)
    least, most = np.minimum(-0.55 * rest[:, 0], 0), np.maximum(-0.55 * rest[:, 0], 0)
    near = smoothstep(0.25, 0.12, x)
    held = np.clip(offsets[:, 0], np.minimum(least, -most), np.maximum(most, -least))
    out = offsets.copy()
    out[:, 0] += near * (held - out[:, 0])
    return out


def _raw(source: MakeHuman, name: str) -> Array:
    if name in _AU:
        return sum(source.target(f"{_UNITS}/{file}") for file in _AU[name])
    return source.face_unit(name)


def _across(name: str) -> str:
    """The name of the same movement in the mirror."""
    if name.endswith("Left"):
        return name[:-4] + "Right"
    return name[:-5] + "Left" if name.endswith("Right") else name


def _strength(name: str) -> float:
    return _STRONGEST.get(name.removesuffix("Left").removesuffix("Right"), 1.0)
