"""Figures of studies, drawn for screen and print: PNG and SVG."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evoke.errors import SettingsError
from evoke.training.comparison import Comparison, Row
from evoke.training.plan import STUDENT, TEACHER, TITLES
from evoke.training.sweep import PAPER_POINT, Point, Sweep
from evoke.training.tables import PAPER_SPEED
from evoke.training.verdict import protocol_title

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MARKERS = ("o", "s", "D", "^", "v", "P")
"""Lines differ in marker too, so that they are told apart in grey and by the colour-blind."""

DPI = 200


@dataclass(frozen=True, slots=True)
class Palette:
    """Colours as #RRGGBB: ground, text, faint text, rules, and one for each line."""

    ground: str
    ink: str
    faint: str
    rule: str
    lines: tuple[str, ...]


def draw_sweep(sweep: Sweep, palette: Palette) -> Figure:
    """Accuracy over alpha, a line for each temperature, a panel for each protocol; the teacher
    and the student from scratch as level lines, the latter with its 95% interval; the paper's
    best beside them, where it lies within the axes."""
    protocols = list(dict.fromkeys(point.protocol for point in sweep.points))
    figure = _figure(palette, 4.6 * len(protocols), 4.1)
    panels = figure.subplots(1, len(protocols), squeeze=False)[0]
    for axes, protocol in zip(panels, protocols, strict=True):
        _panel(axes, sweep, protocol, palette)
    panels[0].set_ylabel("accuracy in %, mean of three labels")
    named = {
        name: handle
        for axes in panels
        for handle, name in zip(*axes.get_legend_handles_labels(), strict=True)
    }
    legend = figure.legend(
        named.values(), named, loc="outside lower center", ncols=4, frameon=False, fontsize=8.5
    )
    for text in legend.get_texts():
        text.set_color(palette.ink)
    figure.suptitle(
        f"Distillation over temperature and weight of the teacher\n{sweep.data}",
        color=palette.ink, fontsize=10, x=0.01, ha="left",
    )  # fmt: skip
    return figure


def _panel(axes: Axes, sweep: Sweep, protocol: str, palette: Palette) -> None:
    _dress(axes, palette)
    axes.set_title(_panel_title(protocol, sweep.commoner(protocol)), **_title(palette))
    axes.set_xlabel("alpha: weight on the teacher")
    teacher, scratch = (sweep.accuracy(Point(protocol, n)) for n in (TEACHER, STUDENT))
    if scratch is not None:
        axes.axhspan(100 * scratch[1], 100 * scratch[2], color=palette.rule, alpha=0.45, lw=0)
        axes.axhline(
            100 * scratch[0],
            color=palette.faint,
            lw=1.4,
            ls="--",
            label="student from scratch, 95%",
        )
    if teacher is not None:
        axes.axhline(100 * teacher[0], color=palette.ink, lw=1.4, ls=":", label="teacher")
    axes.set_xticks(sorted({p.alpha for p in sweep.points if p.alpha is not None}))
    temperatures = sorted({p.temperature for p in sweep.points if p.temperature is not None})
    for k, temperature in enumerate(temperatures):
        line = [
            (p.alpha or 0.0, found[0])
            for p in sweep.points
            if p.protocol == protocol and p.temperature == temperature
            if (found := sweep.accuracy(p)) is not None
        ]
        axes.plot(
            [alpha for alpha, _ in line],
            [100 * value for _, value in line],
            color=palette.lines[k % len(palette.lines)],
            marker=MARKERS[k % len(MARKERS)],
            ms=5, lw=1.8, label=f"T = {temperature:g}",
        )  # fmt: skip
    if protocol == "segments":
        _paper_point(axes, palette)


def _paper_point(axes: Axes, palette: Palette) -> None:
    """Where the axes, as our own figures made them, hold it."""
    temperature, alpha, right = PAPER_POINT
    (left, end), (low, high) = axes.get_xlim(), axes.get_ylim()
    if left <= alpha <= end and low <= right <= high:
        axes.plot(
            alpha, right, color=palette.ink, mfc=palette.ground, marker="*", ms=10, ls="none",
            label=f"the paper, T = {temperature:g}, on DEAP",
        )  # fmt: skip


def draw_comparison(made: Comparison, palette: Palette) -> Figure:
    """For each recipe how far it is above the student from scratch, with its paired 95% interval;
    a panel for each protocol, the accuracy itself in figures beside it."""
    protocols = made.protocols
    rows = [row for row in made.rows if row.key != "scratch"]
    figure = _figure(palette, 2.2 + 4.2 * len(protocols), 1.7 + 0.34 * len(rows))
    panels = figure.subplots(1, len(protocols), squeeze=False, sharey=True)[0]
    for axes, protocol in zip(panels, protocols, strict=True):
        _differences(axes, made, rows, protocol, palette)
    panels[0].set_yticks(range(len(rows)), [row.title for row in rows])
    panels[0].invert_yaxis()
    figure.suptitle(
        f"What each recipe adds to the student from scratch\n{made.data}",
        color=palette.ink, fontsize=10, x=0.01, ha="left",
    )  # fmt: skip
    return figure


