"""Where avatars are kept: the finished ones, which nobody changes, and those of an owner.

An owner is an opaque id; who that is, a clinic knows. Without a clinic there is one owner, `OWN`,
and its avatars are files on this computer, not encrypted.
"""

from __future__ import annotations

import contextlib
import json
import re
import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from app.files import set_aside, write_atomically
from avatars import AvatarError, Identity, Scene, identity_names, load_scene
from evoke import paths
from evoke.dataset.atomic import rename_over
from evoke.errors import EvokeError

OWN = "own"
"""The only owner without a clinic."""

STANDARD = "mira"
"""Worn where nothing else was chosen, or what was chosen is gone."""

LONGEST_NAME = 60
_SAFE_ID = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
_LARGEST_BYTES = 1_000_000


@dataclass(frozen=True, slots=True)
class Entry:
    """One avatar of an owner. identity: None where its file is damaged, and `trouble` says how."""

    id: str
    name: str
    identity: Identity | None
    trouble: str = ""


@dataclass(frozen=True, slots=True)
class Draft:
    """An avatar that was changed and not saved yet. of: id of the one it would replace."""

    identity: Identity
    of: str | None = None


class FileStore:
    """A folder for each owner, in it a JSON file for each avatar, called by an id that says
    nothing of it. Every method raises EvokeError."""

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder or paths.avatars_dir()
        self._known: dict[Path, tuple[tuple[int, ...], Entry]] = {}

    def entries(self, owner: str) -> list[Entry]:
        """All avatars of `owner`, by name, each name once; damaged ones last."""
        entries = [self._entry(path) for path in sorted(self._of(owner).glob("*.json"))]
        whole = [entry for entry in entries if entry.identity is not None]
        damaged = [entry for entry in entries if entry.identity is None]
        whole.sort(key=lambda entry: (entry.name.casefold(), entry.id))
        return [*_told_apart(whole), *damaged]

    def _entry(self, path: Path) -> Entry:
        """What is in a file, which is read again when it has changed."""
        try:
            found = path.stat()
            stamp = (found.st_mtime_ns, found.st_size, found.st_ino)
            if path in self._known and self._known[path][0] == stamp:
                return self._known[path][1]
            identity = read(path)
        except OSError as error:
            why = f"{path} could not be read: {error.strerror or error}."
            return Entry(path.stem, path.name, None, why)
        except EvokeError as error:
            entry = Entry(path.stem, path.name, None, str(error))
        else:
            entry = Entry(path.stem, identity.name, identity)
        self._known[path] = (stamp, entry)
        return entry

    def save(self, owner: str, identity: Identity, replacing: str | None = None) -> Entry:
        """Keep `identity` in place of the one with the id `replacing`, or as a new one. A name
        that is taken gets a number."""
        others = {e.name for e in self.entries(owner) if e.id != replacing}
        identity = replace(identity, name=free_name(identity.name, others | {*identity_names()}))
        id = replacing or uuid.uuid4().hex[:12]
        path = self._path(owner, id) if replacing else self._of(owner) / f"{id}.json"
        write_atomically(path, identity.to_json())
        return Entry(id, identity.name, identity)

    def remove(self, owner: str, id: str) -> None:
        """Take an avatar away; `bring_back` is its opposite."""
        removed = self._of(owner) / "removed"
        with _writing(removed):
            removed.mkdir(parents=True, exist_ok=True)
            rename_over(self._path(owner, id), removed / f"{id}.json")

    def bring_back(self, owner: str, id: str) -> None:
        folder = self._of(owner)
        with _writing(folder):
            rename_over(_named(folder / "removed", id), folder / f"{id}.json")

    def draft(self, owner: str) -> Draft | None:
        """What was not saved when the studio was left."""
        path = self._draft(owner)
        if not path.exists():
            return None
        try:
            kept = json.loads(path.read_text(encoding="utf-8"))
            of = kept["of"] if isinstance(kept["of"], str) else None
            return Draft(_checked(json.dumps(kept["avatar"]), path), of)
        except OSError as error:
            raise EvokeError(f"{path} could not be read: {error.strerror}.") from error
        except (ValueError, KeyError, TypeError, RecursionError, EvokeError) as error:
            aside = set_aside(path)
            raise EvokeError(
                f"The avatar that was not saved could not be read; it is kept as {aside}: {error}"
            ) from error

    def keep_draft(self, owner: str, draft: Draft | None) -> None:
        path = self._draft(owner)
        if draft is None:
            with _writing(path.parent):
                path.unlink(missing_ok=True)
            return
        kept = {"of": draft.of, "avatar": json.loads(draft.identity.to_json())}
        write_atomically(path, json.dumps(kept, indent=2) + "\n")

    def _of(self, owner: str) -> Path:
        if not _SAFE_ID.fullmatch(owner):
            raise EvokeError(f"{owner!r} is no owner of avatars: expected an id in small letters.")
        return self._folder / owner

    def _path(self, owner: str, id: str) -> Path:
        return _named(self._of(owner), id)

    def _draft(self, owner: str) -> Path:
        return self._of(owner) / "draft" / "draft.json"


