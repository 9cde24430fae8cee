"""Undo and redo: every step is a value that nobody can change."""

from __future__ import annotations

from dataclasses import replace
from typing import Generic, TypeVar

from avatars import Identity

T = TypeVar("T")


class History(Generic[T]):
    """Something as it is, as it was, and as it was before that was undone.

    Changes with one `step` in a row, such as those of one drag, are one step back. Of very many
    the oldest are forgotten, but never the first of all.
    """

    MOST = 500

    def __init__(self, start: T) -> None:
        self.begin(start)

    def begin(self, start: T) -> None:
        """Forget everything; `start` is what there is now."""
        self.present = start
        self._past: list[T] = []
        self._future: list[T] = []
        self._step = ""

    def change(self, to: T, step: str = "") -> None:
        """step: what makes this change; "" never joins the one before."""
        if to == self.present:
            return
        if not step or step != self._step:
            self._past.append(self.present)
            if len(self._past) > self.MOST:
                del self._past[1]
        self._step = step
        self.present = to
        self._future = []

    def end_step(self) -> None:
        """What comes next is a step of its own; one that led nowhere is none."""
        if self._step and self._past and self._past[-1] == self.present:
            self._past.pop()
        self._step = ""

    def undo(self) -> None:
        self.end_step()
        if self._past:
            self._future.append(self.present)
            self.present = self._past.pop()

    def redo(self) -> None:
        self.end_step()
        if self._future:
            self._past.append(self.present)
            self.present = self._future.pop()

    @property
    def can_undo(self) -> bool:
        return bool(self._past)

    @property
    def can_redo(self) -> bool:
        return bool(self._future)


class AvatarHistory(History[Identity]):
    """That of an avatar, and what of it is saved."""

    def begin(self, start: Identity, *, kept: Identity | None = None) -> None:
        """kept: what is saved, where that is not `start`."""
        super().begin(start)
        self._kept = kept or start

    def keep(self, saved: Identity, *, anew: bool = False) -> None:
        """`saved` is now in the store, and is the avatar that is there. anew: it has just got its
        name there; what it was before is called so, too."""
        self.end_step()
        if anew:
            self._past = [replace(one, name=saved.name) for one in self._past]
            self._future = [replace(one, name=saved.name) for one in self._future]
        self.present = self._kept = saved

    @property
    def changed(self) -> bool:
        """Whether there is something to save."""
        return self.present != self._kept
