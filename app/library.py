"""The user's models: checkpoints with their cards in one folder, and what the user says of them.

NAME.safetensors, NAME.md    a checkpoint and its card (models.checkpoint)
library.json                 names and notes given here, by file name
lock                         held, by the operating system, while the library is changed
trash/                       what was removed
"""

from __future__ import annotations

import contextlib
import logging
import os
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict, Field, JsonValue, ValidationError

from app.files import set_aside, write_atomically
from app.json_files import from_json, to_json
from evoke import paths
from evoke.dataset.atomic import rename_over
from evoke.errors import CheckpointError, EvokeError, TrainingError
from evoke.training.runs import clear_half_made, kept_free, lock, lockable

if TYPE_CHECKING:
    from models.card import ModelCard

ENDING = ".safetensors"
MOST_NAME = 100
"""Letters, as a model card has them."""

MOST_NOTE = 4000

SCHEMA = 1

WAIT_S = 5.0
"""For another window that changes the library: a copy takes a moment."""

log = logging.getLogger(__name__)

_lost: dict[Path, str] = {}
"""What could not be read of a folder's index since this process began, whoever came across it."""


class Said(BaseModel):
    """What the user says of a model; name '': as its card has it."""

    model_config = ConfigDict(frozen=True)

    name: str = Field(default="", max_length=MOST_NAME)
    note: str = Field(default="", max_length=MOST_NOTE)


class _Index(BaseModel):
    """library.json."""

    schema_version: int = SCHEMA
    models: dict[str, Said] = {}


class _Stored(BaseModel):
    """library.json as it is found: what is said of each model is looked at by itself."""

    schema_version: int = SCHEMA
    models: dict[str, JsonValue] = {}


@dataclass(frozen=True)
class Model:
    """One model. damage: why it cannot be used, '' if it can; then card is None.

    demo: the student that comes with the application, which stays.
    """

    path: Path
    card: ModelCard | None
    damage: str
    name: str
    note: str
    demo: bool
    fingerprint: str

    @property
    def key(self) -> str:
        """As the settings name the model in use: '' for the demo's, else a file name."""
        return "" if self.demo else self.path.name

    @property
    def synthetic(self) -> bool:
        """Whether it learned from generated data: its readings of a person mean nothing."""
        return self.card is not None and self.card.data.synthetic


@dataclass(frozen=True)
class Ancestor:
    """A teacher of a model. model: where it is in the library, None where it is not."""

    name: str
    recipe: str
    model: Model | None


