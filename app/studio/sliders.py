"""Sliders in plain words, swatches of colour, and tiles of styles."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PySide6.QtCore import QEvent, QPointF, QRectF, QSignalBlocker, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFocusEvent,
    QLinearGradient,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QWheelEvent,
)
from PySide6.QtWidgets import QAbstractButton, QButtonGroup, QGridLayout, QSlider, QWidget

from app import theme
from app.buttons import on_click
from app.studio.features import Slider, words
from app.studio.glyphs import paint_style
from app.studio.palette import Palette, nearest, on_screen
from app.widgets import boxed, label, painting, row
from avatars.colour import Colour

_STEPS = 1000


class Track(QSlider):
    """A slider that grows from its middle, or along a run of colours. A click goes there; a double
    click goes to the middle."""

    def __init__(
        self, low: float, high: float, middle: float, *, from_middle: bool, unit: str = "%"
    ) -> None:
        """unit: of the number, as it is read out; "%": of the way between the ends."""
        super().__init__(Qt.Orientation.Horizontal)
        self._low, self._high, self._middle = low, high, middle
        self._from_middle = from_middle
        self._run: list[QColor] = []
        self._unit = unit
        self.setRange(0, _STEPS)
        self.setSingleStep(_STEPS // 100)
        self.setPageStep(_STEPS // 10)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setFixedHeight(26)
        self.valueChanged.connect(lambda _value: self._say())
        self._say()

    @property
    def number(self) -> float:
        """What the slider says, between its ends."""
        return self._low + (self._high - self._low) * self.value() / _STEPS

    def show_number(self, number: float) -> None:
        """Go there without a word to anybody."""
        with QSignalBlocker(self):
            self.setValue(self._at(number))
        self._say()
        self.update()

    def _say(self) -> None:
        said = 100 * self.value() / _STEPS if self._unit == "%" else self.number
        self.setAccessibleDescription(f"{said:.0f} {self._unit}")

    def show_run(self, colours: Sequence[QColor]) -> None:
        """Colours along the groove, for what is a colour itself."""
        if self._run != list(colours):
            self._run = list(colours)
            self.update()

    def _at(self, number: float) -> int:
        return round(_STEPS * (number - self._low) / (self._high - self._low))

    def _x(self, value: float) -> float:
        return 10.0 + (self.width() - 20.0) * value / _STEPS

    def _go(self, event: QMouseEvent) -> None:
        share = (event.position().x() - 10.0) / max(1.0, self.width() - 20.0)
        self.setValue(round(_STEPS * min(max(share, 0.0), 1.0)))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() is Qt.MouseButton.LeftButton:
            self.setFocus(Qt.FocusReason.MouseFocusReason)
            self.setSliderDown(True)
            self._go(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self.isSliderDown():
            self._go(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self.setSliderDown(False)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self.setSliderDown(True)
        self.setValue(self._at(self._middle))

    def wheelEvent(self, event: QWheelEvent) -> None:
        """The wheel belongs to the list of sliders."""
        event.ignore()

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.update()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() is QEvent.Type.StyleChange:
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        with painting(self) as painter:
            if self._run:
                self._paint_run(painter)
            else:
                self._paint_groove(painter)

    def _paint_run(self, painter: QPainter) -> None:
        tokens, y = theme.current(), self.height() / 2
        run = QLinearGradient(self._x(0), 0, self._x(_STEPS), 0)
        for i, tint in enumerate(self._run):
            run.setColorAt(i / (len(self._run) - 1), tint)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(run)
        painter.drawRoundedRect(QRectF(6, y - 5, self.width() - 12, 10), 5, 5)
        at = QPointF(self._x(self.value()), y)
        here = self._run[round(self.value() / _STEPS * (len(self._run) - 1))]
        painter.setBrush(here)
        painter.setPen(QPen(QColor(tokens.surface), 3))
        painter.drawEllipse(at, 7.5, 7.5)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(QColor(tokens.ink2), 1.4))
        painter.drawEllipse(at, 9, 9)
        if self.hasFocus():
            self._paint_ring(painter, at, 11.5)

    @staticmethod
    def _paint_ring(painter: QPainter, at: QPointF, radius: float) -> None:
        """Where the keyboard is."""
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(QColor(theme.current().ink), 1.6))
        painter.drawEllipse(at, radius, radius)

    def _paint_groove(self, painter: QPainter) -> None:
        tokens, y = theme.current(), self.height() / 2
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(tokens.sunk))
        painter.drawRoundedRect(QRectF(6, y - 2.5, self.width() - 12, 5), 2.5, 2.5)
        at, start = self._x(self.value()), self._x(0)
        if self._from_middle:
            start = self._x(self._at(self._middle))
            painter.setBrush(QColor(tokens.line2))
            painter.drawRect(QRectF(start - 0.75, y - 6, 1.5, 12))
        painter.setBrush(QColor(tokens.accent))
        painter.drawRoundedRect(QRectF(min(at, start), y - 2.5, abs(at - start), 5), 2, 2)
        held = self.isSliderDown()
        if held:
            painter.setOpacity(0.2)
            painter.drawEllipse(QPointF(at, y), 10, 10)
            painter.setOpacity(1.0)
        if self.hasFocus():
            self._paint_ring(painter, QPointF(at, y), 9.5)
        painter.setBrush(QColor(tokens.accent if held else tokens.surface))
        painter.setPen(QPen(QColor(tokens.accent), 1.8))
        painter.drawEllipse(QPointF(at, y), 6, 6)


class WordSlider(QWidget):
    """A slider with its name, and a word at either end."""

    moved = Signal(str, float)
    """The slider's key, and its value while it is dragged or stepped."""
    released = Signal()

    def __init__(self, slider: Slider) -> None:
        super().__init__()
        self.slider = slider
        from_middle = slider.low < slider.middle < slider.high
        unit = self.tr("years") if slider.key == "field:age" else "%"
        ends_at = slider.low, slider.high, slider.middle
        self.track = Track(*ends_at, from_middle=from_middle, unit=unit)
        name, low, high = words(slider.name), words(slider.low_word), words(slider.high_word)
        self.track.setAccessibleName(f"{name}: {low} – {high}")
        self._name = label(name, 13)
        self._name.setFixedWidth(88)
        ends = label(low, 12, kind="ink3"), label(high, 12, kind="ink3")
        for end in ends:
            end.setFixedWidth(66)
        ends[0].setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        layout = row(self._name, ends[0], gap=0)
        layout.addWidget(self.track, 1)
        layout.addWidget(ends[1])
        self.setLayout(layout)
        self.track.valueChanged.connect(self._move)
        self.track.sliderPressed.connect(lambda: self._embolden(True))
        self.track.sliderReleased.connect(self._release)

    def _move(self) -> None:
        self.moved.emit(self.slider.key, self.track.number)

    def _release(self) -> None:
        self._embolden(False)
        self.released.emit()

    def _embolden(self, on: bool) -> None:
        self._name.setFont(theme.font(13, 600 if on else 400))


