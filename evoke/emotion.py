"""From three probabilities to one of eight emotions.

Valence, arousal and dominance are each high or low: eight octants. Which word an octant wears is
a table the clinician may edit. The paper (arXiv 2401.06957) names eight emotions and fixes 000 as
neutral; the other assignments are ours, by optimal matching to the coordinates of Russell &
Mehrabian (1977), J. Res. Personality 11:273-294.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from evoke.errors import SettingsError
from evoke.types import DIMENSIONS, Doubt

EMOTIONS = ("neutral", "happy", "excited", "surprise", "sad", "anger", "fear", "disgust")
WORDS = (*EMOTIONS, "content")
UNDECIDED = "undecided"
OCTANTS = tuple("".join(bits) for bits in itertools.product("01", repeat=3))
"""'000' to '111': valence, arousal, dominance."""

WORN = {"content": ("happy", 1 / 3)}
"""Words that have no face of their own: the face they wear, and how much of it."""


@dataclass(frozen=True, slots=True)
class EmotionTable:
    """The word of each octant, in the order of `OCTANTS`.

    sad_below: where given, octant 000 reads 'sad' instead of its word when P(high valence) lies
        below this: strongly low valence at low arousal is sadness in the literature.
    """

    words: tuple[str, ...]
    sad_below: float | None = None

    def __post_init__(self) -> None:
        if len(self.words) != len(OCTANTS) or any(w not in WORDS for w in self.words):
            raise SettingsError(
                f"An emotion table has eight words out of {', '.join(WORDS)}; got {self.words}."
            )

    def word(self, octant: str, valence: float) -> str:
        """The word of an octant ('101'), given P(high valence)."""
        if octant == "000" and self.sad_below is not None and valence < self.sad_below:
            return "sad"
        return self.words[int(octant, 2)]

    def shares(self, octants: Sequence[float], valence: float) -> dict[str, float]:
        """The probability of each word that the table has, given those of all octants."""
        found: dict[str, float] = {}
        for octant, probability in zip(OCTANTS, octants, strict=True):
            word = self.word(octant, valence)
            found[word] = found.get(word, 0.0) + probability
        return found

    def mixture(self, octants: Sequence[float], valence: float) -> dict[str, float]:
        """Weights of the faces for the probabilities of all octants; they sum to at most 1."""
        weights = dict.fromkeys(EMOTIONS, 0.0)
        for word, probability in self.shares(octants, valence).items():
            face, share = WORN.get(word, (word, 1.0))
            weights[face] += share * probability
        return weights


PAPER = EmotionTable(("neutral", "disgust", "fear", "anger", "sad", "happy", "surprise", "excited"))
LITERATURE = EmotionTable(
    ("neutral", "disgust", "fear", "anger", "content", "happy", "surprise", "excited"),
    sad_below=0.25,
)
PRESETS = {"paper": PAPER, "literature": LITERATURE}


@dataclass(frozen=True, slots=True)
class EmotionSettings:
    """How readings are steadied and when they are withheld.

    smoothing_s: time constant of the exponential smoothing, s; 0 for none.
    unsure: a dimension whose probability lies within these is unsure, and the reading undecided.
    hysteresis: how far beyond `unsure` an unsure dimension must go to count as sure again.
    """

    smoothing_s: float = 1.0
    unsure: tuple[float, float] = (0.45, 0.55)
    hysteresis: float = 0.01
    table: EmotionTable = field(default=PAPER)

    def __post_init__(self) -> None:
        low, high = self.unsure
        if not 0.0 <= low <= 0.5 <= high <= 1.0:
            raise SettingsError(f"The unsure zone must hold 0.5; got {low:g} to {high:g}.")
        if not 0 <= self.smoothing_s <= 60:
            raise SettingsError(f"Smoothing must be 0 to 60 s; got {self.smoothing_s:g}.")


@dataclass(frozen=True, slots=True)
class Reading:
    """What three probabilities come to; the fields are those of `Affect`."""

    probabilities: tuple[float, float, float]
    octants: tuple[float, ...]
    bits: str
    emotion: str
    confidence: float
    intensity: float
    doubt: Doubt


class EmotionReader:
    """Smooths, decides, and keeps from flickering. State runs on sample time, so a recording
    reads the same at any speed."""

    def __init__(self, settings: EmotionSettings | None = None) -> None:
        self.settings = settings or EmotionSettings()
        self._smooth: np.ndarray | None = None
        self._at_s = 0.0
        self._sure = [True] * len(DIMENSIONS)

    def reset(self) -> None:
        """Forget what came before: after a gap, a seek, a new trial."""
        self._smooth = None
        self._sure = [True] * len(DIMENSIONS)

    def read(self, probabilities: np.ndarray, t_s: float, doubt: Doubt = Doubt.NONE) -> Reading:
        """A reading from calibrated P(high), (3,), of the window that ends at `t_s`.

        doubt: why the window is not to be read (`Quality.doubt`). Then nothing was learned: all
        probabilities are those of chance, and later readings are as if it had not been.
        """
        settings = self.settings  # which another thread may exchange meanwhile
        if doubt is not Doubt.NONE:
            return replace(_WITHHELD, doubt=doubt)
        p = np.asarray(probabilities, dtype=np.float64)
        if self._smooth is not None and settings.smoothing_s > 0:
            keep = math.exp(-max(0.0, t_s - self._at_s) / settings.smoothing_s)
            p = keep * self._smooth + (1 - keep) * p
        self._smooth, self._at_s = p, t_s
        v, a, d = (float(x) for x in p)
        octants = octant_probabilities((v, a, d))
        code = "".join("1" if x > 0.5 else "0" for x in (v, a, d))
        confidence = octants[int(code, 2)]
        self._sure = [
            _is_sure(x, settings, was_sure=was)
            for x, was in zip((v, a, d), self._sure, strict=True)
        ]
        bits = "".join(b if sure else "-" for b, sure in zip(code, self._sure, strict=True))
        decided = all(self._sure)
        return Reading(
            probabilities=(v, a, d),
            octants=octants,
            bits=bits,
            emotion=settings.table.word(code, v) if decided else UNDECIDED,
            confidence=confidence,
            intensity=intensity(confidence) if decided else 0.0,
            doubt=Doubt.NONE if decided else Doubt.CONFIDENCE,
        )


def _is_sure(probability: float, settings: EmotionSettings, *, was_sure: bool) -> bool:
    low, high = settings.unsure
    margin = 0.0 if was_sure else settings.hysteresis
    return probability < low - margin or probability > high + margin


def octant_probabilities(probabilities: tuple[float, float, float]) -> tuple[float, ...]:
    """Probabilities of the eight octants, as if the three dimensions were independent."""
    return tuple(
        math.prod(p if bit == "1" else 1 - p for p, bit in zip(probabilities, octant, strict=True))
        for octant in OCTANTS
    )


def intensity(confidence: float) -> float:
    """0 at chance (1/8), 1 from a confidence of one half on."""
    return min(1.0, max(0.0, (confidence - 1 / 8) / (1 / 2 - 1 / 8)))


_WITHHELD = Reading(
    probabilities=(0.5, 0.5, 0.5),
    octants=(1 / 8,) * len(OCTANTS),
    bits="-" * len(DIMENSIONS),
    emotion=UNDECIDED,
    confidence=1 / 8,
    intensity=0.0,
    doubt=Doubt.QUALITY,
)
