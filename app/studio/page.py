"""The avatar studio: one avatar is changed by hand, and kept."""

from __future__ import annotations

import contextlib
import secrets
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QTimer, Signal
from PySide6.QtGui import QKeySequence, QResizeEvent, QShortcut, QShowEvent
from PySide6.QtWidgets import QGridLayout, QStackedWidget, QWidget

from app import avatar_store
from app.avatar_store import OWN, STANDARD, FileStore
from app.buttons import Button, on_click
from app.file_dialogs import ask_file, ask_new_file
from app.studio.bar import StudioBar, StudioFacts
from app.studio.chance import person
from app.studio.dialogs import NameDialog, ask_to_save
from app.studio.document import NEW, Document, finished_key, own_key
from app.studio.exporting import Exports
from app.studio.expressions import Expressions
from app.studio.gallery import Gallery
from app.studio.groups import SliderPanel
from app.studio.portraits import Portraits
from app.studio.preview import Preview
from app.widgets import Notice, boxed, column, shortened
from avatars import Identity
from evoke.errors import EvokeError

_DRAFT_AFTER_MS = 800
_NARROW_PX, _LOW_PX = 1230, 740
"""Below these the gallery becomes a strip and one group is open."""

_PLACES = {
    False: ((0, 0, 2, 1), (0, 1, 1, 1), (1, 1, 1, 1), (0, 2, 2, 1)),
    True: ((0, 0, 1, 1), (1, 0, 1, 1), (2, 0, 1, 1), (0, 1, 3, 1)),
}
"""Row, column and spans of gallery, preview, expressions and sliders; True: compact."""


