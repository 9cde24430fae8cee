"""`evoke evaluate` and `evoke speed` on the terminal."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from app.results import (
    Csv,
    Data,
    Device,
    Json,
    LeaveOut,
    as_json,
    check_out,
    device_named,
    listening,
    show,
    write,
)

if TYPE_CHECKING:
    from app.costs import Cost
    from app.evaluation_commands import Evaluated


def evaluate(
    checkpoint: Annotated[
        Path, typer.Argument(metavar="CHECKPOINT_OR_RUN", help="A checkpoint, or a folder of them.")
    ],
    data: Data = None,
    leave_out: LeaveOut = None,
    device: Device = "auto",
    json_file: Json = None,
    csv_file: Csv = None,
) -> None:
    """Say how often a network is right, and how often knowing nothing would be."""
    from app.evaluation_commands import checkpoints
    from app.evaluation_commands import evaluate as run
    from evoke.training.verdict import assessment_csv

    check_out(json_file, ".json")
    check_out(csv_file, ".csv")
    chosen = device_named(device)
    paths = checkpoints(checkpoint)
    if csv_file is not None and len(paths) > 1:
        raise typer.BadParameter(f"{checkpoint} holds {len(paths)} checkpoints; --csv takes one.")
    with listening("reading", "asking the network") as (on_read, on_asked):
        found = [
            run(path, data, on_read, on_asked, leave_out=leave_out or (), device=chosen)
            for path in paths
        ]
    for one in found:
        _tell_evaluation(one)
    write(json_file, lambda: as_json([one.as_json() for one in found]))
    write(csv_file, lambda: assessment_csv(found[0].assessment))


def speed(
    out: Annotated[Path, typer.Option(help="Folder for the figure and its numbers.")],
    all_networks: Annotated[
        bool, typer.Option("--all", help="Every network, not teacher and student alone.")
    ] = False,
) -> None:
    """Inference speed and size of teacher and student: the paper's figure 1, made again."""
    from app.costs import as_csv
    from app.table_commands import palette
    from evoke.training.figures import draw_speed, save_figure
    from models.networks import NETWORKS

    check_out(out / "speed.json", ".json")
    costs = costs_of(NETWORKS if all_networks else NETWORKS[:2])
    show_costs(costs)
    plain = {name: one.as_dict() for name, one in costs.items()}
    for path in save_figure(draw_speed(plain, palette()), out, "speed"):
        typer.echo(f"Written to {path}")
    write(out / "speed.json", lambda: as_json(plain))
    write(out / "speed.csv", lambda: as_csv(costs))


def _tell_evaluation(found: Evaluated) -> None:
    """The verdict first, then the figures behind it."""
    from rich.table import Table

    from evoke.training.verdict import cell_text, confusion_rows, metric_title

    typer.echo("\n".join(found.words()))
    if found.synthetic:
        typer.echo("Synthetic data: this says nothing of people.")
    a = found.assessment
    typer.echo(f"\n{found.name} on {found.data}: {a.windows} windows of {a.trials} trials")
    figures = Table("", *a.scores, "knowing nothing (macro)", box=None)
    for metric in a.scores["macro"]:
        trivial = a.trivial["macro"].get(metric)
        cells = [cell_text(row[metric]) for row in a.scores.values()]
        figures.add_row(metric_title(metric), *cells, "" if trivial is None else f"{trivial:.3f}")
    floors = [f"up to {a.ece_floor[d].high:.3f}" for d in a.ece_floor]
    figures.add_row("ECE of a perfect predictor", *floors, "")
    chance = ["-" if math.isnan(p) else f"{p:.3f}" for p in a.chance.values()]
    figures.add_row("p (ratings shuffled)", *chance, "")
    show(figures)
    typer.echo(
        "Knowing nothing: always the commoner answer (accuracy), always 'high' (F1), or always the "
        f"share of high ratings (NLL, Brier). In brackets: 95 % over {a.drawn}."
    )
    rows = confusion_rows(a)
    typer.echo("\nWindows by the emotion rated (line) and read (column)")
    confusion = Table("", *(word for word, _ in rows), box=None)
    for word, counts in rows:
        confusion.add_row(word, *map(str, counts))
    show(confusion)


def costs_of(names: Sequence[str]) -> dict[str, Cost]:
    """Counted and timed, with a bar."""
    from app.costs import cost
    from app.progress import bar

    costs = {}
    with bar("timing", len(names)) as advance:
        for name in names:
            costs[name] = cost(name)
            advance()
    return costs


def show_costs(costs: dict[str, Cost]) -> None:
    """As Table I has them, the paper's student beside them, and what its counts leave out."""
    from rich.table import Table

    from evoke.training.figures import three_digits
    from evoke.training.plan import TITLES

    device = next(iter(costs.values())).device
    heads = ("layers", "parameters", "MACs", "MB", "ms for one window", "windows/s")
    made = Table("", *heads, box=None, title=f"Cost, timed on {device}", title_justify="left")
    for name, one in costs.items():
        made.add_row(
            TITLES[name],
            *(f"{one.layers}", f"{one.layer_parameters:,}", f"{one.macs:,}", f"{one.mb:.2f}"),
            *(three_digits(one.one_ms), f"{one.windows_per_s:,.0f}"),
        )
    paper = ("8", "353,363", "1,991,424", "1.35", "0.33", "80,176")
    made.add_row("the paper's EVOKE, RTX A6000", *paper)
    show(made)
    if "arjun_vit" in costs:
        typer.echo(
            "ArjunViT reads features here; the paper counts 144,356 parameters, which are those of "
            "its form on raw windows with four outputs."
        )
    more = [
        f"{TITLES[name]} {one.parameters:,}"
        for name, one in costs.items()
        if one.parameters != one.layer_parameters
    ]
    if more:
        typer.echo(
            "Parameters of layers alone, as the paper counts; with class token and positions, "
            f"which are trained too and are in the MB: {', '.join(more)}."
        )
