"""The avatar studio: one avatar is changed by hand, and kept."""

from __future__ import annotations

import importlib.util
import logging
import secrets
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QTimer, Signal
from PySide6.QtGui import QKeySequence, QResizeEvent, QShortcut, QShowEvent
from PySide6.QtWidgets import QFileDialog, QGridLayout, QMenu, QStackedWidget, QWidget

from app import avatar_store
from app.avatar_store import OWN, STANDARD, AvatarStore, Draft, Entry, FileStore
from app.buttons import Button, IconButton, on_click
from app.shell import TopBar
from app.studio.chance import person
from app.studio.dialogs import NameDialog, ask_to_save
from app.studio.exporting import Export
from app.studio.expressions import Expressions
from app.studio.gallery import NEW, Gallery, finished_key, own_key
from app.studio.groups import SliderPanel
from app.studio.history import History
from app.studio.portraits import Portraits
from app.studio.preview import Preview
from app.widgets import Glyph, Notice, Segmented, StatusItem, boxed, column, label, row, tick
from avatars import Identity, identity_names
from evoke.errors import EvokeError

log = logging.getLogger(__name__)

_DRAFT_AFTER_MS = 800
_NARROW_PX, _LOW_PX = 1230, 740
"""Below these the gallery becomes a strip and one group is open."""
_AVERAGE = Identity("new avatar", gender=0.5, hair="short")


