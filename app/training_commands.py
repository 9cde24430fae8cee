"""`evoke train` and `evoke distill`: data and training from `evoke`, networks from `models`."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from app.files import writable_folder
from app.training_cards import card_of, inputs_of, on_unseen, versions
from app.training_request import Device, TrainRequest
from evoke.dataset.atomic import rename_over
from evoke.errors import CheckpointError, OtherDataError, SettingsError, TrainingError
from evoke.training.config import DistillConfig, TrainConfig
from evoke.training.events import Event, WindowsRead

if TYPE_CHECKING:
    from torch import nn

    from evoke.training.data import LabelledWindows
    from evoke.training.run import Distillation, Trained
    from models.card import Inputs
    from models.checkpoint import Checkpoint

Listener = Callable[[Event], None]
Reading = Callable[[int, int], None]
"""Subjects read, subjects in all."""


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
    return _train(request, (), None, on_event, on_read, cancelled)


def distill(
    request: TrainRequest,
    teachers: Path | Sequence[Path],
    config: DistillConfig,
    on_event: Listener = lambda _event: None,
    on_read: Reading | None = None,
    cancelled: Callable[[], bool] = lambda: False,
) -> Checkpoint:
    """Train a network, as a rule the student, from labels and the logits of a teacher, or the
    mean of several teachers' logits.

    The teachers decide on features, baseline, hop, protocol, folds and seed, so that none has
    seen the student's test windows; one fold is run. Raises as `train` does, and CheckpointError
    for teachers that cannot be used, or not together.
    """
    from models.checkpoint import load
    from models.errors import ModelError

    paths = [teachers] if isinstance(teachers, Path) else list(teachers)
    try:
        checkpoints = [load(path) for path in paths]
    except ModelError as error:
        raise CheckpointError(str(error)) from error
    divided = [_divided_as(checkpoint, request) for checkpoint in checkpoints]
    for checkpoint, other in zip(checkpoints, divided, strict=True):
        if other != divided[0]:
            raise CheckpointError(
                f"{checkpoint.card.name} and {checkpoints[0].card.name} saw the data divided "
                "differently; train them with one seed and other --weights-seed."
            )
    if request.out.resolve() in {path.resolve() for path in paths}:
        raise CheckpointError(f"{request.out} is the teacher, and would be lost: name another.")
    return _train(divided[0], checkpoints, config, on_event, on_read, cancelled)


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
    teachers: Sequence[Checkpoint],
    recipe: DistillConfig | None,
    on_event: Listener,
    on_read: Reading | None,
    cancelled: Callable[[], bool],
) -> Checkpoint:
    from evoke.features import extractor
    from evoke.training.data import load_windows
    from evoke.training.device import cpu_threads
    from evoke.training.run import run
    from evoke.training.runs import RunFolder
    from models.checkpoint import Checkpoint, save
    from models.errors import ModelError

    request = _completed(request)
    inputs = inputs_of(request)
    _check_request(request, inputs, teachers)
    written: list[Checkpoint] = []
    with contextlib.ExitStack() as stack:
        folder = None
        if request.run is not None:
            folder = stack.enter_context(RunFolder(request.run, request.resume))
        features = extractor(request.features)
        sources = ((request.data, request.leave_out), *((s, ()) for s in request.test_on))
        data, *unseen = (
            load_windows(source, features, request.baseline, request.step, on_read, left_out)
            for source, left_out in sources
        )
        _check_data(request.config, data, unseen, teachers)
        if folder is not None:
            folder.begin(_run_settings(request, data, teachers, recipe), _about(request))

        def tell_unseen(done: int, total: int) -> None:
            on_event(WindowsRead("unseen", done, total))

        def write(folds: list[Trained]) -> None:
            first = folds[0]
            card = card_of(request, inputs, data, folds, teachers, recipe)
            checkpoint = Checkpoint(card, first.weights, first.mean, first.std)
            tested = [on_unseen(checkpoint, other, tell_unseen, request.device) for other in unseen]
            card = card.model_copy(update={"evaluations": (*card.evaluations, *tested)})
            checkpoint = Checkpoint(card, first.weights, first.mean, first.std)
            try:
                save(checkpoint, request.out, rename_over)
            except ModelError as error:
                raise CheckpointError(str(error)) from error
            written[:] = [checkpoint]

        stack.enter_context(cpu_threads(request.threads))
        network = partial(_network, request.network, dict(request.options))
        if request.cluster:
            from evoke.training.cluster import run_on_cluster

            heard = _distillation(teachers, recipe, "cpu") if recipe else None
            run_on_cluster(
                *(request.cluster, data, request.config, network, write, heard),
                *(on_event, cancelled, folder),
            )
        else:
            heard = _distillation(teachers, recipe, request.device) if recipe else None
            run(
                *(data, request.config, network, write, heard, on_event, cancelled),
                *(request.trained_on, folder),
            )
    if not written:
        rest = f"; {request.run} holds what was done" if request.run else ""
        raise TrainingError(f"Training was cancelled before its first fold ended{rest}.")
    return written[0]


def _network(name: str, options: Mapping[str, str], seed: int) -> nn.Module:
    from models.networks import build

    return build(name, options, seed)


def _completed(request: TrainRequest) -> TrainRequest:
    """With what follows from the features: the network's option `reads`, the rest baseline. Raises
    SettingsError for options that the network has not, and for one that reads other features."""
    from evoke.features import RawWindows, extractor
    from models.errors import ModelError
    from models.layout import WINDOW
    from models.networks import OPTIONS, input_shape

    options = dict(request.options)
    raw = request.features == RawWindows.name
    if raw and "reads" in OPTIONS.get(request.network, {}):
        options.setdefault("reads", "window")
    try:
        reads_windows = input_shape(request.network, options) == WINDOW
    except ModelError as error:
        raise SettingsError(str(error)) from error
    if raw and not reads_windows:
        able = ", ".join(name for name, known in OPTIONS.items() if "reads" in known)
        raise SettingsError(
            f"{request.network} reads de or psd here; the features 'raw' are for {able}."
        )
    if reads_windows and not raw:
        raise SettingsError(
            f"{request.network} was asked to read raw windows; the features are "
            f"'{request.features}', expected 'raw'."
        )
    baseline = request.baseline or extractor(request.features).baselines[0]
    return replace(request, options=options, baseline=baseline)


def _check_request(request: TrainRequest, inputs: Inputs, teachers: Sequence[Checkpoint]) -> None:
    """Refuse what could not be met, hours before it would be found out."""
    if request.out.suffix != ".safetensors" or request.out.is_dir():
        raise CheckpointError(f"{request.out} must be a file that ends in .safetensors.")
    for teacher in teachers:
        if teacher.card.inputs != inputs:
            raise CheckpointError(
                f"{teacher.card.name} was trained behind another signal path than this version's."
            )
    if request.threads is not None and request.threads < 1:
        raise SettingsError(f"Training takes at least 1 thread, got {request.threads}.")
    if request.resume and request.run is None:
        raise SettingsError("Say which run to resume: --run FOLDER.")
    writable_folder(request.out.parent)


def _check_data(
    config: TrainConfig,
    data: LabelledWindows,
    unseen: Sequence[LabelledWindows],
    teachers: Sequence[Checkpoint],
) -> None:
    """Refuse what cannot be learned from, before a run's folder is begun with it."""
    from evoke.dataset.splits import splits
    from evoke.training.data import check_data, check_finite

    check_data(data)
    for other in unseen:
        check_finite(other)
    next(splits(config.protocol, data.groups, config.folds, config.seed))
    for teacher in teachers:
        if teacher.card.data.fingerprint != data.fingerprint:
            raise OtherDataError(
                f"{teacher.card.name} was trained on other data, and may have learned the trials "
                f"that the student is tested on: {teacher.card.data.description}."
            )


