"""`evoke evaluate`, `table`, `sweep` and `speed` on the terminal."""

from __future__ import annotations

import contextlib
import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from rich.table import Table as RichTable

    from app.costs import Cost
    from app.evaluation_commands import Evaluated
    from evoke.training.tables import Scale, Table

Data = Annotated[
    str | None, typer.Argument(help="Folder in DEAP's layout, or demo:PRESET:SUBJECTS[:SEED].")
]
Json = Annotated[Path | None, typer.Option("--json", help="Write everything there (.json).")]
Csv = Annotated[Path | None, typer.Option("--csv", help="Write the figures there (.csv).")]
Quick = Annotated[bool, typer.Option("--quick", help="Few people, few epochs: a look in minutes.")]
Workers = Annotated[
    int | None, typer.Option(min=1, help="Trainings at a time; default: one for each core.")
]
Cluster = Annotated[
    str | None, typer.Option(metavar="ADDRESS", help="A Ray cluster: auto, HOST:PORT, ray://...")
]
Work = Annotated[
    Path | None, typer.Option(help="Folder for finished trainings; a repeated run goes on there.")
]


def evaluate(
    checkpoint: Annotated[
        Path, typer.Argument(metavar="CHECKPOINT_OR_RUN", help="A checkpoint, or a folder of them.")
    ],
    data: Data = None,
    json_file: Json = None,
    csv_file: Csv = None,
) -> None:
    """Say how often a network is right, and how often knowing nothing would be."""
    from app.evaluation_commands import checkpoints
    from app.evaluation_commands import evaluate as run
    from evoke.training.tables import check_out
    from evoke.training.verdict import assessment_csv

    check_out(json_file, ".json")
    check_out(csv_file, ".csv")
    paths = checkpoints(checkpoint)
    if csv_file is not None and len(paths) > 1:
        raise typer.BadParameter(f"{checkpoint} holds {len(paths)} checkpoints; --csv takes one.")
    with _reading() as (on_read, _):
        found = [run(path, data, on_read) for path in paths]
    for one in found:
        _tell_evaluation(one)
    _write(json_file, lambda: _json([one.as_json() for one in found]))
    _write(csv_file, lambda: assessment_csv(found[0].assessment))


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
    from app.table_commands import networks, run_table
    from evoke.training.run import best_device
    from evoke.training.tables import as_csv, as_json, check_out, scale_of

    check_out(json_file, ".json")
    check_out(csv_file, ".csv")
    gpu = best_device() != "cpu"
    scale = scale_of(quick, gpu)
    typer.echo(_about_scale(scale, gpu))
    with _reading() as (on_read, on_task):
        made = run_table(
            data,
            scale,
            work or _work_folder(),
            everything=vit,
            workers=workers,
            cluster=cluster,
            on_read=on_read,
            on_task=on_task,
        )
    costs = _costs(networks())
    _print(_cost_table(costs))
    _print(_score_table(made))
    _tell_table(made)
    plain = {name: one.as_dict() for name, one in costs.items()}
    _write(json_file, lambda: _json(as_json(made, plain)))
    _write(csv_file, lambda: as_csv(made))


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
    """Fig. 4 of the paper, made again: the student over temperature and alpha."""
    from app.table_commands import PROTOCOLS, palette, run_sweep
    from evoke.training import sweep as sweeps
    from evoke.training.figures import draw_sweep, save_figure
    from evoke.training.run import best_device
    from evoke.training.tables import check_out, scale_of

    check_out(out / "sweep.json", ".json")
    gpu = best_device() != "cpu"
    scale = scale_of(quick, gpu)
    typer.echo(_about_scale(scale, gpu))
    grid = (sweeps.QUICK_TEMPERATURES, sweeps.QUICK_ALPHAS) if quick else (
        sweeps.TEMPERATURES, sweeps.ALPHAS
    )  # fmt: skip
    with _reading() as (on_read, on_task):
        made = run_sweep(
            data,
            scale,
            work or _work_folder(),
            protocols=protocol or PROTOCOLS,
            temperatures=temperature or grid[0],
            alphas=alpha or grid[1],
            workers=workers,
            cluster=cluster,
            on_read=on_read,
            on_task=on_task,
        )
    for line in [*sweeps.in_words(made), *made.failures]:
        typer.echo(line)
    for path in save_figure(draw_sweep(made, palette()), out, "sweep"):
        typer.echo(f"Written to {path}")
    _write(out / "sweep.json", lambda: _json(sweeps.as_json(made)))
    _write(out / "sweep.csv", lambda: sweeps.as_csv(made))


def speed(
    out: Annotated[Path, typer.Option(help="Folder for the figure and its numbers.")],
    all_networks: Annotated[
        bool, typer.Option("--all", help="Every network, not teacher and student alone.")
    ] = False,
) -> None:
    """Fig. 1 of the paper, made again: inference speed and size of teacher and student."""
    from app.costs import as_csv
    from app.table_commands import networks, palette
    from evoke.training.figures import draw_speed, save_figure
    from evoke.training.tables import check_out

    check_out(out / "speed.json", ".json")
    costs = _costs(networks() if all_networks else networks()[:2])
    _print(_cost_table(costs))
    plain = {name: one.as_dict() for name, one in costs.items()}
    for path in save_figure(draw_speed(plain, palette()), out, "speed"):
        typer.echo(f"Written to {path}")
    _write(out / "speed.json", lambda: _json(plain))
    _write(out / "speed.csv", lambda: as_csv(costs))


