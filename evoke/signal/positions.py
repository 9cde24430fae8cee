"""Electrode names of the 10-10 system, as files spell them, and where they sit on a sphere."""

from __future__ import annotations

import re
from functools import cache

import numpy as np
from numpy.typing import NDArray

STEP_DEG = 23.0
"""Angle of one tenth of the way from nasion to inion over the vertex. Five of them to the ring
Fpz-T7-Oz make 92 degrees, the convention of BESA's and BioSemi's spherical caps."""

_SYNONYMS = {"T3": "T7", "T4": "T8", "T5": "P7", "T6": "P8"}
_REFERENCES = "REF|LE|RE|LER|AVG|AVE|AV|AR|CAR|A1|A2|A1A2|M1|M2|M1M2|ORG"
_PREFIX = re.compile(r"^EEG[\s:_-]*", re.IGNORECASE)
_SUFFIX = re.compile(rf"\s*[-_:]\s*(?:{_REFERENCES})$", re.IGNORECASE)

# row letters with their distance from Cz towards the nose, in tenths
_ROWS = {"AF": 3, "F": 2, "FC": 1, "C": 0, "CP": -1, "P": -2, "PO": -3}
# the same rows where they meet the ring and the ring below it
_RING_NAMES = {"AF": "AF", "F": "F", "FC": "FT", "C": "T", "CP": "TP", "P": "P", "PO": "PO"}


def electrode_name(label: str) -> str | None:
    """The 10-10 name behind a channel label ('EEG T3-REF' -> 'T7', 'Fc5.' -> 'FC5'), or None.

    Case, dots, the prefix 'EEG' and a common reference after a hyphen do not matter. A pair
    such as 'Fp1-F7' is a difference of two electrodes, so it has no name here.
    """
    text = _PREFIX.sub("", label.strip())
    text = _SUFFIX.sub("", text).replace(".", "").strip().upper()
    return _spelling().get(_SYNONYMS.get(text, text))


def direction(name: str) -> NDArray[np.float64]:
    """Unit vector (x right, y front, z up) of a 10-10 electrode. Raises KeyError if unknown."""
    return _directions()[name]


@cache
def _spelling() -> dict[str, str]:
    return {name.upper(): name for name in _directions()}


@cache
def _directions() -> dict[str, NDArray[np.float64]]:
    """All electrodes of the 10-10 system (Oostenveld & Praamstra 2001, Clin Neurophysiol 112,
    713-719) on the unit sphere: two rings at equal steps, the midline at equal steps, and each
    row on the circle through its two ring electrodes and its midline one."""
    ring = 4 * STEP_DEG
    table = {"Fpz": _point(ring, 0), "Oz": _point(ring, 180), "Cz": _point(0, 0)}
    table["Nz"], table["Iz"] = _point(ring + STEP_DEG, 0), _point(ring + STEP_DEG, 180)
    for row, azimuth in (("Fp", 18), ("O", 162)):
        table[f"{row}1"], table[f"{row}2"] = _point(ring, -azimuth), _point(ring, azimuth)
    for row, tenths in _ROWS.items():
        azimuth = 90 - 18 * tenths
        left, right = _point(ring, -azimuth), _point(ring, azimuth)
        middle = _point(STEP_DEG * abs(tenths), 0 if tenths >= 0 else 180)
        table[f"{row}z"] = middle
        # numbers grow outwards: 7 and 8 on the ring, 1 and 2 next to the midline
        arc = _arc(left, middle, right, np.arange(1, 8) / 8)
        for number, point in zip((5, 3, 1, None, 2, 4, 6), arc, strict=True):
            if number is not None:
                table[f"{row}{number}"] = point
        edge = _RING_NAMES[row]
        table[f"{edge}7"], table[f"{edge}8"] = left, right
        table[f"{edge}9"] = _point(ring + STEP_DEG, -azimuth)
        table[f"{edge}10"] = _point(ring + STEP_DEG, azimuth)
    for point in table.values():
        point.setflags(write=False)
    return table


def _point(inclination_deg: float, azimuth_deg: float) -> NDArray[np.float64]:
    """Unit vector at an angle from the vertex and an angle from the nose to the right."""
    theta, phi = np.radians(inclination_deg), np.radians(azimuth_deg)
    return np.array([np.sin(theta) * np.sin(phi), np.sin(theta) * np.cos(phi), np.cos(theta)])


def _arc(
    left: NDArray[np.float64],
    middle: NDArray[np.float64],
    right: NDArray[np.float64],
    shares: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Points (n, 3) at `shares` of the way along the circle from left over middle to right."""
    normal = np.cross(middle - left, right - left)
    normal /= np.linalg.norm(normal)
    centre = normal * (normal @ middle)
    u = left - centre
    v = np.cross(normal, u)
    end = np.arctan2((right - centre) @ v, (right - centre) @ u)
    angles = shares * (end % (2 * np.pi))
    return centre + np.outer(np.cos(angles), u) + np.outer(np.sin(angles), v)
