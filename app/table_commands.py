"""`evoke table`, `sweep` and `recipes`: networks from `models`, trainings from `evoke`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evoke.training.tables import Cell, cells

if TYPE_CHECKING:
    from evoke.training.figures import Palette
    from evoke.training.plan import Scale, Scales
    from evoke.training.study import Study

TRAINED = ("student", "ccnn", "arjun_vit")
"""ViT-B/16 is counted and timed; on a CPU it would train for days."""

PROTOCOLS = ("segments", "trials")

GPU_WORKERS = 5
"""Trainings that share one GPU; each is too small to fill it."""


@dataclass(frozen=True, slots=True)
class Setup:
    """What every study is told.

    source: data, by default generated. device: torch's name; workers: trainings at a time, None
    for one on each core; cluster: address of a Ray cluster; folder: where finished trainings are
    kept.
    """

    source: str | None
    scale: Scale
    device: str
    workers: int | None
    cluster: str | None
    folder: Path

    @property
    def where(self) -> dict[str, Any]:
        """As `jobs.run_tasks` takes it."""
        return {"workers": self.workers, "cluster": self.cluster}

    def study(
        self, features: Sequence[str], on_read: Callable[[int, int], None] | None = None
    ) -> Study:
        """The data, read, by default as hard as real ones. Raises EvokeError for a bad source."""
        from evoke.features import extractor
        from evoke.training.data import load_windows
        from evoke.training.study import Study
        from models.networks import build

        source = self.source or f"demo:benchmark:{self.scale.subjects}"
        data = {
            name: load_windows(source, extractor(name), "mean", progress=on_read)
            for name in features
        }
        return Study(data, build, self.device)

    def about(self) -> str:
        """How much is trained, and what that leaves out."""
        said = self.scale.describe()
        if self.scale.name == "quick":
            return f"A quick look: {said}."
        if self.device == "cpu" and self.cluster is None:
            return f"No GPU: {said}. The full study wants one."
        return f"{said[0].upper()}{said[1:]}."


def setup(
    scales: Scales,
    source: str | None,
    quick: bool,
    workers: int | None,
    cluster: str | None,
    folder: Path | None,
    seeds: int | None = None,
) -> Setup:
    """Fit a study to this computer. Ray lends a task no GPU, so a cluster trains on its CPUs."""
    from app.training_request import best_device
    from evoke.paths import runs_dir

    device = "cpu" if cluster else best_device()
    scale = scales.choose(quick, device, cluster is not None)
    return Setup(
        source=source,
        scale=replace(scale, seeds=seeds or scale.seeds),
        device=device,
        workers=workers or (None if device == "cpu" else GPU_WORKERS),
        cluster=cluster,
        folder=folder or runs_dir() / "studies",
    )


def wanted(everything: bool) -> Sequence[Cell]:
    """What `evoke table` trains; everything: ViT-B/16 too."""
    from models.networks import NETWORKS

    trained = [name for name in NETWORKS if everything or name in TRAINED]
    return cells(trained, PROTOCOLS)


def palette() -> Palette:
    """The light theme's colours, which print well."""
    from app.theme import LIGHT
    from evoke.training.figures import Palette

    lines = (LIGHT.accent, LIGHT.excited, LIGHT.sad, LIGHT.anger, LIGHT.ok, LIGHT.neutral)
    return Palette(LIGHT.surface, LIGHT.ink, LIGHT.ink3, LIGHT.line2, lines)
