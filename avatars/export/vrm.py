"""VRM 1.0: the same model with humanoid bones, expressions, look-at and a licence.

Specification: VRMC_vrm-1.0 of the VRM Consortium. Besides the presets that every program knows,
each of the 54 weights is an expression of its own name, as programs that track a face with ARKit
('perfect sync') look for.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import numpy as np

from avatars.export.binary import Json
from avatars.export.glb import Model
from avatars.export.licence import vrm_meta
from avatars.expression import EMOTIONS, EXPRESSION, INDEX, blink_excess, emotion_weights
from avatars.mesh import Floats
from avatars.rig import EYE_RANGE_DEG
from avatars.scene import Scene

PRESET_OF_EMOTION: Mapping[str, str] = MappingProxyType(
    {
        "neutral": "neutral",
        "happy": "happy",
        "anger": "angry",
        "sad": "sad",
        "surprise": "surprised",
        "content": "relaxed",
    }
)
"""VRM's preset for each of our words that has one; the others are custom expressions."""

_BOTH = ("Left", "Right")
_BLINKS = ("blink", "blinkLeft", "blinkRight")
_FOLDS = 0.3
"""A blink on top of an expression that asks so much more of the lids folds them over themselves;
less, as in happy, is not seen."""

_PRESETS: Mapping[str, Mapping[str, float]] = {
    # A name without a side means both sides. Vowels: jaw and lips as in Japanese, VRM's five.
    "blink": {"eyeBlink": 1.0},
    "blinkLeft": {"eyeBlinkLeft": 1.0},
    "blinkRight": {"eyeBlinkRight": 1.0},
    "lookUp": {"eyeLookUp": 1.0},
    "lookDown": {"eyeLookDown": 1.0},
    "lookLeft": {"eyeLookOutLeft": 1.0, "eyeLookInRight": 1.0},
    "lookRight": {"eyeLookInLeft": 1.0, "eyeLookOutRight": 1.0},
    "aa": {"jawOpen": 0.55, "mouthLowerDown": 0.2, "mouthUpperUp": 0.15},
    "ih": {"jawOpen": 0.18, "mouthStretch": 0.35, "mouthSmile": 0.2, "mouthLowerDown": 0.3}
    | {"mouthUpperUp": 0.2},
    "ou": {"jawOpen": 0.15, "mouthPucker": 0.75, "mouthFunnel": 0.2},
    "ee": {"jawOpen": 0.22, "mouthSmile": 0.35, "mouthLowerDown": 0.35, "mouthUpperUp": 0.25},
    "oh": {"jawOpen": 0.40, "mouthFunnel": 0.65, "mouthPucker": 0.2},
}


def vrm_bytes(scene: Scene, thumbnail: bytes | None = None) -> bytes:
    """The avatar as a .vrm file (VRM 1.0).

    thumbnail: a square PNG picture of it, shown by programs that list avatars.
    """
    model = Model(scene, calm=False)
    extension: Json = {
        "specVersion": "1.0",
        "meta": vrm_meta(scene.identity),
        "humanoid": {
            "humanBones": {bone.name: {"node": i} for i, bone in enumerate(model.skeleton)}
        },
        "lookAt": _look_at(model),
        "expressions": _expressions(model),
    }
    if thumbnail is not None:
        extension["meta"]["thumbnailImage"] = model.add_image(thumbnail)
    return model.file({"extensionsUsed": ["VRMC_vrm"], "extensions": {"VRMC_vrm": extension}})


def _look_at(model: Model) -> Json:
    """Eyes, and with them the lids, turn by expressions: full weight at ARKit's range."""
    names = [bone.name for bone in model.skeleton]
    head, eyes = (np.array(model.skeleton[names.index(n)].at_m) for n in ("head", "leftEye"))
    between = (eyes - head) * (0.0, 1.0, 1.0)
    turn = {"inputMaxValue": EYE_RANGE_DEG, "outputScale": 1.0}
    ranges = ("HorizontalInner", "HorizontalOuter", "VerticalDown", "VerticalUp")
    return {
        "type": "expression",
        "offsetFromHeadBone": [round(float(v), 5) for v in between],
        **{f"rangeMap{name}": turn for name in ranges},
    }


def _expressions(model: Model) -> Json:
    preset = {
        name: _expression(model, _weights(parts), blinks=name in _BLINKS)
        for name, parts in _PRESETS.items()
    }
    custom = {name: _expression(model, _weights({name: 1.0})) for name in EXPRESSION}
    for emotion in (*EMOTIONS, "content"):
        known = PRESET_OF_EMOTION.get(emotion)
        kind, name = (preset, known) if known else (custom, emotion)
        kind[name] = _expression(model, emotion_weights(emotion))
    return {"preset": preset, "custom": custom}


def _weights(parts: Mapping[str, float]) -> Floats:
    """An expression, (54,), from names with or without a side."""
    out = np.zeros(len(EXPRESSION), np.float32)
    for name, weight in parts.items():
        for full in (name,) if name in INDEX else (name + side for side in _BOTH):
            out[INDEX[full]] = weight
    return out


def _expression(model: Model, weights: Floats, *, blinks: bool = False) -> Json:
    """blinks: it is itself what an override would hold back."""
    binds = [
        {"node": node, "index": index, "weight": round(float(weights[target]), 4)}
        for node, part in enumerate(model.parts, len(model.skeleton))
        for index, target in enumerate(part.targets)
        if weights[target] > 0.0
    ]
    folds = not blinks and blink_excess(weights) > _FOLDS
    return {
        "isBinary": False,
        # Morph targets add up, and nothing gives way to a blink.
        "overrideBlink": "blend" if folds else "none",
        "overrideLookAt": "none",
        "overrideMouth": "none",
        "morphTargetBinds": binds,
    }
