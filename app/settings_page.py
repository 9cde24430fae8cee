"""The Settings page: emotion table, display, signal, and what this program is."""

from __future__ import annotations

from contextlib import suppress
from importlib.metadata import version

from PySide6.QtCore import QSignalBlocker, QSize
from PySide6.QtGui import QResizeEvent, QShowEvent
from PySide6.QtWidgets import QBoxLayout, QWidget

from app.avatar_store import OWN, FileStore
from app.emotions_card import Change, EmotionsCard
from app.outputs_card import OutputsCard
from app.setting_rows import line, number
from app.settings import PAGES_S, SENSITIVITIES_UV_MM, Settings
from app.shell import TopBar
from app.widgets import (
    Card,
    Chip,
    Combo,
    Notice,
    Segmented,
    boxed,
    column,
    label,
    row,
    rule,
    scrolling,
)
from avatars import identity_names
from evoke.errors import EvokeError

_THEMES = ("system", "light", "dark")
_SIZES = (100, 125, 150, 200)


class DisplayCard(Card):
    """How things look."""

    def __init__(self, change: Change) -> None:
        self.theme = Segmented([self.tr("System"), self.tr("Light"), self.tr("Dark")])
        self.size_of_all = Segmented([self.tr("{0} %").format(size) for size in _SIZES])
        uv = [self.tr("{0} µV/mm").format(f"{value:g}") for value in SENSITIVITIES_UV_MM]
        self.sensitivity = Combo(uv, small=True)
        self.page = Combo([self.tr("{0} s").format(page) for page in PAGES_S], small=True)
        self._avatars: list[str] = []
        self._worn = ""
        self.avatar = Combo(small=True)
        body = column(
            line(self.tr("Appearance"), "", self.theme),
            rule(),
            line(
                self.tr("Size"),
                self.tr("of words and everything else, from the next start on"),
                self.size_of_all,
            ),
            rule(),
            line(self.tr("Avatar"), self.tr("the face that wears the emotion"), self.avatar),
            rule(),
            line(
                self.tr("Traces"),
                self.tr("sensitivity and length of the page"),
                boxed(row(self.sensitivity, self.page, gap=6)),
            ),
            gap=3,
        )
        super().__init__(self.tr("Display"), body=body, gap=2)
        self.theme.chosen.connect(lambda i: change(theme=_THEMES[i]))
        self.size_of_all.chosen.connect(lambda i: change(size_percent=_SIZES[i]))
        self.sensitivity.activated.connect(
            lambda i: change(sensitivity_uv_mm=SENSITIVITIES_UV_MM[i], sensitivity_chosen=True)
        )
        self.page.activated.connect(lambda i: change(page_s=PAGES_S[i]))
        self.avatar.activated.connect(lambda i: change(avatar=self._avatars[i]))

    def show_settings(self, settings: Settings) -> None:
        self.theme.choose(_THEMES.index(settings.theme))
        self.size_of_all.choose(_SIZES.index(settings.size_percent))
        if settings.sensitivity_uv_mm in SENSITIVITIES_UV_MM:
            self.sensitivity.setCurrentIndex(SENSITIVITIES_UV_MM.index(settings.sensitivity_uv_mm))
        if settings.page_s in PAGES_S:
            self.page.setCurrentIndex(PAGES_S.index(settings.page_s))
        self._worn = settings.avatar
        self._show_worn()

    def showEvent(self, event: QShowEvent) -> None:
        """One's own avatars may have changed meanwhile."""
        super().showEvent(event)
        own = []
        with suppress(EvokeError):  # out of an event, an error would end the application
            own = [e.name for e in FileStore().entries(OWN) if e.identity is not None]
        self._avatars = [*identity_names(), *(f"{OWN}/{name}" for name in own)]
        self.avatar.clear()
        self.avatar.addItems([*map(str.capitalize, identity_names()), *own])
        self._show_worn()

    def _show_worn(self) -> None:
        known = self._worn in self._avatars
        self.avatar.setCurrentIndex(self._avatars.index(self._worn) if known else -1)


