"""The styles, by the name of their file: hair, beards, headscarf, glasses."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from avatars.bake import beard
from avatars.bake.curls import coily, curly
from avatars.bake.glasses import round_glasses, square_glasses
from avatars.bake.headscarf import headscarf
from avatars.bake.long import bob, fringe, long
from avatars.bake.scalp import Scalp
from avatars.bake.short import receding, shaven, short
from avatars.bake.strands import HairMesh
from avatars.bake.tied import bun

Style = Callable[[Scalp], list[HairMesh]]

STYLES: Mapping[str, Style] = {
    "beard-full": beard.full,
    "beard-moustache": beard.moustache,
    "beard-stubble": beard.stubble,
    "glasses-round": round_glasses,
    "glasses-square": square_glasses,
    "hair-bob": bob,
    "hair-bun": bun,
    "hair-coily": coily,
    "hair-curly": curly,
    "hair-fringe": fringe,
    "hair-headscarf": headscarf,
    "hair-long": long,
    "hair-receding": receding,
    "hair-shaven": shaven,
    "hair-short": short,
}
