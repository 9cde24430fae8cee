"""The photograph with its landmarks, and the tools for going through them."""

from __future__ import annotations

from app.buttons import Button, IconButton, on_click
from app.studio.landmark_view import LandmarkView
from app.studio.marks import MarkKey
from app.widgets import Card, Glyph, boxed, column, label, row


class LandmarkCard(Card):
    """`view`, and round it the buttons. What undo and redo do is the page's."""

    def __init__(self) -> None:
        self.view = LandmarkView()
        self.undo = IconButton("arrow-u-up-left", self.tr("Undo"), 16, 28)
        self.redo = IconButton("arrow-u-up-right", self.tr("Redo"), 16, 28)
        self.nearer = IconButton("magnifying-glass-plus", self.tr("To the face"), 16, 28)
        self.whole = IconButton("arrows-out", self.tr("Whole photograph"), 16, 28)
        self._hint = label(self.tr("drag each point; arrow keys nudge it"), 12, kind="ink3")
        self._key = MarkKey()
        self._name = label("", 13, 600)
        self._explained = label("", 12, kind="ink2")
        self._explained.setMinimumWidth(120)
        self.previous = Button(self.tr("Previous"), "caret-left")
        self.next = Button(self.tr("Next point"), "caret-right")
        self.next.setToolTip(self.tr("Sets this point where it is, and goes on (Return)"))
        title = label(self.tr("Landmarks"), 13, 600)
        tools = (self.nearer, self.whole, 4, self.undo, self.redo)
        told = row(Glyph("crosshair-simple", "accent", 18), gap=10, margins=(4, 6, 0, 0))
        told.addWidget(boxed(column(self._name, self._explained, gap=1)), 1)
        told.addLayout(row(self.previous, self.next))
        body = column(boxed(row(title, self._hint, None, self._key, 4, *tools)), gap=6)
        body.addWidget(self.view, 1)
        body.addLayout(told)
        super().__init__(body=body, pad=8)
        body.setContentsMargins(4, 0, 4, 4)
        on_click(self.nearer, self.view.show_face)
        on_click(self.whole, self.view.show_whole)
        on_click(self.previous, lambda: self.view.walk(-1))
        on_click(self.next, self.view.confirm)

    def explain(self, name: str, words: str) -> None:
        """The chosen landmark, and what to look for or what is wrong with it."""
        self._name.setText(name)
        self._explained.setText(words)
        self._explained.setToolTip(words)  # in a narrow window it may be cut

    def set_slim(self, slim: bool) -> None:
        """Fewer words."""
        for words in (self._hint, self._key):
            words.setVisible(not slim)
        for button in (self.previous, self.next):
            button.set_compact(slim)