def _costs(names: list[str]) -> dict[str, Cost]:
    from app.costs import cost
    from app.progress import bar

    costs = {}
    with bar("timing", len(names)) as advance:
        for name in names:
            costs[name] = cost(name)
            advance()
    return costs


def _about_scale(scale: Scale, gpu: bool) -> str:
    about = (
        f"{scale.seconds} s of each trial, at most {scale.epochs} epochs, {scale.folds} of 5 folds,"
        f" {scale.seeds} {'seed' if scale.seeds == 1 else 'seeds'}"
    )
    return about if gpu else f"No GPU: {about}. The full table wants one."


def _work_folder() -> Path:
    from evoke.paths import runs_dir

    return runs_dir() / "studies"


@contextlib.contextmanager
def _reading() -> Iterator[tuple[Callable[[int, int], None], Callable[[int, int], None]]]:
    """Listeners that show bars with an ETA for subjects read and trainings done."""
    from app.progress import bars

    with bars() as progress:
        reading = progress.add_task("reading", total=None)
        training = progress.add_task("training", total=None, visible=False)

        def on_read(done: int, total: int) -> None:
            progress.update(reading, completed=done, total=total, visible=done < total)

        def on_task(done: int, total: int) -> None:
            progress.update(training, completed=done, total=total, visible=True)

        yield on_read, on_task


def _tell_evaluation(found: Evaluated) -> None:
    """The verdict first, then the figures behind it."""
    from rich.table import Table

    from evoke.training.verdict import cell_text, confusion_rows, metric_title

    typer.echo("\n".join(found.words()))
    if found.synthetic:
        typer.echo("Synthetic data: this says nothing of people.")
    a = found.assessment
    typer.echo(f"\n{found.name} on {found.data}: {a.windows} windows of {a.trials} trials")
    figures = Table("", *a.scores, "always the commoner (macro)", box=None)
    for metric in a.scores["macro"]:
        trivial = a.trivial["macro"].get(metric)
        cells = [cell_text(row[metric]) for row in a.scores.values()]
        figures.add_row(metric_title(metric), *cells, "" if trivial is None else f"{trivial:.3f}")
    floors = [f"up to {a.ece_floor[d].high:.3f}" for d in a.ece_floor]
    figures.add_row("ECE of a perfect predictor", *floors, "", "")
    chance = [f"{p:.3f}" for p in a.chance.values()]
    figures.add_row("p (ratings shuffled)", *chance, "")
    _print(figures)
    rows = confusion_rows(a)
    typer.echo("\nWindows by the emotion rated (line) and read (column)")
    confusion = Table("", *(word for word, _ in rows), box=None)
    for word, counts in rows:
        confusion.add_row(word, *map(str, counts))
    _print(confusion)


def _cost_table(costs: dict[str, Cost]) -> RichTable:
    from rich.table import Table

    from evoke.training.tables import TITLES

    device = next(iter(costs.values())).device
    heads = ("layers", "parameters", "MACs", "MB", "ms for one window", "windows/s")
    made = Table("", *heads, box=None, title=f"Cost, timed on {device}", title_justify="left")
    for name, one in costs.items():
        made.add_row(
            TITLES[name],
            *(f"{one.layers}", f"{one.parameters:,}", f"{one.macs:,}", f"{one.mb:.2f}"),
            *(f"{one.one_ms:.3g}", f"{one.windows_per_s:,.0f}"),
        )
    made.add_row("the paper's EVOKE, RTX A6000", "8", "353,363", "", "1.35", "0.33", "80,176")
    return made


def _score_table(made: Table) -> RichTable:
    from rich.table import Table as RichTable

    from evoke.dataset.splits import PROTOCOL_NAMES
    from evoke.training.tables import PAPER, TITLES

    protocols = list(dict.fromkeys(cell.protocol for cell in made.cells))
    names = [PROTOCOL_NAMES[p].partition(":")[0] for p in protocols]
    title = f"Accuracy in % (95% interval) and F1, {made.data}, {made.trials} trials"
    heads = ("features", *names, "the paper (mixed seconds)")
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
            TITLES[network] + (", ratings shuffled" if shuffled else ""),
            features.upper(),
            *(row.get(p, "-") for p in protocols),
            "-" if paper is None else f"{paper[0]:.2f} {paper[1]:.2f}",
        )
    table.add_row("always the commoner answer", "", *_majorities(made, protocols), "")
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


def _tell_table(made: Table) -> None:
    from evoke.training.tables import gap_in_words

    typer.echo("")
    for line in [*gap_in_words(made), *made.failures]:
        typer.echo(line)


def _json(value: object) -> str:
    return json.dumps(value, indent=1, allow_nan=False) + "\n"


def _write(path: Path | None, content: Callable[[], str]) -> None:
    """Raises SettingsError if the file cannot be written."""
    from evoke.errors import SettingsError

    if path is None:
        return
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content(), encoding="utf-8")
    except OSError as error:
        raise SettingsError(f"{path} could not be written: {error.strerror}.") from error
    typer.echo(f"Written to {path}")


def _print(table: RichTable) -> None:
    from rich.console import Console

    Console(width=None if sys.stdout.isatty() else 160).print(table)
