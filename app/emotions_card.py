"""The settings' table of emotions: which word each octant wears, and whether the words' colours can
be told apart."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QPaintEvent, QPen
from PySide6.QtWidgets import QBoxLayout, QGridLayout, QLabel, QWidget

from app import colour, theme
from app.settings import Settings
from app.widgets import (
    Card,
    Combo,
    Glyph,
    Notice,
    Segmented,
    boxed,
    column,
    label,
    painting,
    row,
    rule,
)
from app.words import emotion_word
from evoke.emotion import EMOTIONS, OCTANTS, PRESETS, WORDS, EmotionTable

Change = Callable[..., None]
_PRESETS = ("paper", "literature", "own")


class Bits(QWidget):
    """The three bits of an octant as chips: filled for high."""

    def __init__(self, octant: str) -> None:
        super().__init__()
        self._octant = octant
        self.setFixedSize(92, 24)
        self.setAccessibleName(octant)

    def paintEvent(self, event: QPaintEvent) -> None:
        tokens = theme.current()
        with painting(self) as painter:
            painter.setFont(theme.font(12, 600))
            for i, (name, bit) in enumerate(zip("VAD", self._octant, strict=True)):
                box = QRectF(i * 31 + 0.5, 2.5, 27, 19)
                high = bit == "1"
                painter.setPen(QPen(QColor(tokens.ink2), 1.1))
                painter.setBrush(QColor(tokens.ink2 if high else tokens.surface))
                painter.drawRoundedRect(box, 4, 4)
                painter.setPen(QColor(tokens.surface if high else tokens.ink2))
                painter.drawText(box, Qt.AlignmentFlag.AlignCenter, name + bit)


class Swatch(QWidget):
    """An emotion's colour."""

    def __init__(self, emotion: str) -> None:
        super().__init__()
        self._emotion = emotion
        self.setFixedSize(20, 20)

    def set_emotion(self, emotion: str) -> None:
        self._emotion = emotion
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        tokens = theme.current()
        with painting(self) as painter:
            painter.setPen(QPen(QColor(tokens.line2), 1))
            painter.setBrush(QColor(tokens.emotion(self._emotion)))
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(1.5, 1.5, -1.5, -1.5), 5, 5)


class ColourCheck(QWidget):
    """The colours of the words in use as four kinds of eyes see them."""

    def __init__(self) -> None:
        super().__init__()
        self.setFixedHeight(108)
        self.words: Sequence[str] = EMOTIONS
        self._eyes = (
            (None, self.tr("Typical vision")),
            ("protan", self.tr("No red cones")),
            ("deutan", self.tr("No green cones")),
            ("tritan", self.tr("No blue cones")),
        )

    def show_table(self, table: EmotionTable) -> None:
        used = {*table.words, *(("sad",) if table.sad_below is not None else ())}
        self.words = [word for word in WORDS if word in used]
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        tokens = theme.current()
        with painting(self) as painter:
            colours = [tokens.emotion(name) for name in self.words]
            left, right = 130.0, self.width() - 150.0
            wide = (right - left) / len(colours)
            middle = Qt.AlignmentFlag.AlignVCenter
            painter.setFont(theme.font(12, 500))
            for i, (eyes, words) in enumerate(self._eyes):
                top = i * 27.0
                light = colour.seen_by(colours, eyes)
                painter.setPen(QColor(tokens.ink2))
                painter.drawText(QRectF(0, top, left, 24), middle, words)
                nearest = self.tr("one colour")
                if len(colours) > 1:
                    distance = f"{colour.closest_pair(light):.2f}"
                    nearest = self.tr("closest pair {0}").format(distance)
                painter.drawText(QRectF(right + 14, top, 136, 24), middle, nearest)
                painter.setPen(Qt.PenStyle.NoPen)
                for k, tint in enumerate(colour.encoded(light).tolist()):
                    painter.setBrush(QColor.fromRgbF(*tint))
                    painter.drawRoundedRect(
                        QRectF(left + k * wide + 1.5, top + 4, wide - 3, 16), 3, 3
                    )


class LiteratureNote(QWidget):
    """What the literature has in place of a word: an arrow to another, or that it is the same."""

    def __init__(self) -> None:
        super().__init__()
        self._arrow = Glyph("arrow-right", "warn", 14)
        self._other = label("", 12, 500, "warn", wrap=True)
        self._same = label("", 12, kind="ink3", wrap=True)
        layout = row(self._arrow, gap=6)
        for words in (self._other, self._same):
            layout.addWidget(words, 1)
        self.setLayout(layout)

    def say(self, words: str, *, other: bool) -> None:
        self._arrow.setVisible(other)
        for part, shown in ((self._other, other), (self._same, not other)):
            part.setVisible(shown)
            part.setText(words if shown else "")

    @property
    def text(self) -> str:
        return ("→ " if self._arrow.isVisibleTo(self) else "") + (
            self._other.text() or self._same.text()
        )


