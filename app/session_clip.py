"""A replayed session as a film: the face wears what was read, and the words stand over it."""

from __future__ import annotations

import csv
import json
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from PySide6.QtCore import QCoreApplication, QPoint
from PySide6.QtGui import QRegion
from PySide6.QtWidgets import QWidget

from app import theme
from app.avatar_pictures import FPS, SEED, Pixels, canvas, pixels
from app.panels.face import WORDS_SHARE, Face, backdrop, greyed
from app.panels.overlay import EmotionOverlay, caption, mixture
from avatars import Animator, Scene
from evoke.emotion import OCTANTS, UNDECIDED, EmotionTable, octant_probabilities
from evoke.errors import EvokeError, FileRefusedError
from evoke.types import HOP_S

translate = QCoreApplication.translate

LONGEST_S = 24 * 3600.0
"""A day: more is no trial, and would be filmed for as long."""

LONGEST_GAP_S = 1.0
"""Without a reading for longer than this, nothing is known: the face is calm and grey."""


@dataclass(frozen=True, slots=True)
class Read:
    """One row of a timeline.csv."""

    trial: int
    t_s: float
    probabilities: tuple[float, float, float]
    bits: str
    emotion: str
    confidence: float
    intensity: float

    @property
    def octants(self) -> tuple[float, ...]:
        return octant_probabilities(self.probabilities)


def read_timeline(path: Path, trial: int | None = None) -> list[Read]:
    """The readings of one trial, by default the first, of a timeline.csv that `evoke replay
    --headless` wrote. Raises FileRefusedError for another file, a damaged one, or a trial that it
    lacks."""
    try:
        with path.open(newline="", encoding="utf-8") as file:
            rows = [_read(row) for row in csv.DictReader(file)]
    except OSError as error:
        raise FileRefusedError(f"{path} cannot be read: {error.strerror}.") from error
    except KeyError as error:
        raise FileRefusedError(
            f"{path.name} is not a timeline.csv of a replay: it has no column {error.args[0]}."
        ) from error
    except (UnicodeDecodeError, csv.Error, TypeError, ValueError) as error:
        raise FileRefusedError(
            f"{path.name} is not a timeline.csv of a replay: {error or 'it is empty'}."
        ) from error
    trials = list(dict.fromkeys(row.trial for row in rows))
    if not trials:
        raise FileRefusedError(f"{path.name} holds no readings.")
    wanted = trials[0] if trial is None else trial
    if wanted not in trials:
        raise FileRefusedError(
            f"{path.name} has no trial {wanted}: expected one of {', '.join(map(str, trials))}."
        )
    found = [row for row in rows if row.trial == wanted]
    if any(row.t_s <= before.t_s for before, row in pairwise(found)):
        raise FileRefusedError(f"{path.name} is damaged: the times of trial {wanted} do not rise.")
    if found[-1].t_s - found[0].t_s > LONGEST_S:
        raise FileRefusedError(f"{path.name} is damaged: trial {wanted} lasts longer than a day.")
    return found


def _read(row: dict[str, str]) -> Read:
    valence, arousal, dominance = (
        float(row[f"p_{name}"]) for name in ("valence", "arousal", "dominance")
    )
    word, bits = row["emotion"], row["bits"]
    if not {*bits} <= {*"01-"} or len(bits) != 3:
        raise ValueError(f"bits {bits!r}")
    t_s, confidence, intensity = (float(row[name]) for name in ("t_s", "confidence", "intensity"))
    if not all(0 <= p <= 1 for p in (valence, arousal, dominance, confidence, intensity)):
        raise ValueError("a probability, confidence or intensity beyond 0 to 1")
    if not math.isfinite(t_s):
        raise ValueError(f"the time {row['t_s']}")
    return Read(
        trial=int(row["trial"]),
        t_s=t_s,
        probabilities=(valence, arousal, dominance),
        bits=bits,
        emotion=word,
        confidence=confidence,
        intensity=intensity,
    )


def told_beside(path: Path) -> tuple[str, EmotionTable | None]:
    """What summary.json beside a timeline knows: what the picture must say of the signal, and the
    table the session was read by. "" and None where there is none, or not of a replay."""
    try:
        told = json.loads(path.with_name("summary.json").read_text(encoding="utf-8"))
        synthetic, taught = told["synthetic"], told["model_trained_on_synthetic_data"]
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return "", None
    words = []
    if synthetic:
        words.append(translate("SessionClip", "Synthetic signal"))
    if taught:
        words.append(translate("SessionClip", "Network trained on synthetic data"))
    try:
        below = told["sad_below"]
        table = EmotionTable(
            tuple(told["words"][octant] for octant in OCTANTS),
            None if below is None else float(below),
        )
    except (EvokeError, KeyError, TypeError, ValueError):
        table = None
    return " · ".join(words), table


def frames_of(readings: Sequence[Read]) -> int:
    """How many frames a film of these readings has."""
    return max(1, round((readings[-1].t_s - readings[0].t_s + HOP_S) * FPS))


def filmed(
    scene: Scene,
    readings: Sequence[Read],
    table: EmotionTable,
    size_px: int,
    tag: str = "",
) -> Iterator[Pixels]:
    """Frames, (size, size, 3), in the time of the recording. table: by which it was read. tag:
    what must be said of the signal. Raises EvokeError."""
    animator = Animator(SEED)
    with canvas(size_px) as board, board.showing(scene) as sitter:
        theme.load_fonts()
        host = QWidget()
        overlay = EmotionOverlay(host, corners=False)
        overlay.resize(size_px, size_px)
        overlay.set_tag(tag)
        at, grey = 0, 0.0
        for k in range(frames_of(readings)):
            now_s = readings[0].t_s + k / FPS
            while at + 1 < len(readings) and readings[at + 1].t_s <= now_s:
                at += 1
            known = now_s - readings[at].t_s <= LONGEST_GAP_S
            overlay.show_caption(caption(readings[at], table) if known else None)
            face = _face(readings[at], table) if known else Face({}, undecided=True)
            pose = animator.update(1.0 / FPS, face.weights, face.undecided)
            grey = greyed(grey, face, 1.0 / FPS)
            picture = sitter.draw(pose, background=backdrop(), grey=grey, clear_below=WORDS_SHARE)
            overlay.render(picture, QPoint(), QRegion(), QWidget.RenderFlag.DrawChildren)
            yield pixels(picture)
        host.deleteLater()


def _face(read: Read, table: EmotionTable) -> Face:
    return Face(mixture(read, table), undecided=read.emotion == UNDECIDED)
