"""The avatar that is worked on: where it is from, how it was, and how it is kept."""

from __future__ import annotations

from dataclasses import replace

from app import avatar_store
from app.avatar_store import OWN, STANDARD, Draft, Entry, FileStore
from app.studio.history import AvatarHistory
from app.studio.saying import description
from avatars import Identity, identity_names
from evoke.errors import EvokeError

NEW = "new"
"""Key of an avatar that is from nowhere."""

NOWHERE = ""
"""Key of an avatar that no tile shows."""

AVERAGE = Identity("new avatar", gender=0.5, hair="short")

_UNNAMED = "new face"


def finished_key(name: str) -> str:
    return f"finished/{name}"


def own_key(id: str) -> str:
    return f"own/{id}"


class Document:
    """One avatar open, among those of an owner. What touches the store raises EvokeError.

    entries: the owner's avatars when they were last read. opened: the one that is open, as it was
    then.
    """

    def __init__(self, store: FileStore, owner: str) -> None:
        self._store, self._owner = store, owner
        self.entries: list[Entry] = []
        self.history = AvatarHistory(AVERAGE)
        self.opened = AVERAGE
        self._key = NEW
        self._of: str | None = None
        self._name = AVERAGE.name

    @property
    def identity(self) -> Identity:
        """The avatar as it stands."""
        return self.history.present

    @property
    def of(self) -> str | None:
        """Id of the avatar that is open; None where it is not among the owner's."""
        return self._of if self._is_the_one_opened else None

    @property
    def key(self) -> str:
        """Of its tile in the gallery."""
        return self._key if self._is_the_one_opened else NOWHERE

    @property
    def _is_the_one_opened(self) -> bool:
        """False for somebody made by chance in its place, until that is undone."""
        return self.identity.name == self._name

    @property
    def changed(self) -> bool:
        return self.history.changed

    @property
    def title(self) -> str:
        """Its name as it is shown."""
        name = self.identity.name
        return name if self.of is not None else name.capitalize()

    @property
    def free_title(self) -> str:
        """A name that it may be saved under as a new one."""
        return avatar_store.free_name(
            self.title, [*identity_names(), *(entry.name for entry in self.entries)]
        )

    @property
    def strangers_name(self) -> str:
        """What somebody made by chance is called until it is saved: not as the one opened."""
        return avatar_store.free_name(_UNNAMED, [self._name])

    @property
    def reference(self) -> str:
        """The name by which `avatar_store.find` knows it, as it was saved."""
        return self.identity.name if self.of is None else f"{OWN}/{self.identity.name}"

    def reload(self) -> None:
        """Read the owner's avatars again."""
        self.entries = self._store.entries(self._owner)

    def begin(self, worn: str) -> None:
        """Open what was not saved the last time, else the avatar worn in the session."""
        own = next((e for e in self.entries if worn == f"{OWN}/{e.name}" and e.identity), None)
        finished = finished_key(worn if worn in identity_names() else STANDARD)
        self.go(own_key(own.id) if own is not None else finished)
        draft = self._store.draft(self._owner)
        if draft is not None:
            entry = next((e for e in self.entries if e.id == draft.of and e.identity), None)
            kept = entry.identity if entry is not None else None
            self._open(draft.identity, NEW, None, AVERAGE)
            if entry is not None and kept is not None:
                self._open(draft.identity, own_key(entry.id), entry.id, kept)

    def go(self, key: str) -> None:
        """Open the avatar of a tile."""
        kind, _, rest = key.partition("/")
        if key == NEW:
            self._open(AVERAGE, NEW, None, AVERAGE)
        elif kind == "finished":
            identity = avatar_store.find(rest)
            self._open(identity, key, None, identity)
        else:
            entry = next((entry for entry in self.entries if entry.id == rest), None)
            if entry is None or entry.identity is None:
                raise EvokeError(entry.trouble if entry is not None else "That avatar is gone.")
            self._open(entry.identity, key, entry.id, entry.identity)

    def take(self, identity: Identity) -> None:
        """Open an avatar from elsewhere; it is not saved yet."""
        self._open(identity, NEW, None, AVERAGE)

    def _open(self, identity: Identity, key: str, of: str | None, kept: Identity) -> None:
        self._key, self._of, self._name = key, of, kept.name
        self.opened = kept if of is not None else identity
        self.history.begin(identity, kept=kept)

    def save(self, name: str | None = None) -> None:
        """Keep it where it is from; as a new one with a name."""
        as_new = name is not None or self.of is None
        identity = replace(
            self.identity,
            name=name if name is not None else self.identity.name,
            description=description(self.identity),
        )
        entry = self._store.save(self._owner, identity, None if as_new else self.of)
        assert entry.identity is not None
        self._of, self._key, self.opened = entry.id, own_key(entry.id), entry.identity
        self._name = entry.identity.name
        self.history.keep(entry.identity, anew=as_new)
        self._store.keep_draft(self._owner, None)
        self.reload()

    def remove(self) -> Entry | None:
        """Take it away from its owner's, and open the standard one; returns what was removed."""
        entry = next((entry for entry in self.entries if entry.id == self.of), None)
        if entry is not None:
            self._store.remove(self._owner, entry.id)
            self.go(finished_key(STANDARD))
            self.reload()
        return entry

    def bring_back(self, id: str) -> None:
        self._store.bring_back(self._owner, id)
        self.reload()

    def keep_draft(self) -> None:
        """What is not saved outlives the program."""
        draft = Draft(self.identity, self.of) if self.changed else None
        self._store.keep_draft(self._owner, draft)
