"""Colours to choose from, as people have or wear them; linear reflectances, 0..1."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from PySide6.QtGui import QColor

from app.colour import encoded
from avatars.colour import Colour

Palette = Mapping[str, Colour]

IRISES: Palette = {
    "dark brown": (0.08, 0.04, 0.02),
    "brown": (0.14, 0.07, 0.03),
    "amber": (0.20, 0.12, 0.04),
    "hazel": (0.16, 0.14, 0.05),
    "green": (0.15, 0.21, 0.11),
    "blue": (0.12, 0.26, 0.38),
    "light blue": (0.20, 0.36, 0.42),
    "grey": (0.22, 0.28, 0.31),
}

HAIRS: Palette = {
    "black": (0.020, 0.017, 0.016),
    "dark brown": (0.040, 0.026, 0.020),
    "brown": (0.075, 0.043, 0.025),
    "light brown": (0.15, 0.085, 0.045),
    "copper": (0.19, 0.075, 0.030),
    "dark blond": (0.23, 0.15, 0.075),
    "blond": (0.40, 0.28, 0.14),
    "greying": (0.16, 0.155, 0.15),
    "grey": (0.36, 0.36, 0.37),
    "white": (0.58, 0.57, 0.55),
}

CLOTHS: Palette = {
    "teal": (0.085, 0.235, 0.265),
    "sky": (0.20, 0.40, 0.47),
    "navy": (0.10, 0.12, 0.20),
    "slate": (0.13, 0.20, 0.30),
    "green": (0.16, 0.30, 0.20),
    "mustard": (0.60, 0.38, 0.06),
    "red": (0.48, 0.12, 0.10),
    "lilac": (0.38, 0.28, 0.48),
    "sand": (0.55, 0.50, 0.42),
    "grey": (0.24, 0.25, 0.26),
}

SCARVES: Palette = {
    "plum": (0.24, 0.08, 0.16),
    "rose": (0.45, 0.20, 0.22),
    "navy": (0.06, 0.08, 0.18),
    "teal": (0.06, 0.20, 0.21),
    "olive": (0.17, 0.19, 0.08),
    "sand": (0.52, 0.44, 0.34),
    "grey": (0.30, 0.30, 0.32),
    "black": (0.02, 0.02, 0.022),
}


def nearest(palette: Palette, colour: Colour) -> str:
    """The name that comes nearest to `colour`, as the eye judges."""
    wanted = encoded(np.array(colour))
    return min(palette, key=lambda n: float(((encoded(np.array(palette[n])) - wanted) ** 2).sum()))


def on_screen(colour: Colour) -> QColor:
    """A reflectance as the screen shows it."""
    return QColor.fromRgbF(*(float(x) for x in encoded(np.array(colour))))
