"""The identity basis on the base mesh: age, gender, ancestry, weight, and features of the face."""

from __future__ import annotations

import numpy as np

from avatars.bake.makehuman import Array, MakeHuman

_ANCESTRY = {"african": "african", "asian": "asian", "european": "caucasian"}
_GENDERS = ("female", "male")
_AGES = ("young", "old")
"""MakeHuman's young is 25 years, its old 90."""

_ONE_WAY = (
    *("head-oval", "head-round", "head-square", "head-rectangular", "head-triangular"),
    *("head-invertedtriangular", "head-diamond", "chin-triangle"),
)

_BOTH_WAYS = {
    "head": "head-fat head-age head-angle:in:out head-back-scale-depth head-scale-depth "
    "head-scale-horiz head-scale-vert",
    "forehead": "forehead-nubian forehead-scale-vert forehead-temple "
    "forehead-trans:backward:forward",
    "eyebrows": "eyebrows-angle:down:up eyebrows-trans:down:up",
    "eyes": "*-eye-bag *-eye-corner1:down:up *-eye-corner2:down:up *-eye-epicanthus:in:out "
    "*-eye-eyefold:concave:convex *-eye-eyefold-angle:down:up *-eye-height2 *-eye-scale "
    "*-eye-trans:in:out *-eye-trans:down:up",
    "nose": "nose-base:down:up nose-curve:concave:convex nose-flaring nose-greek nose-hump "
    "nose-nostrils-width nose-point:down:up nose-point-width nose-scale-depth nose-scale-horiz "
    "nose-scale-vert nose-trans:down:up nose-volume nose-width1 nose-width2 nose-width3",
    "cheek": "*-cheek-bones *-cheek-inner *-cheek-volume *-cheek-trans:down:up",
    "mouth": "mouth-angles:down:up mouth-cupidsbow mouth-laugh-lines:in:out mouth-lowerlip-height "
    "mouth-lowerlip-volume mouth-upperlip-height mouth-upperlip-volume mouth-scale-horiz "
    "mouth-scale-vert mouth-trans:down:up",
    "chin": "chin-bones chin-cleft chin-height chin-jaw-drop chin-prognathism chin-prominent "
    "chin-width",
    "ears": "*-ear-lobe *-ear-scale *-ear-wing *-ear-flap",
    "neck": "neck-double neck-scale-depth neck-scale-horiz",
}
"""Features that a target each way describes: 'decr' and 'incr' unless named after colons; '*-'
stands for both sides."""


_PLEASANT = {"eye-open": 0.4, "eye-scale+": 0.5, "mouth-angles+": 0.4}
"""Features that are in the average: as drawn, the face at rest looks sleepy and glum."""


class Shapes:
    """The average head and what departs from it.

    average: (N_BASE, 3) dm, the mean of all ancestries, genders and ages, pleasant at rest.
    targets: name -> offsets (N_BASE, 3) dm. A mixture of ANCESTRY-GENDER-AGE whose shares sum to
        one is a person of average weight; 'thin-' and 'heavy-GENDER-AGE' change the weight.
        Of features, NAME+ and NAME- are the two ways, and NAME one that has only one way.
    """

    def __init__(self, source: MakeHuman) -> None:
        people = _people(source)
        middle = sum(people.values()) / len(people)
        still = _eyes_kept(source, middle)
        features = _features(source)
        pleasant = sum((w * features[name] for name, w in _PLEASANT.items()), np.zeros(1))
        self.average = source.positions + still + pleasant
        self.targets = {n: _eyes_kept(source, d) - still for n, d in people.items()}
        self.targets |= {n: _eyes_kept(source, d) for n, d in _weights(source).items()}
        self.targets |= features


def _eyes_kept(source: MakeHuman, offsets: Array) -> Array:
    """`offsets` without what they move the eyes: tall people's eyes would leave the picture."""
    return offsets - offsets[source.group("helper-l-eye", "helper-r-eye")].mean(0)


def _people(source: MakeHuman) -> dict[str, Array]:
    out = {}
    for gender in _GENDERS:
        for age in _AGES:
            body = source.target(f"{_body(gender, age)}-averagemuscle-averageweight")
            for name, race in _ANCESTRY.items():
                head = source.target(f"macrodetails/{race}-{gender}-{age}")
                out[f"{name}-{gender}-{age}"] = head + body
    return out


def _weights(source: MakeHuman) -> dict[str, Array]:
    out = {}
    for gender in _GENDERS:
        for age in _AGES:
            stem = f"{_body(gender, age)}-averagemuscle"
            average = source.target(f"{stem}-averageweight")
            out[f"thin-{gender}-{age}"] = source.target(f"{stem}-minweight") - average
            out[f"heavy-{gender}-{age}"] = source.target(f"{stem}-maxweight") - average
    return out


def _body(gender: str, age: str) -> str:
    return f"macrodetails/universal-{gender}-{age}"


def _features(source: MakeHuman) -> dict[str, Array]:
    out = {name: source.target(f"{name.split('-')[0]}/{name}") for name in _ONE_WAY}
    for folder, entries in _BOTH_WAYS.items():
        for entry in entries.split():
            stem, less, more = entry.split(":") if ":" in entry else (entry, "decr", "incr")
            # Two features of the eye, in-out and up-down, share the stem 'trans'.
            axis = (
                "-" + {"in": "width", "down": "height"}[less] if stem.endswith("eye-trans") else ""
            )
            name = stem.removeprefix("*-") + axis
            for sign, way in (("-", less), ("+", more)):
                out[name + sign] = _both_sides(source, f"{folder}/{stem}-{way}")
    out["eye-open"] = sum(
        (source.face_unit("eyeWide" + side) for side in ("Left", "Right")), np.zeros(1)
    )
    return out


def _both_sides(source: MakeHuman, name: str) -> Array:
    sides = [name.replace("*", side) for side in "lr"] if "*" in name else [name]
    return sum((source.target(side) for side in sides), np.zeros(1))
