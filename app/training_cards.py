"""Model cards of trained networks: what `app.training_commands` writes into a checkpoint."""

from __future__ import annotations

import json
import math
import platform
from collections.abc import Callable, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from importlib import metadata
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from evoke.dataset.splits import PROTOCOL_NAMES, Groups, Split, splits
from evoke.signal.chain import ChainSettings
from evoke.signal.montage import ELECTRODES
from evoke.training.config import DistillConfig, TrainConfig
from evoke.training.verdict import WHERE, bounds, protocol_title, recipe_in_words, verdict
from evoke.training.ways import batches_in_words, devices_in_words, unlike_asked
from evoke.types import DIMENSIONS

if TYPE_CHECKING:
    from app.training_request import TrainRequest
    from evoke.training.data import LabelledWindows
    from evoke.training.metrics import Report
    from evoke.training.run import Trained
    from models.card import DataCard, Evaluation, Inputs, ModelCard, TrainingCard
    from models.checkpoint import Checkpoint
    from models.runtime import Device, NetworkClassifier


def inputs_of(request: TrainRequest) -> Inputs:
    """The signal path that the network is trained behind."""
    from evoke.features import extractor
    from models.card import Inputs

    return Inputs(
        features=_json(extractor(request.features).describe()),
        electrodes=ELECTRODES,
        baseline=request.baseline,
        chain=_json(ChainSettings().describe()),
    )


def card_of(
    request: TrainRequest,
    inputs: Inputs,
    data: LabelledWindows,
    folds: list[Trained],
    teachers: Sequence[Checkpoint],
    recipe: DistillConfig | None,
) -> ModelCard:
    """The card of the first fold's network."""
    from models.card import Calibration, ModelCard

    first = folds[0]
    return ModelCard(
        name=request.name or request.out.stem,
        network=request.network,
        config=dict(request.options),
        inputs=inputs,
        calibration=Calibration(
            temperature=first.calibrator.temperature, bias=first.calibrator.bias
        ),
        data=_data_card(data, request.config, first),
        training=_training_card(request, data, folds, teachers, recipe),
        evaluations=tuple(_evaluations(data, request.config, folds)),
        versions=versions(),
    )


def _data_card(data: LabelledWindows, config: TrainConfig, first: Trained) -> DataCard:
    from models.card import DataCard

    every = list(splits(config.protocol, data.groups, config.folds, config.seed))
    learned = every[first.fold].learned(validating=config.patience is not None)
    valence, arousal, dominance = data.high[learned].mean(axis=0, dtype=np.float64).tolist()
    return DataCard(
        description=f"{data.description} ({first.train_windows} windows trained on)",
        synthetic=data.synthetic,
        preset=data.preset,
        licence=data.licence,
        fingerprint=data.fingerprint,
        subjects=data.subjects,
        trials=data.trials,
        windows=len(data),
        origins=data.origins,
        contents=data.contents,
        high_shares=(valence, arousal, dominance),
    )


def _training_card(
    request: TrainRequest,
    data: LabelledWindows,
    folds: Sequence[Trained],
    teachers: Sequence[Checkpoint],
    recipe: DistillConfig | None,
) -> TrainingCard:
    from models.card import Lineage, TrainingCard

    config, first = request.config, folds[0]
    settings: dict[str, Any] = {**config.describe(), "hop_s": request.hop_s}
    loss = "cross-entropy against the labels"
    if recipe is not None:
        settings |= {"distillation": asdict(recipe)}
        loss = f"distillation from {_names(teachers)} with {recipe_in_words(recipe)}"
    lineages = [
        Lineage(
            name=teacher.card.name,
            fingerprint=teacher.fingerprint,
            recipe=teacher.card.training.recipe,
            command=teacher.card.training.command,
        )
        for teacher in teachers
    ]
    stopping = "to the last" if config.patience is None else "the best on validation windows kept"
    return TrainingCard(
        recipe=f"{loss}; Adam at {config.learning_rate:g} ({config.schedule}), batches of "
        f"{batches_in_words(config.batch, first.ways)}{_where(config, folds)}, at most "
        f"{config.epochs} epochs, {stopping} (epoch {first.best_epoch}); "
        f"{_calibrated(config, data, first)}",
        command=request.command or "not recorded",
        protocol=config.protocol,
        seed=config.seed,
        settings=_json(settings),
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        teacher=lineages[0] if lineages else None,
        other_teachers=tuple(lineages[1:]),
    )


def _calibrated(config: TrainConfig, data: LabelledWindows, first: Trained) -> str:
    from evoke.training.calibration import both_classes

    if config.patience is None:
        return "not calibrated"
    every = list(splits(config.protocol, data.groups, config.folds, config.seed))
    shown = both_classes(data.high[every[first.fold].validation])
    missing = [label for label, both in zip(DIMENSIONS, shown, strict=True) if not both]
    if not missing:
        return "calibrated on validation windows"
    return (
        f"calibrated on validation windows, but for {' and '.join(missing)}, of which they hold "
        "one class only"
    )


def _where(config: TrainConfig, folds: Sequence[Trained]) -> str:
    """', on the CPU in fp32', and what was otherwise in other folds, of which the card has figures
    too."""
    place = devices_in_words(folds[0].ways)
    others = [
        f" (fold {fold.fold + 1}: {said})"
        for fold in folds[1:]
        if (said := unlike_asked(config.batch, fold.ways))
    ]
    return (f", on {place}" if place else "") + "".join(others)


def _names(teachers: Sequence[Checkpoint]) -> str:
    return " and ".join(teacher.card.name for teacher in teachers)