class _Swatch(QAbstractButton):
    """One colour to choose."""

    def __init__(self, name: str, tint: QColor) -> None:
        super().__init__()
        self._tint = tint
        self.setCheckable(True)
        self.setFixedSize(24, 24)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setToolTip(name)
        self.setAccessibleName(name)

    def paintEvent(self, event: QPaintEvent) -> None:
        tokens = theme.current()
        with painting(self) as painter:
            painter.setPen(QPen(QColor(tokens.line2), 1))
            painter.setBrush(self._tint)
            painter.drawRoundedRect(QRectF(3.5, 3.5, 17, 17), 5, 5)
            if self.isChecked() or self.hasFocus():
                painter.setBrush(Qt.BrushStyle.NoBrush)
                painter.setPen(QPen(QColor(tokens.ink if self.hasFocus() else tokens.accent), 1.8))
                painter.drawRoundedRect(QRectF(1, 1, 22, 22), 7, 7)


class Swatches(QWidget):
    """A named row of colours."""

    chosen = Signal(object)
    """The reflectance."""

    def __init__(self, name: str, palette: Palette) -> None:
        super().__init__()
        self._palette = palette
        self._group = QButtonGroup(self)
        self.buttons: dict[str, QAbstractButton] = {}
        for word, colour in palette.items():
            button = _Swatch(words(word), on_screen(colour))
            self._group.addButton(button)
            self.buttons[word] = button
            on_click(button, lambda colour=colour: self.chosen.emit(colour))  # type: ignore[misc]
        title = label(name, 13)
        title.setFixedWidth(58)
        self.setLayout(row(title, *self.buttons.values(), None, gap=3))

    def show_colour(self, colour: Colour) -> None:
        """Mark the colour, if it is one of these."""
        name = nearest(self._palette, colour)
        close = np.allclose(self._palette[name], colour, atol=2e-3)
        self._group.setExclusive(False)
        for word, button in self.buttons.items():
            button.setChecked(close and word == name)
        self._group.setExclusive(True)


class _Tile(QAbstractButton):
    """One style, drawn as a small head."""

    def __init__(self, kind: str, style: str | None, name: str) -> None:
        super().__init__()
        self._kind, self._style, self._name = kind, style, name
        self.setCheckable(True)
        self.setMinimumSize(62, 66)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setAccessibleName(name)

    def paintEvent(self, event: QPaintEvent) -> None:
        tokens, on = theme.current(), self.isChecked()
        box = QRectF(2, 2, self.width() - 4, self.height() - 20)
        with painting(self) as painter:
            focused = self.hasFocus()
            edge = tokens.ink if focused else tokens.accent if on else tokens.line
            painter.setPen(QPen(QColor(edge), 2 if on or focused else 1))
            painter.setBrush(QColor(tokens.soft if on else tokens.surface))
            painter.drawRoundedRect(box, 8, 8)
            paint_style(painter, box, self._kind, self._style)
            painter.setFont(theme.font(11, 600 if on else 400))
            painter.setPen(QColor(tokens.accent if on else tokens.ink2))
            under = QRectF(0, self.height() - 17, self.width(), 16)
            painter.drawText(under, Qt.AlignmentFlag.AlignCenter, self._name)


class Tiles(QWidget):
    """Styles side by side, one of them worn."""

    chosen = Signal(object)
    """Name of the style, or None."""

    COLUMNS = 5

    def __init__(self, kind: str, styles: Sequence[str | None], none: str) -> None:
        """none: what going without is called."""
        super().__init__()
        self._group = QButtonGroup(self)
        grid = QGridLayout()
        grid.setContentsMargins(0, 2, 0, 4)
        grid.setSpacing(4)
        self.buttons: dict[str | None, QAbstractButton] = {}
        for i, style in enumerate(styles):
            tile = _Tile(kind, style, words((style or none).capitalize()))
            self._group.addButton(tile)
            self.buttons[style] = tile
            on_click(tile, lambda style=style: self.chosen.emit(style))  # type: ignore[misc]
            grid.addWidget(tile, i // self.COLUMNS, i % self.COLUMNS)
        for column in range(self.COLUMNS):
            grid.setColumnStretch(column, 1)
        self.setLayout(row(boxed(grid)))

    def show_style(self, style: str | None) -> None:
        tile = self.buttons.get(style)
        if tile is not None:
            tile.setChecked(True)
