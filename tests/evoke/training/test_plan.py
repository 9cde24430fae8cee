"""How much a study trains, and on what."""

from __future__ import annotations

from evoke.training.device import cpu_bf16
from evoke.training.plan import Scale, Scales

SCALES = Scales(
    full=Scale("full", 32, seconds=60, passes=12, folds=5, seeds=3, student_passes=30),
    small=Scale("small", 5, seconds=20, passes=6, folds=2, seeds=1),
    quick=Scale("quick", 2, seconds=6, passes=2, folds=1, seeds=1),
)


def test_a_gpu_or_a_cluster_makes_it_full() -> None:
    assert SCALES.choose(quick=False, device="cuda") == SCALES.full
    assert SCALES.choose(quick=False, device="cpu", cluster=True) == SCALES.full
    assert SCALES.choose(quick=False, device="cpu").name == "small"
    assert SCALES.choose(quick=True, device="cuda") == SCALES.quick


def test_a_cpu_is_asked_for_bf16_only_where_it_has_it() -> None:
    chosen = SCALES.choose(quick=True, device="cpu")
    assert chosen.precision == ("bf16" if cpu_bf16() else "auto")
    assert chosen.config("trials", 0).precision == chosen.precision


def test_a_scale_says_itself_and_counts_its_runs() -> None:
    assert list(SCALES.small.runs()) == [(0, 0), (0, 1)]
    assert len(list(SCALES.full.runs())) == 15
    assert SCALES.full.describe() == (
        "60 s of each trial, at most 12 passes (student 30), 5 of 5 folds, 3 seeds"
    )
    assert SCALES.quick.describe().endswith("1 of 5 folds, 1 seed")
    config = SCALES.full.config("segments", 2, "student")
    assert (config.protocol, config.seed, config.epochs, config.folds) == ("segments", 2, 30, 5)