def _distillation(
    teachers: Sequence[Checkpoint], recipe: DistillConfig, device: Device
) -> Distillation:
    from evoke.training.run import Distillation
    from models.runtime import classifier_of

    classifiers = [classifier_of(teacher, device) for teacher in teachers]

    def logits(grid: NDArray[np.float32]) -> NDArray[np.float32]:
        return np.mean([classifier.logits(grid) for classifier in classifiers], axis=0)

    return Distillation(logits, recipe, _as_one(teachers) if recipe.mixup else None)


def _as_one(teachers: Sequence[Checkpoint]) -> nn.Module:
    from evoke.training.ensemble import Ensemble
    from models.torch_runtime import network_of

    return Ensemble(
        [network_of(teacher) for teacher in teachers],
        [teacher.mean for teacher in teachers],
        [teacher.std for teacher in teachers],
    )


def _run_settings(
    request: TrainRequest,
    data: LabelledWindows,
    teachers: Sequence[Checkpoint],
    recipe: DistillConfig | None,
) -> dict[str, Any]:
    """All that decides the weights but for the device, its precision and the CPU threads, which may
    be others after a GPU is gone; a resumed run must ask for the same."""
    return {
        **request.config.describe(),
        "network": request.network,
        "options": dict(request.options),
        "features": request.features,
        "baseline": request.baseline,
        "hop_s": request.hop_s,
        "data": data.fingerprint,
        "teachers": [teacher.fingerprint for teacher in teachers],
        "distillation": asdict(recipe) if recipe else None,
    }


def _about(request: TrainRequest) -> dict[str, Any]:
    begun = datetime.now(UTC).isoformat(timespec="seconds")
    return {
        "command": request.command,
        "device": request.trained_on,
        "begun": begun,
        "versions": versions(),
    }
