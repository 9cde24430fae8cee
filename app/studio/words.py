"""Landmarks and colours in the user's language."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QCoreApplication

from avatars.colour import Colour
from avatars.photo import Landmark
from avatars.photo.cielab import lab

translate = QCoreApplication.translate


def _points() -> dict[str, tuple[str, str]]:
    """Name of a point without its side, and what to look for."""
    return {
        "hairline": (
            translate("landmarks", "Hairline"),
            translate("landmarks", "where the hair begins, in the middle of the forehead"),
        ),
        "temple": (
            translate("landmarks", "Temple"),
            translate("landmarks", "the edge of the face, level with the outer end of the brow"),
        ),
        "jaw": (
            translate("landmarks", "Jaw corner"),
            translate("landmarks", "the edge of the face, level with the mouth"),
        ),
        "chin": (
            translate("landmarks", "Chin"),
            translate("landmarks", "the lowest point of the chin, in its middle"),
        ),
        "brow-inner": (
            translate("landmarks", "Brow, inner end"),
            translate("landmarks", "where its hairs begin beside the nose, half way up"),
        ),
        "brow-outer": (
            translate("landmarks", "Brow, outer end"),
            translate("landmarks", "where its hairs end, at the temple"),
        ),
        "eye-inner": (
            translate("landmarks", "Eye, inner corner"),
            translate("landmarks", "where the lids meet beside the nose"),
        ),
        "eye-outer": (
            translate("landmarks", "Eye, outer corner"),
            translate(
                "landmarks", "where the upper and the lower lid meet, not the end of the lashes"
            ),
        ),
        "nose-bridge": (
            translate("landmarks", "Nose bridge"),
            translate("landmarks", "between the eyes, where the nose is lowest"),
        ),
        "nose-tip": (
            translate("landmarks", "Nose tip"),
            translate("landmarks", "the point of the nose that is nearest to you"),
        ),
        "nostril": (
            translate("landmarks", "Nostril"),
            translate("landmarks", "where the wing of the nose is widest"),
        ),
        "mouth": (
            translate("landmarks", "Mouth corner"),
            translate("landmarks", "where the upper and the lower lip meet"),
        ),
        "upper-lip": (
            translate("landmarks", "Upper lip"),
            translate("landmarks", "its upper edge, in the middle"),
        ),
        "lower-lip": (
            translate("landmarks", "Lower lip"),
            translate("landmarks", "its lower edge, in the middle"),
        ),
    }


def short_name(landmark: Landmark) -> str:
    """'Eye, outer corner'."""
    return _points()[landmark.name.removeprefix(f"{landmark.side}-")][0]


def full_name(landmark: Landmark) -> str:
    """'Left eye, outer corner'."""
    name = short_name(landmark)
    small = name[:1].lower() + name[1:]
    if landmark.side == "left":
        return translate("landmarks", "Left {0}").format(small)
    return translate("landmarks", "Right {0}").format(small) if landmark.side else name


def explanation(landmark: Landmark) -> str:
    """What to look for."""
    return _points()[landmark.name.removeprefix(f"{landmark.side}-")][1]


def group_name(group: str) -> str:
    return {
        "outline": translate("landmarks", "Face outline"),
        "brows": translate("landmarks", "Brows"),
        "eyes": translate("landmarks", "Eyes"),
        "nose": translate("landmarks", "Nose"),
        "mouth": translate("landmarks", "Mouth"),
    }[group]


def skin_words(tone: float, undertone: float) -> str:
    """'light, golden'."""
    tones = (
        (0.1, translate("colours", "very light")),
        (0.3, translate("colours", "light")),
        (0.5, translate("colours", "medium")),
        (0.7, translate("colours", "brown")),
        (0.88, translate("colours", "dark")),
        (2.0, translate("colours", "very dark")),
    )
    words = next(word for most, word in tones if tone < most)
    if undertone < -0.3:
        return translate("colours", "{0}, rosy").format(words)
    return translate("colours", "{0}, golden").format(words) if undertone > 0.3 else words


def hair_words(colour: Colour) -> str:
    """'dark brown'."""
    light, a, b = lab(np.array(colour))
    if light < 17:
        return translate("colours", "black")
    if np.hypot(a, b) < 7:
        return translate("colours", "white") if light > 72 else translate("colours", "grey")
    if a > 20 and a > 0.55 * b and light > 28:
        return translate("colours", "red")
    if light < 30:
        return translate("colours", "dark brown")
    return translate("colours", "brown") if light < 50 else translate("colours", "blond")