def _differences(
    axes: Axes, made: Comparison, rows: Sequence[Row], protocol: str, palette: Palette
) -> None:
    _dress(axes, palette)
    scratch = made.found.get(("scratch", protocol))
    title = _panel_title(protocol, None)
    if scratch is not None:
        right = scratch.assessment.scores["macro"]["accuracy"].value
        title = _panel_title(protocol, scratch.assessment.trivial["macro"]["accuracy"])
        title += f"\nfrom scratch {right:.1%}"
    axes.set_title(title, **_title(palette))
    axes.set_xlabel("points over the student from scratch, 95%")
    axes.axvline(0, color=palette.faint, lw=1.2)
    for place, row in enumerate(rows):
        found = made.found.get((row.key, protocol))
        if found is None or (over := found.to_scratch) is None:
            continue
        colour = palette.ink if row.network == TEACHER else palette.lines[0]
        low, value, high = (100 * x for x in (over.low, over.value, over.high))
        axes.plot([low, high], [place, place], color=colour, lw=1.8, solid_capstyle="butt")
        axes.plot(value, place, marker="s" if row.network == TEACHER else "o", color=colour, ms=5.5)
        right = found.assessment.scores["macro"]["accuracy"].value
        axes.annotate(
            f"{100 * right:.1f}%", (1, place), xycoords=axes.get_yaxis_transform(),
            xytext=(6, 0), textcoords="offset points", va="center",
            color=palette.ink, fontsize=8.5,
        )  # fmt: skip
    axes.text(1, 1.02, "  right", transform=axes.transAxes, color=palette.faint, fontsize=8.5)
    axes.grid(visible=False, axis="y")
    axes.tick_params(axis="y", length=0, labelcolor=palette.ink)


def _panel_title(protocol: str, commoner: float | None) -> str:
    """A protocol, what is wrong with it, and what knowing nothing reaches."""
    title = protocol_title(protocol).replace(": ", "\n")
    return title if commoner is None else f"{title}\nalways the commoner answer {commoner:.1%}"


def _title(palette: Palette) -> dict[str, Any]:
    return {"color": palette.ink, "fontsize": 10, "loc": "left"}


def draw_speed(costs: Mapping[str, Mapping[str, float | str]], palette: Palette) -> Figure:
    """Size and time of one window for each network, smaller being better, beside the paper's
    student; both on logarithmic scales."""
    names = list(costs)
    device = costs[names[0]]["device"]
    figure = _figure(palette, 8.6, 1.3 + 0.42 * (len(names) + 1))
    size, speed = figure.subplots(1, 2, sharey=True)
    size.invert_yaxis()
    titles = [TITLES.get(name, name) for name in names]
    paper = "the paper's student"
    _bars(size, [*titles, paper], [float(costs[n]["mb"]) for n in names] + [1.35], palette)
    size.set_title("Size in MB", **_title(palette))
    times = [float(costs[n]["one_ms"]) for n in names]
    _bars(speed, [*titles, paper], [*times, PAPER_SPEED["one_ms"]], palette)
    speed.set_title(f"One window in ms ({device}; the paper: RTX A6000)", **_title(palette))
    return figure


def _bars(axes: Axes, titles: Sequence[str], values: Sequence[float], palette: Palette) -> None:
    _dress(axes, palette)
    axes.set_xscale("log")
    colours = [palette.rule if t.startswith("the paper") else palette.lines[0] for t in titles]
    bars = axes.barh(titles, values, color=colours, height=0.62)
    axes.bar_label(
        bars, labels=[three_digits(v) for v in values], padding=4, color=palette.ink, fontsize=9
    )
    axes.grid(visible=False, axis="y")
    axes.set_xlim(min(values) / 3, max(values) * 4)
    axes.xaxis.set_major_formatter("{x:g}")
    axes.tick_params(axis="x", which="minor", length=0)
    axes.tick_params(axis="y", length=0, labelcolor=palette.ink)


def three_digits(value: float) -> str:
    """'0.179', '19.9', '2,730'."""
    rounded = float(f"{value:.3g}")
    return f"{rounded:g}" if rounded < 1000 else f"{rounded:,.0f}"


def save_figure(figure: Figure, folder: Path, name: str) -> list[Path]:
    """NAME.png and NAME.svg in `folder`. Raises SettingsError if they cannot be written."""
    import matplotlib

    paths = [folder / f"{name}{suffix}" for suffix in (".png", ".svg")]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        # text stays text, and the same figure gives the same bytes
        with matplotlib.rc_context({"svg.fonttype": "none", "svg.hashsalt": "evoke"}):
            for path in paths:
                dated = {"Date": None} if path.suffix == ".svg" else {}
                figure.savefig(path, dpi=DPI, facecolor=figure.get_facecolor(), metadata=dated)
    except OSError as error:
        raise SettingsError(f"{folder} cannot be written to: {error.strerror}.") from error
    return paths


def _figure(palette: Palette, width: float, height: float) -> Figure:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), layout="constrained", facecolor=palette.ground)
    FigureCanvasAgg(figure)
    return figure


def _dress(axes: Axes, palette: Palette) -> None:
    """Quiet axes: no frame but the two rules, a light grid behind."""
    axes.set_facecolor(palette.ground)
    axes.set_axisbelow(True)
    axes.grid(color=palette.rule, lw=0.6, alpha=0.8)
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[["left", "bottom"]].set_color(palette.faint)
    axes.tick_params(colors=palette.faint, labelsize=9)
    axes.xaxis.label.set_color(palette.ink)
    axes.yaxis.label.set_color(palette.ink)
