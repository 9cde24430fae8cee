"""How an identity is shaped from MakeHuman's targets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from avatars.bake.makehuman import Array, MakeHuman, macro


@dataclass(frozen=True)
class Recipe:
    """The shape of one identity.

    macro: MakeHuman's macro sliders gender and age (0..1), and race -> share.
    shapes: target under targets/ -> weight; '*-' stands for both 'l-' and 'r-'.
    open: how much of eyeWide is baked in, since the neutral face looks sleepy.
    """

    name: str
    hair: str
    gender: float
    age: float
    race: Mapping[str, float]
    shapes: Mapping[str, float]
    open: float
    brow_thickness: float = 1.0
    brow_arch: float = 1.0
    brow_length: float = 1.0

    def base(self, source: MakeHuman) -> Array:
        """Positions of the base mesh, (N_BASE, 3) dm."""
        shape = macro(source, gender=self.gender, age=self.age, race=dict(self.race))
        out = source.positions + shape
        for side in ("Left", "Right"):
            out = out + self.open * source.face_unit("eyeWide" + side)
        for name, weight in self.shapes.items():
            for side in ("l-", "r-") if "*-" in name else ("",):
                out = out + weight * source.target(name.replace("*-", side))
        return out


RECIPES: Mapping[str, Recipe] = {
    "mira": Recipe(
        name="mira",
        hair="bun",
        gender=0.05,
        age=0.47,
        race={"african": 0.75, "caucasian": 0.25},
        shapes={
            "head/head-oval": 0.4,
            "eyes/*-eye-scale-incr": 0.55,
            "mouth/mouth-angles-up": 0.5,
        },
        open=0.40,
        brow_thickness=1.0,
        brow_arch=1.1,
    )
}
