"""The studio's right side: groups of sliders, of which a few are open."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from functools import lru_cache

from PySide6.QtCore import QEvent, QRectF, Qt, QTimer, Signal
from PySide6.QtGui import QColor, QIcon, QPaintEvent, QPen
from PySide6.QtWidgets import (
    QAbstractButton,
    QFrame,
    QLineEdit,
    QVBoxLayout,
    QWidget,
)

from app import theme
from app.buttons import Button, IconButton, on_click
from app.studio.features import GROUPS, Slider
from app.studio.glyphs import PartGlyph
from app.studio.palette import CLOTHS, HAIRS, IRISES, SCARVES, Palette, on_screen
from app.studio.saying import state
from app.studio.sliders import Swatches, Tiles, WordSlider
from app.widgets import Glyph, boxed, column, label, painting, row, rule, scrolling, tab_through
from avatars import Identity, piece_names
from avatars.colour import skin_colour

_COLOURS: dict[str, tuple[str, Palette]] = {
    "eyes": ("iris", IRISES),
    "brows": ("brows", HAIRS),
    "hair": ("hair_colour", HAIRS),
    "clothes": ("cloth", CLOTHS),
}
"""The colour that a group chooses."""

_STYLES = {"hair": "bald", "beard": "none", "glasses": "none"}
"""What going without is called."""

_SHAPED = ("shape", "pair")

_RUN = 12
"""Colours along the groove of a colour's slider."""


class _Dot(QWidget):
    """The colour of a closed group."""

    def __init__(self) -> None:
        super().__init__()
        self.setFixedSize(14, 14)
        self._tint = QColor()

    def show_tint(self, tint: QColor) -> None:
        self._tint = tint
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        with painting(self) as painter:
            painter.setPen(QPen(QColor(theme.current().line2), 1))
            painter.setBrush(self._tint)
            painter.drawEllipse(QRectF(1, 1, 12, 12))


class _Head(QAbstractButton):
    """A group's name; closed, also its state in words."""

    def __init__(self, group: str, name: str, reset: IconButton) -> None:
        super().__init__()
        self.setFixedHeight(36)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setAccessibleName(name)
        self._sign = PartGlyph(group)
        self.said = label("", 12, kind="ink3")
        self.dot = _Dot()
        self._reset = reset
        self._caret = Glyph("caret-down", "ink3", 14)
        title = label(name, 13, 600)
        layout = row(self._sign, title, 6, gap=8, margins=(14, 0, 12, 0))
        layout.addWidget(self.said, 1)
        for widget in (self.dot, reset, self._caret):
            layout.addWidget(widget)
        self.setLayout(layout)
        for child in (self._sign, title, self.said, self.dot, self._caret):
            child.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)

    def set_open(self, is_open: bool, *, has_colour: bool) -> None:
        self._sign.set_open(is_open)
        self.said.setVisible(not is_open)
        self.dot.setVisible(has_colour and not is_open)
        self._reset.setVisible(is_open)
        self._caret.show_icon("caret-up" if is_open else "caret-down", "ink3")

    def paintEvent(self, event: QPaintEvent) -> None:
        if self.hasFocus():
            with painting(self) as painter:
                painter.setPen(QPen(QColor(theme.current().accent), 1))
                box = QRectF(self.rect()).adjusted(4.5, 2.5, -4.5, -2.5)
                painter.drawRoundedRect(box, 6, 6)


