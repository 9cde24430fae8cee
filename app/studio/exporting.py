"""Writing an avatar to a file while the studio goes on."""

from __future__ import annotations

import logging
import threading
from pathlib import Path

from PySide6.QtCore import QObject, QThread, Signal

from app import avatar_store
from app.avatar_pictures import Canvas, Place
from app.files import write_atomically
from app.panels.face import thread_gives_way
from avatars import Identity
from evoke.errors import EvokeError, internal

log = logging.getLogger(__name__)


class _StoppedError(EvokeError):
    """The user wants no file after all."""


class Export(QThread):
    """Writes `identity` to `out`, as its suffix says. Made on the GUI thread; raises EvokeError
    where a picture is wanted and none can be drawn."""

    went_on = Signal(int)
    """Percent."""
    ended = Signal(str, str)
    """The file; and why it was not written, or ""."""

    def __init__(self, identity: Identity, emotion: str, out: Path, parent: QObject) -> None:
        super().__init__(parent)
        self._identity, self._emotion, self._out = identity, emotion, out
        from app.avatar_files import SIZES_PX, steps

        self._steps = steps(out)
        self._size_px = SIZES_PX.get(out.suffix.lower())
        self._place = Place() if self._size_px else None
        self._stopping = threading.Event()
        self._done = 0

    def stop(self) -> None:
        """Stop at the next step; nothing is left of the file."""
        self._stopping.set()

    def close(self) -> None:
        self.stop()
        self.wait()
        if self._place is not None:
            self._place.close()
            self._place = None

    def run(self) -> None:
        thread_gives_way()
        why = ""
        try:
            self._write()
        except EvokeError as error:
            why = str(error)
        except Exception as error:
            log.exception("an avatar could not be exported")
            why = internal("The export", error)
        self.ended.emit(str(self._out), why)

    def _write(self) -> None:
        if self._out.suffix.lower() == ".json":
            write_atomically(self._out, self._identity.to_json())
            return
        from app.avatar_files import write_avatar

        scene = avatar_store.build(self._identity)
        board = None
        if self._place is not None and self._size_px is not None:
            board = Canvas(self._size_px, self._place)
        try:
            write_avatar(self._out, scene, self._emotion, board, self._advance)
        finally:
            if board is not None:
                board.close()

    def _advance(self) -> None:
        self._done += 1
        self.went_on.emit(100 * self._done // self._steps)
        if self._stopping.is_set():
            raise _StoppedError(f"{self._out.name} was not written: stopped.")


class Exports(QObject):
    """One export at a time."""

    went_on = Signal(int)
    """Percent."""
    ended = Signal(str, str)
    """The file; and why it was not written, or ""."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._running: Export | None = None

    @property
    def busy(self) -> bool:
        return self._running is not None

    def write(self, identity: Identity, emotion: str, out: Path) -> None:
        """Raises EvokeError where it cannot even begin."""
        if self._running is not None:
            raise EvokeError("Another file is still being written.")
        self._running = Export(identity, emotion, out, self)
        self._running.went_on.connect(self.went_on)
        self._running.ended.connect(self._end)
        self.went_on.emit(0)
        self._running.start()

    def _end(self, path: str, why: str) -> None:
        self.close()
        self.ended.emit(path, why)

    def close(self) -> None:
        """Stop what runs, and wait for that."""
        if self._running is not None:
            self._running.close()
            self._running.deleteLater()
            self._running = None
