"""One frozen set of tokens per theme; everything that paints reads `current()`.

Switching the theme changes the application's palette and style sheet, which sends every widget a
StyleChange event: widgets re-tint there and need no signal of their own.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import asdict, dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontDatabase, QIcon, QPalette, QPixmap
from PySide6.QtWidgets import QApplication

from app import colour
from app.qss import QSS
from evoke.emotion import WORDS

Oklch = tuple[float, float, float]


@dataclass(frozen=True)
class Theme:
    """Colours by role, as #RRGGBB; map colours as (lightness, chroma, hue) in OKLCH."""

    dark: bool
    bg: str
    surface: str
    sunk: str
    line: str
    line2: str
    ink: str
    ink2: str
    ink3: str
    accent: str
    accent_hover: str
    soft: str
    on_accent: str
    record: str
    record_soft: str
    warn: str
    warn_soft: str
    ok: str
    ok_soft: str
    trace: str
    bad: str
    grid: str
    hatch: str
    selected: str
    training: str
    neutral: str
    happy: str
    excited: str
    surprise: str
    sad: str
    anger: str
    fear: str
    disgust: str
    content: str
    map_low: Oklch
    map_middle: Oklch
    map_high: Oklch

    def emotion(self, name: str) -> str:
        """The colour of a word of the emotion table."""
        return str(getattr(self, name)) if name in WORDS else self.ink3

    def tint(self, name: str) -> QColor:
        """An emotion's colour as a block: pale enough for ink to be read on it."""
        return colour.mix(self.emotion(name), self.surface, 0.36 if self.dark else 0.26)


LIGHT = Theme(
    dark=False,
    bg="#F2F4F6",
    surface="#FFFFFF",
    sunk="#EBEFF2",
    line="#DCE2E7",
    line2="#BFC8D1",
    ink="#17212B",
    ink2="#465360",
    ink3="#5E6A77",
    accent="#0E6E7C",
    accent_hover="#0A5A66",
    soft="#DFF0F2",
    on_accent="#FFFFFF",
    record="#C42F3A",
    record_soft="#FBE9EA",
    warn="#9A5B00",
    warn_soft="#FCF1DC",
    ok="#1F7A5A",
    ok_soft="#E2F3EB",
    trace="#24323F",
    bad="#AEB8C1",
    grid="#EDF0F3",
    hatch="#AEB9C3",
    selected="#FFFFFF",
    training="#A9D3D8",
    neutral="#4E5966",
    happy="#E3A021",
    excited="#BA662A",
    surprise="#0F93A5",
    sad="#4463C6",
    anger="#98201C",
    fear="#B08AEC",
    disgust="#62C49C",
    content="#B9E36A",
    map_low=(0.50, 0.13, 250.0),
    map_middle=(0.975, 0.004, 240.0),
    map_high=(0.52, 0.15, 40.0),
)
DARK = Theme(
    dark=True,
    bg="#11161B",
    surface="#191F26",
    sunk="#232B34",
    line="#2B343E",
    line2="#45515D",
    ink="#E9EEF3",
    ink2="#B2BDC8",
    ink3="#949FAC",
    accent="#5BBBC8",
    accent_hover="#79CCD7",
    soft="#17343B",
    on_accent="#05242A",
    record="#F2686E",
    record_soft="#3A2024",
    warn="#E3AE55",
    warn_soft="#362A16",
    ok="#66C199",
    ok_soft="#173128",
    trace="#C6D0DA",
    bad="#5A6672",
    grid="#222A32",
    hatch="#55626F",
    selected="#3B4652",
    training="#24505A",
    neutral="#8E969E",
    happy="#F0C04C",
    excited="#DE802C",
    surprise="#54C4E2",
    sad="#5C82E8",
    anger="#C43E36",
    fear="#9C58AC",
    disgust="#9CE4BA",
    content="#E4FA78",
    map_low=(0.74, 0.12, 245.0),
    map_middle=(0.26, 0.012, 250.0),
    map_high=(0.76, 0.14, 50.0),
)

_current = LIGHT


def current() -> Theme:
    return _current


