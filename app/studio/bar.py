"""The studio's top bar, and what the status bar says of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from importlib.util import find_spec

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QMenu, QWidget

from app.buttons import Button, IconButton
from app.shell import TopBar
from app.status_bar import StatusItem
from app.studio.document import Document
from app.widgets import Glyph, Segmented, boxed, column, key_name, label, row, shortened, tick


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
        self.undo = IconButton("arrow-u-up-left", self.tr("Undo ({0})").format(key_name("Ctrl+Z")))
        again = self.tr("Redo ({0})").format(key_name("Ctrl+Shift+Z"))
        self.redo = IconButton("arrow-u-up-right", again)
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
            *(10, self.undo, self.redo, between := tick(20), self.random, self.export, self.wear),
            *(self.save, self.more),
            gap=6,
        )
        self._by_hand: list[QWidget] = [self.undo, self.redo, between, self.random, self.export]
        self._by_hand += [self.wear, self.save, self.more]
        self.export.setMenu(self._menu(self._exports()))
        self.more.setMenu(self._menu(self._others()))

    def _exports(self) -> Sequence[tuple[str, Callable[[], object]]]:
        kinds = (
            (self.tr("Model (glTF, .glb)…"), ".glb"),
            (self.tr("Avatar for virtual worlds (.vrm)…"), ".vrm"),
            (self.tr("Picture (.png)…"), ".png"),
            *(((self.tr("Turning clip (.mp4)…"), ".mp4"),) if find_spec("av") else ()),
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

    def show_tab(self, tab: int) -> None:
        """A photograph has tools of its own; what acts on the avatar made by hand stays there."""
        for part in self._by_hand:
            part.setVisible(tab == 0)

    def set_compact(self, compact: bool) -> None:
        for button in (self.random, self.export, self.wear):
            button.set_compact(compact)

    def show_exporting(self, percent: int | None) -> None:
        """None: nothing is written now."""
        self.export.setEnabled(percent is None)
        writing = self.tr("Exporting {0} %").format(percent)
        self.export.set_words(self.tr("Export") if percent is None else writing)


class StudioFacts(QWidget):
    """Whether the avatar is saved, how quickly it was built, and whose work the face is."""

    def __init__(self) -> None:
        super().__init__()
        self._kept, self._speed = StatusItem("check-circle"), StatusItem("timer")
        credit = StatusItem("file", self.tr("Face: MakeHuman/MPFB2 (CC0)"))
        self.setLayout(row(self._kept, tick(14), self._speed, tick(14), credit))

    def show_document(self, document: Document) -> None:
        if document.changed:
            words, icon, role = self.tr("{0}: changed, not saved"), "pencil-simple", "warn"
        elif document.of is not None:
            words, icon, role = self.tr("{0}: saved on this computer"), "check-circle", "ok"
        else:
            words, icon, role = self.tr("{0}: not among your own yet"), "info", "ink3"
        _tell(self._kept, words.format(shortened(document.title, 30)), icon, role)

    def show_done(self, words: str) -> None:
        """Something was done."""
        _tell(self._kept, shortened(words, 60), "check-circle", "ok")

    def show_speed(self, took_s: float) -> None:
        _tell(self._speed, self.tr("Built in {0} ms").format(f"{1000 * took_s:.0f}"), "timer")


def _tell(item: StatusItem, words: str, icon: str, role: str = "ink3") -> None:
    item.say((words,), icon, role)
    item.show_words()
