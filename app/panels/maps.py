"""The band panel: four head maps in dB against rest, on one scale."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPointF, QRectF, Qt
from PySide6.QtGui import (
    QColor,
    QFontMetrics,
    QImage,
    QPainter,
    QPainterPath,
    QPaintEvent,
    QPen,
)
from PySide6.QtWidgets import QMenu, QWidget

from app import colour, theme
from app.buttons import DropButton
from app.panels.dock import Panel
from app.settings import MAP_RANGES_DB
from app.widgets import painting, row
from evoke.signal.montage import ELECTRODES, Coverage, Montage
from evoke.signal.positions import STEP_DEG, direction
from evoke.signal.spline import EXACT, spline_matrix
from evoke.types import BANDS

_SIDE = 72
_HEAD = 1.14
"""Radius of the drawn head, where the ring of Fpz, T7, Oz and T8 has radius 1."""
_REACH = 1.28
_NOSE = 1.115
"""How far the tip of the nose is from the middle, in radii of the drawn head."""


@cache
def disc() -> NDArray[np.float64]:
    """Places of the 32 electrodes seen from above, (32, 2), x right, y front: the angle from the
    vertex is the radius, the ring through Fpz, T7, Oz and T8 has radius 1."""
    return _flatten(np.array([direction(name) for name in ELECTRODES]))


def _flatten(directions: NDArray[np.float64]) -> NDArray[np.float64]:
    angle = np.degrees(np.arccos(np.clip(directions[:, 2], -1, 1))) / (4 * STEP_DEG)
    length = np.maximum(np.hypot(directions[:, 0], directions[:, 1]), 1e-12)
    return directions[:, :2] * (angle / length)[:, None]


@cache
def _operator() -> NDArray[np.float32]:
    """(pixels, 32): potentials of a square picture from those of the electrodes."""
    y, x = np.mgrid[_REACH : -_REACH : _SIDE * 1j, -_REACH : _REACH : _SIDE * 1j]
    radius, azimuth = np.hypot(x, y).ravel(), np.arctan2(x, y).ravel()
    theta = np.radians(radius * 4 * STEP_DEG)
    sphere = np.stack(
        [np.sin(theta) * np.sin(azimuth), np.sin(theta) * np.cos(azimuth), np.cos(theta)], axis=1
    )
    electrodes = np.array([direction(name) for name in ELECTRODES])
    return spline_matrix(electrodes, sphere, EXACT).astype(np.float32)


def draw_head(painter: QPainter, centre: QPointF, radius: float) -> None:
    """Ears, nose and outline, in the painter's pen and brush."""
    x, y = centre.x(), centre.y()
    for side in (-1, 1):
        ear = QPainterPath()
        left = x + side * radius * 1.01 - radius * 0.055
        box = QRectF(left, y - radius * 0.17, radius * 0.11, radius * 0.34)
        ear.addRoundedRect(box, radius * 0.05, radius * 0.05)
        painter.drawPath(ear)
    nose = QPainterPath(QPointF(x - radius * 0.15, y - radius * 0.985))
    tip = QPointF(x, y - radius * _NOSE)
    nose.quadTo(QPointF(x - radius * 0.03, y - radius * 1.05), tip)
    nose.quadTo(
        QPointF(x + radius * 0.03, y - radius * 1.05),
        QPointF(x + radius * 0.15, y - radius * 0.985),
    )
    painter.drawPath(nose)
    painter.drawEllipse(centre, radius, radius)