def _evaluations(
    data: LabelledWindows, config: TrainConfig, folds: list[Trained]
) -> list[Evaluation]:
    """Of the kept fold, and of all together where there are several."""
    every = list(splits(config.protocol, data.groups, config.folds, config.seed))
    named = [(fold.report, every[fold.fold]) for fold in folds]
    found = [_of_folds(data, config, named[:1], protocol_title(config.protocol))]
    if len(folds) > 1:
        of = f"All {len(folds)}" if len(folds) == len(every) else f"{len(folds)} of {len(every)}"
        about = f"{of} folds, {PROTOCOL_NAMES[config.protocol]}"
        found.append(_of_folds(data, config, named, about))
    return found


def _of_folds(
    data: LabelledWindows,
    config: TrainConfig,
    folds: Sequence[tuple[Report, Split]],
    description: str,
) -> Evaluation:
    test = np.concatenate([split.test for _, split in folds])
    validating = config.patience is not None
    learned = [split.learned(validating=validating) for _, split in folds]
    return _evaluation(
        config.protocol,
        description,
        WHERE[config.protocol],
        np.concatenate([report.probabilities for report, _ in folds]),
        data.high[np.concatenate(learned)],
        (data.high[test], data.groups.of(test)),
    )


READ_AT_ONCE = 1024
"""Windows that a network reads before it is told how far it has come."""


def read_by(
    classifier: NetworkClassifier,
    grid: NDArray[np.float32],
    on_read: Callable[[int, int], None] | None = None,
) -> NDArray[np.float32]:
    """A network's probabilities (n, 3), told on the way."""
    return classifier.calibrated(logits_by(classifier, grid, on_read))


def logits_by(
    classifier: NetworkClassifier,
    grid: NDArray[np.float32],
    on_read: Callable[[int, int], None] | None = None,
) -> NDArray[np.float32]:
    """A network's logits, in blocks: a teacher reads all of DEAP for minutes on a CPU."""
    found = []
    for start in range(0, len(grid), READ_AT_ONCE):
        found.append(classifier.logits(grid[start : start + READ_AT_ONCE]))
        if on_read:
            on_read(min(start + READ_AT_ONCE, len(grid)), len(grid))
    return np.concatenate(found)


def on_unseen(
    checkpoint: Checkpoint,
    other: LabelledWindows,
    on_read: Callable[[int, int], None],
    device: Device = "auto",
) -> Evaluation:
    """How well it reads `other` people than those it was trained on; some may be the same, which is
    said."""
    from models.runtime import classifier_of

    known = known_people(checkpoint.card.data, other)
    people = known or ", ".join(other.subjects)
    about = "People it may have been trained on" if known else "People never trained on"
    return _evaluation(
        "unknown" if known else "subjects",
        f"{about} ({people}): {other.description}",
        where_known(known) if known else WHERE["subjects"],
        read_by(classifier_of(checkpoint, device), other.grid, on_read),
        usual_shares(checkpoint.card.data),
        (other.high, other.groups),
    )


def usual_shares(trained: DataCard) -> NDArray[np.float32] | None:
    """(1, 3): how much of what was trained on was rated high; None where the card does not say."""
    shares = trained.high_shares
    return None if shares is None else np.array([shares], np.float32)


def known_people(trained: DataCard, other: LabelledWindows) -> str:
    """Those of `other` whose recordings were trained on, under whatever name and in whatever
    format, and those whose names are also those of people trained on, as far as both can be of one
    origin."""
    presets = {trained.preset, other.preset} - {None}  # files do not say their preset
    strangers = len(presets) > 1
    if trained.synthetic != other.synthetic:
        # older versions called people synthetic where one file among theirs was
        strangers = bool(presets or trained.origins or other.synthetic)
    seen = {*trained.origins, *trained.contents}
    unknown = ("",) * len(other.subjects)
    recordings = zip(other.origins or unknown, other.contents or unknown, strict=True)
    return ", ".join(
        name
        for name, hashes in zip(other.subjects, recordings, strict=True)
        if not seen.isdisjoint(hashes) or (name in trained.subjects and not strangers)
    )


def where_known(people: str) -> str:
    """How a verdict on `known_people` begins."""
    return f"On people it may have been trained on ({people}), perhaps on these very seconds"


def _evaluation(
    protocol: str,
    description: str,
    where: str,
    probabilities: NDArray[np.floating],
    learned: NDArray[np.float32] | None,
    truth: tuple[NDArray[np.float32], Groups],
) -> Evaluation:
    """truth: labels of the windows judged, and where they come from; learned: labels trained on,
    None where they are not known. A single trial has scores, and no intervals; a metric that is
    not defined is left out."""
    from evoke.training.evaluation import assess
    from models.card import Evaluation

    high, groups = truth
    found = assess(
        *(probabilities, high, groups.trial, learned, groups.subject),
        protocol=protocol,
        videos=groups.video,
    )
    return Evaluation(
        protocol=protocol,
        description=description,
        windows=len(high),
        scores={
            label: {metric: e.value for metric, e in row.items() if math.isfinite(e.value)}
            for label, row in found.scores.items()
        },
        trivial=found.trivial,
        intervals=bounds(found),
        drawn=found.drawn,
        verdict=tuple(verdict(found, where, protocol)),
    )


def versions() -> dict[str, str]:
    """Of what took part, for cards and runs."""
    found = {"python": platform.python_version()}
    for package in ("evoke", "torch", "numpy", "scikit-learn"):
        try:
            found[package] = metadata.version(package)
        except metadata.PackageNotFoundError:  # run from source, not installed
            found[package] = "from source"
    return found


def _json(value: object) -> Any:
    """As JSON keeps it: tuples become lists."""
    return json.loads(json.dumps(value))