def _named(folder: Path, id: str) -> Path:
    """The file of that id. Only names that the folder lists are ever opened."""
    for path in folder.glob("*.json"):
        if path.stem == id:
            return path
    raise EvokeError(f"The avatar {id!r} is gone: its file is not in {folder}.")


@contextlib.contextmanager
def _writing(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise EvokeError(f"{folder} could not be changed: {error.strerror or error}.") from error


def _told_apart(entries: list[Entry]) -> Iterator[Entry]:
    """`entries` with a number after a name that came before."""
    names: set[str] = set()
    for entry in entries:
        name = free_name(entry.name, names)
        names.add(name)
        worn = replace(entry.identity, name=name) if entry.identity is not None else None
        yield Entry(entry.id, name, worn)


def free_name(name: str, taken: Iterable[str]) -> str:
    """`name`, or the first of "name 2", "name 3", ... that is not taken, in any case of letters."""
    used = {each.casefold() for each in taken}
    name = " ".join(name.split())[:LONGEST_NAME] or "avatar"
    stem, _, number = name.rpartition(" ")
    stem, n = (stem, int(number)) if stem and number.isdecimal() else (name, 1)
    while name.casefold() in used:
        n += 1
        name = f"{stem} {n}"
    return name


def read(path: Path) -> Identity:
    """The avatar that a JSON file describes. Raises EvokeError."""
    try:
        if path.stat().st_size > _LARGEST_BYTES:
            raise EvokeError(f"{path.name} does not describe an avatar: it is over a megabyte.")
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or error
        raise EvokeError(f"{path} could not be read as an avatar: {why}.") from error
    return _checked(text, path)


def _checked(text: str, path: Path) -> Identity:
    with in_words():
        identity = Identity.from_json(text, path.name)
        name: object = identity.name
        if not isinstance(name, str) or not name.strip() or not name.isprintable():
            raise EvokeError(f"{path.name} does not describe an avatar: name must be a word.")
        told: object = identity.description
        if not isinstance(told, str):
            raise EvokeError(f"{path.name} does not describe an avatar: description must be words.")
        identity.pieces()
    return identity


def find(name: str) -> Identity:
    """The avatar of that name: a finished one, or one's own; "own/NAME" always means one's own.

    Raises EvokeError where there is none, or its file is damaged.
    """
    if name in identity_names():
        with in_words():
            return Identity.load(name)
    own = FileStore().entries(OWN)
    wanted = name.removeprefix(f"{OWN}/")
    for entry in own:
        if wanted in (entry.name, entry.id):
            if entry.identity is None:
                raise EvokeError(entry.trouble)
            return entry.identity
    known = [*identity_names(), *(f"{OWN}/{e.name}" for e in own if e.identity is not None)]
    raise EvokeError(f"No avatar named {name!r}: expected one of {', '.join(known)}.")


def finished() -> tuple[list[Identity], list[str]]:
    """The finished avatars that are whole, and sentences about the others."""
    whole, troubles = [], []
    for name in identity_names():
        try:
            whole.append(find(name))
        except EvokeError as error:
            troubles.append(str(error))
    return whole, troubles


def worn(name: str, before: str = STANDARD) -> tuple[Scene, str, str]:
    """The avatar of that name, ready to pose, with its name; where it cannot be had, the one worn
    before or else the standard one, and a sentence that says why.

    Raises EvokeError where not even the standard one can be built.
    """
    try:
        return build(find(name)), name, ""
    except EvokeError as error:
        why = str(error)
    said = "The avatar {0!r} cannot be shown, so {1} is worn: {2}"
    if before not in (name, STANDARD):
        with contextlib.suppress(EvokeError):
            return build(find(before)), before, said.format(name, before, why)
    return build(find(STANDARD)), STANDARD, said.format(name, STANDARD, why)


def build(identity: Identity) -> Scene:
    """An avatar ready to pose. Raises EvokeError."""
    with in_words():
        return load_scene(identity)


@contextlib.contextmanager
def in_words() -> Iterator[None]:
    """What is wrong with an avatar, as an error that a page or the command line shows."""
    try:
        yield
    except AvatarError as error:
        raise EvokeError(str(error)) from error