class Group(QFrame):
    """One group. Its sliders are made when it is first opened."""

    toggled = Signal(str)
    reset_asked = Signal(str)

    def __init__(self, group: str, name: str, panel: SliderPanel) -> None:
        super().__init__()
        self.group, self._panel = group, panel
        self.is_open = False
        self._found: set[str] | None = None
        self.sliders: dict[str, WordSlider] = {}
        self.swatches: dict[str, Swatches] = {}
        self.tiles: Tiles | None = None
        reset = IconButton("arrow-counter-clockwise", self.tr("As it was when opened"), 14, 24)
        self.reset = reset
        self.head = _Head(group, name, reset)
        self._body: QWidget | None = None
        self._more = Button(self.tr("More"), "caret-down", "ghost", px=12)
        self._more.setParent(self)
        self._more.hide()
        self._all = False
        layout = column(rule(), self.head, gap=0)
        self.setLayout(layout)
        self._layout: QVBoxLayout = layout
        on_click(self.head, lambda: self.toggled.emit(group))
        on_click(reset, lambda: self.reset_asked.emit(group))
        on_click(self._more, self._show_all)
        self.set_open(False)

    def set_open(self, is_open: bool, found: set[str] | None = None) -> None:
        """found: keys of the sliders that were looked for; the others are hidden."""
        self.is_open, self._found = is_open, found
        if is_open and self._body is None:
            self._body = self._make()
            self._layout.addWidget(self._body)
            tab_through(self.reset, self._body)
        if self._body is not None:
            self._body.setVisible(is_open)
        self.head.set_open(is_open, has_colour=self.group in (*_COLOURS, "skin"))
        if is_open:
            self._choose_rows()
            self.show_identity(self._panel.identity)

    def _choose_rows(self) -> None:
        for key, widget in self.sliders.items():
            if self._found is not None:
                widget.setVisible(key in self._found)
            else:
                widget.setVisible(self._all or not widget.slider.rare)
        rare = any(widget.slider.rare for widget in self.sliders.values())
        self._more.setVisible(rare and not self._all and self._found is None)
        plain = self._found is None
        if self.tiles is not None:
            self.tiles.setVisible(plain)
        for swatches in self.swatches.values():
            swatches.setVisible(plain)

    def _show_all(self) -> None:
        self._all = True
        self._choose_rows()

    def _make(self) -> QWidget:
        body = column(gap=1, margins=(14, 0, 12, 8))
        kind = self.group
        if kind in _STYLES:
            styles: Sequence[str | None] = [*piece_names(kind)]
            styles = [*styles, None] if kind == "hair" else [None, *styles]
            self.tiles = Tiles(kind, styles, _STYLES[kind])
            self.tiles.chosen.connect(lambda style: self._panel.set_field(kind, style))
            body.addWidget(self.tiles)
        for slider in GROUPS[kind]:
            widget = WordSlider(slider)
            widget.moved.connect(self._panel.slide)
            widget.released.connect(self._panel.released)
            self.sliders[slider.key] = widget
            body.addWidget(widget)
        body.addWidget(self._more, 0, Qt.AlignmentFlag.AlignLeft)
        if kind in _COLOURS:
            field, palette = _COLOURS[kind]
            body.addWidget(self._choices(field, self.tr("Colour"), palette))
        if kind == "hair":
            body.addWidget(self._choices("scarf", self.tr("Scarf"), SCARVES))
        return boxed(body)

    def _choices(self, field: str, name: str, palette: Palette) -> Swatches:
        made = Swatches(name, palette)
        made.chosen.connect(lambda colour: self._panel.set_field(field, colour))
        self.swatches[field] = made
        return made

    def show_identity(self, of: Identity) -> None:
        if self.is_open:
            self._show_rows(of)
            return
        said = state(self.group, of)
        self.head.said.setText(said)
        self.head.setAccessibleDescription(said)
        if self.group in _COLOURS:
            self.head.dot.show_tint(on_screen(getattr(of, _COLOURS[self.group][0])))
        elif self.group == "skin":
            self.head.dot.show_tint(on_screen(of.skin))

    def _show_rows(self, of: Identity) -> None:
        for widget in self.sliders.values():
            widget.track.show_number(widget.slider.get(of))
        for field, swatches in self.swatches.items():
            swatches.show_colour(getattr(of, field))
        if self.tiles is not None:
            self.tiles.show_style(getattr(of, self.group))
        if "scarf" in self.swatches:
            self.swatches["scarf"].setVisible(of.hair == "headscarf")
        if self.group == "skin":
            self.sliders["field:skin_tone"].track.show_run(_tones(of.undertone))
            self.sliders["field:undertone"].track.show_run(_warmths(of.skin_tone))


@lru_cache(maxsize=32)
def _tones(undertone: float) -> list[QColor]:
    """Skin from very light to very dark."""
    return [on_screen(skin_colour(i / (_RUN - 1), undertone)) for i in range(_RUN)]


@lru_cache(maxsize=32)
def _warmths(tone: float) -> list[QColor]:
    """Skin from rosy to golden."""
    return [on_screen(skin_colour(tone, 2 * i / (_RUN - 1) - 1)) for i in range(_RUN)]


