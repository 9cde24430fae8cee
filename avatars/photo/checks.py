"""Points that cannot be where they are: said before a fit bends a face to meet them."""

from __future__ import annotations

from itertools import combinations, pairwise

import numpy as np

from avatars.errors import AvatarError
from avatars.photo.landmarks import LANDMARKS, NAMES, PLACE, Points, similarity
from avatars.photo.places import template

_NO_FACE = 0.16
_FAR = 0.24
_FAR_OUTLINE = 0.42
"""In widths of the average face. Of 300 random identities, turned up to 10 degrees each way, no
point of the outline lay farther than 0.23 from the average face's, and no other than 0.17."""

_CHAINS = (
    ("hairline", "nose-bridge", "nose-tip", "upper-lip", "lower-lip", "chin"),
    ("left-brow-outer", "left-eye-outer", "left-mouth", "left-jaw"),
    ("right-brow-outer", "right-eye-outer", "right-mouth", "right-jaw"),
    ("left-brow-inner", "left-eye-inner", "left-nostril", "left-mouth"),
    ("right-brow-inner", "right-eye-inner", "right-nostril", "right-mouth"),
)
"""From the top of a face to its bottom."""
_LEVEL = frozenset({("left-mouth", "left-jaw"), ("right-mouth", "right-jaw")})
"""Neighbours in a chain that lie side by side."""


def misplaced(points: Points, size: tuple[int, int]) -> dict[str, str]:
    """Names of the landmarks that cannot be where they are, each with a sentence that says why.

    points: (22, 2) pixels. size: width and height of the picture.
    Raises AvatarError when the points form no face seen from the front at all.
    """
    if points.shape != (len(NAMES), 2) or not np.isfinite(points).all():
        raise AvatarError(
            f"A face has {len(NAMES)} landmarks of two coordinates; got {points.shape}."
        )
    shape = template()
    upright = _upright(points, shape)
    gap = np.linalg.norm(upright - shape, axis=1)
    out: dict[str, str] = {}
    for landmark, (x, y) in zip(LANDMARKS, points, strict=True):
        if not (0 <= x <= size[0] and 0 <= y <= size[1]):
            out[landmark.name] = f"The {landmark.full_words} lies outside the picture."
    _find_crossed(upright, out)
    _find_swapped(upright, gap, out)
    for landmark, far in zip(LANDMARKS, gap, strict=True):
        if far > (_FAR_OUTLINE if landmark.group == "outline" else _FAR):
            words = landmark.full_words
            out.setdefault(landmark.name, f"The {words} is far from where a face has it.")
    return out


def _upright(points: Points, shape: Points) -> Points:
    """`points` turned and scaled onto `shape`, the average face, by most of them: the least
    median over all pairs (Rousseeuw 1984, J. American Statistical Association 79, 871)."""
    best, kept = np.inf, points
    for i, j in combinations(range(len(points)), 2):
        if np.linalg.norm(shape[i] - shape[j]) < 0.3 or np.allclose(points[i], points[j]):
            continue
        moved = similarity(points[[i, j]], shape[[i, j]]).apply(points)
        median = float(np.median(np.linalg.norm(moved - shape, axis=1)))
        if median < best:
            best, kept = median, moved
    if best > _NO_FACE:
        raise AvatarError(
            "The points form no face seen from the front: expected brows, eyes, nose and mouth "
            "one below the other, the person's left on the right of the picture."
        )
    near = np.linalg.norm(kept - shape, axis=1) < _NO_FACE
    return similarity(kept[near], shape[near]).apply(kept) if near.sum() > 2 else kept


def _find_crossed(upright: Points, out: dict[str, str]) -> None:
    for landmark in LANDMARKS:
        if landmark.side != "left":
            continue
        left, right = upright[PLACE[landmark.name], 0], upright[PLACE[landmark.partner], 0]
        if left <= right:
            sentence = f"The left and the right {landmark.words} are crossed."
            for name in (landmark.name, landmark.partner):
                out.setdefault(name, sentence)


def _find_swapped(upright: Points, gap: Points, out: dict[str, str]) -> None:
    """Of two points in the wrong order from top to bottom, the one that is farther off."""
    for chain in _CHAINS:
        for above, below in pairwise(chain):
            one, other = PLACE[above], PLACE[below]
            if (above, below) in _LEVEL or upright[one, 1] < upright[other, 1]:
                continue
            upper, lower = LANDMARKS[one].full_words, LANDMARKS[other].full_words
            name = above if gap[one] > gap[other] else below
            out.setdefault(name, f"The {lower} lies above the {upper}.")
