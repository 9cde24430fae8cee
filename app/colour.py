"""Colour arithmetic: OKLab mixing, contrast, and what a dichromat sees.

OKLab is Björn Ottosson's (2020); the dichromat matrices are those of Machado, Oliveira and
Fernandes (2009) at full severity, in linear sRGB.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtGui import QColor

_TO_LMS = np.array(
    [
        [0.4122214708, 0.5363325363, 0.0514459929],
        [0.2119034982, 0.6806995451, 0.1073969566],
        [0.0883024619, 0.2817188376, 0.6299787005],
    ]
)
_TO_LAB = np.array(
    [
        [0.2104542553, 0.7936177850, -0.0040720468],
        [1.9779984951, -2.4285922050, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.8086757660],
    ]
)
_FROM_LAB = np.linalg.inv(_TO_LAB)
_FROM_LMS = np.linalg.inv(_TO_LMS)

DICHROMATS: dict[str, NDArray[np.float64]] = {
    "protan": np.array(
        [
            [0.152286, 1.052583, -0.204868],
            [0.114503, 0.786281, 0.099216],
            [-0.003882, -0.048116, 1.051998],
        ]
    ),
    "deutan": np.array(
        [
            [0.367322, 0.860646, -0.227968],
            [0.280085, 0.672501, 0.047413],
            [-0.011820, 0.042940, 0.968881],
        ]
    ),
    "tritan": np.array(
        [
            [1.255528, -0.076749, -0.178779],
            [-0.078411, 0.930809, 0.147602],
            [0.004733, 0.691367, 0.303900],
        ]
    ),
}


def linear(srgb: NDArray[np.float64]) -> NDArray[np.float64]:
    """sRGB 0..1, last axis 3, to linear light."""
    return np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)


def encoded(light: NDArray[np.float64]) -> NDArray[np.float64]:
    """Linear light to sRGB, clipped to 0..1."""
    light = np.clip(light, 0.0, 1.0)
    return np.where(light <= 0.0031308, light * 12.92, 1.055 * light ** (1 / 2.4) - 0.055)


def oklab(light: NDArray[np.float64]) -> NDArray[np.float64]:
    """Linear sRGB (..., 3) to OKLab (..., 3)."""
    return np.cbrt(np.clip(light @ _TO_LMS.T, 0.0, None)) @ _TO_LAB.T


def from_oklch(lightness: float, chroma: float, hue_deg: float) -> NDArray[np.float64]:
    """An OKLab colour (3,) from its polar form."""
    hue = np.radians(hue_deg)
    return np.array([lightness, chroma * np.cos(hue), chroma * np.sin(hue)])


def to_srgb(lab: NDArray[np.float64]) -> NDArray[np.float64]:
    """OKLab (..., 3) to sRGB 0..1."""
    return encoded((lab @ _FROM_LAB.T) ** 3 @ _FROM_LMS.T)


def rgb(colour: str) -> NDArray[np.float64]:
    """sRGB 0..1 of "#RRGGBB"."""
    return np.array([int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)])


def diverging(
    low: tuple[float, float, float],
    middle: tuple[float, float, float],
    high: tuple[float, float, float],
) -> NDArray[np.uint8]:
    """A colour scale (256, 3) from `low` over `middle` to `high`, each (lightness, chroma, hue):
    two straight lines in OKLab, so that equal steps look equal."""
    x = np.linspace(-1.0, 1.0, 256)[:, None]
    k = np.abs(x) ** 0.9
    a, m, b = (from_oklch(*colour) for colour in (low, middle, high))
    return np.round(to_srgb(np.where(x < 0, m + (a - m) * k, m + (b - m) * k)) * 255).astype(
        np.uint8
    )


def mix(colour: str, background: str, share: float) -> QColor:
    """`share` of `colour` laid over `background`."""
    r, g, b = rgb(colour) * share + rgb(background) * (1.0 - share)
    return QColor.fromRgbF(float(r), float(g), float(b))


def alpha(colour: str, value: int) -> QColor:
    """`colour` with an alpha of 0..255."""
    tinted = QColor(colour)
    tinted.setAlpha(value)
    return tinted


def seen_by(colours: list[str], dichromat: str | None) -> NDArray[np.float64]:
    """Linear sRGB (n, 3) of `colours` as a dichromat sees them; None is typical vision."""
    light = linear(np.stack([rgb(c) for c in colours]))
    return light if dichromat is None else np.clip(light @ DICHROMATS[dichromat].T, 0.0, 1.0)


def closest_pair(light: NDArray[np.float64]) -> float:
    """The least OKLab distance between any two of (n, 3) linear colours."""
    lab = oklab(light)
    distance = np.linalg.norm(lab[:, None] - lab[None], axis=-1)
    return float(distance[np.triu_indices(len(lab), 1)].min())