class StudioPage(QWidget):
    """Gallery, preview, sliders. `facts` is what the status bar says of it."""

    wear_asked = Signal(str)
    """Name of the avatar that the session shall wear, as `avatar_store.find` knows it."""
    saved = Signal(str)
    """Name of an avatar that has just been saved."""

    def __init__(
        self, worn: str = STANDARD, store: AvatarStore | None = None, owner: str = OWN
    ) -> None:
        """worn: the avatar that is opened first."""
        super().__init__()
        self._store: AvatarStore = store or FileStore()
        self._owner = owner
        self._of: str | None = None
        self._key = NEW
        self._removed = ""
        self._export: Export | None = None
        self.history = History(_AVERAGE)
        self.portraits = Portraits(self)
        self.gallery = Gallery(self.portraits)
        self.preview = Preview()
        self.expressions = Expressions(self.portraits)
        self.sliders = SliderPanel(_AVERAGE)
        self._build()
        self._connect()
        self._drafting = QTimer(self, singleShot=True, interval=_DRAFT_AFTER_MS)
        self._drafting.timeout.connect(self._keep_draft)
        self.reload()
        self._begin(worn)

    # -- what it is made of

    def _build(self) -> None:
        self.tabs = Segmented([self.tr("By hand"), self.tr("From a photograph")])
        self.tabs.choose(0)
        self.tabs.setVisible(_has_photographs())
        self.undo = IconButton("arrow-u-up-left", self.tr("Undo (Ctrl+Z)"))
        self.redo = IconButton("arrow-u-up-right", self.tr("Redo (Ctrl+Shift+Z)"))
        self.random = Button(self.tr("Random"), "dice-five", "ghost")
        self.export = Button(self.tr("Export"), "export", "ghost")
        self.export.setMenu(self._export_menu())
        self.more = IconButton("dots-three", self.tr("More"))
        self.more.setPopupMode(IconButton.ToolButtonPopupMode.InstantPopup)
        self.more.setMenu(self._more_menu())
        self.wear = Button(self.tr("Wear in session"), "activity")
        self.save = Button(self.tr("Save"), "check", "primary")
        self._owner_words = boxed(
            column(
                None,
                label(self.tr("Own avatars"), 13, 600),
                label(self.tr("on this computer, not encrypted"), 11, kind="ink3"),
                None,
                gap=0,
            )
        )
        self.top = TopBar(
            *(label(self.tr("Avatar studio"), 18, 600), 14, self.tabs, None),
            *(Glyph("hard-drives", "ink3", 20), self._owner_words, 10),
            *(self.undo, self.redo, tick(20), self.random, self.export, self.wear),
            *(self.save, self.more),
            gap=6,
        )
        dismiss, self.bring_back = Button(self.tr("Close")), Button(self.tr("Bring back"))
        on_click(self.bring_back, self._bring_back)
        self.trouble = Notice("warn", "", "", dismiss)
        self.removed = Notice("info", "", "", self.bring_back)
        on_click(dismiss, self.trouble.hide)
        self.trouble.hide()
        self.removed.hide()
        self._grid = QGridLayout()
        self._grid.setSpacing(12)
        self._grid.setContentsMargins(0, 0, 0, 0)
        hand = column(self.trouble, self.removed, gap=12, margins=(12, 12, 12, 12))
        hand.addLayout(self._grid, 1)
        self.stack = QStackedWidget()
        self.stack.addWidget(boxed(hand))
        layout = column(self.top, gap=0)
        layout.addWidget(self.stack, 1)
        self.setLayout(layout)
        self._compact: bool | None = None
        self._arrange(False)
        self._make_facts()

    def _make_facts(self) -> None:
        self._kept = StatusItem("check-circle")
        self._speed = StatusItem("timer")
        credit = StatusItem("file", self.tr("Face: MakeHuman/MPFB2 (CC0)"))
        self.facts = boxed(row(self._kept, tick(14), self._speed, tick(14), credit))
        self._speed.setVisible(False)

    def _export_menu(self) -> QMenu:
        menu = QMenu(self)
        for words, suffix in (
            (self.tr("Model (glTF, .glb)…"), ".glb"),
            (self.tr("Avatar for virtual worlds (.vrm)…"), ".vrm"),
            (self.tr("Picture (.png)…"), ".png"),
            (self.tr("Turning clip (.gif)…"), ".gif"),
            (self.tr("Description (.json)…"), ".json"),
        ):
            action = menu.addAction(words)
            action.triggered.connect(lambda _on=False, suffix=suffix: self._ask_out(suffix))
        return menu

    def _more_menu(self) -> QMenu:
        menu = QMenu(self)
        for words, do in (
            (self.tr("Save as another avatar…"), self.save_as),
            (self.tr("Open a description (JSON)…"), self._ask_in),
            (self.tr("Duplicate"), self._duplicate),
            (self.tr("Remove"), self._remove),
        ):
            menu.addAction(words).triggered.connect(lambda _on=False, do=do: do())
        return menu

    def _connect(self) -> None:
        self.gallery.chosen.connect(self.choose)
        self.gallery.duplicate_asked.connect(self._duplicate)
        self.gallery.remove_asked.connect(self._remove)
        self.gallery.open_asked.connect(self._ask_in)
        self.sliders.edited.connect(self._edit)
        self.sliders.released.connect(self.history.end_step)
        self.expressions.worn.connect(self.preview.wear_emotion)
        self.preview.refused.connect(self._refuse)
        self.preview.built.connect(self._say_speed)
        self.tabs.chosen.connect(self._show_tab)
        on_click(self.undo, self._undo)
        on_click(self.redo, self._redo)
        on_click(self.random, lambda: self.randomise(secrets.randbits(32)))
        on_click(self.save, self._save)
        on_click(self.wear, self._wear)
        for keys, do in (("Ctrl+Z", self._undo), ("Ctrl+S", self._save)):
            self._shortcut(QKeySequence(keys), do)
        for keys in ("Ctrl+Shift+Z", "Ctrl+Y"):
            self._shortcut(QKeySequence(keys), self._redo)

    def _shortcut(self, keys: QKeySequence, do: Callable[[], object]) -> None:
        shortcut = QShortcut(keys, self)
        shortcut.activated.connect(do)

    # -- what is shown

    @property
    def identity(self) -> Identity:
        """The avatar as it stands."""
        return self.history.present

    def reload(self) -> None:
        """Read the store again."""
        self._entries: list[Entry] = []
        try:
            self._entries = self._store.entries(self._owner)
        except EvokeError as error:
            self._say(str(error))
        finished = [avatar_store.find(name) for name in identity_names()]
        self.gallery.show_avatars(self._entries, finished)
        self.gallery.mark(self._key, own=self._of is not None)

    def _begin(self, worn: str) -> None:
        """Go on with what was not saved the last time, else with the avatar worn."""
        try:
            draft = self._store.draft(self._owner)
        except EvokeError as error:
            self._say(str(error))
            draft = None
        if draft is not None:
            entry = self._entry(draft.of)
            kept = entry.identity if entry is not None else None
            key = own_key(entry.id) if entry is not None else NEW
            self._open(draft.identity, key, draft.of if entry else None, kept or _AVERAGE)
            return
        own = next((e for e in self._entries if worn == f"{OWN}/{e.name}" and e.identity), None)
        if own is not None:
            self._go(own_key(own.id))
        else:
            self._go(finished_key(worn if worn in identity_names() else STANDARD))

    def _entry(self, id: str | None) -> Entry | None:
        return next((entry for entry in self._entries if entry.id == id), None)

    def choose(self, key: str) -> None:
        """Open another avatar; what is not saved is asked for first."""
        self.gallery.mark(self._key, own=self._of is not None)
        if not self.history.changed:
            self._go(key)
            return

        def answered(answer: str) -> None:
            if answer == "drop":
                self._go(key)
            else:
                self._save(then=lambda: self._go(key))

        ask_to_save(self, self._shown_name, answered)

    def _go(self, key: str) -> None:
        kind, _, rest = key.partition("/")
        if kind == "finished":
            self._open(avatar_store.find(rest), key, None)
        elif key == NEW:
            self._open(_AVERAGE, key, None)
        else:
            entry = self._entry(rest)
            if entry is None or entry.identity is None:
                self._say(entry.trouble if entry is not None else self.tr("That avatar is gone."))
                self.gallery.mark(self._key, own=self._of is not None)
                return
            self._open(entry.identity, key, entry.id)

    def _open(
        self, identity: Identity, key: str, of: str | None, kept: Identity | None = None
    ) -> None:
        self._key, self._of = key, of
        self.history.begin(identity, kept=kept)
        self.sliders.show_identity(identity, opened=kept or identity)
        self.trouble.hide()
        self.gallery.mark(key, own=of is not None)
        self._show()

    def _show(self) -> None:
        """What there is now, everywhere."""
        identity = self.identity
        self.sliders.show_identity(identity)
        self.preview.show_identity(identity)
        self.expressions.show_identity(identity)
        self._show_state()
        self._drafting.start()

    def _show_state(self) -> None:
        self.undo.setEnabled(self.history.can_undo)
        self.redo.setEnabled(self.history.can_redo)
        self.save.setEnabled(self.history.changed or self._of is None)
        if self.history.changed:
            words, icon, role = self.tr("{0}: changed, not saved"), "pencil-simple", "warn"
        elif self._of is not None:
            words, icon, role = self.tr("{0}: saved on this computer"), "check-circle", "ok"
        else:
            words, icon, role = self.tr("{0}: not among your own yet"), "info", "ink3"
        said = words.format(self._shown_name)
        self._kept.say(said, said, icon, role)
        self._kept.show_words(short=False)

    @property
    def _shown_name(self) -> str:
        name = self.identity.name
        return name if self._of is not None else name.capitalize()

    def _say_speed(self, took_s: float) -> None:
        said = self.tr("Built in {0} ms").format(f"{1000 * took_s:.0f}")
        self._speed.say(said, said, "timer")
        self._speed.show_words(short=False)
        self._speed.setVisible(True)

    def _refuse(self, why: str) -> None:
        self._say(why)

    def _say(self, sentence: str) -> None:
        self.trouble.say(sentence)
        self.trouble.show()

    # -- changing it

    def _edit(self, identity: Identity, step: str) -> None:
        self.history.change(identity, step)
        self._show()

    def _undo(self) -> None:
        self.history.undo()
        self._show()

    def _redo(self) -> None:
        self.history.redo()
        self._show()

    def randomise(self, seed: int) -> None:
        """Somebody else under the same name; one step of undo."""
        self._edit(replace(person(seed, self.identity.name), description=""), "")

    # -- keeping it

    def _save(self, then: Callable[[], object] | None = None) -> None:
        if self._of is None:
            self.save_as(then)
        else:
            self._keep(self.identity, self._of, then)

    def save_as(self, then: Callable[[], object] | None = None) -> None:
        """Ask for a name, and keep the avatar under it as a new one."""
        name = self.identity.name
        taken = {*identity_names(), *(entry.name for entry in self._entries)}
        suggested = avatar_store.free_name(self._shown_name, taken)

        def named(name: str) -> None:
            self._keep(replace(self.identity, name=name), None, then)

        NameDialog(self, suggested if name in taken else self._shown_name, named).open()

    def _keep(
        self, identity: Identity, id: str | None, then: Callable[[], object] | None = None
    ) -> None:
        try:
            entry = self._store.save(self._owner, identity, id)
        except EvokeError as error:
            self._say(str(error))
            return
        assert entry.identity is not None
        self._of, self._key = entry.id, own_key(entry.id)
        self.history.keep(entry.identity)
        self.sliders.show_identity(entry.identity, opened=entry.identity)
        self._keep_draft()
        self.reload()
        self._show_state()
        self.saved.emit(f"{OWN}/{entry.name}")
        if then is not None:
            then()

    def _duplicate(self) -> None:
        """Keep a copy of the avatar as it stands, and go on with that."""
        self._keep(replace(self.identity, name=self._shown_name), None)

    def _remove(self) -> None:
        entry = self._entry(self._of)
        if entry is None:
            return
        try:
            self._store.remove(self._owner, entry.id)
        except EvokeError as error:
            self._say(str(error))
            return
        self._removed = entry.id
        self.removed.say(
            self.tr("“{0}” was removed.").format(entry.name),
            self.tr("It stays in the folder of removed avatars."),
        )
        self.removed.show()
        self._go(finished_key(STANDARD))
        self.reload()

    def _bring_back(self) -> None:
        try:
            self._store.bring_back(self._owner, self._removed)
        except EvokeError as error:
            self._say(str(error))
            return
        self.removed.hide()
        self.reload()
        self.choose(own_key(self._removed))

    def _wear(self) -> None:
        """The session's face; an avatar that is not kept yet is saved first."""
        if self.history.changed or self._key == NEW:
            self._save(then=self._wear)
        elif self._of is None:
            self.wear_asked.emit(self.identity.name)
        else:
            self.wear_asked.emit(f"{OWN}/{self.identity.name}")

    def _keep_draft(self) -> None:
        self._drafting.stop()
        draft = Draft(self.identity, self._of) if self.history.changed else None
        try:
            self._store.keep_draft(self._owner, draft)
        except EvokeError as error:
            self._say(str(error))

    # -- files

    def _ask_in(self) -> None:
        dialog = QFileDialog(self, self.tr("Open an avatar"), "", self.tr("Avatars (*.json)"))
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.fileSelected.connect(lambda path: self.open_file(Path(path)))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def open_file(self, path: Path) -> None:
        """Take the avatar that a JSON file describes; not saved yet."""

        def opened() -> None:
            self._open(identity, NEW, None, _AVERAGE)

        try:
            identity = avatar_store.read(path)
        except EvokeError as error:
            self._say(str(error))
            return
        if self.history.changed:
            ask_to_save(
                self,
                self._shown_name,
                lambda answer: opened() if answer == "drop" else self._save(then=opened),
            )
        else:
            opened()

    def _ask_out(self, suffix: str) -> None:
        dialog = QFileDialog(self, self.tr("Export the avatar"))
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setNameFilter(f"*{suffix}")
        dialog.setDefaultSuffix(suffix.removeprefix("."))
        dialog.selectFile(f"{self.identity.name}{suffix}")
        dialog.fileSelected.connect(lambda path: self.export_to(Path(path)))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def export_to(self, out: Path) -> None:
        """Write the avatar to a file, as its suffix says, in the background."""
        if self._export is not None:
            self._say(self.tr("Another file is still being written."))
            return
        try:
            self._export = Export(self.identity, self.expressions.emotion, out, self)
        except EvokeError as error:
            self._say(str(error))
            return
        self._export.went_on.connect(self._exporting)
        self._export.ended.connect(self._exported)
        self._exporting(0)
        self._export.start()

    @property
    def exporting(self) -> bool:
        return self._export is not None

    def _exporting(self, percent: int) -> None:
        self.export.set_words(self.tr("Exporting {0} %").format(percent))
        self.export.setEnabled(False)

    def _exported(self, path: str, why: str) -> None:
        if self._export is not None:
            self._export.close()
            self._export.deleteLater()
            self._export = None
        self.export.set_words(self.tr("Export"))
        self.export.setEnabled(True)
        if why:
            self._say(why)
        else:
            said = self.tr("Written to {0}").format(path)
            self._kept.say(said, said, "check-circle", "ok")
            self._kept.show_words(short=False)

    # -- from a photograph

    def _show_tab(self, tab: int) -> None:
        if tab == 1 and self.stack.count() == 1:
            self._make_photo()
        self.stack.setCurrentIndex(tab)
        if tab == 1:
            self._photo.start(self.identity)

    def _make_photo(self) -> None:
        module = importlib.import_module("app.studio.photo_page")
        self._photo = module.PhotoPage()
        self._photo.kept.connect(self._photo_kept)
        self._photo.fine_tune.connect(self._fine_tune)
        self.stack.addWidget(self._photo)

    def _photo_kept(self, identity: Identity) -> None:
        self._fine_tune(identity)
        self._keep(identity, None)

    def _fine_tune(self, identity: Identity) -> None:
        self.tabs.choose(0)
        self._show_tab(0)
        self._edit(identity, "")

    # -- the page itself

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange(self.width() < _NARROW_PX or self.height() < _LOW_PX)

    def _arrange(self, compact: bool) -> None:
        if compact == self._compact:
            return
        self._compact = compact
        places: dict[QWidget, tuple[int, int, int, int]]
        if compact:
            places = {
                self.gallery: (0, 0, 1, 1),
                self.preview: (1, 0, 1, 1),
                self.expressions: (2, 0, 1, 1),
                self.sliders: (0, 1, 3, 1),
            }
        else:
            places = {
                self.gallery: (0, 0, 2, 1),
                self.preview: (0, 1, 1, 1),
                self.expressions: (1, 1, 1, 1),
                self.sliders: (0, 2, 2, 1),
            }
        for widget, place in places.items():
            self._grid.removeWidget(widget)
            self._grid.addWidget(widget, *place)
        for i in range(3):
            self._grid.setColumnStretch(i, int(i == (0 if compact else 1)))
            self._grid.setRowStretch(i, int(i == (1 if compact else 0)))
        self.gallery.set_wide(compact)
        self.gallery.mark(self._key, own=self._of is not None)
        self.expressions.set_compact(compact)
        self.sliders.set_most_open(1 if compact else 2)
        self._owner_words.setVisible(True)
        for button in (self.random, self.export, self.wear):
            button.set_compact(compact)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.expressions.show_identity(self.identity)

    def stop(self) -> None:
        """Keep what is not saved as a draft, and give back threads."""
        self._keep_draft()
        if self._export is not None:
            self._export.close()
            self._export = None
        self.portraits.end()
        self.preview.stop()


def _has_photographs() -> bool:
    return importlib.util.find_spec("app.studio.photo_page") is not None
