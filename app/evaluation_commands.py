"""`evoke evaluate`: a checkpoint against data, and what that is worth."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from app.training_cards import known_people, read_by, usual_shares, where_known
from evoke.errors import CheckpointError, SettingsError
from evoke.training.evaluation import RESAMPLES
from evoke.training.verdict import WHERE, assessment_json, verdict
from evoke.types import RATE_HZ

if TYPE_CHECKING:
    from evoke.training.data import LabelledWindows
    from evoke.training.evaluation import Assessment
    from models.checkpoint import Checkpoint
    from models.runtime import Device

Reading = Callable[[int, int], None]
"""Subjects read, subjects in all."""


@dataclass(frozen=True)
class Evaluated:
    """One network on one set of windows it was not trained on, or may have been: `where` says."""

    name: str
    network: str
    data: str
    synthetic: bool
    protocol: str
    where: str
    assessment: Assessment

    def words(self) -> list[str]:
        """The verdict, sentence by sentence."""
        return verdict(self.assessment, self.where, self.protocol)

    def as_json(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "network": self.network,
            "data": self.data,
            "synthetic": self.synthetic,
            "protocol": self.protocol,
            "verdict": self.words(),
            **assessment_json(self.assessment),
        }


def checkpoints(path: Path) -> list[Path]:
    """The checkpoint itself, or those in a folder. Raises CheckpointError if none is."""
    if not path.is_dir():
        return [path]
    found = sorted(p for p in path.glob("*.safetensors") if p.with_suffix(".md").exists())
    if found:
        return found
    rest = "; its checkpoint is where --out put it" if (path / "run.json").exists() else ""
    raise CheckpointError(f"{path} holds no finished checkpoint (.safetensors and .md){rest}.")


def evaluate(
    path: Path,
    source: str | None,
    on_read: Reading | None = None,
    on_asked: Reading | None = None,
    resamples: int = RESAMPLES,
    leave_out: Sequence[str] = (),
    device: Device = "auto",
) -> Evaluated:
    """Evaluate a checkpoint.

    source: as `load_windows` takes it; None: the data it was trained on, where its card names
    generated ones, without those that were left out then. Of the data it was trained on, its test
    windows alone are used.
    leave_out: names of files in `source` that are not read.
    on_asked: told how many of how many windows the network has read.
    Raises EvokeError for a checkpoint or data that cannot be used.
    """
    from evoke.classifier import check_fit
    from evoke.features import extractor
    from evoke.signal.chain import ChainSettings
    from evoke.training.data import check_finite, load_windows
    from evoke.training.evaluation import assess
    from models.checkpoint import load
    from models.errors import ModelError
    from models.runtime import classifier_of

    try:
        checkpoint = load(path)
        classifier = classifier_of(checkpoint, device)
    except ModelError as error:
        raise CheckpointError(str(error)) from error
    check_fit(classifier, ChainSettings().describe())
    card = checkpoint.card
    if not source:
        source, leave_out = _training_source(checkpoint)
    features = extractor(str(card.inputs.features["name"]))
    step = _step(checkpoint)
    data = load_windows(source, features, card.inputs.baseline, step, on_read, leave_out)
    check_finite(data)
    tested, usual, where, protocol = division(checkpoint, data)
    return Evaluated(
        name=card.name,
        network=card.network,
        data=data.description,
        synthetic=data.synthetic or card.data.synthetic,
        protocol=protocol,
        where=where,
        assessment=assess(
            read_by(classifier, data.grid[tested], on_asked),
            data.high[tested],
            data.groups.trial[tested],
            usual,
            data.groups.subject[tested],
            resamples,
            protocol=protocol,
            videos=data.groups.video[tested],
        ),
    )


def _training_source(checkpoint: Checkpoint) -> tuple[str, list[str]]:
    """Generated data are named whole in the command that made the checkpoint, with who was left
    out; files by their folder's name alone, so that a card tells nothing of somebody's disk."""
    try:
        words = shlex.split(checkpoint.card.training.command)
    except ValueError:  # a quotation that does not end
        words = []
    for word in words:
        if word.startswith("demo:"):
            return word, [b for a, b in pairwise(words) if a == "--leave-out"]
    raise SettingsError(
        f"{checkpoint.card.name} was trained on files: name the DATA to evaluate it on."
    )


def _step(checkpoint: Checkpoint) -> int:
    """Samples from one window to the next, as it was trained."""
    hop = checkpoint.card.training.settings.get("hop_s", 1.0)
    step = round(hop * RATE_HZ) if isinstance(hop, int | float) else 0
    if step < 1:
        raise CheckpointError(
            f"{checkpoint.card.name} says that its windows were {hop} s apart, expected a number "
            "over 0; train it again."
        )
    return step


def division(
    checkpoint: Checkpoint, data: LabelledWindows
) -> tuple[NDArray[np.int64], NDArray[np.float32] | None, str, str]:
    """Windows to test on, by index; labels (m, 3) that give the usual share of high ratings, None
    where it is not known; how the verdict begins; and the protocol."""
    from evoke.dataset.splits import splits

    card, everything = checkpoint.card, np.arange(len(data))
    if data.fingerprint == card.data.fingerprint:
        settings: dict[str, Any] = dict(card.training.settings)
        protocol, folds, seed = map(settings.get, ("protocol", "folds", "seed"), ("", None, None))
        # what a card says was written by anybody: only its checksum is known to be its own
        numbered = isinstance(folds, int) and isinstance(seed, int)
        if not (numbered and isinstance(protocol, str) and protocol in WHERE):
            raise CheckpointError(
                f"{card.name} does not say how its data were divided; train it again."
            )
        split = next(splits(protocol, data.groups, folds, seed))
        learned = split.learned(validating=settings.get("patience", True) is not None)
        return split.test, data.high[learned], WHERE[protocol], protocol
    known = known_people(card.data, data)
    usual = usual_shares(card.data)
    if known:
        return everything, usual, where_known(known), "unknown"
    return everything, usual, WHERE["subjects"], "subjects"
