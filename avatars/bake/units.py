"""The 54 morph targets on the base mesh."""

from __future__ import annotations

from avatars.bake.makehuman import Array, MakeHuman
from avatars.bake.scalp import inside_hairline
from avatars.bake.topology import smoothstep
from avatars.expression import EXPRESSION

_STRONGEST = {
    "browInnerUp": 2.3,
    "browDown": 2.1,
    "browOuterUp": 1.4,
    "eyeWide": 1.4,
    "mouthFrown": 1.5,
    "mouthStretch": 1.35,
    "noseSneer": 1.6,
}
"""Times the face unit at weight 1: the units as drawn are weaker than a strong human pose."""

_INNER_LOWERS_OUTER = 0.45
"""browInnerUp as drawn lifts the whole brow; the outer end is held back by this much of
browOuterUp, so that the brow tilts as frontalis pars medialis tilts it."""

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
    outer = out["browOuterUpLeft"] + out["browOuterUpRight"]
    out["browInnerUp"] -= _INNER_LOWERS_OUTER / _STRONGEST["browOuterUp"] * outer
    # The scalp under the hair stays where it is, or it would come through.
    on_face = 1 - smoothstep(-0.12, 0.0, inside_hairline(source.positions))
    return {name: offsets * on_face[:, None] for name, offsets in out.items()}


def _raw(source: MakeHuman, name: str) -> Array:
    if name in _AU:
        folder = "expression/units/caucasian"
        return sum(source.target(f"{folder}/{file}") for file in _AU[name])
    return source.face_unit(name)


def _across(name: str) -> str:
    """The name of the same movement in the mirror."""
    if name.endswith("Left"):
        return name[:-4] + "Right"
    return name[:-5] + "Left" if name.endswith("Right") else name


def _strength(name: str) -> float:
    return _STRONGEST.get(name.removesuffix("Left").removesuffix("Right"), 1.0)