def apply(name: Literal["system", "light", "dark"]) -> Theme:
    """Dress the running application. Returns the theme now current."""
    global _current  # noqa: PLW0603  one application, one theme, as Qt's own palette
    app = QApplication.instance()
    if not isinstance(app, QApplication):
        raise RuntimeError("a theme needs a QApplication")
    load_fonts()
    schemes = {"light": Qt.ColorScheme.Light, "dark": Qt.ColorScheme.Dark}
    hints = app.styleHints()
    hints.setColorScheme(schemes.get(name, Qt.ColorScheme.Unknown))
    dark = name == "dark" or (name == "system" and hints.colorScheme() is Qt.ColorScheme.Dark)
    _current = DARK if dark else LIGHT
    if not app.styleSheet():  # once: a style set under a sheet ends the process now and then
        app.setStyle("Fusion")
    app.setFont(font(13))
    app.setPalette(palette(_current))
    app.setStyleSheet(QSS.substitute(asdict(_current)))
    return _current


def palette(theme: Theme) -> QPalette:
    """The palette for what the style sheet does not name."""
    role = QPalette.ColorRole
    colours = {
        role.Window: theme.bg,
        role.WindowText: theme.ink,
        role.Base: theme.surface,
        role.AlternateBase: theme.sunk,
        role.Text: theme.ink,
        role.Button: theme.surface,
        role.ButtonText: theme.ink,
        role.Highlight: theme.accent,
        role.HighlightedText: theme.on_accent,
        role.PlaceholderText: theme.ink3,
        role.Mid: theme.line,
        role.Dark: theme.line2,
        role.ToolTipBase: theme.ink,
        role.ToolTipText: theme.surface,
        role.Link: theme.accent,
    }
    made = QPalette()
    for key, value in colours.items():
        made.setColor(key, QColor(value))
    for key in (role.WindowText, role.Text, role.ButtonText):
        made.setColor(QPalette.ColorGroup.Disabled, key, QColor(theme.ink3))
    return made


@cache
def load_fonts() -> None:
    """Inter, bundled, so that figures line up and text measures the same everywhere."""
    for file in sorted((Path(__file__).parent / "fonts").glob("*.otf")):
        QFontDatabase.addApplicationFont(str(file))


_to_be_read: ContextVar[bool] = ContextVar("to_be_read", default=False)


@contextmanager
def to_be_read() -> Iterator[None]:
    """Within it `font` gives fonts whose every letter and figure can be copied from a PDF,
    searched, and read aloud: no glyph but those that a character has of its own. Inter's figures
    of equal width have none."""
    token = _to_be_read.set(True)
    try:
        yield
    finally:
        _to_be_read.reset(token)


def font(px: int, weight: int = 400) -> QFont:
    """Inter at `px` logical pixels; figures of equal width below 15 px."""
    return _font(px, weight, _to_be_read.get())


@lru_cache(maxsize=128)
def _font(px: int, weight: int, to_be_read: bool) -> QFont:
    made = QFont("Inter")
    made.setPixelSize(px)
    made.setWeight(QFont.Weight(weight))
    made.setHintingPreference(QFont.HintingPreference.PreferNoHinting)
    if to_be_read:
        made.setFeature(QFont.Tag("calt"), 0)
    elif px < 15:
        made.setFeature(QFont.Tag("tnum"), 1)
    return made


@lru_cache(maxsize=512)
def icon(name: str, tint: str) -> QIcon:
    """A Phosphor icon in a colour."""
    import qtawesome

    return qtawesome.icon(f"ph.{name}", color=tint)


@lru_cache(maxsize=512)
def glyph(name: str, tint: str, px: int, ratio: float) -> QPixmap:
    """A Phosphor icon as a pixmap, `px` logical pixels wide on a screen of `ratio`."""
    return icon(name, tint).pixmap(QSize(px, px), ratio)


@lru_cache(maxsize=4)
def map_scale(theme: Theme) -> NDArray[np.uint8]:
    """The diverging colours of the head maps, (256, 3)."""
    return colour.diverging(theme.map_low, theme.map_middle, theme.map_high)
