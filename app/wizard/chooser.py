"""Where data come from: a folder or a file of recordings, or the generator."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QSpinBox, QWidget

from app import theme
from app.buttons import Button, on_click
from app.file_dialogs import ask_file, ask_folder
from app.widgets import Card, Glyph, Notice, Segmented, column, label, restyle, row

DEMO_SUBJECTS = 8
_MOST_PX = 460
"""Height of the cards to choose from, on a large screen."""
_PRESETS = ("showcase", "benchmark")


class DropArea(QFrame):
    """Where a folder or a file is dropped, or chosen."""

    chosen = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("drop")
        self.folder = Button(self.tr("Choose a folder…"), "folder-open", "primary")
        self.file = Button(self.tr("One file…"), "file")
        words = label(self.tr("Drop a folder of recordings here"), 15, 600)
        kinds = self.tr("DEAP’s s01.dat … s32.dat, s01.mat …, or its original s01.bdf … with")
        table = self.tr("participant_ratings.csv. Nothing in the folder is changed.")
        buttons = row(None, self.folder, self.file, None, gap=8)
        centred = [
            row(None, item, None)
            for item in (
                Glyph("folder-open", "accent", 32),
                words,
                label(kinds, 12, kind="ink3"),
                label(table, 12, kind="ink3"),
            )
        ]
        self.setLayout(column(None, *centred, 8, buttons, None, gap=6, margins=(24,) * 4))
        self.setMinimumHeight(240)
        on_click(self.folder, self._ask_folder)
        on_click(self.file, self._ask_file)

    def show_over(self, over: bool) -> None:
        self.setProperty("over", over)
        restyle(self)

    def _ask_folder(self) -> None:
        ask_folder(self, self.tr("Folder of recordings"), self._choose)

    def _ask_file(self) -> None:
        kinds = self.tr("DEAP files ({0})").format("*.dat *.mat *.bdf")
        ask_file(self, self.tr("Recording"), self._choose, kinds)

    def _choose(self, path: Path) -> None:
        self.chosen.emit(str(path))


class DemoCard(Card):
    """Generated people: how many, and how plainly their affect shows."""

    chosen = Signal(str)

    def __init__(self) -> None:
        self.people = QSpinBox()
        self.people.setRange(3, 32)
        self.people.setValue(DEMO_SUBJECTS)
        self.people.setFixedWidth(72)
        self.people.setFont(theme.font(13))
        self.people.lineEdit().setTextMargins(8, 0, 0, 0)
        self.kind = Segmented([])
        self.use = Button("", "play-circle")
        body = column(gap=10)
        super().__init__(self.tr("Demo data"), self.tr("nothing to download"), body=body)
        self.people.setAccessibleName(self.tr("Made-up people"))
        self.kind = Segmented([self.tr("Shows plainly"), self.tr("Behaves like DEAP")])
        self.kind.choose(0)
        self.use.set_words(self.tr("Use demo data"))
        self._about = label("", 12, kind="ink3", wrap=True)
        self._about.setMinimumHeight(48)
        notice = Notice(
            "warn",
            self.tr("Demo data is synthetic: nobody was recorded."),
            self.tr("A model trained on it shows how this works, and reads no real person."),
        )
        people = row(label(self.tr("Made-up people"), 13, 500), None, self.people)
        kind = row(label(self.tr("Their affect"), 13, 500), None, self.kind)
        for item in (people, kind):
            body.addLayout(item)
        body.addWidget(self._about)
        body.addWidget(notice)
        body.addStretch(1)
        body.addLayout(row(None, self.use))
        self.kind.chosen.connect(self._describe)
        self._describe(0)
        on_click(self.use, self._choose)

    def _describe(self, kind: int) -> None:
        words = (
            self.tr(
                "Strong effects: models reach about 90 % on new trials and new people, so "
                "every page has something to show."
            ),
            self.tr(
                "Weak effects, as in real recordings: about 90 % on mixed seconds, 62 % on "
                "new trials, little over chance on new people."
            ),
        )
        self._about.setText(words[kind])

    def _choose(self) -> None:
        self.chosen.emit(f"demo:{_PRESETS[self.kind.index]}:{self.people.value()}")


class Chooser(QWidget):
    """Nothing is chosen yet: a place for a folder, and demo data."""

    chosen = Signal(str)
    kept = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.drop, self.demo = DropArea(), DemoCard()
        self.again = Button(self.tr("Try again"), "arrow-clockwise")
        self.refused = Notice("error", "", "", self.again)
        self.keep = Button(self.tr("Keep the data chosen before"), "arrow-left", "ghost")
        needs = label(
            self.tr(
                "A network learns from recordings whose trials were rated for valence, arousal and "
                "dominance. The rest before each trial is subtracted from what follows it."
            ),
            13,
            kind="ink2",
            wrap=True,
        )
        folder = column(needs, gap=12)
        folder.addWidget(self.drop, 1)
        card = Card(self.tr("Recordings with ratings"), body=folder)
        self.demo.setFixedWidth(400)
        cards = row(gap=12)
        cards.addWidget(card, 1)
        cards.addWidget(self.demo)
        layout = column(row(self.keep, None), self.refused, gap=12, margins=(12,) * 4)
        card.setMaximumHeight(_MOST_PX)
        self.demo.setMaximumHeight(_MOST_PX)
        layout.addLayout(cards, 1)
        layout.addStretch(0)
        self.setLayout(layout)
        self.drop.chosen.connect(self.chosen)
        self.demo.chosen.connect(self.chosen)
        on_click(self.keep, self.kept.emit)

    def show_refused(self, why: str, *, again: bool = False) -> None:
        """again: whether the same data can be tried again."""
        self.again.setVisible(again)
        self.refused.say(self.tr("These data cannot be used.") if why else "", why)