class HeadMap(QWidget):
    """One band seen from above, nose up. Crossed: left out; open dot: not measured."""

    def __init__(self, band: str, hertz: str) -> None:
        super().__init__()
        self._band, self._hertz = band, hertz
        self._values: NDArray[np.float32] | None = None
        self._range_db = 6.0
        self._bad: frozenset[int] = frozenset()
        self._derived: frozenset[int] = frozenset()
        self._image: QImage | None = None
        self._marked: tuple[object, ...] = ()
        self._paths: tuple[QPainterPath, ...] = ()
        self.setMinimumSize(96, 100)
        self.setAccessibleName(f"{band} {hertz}")

    def show_values(self, values_db: NDArray[np.float32] | None, range_db: float) -> None:
        """values_db: (32,) against rest, or None while there is no reading."""
        self._values, self._range_db = values_db, range_db
        self._render()
        self.update()

    def show_electrodes(self, bad: frozenset[int], derived: frozenset[int]) -> None:
        """Indices of electrodes to cross, and of those no channel measures."""
        if (bad, derived) != (self._bad, self._derived):
            self._bad, self._derived = bad, derived
            self.update()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() is QEvent.Type.StyleChange:
            self._render()

    def _render(self) -> None:
        if self._values is None:
            self._image = None
            return
        level = (_operator() @ self._values) / self._range_db
        index = np.clip((level + 1) / 2 * 255, 0, 255).astype(np.intp)
        rgb = np.ascontiguousarray(theme.map_scale(theme.current())[index])
        self._image = QImage(
            rgb.tobytes(), _SIDE, _SIDE, 3 * _SIDE, QImage.Format.Format_RGB888
        ).copy()

    def paintEvent(self, event: QPaintEvent) -> None:
        tokens = theme.current()
        with painting(self) as painter:
            painter.setRenderHints(
                QPainter.RenderHint.Antialiasing | QPainter.RenderHint.SmoothPixmapTransform
            )
            width, height, title = self.width(), self.height(), 20
            radius = max(8.0, min((width - 14) / 2 / 1.10, (height - title - 2) / 2 / 1.09))
            centre = QPointF(width / 2, title + (height - title) / 2 + radius * 0.045)
            self._paint_title(painter, tokens, centre.y() - radius * _NOSE - 7)
            outline = QPen(QColor(tokens.ink3 if tokens.dark else tokens.line2), 1.5)
            painter.setPen(outline)
            painter.setBrush(QColor(tokens.surface))
            draw_head(painter, centre, radius)
            unit = radius / _HEAD
            if self._image is not None:
                clip = QPainterPath()
                clip.addEllipse(centre, radius, radius)
                painter.save()
                painter.setClipPath(clip)
                side = _REACH * unit
                area = QRectF(centre.x() - side, centre.y() - side, 2 * side, 2 * side)
                painter.drawImage(area, self._image)
                painter.restore()
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(outline)
            painter.drawEllipse(centre, radius, radius)
            self._paint_electrodes(painter, tokens, centre, unit)

    def _paint_title(self, painter: QPainter, tokens: theme.Theme, baseline: float) -> None:
        strong, plain = theme.font(12, 600), theme.font(12)
        words = QFontMetrics(strong).horizontalAdvance(self._band + "  ")
        x = (self.width() - words - QFontMetrics(plain).horizontalAdvance(self._hertz)) / 2
        painter.setFont(strong)
        painter.setPen(QColor(tokens.ink))
        painter.drawText(QPointF(x, baseline), self._band)
        painter.setFont(plain)
        painter.setPen(QColor(tokens.ink3))
        painter.drawText(QPointF(x + words, baseline), self._hertz)

    def _paint_electrodes(
        self, painter: QPainter, tokens: theme.Theme, centre: QPointF, unit: float
    ) -> None:
        measured, derived, crossed = self._marks(centre.x(), centre.y(), unit)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colour.alpha(tokens.ink, 150))
        painter.drawPath(measured)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(colour.alpha(tokens.ink, 130), 0.8))
        painter.drawPath(derived)
        painter.setPen(QPen(QColor(tokens.ink), 1.4))
        painter.drawPath(crossed)

    def _marks(self, x: float, y: float, unit: float) -> tuple[QPainterPath, ...]:
        """Dots, open dots and crosses, made anew only when they move."""
        key = (x, y, unit, self._bad, self._derived)
        if key != self._marked:
            self._marked = key
            self._paths = measured, derived, crossed = tuple(QPainterPath() for _ in range(3))
            dot = 1.5 if unit < 55 else 1.9
            for i, (right, front) in enumerate(disc().tolist()):
                at = QPointF(x + right * unit, y - front * unit)
                if i in self._bad:
                    for rise in (-3, 3):
                        crossed.moveTo(at + QPointF(-3, rise))
                        crossed.lineTo(at + QPointF(3, -rise))
                else:
                    (derived if i in self._derived else measured).addEllipse(at, dot, dot)
        return self._paths


