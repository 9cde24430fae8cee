"""The studio's place in the window."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from app.opening import Opening

if TYPE_CHECKING:
    from app.studio.page import StudioPage


class Studio(Opening):
    """The studio, once it is made.

    worn: the avatar that is opened first. wear_asked: name of the avatar that the session shall
    wear. saved, taken_away: name of an avatar that has just been saved, or removed.
    """

    wear_asked = Signal(str)
    saved = Signal(str)
    taken_away = Signal(str)

    def __init__(self, worn: str) -> None:
        super().__init__()
        self.page: StudioPage | None = None
        self._worn = worn

    @property
    def facts(self) -> QWidget | None:
        """What the status bar says of it."""
        return self.page.facts if self.page is not None else None

    def imports(self) -> None:
        import app.studio.page  # noqa: F401

    def pieces(self) -> Iterator[None]:
        from app.studio.page import StudioPage

        page = StudioPage()
        page.hide()
        self.body.addWidget(page, 1)
        yield
        yield from page.begin(self._worn)
        page.wear_asked.connect(self.wear_asked)
        page.saved.connect(self.saved)
        page.taken_away.connect(self.taken_away)
        self.clear()
        page.show()
        self.page = page

    def stop(self) -> None:
        super().stop()
        if self.page is not None:
            self.page.stop()
