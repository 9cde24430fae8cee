"""Model cards of trained networks: what `app.training_commands` writes into a checkpoint."""

from __future__ import annotations

import json
import platform
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from importlib import metadata
from typing import TYPE_CHECKING, Any

from evoke.dataset.splits import PROTOCOL_NAMES
from evoke.signal.chain import ChainSettings
from evoke.signal.montage import ELECTRODES
from evoke.training.config import DistillConfig

if TYPE_CHECKING:
    from app.training_commands import TrainRequest
    from evoke.training.data import LabelledWindows
    from evoke.training.run import Trained
    from models.card import DataCard, Evaluation, Inputs, ModelCard, TrainingCard
    from models.checkpoint import Checkpoint


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
        data=_data_card(data, first),
        training=_training_card(request, first, teachers, recipe),
        evaluations=tuple(_evaluations(request.config.protocol, folds)),
        versions=versions(),
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
    teachers: Sequence[Checkpoint],
    recipe: DistillConfig | None,
) -> TrainingCard:
    from models.card import Lineage, TrainingCard

    config = request.config
    settings: dict[str, Any] = {**config.describe(), "hop_s": request.hop_s}
    loss = "cross-entropy against the labels"
    if recipe is not None:
        settings |= {"distillation": asdict(recipe)}
        loss = f"distillation from {_names(teachers)} with {_told(recipe)}"
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
        teacher=lineages[0] if lineages else None,
        other_teachers=tuple(lineages[1:]),
    )


def _names(teachers: Sequence[Checkpoint]) -> str:
    return " and ".join(teacher.card.name for teacher in teachers)


def _told(recipe: DistillConfig) -> str:
    """A recipe in words."""
    words = [f"alpha {recipe.alpha:g}"]
    if recipe.matching == "logits":
        words.insert(0, "its logits matched")
    else:
        words.insert(0, f"temperature {recipe.temperature:g}")
    if recipe.mixup is not None:
        words.append(f"mixup {recipe.mixup:g}")
    if recipe.ema is not None:
        words.append(f"moving average {recipe.ema:g}")
    return ", ".join(words)


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


def on_unseen(checkpoint: Checkpoint, data: LabelledWindows, other: LabelledWindows) -> Evaluation:
    """How well it reads `other` people than those of `data`, whom it was trained on."""
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