class StudioPage(QWidget):
    """Gallery, preview, sliders. `facts` is what the status bar says of it."""

    wear_asked = Signal(str)
    """Name of the avatar that the session shall wear, as `avatar_store.find` knows it."""
    saved = Signal(str)
    """Name of an avatar that has just been saved."""
    taken_away = Signal(str)
    """Name of an avatar that has just been removed."""

    def __init__(self) -> None:
        """Shows nothing before `begin`."""
        super().__init__()
        self.document = Document(FileStore(), OWN)
        self.portraits = Portraits(self)
        self.exports = Exports(self)
        self.bar = StudioBar()
        self.gallery = Gallery(self.portraits)
        self.preview = Preview()
        self.expressions = Expressions(self.portraits)
        self.sliders = SliderPanel(self.document.identity)
        self._removed = ""
        self._left = finished_key(STANDARD)
        self._compact: bool | None = None
        self._build()
        self._connect()
        self._drafting = QTimer(self, singleShot=True, interval=_DRAFT_AFTER_MS)
        self._drafting.timeout.connect(self._keep_draft)

    def begin(self, worn: str = STANDARD) -> Iterator[None]:
        """Open an avatar; yields wherever the window may go on with something else."""
        with self._in_words():
            self.document.reload()
        with self._in_words():
            self.document.begin(worn)
        self._fill_gallery()
        yield
        self.sliders.show_identity(self.identity, opened=self.document.opened)
        yield
        self._show()

    # -- what it is made of

    def _build(self) -> None:
        dismiss = Button(self.tr("Close"), kind="ghost")
        bring_back = Button(self.tr("Bring back"), kind="ghost")
        self.trouble = Notice("warn", "", "", dismiss, slim=True)
        self.removed = Notice("info", "", "", bring_back, slim=True)
        self.bring_back = bring_back
        on_click(dismiss, self.trouble.hide)
        on_click(bring_back, self._bring_back)
        self._grid = QGridLayout()
        self._grid.setSpacing(12)
        self._grid.setContentsMargins(0, 0, 0, 0)
        hand = column(self.trouble, self.removed, gap=12, margins=(12, 12, 12, 12))
        hand.addLayout(self._grid, 1)
        self.stack, self._by_hand = QStackedWidget(), boxed(hand)
        self.stack.addWidget(self._by_hand)
        layout = column(self.bar, gap=0)
        layout.addWidget(self.stack, 1)
        self.setLayout(layout)
        self.facts = StudioFacts()
        self._arrange(False)

    def _connect(self) -> None:
        bar = self.bar
        self.gallery.chosen.connect(self.choose)
        for asker in (self.gallery, bar):
            asker.duplicate_asked.connect(self._duplicate)
            asker.remove_asked.connect(self._remove)
            asker.open_asked.connect(self._ask_in)
        bar.save_as_asked.connect(self.save_as)
        bar.export_asked.connect(self._ask_out)
        bar.tabs.chosen.connect(self._show_tab)
        self.exports.went_on.connect(bar.show_exporting)
        self.exports.ended.connect(self._exported)
        self.sliders.edited.connect(self._edit)
        self.sliders.released.connect(self.document.history.end_step)
        self.expressions.worn.connect(self.preview.wear_emotion)
        self.preview.refused.connect(self._refuse)
        self.preview.built.connect(self.facts.show_speed)
        on_click(bar.undo, self._undo)
        on_click(bar.redo, self._redo)
        on_click(bar.random, lambda: self.randomise(secrets.randbits(32)))
        on_click(bar.save, self._save)
        on_click(bar.wear, self._wear)
        keys: dict[str, Callable[[], object]] = {
            "Ctrl+Z": self._undo,
            "Ctrl+Shift+Z": self._redo,
            "Ctrl+Y": self._redo,
            "Ctrl+S": self._save,
        }
        for key, do in keys.items():
            QShortcut(QKeySequence(key), self._by_hand).activated.connect(lambda do=do: do())

    @contextlib.contextmanager
    def _in_words(self) -> Iterator[None]:
        """What goes wrong is said over the avatar, which stays."""
        try:
            yield
        except EvokeError as error:
            self._say(str(error))

    # -- what is shown

    @property
    def identity(self) -> Identity:
        """The avatar as it stands."""
        return self.document.identity

    def _fill_gallery(self) -> None:
        finished, troubles = avatar_store.finished()
        self.gallery.show_avatars(self.document.entries, finished)
        if troubles:
            self._say(" ".join(troubles))
        self._mark()

    def _mark(self) -> None:
        self.gallery.mark(self.document.key, own=self.document.of is not None)

    def choose(self, key: str) -> None:
        """Open another avatar; what is not saved is asked for first."""
        self._mark()
        self._unless_unsaved(lambda: self._go(key))

    def _unless_unsaved(self, do: Callable[[], object]) -> None:
        if not self.document.changed:
            do()
            return

        def answered(answer: str) -> None:
            if answer == "drop":
                do()
            else:
                self._save(then=do)

        ask_to_save(self, self.document.title, answered)

    def _go(self, key: str) -> None:
        with self._in_words():
            left = self.document.key or self._left
            self.document.go(key)
            self._left = left
            self.trouble.hide()
            self._show_opened()
        self._mark()

    def _show_opened(self) -> None:
        """Another avatar is open."""
        self.sliders.show_identity(self.identity, opened=self.document.opened)
        self._mark()
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
        document = self.document
        self.bar.undo.setEnabled(document.history.can_undo)
        self.bar.redo.setEnabled(document.history.can_redo)
        self.bar.save.setEnabled(document.changed or document.of is None)
        self.facts.show_document(document)

    def _refuse(self, why: str) -> None:
        """What was just opened cannot be shown: back to the one before, which is on screen."""
        if not self.document.history.can_undo and self.document.key != self._left:
            self._go(self._left)
        self._say(why)

    def _say(self, sentence: str) -> None:
        self.trouble.say(sentence)

    # -- changing it

    def _edit(self, identity: Identity, step: str) -> None:
        self.document.history.change(identity, step)
        self._show()

    def _undo(self) -> None:
        self.document.history.undo()
        self._mark()
        self._show()

    def _redo(self) -> None:
        self.document.history.redo()
        self._mark()
        self._show()

    def randomise(self, seed: int) -> None:
        """Somebody else, who has no name yet; one step of undo."""
        self._edit(person(seed, self.document.strangers_name), "")
        self._mark()

    # -- keeping it

    def _save(self, then: Callable[[], object] | None = None) -> None:
        if self.document.of is None:
            self.save_as(then)
        else:
            self._keep(None, then)

    def save_as(self, then: Callable[[], object] | None = None) -> None:
        """Ask for a name, and keep the avatar under it as a new one."""
        NameDialog(self, self.document.free_title, lambda name: self._keep(name, then)).open()

    def _keep(self, name: str | None, then: Callable[[], object] | None = None) -> None:
        with self._in_words():
            self.document.save(name)
            self._fill_gallery()
            self.sliders.show_identity(self.identity, opened=self.document.opened)
            self.preview.show_identity(self.identity)
            self._show_state()
            self.saved.emit(self.document.reference)
            if then is not None:
                then()

    def _duplicate(self) -> None:
        """Keep a copy of the avatar as it stands, and go on with that."""
        self._keep(self.document.free_title)

    def _remove(self) -> None:
        if self.document.of is not None:
            self._unless_unsaved(self._take_away)

    def _take_away(self) -> None:
        with self._in_words():
            entry = self.document.remove()
            if entry is not None:
                self._removed = entry.id
                said = self.tr("“{0}” was removed; its file stays among the removed ones.")
                self.removed.say(said.format(entry.name))
                self.taken_away.emit(f"{avatar_store.OWN}/{entry.name}")
            self._fill_gallery()
            self._show_opened()

    def say_instead(self, name: str) -> None:
        """Whom the session wears from now on: the one just removed was worn there."""
        said = self.tr("{0} The session wears {1} instead.")
        self.removed.say(said.format(self.removed.title, name.capitalize()))

    def _bring_back(self) -> None:
        with self._in_words():
            self.document.bring_back(self._removed)
            self.removed.hide()
            self._fill_gallery()
            self.choose(own_key(self._removed))

    def _wear(self) -> None:
        """As the session's face; an avatar that is not kept yet is saved first."""
        if self.document.changed or self.document.key == NEW:
            self._save(then=self._wear)
        else:
            self.wear_asked.emit(self.document.reference)
            said = self.tr("{0}: worn in the session").format(self.document.title)
            self.facts.show_done(said)

    def _keep_draft(self) -> None:
        self._drafting.stop()
        with self._in_words():
            self.document.keep_draft()

    # -- files

    def _ask_in(self) -> None:
        ask_file(self, self.tr("Open an avatar"), self.open_file, self.tr("Avatars (*.json)"))

    def open_file(self, path: Path) -> None:
        """Take the avatar that a JSON file describes; it is not saved yet."""
        with self._in_words():
            identity = avatar_store.read(path)
            self._unless_unsaved(lambda: self._take(identity))

    def _take(self, identity: Identity) -> None:
        self._left = self.document.key or self._left
        self.document.take(identity)
        self._show_opened()

    def _ask_out(self, suffix: str) -> None:
        name = f"{self.identity.name}{suffix}"
        ask_new_file(self, self.tr("Export the avatar"), name, self.export_to)

    def export_to(self, out: Path) -> None:
        """Write the avatar to a file, as its suffix says, in the background."""
        with self._in_words():
            self.exports.write(self.identity, self.expressions.emotion, out)

    def _exported(self, path: str, why: str) -> None:
        self.bar.show_exporting(None)
        if why:
            self._say(why)
            return
        out = Path(path)
        words = self.tr("Written to {0}").format(out.name)
        if out.suffix.lower() == ".vrm":  # it has VRM 1's names as well, and would wear both
            words = self.tr("{0} is written; for VMC choose ARKit alone")
            words = words.format(shortened(out.name, 18))
        self.facts.show_done(words)

    # -- from a photograph

    def _show_tab(self, tab: int) -> None:
        if tab == 1 and self.stack.count() == 1:
            from app.studio.photo_page import PhotoPage

            self._photo = PhotoPage()
            self._photo.kept.connect(self._photo_kept)
            self._photo.fine_tune.connect(self._fine_tune)
            self.stack.addWidget(self._photo)
        self.stack.setCurrentIndex(tab)
        self.bar.show_tab(tab)
        if tab == 1:
            self._photo.start(self.identity)

    def _photo_kept(self, identity: Identity) -> None:
        """A face from a photograph becomes an avatar of its own, once it has a name."""
        self._fine_tune(identity, self.document.strangers_name)
        self._mark()
        self.save_as()

    def _fine_tune(self, identity: Identity, name: str = "") -> None:
        """name: that of the avatar as it stands, if none is given."""
        self.bar.tabs.choose(0)
        self._show_tab(0)
        self._edit(replace(identity, name=name or self.identity.name), "")

    # -- the page itself

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange(self.width() < _NARROW_PX or self.height() < _LOW_PX)

    def _arrange(self, compact: bool) -> None:
        if compact == self._compact:
            return
        self._compact = compact
        widgets: tuple[QWidget, ...] = (
            *(self.gallery, self.preview, self.expressions, self.sliders),
        )
        for widget, place in zip(widgets, _PLACES[compact], strict=True):
            self._grid.removeWidget(widget)
            self._grid.addWidget(widget, *place)
        for i in range(3):
            self._grid.setColumnStretch(i, int(i == (0 if compact else 1)))
            self._grid.setRowStretch(i, int(i == (1 if compact else 0)))
        self.gallery.set_wide(compact)
        self._mark()
        self.expressions.set_compact(compact)
        self.sliders.set_most_open(1 if compact else 2)
        self.bar.set_compact(compact)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.expressions.show_identity(self.identity)

    def stop(self) -> None:
        """Keep what is not saved as a draft, and give back threads."""
        self._keep_draft()
        self.exports.close()
        self.portraits.end()
        self.preview.stop()
