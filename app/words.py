"""Words for values, in the user's language."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication

from evoke.types import Doubt, Flag

translate = QCoreApplication.translate


def people(n: int) -> str:
    """'1 person', '32 people'; on screen nobody is a subject."""
    some = translate("words", "{0} people").format(f"{n:,}")
    return translate("words", "1 person") if n == 1 else some


def trials(n: int) -> str:
    """'1 trial', '1,239 trials'."""
    some = translate("words", "{0} trials").format(f"{n:,}")
    return translate("words", "1 trial") if n == 1 else some


def emotion_word(name: str) -> str:
    """An emotion as shown: 'happy' -> 'Happy'."""
    words = {
        "neutral": translate("words", "Neutral"),
        "happy": translate("words", "Happy"),
        "excited": translate("words", "Excited"),
        "surprise": translate("words", "Surprise"),
        "sad": translate("words", "Sad"),
        "anger": translate("words", "Anger"),
        "fear": translate("words", "Fear"),
        "disgust": translate("words", "Disgust"),
        "content": translate("words", "Content"),
        "undecided": translate("words", "Undecided"),
    }
    return words.get(name, name.capitalize())


def doubt_words(doubt: Doubt) -> str:
    """Why a reading is undecided, in a few words."""
    return {
        Doubt.NONE: "",
        Doubt.CONFIDENCE: translate("words", "too close to one half"),
        Doubt.QUALITY: translate("words", "signal quality too low"),
        Doubt.NOISE: translate("words", "too much muscle or mains noise"),
        Doubt.REST: translate("words", "waiting for clean seconds of rest"),
    }[doubt]


def flag_words(flags: int) -> str:
    """What is wrong with a channel: the worst of its flags, in a few words."""
    words = (
        (Flag.FLAT, translate("words", "flat")),
        (Flag.RAILED, translate("words", "out of range")),
        (Flag.LINE_NOISE, translate("words", "mains noise")),
        (Flag.HUM_LEFT, translate("words", "mains noise")),
        (Flag.DRIFT, translate("words", "drifting")),
        (Flag.MUSCLE, translate("words", "muscle")),
        (Flag.BLINK, translate("words", "blink")),
    )
    return next(
        (text for flag, text in words if flags & flag.value), translate("words", "poor contact")
    )