class ReadingCard(Card):
    """How a reading is made of the probabilities."""

    def __init__(self, change: Change) -> None:
        self.low, self.high = number(0.0, 0.5, 0.01, 2), number(0.5, 1.0, 0.01, 2)
        self.smoothing = number(0.0, 30.0, 0.5, 1, self.tr(" s"))
        self.mains = Segmented([self.tr("50 Hz"), self.tr("60 Hz")])
        self.low.setAccessibleName(self.tr("Undecided from"))
        self.high.setAccessibleName(self.tr("Undecided to"))
        zone = row(self.low, label(self.tr("and"), 12, kind="ink3"), self.high, gap=6)
        body = column(
            line(
                self.tr("Undecided between"),
                self.tr("a probability in this zone makes the reading undecided"),
                boxed(zone),
            ),
            rule(),
            line(
                self.tr("Smoothing"),
                self.tr("time constant of the shown probabilities"),
                self.smoothing,
            ),
            rule(),
            line(
                self.tr("Mains frequency"),
                self.tr("left out of unprepared signals, from the next source on"),
                self.mains,
            ),
            gap=3,
        )
        super().__init__(self.tr("Reading"), body=body, gap=2)
        self.low.valueChanged.connect(lambda v: change(undecided_low=round(v, 2)))
        self.high.valueChanged.connect(lambda v: change(undecided_high=round(v, 2)))
        self.smoothing.valueChanged.connect(lambda v: change(smoothing_s=round(v, 1)))
        self.mains.chosen.connect(lambda i: change(mains_hz=(50, 60)[i]))

    def show_settings(self, settings: Settings) -> None:
        pairs = (
            (self.low, settings.undecided_low),
            (self.high, settings.undecided_high),
            (self.smoothing, settings.smoothing_s),
        )
        for spin, value in pairs:
            with QSignalBlocker(spin):
                spin.setValue(value)
        self.mains.choose((50, 60).index(settings.mains_hz))


class AboutCard(Card):
    """What this program is, and is not."""

    def __init__(self) -> None:
        title = self.tr("EVOKE {0}").format(version("evoke"))
        notice = Notice(
            "warn",
            self.tr("Research use only, not a medical device."),
            self.tr(
                "It must not be used to diagnose, to treat, or to decide about a person. What it "
                "reads from EEG is uncertain; on new people, methods like it are right no more "
                "often than always the commoner answer."
            ),
        )
        method = label(
            self.tr(
                "Follows the paper EVOKE (arXiv 2401.06957): band features of one second of EEG, "
                "a small distilled network, valence, arousal and dominance. The demo's signals, "
                "and those its network learned from, are synthetic. Nothing leaves this computer "
                "unless you send it, under Virtual worlds."
            ),
            12,
            kind="ink2",
            wrap=True,
        )
        credits = label(
            self.tr("Typeface Inter, SIL Open Font License. Icons Phosphor, MIT."),
            12,
            kind="ink3",
            wrap=True,
        )
        super().__init__(
            self.tr("About"), body=column(label(title, 13, 600), notice, method, credits)
        )


class SettingsPage(QWidget):
    """Every setting, kept as it is changed. `change` sets fields of the user's settings."""

    def __init__(self, settings: Settings, change: Change) -> None:
        super().__init__()
        self.emotions, self.display = EmotionsCard(change), DisplayCard(change)
        self.reading, self.about = ReadingCard(change), AboutCard()
        self.outputs = OutputsCard(change)
        kept = Chip(self.tr("Kept as you change them"), "check", "ok")
        top = TopBar(label(self.tr("Settings"), 18, 600), None, kept)
        right = boxed(column(self.display, self.reading, self.outputs, self.about, None, gap=12))
        right.setMinimumWidth(380)
        self._columns = row(gap=12, margins=(12, 12, 12, 12))
        self._columns.addWidget(self.emotions, 58)
        self._columns.addWidget(right, 42)
        self._scroll = scrolling(boxed(self._columns))
        layout = column(top, gap=0)
        layout.addWidget(self._scroll, 1)
        self.setLayout(layout)
        self.show_settings(settings)

    def show_settings(self, settings: Settings) -> None:
        for card in (self.emotions, self.display, self.reading, self.outputs):
            card.show_settings(settings)

    def find_outputs(self) -> None:
        """Scroll to what is sent to other programs."""
        self._scroll.ensureWidgetVisible(self.outputs)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """One column where two do not fit."""
        super().resizeEvent(event)
        narrow = self.width() < 1050
        direction = QBoxLayout.Direction.TopToBottom if narrow else QBoxLayout.Direction.LeftToRight
        self._columns.setDirection(direction)

    def sizeHint(self) -> QSize:
        return QSize(1180, 780)
