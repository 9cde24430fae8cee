"""Where the three parts meet: sources and the path from `evoke`, networks from `models`."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.audit import AuditFile
from app.source_spec import SourceSpec
from evoke.analyzer import Analyzer
from evoke.classifier import Classifier
from evoke.emotion import EmotionSettings
from evoke.engine import Engine
from evoke.errors import CheckpointError, FileRefusedError, MontageError, SettingsError
from evoke.signal.chain import ChainSettings
from evoke.signal.montage import Montage, map_channels
from evoke.sources.base import Source, Transport
from evoke.sources.playback import PlaybackSource
from evoke.store.base import AuditSink
from evoke.types import StreamInfo

if TYPE_CHECKING:
    from evoke.sources.boards import BoardParams


@dataclass(frozen=True)
class Composition:
    """A source and everything needed to read it."""

    source: PlaybackSource
    classifier: Classifier
    chain: ChainSettings
    emotion: EmotionSettings
    montage: Montage

    def analyzer(self) -> Analyzer:
        """A fresh path over the source."""
        return Analyzer(
            self.source.info,
            self.classifier,
            self.chain,
            self.emotion,
            montage=self.montage,
            opening=self.source.opening,
        )


@dataclass
class Composer:
    """Opens sources and builds engines by the user's settings.

    model: a checkpoint, or None for the student that ships with the application. name: the user's
        for it; '' for its card's. spare: whether that student stands in for a model that cannot be
        used; `problem` then says why. audit: is told what is done with models.
    """

    chain: ChainSettings = field(default_factory=ChainSettings)
    emotion: EmotionSettings = field(default_factory=EmotionSettings)
    model: Path | None = None
    name: str = ""
    spare: bool = False
    problem: str = ""
    audit: AuditSink = field(default_factory=AuditFile)
    _classifier: Classifier | None = None

    def classifier(self) -> Classifier:
        """The network, loaded once. Raises CheckpointError."""
        if self._classifier is None:
            try:
                self._classifier = load_classifier(self.model, self.name)
            except CheckpointError as error:
                if self.model is None or not self.spare:
                    raise
                self.problem = f"{error} The demo student reads in its place."
                self._classifier = load_classifier()
        return self._classifier

    def rename(self, name: str) -> None:
        """The network is called so from now on, in the engine that runs too."""
        self.name = name
        if self._classifier is not None:
            self._classifier.name = name

    def use(self, classifier: Classifier) -> None:
        """Build engines with this network from now on."""
        self._classifier = classifier

    def open(self, spec: SourceSpec) -> Engine:
        """Open a source and build the engine that runs it. May take seconds: not for the GUI
        thread. Raises EvokeError."""
        source = open_source(spec)
        try:
            source.open()
            montage = montage_of(source.info, spec)
            return Engine(source, self.classifier(), self.chain, self.emotion, montage=montage)
        except BaseException:
            source.close()
            raise

    def compose(self, spec: SourceSpec, *, speed: float, chunk: int | None = None) -> Composition:
        """A stored source for reading without threads. Raises EvokeError."""
        source = open_source(replace(spec, trial=None))
        if not isinstance(source, PlaybackSource):
            source.close()
            raise SettingsError("Only recordings can be replayed; a board runs in the window.")
        if spec.trial is not None:
            source.select(spec.trial)
        source.set_speed(speed)
        if chunk:
            source.set_chunk(chunk)
        source.open()
        return Composition(
            source,
            self.classifier(),
            self.chain,
            self.emotion,
            montage_of(source.info, spec),
        )


def montage_of(info: StreamInfo, spec: SourceSpec) -> Montage:
    """The montage of a source, with the user's own names where there are any.
    Raises MontageError."""
    labels = [channel.name for channel in info.channels]
    unknown = [name for name in spec.montage if name not in labels]
    if unknown:
        raise MontageError(f"The montage names channel '{unknown[0]}', which {info.name} lacks.")
    return map_channels(info, {labels.index(k): v for k, v in spec.montage.items()})


def read_montage(path: Path) -> dict[str, str]:
    """Channel name -> electrode, from a CSV of two columns. Raises SettingsError."""
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            lines = [line for line in csv.reader(file) if any(cell.strip() for cell in line)]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        why = getattr(error, "strerror", None) or error
        raise SettingsError(f"{path.name} could not be read as a montage: {why}.") from error
    wrong = next((line for line in lines if len(line) != 2), None)
    if wrong or not lines:
        found = ",".join(wrong) if wrong else "nothing"
        raise SettingsError(f"{path.name} must have two columns, channel and electrode: {found}.")
    return {channel.strip(): electrode.strip() for channel, electrode in lines}


def load_classifier(path: Path | None = None, name: str = "") -> Classifier:
    """A network behind the path's seam; name: the user's for it, '' for its card's. Raises
    CheckpointError."""
    from models.errors import ModelError
    from models.runtime import load_classifier as load

    try:
        classifier = load(path)
    except ModelError as error:
        raise CheckpointError(str(error)) from error
    classifier.name = name or classifier.name
    return classifier


def open_source(spec: SourceSpec) -> Source:
    """The source a user asked for, not yet started. Raises EvokeError."""
    if spec.kind == "demo":
        from evoke.sources.demo import open_demo

        return _at_trial(open_demo(), spec.trial)
    if spec.kind in {"deap", "file"}:
        return _at_trial(_open_path(Path(spec.path), spec), spec.trial)
    from evoke.sources.brainflow import BrainFlowSource

    return BrainFlowSource(spec.board, board_params(spec.params))


def _open_path(path: Path, spec: SourceSpec) -> Source:
    if not path.exists():
        raise FileRefusedError(f"There is no file {path}.")
    if path.is_dir():
        raise FileRefusedError(
            f"{path} is a folder; choose one recording in it, such as s01.dat or s01.edf."
        )
    from evoke.dataset.deap_original import is_deap_original

    if spec.kind == "deap" or is_deap_original(path):
        from evoke.sources.deap import open_deap

        return open_deap(path)
    from evoke.sources.files import open_file

    return open_file(path, spec.board or None)


def board_params(inputs: Mapping[str, str]) -> BoardParams:
    """What a form or a command line gave for a board. Raises SettingsError."""
    from evoke.sources.boards import INPUTS, BoardParams

    values: dict[str, Any] = {}
    for name, text in inputs.items():
        if name not in INPUTS:
            raise SettingsError(f"A board may ask for {', '.join(INPUTS)}; got '{name}'.")
        if name in {"ip_port", "timeout_s"}:
            if not text.isdigit():
                raise SettingsError(f"{name} must be a whole number; got '{text}'.")
            values[name] = int(text)
        else:
            values[name] = text
    return BoardParams(**values)


def _at_trial(source: Source, trial: int | None) -> Source:
    if trial is not None and isinstance(source, Transport):
        source.seek(0.0, trial)
    return source
