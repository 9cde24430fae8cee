"""Names for what a result holds, in the user's language."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from PySide6.QtCore import QLocale

from app.wizard.plan import Role
from app.wizard.result import Judged
from app.words import emotion_word, translate
from evoke.dataset.splits import Protocol
from evoke.emotion import PAPER
from evoke.types import DIMENSIONS

MACRO = "macro"
LABELS = (MACRO, *DIMENSIONS)
"""What figures are given for: the mean of the three, then each."""

HARDEST_FIRST: tuple[Protocol, ...] = ("subjects", "videos", "trials", "segments")


def role_title(role: Role) -> str:
    """'Teacher'."""
    return {
        "teacher": translate("wizard", "Teacher"),
        "student": translate("wizard", "Student"),
        "scratch": translate("wizard", "Student from scratch"),
    }[role]


def protocol_name(protocol: Protocol) -> str:
    """'New people'."""
    return {
        "subjects": translate("wizard", "New people"),
        "videos": translate("wizard", "New videos"),
        "trials": translate("wizard", "New trials"),
        "segments": translate("wizard", "Mixed seconds"),
    }[protocol]


def protocol_hint(protocol: Protocol) -> str:
    """What stands under its name."""
    return {
        "subjects": translate("wizard", "trained on others"),
        "videos": translate("wizard", "same people, other stimuli"),
        "trials": translate("wizard", "same people, other trials"),
        "segments": translate("wizard", "as in the paper; optimistic"),
    }[protocol]


def recipe_title(name: str) -> str:
    """Of distillation: 'Ours'."""
    return {
        "default": translate("wizard", "Ours"),
        "paper": translate("wizard", "As in the paper"),
        "probabilities": translate("wizard", "Probabilities alone"),
        "logits": translate("wizard", "Scores alone"),
    }.get(name, name)


def label_title(name: str) -> str:
    """'Valence'; 'Mean of three' for the mean."""
    return {
        MACRO: translate("wizard", "Mean of three"),
        "valence": translate("wizard", "Valence"),
        "arousal": translate("wizard", "Arousal"),
        "dominance": translate("wizard", "Dominance"),
    }[name]


def always(judged: Judged, name: str) -> str:
    """What the trivial answer is, as 'always “high”'."""
    if name == MACRO:
        return translate("wizard", "the commoner answer")
    return {
        "high": translate("wizard", "always “high”"),
        "low": translate("wizard", "always “low”"),
    }[judged.majority[name]]


def emotions() -> Sequence[str]:
    """The words of the octants 000 to 111, as the paper's table has them."""
    return [emotion_word(word) for word in PAPER.words]


def percent(value: float | None, decimals: int = 1) -> str:
    """'56.1 %', or a dash where it is not defined."""
    return "–" if value is None else f"{100 * value:.{decimals}f} %"


def day(created: str) -> str:
    """'22 Nov 2026, 11:40' of a time in ISO 8601, here; as it stands where it is none."""
    try:
        when = datetime.fromisoformat(created).astimezone()
    except (ValueError, OverflowError):
        return created
    date = QLocale().toString(when.date(), "d MMM yyyy")  # type: ignore[call-overload]
    return f"{date}, {when:%H:%M}"
