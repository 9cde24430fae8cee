"""What may be changed of a face: every slider, in plain words.

A slider reads and writes one number of an `Identity`. Those of the shape go by the names of the
identity basis; `Pair` joins two shapes of one way each to one slider of two ways.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from PySide6.QtCore import QCoreApplication

from avatars import Identity
from avatars.identity import ANCESTRIES, OLDEST, YOUNGEST


def words(text: str) -> str:
    """A word of these tables in the user's language."""
    return QCoreApplication.translate("features", text)


@dataclass(frozen=True, slots=True)
class Slider:
    """One slider: its name, and the words at its ends.

    key: what it changes, unique among all. says: how the face is called at the lower and at the
    upper end where those words alone would not tell. also: more words to find it by.
    rare: shown under "More".
    """

    key: str
    name: str
    low_word: str
    high_word: str
    says: tuple[str, str] = ("", "")
    also: str = ""
    low: float = -1.0
    high: float = 1.0
    middle: float = 0.0
    rare: bool = False

    def get(self, of: Identity) -> float:
        return _KINDS[self.key.partition(":")[0]][0](self.key.partition(":")[2], of)

    def put(self, of: Identity, value: float) -> Identity:
        """`of` with another value; it is kept within the slider's ends."""
        kind, _, rest = self.key.partition(":")
        # Four digits, so that what is saved is what is read again.
        return _KINDS[kind][1](rest, of, round(min(max(value, self.low), self.high), 4))

    def finds(self, text: str) -> bool:
        """Whether somebody who looks for `text` looks for this."""
        said = " ".join(
            words(part) for part in (self.name, self.low_word, self.high_word, *self.says)
        )
        return text.casefold() in f"{said} {words(self.also) if self.also else ''}".casefold()


def _get_shape(name: str, of: Identity) -> float:
    return of.shape.get(name, 0.0)


def _put_shape(name: str, of: Identity, value: float) -> Identity:
    shape = {key: weight for key, weight in of.shape.items() if key != name}
    return dataclasses.replace(of, shape=shape | {name: value} if value else shape)


def _get_pair(names: str, of: Identity) -> float:
    less, more = names.split("|")
    return of.shape.get(more, 0.0) - of.shape.get(less, 0.0)


def _put_pair(names: str, of: Identity, value: float) -> Identity:
    less, more = names.split("|")
    return _put_shape(more, _put_shape(less, of, max(-value, 0.0)), max(value, 0.0))


def _get_field(name: str, of: Identity) -> float:
    return float(getattr(of, name))


def _put_field(name: str, of: Identity, value: float) -> Identity:
    changes: Mapping[str, float] = {name: value}
    return dataclasses.replace(of, **changes)  # type: ignore[arg-type]


def _get_ancestry(name: str, of: Identity) -> float:
    return of.ancestry.get(name, 0.0)


def _put_ancestry(name: str, of: Identity, value: float) -> Identity:
    """The other shares keep their proportion, and all of them their sum."""
    others = {key: of.ancestry.get(key, 0.0) for key in ANCESTRIES if key != name}
    whole = sum(others.values())
    rest = {
        key: (1.0 - value) * (share / whole if whole else 1.0 / len(others))
        for key, share in others.items()
    }
    shares = {key: share for key, share in {name: value, **rest}.items() if share > 1e-6}
    return dataclasses.replace(of, ancestry=shares)


_Get = Callable[[str, Identity], float]
_Put = Callable[[str, Identity, float], Identity]
_KINDS: Mapping[str, tuple[_Get, _Put]] = {
    "shape": (_get_shape, _put_shape),
    "pair": (_get_pair, _put_pair),
    "field": (_get_field, _put_field),
    "ancestry": (_get_ancestry, _put_ancestry),
}


_NOTHING = ("", "")


def _one_way(
    key: str,
    name: str,
    low_word: str,
    high_word: str,
    says: tuple[str, str] = _NOTHING,
    also: str = "",
    middle: float = 0.0,
) -> Slider:
    return Slider(key, name, low_word, high_word, says, also, low=0.0, middle=middle)


def _rare(
    key: str,
    name: str,
    low_word: str,
    high_word: str,
    says: tuple[str, str] = _NOTHING,
    also: str = "",
    low: float = -1.0,
) -> Slider:
    return Slider(key, name, low_word, high_word, says, also, low=low, rare=True)


