"""One person as a small frozen description, stored as JSON."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

from avatars.colour import Colour, lip_colour, skin_colour
from avatars.errors import AvatarError

ASSETS = Path(__file__).resolve().parent / "assets"
IDENTITIES = ASSETS / "identities"

ANCESTRIES = ("african", "asian", "european")
YOUNGEST, OLDEST = 18.0, 90.0
_YOUNG, _OLD = 25.0, 90.0
"""Ages in years at which the basis has a face; between them it is mixed."""

_AGEING = {"head-age": 0.5, "eye-bag": 0.6, "mouth-laugh-lines": -0.4, "neck-double": 0.25} | {
    "cheek-trans": -0.4,
    "mouth-upperlip-volume": -0.3,
}
"""What years add to the face beyond the basis's old faces, which hardly show them: skin sags,
and lips thin."""

_RANGES = {
    "gender": (0.0, 1.0),
    "age": (YOUNGEST, OLDEST),
    "weight": (-1.0, 1.0),
    "skin_tone": (0.0, 1.0),
    "undertone": (-1.0, 1.0),
    "blush": (0.0, 1.0),
    "freckles": (0.0, 1.0),
    "lines": (-1.0, 1.0),
}
_COLOURS = ("iris", "brows", "hair_colour", "cloth", "scarf")
_PIECES = ("hair", "beard", "glasses")


@dataclass(frozen=True, slots=True)
class Identity:
    """One identity. Colours are linear reflectances, 0..1.

    gender: 0 female to 1 male. age: years. ancestry: share of each of `ANCESTRIES` in the shape,
    in sum 1; it says nothing of colour. weight: -1 thin to 1 heavy.
    shape: features of the face, see `avatars.head.features`, each -1..1.
    skin_tone: 0 very light to 1 very dark. undertone: -1 rosy to 1 golden.
    blush: how much the cheeks redden. freckles: none to many.
    lines: how much the skin shows its years against what the age gives, -1 less to 1 more.
    hair, beard, glasses: name of the piece worn, see `pieces`, or None. scarf: colour of a
    headscarf.
    Raises AvatarError for a value out of its range.
    """

    name: str
    description: str = ""
    gender: float = 0.5
    age: float = 30.0
    ancestry: Mapping[str, float] = field(default_factory=lambda: {"european": 1.0})
    weight: float = 0.0
    shape: Mapping[str, float] = field(default_factory=dict)
    skin_tone: float = 0.4
    undertone: float = 0.0
    blush: float = 0.5
    freckles: float = 0.0
    lines: float = 0.0
    iris: Colour = (0.14, 0.07, 0.03)
    brows: Colour = (0.03, 0.02, 0.016)
    hair: str | None = None
    hair_colour: Colour = (0.04, 0.026, 0.02)
    beard: str | None = None
    glasses: str | None = None
    cloth: Colour = (0.085, 0.235, 0.265)
    scarf: Colour = (0.20, 0.10, 0.14)

    def __post_init__(self) -> None:
        for name, (low, high) in _RANGES.items():
            self._require(_within(getattr(self, name), low, high), name, f"{low:g} to {high:g}")
        for name in _COLOURS:
            colour = getattr(self, name)
            three = isinstance(colour, list | tuple) and len(colour) == 3
            valid = three and all(_within(x, 0, 1) for x in colour)
            self._require(valid, name, "three numbers from 0 to 1")
            object.__setattr__(self, name, tuple(float(x) for x in colour))
        for name in ("ancestry", "shape"):
            named = isinstance(getattr(self, name), Mapping)
            self._require(named, name, "names with a weight each")
        ancestry = dict(self.ancestry)
        known = set(ancestry) <= set(ANCESTRIES) and all(
            _within(x, 0, 1) for x in ancestry.values()
        )
        whole = known and abs(sum(ancestry.values()) - 1) < 1e-3
        self._require(whole, "ancestry", f"shares of {', '.join(ANCESTRIES)} that sum to 1")
        small = all(_within(x, -1, 1) for x in self.shape.values())
        self._require(small, "shape", "weights from -1 to 1")
        object.__setattr__(self, "ancestry", MappingProxyType(ancestry))
        object.__setattr__(self, "shape", MappingProxyType(dict(self.shape)))

    def _require(self, valid: bool, name: str, expected: str) -> None:
        if not valid:
            raise AvatarError(
                f"Avatar {self.name!r}: {name} must be {expected}, got {getattr(self, name)!r}."
            )

    @property
    def skin(self) -> Colour:
        """Reflectance of the skin."""
        return skin_colour(self.skin_tone, self.undertone)

    @property
    def lips(self) -> Colour:
        """Reflectance of the lips, which pale with age."""
        return lip_colour(self.skin, self.skin_tone, self.ageing)

    @property
    def ageing(self) -> float:
        """How much the skin shows of its age: 0 at 25 years and before, 1 at 85, and `lines`
        more or less."""
        return min(max(self._years + self.lines, 0.0), 1.0)

    @property
    def _years(self) -> float:
        """How far age has changed the face's shape, 0..1."""
        return min(max((self.age - 25.0) / 60.0, 0.0), 1.0)

    def shape_weights(self) -> dict[str, float]:
        """Weight of each shape of the basis that is not zero; signed features keep their name."""
        old = min(max((self.age - _YOUNG) / (_OLD - _YOUNG), 0.0), 1.0)
        out = {name: weight * self._years for name, weight in _AGEING.items()}
        for name, weight in self.shape.items():
            out[name] = out.get(name, 0.0) + weight
        for gender, g in (("female", 1 - self.gender), ("male", self.gender)):
            for age, a in (("young", 1 - old), ("old", old)):
                for ancestry, share in self.ancestry.items():
                    out[f"{ancestry}-{gender}-{age}"] = g * a * share
                body = "heavy" if self.weight > 0 else "thin"
                out[f"{body}-{gender}-{age}"] = g * a * abs(self.weight)
        return {name: weight for name, weight in out.items() if weight}

    def to_json(self) -> str:
        """The description as text that `from_json` reads back; numbers to five digits."""
        values = {f.name: _plain(getattr(self, f.name)) for f in dataclasses.fields(self)}
        return json.dumps(values, indent=2) + "\n"

    @classmethod
    def from_json(cls, text: str, source: str) -> Identity:
        """Raises AvatarError, naming `source`, for text that describes no avatar."""
        try:
            values: Any = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise AvatarError(f"{source} does not describe an avatar: {error}.") from error
        fields = {f.name for f in dataclasses.fields(cls)}
        if not isinstance(values, dict) or "name" not in values or not set(values) <= fields:
            odd = sorted(set(values) - fields) if isinstance(values, dict) else []
            what = f"unknown {', '.join(odd)}" if odd else "it has no name"
            raise AvatarError(f"{source} does not describe an avatar: {what}.")
        try:
            return cls(**values)
        except (TypeError, ValueError, AttributeError) as error:
            raise AvatarError(f"{source} does not describe an avatar: {error}.") from error

    @classmethod
    def load(cls, name: str) -> Identity:
        """The finished identity `name`. Raises AvatarError when there is none, or it is damaged."""
        if name not in identity_names():
            raise AvatarError(
                f"No avatar named {name!r}: expected one of {', '.join(identity_names())}."
            )
        path = IDENTITIES / f"{name}.json"
        return cls.from_json(path.read_text(encoding="utf-8"), path.name)

    def pieces(self) -> list[str]:
        """Names of the assets that the identity wears. Raises AvatarError for one there is not."""
        out = []
        for kind in _PIECES:
            worn = getattr(self, kind)
            if worn is not None:
                self._require(worn in piece_names(kind), kind, " or ".join(piece_names(kind)))
                out.append(f"{kind}-{worn}")
        return out


def identity_names() -> list[str]:
    """Names of the finished identities, sorted."""
    return sorted(path.stem for path in IDENTITIES.glob("*.json"))


def piece_names(kind: str) -> list[str]:
    """What there is to choose from for `kind`: 'hair', 'beard' or 'glasses', sorted."""
    return sorted(path.stem.removeprefix(f"{kind}-") for path in ASSETS.glob(f"{kind}-*.glb"))


def _within(value: object, low: float, high: float) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and low <= value <= high


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _plain(x) for key, x in value.items()}
    if isinstance(value, tuple):
        return [_plain(x) for x in value]
    return round(value, 5) if isinstance(value, float) else value
