"""`evoke table`, `sweep` and `recipes` on the terminal."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from app.results import Csv, Data, Json, as_json, check_out, listening, show, write

if TYPE_CHECKING:
    from rich.table import Table as RichTable

    from evoke.training.comparison import Comparison
    from evoke.training.tables import Table

Quick = Annotated[bool, typer.Option("--quick", help="Few people, few epochs: a look in minutes.")]
Workers = Annotated[
    int | None, typer.Option(min=1, help="Trainings at a time; default: one for each core.")
]
Cluster = Annotated[
    str | None, typer.Option(metavar="ADDRESS", help="A Ray cluster: auto, HOST:PORT, ray://...")
]
Seeds = Annotated[
    int | None, typer.Option(min=1, help="Of folds and weights; default: what suits the computer.")
]
Work = Annotated[
    Path | None, typer.Option(help="Folder for finished trainings; a repeated run goes on there.")
]


def table(
    data: Data = None,
    json_file: Json = None,
    csv_file: Csv = None,
    quick: Quick = False,
    vit: Annotated[bool, typer.Option("--vit", help="Train ViT-B/16 too; wants a GPU.")] = False,
    workers: Workers = None,
    cluster: Cluster = None,
    work: Work = None,
) -> None:
    """Table I of the paper, made again, with what its protocol hides."""
    from app.evaluation_cli import costs_of, show_costs
    from app.table_commands import setup, wanted
    from evoke.training.tables import (
        FEATURES,
        SCALES,
        about_paper,
        about_student,
        as_csv,
        gap_in_words,
        make_table,
    )
    from evoke.training.tables import as_json as table_json
    from models.networks import NETWORKS

    check_out(json_file, ".json")
    check_out(csv_file, ".csv")
    asked = setup(SCALES, data, quick, workers, cluster, work)
    typer.echo(asked.about())
    with listening("reading", "training", "assessing") as (on_read, on_task, on_assessed):
        study = asked.study(FEATURES, on_read)
        made = make_table(
            study, asked.scale, wanted(vit), asked.folder, on_task, on_assessed, **asked.where
        )
    costs = costs_of(NETWORKS)
    show_costs(costs)
    show(_score_table(made))
    words = [about_student(), about_paper(), *gap_in_words(made), *made.failures]
    typer.echo("\n".join(["", *words]))
    plain = {name: one.as_dict() for name, one in costs.items()}
    write(json_file, lambda: as_json(table_json(made, plain)))
    write(csv_file, lambda: as_csv(made))


def sweep(
    out: Annotated[Path, typer.Option(help="Folder for the figure and its numbers.")],
    data: Data = None,
    quick: Quick = False,
    protocol: Annotated[
        list[str] | None, typer.Option(help="May be repeated; default: segments and trials.")
    ] = None,
    temperature: Annotated[list[float] | None, typer.Option(help="May be repeated.")] = None,
    alpha: Annotated[list[float] | None, typer.Option(help="May be repeated.")] = None,
    workers: Workers = None,
    cluster: Cluster = None,
    work: Work = None,
) -> None:
    """The student's accuracy over temperature and alpha, beside teacher and student from scratch.

    The paper's figure 4 shows its student's first 50 epochs instead; its best stands beside ours.
    """
    from app.table_commands import PROTOCOLS, palette, setup
    from evoke.training import sweep as sweeps
    from evoke.training.figures import draw_sweep, save_figure
    from evoke.training.tables import SCALES

    check_out(out / "sweep.json", ".json")
    asked = setup(SCALES, data, quick, workers, cluster, work)
    typer.echo(asked.about())
    grid = (sweeps.QUICK_TEMPERATURES, sweeps.QUICK_ALPHAS) if quick else (
        sweeps.TEMPERATURES, sweeps.ALPHAS
    )  # fmt: skip
    with listening("reading", "training", "assessing") as (on_read, on_task, on_assessed):
        made = sweeps.make_sweep(
            asked.study(["de"], on_read),
            asked.scale,
            protocol or PROTOCOLS,
            temperature or grid[0],
            alpha or grid[1],
            asked.folder,
            on_task,
            on_assessed,
            **asked.where,
        )
    typer.echo("\n".join([*sweeps.in_words(made), *made.failures]))
    for path in save_figure(draw_sweep(made, palette()), out, "sweep"):
        typer.echo(f"Written to {path}")
    write(out / "sweep.json", lambda: as_json(sweeps.as_json(made)))
    write(out / "sweep.csv", lambda: sweeps.as_csv(made))


def recipes(
    data: Data = None,
    quick: Quick = False,
    seeds: Seeds = None,
    json_file: Json = None,
    csv_file: Csv = None,
    markdown: Annotated[
        Path | None, typer.Option(help="Write tables and words there (.md).")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Folder for the figure.")] = None,
    workers: Workers = None,
    cluster: Cluster = None,
    work: Work = None,
) -> None:
    """What each recipe of distillation adds."""
    from app.table_commands import palette, setup
    from evoke.training import comparison_report as report
    from evoke.training.comparison import SCALES, compare
    from evoke.training.figures import draw_comparison, save_figure

    check_out(json_file, ".json")
    check_out(csv_file, ".csv")
    check_out(markdown, ".md")
    check_out(out and out / "recipes.png", ".png")
    asked = setup(SCALES, data, quick, workers, cluster, work, seeds)
    typer.echo(asked.about())
    with listening("reading", "training", "assessing") as (on_read, on_task, on_assessed):
        study = asked.study(["de"], on_read)
        made = compare(
            study,
            asked.scale,
            asked.folder,
            on_task=on_task,
            on_assessed=on_assessed,
            **asked.where,
        )
    typer.echo(report.about(made))
    for protocol in made.protocols:
        show(_recipe_table(made, protocol))
    typer.echo("\n".join(["", *report.in_words(made), *made.failures]))
    if out is not None:
        for path in save_figure(draw_comparison(made, palette()), out, "recipes"):
            typer.echo(f"Written to {path}")
    write(json_file, lambda: as_json(report.as_json(made)))
    write(csv_file, lambda: report.as_csv(made))
    write(markdown, lambda: report.as_markdown(made))


def _recipe_table(made: Comparison, protocol: str) -> RichTable:
    from rich.table import Table as RichTable

    from evoke.training.comparison_report import HEADS, lines
    from evoke.training.verdict import protocol_title

    title = f"\n{protocol_title(protocol)}"
    table = RichTable(*HEADS, box=None, title=title, title_justify="left")
    for line in lines(made, protocol):
        table.add_row(*line)
    return table


def _score_table(made: Table) -> RichTable:
    from rich.table import Table as RichTable

    from evoke.dataset.splits import PROTOCOL_NAMES
    from evoke.training.plan import TITLES
    from evoke.training.tables import PAPER

    protocols = list(dict.fromkeys(cell.protocol for cell in made.cells))
    names = [PROTOCOL_NAMES[p].partition(":")[0] for p in protocols]
    title = f"Accuracy in % (95% interval) and F1, {made.data}, {made.trials} trials"
    heads = ("features", *names, "the paper (DEAP, mixed seconds)")
    table = RichTable("", *heads, box=None, title=title, title_justify="left")
    by_row: dict[tuple[str, str, bool], dict[str, str]] = {}
    for cell, found in made.cells.items():
        row = by_row.setdefault((cell.network, cell.features, cell.shuffled), {})
        if found is not None:
            accuracy, f1 = found.scores["macro"]["accuracy"], found.scores["macro"]["f1"]
            low, high = 100 * accuracy.low, 100 * accuracy.high
            row[cell.protocol] = f"{100 * accuracy.value:.1f} ({low:.1f}-{high:.1f}) {f1.value:.2f}"
    for (network, features, shuffled), row in by_row.items():
        paper = None if shuffled else PAPER.get((network, features))
        table.add_row(
            "Student from scratch, ratings shuffled" if shuffled else TITLES[network],
            features.upper(),
            *(row.get(p, "-") for p in protocols),
            "-" if paper is None else f"{paper[0]:.2f} {paper[1]:.2f}",
        )
    table.add_row("always the commoner answer", "", *_majorities(made, protocols), "")
    table.caption = "Mixed seconds, as in the paper: " + PROTOCOL_NAMES["segments"].split(": ")[1]
    table.caption_justify = "left"
    return table


def _majorities(made: Table, protocols: list[str]) -> list[str]:
    values = []
    for protocol in protocols:
        found = [
            a for c, a in made.cells.items() if c.protocol == protocol and a and not c.shuffled
        ]
        if not found:
            values.append("-")
            continue
        trivial = found[0].trivial["macro"]
        values.append(f"{100 * trivial['accuracy']:.1f} {trivial['f1']:.2f}")
    return values