class ScaleBar(QWidget):
    """The colours of the maps in dB."""

    def __init__(self) -> None:
        super().__init__()
        self._range_db = 6.0
        self.setFixedWidth(52)

    def set_range(self, range_db: float) -> None:
        self._range_db = range_db
        self.setAccessibleName(self.tr("Scale ±{0} dB").format(f"{range_db:g}"))
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        tokens = theme.current()
        with painting(self) as painter:
            height = min(self.height() - 34, 150)
            top = 20 + (self.height() - 20 - height) / 2
            colours = np.ascontiguousarray(theme.map_scale(tokens)[::-2])
            image = QImage(colours.tobytes(), 1, len(colours), 3, QImage.Format.Format_RGB888)
            area = QRectF(2, top, 10, height)
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            painter.drawImage(area, image)
            painter.setPen(QPen(QColor(tokens.line2), 1))
            painter.drawRect(area)
            painter.setFont(theme.font(11))
            painter.setPen(QColor(tokens.ink3))
            words = f"{self._range_db:g}"
            for place, text in ((0, f"+{words}"), (0.25, "dB"), (0.5, "0"), (1, f"−{words}")):
                line = QRectF(17, top + place * height - 8, 34, 16)
                painter.drawText(line, Qt.AlignmentFlag.AlignVCenter, text)


class MapsPanel(Panel):
    """Theta, alpha, beta and gamma against the rest of this trial or session."""

    def __init__(self, change: Callable[..., None]) -> None:
        super().__init__(self.tr("Band power"), self.tr("against rest, last 1 s"))
        names = (self.tr("Theta"), self.tr("Alpha"), self.tr("Beta"), self.tr("Gamma"))
        hertz = [self.tr("{0}–{1} Hz").format(f"{lo:g}", f"{hi:g}") for _, lo, hi in BANDS]
        self.maps = tuple(HeadMap(n, h) for n, h in zip(names, hertz, strict=True))
        self.scale = ScaleBar()
        self.range = DropButton()
        self.range.setToolTip(self.tr("Scale of the maps: dB against rest"))
        menu = QMenu(self.range)
        menu.setLayoutDirection(Qt.LayoutDirection.LeftToRight)
        for range_db in MAP_RANGES_DB:
            action = menu.addAction(self.tr("±{0} dB").format(f"{range_db:g}"))
            action.triggered.connect(lambda _on=False, r=range_db: change(map_range_db=r))
        self.range.setMenu(menu)
        self.head = (self.range,)
        layout = row(gap=4)
        for head_map in self.maps:
            layout.addWidget(head_map, 1)
        layout.addWidget(self.scale)
        self.setLayout(layout)
        self._values: NDArray[np.float32] | None = None
        self.set_range(6.0)

    def set_range(self, range_db: float) -> None:
        self._range_db = range_db
        self.range.setText(self.tr("dB to rest, ±{0}").format(f"{range_db:g}"))
        self.scale.set_range(range_db)
        self.show_values(self._values)

    def show_values(self, values_db: NDArray[np.float32] | None) -> None:
        """values_db: (32, 4) in the order of `ELECTRODES` and `BANDS`, or None."""
        self._values = values_db
        for band, head_map in enumerate(self.maps):
            column = None if values_db is None else values_db[:, band]
            head_map.show_values(column, self._range_db)

    def show_electrodes(self, montage: Montage | None, bad: Sequence[bool]) -> None:
        """bad: one for each EEG channel of the source."""
        crossed, derived = set(), set()
        if montage is not None:
            for i, own in enumerate(montage.direct.tolist()):
                if montage.coverage[i] is not Coverage.DIRECT:
                    derived.add(i)
                elif own < len(bad) and bad[own]:
                    crossed.add(i)
        for head_map in self.maps:
            head_map.show_electrodes(frozenset(crossed), frozenset(derived))
