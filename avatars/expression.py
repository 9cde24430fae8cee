"""From an emotion to 54 blendshape weights, by way of facial action units.

An expression is 54 float32 weights in the order of `EXPRESSION`: the 52 blendshapes of ARKit in
Apple's order, then AU21 (neck tightener) and AU38 (nostril dilator), which ARKit lacks. Every
weight is in 0..1, where 1 is the strongest pose of the mesh.

Emotions are composed from action units (AU) of the Facial Action Coding System (Ekman & Friesen
1978). Which units belong to the six basic emotions follows EMFACS (Friesen & Ekman 1983) and the
prototypes of the FACS Investigator's Guide (Ekman, Friesen & Hager 2002, table 10-1). Excited is
worn as 'happily surprised' of Du, Tao & Martinez (2014, PNAS 111, E1454: AU 1+2+12+25). How
strongly each unit acts, and the turn of head and eyes, was set by eye on our own face, so that
the eight can be told apart at 200 pixels.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from avatars.errors import AvatarError


def _sides(*names: str) -> tuple[str, ...]:
    return tuple(name + side for name in names for side in ("Left", "Right"))


_EYE = ("eyeBlink", "eyeLookDown", "eyeLookIn", "eyeLookOut", "eyeLookUp", "eyeSquint", "eyeWide")

EXPRESSION: tuple[str, ...] = (
    *(name + "Left" for name in _EYE),
    *(name + "Right" for name in _EYE),
    *("jawForward", "jawLeft", "jawRight", "jawOpen"),
    *("mouthClose", "mouthFunnel", "mouthPucker", "mouthLeft", "mouthRight"),
    *_sides("mouthSmile", "mouthFrown", "mouthDimple", "mouthStretch"),
    *("mouthRollLower", "mouthRollUpper", "mouthShrugLower", "mouthShrugUpper"),
    *_sides("mouthPress", "mouthLowerDown", "mouthUpperUp", "browDown"),
    "browInnerUp",
    *_sides("browOuterUp"),
    "cheekPuff",
    *_sides("cheekSquint", "noseSneer"),
    "tongueOut",
    *("AU21", "AU38"),
)
"""Names of the 54 weights, in order."""

INDEX: Mapping[str, int] = MappingProxyType({name: i for i, name in enumerate(EXPRESSION)})
"""Position of each weight in an expression."""

ACTION_UNITS: Mapping[int, Mapping[str, float]] = MappingProxyType(
    {
        1: {"browInnerUp": 1.0},
        2: {"browOuterUp": 1.0},
        4: {"browDown": 1.0},
        5: {"eyeWide": 1.0},
        6: {"cheekSquint": 1.0},
        7: {"eyeSquint": 1.0},
        9: {"noseSneer": 1.0},
        10: {"mouthUpperUp": 1.0},
        12: {"mouthSmile": 1.0},
        14: {"mouthDimple": 1.0},
        15: {"mouthFrown": 1.0},
        16: {"mouthLowerDown": 1.0},
        17: {"mouthShrugLower": 1.0},
        18: {"mouthPucker": 1.0},
        20: {"mouthStretch": 1.0},
        21: {"AU21": 1.0},
        22: {"mouthFunnel": 1.0},
        24: {"mouthPress": 1.0, "mouthRollLower": 0.25},
        26: {"jawOpen": 1.0},
        29: {"jawForward": 1.0},
        38: {"AU38": 1.0},
        43: {"eyeBlink": 1.0},
    }
)
"""The blendshapes that pose an action unit; a name without a side means both sides."""

_PROTOTYPES: Mapping[str, Mapping[int, float]] = {
    "neutral": {12: 0.24, 6: 0.08, 1: 0.05, 2: 0.10},
    "happy": {6: 0.70, 12: 1.00, 14: 0.25, 7: 0.25, 10: 0.70, 16: 0.40, 26: 0.20, 1: 0.04}
    | {2: 0.10},
    "excited": {1: 0.45, 2: 0.90, 5: 0.50, 6: 0.45, 10: 0.85, 12: 0.85, 16: 0.50, 26: 0.50},
    "surprise": {1: 0.46, 2: 1.00, 5: 0.90, 22: 0.40, 26: 0.66},
    "sad": {1: 1.00, 4: 0.24, 15: 1.00, 17: 0.90, 7: 0.20, 43: 0.15, 6: 0.20},
    "anger": {4: 1.00, 5: 0.60, 7: 0.45, 9: 0.08, 15: 0.40, 17: 0.45, 24: 0.60, 18: 0.25}
    | {29: 0.35, 38: 0.90},
    "fear": {1: 1.00, 2: 0.12, 4: 0.12, 5: 1.00, 20: 1.00, 16: 0.50, 10: 0.25, 26: 0.18}
    | {15: 0.13, 21: 0.30},
    "disgust": {9: 1.00, 10: 0.90, 16: 0.45, 15: 0.55, 17: 0.35, 26: 0.06, 6: 0.80, 7: 0.60}
    | {43: 0.15, 4: 0.35},
}

EMOTIONS: tuple[str, ...] = tuple(_PROTOTYPES)
"""The eight emotions."""

_HEAD_DEG: Mapping[str, tuple[float, float, float]] = {
    "happy": (-2.0, 0.0, 0.0),
    "excited": (-5.0, 0.0, 0.0),
    "surprise": (-5.0, 0.0, 0.0),
    "sad": (5.0, 0.0, 3.0),
    "anger": (4.0, 0.0, 0.0),
    "fear": (-3.0, -4.0, 0.0),
    "disgust": (-4.0, 7.0, -3.0),
}

_GAZE_DEG: Mapping[str, tuple[float, float]] = {"sad": (0.0, -10.0)}

_LIMITS: tuple[tuple[tuple[str, ...], float], ...] = (
    # Lids: a lid is not wide and shut at once, and a squint on a shut eye folds the lid inwards.
    *((("eyeBlink" + s, "eyeWide" + s), 1.0) for s in ("Left", "Right")),
    *((("eyeBlink" + s, "eyeSquint" + s), 1.0) for s in ("Left", "Right")),
    # Lips: the corners go up or down, out or in; rolled or pressed lips are closed lips.
    *((("mouthSmile" + s, "mouthFrown" + s), 1.1) for s in ("Left", "Right")),
    *((("mouthSmile" + s, "mouthPucker", "mouthFunnel"), 1.1) for s in ("Left", "Right")),
    *((("mouthStretch" + s, "mouthPucker", "mouthFunnel"), 1.1) for s in ("Left", "Right")),
    *((("mouthPress" + s, "mouthUpperUp" + s), 1.0) for s in ("Left", "Right")),
    *((("mouthPress" + s, "mouthLowerDown" + s), 1.0) for s in ("Left", "Right")),
    (("mouthRollLower", "jawOpen"), 1.0),
    (("mouthRollUpper", "jawOpen"), 1.0),
    (("mouthShrugLower", "jawOpen"), 1.0),
    # Above this the upper teeth come through the raised lip.
    *((("noseSneer" + s, "mouthUpperUp" + s), 1.95) for s in ("Left", "Right")),
    # The jaw's range, with the lower lip drawn down on top of it.
    *((("jawOpen", "mouthLowerDown" + s), 1.2) for s in ("Left", "Right")),
)
"""Weights that pull the same piece of skin, and the most that their sum may be."""

_LIMIT_INDICES = tuple(
    (np.array([INDEX[name] for name in names]), bound) for names, bound in _LIMITS
)


def compose(units: Mapping[int, float]) -> NDArray[np.float32]:
    """The expression, (54,) float32, that shows the action units `units` (AU -> 0..1)."""
    out = np.zeros(len(EXPRESSION), np.float32)
    for unit, strength in units.items():
        for name, weight in ACTION_UNITS[unit].items():
            for full in (name,) if name in INDEX else _sides(name):
                out[INDEX[full]] += strength * weight
    return np.clip(out, 0.0, 1.0)


def limit(expression: NDArray[np.float32]) -> NDArray[np.float32]:
    """`expression`, (54,), brought into what a face can do.

    Weights are clipped to 0..1, then each group of weights that pull the same skin is scaled down
    to its bound. Scaling never raises a weight, so one pass satisfies every bound.
    """
    out = np.clip(expression, 0.0, 1.0).astype(np.float32)
    for members, bound in _LIMIT_INDICES:
        total = float(out[members].sum())
        if total > bound:
            out[members] *= bound / total
    out[INDEX["mouthClose"]] = min(out[INDEX["mouthClose"]], out[INDEX["jawOpen"]])
    return out


def blink_excess(expression: NDArray[np.float32]) -> float:
    """By how much the lids' weights would exceed what lids can do if both eyes blinked on top of
    `expression`, (54,), and nothing gave way."""
    blinks = [INDEX["eyeBlink" + side] for side in ("Left", "Right")]
    shut = expression.copy()
    shut[blinks] += 1.0
    lids = [(group, bound) for group, bound in _LIMIT_INDICES if set(blinks) & set(group)]
    return max(float(shut[group].sum()) - bound for group, bound in lids)


_COMPOSED: Mapping[str, NDArray[np.float32]] = {
    emotion: limit(compose(units)) for emotion, units in _PROTOTYPES.items()
}


def _shares(weights: Mapping[str, float]) -> dict[str, float]:
    """Weights of the eight emotions that sum to one: 'content' as a third of happy, what is
    missing as neutral, too much scaled down."""
    shares = dict.fromkeys(EMOTIONS, 0.0)
    for emotion, weight in weights.items():
        share = min(max(float(weight), 0.0), 1.0)
        if emotion == "content":
            shares["happy"] += share / 3.0
        elif emotion in shares:
            shares[emotion] += share
        else:
            raise AvatarError(
                f"Unknown emotion {emotion!r}: expected one of {', '.join(EMOTIONS)} or content."
            )
    total = sum(shares.values())
    if total > 1.0:
        return {emotion: share / total for emotion, share in shares.items()}
    shares["neutral"] += 1.0 - total
    return shares


def emotion_weights(emotion: str) -> NDArray[np.float32]:
    """The expression, (54,) float32, of one emotion at full intensity.

    Raises AvatarError for a word that is neither one of `EMOTIONS` nor 'content'.
    """
    return blend({emotion: 1.0})


def blend(weights: Mapping[str, float]) -> NDArray[np.float32]:
    """The expression, (54,) float32, of a mixture of emotions.

    weights: emotion -> 0..1. What they lack to one is neutral; above one they are scaled down.
    The mixture is limited, so that jaw, lids and lips stay within what a face can do.
    Raises AvatarError for an unknown emotion.
    """
    mixed = np.zeros(len(EXPRESSION), np.float32)
    for emotion, share in _shares(weights).items():
        mixed += np.float32(share) * _COMPOSED[emotion]
    return limit(mixed)


def head_deg(weights: Mapping[str, float]) -> NDArray[np.float32]:
    """Turn of the head that goes with a mixture: pitch (down positive), yaw (to the avatar's left
    positive), roll, in degrees, (3,) float32."""
    return _mix(weights, _HEAD_DEG, 3)


def gaze_deg(weights: Mapping[str, float]) -> NDArray[np.float32]:
    """Turn of the eyes that goes with a mixture: yaw, pitch (up positive), degrees, (2,)."""
    return _mix(weights, _GAZE_DEG, 2)


def _mix(
    weights: Mapping[str, float], table: Mapping[str, tuple[float, ...]], size: int
) -> NDArray[np.float32]:
    mixed = np.zeros(size, np.float32)
    for emotion, share in _shares(weights).items():
        if emotion in table:
            mixed += np.float32(share) * np.array(table[emotion], np.float32)
    return mixed
