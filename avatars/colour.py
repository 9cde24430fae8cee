"""Colours of skin and lips. Colours are linear reflectances under sRGB's primaries, 0..1."""

from __future__ import annotations

import numpy as np

Colour = tuple[float, float, float]

_TONE = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)
_LAB = np.array(
    [
        *((76.0, 11.0, 15.5), (70.5, 13.0, 19.0), (63.0, 13.5, 21.0)),
        *((51.0, 13.0, 19.5), (38.0, 11.0, 14.5), (25.0, 7.0, 8.0)),
    ]
)
"""CIELAB (D65) of skin from very light to very dark. It follows the path that human skin takes
as melanin increases: lightness falls, yellow rises and falls again (Chardon, Cretois & Hourseau
1991, Int. J. Cosmetic Science 13, 191; Del Bino & Bernerd 2013, Br. J. Dermatology 169, S3,33)."""

_UNDERTONE_AB = np.array([-2.5, 4.0])
"""Change of a* and b* from a neutral undertone to a golden one."""

_WHITE = np.array([0.95047, 1.0, 1.08883])
_XYZ_TO_RGB = np.array(
    [
        [3.2404542, -1.5371385, -0.4985314],
        [-0.9692660, 1.8760108, 0.0415560],
        [0.0556434, -0.2040259, 1.0572252],
    ]
)


def skin_colour(tone: float, undertone: float = 0.0) -> Colour:
    """Reflectance of skin. tone: 0 very light to 1 very dark. undertone: -1 rosy to 1 golden."""
    lab = np.array([np.interp(tone, _TONE, column) for column in _LAB.T])
    lab[1:] += undertone * _UNDERTONE_AB * lab[0] / 65.0
    return _linear(lab)


def lip_colour(skin: Colour, tone: float, ageing: float) -> Colour:
    """Reflectance of lips on such skin; ageing: 0 young to 1 old."""
    redden = np.array([0.80, 0.45, 0.55]) * (1 - tone) + np.array([0.74, 0.58, 0.72]) * tone
    redden += 0.35 * ageing * (0.85 - redden)
    red, green, blue = (float(x) for x in np.array(skin) * redden)
    return red, green, blue


def _linear(lab: np.ndarray) -> Colour:
    """CIELAB (D65) to linear sRGB (IEC 61966-2-1), clipped to 0..1."""
    y = (lab[0] + 16) / 116
    f = np.array([y + lab[1] / 500, y, y - lab[2] / 200])
    xyz = _WHITE * np.where(f > 6 / 29, f**3, 3 * (6 / 29) ** 2 * (f - 4 / 29))
    red, green, blue = (float(x) for x in np.clip(_XYZ_TO_RGB @ xyz, 0, 1))
    return red, green, blue
