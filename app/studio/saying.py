"""What a group of sliders says of a face when it is closed."""

from __future__ import annotations

from app.studio.features import GROUPS, Slider, words
from app.studio.palette import CLOTHS, HAIRS, IRISES, nearest
from avatars import Identity

_MOST = 2
_PLAIN = 0.2
"""Within this share of the way from a slider's middle to its end, nothing is said."""

_TONES = ("very light", "light", "tan", "brown", "dark", "very dark")
_SILENT = ("field:age", "field:gender", "field:skin_tone", "field:blush", "ancestry:")
"""Said in words of their own."""


def state(group: str, of: Identity) -> str:
    """A few words for the closed group."""
    said: list[str]
    if group == "hair":
        said = [words(of.hair or "bald")]
        said += [] if of.hair in (None, "headscarf") else [words(nearest(HAIRS, of.hair_colour))]
    elif group in ("beard", "glasses"):
        said = [words(getattr(of, group) or "none")]
    elif group == "clothes":
        said = [words("{0} jumper").format(words(nearest(CLOTHS, of.cloth)))]
    else:
        said = [*_first(group, of), *_features(group, of)]
    return ", ".join(said) or words("average")


def description(of: Identity) -> str:
    """Who that is, in a line: what the groups say that are seen from afar."""
    worn = [state("hair", of)]
    worn += [words("{0} beard").format(words(of.beard))] if of.beard else []
    worn += [words("glasses")] if of.glasses else []
    said = [words("{0} years").format(round(of.age)), words("{0} skin").format(_tone(of)), *worn]
    return ", ".join(said)


def _tone(of: Identity) -> str:
    return words(_TONES[min(int(of.skin_tone * len(_TONES)), len(_TONES) - 1)])


def _first(group: str, of: Identity) -> list[str]:
    if group == "face":
        return [words("{0} years").format(round(of.age))]
    if group == "eyes":
        return [words(nearest(IRISES, of.iris))]
    if group == "skin":
        return [_tone(of)]
    return []


def _features(group: str, of: Identity) -> list[str]:
    """The features that stand out most."""
    found = []
    for slider in GROUPS[group]:
        way = _way(slider, of)
        phrase = _phrase(slider, way)
        if abs(way) > _PLAIN and phrase and not slider.key.startswith(_SILENT):
            found.append((abs(way), phrase))
    found.sort(key=lambda each: -each[0])
    return [phrase for _, phrase in found[:_MOST]]


def _way(slider: Slider, of: Identity) -> float:
    """How far from the middle towards an end, -1..1."""
    off = slider.get(of) - slider.middle
    reach = slider.high - slider.middle if off > 0 else slider.middle - slider.low
    return off / reach if reach else 0.0


def _phrase(slider: Slider, way: float) -> str:
    if any(slider.says):
        return words(slider.says[way > 0])
    word = words(slider.high_word if way > 0 else slider.low_word)
    return f"{words(slider.name).lower()} {word}" if slider.rare else word
