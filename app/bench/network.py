"""The network alone, host to host."""

from __future__ import annotations

import time

import numpy as np

from evoke.classifier import Classifier

_BATCH = 4096


def speed(classifier: Classifier, repeats: int = 300) -> dict[str, float]:
    """Median time in us of one window from features to probabilities, and windows a second in
    batches of 4,096, on the classifier's own device."""
    grids = np.random.default_rng(0).normal(size=(_BATCH, 4, 9, 9)).astype(np.float32)
    one = grids[:1]
    for _ in range(10):
        classifier.classify(one)
    times = []
    for _ in range(repeats):
        began = time.perf_counter()
        classifier.classify(one)
        times.append(time.perf_counter() - began)
    classifier.classify(grids)
    began = time.perf_counter()
    for _ in range(3):
        classifier.classify(grids)
    per_s = 3 * _BATCH / (time.perf_counter() - began)
    return {"one_us": float(np.median(times)) * 1e6, "windows_per_s": per_s}
