"""`evoke train` and `evoke distill`: data and training from `evoke`, networks from `models`."""

from __future__ import annotations

import json
import platform
import shlex
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evoke.dataset.splits import PROTOCOL_NAMES
from evoke.errors import CheckpointError, SettingsError, TrainingError
from evoke.signal.chain import ChainSettings
from evoke.signal.montage import ELECTRODES
from evoke.training.config import PRESETS, DistillConfig, TrainConfig
from evoke.training.events import Event
from evoke.types import RATE_HZ

if TYPE_CHECKING:
    from evoke.training.data import LabelledWindows
    from evoke.training.run import Distillation, Trained
    from models.card import DataCard, Evaluation, Inputs, TrainingCard
    from models.checkpoint import Checkpoint

Listener = Callable[[Event], None]
Reading = Callable[[int, int], None]
"""Subjects read, subjects in all."""


@dataclass(frozen=True)
class TrainRequest:
    """What to train, on what, into which file.

    data, test_on: folders or files in DEAP's layout, or demo:PRESET:SUBJECTS[:SEED]; test_on
        are further data, of people not trained on, to test the finished network with.
    hop_s: seconds between the starts of neighbouring windows.
    """

    data: str
    out: Path
    config: TrainConfig
    network: str = "ccnn"
    options: Mapping[str, str] | None = None
    name: str = ""
    features: str = "de"
    baseline: str = "mean"
    hop_s: float = 1.0
    test_on: Sequence[str] = ()
    command: str = ""

    @property
    def step(self) -> int:
        """Samples between windows. Raises SettingsError outside 1 sample to 60 s."""
        step = round(self.hop_s * RATE_HZ)
        if not 1 <= step <= 60 * RATE_HZ:
            raise SettingsError(f"The hop must be 0.01 to 60 s, got {self.hop_s:g}.")
        return step


def train_config(preset: str, **options: object) -> TrainConfig:
    """A preset, with the options that are given (not None) in place of its own.
    Raises SettingsError for an unknown preset or an option out of its range."""
    if preset not in PRESETS:
        raise SettingsError(f"The preset must be one of {', '.join(PRESETS)}, got '{preset}'.")
    return PRESETS[preset].with_options(**options)


def train(
    request: TrainRequest,
    on_event: Listener = lambda _event: None,
    on_read: Reading | None = None,
    cancelled: Callable[[], bool] = lambda: False,
) -> Checkpoint:
    """Train a network from labels and write its checkpoint.

    Raises EvokeError: for data that cannot be read or are too few, for a run that diverged or was
    cancelled before its first fold ended, or for a file that cannot be written.
    """
    return _train(request, None, None, on_event, on_read, cancelled)


def distill(
    request: TrainRequest,
    teacher: Path,
    config: DistillConfig,
    on_event: Listener = lambda _event: None,
    on_read: Reading | None = None,
    cancelled: Callable[[], bool] = lambda: False,
) -> Checkpoint:
    """Train a network, as a rule the student, from labels and a teacher's logits.

    The teacher decides on features, baseline, hop, protocol, folds and seed, so that it has not
    seen the student's test windows; one fold is run. Raises as `train` does, and CheckpointError
    for a teacher that cannot be used.
    """
    from evoke.training.run import Distillation
    from models.checkpoint import load
    from models.errors import ModelError
    from models.runtime import classifier_of

    try:
        checkpoint = load(teacher)
        logits = classifier_of(checkpoint).logits
    except ModelError as error:
        raise CheckpointError(str(error)) from error
    request = _divided_as(checkpoint, request)
    return _train(request, checkpoint, Distillation(logits, config), on_event, on_read, cancelled)