class EmotionsCard(Card):
    """Which word each of the eight octants wears."""

    def __init__(self, change: Change) -> None:
        self._change = change
        self.preset = Segmented([self.tr("Ours"), self.tr("Literature"), self.tr("My own")])
        grid = QGridLayout()
        self.combos: list[Combo] = []
        self._swatches: list[Swatch] = []
        self.notes: list[LiteratureNote] = []
        self.sources: list[QLabel] = []
        self.check = ColourCheck()
        super().__init__(
            self.tr("Emotions"),
            self.tr("three bits: high valence, arousal, dominance"),
            (self.preset,),
            body=self._body(grid),
            gap=4,
        )
        self._fill(grid)
        self.preset.chosen.connect(lambda i: change(emotions=_PRESETS[i]))

    def _body(self, grid: QGridLayout) -> QBoxLayout:
        notice = Notice(
            "info",
            self.tr("The paper gives the eight words and 000 = neutral; the other seven are ours."),
            self.tr(
                "100 = sad is a forced fit: the literature puts content there, and sad at strongly "
                "low valence. The three bits always stand beside the word. The probability of an "
                "octant multiplies those of valence, arousal and dominance, as if they were "
                "independent."
            ),
        )
        told_apart = label(self.tr("Can these colours be told apart?"), 13, 600)
        scale = label(
            self.tr(
                "Distance of the two nearest colours in OKLab: 0.02 is just seen, 0.09 and more "
                "are told apart side by side."
            ),
            12,
            kind="ink3",
            wrap=True,
        )
        return column(boxed(grid), 8, notice, 10, told_apart, scale, 4, self.check, None, gap=0)

    def _fill(self, grid: QGridLayout) -> None:
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(12)
        grid.setVerticalSpacing(0)
        heads = (self.tr("Bits"), "", self.tr("Word on screen"), self.tr("In the literature"))
        for i, words in enumerate((*heads, self.tr("From"))):
            grid.addWidget(label(words, 12, 500, "ink3"), 0, i)
        for i, octant in enumerate(OCTANTS):
            grid.addWidget(rule(), 2 * i + 1, 0, 1, 5)
            line = 2 * i + 2
            grid.setRowMinimumHeight(line, 46)
            combo = Combo([emotion_word(word) for word in WORDS], small=True)
            combo.setFixedWidth(124)
            combo.setAccessibleName(self.tr("Word for {0}").format(octant))
            combo.activated.connect(lambda word, at=i: self._choose(at, word))
            self.combos.append(combo)
            swatch = Swatch(PRESETS["paper"].words[i])
            self._swatches.append(swatch)
            self.notes.append(LiteratureNote())
            self.sources.append(label("", 11, kind="ink3"))
            cells = (Bits(octant), swatch, combo, self.notes[i], self.sources[i])
            for k, cell in enumerate(cells):
                grid.addWidget(cell, line, k, Qt.AlignmentFlag.AlignVCenter)
        grid.setColumnStretch(3, 1)

    def _show_note(self, octant: int, table: EmotionTable) -> None:
        literature = PRESETS["literature"]
        other = table.words[octant] != literature.words[octant]
        words = emotion_word(literature.words[octant]) if other else self.tr("the same")
        if octant == 0:
            words = self.tr("Neutral; sad if valence is strongly low")
            other = other or table.sad_below is None
        self.notes[octant].say(words, other=other)

    def _source(self, octant: int, settings: Settings) -> str:
        """Who gave the octant its word."""
        if settings.table.words[octant] == PRESETS["paper"].words[octant]:
            return self.tr("paper") if octant == 0 else self.tr("ours")
        return self.tr("literature") if settings.emotions == "literature" else self.tr("yours")

    def _choose(self, octant: int, word: int) -> None:
        """A word picked for an octant makes the table the user's own."""
        words = list(self._words)
        words[octant] = WORDS[word]
        self._change(emotions="own", own_words=tuple(words))

    def show_settings(self, settings: Settings) -> None:
        self._words = settings.table.words
        self.preset.choose(_PRESETS.index(settings.emotions))
        self.check.show_table(settings.table)
        for i, word in enumerate(self._words):
            self.combos[i].setCurrentIndex(WORDS.index(word))
            self._swatches[i].set_emotion(word)
            self._show_note(i, settings.table)
            self.sources[i].setText(self._source(i, settings))