FACE = (
    Slider(
        "field:age",
        "Age",
        "younger",
        "older",
        ("young", "old"),
        low=YOUNGEST,
        high=OLDEST,
        middle=30.0,
    ),
    Slider(
        "field:gender",
        "Sex",
        "female",
        "male",
        also="gender woman man",
        low=0.0,
        middle=0.5,
    ),
    Slider("field:weight", "Weight", "lean", "full", also="thin heavy"),
    Slider("pair:head-round|head-square", "Shape", "round", "square"),
    Slider("shape:head-scale-vert", "Length", "short", "long"),
    Slider("shape:head-scale-horiz", "Width", "narrow", "wide"),
    Slider(
        "shape:cheek-bones",
        "Cheekbones",
        "flat",
        "strong",
        ("flat cheekbones", "strong cheekbones"),
    ),
    Slider(
        "shape:cheek-volume",
        "Cheeks",
        "hollow",
        "full",
        ("hollow cheeks", "full cheeks"),
        rare=True,
    ),
    Slider("shape:chin-bones", "Jaw", "soft", "angular", ("soft jaw", "angular jaw")),
    Slider(
        "shape:chin-prominent",
        "Chin",
        "set back",
        "forward",
        ("receding chin", "strong chin"),
    ),
    Slider(
        "shape:forehead-scale-vert",
        "Forehead",
        "low",
        "high",
        ("low forehead", "high forehead"),
        rare=True,
    ),
    _one_way("ancestry:african", "African", "none", "all", also="ancestry"),
    _one_way("ancestry:asian", "Asian", "none", "all", also="ancestry"),
    _one_way("ancestry:european", "European", "none", "all", also="ancestry"),
    _rare("shape:head-oval", "Oval", "less", "more", ("", "oval"), low=0.0),
    _rare("shape:head-diamond", "Diamond", "less", "more", ("", "diamond"), low=0.0),
    _rare(
        "pair:head-invertedtriangular|head-triangular",
        "Widest",
        "above",
        "below",
        ("heart-shaped", "wide jaw"),
        also="heart triangle pear",
    ),
    _rare("shape:head-rectangular", "Oblong", "less", "more", ("", "oblong"), low=0.0),
    _rare("shape:head-fat", "Fullness", "lean", "full"),
    _rare("shape:head-age", "Sagging", "firm", "sagging"),
    _rare("shape:head-angle", "Carriage", "chin down", "chin up"),
    _rare("shape:head-scale-depth", "Depth", "shallow", "deep"),
    _rare("shape:head-back-scale-depth", "Back of head", "flat", "round"),
    _rare("shape:forehead-trans", "Brow", "sloping", "upright", also="forehead"),
    _rare("shape:forehead-nubian", "Crown", "flat", "domed", also="forehead skull"),
    _rare("shape:forehead-temple", "Temples", "hollow", "full"),
    _rare("shape:cheek-inner", "Inner cheeks", "hollow", "full"),
    _rare("shape:cheek-trans", "Cheek height", "low", "high"),
    _rare("shape:chin-width", "Chin width", "narrow", "wide"),
    _rare("shape:chin-height", "Chin height", "short", "long"),
    _rare("shape:chin-triangle", "Chin point", "round", "pointed", low=0.0),
    _rare("shape:chin-cleft", "Chin cleft", "filled", "deep"),
    _rare("shape:chin-jaw-drop", "Jaw corners", "high", "low"),
    _rare("shape:chin-prognathism", "Bite", "set back", "forward"),
    _rare("shape:ear-scale", "Ears", "small", "large", ("small ears", "large ears")),
    _rare("shape:ear-wing", "Ear tips", "close", "spread"),
    _rare("shape:ear-flap", "Ear stand", "close", "sticking out"),
    _rare("shape:ear-lobe", "Earlobes", "small", "large"),
    _rare("shape:neck-scale-horiz", "Neck width", "narrow", "wide"),
    _rare("shape:neck-scale-depth", "Neck depth", "thin", "thick"),
    _rare("shape:neck-double", "Double chin", "tight", "full"),
)

EYES = (
    Slider("shape:eye-scale", "Size", "small", "large"),
    Slider(
        "shape:eye-trans-width",
        "Spacing",
        "close",
        "apart",
        ("close together", "wide apart"),
    ),
    Slider("shape:eye-corner1", "Tilt", "down", "up", ("tilted down", "tilted up")),
    _one_way("shape:eye-open", "Opening", "relaxed", "wide", says=("", "wide open")),
    Slider("shape:eye-eyefold", "Lids", "deep-set", "heavy", ("deep lids", "heavy lids")),
    Slider("shape:eye-bag", "Bags", "smooth", "heavy", ("", "bags"), also="tired"),
    _rare("shape:eye-height2", "Height", "narrow", "round", ("narrow", "round")),
    _rare("shape:eye-trans-height", "Position", "low", "high", ("set low", "set high")),
    _rare("shape:eye-corner2", "Inner corner", "down", "up"),
    _rare("shape:eye-epicanthus", "Inner fold", "in", "out", also="epicanthus"),
    _rare("shape:eye-eyefold-angle", "Lid angle", "down", "up"),
)

