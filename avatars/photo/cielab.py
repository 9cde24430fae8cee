"""CIELAB (D65) of linear sRGB, and how different two colours look."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

_WHITE = np.array([0.95047, 1.0, 1.08883])
_RGB_TO_XYZ = np.array(
    [
        [0.4124564, 0.3575761, 0.1804375],
        [0.2126729, 0.7151522, 0.0721750],
        [0.0193339, 0.1191920, 0.9503041],
    ]
)

JUST_VISIBLE = 2.3
"""CIELAB difference that half of all observers see (Mahy, Van Eycken & Oosterlinck 1994, Color
Research & Application 19, 105)."""


def lab(linear: Array) -> Array:
    """CIELAB, (..., 3), of linear sRGB (IEC 61966-2-1), (..., 3)."""
    t = np.asarray(linear, np.float64) @ _RGB_TO_XYZ.T / _WHITE
    f = np.where(t > (6 / 29) ** 3, np.cbrt(np.maximum(t, 0)), t / (3 * (6 / 29) ** 2) + 4 / 29)
    x, y, z = f[..., 0], f[..., 1], f[..., 2]
    return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], -1)


def difference(one: Array, other: Array) -> Array:
    """CIEDE2000 between CIELAB colours, (..., 3) each (Sharma, Wu & Dalal 2005, Color Research &
    Application 30, 21)."""
    l1, a1, b1 = np.moveaxis(np.asarray(one, np.float64), -1, 0)
    l2, a2, b2 = np.moveaxis(np.asarray(other, np.float64), -1, 0)
    mean_c = (np.hypot(a1, b1) + np.hypot(a2, b2)) / 2
    g = 0.5 * (1 - np.sqrt(mean_c**7 / (mean_c**7 + 25.0**7)))
    a1, a2 = a1 * (1 + g), a2 * (1 + g)
    c1, c2 = np.hypot(a1, b1), np.hypot(a2, b2)
    h1, h2 = (np.degrees(np.arctan2(b, a)) % 360 for b, a in ((b1, a1), (b2, a2)))
    turn = (h2 - h1 + 180) % 360 - 180
    grey = c1 * c2 == 0
    turn = np.where(grey, 0.0, turn)
    dl, dc = l2 - l1, c2 - c1
    dh = 2 * np.sqrt(c1 * c2) * np.sin(np.radians(turn) / 2)
    ml, mc = (l1 + l2) / 2, (c1 + c2) / 2
    mh = np.where(grey, h1 + h2, h1 + turn / 2)
    t = 1 - 0.17 * _cos(mh - 30) + 0.24 * _cos(2 * mh)
    t = t + 0.32 * _cos(3 * mh + 6) - 0.20 * _cos(4 * mh - 63)
    sl = 1 + 0.015 * (ml - 50) ** 2 / np.sqrt(20 + (ml - 50) ** 2)
    sc, sh = 1 + 0.045 * mc, 1 + 0.015 * mc * t
    bend = 30 * np.exp(-(((mh % 360 - 275) / 25) ** 2))
    rt = -2 * np.sqrt(mc**7 / (mc**7 + 25.0**7)) * np.sin(np.radians(2 * bend))
    chroma, hue = dc / sc, dh / sh
    square = (dl / sl) ** 2 + chroma**2 + hue**2 + rt * chroma * hue
    return np.sqrt(np.maximum(square, 0))


def _cos(degrees: Array) -> Array:
    return np.cos(np.radians(degrees))
