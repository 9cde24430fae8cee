"""Buttons whose icons follow the theme. A click leaves the keyboard where it was, so that Space
goes on meaning play and pause."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QPushButton, QToolButton

from app import theme
from app.widgets import painting, plain_tip

_RETINT = (QEvent.Type.StyleChange, QEvent.Type.EnabledChange)


class _Tinted(QAbstractButton if TYPE_CHECKING else object):  # type: ignore[misc]
    """Gives a button its icon again whenever the theme changes."""

    _icon: str = ""
    _role: str = "ink2"
    _active_role: str = ""

    def set_icon(self, name: str, role: str = "") -> None:
        if (name, role or self._role) != (self._icon, self._role):
            self._icon, self._role = name, role or self._role
            self.retint()

    def retint(self) -> None:
        if not self._icon:
            return
        active = self._active_role and self.isChecked()
        role = self._active_role if active else self._role
        role = role if self.isEnabled() else "ink3"
        self.setIcon(theme.icon(self._icon, getattr(theme.current(), role)))

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in _RETINT:
            self.retint()


class Button(_Tinted, QPushButton):
    """A push button; kind: "", "primary" or "ghost"."""

    def __init__(self, text: str, icon: str = "", kind: str = "", px: int = 13) -> None:
        super().__init__()
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._role = "on_accent" if kind == "primary" else "ink2"
        self.setFont(theme.font(px, 500))
        self.setProperty("kind", kind)
        self.setIconSize(QSize(16, 16))
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self._icon = icon
        self._compact = False
        self.set_words(text)
        self.retint()

    def set_words(self, text: str) -> None:
        self._words = text
        self.setAccessibleName(text)
        self.set_compact(self._compact)

    def set_compact(self, compact: bool) -> None:
        """Icon alone, the words as a tooltip."""
        self._compact = compact
        icon_only = compact and bool(self._icon)
        self.setText("" if icon_only else (f" {self._words}" if self._icon else self._words))
        if icon_only and not self.toolTip():
            self.setToolTip(plain_tip(self._words))

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if self.hasFocus():  # its edge alone is not told from the ground it has under the mouse
            primary = self.property("kind") == "primary"
            tokens = theme.current()
            with painting(self) as painter:
                painter.setPen(QPen(QColor(tokens.on_accent if primary else tokens.accent), 1.5))
                painter.setBrush(Qt.BrushStyle.NoBrush)
                painter.drawRoundedRect(QRectF(self.rect()).adjusted(3, 3, -3, -3), 4, 4)


class IconButton(_Tinted, QToolButton):
    """A square button with an icon; its words are the tooltip and the accessible name."""

    def __init__(self, icon: str, words: str, px: int = 18, side: int = 32) -> None:
        super().__init__()
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setIconSize(QSize(px, px))
        self.setFixedSize(side, side)
        self.set_words(words)
        self.set_icon(icon)

    def set_words(self, words: str) -> None:
        tip = plain_tip(words)
        if tip != self.toolTip():
            self.setToolTip(tip)
            self.setAccessibleName(words)


@dataclass(frozen=True, slots=True)
class Progress:
    """Of work that goes on behind a button's page. share: 0..1. role: of its colour. words: what
    it is doing."""

    share: float
    role: str
    words: str


class NavButton(IconButton):
    """An entry of the rail: icon above its word, tinted while its page is shown, and underlined
    as far as work behind it has come."""

    def __init__(self, icon: str, words: str) -> None:
        super().__init__(icon, words, px=22, side=64)
        self._active_role = "accent"
        self.setFixedSize(64, 54)
        self.setText(words)
        self.setFont(theme.font(11, 500))
        self.setProperty("kind", "nav")
        self.setCheckable(True)
        self.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextUnderIcon)
        self.toggled.connect(lambda _on: self.retint())
        self._name = words
        self.progress: Progress | None = None

    def show_progress(self, progress: Progress | None) -> None:
        """None: no work is behind it."""
        if progress == self.progress:
            return
        self.progress = progress
        self.set_words(f"{self._name}: {progress.words}" if progress else self._name)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if self.progress is None:
            return
        tokens = theme.current()
        track = QRectF(12, self.height() - 5, self.width() - 24, 3)
        done = QRectF(track)
        done.setWidth(max(3.0, track.width() * self.progress.share))
        with painting(self) as painter:
            painter.setPen(Qt.PenStyle.NoPen)
            for bar, tint in ((track, tokens.line), (done, getattr(tokens, self.progress.role))):
                painter.setBrush(QColor(tint))
                painter.drawRoundedRect(bar, 1.5, 1.5)


class DropButton(_Tinted, QToolButton):
    """Words with a caret that open a menu."""

    def __init__(self) -> None:
        super().__init__()
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._role = "ink3"
        self.setProperty("kind", "drop")
        self.setFont(theme.font(12))
        self.setFixedHeight(26)
        self.setIconSize(QSize(10, 10))
        self.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.setLayoutDirection(Qt.LayoutDirection.RightToLeft)
        self.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.set_icon("caret-down")


def on_click(button: QAbstractButton, do: Callable[[], object]) -> None:
    """Connect `clicked` without its `checked` argument."""
    button.clicked.connect(lambda _checked=False: do())
