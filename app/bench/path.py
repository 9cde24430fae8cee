"""The path from samples to an emotion, one window at a time as it runs live."""

from __future__ import annotations

import time

import numpy as np

from app.compose import Composer
from app.source_spec import SourceSpec
from evoke.types import HOP

WINDOWS = 200


def window_ms(composer: Composer) -> dict[str, float]:
    """Median and 95th percentile, in ms, of the time from a hop's samples to its reading:
    quality, mapping, features, baseline, network, emotion. On the demo, on this device."""
    composition = composer.compose(SourceSpec("demo", trial=1), speed=float("inf"), chunk=HOP)
    analyzer, source = composition.analyzer(), composition.source
    times: list[float] = []
    while len(times) < WINDOWS and (chunk := source.read()) is not None:
        began = time.perf_counter()
        readings = analyzer.push(chunk)
        if readings:
            times.append(time.perf_counter() - began)
    source.close()
    kept = np.array(times[len(times) // 10 :]) * 1000  # the first are still warming caches
    return {"median_ms": float(np.median(kept)), "p95_ms": float(np.percentile(kept, 95))}