class SliderPanel(QFrame):
    """Everything that can be changed of the avatar.

    edited: the avatar with a change, and the step of undo that it belongs to.
    """

    edited = Signal(object, str)
    released = Signal()

    WIDTH = 384
    _OPEN_AT_FIRST = ("face", "skin")

    def __init__(self, identity: Identity) -> None:
        super().__init__()
        self.setObjectName("card")
        self.setFixedWidth(self.WIDTH)
        self.identity = self._opened = identity
        self._most_open = 2
        self._order: list[str] = list(self._OPEN_AT_FIRST)
        self.search = QLineEdit()
        self.search.setPlaceholderText(self.tr("Find a slider: “nose”, “wrinkles”…"))
        self.search.setAccessibleName(self.tr("Find a slider"))
        self.search.setClearButtonEnabled(True)
        self._lens = self.search.addAction(QIcon(), QLineEdit.ActionPosition.LeadingPosition)
        self.search.textChanged.connect(self._look)
        self.nothing = label(self.tr("No slider is called that."), 12, kind="ink3", wrap=True)
        self.reset = Button(self.tr("Reset all"), "arrow-counter-clockwise", "ghost", px=12)
        self.reset.setToolTip(self.tr("As it was when opened"))
        on_click(self.reset, lambda: self._reset(""))
        self.groups = {key: Group(key, name, self) for key, name in self._names().items()}
        self._build()
        self._retint()
        # the sliders of the groups that are open take a moment to make: after the page is shown
        self._first = QTimer(self, singleShot=True, interval=0)
        self._first.timeout.connect(lambda: self._look(self.search.text()))
        self._first.start()

    def _names(self) -> dict[str, str]:
        return {
            "face": self.tr("Face"),
            "eyes": self.tr("Eyes"),
            "brows": self.tr("Brows"),
            "nose": self.tr("Nose"),
            "mouth": self.tr("Mouth"),
            "skin": self.tr("Skin"),
            "hair": self.tr("Hair"),
            "beard": self.tr("Beard"),
            "glasses": self.tr("Glasses"),
            "clothes": self.tr("Clothes"),
        }

    def _build(self) -> None:
        rows = column(gap=0)
        for group in self.groups.values():
            group.toggled.connect(self.toggle)
            group.reset_asked.connect(self._reset)
            rows.addWidget(group)
        rows.addWidget(rule())
        rows.addWidget(self.nothing, 0, Qt.AlignmentFlag.AlignCenter)
        rows.addStretch(1)
        scroll = scrolling(boxed(rows))
        self.area = scroll
        foot = row(None, self.reset, margins=(14, 4, 10, 8))
        layout = column(gap=0)
        layout.addLayout(row(self.search, margins=(12, 12, 12, 10)))
        layout.addWidget(scroll, 1)
        layout.addWidget(rule())
        layout.addLayout(foot)
        self.setLayout(layout)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() is QEvent.Type.StyleChange:
            self._retint()

    def _retint(self) -> None:
        self._lens.setIcon(theme.icon("magnifying-glass", theme.current().ink3))

    def show_identity(self, identity: Identity, *, opened: Identity | None = None) -> None:
        """opened: where Reset goes back to, when another avatar was opened."""
        self.identity = identity
        self._opened = opened or self._opened
        for group in self.groups.values():
            group.show_identity(identity)

    def set_most_open(self, most: int) -> None:
        """How many groups may be open at once."""
        if most != self._most_open:
            self._most_open = most
            self._first.start()

    def toggle(self, group: str) -> None:
        """Open a group, or close it; one too many closes the one opened first."""
        if group in self._order:
            self._order.remove(group)
        else:
            self._order.append(group)
        self._look(self.search.text())

    def _look(self, text: str) -> None:
        """Show what is looked for; for nothing, the groups that are open."""
        text = text.strip()
        self._order = self._order[-self._most_open :]
        any_found = False
        for key, group in self.groups.items():
            if not text:
                group.setVisible(True)
                group.set_open(key in self._order)
                group.show_identity(self.identity)
                continue
            found = {slider.key for slider in GROUPS[key] if slider.finds(text)}
            named = self._names()[key].casefold().startswith(text.casefold())
            group.setVisible(bool(found) or named)
            any_found = any_found or bool(found) or named
            if found or named:
                group.set_open(True, None if named else found)
        self.nothing.setVisible(bool(text) and not any_found)

    def slider(self, key: str) -> WordSlider:
        """The slider of that key; its group must have been open."""
        return next(g.sliders[key] for g in self.groups.values() if key in g.sliders)

    def slide(self, key: str, value: float) -> None:
        self.edited.emit(_BY_KEY[key].put(self.identity, value), key)

    def set_field(self, field: str, value: object) -> None:
        changes: dict[str, object] = {field: value}
        self.edited.emit(dataclasses.replace(self.identity, **changes), "")  # type: ignore[arg-type]

    def _reset(self, group: str) -> None:
        """Back to how the avatar was opened: one group, or ("") all of it."""
        to = self._opened
        self.edited.emit(_with_group(self.identity, group, to) if group else to, "")


def _with_group(of: Identity, group: str, like: Identity) -> Identity:
    """`of`, its `group` like that of another."""
    keys = [slider.key.partition(":") for slider in GROUPS[group]]
    names = {name for kind, _, key in keys for name in key.split("|") if kind in _SHAPED}
    shape = {name: weight for name, weight in of.shape.items() if name not in names}
    shape |= {name: weight for name, weight in like.shape.items() if name in names}
    fields = [*(key for kind, _, key in keys if kind == "field")]
    if group in _COLOURS:
        fields.append(_COLOURS[group][0])
    if group in _STYLES:
        fields.append(group)
    fields += {"hair": ["scarf"], "face": ["ancestry"]}.get(group, [])
    changes: dict[str, object] = {field: getattr(like, field) for field in fields}
    changes["shape"] = shape
    return dataclasses.replace(of, **changes)  # type: ignore[arg-type]


_BY_KEY: dict[str, Slider] = {s.key: s for sliders in GROUPS.values() for s in sliders}