def _divided_as(teacher: Checkpoint, request: TrainRequest) -> TrainRequest:
    settings: dict[str, Any] = dict(teacher.card.training.settings)
    try:
        division = {name: settings[name] for name in ("protocol", "folds", "seed")}
        hop_s = float(settings["hop_s"])
        config = request.config.with_options(**division, run_folds=1)
    except (KeyError, TypeError, ValueError) as error:
        raise CheckpointError(
            f"{teacher.card.name} does not say how its data were divided; train it again."
        ) from error
    inputs = teacher.card.inputs
    return replace(
        request,
        config=config,
        features=str(inputs.features["name"]),
        baseline=inputs.baseline,
        hop_s=hop_s,
    )


def _train(
    request: TrainRequest,
    teacher: Checkpoint | None,
    distillation: Distillation | None,
    on_event: Listener,
    on_read: Reading | None,
    cancelled: Callable[[], bool],
) -> Checkpoint:
    from evoke.features import extractor
    from evoke.training.data import load_windows
    from evoke.training.run import best_device, run
    from models.checkpoint import Checkpoint, save
    from models.errors import ModelError
    from models.networks import build, check_config

    options = dict(request.options or {})
    inputs = _inputs(request)
    if request.out.suffix != ".safetensors":  # hours before it would be written
        raise CheckpointError(f"{request.out.name} must end in .safetensors.")
    if teacher is not None and teacher.card.inputs != inputs:
        raise CheckpointError(
            f"{teacher.card.name} was trained behind another signal path than this version's."
        )
    try:
        check_config(request.network, options)
    except ModelError as error:
        raise SettingsError(str(error)) from error
    features = extractor(request.features)
    data = load_windows(request.data, features, request.baseline, request.step, on_read)
    unseen = [
        load_windows(source, features, request.baseline, request.step, on_read)
        for source in request.test_on
    ]
    written: list[Checkpoint] = []

    def write(folds: list[Trained]) -> None:
        first = folds[0]
        card = _card(request, inputs, data, folds, teacher, distillation)
        checkpoint = Checkpoint(card, first.weights, first.mean, first.std)
        tested = [_on_unseen(checkpoint, data, other) for other in unseen]
        card = card.model_copy(update={"evaluations": (*card.evaluations, *tested)})
        checkpoint = Checkpoint(card, first.weights, first.mean, first.std)
        try:
            save(checkpoint, request.out)
        except ModelError as error:
            raise CheckpointError(str(error)) from error
        written[:] = [checkpoint]

    run(
        data,
        request.config,
        lambda seed: build(request.network, options, seed),
        write,
        distillation,
        on_event,
        cancelled,
        best_device(),
    )
    if not written:
        raise TrainingError("Training was cancelled before its first fold ended.")
    return written[0]


def _inputs(request: TrainRequest) -> Inputs:
    from evoke.features import extractor
    from models.card import Inputs

    return Inputs(
        features=_json(extractor(request.features).describe()),
        electrodes=ELECTRODES,
        baseline=request.baseline,
        chain=_json(ChainSettings().describe()),
    )


def _card(
    request: TrainRequest,
    inputs: Inputs,
    data: LabelledWindows,
    folds: list[Trained],
    teacher: Checkpoint | None,
    distillation: Distillation | None,
) -> Any:
    from models.card import Calibration, ModelCard

    first = folds[0]
    return ModelCard(
        name=request.name or request.out.stem,
        network=request.network,
        config=dict(request.options or {}),
        inputs=inputs,
        calibration=Calibration(
            temperature=first.calibrator.temperature, bias=first.calibrator.bias
        ),
        data=_data_card(data, first),
        training=_training_card(request, first, teacher, distillation),
        evaluations=tuple(_evaluations(request.config.protocol, folds)),
        versions=_versions(),
    )


def _data_card(data: LabelledWindows, first: Trained) -> DataCard:
    from models.card import DataCard

    return DataCard(
        description=f"{data.description} ({first.train_windows} windows trained on)",
        synthetic=data.synthetic,
        preset=data.preset,
        licence=data.licence,
        fingerprint=data.fingerprint,
        subjects=data.subjects,
        trials=data.trials,
        windows=len(data),
    )


