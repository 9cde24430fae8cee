"""People made by chance: each pleasant and plausible, the same for the same seed.

Skin, hair and eyes go with the ancestry, hair with the age, and features stay near the average.
"""

from __future__ import annotations

from functools import cache

import numpy as np

from app.studio.palette import CLOTHS, HAIRS, IRISES, SCARVES
from avatars import Identity, features
from avatars.colour import Colour
from avatars.identity import ANCESTRIES

_TONE = np.array([0.78, 0.30, 0.16])
"""Mean skin tone of each of `ANCESTRIES`."""
_UNDERTONE = np.array([0.1, 0.35, 0.0])

_IRISES = {
    "african": {"dark brown": 0.75, "brown": 0.25},
    "asian": {"dark brown": 0.7, "brown": 0.3},
    "european": {"brown": 0.3, "hazel": 0.15, "green": 0.12, "blue": 0.25, "grey": 0.18},
}
_HAIRS = {
    "african": {"black": 0.8, "dark brown": 0.2},
    "asian": {"black": 0.75, "dark brown": 0.25},
    "european": {
        "black": 0.08,
        "dark brown": 0.27,
        "brown": 0.27,
        "light brown": 0.16,
        "dark blond": 0.11,
        "blond": 0.06,
        "copper": 0.05,
    },
}
_WOMEN = {
    "african": {"coily": 0.35, "curly": 0.25, "bun": 0.25, "bob": 0.1, "shaven": 0.05},
    "asian": {"long": 0.35, "bob": 0.3, "fringe": 0.2, "bun": 0.15},
    "european": {"long": 0.3, "bob": 0.25, "curly": 0.15, "bun": 0.15, "fringe": 0.15},
}
_MEN = {
    "african": {"coily": 0.4, "shaven": 0.4, "short": 0.1, "receding": 0.1},
    "asian": {"short": 0.75, "shaven": 0.15, "receding": 0.1},
    "european": {"short": 0.65, "shaven": 0.1, "receding": 0.15, "curly": 0.1},
}

_WIDE = {"head-scale-vert": 0.3, "head-scale-horiz": 0.3, "nose-scale-vert": 0.3} | {
    "nose-scale-horiz": 0.3,
    "mouth-scale-horiz": 0.25,
    "mouth-upperlip-volume": 0.3,
    "mouth-lowerlip-volume": 0.3,
    "brow-thickness": 0.3,
    "brow-arch": 0.3,
    "chin-width": 0.25,
    "chin-bones": 0.25,
    "cheek-bones": 0.3,
    "cheek-volume": 0.25,
    "eye-scale": 0.2,
    "nose-hump": 0.2,
}
"""Features that make people differ, with the spread of each; the others have `_NARROW`."""
_NARROW = 0.09
_MOST = 0.55
_PLEASANT = {"mouth-angles": 0.12, "eye-scale": 0.1, "eye-open": 0.05}
_STILL = ("head-age", "head-angle", "neck-double", "chin-prognathism", "eye-bag", "ear-flap")
"""Left alone: away from the average they look like age, or like nobody."""
_TOGETHER = (
    ("mouth-upperlip-volume", "mouth-lowerlip-volume"),
    ("cheek-volume", "head-fat"),
    ("nose-scale-horiz", "nose-nostrils-width"),
)
"""The second goes half way with the first."""


