"""Small pictures of avatars, drawn one after another by a thread with a context of its own."""

from __future__ import annotations

import logging
import threading
from collections.abc import Hashable
from dataclasses import dataclass

from PySide6.QtCore import QObject, QThread, QTimer, Signal
from PySide6.QtGui import QGuiApplication, QImage

from app import avatar_store
from app.avatar_pictures import Canvas, Place, Sitter
from app.panels.face import backdrop, thread_gives_way
from avatars import EMOTIONS, Identity, still
from evoke.errors import EvokeError

log = logging.getLogger(__name__)

_SIZE_PX = 120
"""Logical pixels a side."""

Key = Hashable


@dataclass(frozen=True, slots=True)
class _Wish:
    """emotions: one picture of each. urgent: before those that are not."""

    key: Key
    identity: Identity
    emotions: tuple[str, ...]
    amount: float
    urgent: bool


class Portraits(QThread):
    """Draws what is wished for, the urgent first; a wish with the same key takes the place of the
    one before. Made on the GUI thread; nothing comes where there is no OpenGL 3.3."""

    drawn = Signal(object, str, object)
    """Key, emotion, and the square picture."""
    failed = Signal(object, str)
    """Key, and why that avatar cannot be drawn."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._place: Place | None = None
        self._size_px = _SIZE_PX
        self._changed = threading.Condition()
        self._wishes: dict[Key, _Wish] = {}
        self._stopping = False
        # a surface takes its time to make: not in the midst of showing a page
        self._starting = QTimer(self, singleShot=True, interval=0)
        self._starting.timeout.connect(self._begin)

    def wish(
        self,
        key: Key,
        identity: Identity,
        emotions: tuple[str, ...] = EMOTIONS[:1],
        amount: float = 1.0,
        *,
        urgent: bool = False,
    ) -> None:
        with self._changed:
            self._wishes.pop(key, None)
            self._wishes[key] = _Wish(key, identity, emotions, amount, urgent)
            self._changed.notify()
        self._starting.start()

    def _begin(self) -> None:
        if self.isRunning() or self._stopping:
            return
        try:
            self._place = self._place or Place()
            ratio = min(2.0, QGuiApplication.primaryScreen().devicePixelRatio())
            self._size_px = round(_SIZE_PX * ratio)
        except EvokeError as error:
            log.warning("no small pictures of avatars: %s", error)
            self._stopping = True
            return
        self.start()

    def end(self) -> None:
        with self._changed:
            self._stopping = True
            self._changed.notify()
        self.wait()
        if self._place is not None:
            self._place.close()
            self._place = None

    # -- on the drawing thread

    def run(self) -> None:
        thread_gives_way()
        assert self._place is not None
        try:
            board = Canvas(self._size_px, self._place)
        except EvokeError as error:
            log.warning("no small pictures of avatars: %s", error)
            return
        try:
            self._draw_all(board)
        except Exception:
            log.exception("drawing small pictures stopped")
        finally:
            board.close()

    def _draw_all(self, board: Canvas) -> None:
        anybody = avatar_store.build(avatar_store.find(avatar_store.STANDARD))
        with board.showing(anybody) as sitter:
            while (wish := self._next()) is not None:
                self._draw(sitter, wish)

    def _next(self) -> _Wish | None:
        """The next wish, waited for; None at the end."""
        with self._changed:
            while not self._wishes and not self._stopping:
                self._changed.wait()
            if self._stopping:
                return None
            key = next((k for k, w in self._wishes.items() if w.urgent), next(iter(self._wishes)))
            return self._wishes.pop(key)

    def _draw(self, sitter: Sitter, wish: _Wish) -> None:
        try:
            with avatar_store.in_words():
                sitter.change(avatar_store.build(wish.identity))
        except EvokeError as error:
            self.failed.emit(wish.key, str(error))
            return
        for emotion in wish.emotions:
            with self._changed:
                if self._stopping or wish.key in self._wishes:
                    return  # a newer wish of this key is waiting
            picture: QImage = sitter.draw(still({emotion: wish.amount}), background=backdrop())
            self.drawn.emit(wish.key, emotion, picture)
