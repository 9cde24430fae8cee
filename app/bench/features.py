"""Speed of the feature extraction, against filtering: one DEAP subject on one core, and whole DEAP
on all cores."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from functools import cache

import numpy as np
from numpy.typing import NDArray
from scipy import signal

from evoke.dataset.demo import generate_subject
from evoke.dataset.subject import Subject, subject_features
from evoke.dataset.windows import trial_windows
from evoke.features import DifferentialEntropy
from evoke.types import BANDS, RATE_HZ, WINDOW

TRIALS, SECONDS, ELECTRODES = 40, 60, 32
REPEATS = 3
SUBJECTS = 32
TORCHEEG_S = 126.0
"""TorchEEG's own extraction, one subject on one core (its BandDifferentialEntropy)."""

_REST = 3 * RATE_HZ


def filtered_entropy(windows: NDArray[np.float32]) -> NDArray[np.float64]:
    """The same entropies (n, 32, 4) by band-passing all windows at once with `lfilter`."""
    bands = []
    for _, low, high in BANDS:
        b, a = signal.butter(5, (low, high), "bandpass", fs=RATE_HZ)
        variance = signal.lfilter(b, a, windows, axis=-1).var(axis=-1)
        bands.append(0.5 * np.log2(2 * math.pi * math.e * variance))
    return np.stack(bands, axis=-1)


def run() -> dict[str, float]:
    """Seconds for DE of one DEAP subject (40 trials of 60 s, 32 electrodes) by the matrix of
    `evoke.features` and by filtering, best of three each in turn, and how far they differ.

    On one core: run with OMP_NUM_THREADS=1 and OPENBLAS_NUM_THREADS=1.
    """
    rng = np.random.default_rng(0)
    shape = (TRIALS * SECONDS, ELECTRODES, WINDOW)
    windows = rng.normal(0.0, 10.0, shape).astype(np.float32)
    extract = DifferentialEntropy().compute
    ours_s, filtering_s = math.inf, math.inf
    for _ in range(REPEATS):
        ours, elapsed = _timed(extract, windows)
        ours_s = min(ours_s, elapsed)
        exact, elapsed = _timed(filtered_entropy, windows)
        filtering_s = min(filtering_s, elapsed)
    return {
        "windows": float(shape[0]),
        "ours_s": ours_s,
        "filtering_s": filtering_s,
        "times_faster": filtering_s / ours_s,
        "largest_difference_bit": float(np.abs(ours - exact).max()),
    }


def run_whole() -> dict[str, float]:
    """Seconds for all of DEAP (32 subjects), from trials in memory to features relative to rest,
    bad electrodes judged and repaired, beside the same windows filtered, rest and repair left out.

    Each process works on one generated subject again and again: nothing is read and nothing
    generated while the clock runs; there is one for each core.
    """
    import joblib

    n = joblib.cpu_count()
    with joblib.Parallel(n_jobs=n, batch_size=1) as workers:

        def seconds(work: Callable[[], float], times: int) -> float:
            start = time.perf_counter()
            workers(joblib.delayed(work)() for _ in range(times))
            return time.perf_counter() - start

        for work in (_extract, _filter):  # every process has its subject, and its libraries
            seconds(work, 2 * n)
        ours_s, filtering_s = seconds(_extract, SUBJECTS), seconds(_filter, SUBJECTS)
    return {
        "subjects": float(SUBJECTS),
        "processes": float(n),
        "ours_s": ours_s,
        "filtering_s": filtering_s,
        "times_faster": filtering_s / ours_s,
    }


def sentence(whole: dict[str, float]) -> str:
    """What `run_whole` found, for the terminal."""
    return (
        f"features of {whole['subjects']:.0f} subjects (40 x 60 s x 32 electrodes), "
        f"{whole['processes']:.0f} processes, without reading: {whole['ours_s']:.1f} s; "
        f"scipy.signal.lfilter, vectorised, {whole['filtering_s']:.1f} s: "
        f"{whole['times_faster']:.1f} times faster "
        f"(TorchEEG: {TORCHEEG_S:.0f} s a subject on one core)"
    )


def _extract() -> float:
    return float(subject_features(_subject(), _extractor(), "mean").features[0, 0, 0, 0])


def _filter() -> float:
    eeg = _subject().eeg
    return float(sum(filtered_entropy(trial_windows(x[:, _REST:]))[0, 0, 0] for x in eeg))


@cache
def _subject() -> Subject:
    data, ratings = generate_subject(1, preset="benchmark", trials=TRIALS, trial_s=SECONDS)
    return Subject("s01", data[:, :ELECTRODES], ratings, synthetic=True)


@cache
def _extractor() -> DifferentialEntropy:
    return DifferentialEntropy()


def _timed(
    work: Callable[[NDArray[np.float32]], NDArray[np.floating]], windows: NDArray[np.float32]
) -> tuple[NDArray[np.floating], float]:
    start = time.perf_counter()
    result = work(windows)
    return result, time.perf_counter() - start
