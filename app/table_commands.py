"""`evoke table` and `evoke sweep`: networks from `models`, trainings from `evoke`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from evoke.training.sweep import Sweep, make_sweep
from evoke.training.tables import Cell, Scale, Table, cells, make_table

if TYPE_CHECKING:
    from evoke.training.figures import Palette

TRAINED = ("student", "ccnn", "arjun_vit")
"""ViT-B/16 is counted and timed; on a CPU it would train for days."""

PROTOCOLS = ("segments", "trials")

GPU_WORKERS = 5
"""Trainings that share one GPU; each is too small to fill it."""

DEFAULT_SUBJECTS = {"full": 32, "no GPU": 5, "quick": 3}
"""Of the generated data, by the scale's name."""


def networks() -> list[str]:
    """All there are, in Table I's order."""
    from models.networks import NETWORKS

    order = ("ccnn", "student", "arjun_vit", "vit")
    return [name for name in order if name in NETWORKS]


def run_table(
    source: str | None,
    scale: Scale,
    folder: Path,
    *,
    everything: bool = False,
    workers: int | None = None,
    cluster: str | None = None,
    on_read: Callable[[int, int], None] | None = None,
    on_task: Callable[[int, int], None] = lambda _done, _total: None,
) -> Table:
    """Train and assess the networks on `source`, by default generated benchmark data.

    everything: train ViT-B/16 too. folder: where finished trainings are kept.
    """
    from evoke.features import extractor
    from evoke.training.data import load_windows
    from evoke.training.study import Study
    from evoke.training.tables import FEATURES
    from models.networks import build

    source = source or default_source(scale)
    data = {
        name: load_windows(source, extractor(name), "mean", progress=on_read) for name in FEATURES
    }
    study = Study(data, build)
    return make_table(
        study,
        scale,
        wanted(everything),
        folder,
        on_task,
        workers=workers or _workers(),
        cluster=cluster,
    )


def wanted(everything: bool) -> Sequence[Cell]:
    """What is trained."""
    trained = [name for name in networks() if everything or name in TRAINED]
    return cells(trained, PROTOCOLS)


def run_sweep(
    source: str | None,
    scale: Scale,
    folder: Path,
    *,
    protocols: Sequence[str],
    temperatures: Sequence[float],
    alphas: Sequence[float],
    workers: int | None = None,
    cluster: str | None = None,
    on_read: Callable[[int, int], None] | None = None,
    on_task: Callable[[int, int], None] = lambda _done, _total: None,
) -> Sweep:
    """Train and assess the student over `temperatures` and `alphas`; arguments as `run_table`'s."""
    from evoke.features import extractor
    from evoke.training.data import load_windows
    from evoke.training.study import Study
    from models.networks import build

    data = load_windows(source or default_source(scale), extractor("de"), "mean", progress=on_read)
    return make_sweep(
        Study({"de": data}, build),
        scale,
        protocols,
        temperatures,
        alphas,
        folder,
        on_task,
        workers=workers or _workers(),
        cluster=cluster,
    )


def _workers() -> int | None:
    """None, on the CPU, is one for each core."""
    from evoke.training.run import best_device

    return None if best_device() == "cpu" else GPU_WORKERS


def default_source(scale: Scale) -> str:
    """Generated data as hard as real ones, as many people as the scale is for."""
    return f"demo:benchmark:{DEFAULT_SUBJECTS[scale.name]}"


def palette() -> Palette:
    """The light theme's colours, which print well."""
    from app.theme import LIGHT
    from evoke.training.figures import Palette

    lines = (LIGHT.accent, LIGHT.excited, LIGHT.sad, LIGHT.anger, LIGHT.ok, LIGHT.neutral)
    return Palette(LIGHT.surface, LIGHT.ink, LIGHT.ink3, LIGHT.line2, lines)
