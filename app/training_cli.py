"""`evoke train` and `evoke distill` on the terminal."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from app.results import Device, LeaveOut, device_named
from evoke.dataset.splits import PROTOCOL_NAMES
from evoke.training.config import PAPER

if TYPE_CHECKING:
    from rich.progress import TaskID

    from app.training_request import TrainRequest
    from evoke.training.events import EpochEnded, Event
    from models.checkpoint import Checkpoint

Data = Annotated[
    str, typer.Argument(help="Folder in DEAP's layout, or demo:PRESET:SUBJECTS[:SEED].")
]
Out = Annotated[Path, typer.Option(help="The checkpoint to write (.safetensors).")]
Epochs = Annotated[int | None, typer.Option(help="At most so many; default 60, the paper 100.")]
Batch = Annotated[int | None, typer.Option(help="Windows in a batch; default 128.")]
EpochShare = Annotated[
    float | None, typer.Option(help="Of the windows, drawn anew each epoch; 1 is all of them.")
]
Ema = Annotated[float | None, typer.Option(help="Decay of averaged weights, as 0.98.")]
Name = Annotated[str, typer.Option(help="Shown to the user; default: the file's name.")]
Run = Annotated[
    Path | None, typer.Option(help="Folder that keeps every epoch, to resume a run from.")
]
Resume = Annotated[bool, typer.Option("--resume", help="Go on with the run in --run.")]
Precision = Annotated[str | None, typer.Option(help="auto (bf16 where faster), fp32 or bf16.")]
Patience = Annotated[
    int | None, typer.Option(help="Epochs without a better validation, then it stops; default 10.")
]
Preset = Annotated[
    str,
    typer.Option(
        help="default, or paper: all that arXiv 2401.06957 states, where nothing else is given: "
        "epochs, mixed seconds, five folds (distill: the teacher's one), its rest baseline, its "
        "recipe. It says nothing of precision: that stays auto."
    ),
]
Threads = Annotated[
    int | None, typer.Option(help="On the CPU; figures are the same to the bit only with as many.")
]
Cluster = Annotated[
    str,
    typer.Option(
        metavar="ADDRESS", help="A Ray cluster trains the folds: auto, HOST:PORT, ray://..."
    ),
]
TestOn = Annotated[
    list[str] | None, typer.Option(help="Data of people not trained on; may be repeated.")
]


def train(
    data: Data,
    out: Out,
    preset: Preset = "default",
    network: Annotated[
        str, typer.Option(help="ccnn (the teacher), student, arjun_vit or vit.")
    ] = "ccnn",
    fusion: Annotated[
        str | None, typer.Option(help="ccnn's last convolution: 4x4 (Table I) or 1x1 (the text).")
    ] = None,
    features: Annotated[
        str, typer.Option(help="de, psd, or raw: windows of samples, for arjun_vit.")
    ] = "de",
    baseline: Annotated[
        str,
        typer.Option(help="mean (de and psd), paper, or none (raw); else the preset's."),
    ] = "",
    protocol: Annotated[
        str | None,
        typer.Option(help="segments (mixes seconds of one trial), trials, videos, subjects."),
    ] = None,
    epochs: Epochs = None,
    batch: Batch = None,
    learning_rate: Annotated[
        float | None, typer.Option(help="Adam's; default 0.001, the student's 0.004.")
    ] = None,
    epoch_share: EpochShare = None,
    patience: Patience = None,
    folds: Annotated[int | None, typer.Option(help="Parts of the data; default 5.")] = None,
    run_folds: Annotated[int | None, typer.Option(help="Folds that are run, of all.")] = None,
    hop_s: Annotated[float, typer.Option(help="Seconds between windows.")] = 1.0,
    seed: Annotated[
        int | None, typer.Option(help="Of folds, weights and order; default 0.")
    ] = None,
    weights_seed: Annotated[
        int | None, typer.Option(help="Of all but the folds; for an ensemble's teachers.")
    ] = None,
    ema: Ema = None,
    precision: Precision = None,
    name: Name = "",
    leave_out: LeaveOut = None,
    test_on: TestOn = None,
    device: Device = "auto",
    threads: Threads = None,
    cluster: Cluster = "",
    run: Run = None,
    resume: Resume = False,
) -> None:
    """Train a network on rated recordings."""
    baseline = baseline or _preset_baseline(preset, features)
    given = dict(locals())  # the parameters, as nothing else has a name yet
    from app.training_commands import train

    options = {"fusion": fusion} if fusion else {}
    own = {"features": features, "baseline": baseline, "hop_s": hop_s, "options": options}
    request = _request("train", given, preset, ema, **own)
    typer.echo(f"Tested on {PROTOCOL_NAMES[request.config.protocol]}.")
    with _shown() as listeners:
        checkpoint = train(request, *listeners)
    _tell(checkpoint, out)


def distill(
    data: Data,
    teacher: Annotated[
        list[Path], typer.Option(help="The teacher's checkpoint; several are averaged.")
    ],
    out: Out,
    recipe: Annotated[
        str,
        typer.Option(
            help="default, paper (arXiv 2401.06957), probabilities or logits; else the preset's."
        ),
    ] = "",
    network: Annotated[str, typer.Option(help="student, ccnn, arjun_vit or vit.")] = "student",
    matching: Annotated[
        str | None, typer.Option(help="What is matched: probabilities (the paper) or logits.")
    ] = None,
    temperature: Annotated[float | None, typer.Option(help="Of both; the paper's best: 1.25.")] = (
        None
    ),
    alpha: Annotated[float | None, typer.Option(help="Weight on the teacher; paper: 0.25.")] = None,
    mixup: Annotated[float | None, typer.Option(help="Beta parameter of mixed windows.")] = None,
    ema: Ema = None,
    preset: Preset = "default",
    epochs: Epochs = None,
    batch: Batch = None,
    epoch_share: EpochShare = None,
    patience: Patience = None,
    precision: Precision = None,
    name: Name = "",
    leave_out: LeaveOut = None,
    test_on: TestOn = None,
    device: Device = "auto",
    threads: Threads = None,
    cluster: Cluster = "",
    run: Run = None,
    resume: Resume = False,
) -> None:
    """Train a student from the labels and a teacher's answers."""
    recipe = recipe or ("paper" if preset == PAPER.preset else "default")
    given = dict(locals())  # the parameters, as nothing else has a name yet
    from app.training_commands import distill
    from evoke.training import recipes

    request = _request("distill", given, preset)
    chosen = recipes.recipe(
        recipe, matching=matching, temperature=temperature, alpha=alpha, mixup=mixup, ema=ema
    )
    with _shown() as listeners:
        checkpoint = distill(request, teacher, chosen, *listeners)
    _tell(checkpoint, out)