def _training_card(
    request: TrainRequest,
    first: Trained,
    teacher: Checkpoint | None,
    distillation: Distillation | None,
) -> TrainingCard:
    from models.card import Lineage, TrainingCard

    config = request.config
    settings: dict[str, Any] = {**config.describe(), "hop_s": request.hop_s}
    loss, lineage = "cross-entropy against the labels", None
    if teacher is not None and distillation is not None:
        settings |= {"distillation": asdict(distillation.config)}
        loss = (
            f"distillation from {teacher.card.name} with temperature "
            f"{distillation.config.temperature:g}, alpha {distillation.config.alpha:g}"
        )
        lineage = Lineage(
            name=teacher.card.name,
            fingerprint=teacher.fingerprint,
            recipe=teacher.card.training.recipe,
            command=teacher.card.training.command,
        )
    stopping = "to the last" if config.patience is None else "the best on validation windows kept"
    calibrated = "not calibrated" if config.patience is None else "calibrated on validation windows"
    return TrainingCard(
        recipe=f"{loss}; Adam at {config.learning_rate:g} ({config.schedule}), batches of "
        f"{config.batch}, at most {config.epochs} epochs, {stopping} (epoch {first.best_epoch}); "
        f"{calibrated}",
        command=request.command or "not recorded",
        protocol=config.protocol,
        seed=config.seed,
        settings=_json(settings),
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        teacher=lineage,
    )


def _evaluations(protocol: str, folds: list[Trained]) -> list[Evaluation]:
    """The kept fold, and the mean over folds where there are several."""
    from models.card import Evaluation

    first = folds[0].report
    about = PROTOCOL_NAMES[protocol]
    evaluations = [
        Evaluation(
            protocol=protocol,
            description=f"{about[0].upper()}{about[1:]}",
            windows=first.windows,
            scores=first.scores,
            trivial=first.trivial,
        )
    ]
    if len(folds) > 1:
        evaluations.append(
            Evaluation(
                protocol=protocol,
                description=f"Mean over {len(folds)} folds, {about}",
                windows=sum(fold.report.windows for fold in folds),
                scores=_mean([fold.report.scores for fold in folds]),
                trivial=_mean([fold.report.trivial for fold in folds]),
            )
        )
    return evaluations


def _on_unseen(checkpoint: Checkpoint, data: LabelledWindows, other: LabelledWindows) -> Evaluation:
    from evoke.training.metrics import evaluate
    from models.card import Evaluation
    from models.runtime import classifier_of

    report = evaluate(classifier_of(checkpoint).classify(other.grid), other.high, data.high)
    people = ", ".join(other.subjects)
    return Evaluation(
        protocol="subjects",
        description=f"People never trained on ({people}): {other.description}",
        windows=report.windows,
        scores=report.scores,
        trivial=report.trivial,
    )


Table = dict[str, dict[str, float]]


def _mean(tables: Sequence[Table]) -> Table:
    return {
        label: {m: sum(t[label][m] for t in tables) / len(tables) for m in metrics}
        for label, metrics in tables[0].items()
    }


def _versions() -> dict[str, str]:
    versions = {"python": platform.python_version()}
    for package in ("evoke", "torch", "numpy", "scikit-learn"):
        try:
            versions[package] = metadata.version(package)
        except metadata.PackageNotFoundError:  # run from source, not installed
            versions[package] = "from source"
    return versions


def _json(value: object) -> Any:
    """As JSON keeps it: tuples become lists."""
    return json.loads(json.dumps(value))


def command_line(command: str, data: str, out: Path, options: Mapping[str, object]) -> str:
    """The command that makes a checkpoint again, for its card; files by name, not by folder."""
    words = ["evoke", command, data if data.startswith("demo:") else Path(data).name]
    words += ["--out", out.name]
    for option, value in options.items():
        values = value if isinstance(value, list | tuple) else [value]
        for one in values:
            if one is not None:
                words += [f"--{option.replace('_', '-')}", getattr(one, "name", str(one))]
    return shlex.join(words)
