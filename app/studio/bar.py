"""The studio's top bar."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QMenu

from app.buttons import Button, IconButton
from app.shell import TopBar
from app.widgets import Glyph, Segmented, boxed, column, label, tick


class StudioBar(TopBar):
    """Whose avatars these are, and what can be done with the one that is open."""

    export_asked = Signal(str)
    """The suffix of the file."""
    save_as_asked = Signal()
    open_asked = Signal()
    duplicate_asked = Signal()
    remove_asked = Signal()

    def __init__(self) -> None:
        self.tabs = Segmented([self.tr("By hand"), self.tr("From a photograph")])
        self.tabs.choose(0)
        self.tabs.setVisible(_has_photographs())
        self.undo = IconButton("arrow-u-up-left", self.tr("Undo (Ctrl+Z)"))
        self.redo = IconButton("arrow-u-up-right", self.tr("Redo (Ctrl+Shift+Z)"))
        self.random = Button(self.tr("Random"), "dice-five", "ghost")
        self.random.setToolTip(self.tr("Somebody else, made by chance"))
        self.export = Button(self.tr("Export"), "export", "ghost")
        self.wear = Button(self.tr("Wear in session"), "activity")
        self.save = Button(self.tr("Save"), "check", "primary")
        self.more = IconButton("dots-three", self.tr("More"))
        self.more.setPopupMode(IconButton.ToolButtonPopupMode.InstantPopup)
        whose = label(self.tr("Own avatars"), 13, 600)
        where = label(self.tr("on this computer, not encrypted"), 11, kind="ink3")
        super().__init__(
            *(label(self.tr("Avatar studio"), 18, 600), 14, self.tabs, None),
            *(Glyph("hard-drives", "ink3", 20), boxed(column(None, whose, where, None, gap=0))),
            *(10, self.undo, self.redo, tick(20), self.random, self.export, self.wear),
            *(self.save, self.more),
            gap=6,
        )
        self.export.setMenu(self._menu(self._exports()))
        self.more.setMenu(self._menu(self._others()))

    def _exports(self) -> Sequence[tuple[str, Callable[[], object]]]:
        kinds = (
            (self.tr("Model (glTF, .glb)…"), ".glb"),
            (self.tr("Avatar for virtual worlds (.vrm)…"), ".vrm"),
            (self.tr("Picture (.png)…"), ".png"),
            (self.tr("Turning clip (.gif)…"), ".gif"),
            (self.tr("Description (.json)…"), ".json"),
        )
        return [(words, lambda s=suffix: self.export_asked.emit(s)) for words, suffix in kinds]  # type: ignore[misc]

    def _others(self) -> Sequence[tuple[str, Callable[[], object]]]:
        return (
            (self.tr("Save as another avatar…"), self.save_as_asked.emit),
            (self.tr("Open a description (JSON)…"), self.open_asked.emit),
            (self.tr("Duplicate"), self.duplicate_asked.emit),
            (self.tr("Remove"), self.remove_asked.emit),
        )

    def _menu(self, items: Sequence[tuple[str, Callable[[], object]]]) -> QMenu:
        menu = QMenu(self)
        for words, do in items:
            menu.addAction(words).triggered.connect(lambda _on=False, do=do: do())
        return menu

    def set_compact(self, compact: bool) -> None:
        for button in (self.random, self.export, self.wear):
            button.set_compact(compact)

    def show_exporting(self, percent: int | None) -> None:
        """None: nothing is written now."""
        self.export.setEnabled(percent is None)
        writing = self.tr("Exporting {0} %").format(percent)
        self.export.set_words(self.tr("Export") if percent is None else writing)


def _has_photographs() -> bool:
    return importlib.util.find_spec("app.studio.photo_page") is not None