BROWS = (
    Slider("shape:brow-thickness", "Thickness", "thin", "thick"),
    Slider("shape:brow-arch", "Arch", "straight", "arched"),
    Slider("shape:brow-length", "Length", "short", "long"),
    Slider(
        "shape:eyebrows-angle",
        "Angle",
        "stern",
        "gentle",
        ("stern", "gentle"),
    ),
    Slider("shape:eyebrows-trans", "Height", "low", "high"),
)

NOSE = (
    Slider("shape:nose-scale-vert", "Length", "short", "long"),
    Slider("shape:nose-scale-horiz", "Width", "narrow", "broad"),
    Slider(
        "shape:nose-hump",
        "Bridge",
        "hollow",
        "humped",
        ("hollow bridge", "humped bridge"),
    ),
    Slider(
        "shape:nose-width1",
        "Bridge width",
        "narrow",
        "wide",
        ("narrow bridge", "wide bridge"),
    ),
    Slider("shape:nose-point", "Tip", "down", "up", ("tip down", "tip up")),
    Slider(
        "shape:nose-point-width",
        "Tip width",
        "pointed",
        "round",
        ("pointed tip", "round tip"),
    ),
    Slider("shape:nose-scale-depth", "Depth", "flat", "prominent"),
    Slider("shape:nose-flaring", "Nostrils", "flat", "flared"),
    _rare("shape:nose-nostrils-width", "Nostril width", "narrow", "wide"),
    _rare("shape:nose-width2", "Middle width", "narrow", "wide"),
    _rare("shape:nose-width3", "Wing width", "narrow", "wide"),
    _rare("shape:nose-volume", "Volume", "slender", "fleshy"),
    _rare("shape:nose-curve", "Profile", "hollow", "arched"),
    _rare("shape:nose-greek", "Root", "deep", "straight"),
    _rare("shape:nose-base", "Base", "down", "up"),
    _rare("shape:nose-trans", "Position", "low", "high", ("set low", "set high")),
)

MOUTH = (
    Slider("shape:mouth-scale-horiz", "Width", "narrow", "wide"),
    Slider(
        "shape:mouth-upperlip-volume",
        "Upper lip",
        "thin",
        "full",
        ("thin upper lip", "full upper lip"),
    ),
    Slider(
        "shape:mouth-lowerlip-volume",
        "Lower lip",
        "thin",
        "full",
        ("thin lower lip", "full lower lip"),
    ),
    Slider("shape:mouth-angles", "Corners", "down", "up", ("corners down", "corners up")),
    Slider("shape:mouth-cupidsbow", "Cupid’s bow", "flat", "marked"),
    Slider("shape:mouth-trans", "Position", "low", "high", ("set low", "set high")),
    _rare("shape:mouth-scale-vert", "Height", "flat", "tall", ("flat", "tall")),
    _rare(
        "shape:mouth-upperlip-height",
        "Upper lip height",
        "flat",
        "tall",
        ("flat upper lip", "tall upper lip"),
    ),
    _rare(
        "shape:mouth-lowerlip-height",
        "Lower lip height",
        "flat",
        "tall",
        ("flat lower lip", "tall lower lip"),
    ),
    _rare("shape:mouth-laugh-lines", "Laugh lines", "deep", "smooth", also="wrinkles"),
)

SKIN: tuple[Slider, ...] = (
    Slider("field:skin_tone", "Tone", "light", "dark", low=0.0, middle=0.4),
    Slider("field:undertone", "Warmth", "rosy", "golden", also="cool warm undertone"),
    _one_way(
        "field:blush",
        "Cheeks",
        "pale",
        "red",
        says=("pale cheeks", "red cheeks"),
        middle=0.5,
    ),
    _one_way("field:freckles", "Freckles", "none", "many", says=("", "freckles")),
    Slider("field:lines", "Lines", "smooth", "lined", also="wrinkles"),
)

GROUPS: Mapping[str, tuple[Slider, ...]] = {
    "face": FACE,
    "eyes": EYES,
    "brows": BROWS,
    "nose": NOSE,
    "mouth": MOUTH,
    "skin": SKIN,
    "hair": (),
    "beard": (),
    "glasses": (),
    "clothes": (),
}
