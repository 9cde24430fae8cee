"""How this face wears each emotion."""

from __future__ import annotations

from PySide6.QtCore import QTimer, Signal
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QBoxLayout, QButtonGroup

from app.buttons import on_click
from app.studio.portraits import Portraits
from app.studio.sliders import Track
from app.studio.tiles import EmotionTile
from app.widgets import Card, boxed, label, one_tab_stop, row
from app.words import emotion_word
from avatars import EMOTIONS, Identity

_AFTER_MS = 350
"""The eight are drawn again when the face has been left alone for so long."""


class Expressions(Card):
    """Eight small faces to choose from, and how strongly the large one wears the emotion."""

    worn = Signal(str, float)

    KEY = "expressions"

    def __init__(self, portraits: Portraits) -> None:
        self._portraits = portraits
        self._identity: Identity | None = None
        self.intensity = Track(0.0, 1.0, 1.0, from_middle=False)
        self.intensity.setFixedWidth(120)
        self.intensity.setAccessibleName(self.tr("Intensity"))
        self.intensity.show_number(1.0)
        self._percent = label("100 %", 12, 600)
        self._percent.setFixedWidth(44)
        self.tiles = {emotion: EmotionTile(emotion, emotion_word(emotion)) for emotion in EMOTIONS}
        strip = row(gap=4)
        for tile in self.tiles.values():
            strip.addWidget(tile, 1)
        super().__init__(
            self.tr("Expressions"),
            self.tr("how this face wears each emotion"),
            (label(self.tr("Intensity"), 12, kind="ink3"), self.intensity, self._percent),
            body=boxed(strip),
            gap=2,
        )
        group = QButtonGroup(self)
        group.buttonToggled.connect(lambda *_: one_tab_stop(group))
        for emotion, tile in self.tiles.items():
            group.addButton(tile)
            on_click(tile, lambda emotion=emotion: self.choose(emotion))  # type: ignore[misc]
        self.emotion = EMOTIONS[0]
        self.tiles[self.emotion].setChecked(True)
        self.intensity.valueChanged.connect(self._set_amount)
        self.intensity.sliderReleased.connect(self._later)
        self._wait = QTimer(self, singleShot=True, interval=_AFTER_MS)
        self._wait.timeout.connect(self._draw)
        portraits.drawn.connect(self._take)

    @property
    def amount(self) -> float:
        return self.intensity.number

    def choose(self, emotion: str) -> None:
        self.emotion = emotion
        self.tiles[emotion].setChecked(True)
        self.worn.emit(emotion, self.amount)

    def show_identity(self, identity: Identity) -> None:
        self._identity = identity
        self._later()

    def set_compact(self, compact: bool) -> None:
        """Without its head, for a low window."""
        layout = self.layout()
        assert isinstance(layout, QBoxLayout)
        pad = 8 if compact else 12
        layout.setContentsMargins(pad, 4 if compact else 8, pad, 6 if compact else 10)
        self.setFixedHeight(136 if compact else 166)

    def _set_amount(self) -> None:
        self._percent.setText(f"{100 * self.amount:.0f} %")
        self.worn.emit(self.emotion, self.amount)
        if not self.intensity.isSliderDown():
            self._later()

    def _later(self) -> None:
        self._wait.start()

    def _draw(self) -> None:
        if self._identity is not None and self.isVisible():
            self._portraits.wish(self.KEY, self._identity, EMOTIONS, self.amount, urgent=True)

    def _take(self, key: object, emotion: str, picture: QImage) -> None:
        if key == self.KEY:
            self.tiles[emotion].show_picture(picture)
