"""Words for values, in the user's language."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication, QLocale

from evoke.types import Doubt, Flag


def _tr(text: str) -> str:
    return QCoreApplication.translate("words", text)


def emotion_word(name: str) -> str:
    """An emotion as shown: 'happy' -> 'Happy'."""
    words = {
        "neutral": _tr("Neutral"),
        "happy": _tr("Happy"),
        "excited": _tr("Excited"),
        "surprise": _tr("Surprise"),
        "sad": _tr("Sad"),
        "anger": _tr("Anger"),
        "fear": _tr("Fear"),
        "disgust": _tr("Disgust"),
        "content": _tr("Content"),
        "undecided": _tr("Undecided"),
    }
    return words.get(name, name.capitalize())


def doubt_words(doubt: Doubt) -> str:
    """Why a reading is undecided, in a few words."""
    return {
        Doubt.NONE: "",
        Doubt.CONFIDENCE: _tr("too close to one half"),
        Doubt.QUALITY: _tr("signal quality too low"),
        Doubt.SETTLING: _tr("filters are settling"),
    }[doubt]


def flag_words(flags: int) -> str:
    """What is wrong with a channel: the worst of its flags, in a few words."""
    words = (
        (Flag.FLAT, _tr("flat")),
        (Flag.RAILED, _tr("out of range")),
        (Flag.LINE_NOISE, _tr("mains noise")),
        (Flag.DRIFT, _tr("drifting")),
        (Flag.MUSCLE, _tr("muscle")),
        (Flag.BLINK, _tr("blink")),
    )
    return next((text for flag, text in words if flags & flag.value), _tr("poor contact"))


def number(value: float, decimals: int = 0) -> str:
    """A number as the user's locale writes it."""
    return QLocale().toString(float(value), "f", decimals)