_CONFIG = (
    *("protocol", "epochs", "batch", "learning_rate", "epoch_share", "run_folds", "seed"),
    *("weights_seed", "precision", "patience", "folds"),
)
_SHARED = ("data", "out", "network", "name", "run", "resume", "threads", "cluster")
_UNRECORDED = ("data", "out", "cluster", "run", "resume")
"""What the command on a card has elsewhere, or what changes nothing in the checkpoint."""


def _preset_baseline(preset: str, features: str) -> str:
    """The rest baseline that a preset has for these features, "" where it has none of its own."""
    from evoke.features import baselines_of

    return "paper" if preset == PAPER.preset and "paper" in baselines_of(features) else ""


def _request(
    command: str,
    given: Mapping[str, Any],
    preset: str = "default",
    ema: float | None = None,
    **own: Any,
) -> TrainRequest:
    """What a command asks for. given: its parameters by name; own: those of `TrainRequest` that
    the other command has not."""
    from app.training_request import TrainRequest, command_line, train_config

    recorded = {name: value for name, value in given.items() if name not in _UNRECORDED}
    return TrainRequest(
        config=train_config(
            preset, given["network"], ema=ema, **{n: given[n] for n in _CONFIG if n in given}
        ),
        test_on=given["test_on"] or (),
        leave_out=given["leave_out"] or (),
        device=device_named(given["device"]),
        command=command_line(command, given["data"], given["out"], recorded),
        **{name: given[name] for name in _SHARED},
        **own,
    )


