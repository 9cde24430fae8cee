"""Figures are drawn from what was measured, for screen and print."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from evoke.errors import SettingsError
from evoke.training.evaluation import Assessment, assess
from evoke.training.figures import Palette, draw_speed, draw_sweep, save_figure, three_digits
from evoke.training.sweep import Point, Sweep, in_words
from evoke.training.tables import SCALES

PALETTE = Palette("#FFFFFF", "#17212B", "#687582", "#BFC8D1", ("#0E6E7C", "#BA662A"))


def found(seed: int, known: int = 0) -> Assessment:
    """known: of the twenty answers, how many are no guesses."""
    rng = np.random.default_rng(seed)
    y = rng.integers(0, 2, (20, 3))
    p = rng.random((20, 3))
    p[:known] = 0.1 + 0.8 * y[:known]
    return assess(p, y, np.arange(20), y, resamples=50)


@pytest.fixture(scope="module")
def sweep() -> Sweep:
    points = [Point("trials", "ccnn"), Point("trials")]
    points += [Point("trials", "student", t, a) for t in (1.25, 4.0) for a in (0.25, 0.5, 0.9)]
    return Sweep(SCALES.small, "data", {p: found(k) for k, p in enumerate(points)}, ())


def test_the_sweep_has_a_line_for_each_temperature_and_two_levels(sweep: Sweep) -> None:
    [axes] = draw_sweep(sweep, PALETTE).axes
    lines = {str(line.get_label()): line for line in axes.lines}
    assert set(lines) == {"student from scratch, 95%", "teacher", "T = 1.25", "T = 4"}
    expected = [
        100 * sweep.accuracy(Point("trials", "student", 4.0, a))[0]  # type: ignore[index]
        for a in (0.25, 0.5, 0.9)
    ]
    assert list(lines["T = 4"].get_ydata()) == pytest.approx(expected)
    assert len({line.get_marker() for k, line in lines.items() if k.startswith("T")}) == 2


@pytest.mark.parametrize(("known", "held"), [((8, 20), True), ((0, 2), False)])
def test_the_papers_best_is_marked_where_the_axes_hold_it(
    known: tuple[int, int], held: bool
) -> None:
    """Under its own protocol alone, and named in words wherever that is swept."""
    points: dict[Point, Assessment | None] = {}
    for protocol in ("trials", "segments"):
        for alpha, count in zip((0.1, 0.5), known, strict=True):
            points[Point(protocol, "student", 1.25, alpha)] = found(0, count)
    made = Sweep(SCALES.small, "data", points, ())
    figure = draw_sweep(made, PALETTE)
    trials, segments = (
        {str(line.get_label()): line for line in axes.lines} for axes in figure.axes
    )
    best = "the paper, T = 1.25, on DEAP"
    assert best not in trials
    assert (best in segments) == held
    if held:
        assert segments[best].get_xydata().tolist() == [[0.25, 87.62]]
        assert best in [text.get_text() for text in figure.legends[0].get_texts()]
    assert "87.62% of DEAP's mixed seconds" in " ".join(in_words(made))


def test_mixed_seconds_are_marked_and_knowing_nothing_stands_beside() -> None:
    points = {p: found(k) for k, p in enumerate([Point("segments", "ccnn"), Point("segments")])}
    made = Sweep(SCALES.small, "data", points, ())
    [axes] = draw_sweep(made, PALETTE).axes
    title = axes.get_title(loc="left")
    assert "mixes seconds of one trial" in title
    assert f"always the commoner answer {made.commoner('segments'):.1%}" in title
    assert made.commoner("trials") is None


@pytest.mark.parametrize(
    ("value", "said"), [(0.1794, "0.179"), (19.94, "19.9"), (2734.0, "2,730"), (999.9, "1,000")]
)
def test_figures_have_three_digits(value: float, said: str) -> None:
    assert three_digits(value) == said


def test_files_are_written_and_text_stays_text(sweep: Sweep, tmp_path: Path) -> None:
    png, svg = save_figure(draw_sweep(sweep, PALETTE), tmp_path, "sweep")
    assert png.read_bytes().startswith(b"\x89PNG")
    assert "weight on the teacher" in svg.read_text()
    first = svg.read_bytes()
    save_figure(draw_sweep(sweep, PALETTE), tmp_path, "sweep")
    assert svg.read_bytes() == first


def test_speed_shows_each_network_beside_the_paper() -> None:
    costs: dict[str, dict[str, float | str]] = {
        "ccnn": {"mb": 23.79, "one_ms": 5.0, "device": "CPU"},
        "student": {"mb": 1.35, "one_ms": 0.2, "device": "CPU"},
    }
    size, speed = draw_speed(costs, PALETTE).axes
    assert [bar.get_width() for bar in size.patches] == [23.79, 1.35, 1.35]
    assert [bar.get_width() for bar in speed.patches] == [5.0, 0.2, 0.33]
    assert size.yaxis_inverted()


def test_a_folder_that_cannot_be_written_is_refused(sweep: Sweep, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(SettingsError, match="cannot be written"):
        save_figure(draw_sweep(sweep, PALETTE), tmp_path / "file", "sweep")