def person(seed: int, name: str) -> Identity:
    """Somebody; `seed` says who."""
    chance = np.random.default_rng(seed)
    shares = _shares(chance)
    main = ANCESTRIES[int(shares.argmax())]
    gender = float(np.clip(chance.choice([0.08, 0.95]) + chance.normal(0, 0.06), 0, 1))
    age = float(np.round(18 + 62 * chance.beta(1.5, 2.2)))
    man = gender > 0.5
    grey = chance.random() < np.clip((age - 38) / 40, 0, 0.95)
    hair_colour = _grey(chance, age) if grey else _shade(chance, HAIRS[_pick(chance, _HAIRS[main])])
    hair = _pick(chance, (_MEN if man else _WOMEN)[main])
    if not man and chance.random() < 0.08:
        hair = "headscarf"
    if man and age < 32 and hair == "receding":
        hair = "short"
    beard = _pick(chance, {"stubble": 0.4, "full": 0.4, "moustache": 0.2})
    glasses = chance.random() < 0.12 + 0.3 * (age > 50)
    tone = float(np.clip(shares @ _TONE + chance.normal(0, 0.06), 0, 1))
    return Identity(
        name,
        gender=round(gender, 3),
        age=age,
        ancestry={k: round(float(s), 4) for k, s in zip(ANCESTRIES, shares, strict=True) if s > 0},
        weight=round(float(np.clip(chance.normal(0, 0.28), -0.7, 0.7)), 3),
        shape=_shape(chance),
        skin_tone=round(tone, 3),
        undertone=round(float(np.clip(shares @ _UNDERTONE + chance.normal(0, 0.2), -1, 1)), 3),
        blush=round(float(chance.uniform(0.3, 0.6)), 3),
        iris=_shade(chance, IRISES[_pick(chance, _IRISES[main])]),
        brows=_brows(hair_colour, age),
        hair=hair,
        hair_colour=hair_colour,
        beard=beard if man and chance.random() < 0.4 else None,
        glasses=str(chance.choice(["round", "square"])) if glasses else None,
        cloth=CLOTHS[str(chance.choice(list(CLOTHS)))],
        scarf=SCARVES[str(chance.choice(list(SCARVES)))],
        freckles=_freckles(chance, tone, float(shares[ANCESTRIES.index("european")])),
        lines=round(float(np.clip(chance.normal(0, 0.1), -0.25, 0.25)), 3),
    )


def _freckles(chance: np.random.Generator, tone: float, european: float) -> float:
    """Some for about every third of the fairest, none for darker skin."""
    amount = round(float(chance.uniform(0.15, 0.8)), 3)
    fair = float(np.clip((0.32 - tone) / 0.2, 0.0, 1.0))
    return amount if chance.random() < 0.4 * fair * european else 0.0


def _shares(chance: np.random.Generator) -> np.ndarray:
    """Mostly one ancestry, sometimes two."""
    shares = chance.dirichlet([0.35, 0.35, 0.35])
    shares[shares < 0.08] = 0
    shares = np.round(shares / shares.sum(), 4)
    shares[shares.argmax()] += 1 - shares.sum()
    return shares


def _shape(chance: np.random.Generator) -> dict[str, float]:
    names = [name for name in features() if name not in _STILL]
    spread = np.array([_WIDE.get(name, _NARROW) for name in names])
    drawn = dict(zip(names, chance.normal(0, spread), strict=True))
    for first, second in _TOGETHER:
        drawn[second] = 0.5 * drawn[first] + 0.7 * drawn[second]
    for name in names:
        low = 0.0 if name in _one_way() else -_MOST
        drawn[name] = float(np.clip(drawn[name] + _PLEASANT.get(name, 0.0), low, _MOST))
    return {name: round(weight, 3) for name, weight in drawn.items() if abs(weight) > 0.02}


@cache
def _one_way() -> frozenset[str]:
    """Features that have no other way."""
    from avatars.head import shared_basis

    return frozenset(n for n in shared_basis().names if not n.endswith(("+", "-"))) & {*features()}


def _pick(chance: np.random.Generator, shares: dict[str, float]) -> str:
    return str(chance.choice(list(shares), p=np.array(list(shares.values()))))


def _shade(chance: np.random.Generator, colour: Colour) -> Colour:
    """A little lighter or darker."""
    red, green, blue = (round(float(x), 4) for x in np.array(colour) * chance.uniform(0.85, 1.15))
    return red, green, blue


def _grey(chance: np.random.Generator, age: float) -> Colour:
    names = ("greying", "grey", "white")
    at = np.clip((age - 45) / 14 + chance.normal(0, 0.4), 0, 2)
    return HAIRS[names[round(float(at))]]


def _brows(hair: Colour, age: float) -> Colour:
    """Brows follow the hair, but darker, and grey later."""
    red, green, blue = (round(float(x), 4) for x in np.array(hair) * (0.6 if age > 40 else 0.85))
    return red, green, blue