class Library:
    """All models of this user. Reading them takes a while (24 MB a teacher): not for the GUI
    thread.

    in_use: tells the key of the model in use, which cannot be removed.
    """

    def __init__(self, folder: Path | None = None, in_use: Callable[[], str] = lambda: "") -> None:
        self.folder = folder or paths.models_dir()
        self._in_use = in_use
        self._read: dict[Path, tuple[tuple[int, int], Model]] = {}

    def models(self) -> list[Model]:
        """The demo's student, then the others by name; those that are damaged, too."""
        with kept_free(self.folder) as free:
            if free:
                clear_half_made(self.folder)
        index = self._index().models
        found = [self._model(path, index) for path in sorted(self.folder.glob(f"*{ENDING}"))]
        return [demo(), *sorted(found, key=lambda model: model.name.casefold())]

    def get(self, key: str) -> Model:
        """The model of a key. Raises EvokeError if there is none."""
        if not key:
            return demo()
        path = self.folder / key
        if Path(key).name != key or not path.exists():
            raise EvokeError(f"The library has no model {key}: it was moved or deleted.")
        return self._model(path, self._index().models)

    @property
    def lost(self) -> str:
        """Which names and notes could not be read, in one sentence; '' if all could."""
        return _lost.get(self.folder, "")

    @staticmethod
    def look(path: Path) -> Model:
        """A checkpoint that is not in the library, as it would be there."""
        return _of(path)

    def title(self, key: str) -> str:
        """The user's name for a model, without reading it; '' where there is none."""
        return self._index().models.get(key, Said()).name

    def lineage(self, model: Model) -> list[Ancestor]:
        """The teachers of a model, the first of an ensemble first; none for a teacher."""
        if model.card is None:
            return []
        training = model.card.training
        teachers = [*([training.teacher] if training.teacher else []), *training.other_teachers]
        if not teachers:
            return []
        known = {one.fingerprint: one for one in self.models() if one.fingerprint}
        return [Ancestor(t.name, t.recipe, known.get(t.fingerprint)) for t in teachers]

    # -- changes

    def add(self, checkpoint: Path, name: str = "", note: str = "") -> Model:
        """Copy a finished checkpoint into the library, whole or not at all; one that is there
        already is given back as it is, renamed where a name is given. Raises CheckpointError if
        it does not fit, EvokeError if it cannot be written."""
        card, fingerprint = _checked(checkpoint)
        with self._alone():
            for model in self.models()[1:]:
                if model.fingerprint == fingerprint:
                    return self._say(model, name or None, note or None)
            said, index = _said(name, note), self._index()
            if said != Said():
                _check_ours(index)
            path = self._free_path(name or card.name)
            try:
                self._copy(checkpoint, path)
                if said != index.models.get(path.name, Said()):
                    self._keep(index, {**index.models, path.name: said})
            except EvokeError:
                for made in (path, path.with_suffix(".md")):
                    with contextlib.suppress(OSError):
                        made.unlink()
                raise
        return self._model(path, {path.name: said})

    def import_(self, path: Path) -> Model:
        """Take a checkpoint from elsewhere in. Raises CheckpointError, naming why, if it is not
        one, is damaged, or was trained behind another signal path than this version's."""
        return self.add(path)

    def export(self, model: Model, path: Path) -> None:
        """Write a model's checkpoint to `path` (.safetensors) and its card beside it (.md).
        Raises EvokeError."""
        if path.suffix != ENDING:
            raise EvokeError(f"A model's file ends in {ENDING}, got {path.name}.")
        self._copy(model.path, path)

    def rename(self, model: Model, name: str) -> Model:
        """Give it another name in the library; '' gives back its card's. Raises EvokeError."""
        with self._alone():
            return self._say(model, name, None)

    def note(self, model: Model, note: str) -> Model:
        """Keep a note of the user's. Raises EvokeError."""
        with self._alone():
            return self._say(model, None, note)

    def remove(self, model: Model) -> None:
        """Move a model into the library's trash. Raises EvokeError for the demo's student, for
        the one in use, and where files cannot be moved."""
        if model.demo:
            raise EvokeError("The demo student comes with the application and stays.")
        if model.key == self._in_use():
            raise EvokeError(f"{model.name} is in use: put another model to work first.")
        with self._alone():
            self._remove(model)

    def _remove(self, model: Model) -> None:
        trash = self.folder / "trash"
        try:
            trash.mkdir(exist_ok=True)
            for path in (model.path, model.path.with_suffix(".md")):
                if path.exists():
                    rename_over(path, _free(trash / path.name))
        except OSError as error:
            raise EvokeError(f"{model.name} could not be removed: {error.strerror}.") from error
        try:
            index = self._index()
            kept = {name: said for name, said in index.models.items() if name != model.path.name}
            self._keep(index, kept)
        except EvokeError as error:  # it is removed all the same
            log.warning("%s", error)

    # -- files

    @contextlib.contextmanager
    def _alone(self) -> Iterator[None]:
        """No other window changes the library meanwhile. Raises EvokeError if one takes long."""
        with contextlib.suppress(OSError):  # who writes there says it
            self.folder.mkdir(parents=True, exist_ok=True)
        began, handle = time.monotonic(), None
        while handle is None:
            try:
                handle = lock(self.folder)
            except TrainingError as error:
                if not lockable(self.folder):
                    break  # as on a full disk; one that is free again by now is tried again
                if time.monotonic() - began > WAIT_S:
                    raise EvokeError(
                        "Another window is changing the library: try again in a moment."
                    ) from error
                time.sleep(0.05)
        try:
            yield
        finally:
            if handle is not None:
                os.close(handle)

    def _say(self, model: Model, name: str | None, note: str | None) -> Model:
        """None leaves what was said."""
        if model.demo:
            raise EvokeError("The demo student comes with the application; its name stays.")
        index = self._index()
        was = index.models.get(model.path.name, Said())
        said = _said(was.name if name is None else name, was.note if note is None else note)
        if said != was:
            self._keep(index, {**index.models, model.path.name: said})
        return self._model(model.path, {model.path.name: said})

    def _model(self, path: Path, index: dict[str, Said]) -> Model:
        """Read once for as long as the file is the same; what is said of it may have changed."""
        said = index.get(path.name, Said())
        try:
            status = path.stat()
            stamp = status.st_mtime_ns, status.st_size
        except OSError:
            stamp = (0, 0)
        kept, model = self._read.get(path, (None, None))
        if model is None or kept != stamp:
            model = _of(path)
            self._read[path] = stamp, model
        name = said.name or model.name
        return Model(path, model.card, model.damage, name, said.note, model.demo, model.fingerprint)

    def _index(self) -> _Index:
        """What is damaged of library.json is set aside; the models are found without it. Raises
        EvokeError where it is there and cannot be read."""
        path = self.folder / "library.json"
        try:
            stored = from_json(_Stored, path.read_bytes())
        except (FileNotFoundError, NotADirectoryError):
            return _Index()
        except ValidationError:
            self._lose(path, "all names and notes")
            return _Index()
        except OSError as error:
            raise EvokeError(f"{path} could not be read: {error.strerror}.") from error
        index = _Index(schema_version=stored.schema_version)
        for name, said in stored.models.items():
            with contextlib.suppress(ValidationError):
                index.models[name] = Said.model_validate(said)
        lost = sorted(stored.models.keys() - index.models.keys())
        if lost and stored.schema_version <= SCHEMA:
            others = f" and of {len(lost) - 1} more" if len(lost) > 1 else ""
            self._lose(path, f"name and note of {lost[0][:MOST_NAME]}{others}")
            self._keep(index, index.models)
        return index

    def _lose(self, path: Path, what: str) -> None:
        """Raises EvokeError if the damaged file cannot be set aside."""
        _lost[self.folder] = f"In the library, {what} are damaged: they are kept in "
        _lost[self.folder] += f"{set_aside(path)}, and to be given anew."
        log.warning("%s", _lost[self.folder])

    def _keep(self, before: _Index, models: dict[str, Said]) -> None:
        """Replace an index that was read before by another. Raises EvokeError."""
        _check_ours(before)
        index = _Index(models=models)
        write_atomically(self.folder / "library.json", to_json(index))

    def _copy(self, source: Path, target: Path) -> None:
        """The card last: a checkpoint is whole without it, the other way round it is not."""
        card = source.with_suffix(".md")
        try:
            write_atomically(target, source.read_bytes(), durable=True)
            if card.exists():
                write_atomically(target.with_suffix(".md"), card.read_bytes())
        except OSError as error:
            raise EvokeError(f"{source} could not be copied: {error.strerror}.") from error

    def _free_path(self, name: str) -> Path:
        """A file name of that name's letters that nothing has yet."""
        stem = re.sub(r"[^\w-]+", "-", name).strip("-")[:60] or "model"
        return _free(self.folder / f"{stem}{ENDING}")