@contextlib.contextmanager
def _shown() -> Iterator[tuple[Callable[[Event], None], Callable[[int, int], None]]]:
    """Listeners that show a run: a line an epoch, and a bar with an ETA."""
    from app.progress import bars
    from evoke.training import events

    with bars() as progress:
        reading = progress.add_task("reading", total=None)
        readers = {
            "teacher": progress.add_task("asking the teacher", total=None, visible=False),
            "unseen": progress.add_task("testing on other people", total=None, visible=False),
        }
        folds: dict[int, TaskID] = {}

        def on_read(done: int, total: int) -> None:
            progress.update(reading, completed=done, total=total, visible=done < total)

        def on_event(event: Event) -> None:
            line = _line(event)
            if line:
                typer.echo(line)
            if isinstance(event, events.WindowsRead):
                done, total = event.done, event.total
                task = readers[event.what]
                progress.update(task, completed=done, total=total, visible=done < total)
            elif isinstance(event, events.FoldStarted):
                about = f"fold {event.fold} of {event.folds}"
                folds[event.fold] = progress.add_task(about, total=event.epochs)
            elif isinstance(event, events.FoldResumed):
                progress.update(folds[event.fold], completed=event.epoch)
            elif isinstance(event, events.BatchesDone):
                within = event.epoch - 1 + event.done / event.total
                progress.update(folds[event.fold], completed=within)
            elif isinstance(event, events.FoldEnded):
                progress.update(folds[event.fold], visible=False)

        yield on_event, on_read


def _line(event: Event) -> str:
    """An event in words; nothing for progress within an epoch."""
    from evoke.training import events
    from evoke.training.ways import device_words

    if isinstance(event, events.FoldStarted):
        return (
            f"fold {event.fold} of {event.folds} on {device_words(event.device)}: {event.train} "
            f"windows to train on, {event.validation} to validate, {event.test} to test"
        )
    if isinstance(event, events.FoldResumed):
        return f"fold {event.fold} goes on after epoch {event.epoch}"
    if isinstance(event, events.BatchReduced):
        return (
            f"fold {event.fold}: memory ran out in epoch {event.epoch}; it starts again with "
            f"batches of {event.batch}"
        )
    if isinstance(event, events.EpochEnded):
        return _epoch(event)
    if isinstance(event, events.FoldEnded):
        return (
            f"fold {event.fold}: {event.accuracy:.1%} right on test windows, the commoner "
            f"answer {event.majority:.1%}; {event.finish.value}, epoch {event.best_epoch} "
            f"kept, {event.elapsed_s:.0f} s"
        )
    return ""


def _epoch(event: EpochEnded) -> str:
    line = f"  fold {event.fold}, epoch {event.epoch:3d} of {event.epochs}: loss {event.loss:.4f}"
    if event.nll is not None:
        line += f", validation NLL {event.nll:.4f}, {event.accuracy:.1%} right"
    return line + (" *" if event.best else "")


def _tell(checkpoint: Checkpoint, out: Path) -> None:
    """What was reached, in words; the card beside the checkpoint has all the figures."""
    card = checkpoint.card
    for evaluation in card.evaluations:
        typer.echo(f"\n{evaluation.description}, {evaluation.windows} windows")
        typer.echo("\n".join(evaluation.verdict))
    if card.data.synthetic:
        typer.echo("\nSynthetic data: this says nothing of people.")
    typer.echo(f"\nWritten to {out}; settings and all figures: {out.with_suffix('.md')}")
