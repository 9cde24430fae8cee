"""The avatars there are: one's own, and the finished ones."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QButtonGroup, QFrame, QGridLayout, QScrollArea, QWidget

from app.avatar_store import Entry
from app.buttons import IconButton, on_click
from app.studio.document import NEW, finished_key, own_key
from app.studio.portraits import Portraits
from app.studio.tiles import AvatarTile
from app.widgets import (
    QWIDGETSIZE_MAX,
    boxed,
    column,
    label,
    one_tab_stop,
    plain_tip,
    row,
    tab_through,
)
from avatars import Identity

_KEY = "gallery"


class Gallery(QFrame):
    """Tiles to choose from, in two columns at the side or in one row above."""

    chosen = Signal(str)
    """Key of a tile: `NEW`, `finished_key(name)` or `own_key(id)`."""
    duplicate_asked = Signal()
    remove_asked = Signal()
    open_asked = Signal()

    WIDTH = 226
    HEIGHT = 118

    def __init__(self, portraits: Portraits) -> None:
        super().__init__()
        self.setObjectName("card")
        self._portraits = portraits
        self._entries: Sequence[Entry] = ()
        self._finished: Sequence[Identity] = ()
        self._pictures: dict[str, tuple[Identity, QImage | None]] = {}
        self._marked = ""
        self._wide = False
        self.tiles: dict[str, AvatarTile] = {}
        group = self._group = QButtonGroup(self)
        group.buttonToggled.connect(lambda *_: one_tab_stop(group))
        self.count = label("", 12, kind="ink3")
        self.load = IconButton("folder-open", self.tr("Open a description (JSON)…"), 16, 26)
        self.duplicate = IconButton("copy", self.tr("Duplicate"), 16, 26)
        self.remove = IconButton("trash", self.tr("Remove"), 16, 26)
        for button, signal in (
            (self.load, self.open_asked),
            (self.duplicate, self.duplicate_asked),
            (self.remove, self.remove_asked),
        ):
            on_click(button, signal.emit)
        title = label(self.tr("Avatars"), 13, 600)
        self._head = boxed(
            row(title, self.count, None, self.load, self.duplicate, self.remove, gap=4)
        )
        self._scroll = QScrollArea()
        self._scroll.setWidgetResizable(True)
        self._layout = column(self._head, self._scroll, gap=2, margins=(12, 8, 6, 8))
        self.setLayout(self._layout)
        self.set_wide(False)
        portraits.drawn.connect(self._take)
        portraits.failed.connect(self._cannot)

    def set_wide(self, wide: bool) -> None:
        """In one row."""
        self._wide = wide
        off, on = Qt.ScrollBarPolicy.ScrollBarAlwaysOff, Qt.ScrollBarPolicy.ScrollBarAsNeeded
        self._scroll.setHorizontalScrollBarPolicy(on if wide else off)
        self._scroll.setVerticalScrollBarPolicy(off if wide else on)
        self._head.setVisible(not wide)
        self._layout.setContentsMargins(*((8, 4, 8, 2) if wide else (12, 8, 6, 8)))
        if wide:
            self.setMinimumWidth(0)
            self.setMaximumWidth(QWIDGETSIZE_MAX)
            self.setFixedHeight(self.HEIGHT)
        else:
            self.setFixedWidth(self.WIDTH)
            self.setMinimumHeight(0)
            self.setMaximumHeight(QWIDGETSIZE_MAX)
        if self._finished:
            self._fill()

    def show_avatars(self, own: Sequence[Entry], finished: Sequence[Identity]) -> None:
        self._entries, self._finished = own, finished
        self.count.setText(str(len(own) + len(finished)))
        self._fill()

    def mark(self, key: str, *, own: bool) -> None:
        """Show which one is worked on, none for `NOWHERE`; own: it may be removed."""
        self._marked = key
        lit = self._group.checkedButton()
        if key in self.tiles:
            self.tiles[key].setChecked(True)
            self._scroll.ensureWidgetVisible(self.tiles[key], 20, 20)
        elif lit is not None:
            self._group.setExclusive(False)
            lit.setChecked(False)
            self._group.setExclusive(True)
        self.remove.setEnabled(own)

    def _fill(self) -> None:
        tiles = column(gap=2, margins=(0, 0, 6, 0))
        self.tiles = {}
        new = AvatarTile(self.tr("New"), self.tr("average face"), icon="plus")
        mine = [(NEW, new), *((own_key(e.id), self._own(e)) for e in self._entries)]
        theirs = [(finished_key(f.name), self._named(f)) for f in self._finished]
        if self._wide:
            line = row(gap=2)
            for key, tile in (*mine, *theirs):
                line.addWidget(self._added(key, tile))
            line.addStretch(1)
            tiles.addLayout(line)
        else:
            for title, some in ((self.tr("Own"), mine), (self.tr("Finished"), theirs)):
                tiles.addWidget(label(title, 11, 500, "ink3"))
                tiles.addWidget(self._columns(some))
            tiles.addStretch(1)
        body = boxed(tiles)
        self._scroll.setWidget(body)
        tab_through(self.remove, body)
        if self._marked in self.tiles:
            self.tiles[self._marked].setChecked(True)
        one_tab_stop(self._group)
        for entry in self._entries:
            self._wish(own_key(entry.id), entry.identity)
        for identity in self._finished:
            self._wish(finished_key(identity.name), identity)

    def _columns(self, some: Sequence[tuple[str, AvatarTile]]) -> QWidget:
        grid = QGridLayout()
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setSpacing(2)
        for i, (key, tile) in enumerate(some):
            grid.addWidget(self._added(key, tile), i // 2, i % 2)
        for i in range(2):
            grid.setColumnStretch(i, 1)
        return boxed(grid)

    def _added(self, key: str, tile: AvatarTile) -> AvatarTile:
        self.tiles[key] = tile
        self._group.addButton(tile)
        on_click(tile, lambda: self.chosen.emit(key))
        return tile

    def _own(self, entry: Entry) -> AvatarTile:
        if entry.identity is None:
            tile = AvatarTile(entry.name, "")
            tile.show_trouble(entry.trouble)
            return tile
        return AvatarTile(entry.name, self._years(entry.identity))

    def _named(self, identity: Identity) -> AvatarTile:
        tile = AvatarTile(identity.name.capitalize(), self._years(identity))
        tile.setToolTip(plain_tip(identity.description))
        return tile

    def _years(self, identity: Identity) -> str:
        return self.tr("{0} years").format(round(identity.age))

    def _wish(self, key: str, identity: Identity | None) -> None:
        if identity is None:
            return
        known, picture = self._pictures.get(key, (None, None))
        if picture is not None:
            self.tiles[key].show_picture(picture)
        if known != identity:
            self._pictures[key] = (identity, picture)
            self._portraits.wish((_KEY, key), identity)

    def _take(self, wished: object, _emotion: str, picture: QImage) -> None:
        if isinstance(wished, tuple) and wished[0] == _KEY:
            key = wished[1]
            self._pictures[key] = (self._pictures[key][0], picture)
            if key in self.tiles:
                self.tiles[key].show_picture(picture)

    def _cannot(self, wished: object, why: str) -> None:
        if isinstance(wished, tuple) and wished[1] in self.tiles:
            self.tiles[wished[1]].show_trouble(why)