def demo() -> Model:
    """The student that comes with the application."""
    from models.runtime import BUNDLED_STUDENT

    model = _of(BUNDLED_STUDENT)
    return Model(model.path, model.card, model.damage, model.name, "", True, model.fingerprint)


def _of(path: Path) -> Model:
    try:
        card, fingerprint = _checked(path)
    except CheckpointError as error:
        return Model(path, None, str(error), path.stem, "", False, "")
    return Model(path, card, "", card.name, "", False, fingerprint)


def _checked(path: Path) -> tuple[ModelCard, str]:
    """Raises CheckpointError unless it can read what this version's signal path gives it."""
    from evoke.classifier import check_fit
    from evoke.signal.chain import ChainSettings
    from models.checkpoint import load
    from models.errors import ModelError

    try:
        checkpoint = load(path)
    except ModelError as error:
        raise CheckpointError(str(error)) from error
    check_fit(_Path(checkpoint.card), ChainSettings().describe())
    return checkpoint.card, checkpoint.fingerprint


class _Path:
    """The signal path behind which a network was trained, as its card has it: enough to see
    whether it fits, without the network itself."""

    def __init__(self, card: ModelCard) -> None:
        self.name = card.name
        self.features = str(card.inputs.features["name"])
        self.feature_settings = card.inputs.features
        self.electrodes = card.inputs.electrodes
        self.baseline = card.inputs.baseline
        self.chain: object = card.inputs.chain


def _check_ours(index: _Index) -> None:
    """Raises EvokeError for an index that this version would spoil."""
    if index.schema_version > SCHEMA:
        raise EvokeError(
            "The library's names and notes were written by a newer version of EVOKE: change them "
            "with that one."
        )


def _said(name: str, note: str) -> Said:
    try:
        return Said(name=name.strip(), note=note.strip())
    except ValidationError as error:
        raise EvokeError(
            f"A name has at most {MOST_NAME} letters, a note {MOST_NOTE:,}."
        ) from error


def _free(path: Path) -> Path:
    """The path itself, or with the first number that nothing has yet."""
    taken = path.parent
    candidate, number = path, 2
    while candidate.exists():
        candidate, number = taken / f"{path.stem}-{number}{path.suffix}", number + 1
    return candidate
