"""Replay without a window: a source in, timeline.csv and summary.json out."""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from collections.abc import Callable, Iterable
from importlib.metadata import version
from pathlib import Path

import numpy as np

from app.compose import Composition
from app.files import write_atomically
from evoke.baseline import STAND_IN_REST_S
from evoke.emotion import OCTANTS, UNDECIDED
from evoke.types import DIMENSIONS, HOP, RATE_HZ, WINDOW, Affect, Doubt

COLUMNS = (
    "trial",
    "t_s",
    "p_valence",
    "p_arousal",
    "p_dominance",
    "bits",
    "emotion",
    "confidence",
    "intensity",
    "quality",
    "latency_ms",
)

PICTURES = ("window.png", "avatar.png")

Progress = Callable[[int, float, float], None]
"""Trial, seconds played of it, its duration."""


def replay(composition: Composition, progress: Progress | None = None) -> list[Affect]:
    """Read a source to its end and return every reading. Raises EvokeError."""
    source, analyzer = composition.source, composition.analyzer()
    readings: list[Affect] = []
    try:
        while (chunk := source.read()) is not None:
            readings += analyzer.push(chunk)
            if progress:
                played_s = (chunk.offset + chunk.n_samples) / source.info.rate_hz
                progress(chunk.trial, played_s, source.duration_s)
    finally:
        source.close()
    return readings


def write_timeline(path: Path, readings: Iterable[Affect]) -> None:
    """One row a reading. Raises EvokeError if the folder cannot be written."""
    text = io.StringIO(newline="")
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(COLUMNS)
    for r in readings:
        rows.writerow(
            [
                r.trial,
                f"{r.t_s:.2f}",
                *(f"{p:.4f}" for p in r.probabilities),
                r.bits,
                r.emotion,
                f"{r.confidence:.4f}",
                f"{r.intensity:.4f}",
                f"{r.quality.score:.3f}",
                f"{r.latency_s * 1000:.2f}",
            ]
        )
    write_atomically(path, text.getvalue())


def summarise(composition: Composition, readings: list[Affect]) -> dict[str, object]:
    """What a replay came to. `latency_ms_median` alone differs between two runs."""
    info, classifier = composition.source.info, composition.classifier
    trials = sorted({r.trial for r in readings})
    return {
        "evoke": version("evoke"),
        "source": info.name,
        "synthetic": info.synthetic,
        "rate_hz": info.rate_hz,
        "model": classifier.name,
        "model_trained_on_synthetic_data": classifier.synthetic,
        "model_fingerprint": classifier.fingerprint,
        "device": classifier.device,
        "mains_hz": composition.chain.notch_hz,
        "words": dict(zip(OCTANTS, composition.emotion.table.words, strict=True)),
        "sad_below": composition.emotion.table.sad_below,
        "smoothing_s": composition.emotion.smoothing_s,
        "undecided_zone": list(composition.emotion.unsure),
        "readings": len(readings),
        "undecided": sum(r.emotion == UNDECIDED for r in readings),
        "undecided_why": {
            doubt.value: sum(r.doubt is doubt for r in readings)
            for doubt in Doubt
            if doubt is not Doubt.NONE
        },
        "rest_provisional": any(r.provisional for r in readings),
        "emotions_s": _seconds(readings),
        "trials": {
            str(trial): _of_trial([r for r in readings if r.trial == trial]) for trial in trials
        },
        "latency_ms_median": round(float(np.median([r.latency_s for r in readings])) * 1000, 3)
        if readings
        else None,
        "notes": list(notes(composition, readings)),
        "use": "Research use only, not a medical device.",
    }


def write_summary(path: Path, summary: dict[str, object]) -> None:
    """Raises EvokeError if the folder cannot be written."""
    write_atomically(path, json.dumps(summary, indent=2, ensure_ascii=False) + "\n")


def notes(composition: Composition, readings: list[Affect]) -> tuple[str, ...]:
    """What the user should know of this replay, a sentence each."""
    said = (*composition.source.info.notes, *composition.analyzer().chain.notes)
    return said if readings else (*said, why_nothing(composition))


def why_nothing(composition: Composition) -> str:
    """Why a recording gave no reading, in one sentence."""
    source, analyzer = composition.source, composition.analyzer()
    rest_s = source.info.rest_s or STAND_IN_REST_S
    needed_s = analyzer.chain.settle_s + rest_s + WINDOW / RATE_HZ
    if source.duration_s > needed_s + 1:
        return (
            f"{source.info.name} gave no reading: nowhere are there {STAND_IN_REST_S} seconds in "
            "which enough electrodes carry signal, to stand in for rest."
        )
    return (
        f"{source.info.name} gave no reading: it lasts {source.duration_s:.1f} s, and a reading "
        f"needs {analyzer.chain.settle_s:.1f} s for the filters to settle, {rest_s:.0f} s of rest "
        "and a window of 1 s."
    )


def _of_trial(readings: list[Affect]) -> dict[str, object]:
    """Mean probabilities, of what was read alone: a window that is withheld says nothing."""
    read = [r.probabilities for r in readings if r.doubt in (Doubt.NONE, Doubt.CONFIDENCE)]
    mean = np.mean(read, axis=0).tolist() if read else [None] * len(DIMENSIONS)
    return {
        **{
            f"p_{name}": None if p is None else round(p, 4)
            for name, p in zip(DIMENSIONS, mean, strict=True)
        },
        "emotions_s": _seconds(readings),
    }


def _seconds(readings: list[Affect]) -> dict[str, float]:
    """Seconds each word was read; every reading stands for one hop."""
    counts = Counter(reading.emotion for reading in readings)
    return {word: n * HOP / RATE_HZ for word, n in sorted(counts.items())}
