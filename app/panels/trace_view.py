"""Scrolling traces with channel names and time."""

from __future__ import annotations

import time
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import QFrame, QWidget

from app import colour, theme
from app.display import DisplayFilter, DisplayFilterSettings, Envelope, montage_order
from app.widgets import clock, column, painting, row
from evoke.buffer import RingBuffer
from evoke.engine import Span
from evoke.signal.positions import electrode_name
from evoke.types import StreamInfo

_PX_PER_MM = 96 / 25.4
"""Logical pixels in a millimetre; a screen's own figure is too often wrong to be used."""

_LEAST_LANE_PX = 4.5
"""In lanes from here on every channel has its name: names alternate, and 9 px are two lanes."""

_RUN_IN_S = 2.0
"""Signal filtered before the page begins, so that the page opens settled."""

_CLIP_LANES = 3.2
"""A trace may leave its lane this far; beyond, it would only blacken its neighbours."""

_JUDGED_FROM_S = 3.0
"""Signal on the page from which its amplitude can be judged."""

_PAINT_SHARE = 3.0
"""A page that took so long to paint is left alone for three times as long."""


def short_names(names: Sequence[str]) -> list[str]:
    """Names without what all of them share: 'EEG Fp1-REF' is Fp1 beside 'EEG F3-REF'."""
    bare = [name.removeprefix("EEG ") for name in names]
    parts = [name.rpartition("-") for name in bare]
    referred = len(parts) > 1 and len({part[1:] for part in parts}) == 1 and all(map(all, parts))
    return [head for head, _, _ in parts] if referred else bare


class Gutter(QWidget):
    """Channel names; bad ones struck out. Names alternate where lanes are low, and end in an
    ellipsis where they are too long."""

    def __init__(self) -> None:
        super().__init__()
        self.setFixedWidth(66)
        self._names: Sequence[str] = ()
        self._short: Sequence[str] = ()
        self._bad: frozenset[str] = frozenset()

    def show_names(self, names: Sequence[str], bad: frozenset[str]) -> None:
        self._names, self._short, self._bad = names, short_names(names), bad
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        if not self._names:
            return
        tokens = theme.current()
        with painting(self) as painter:
            lane = (self.height() - Ruler.HEIGHT) / (len(self._names) + 1)
            staggered = lane < 12.0
            px = 11 if lane >= 8 else 10 if lane >= 5.5 or lane < _LEAST_LANE_PX else 9
            # names of 10 px closer than 5.5 px overlap even when they alternate
            every = 1 if lane >= _LEAST_LANE_PX else int(np.ceil(5.5 / lane))
            for i, name in enumerate(self._names):
                if i % every:
                    continue
                bad = name in self._bad
                font = theme.font(px, 500)
                if bad:
                    font = QFont(font)
                    font.setStrikeOut(True)
                painter.setFont(font)
                painter.setPen(QColor(tokens.warn if bad else tokens.ink2))
                right = 30 if staggered and i // every % 2 else 60
                area = QRectF(0, (i + 1) * lane - 8, right, 16)
                text = QFontMetrics(font).elidedText(
                    self._short[i], Qt.TextElideMode.ElideRight, 30 if staggered else 60
                )
                painter.drawText(
                    area, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, text
                )


class Ruler(QWidget):
    """The time under the traces, as m:ss of the trial or recording."""

    HEIGHT = 20

    def __init__(self) -> None:
        super().__init__()
        self.setFixedHeight(self.HEIGHT)
        self._marks: Sequence[tuple[float, str]] = ()

    def show_marks(self, marks: Sequence[tuple[float, str]]) -> None:
        """marks: (place 0..1 across the page, words)."""
        self._marks = marks
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        tokens = theme.current()
        with painting(self) as painter:
            painter.setPen(QPen(QColor(tokens.line), 1))
            painter.drawLine(0, 0, self.width(), 0)
            painter.setFont(theme.font(11))
            for place, words in self._marks:
                x = place * self.width()
                painter.setPen(QPen(QColor(tokens.line2), 1))
                painter.drawLine(QPointF(x, 0), QPointF(x, 4))
                painter.setPen(QColor(tokens.ink3))
                painter.drawText(QRectF(x - 30, 4, 60, 15), Qt.AlignmentFlag.AlignHCenter, words)


class Canvas(pg.PlotWidget):
    """The plot; its background holds the seconds, the analysed window and breaks."""

    def __init__(self) -> None:
        super().__init__()
        self.seconds: Sequence[float] = ()
        self.breaks: Sequence[float] = ()
        self.paint_s = 0.0
        """How long painting takes, on average."""
        self.window_from = 1.0
        """Where the last analysed second begins, 0..1 across the page."""
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        item = self.getPlotItem()
        item.hideButtons()
        item.setMenuEnabled(False)
        item.ctrlMenu.setParent(self, item.ctrlMenu.windowFlags())  # else nobody deletes it
        item.hideAxis("left")
        item.hideAxis("bottom")
        item.layout.setContentsMargins(0, 0, 0, 0)
        item.getViewBox().setMouseEnabled(False, False)
        item.getViewBox().disableAutoRange()
        item.getViewBox().setDefaultPadding(0)
        self.setAntialiasing(True)

    def paintEvent(self, event: QPaintEvent) -> None:
        began = time.perf_counter()
        super().paintEvent(event)
        self.paint_s += 0.2 * (time.perf_counter() - began - self.paint_s)

    def wheelEvent(self, event: object) -> None:
        """The page does not zoom; the wheel is the parent's."""

    def drawBackground(self, painter: QPainter, rect: QRectF) -> None:
        tokens = theme.current()
        width, height = self.width(), self.height()
        painter.fillRect(rect, QColor(tokens.surface))
        shade = QRectF(self.window_from * width, 0, (1 - self.window_from) * width, height)
        painter.fillRect(shade, colour.alpha(tokens.accent, 26))
        painter.setPen(QPen(QColor(tokens.grid), 1))
        for place in self.seconds:
            painter.drawLine(QPointF(place * width, 0), QPointF(place * width, height))
        painter.setPen(QPen(QColor(tokens.ink3), 1, Qt.PenStyle.DashLine))
        for place in self.breaks:
            painter.drawLine(QPointF(place * width, 0), QPointF(place * width, height))


class Trace(pg.PlotCurveItem):
    """One channel. Its bounds are the page's: working them out from the samples on every frame
    takes longer than drawing them."""

    page = QRectF()

    def boundingRect(self) -> QRectF:
        return self.page

    def dataBounds(self, ax: int, frac: float = 1.0, orthoRange: object = None) -> None:  # noqa: N803
        """The view is set by hand; the samples have no say in it."""


class TraceView(QWidget):
    """Gutter, canvas and ruler. `pull` takes what is new and draws."""

    crowded = Signal(bool)
    """Whether traces lie over each other at this sensitivity."""
    judgeable = Signal()
    """Enough of a new stream is shown, or of one in rows of another height, to fit the sensitivity
    to it."""

    def __init__(self) -> None:
        super().__init__()
        self.gutter, self.canvas, self.ruler = Gutter(), Canvas(), Ruler()
        right = column(gap=0)
        right.addWidget(self.canvas, 1)
        right.addWidget(self.ruler)
        layout = row(self.gutter, gap=0)
        layout.addLayout(right, 1)
        self.setLayout(layout)
        self.setMinimumSize(320, 160)
        self._curves: list[Trace] = []
        self._names: list[str] = []
        self._bad: frozenset[str] = frozenset()
        self._told_bad = False  # since the stream began
        self._referred = np.empty(0, bool)
        self._info: StreamInfo | None = None
        self._page_s = 10
        self._uv_per_mm = 7.0
        self._filters = DisplayFilterSettings()
        self._channels: list[int] = []
        self._at: int | None = None  # stream index up to which samples were taken
        self._drawn = (-1, 0)
        self._crowded = False
        self._judged = False
        self._not_before = 0.0

    # -- what to show

    def set_stream(self, info: StreamInfo | None) -> None:
        self._info = info
        labels = [info.channels[i].name for i in info.eeg] if info else []
        order = montage_order(labels)
        self._names = [labels[i] for i in order]
        self._channels = [info.eeg[i] for i in order] if info else []
        self._bad = frozenset()
        placed = [
            info is not None
            and (info.channels[i].position is not None or electrode_name(info.channels[i].name))
            for i in self._channels
        ]
        # a montage of one's own may place what neither name nor position does
        self._referred = np.array(placed, bool) | (not any(placed))
        self._judged = self._told_bad = False
        plot = self.canvas.getPlotItem()
        for curve in self._curves:
            plot.removeItem(curve)
        self._curves = [Trace(antialias=True) for _ in self._names]
        for curve in self._curves:
            plot.addItem(curve)
        self._drawn = (-1, 0)
        self.gutter.show_names(self._names, self._bad)
        self._tint()
        self._restart()

    def set_bad(self, names: frozenset[str]) -> None:
        """Those that are bad from now on: they count neither for the sensitivity nor for the
        average reference."""
        if names != self._bad:
            if self._filters.average_reference and not self._told_bad:
                self._judged = False  # they were in the average until now
                self._restart()
            self._told_bad = True
            self._bad = names
            self.gutter.show_names(self._names, names)
            self._tint()

    def set_options(self, uv_per_mm: float, page_s: int, filters: DisplayFilterSettings) -> None:
        anew = (page_s, filters) != (self._page_s, self._filters)
        self._uv_per_mm, self._page_s, self._filters = uv_per_mm, page_s, filters
        if anew:
            self._restart()
        self._draw()

    def curve(self, channel: str) -> Trace:
        """The line of a channel. Raises ValueError if it is not shown."""
        return self._curves[self._names.index(channel)]

    def retint(self) -> None:
        """After a change of theme."""
        self.canvas.resetCachedContent()
        self._tint()
        self.gutter.update()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if event.size().height() != event.oldSize().height():
            self._judged = False  # rows of another height
        self._restart()

    def _restart(self) -> None:
        """Filter the page anew at the next pull."""
        self._at = None

    def _begin_page(self) -> None:
        assert self._info is not None
        columns = round(max(64, self.canvas.width()) * self.devicePixelRatioF())
        page = round(self._page_s * self._info.rate_hz)
        self._filter = DisplayFilter(self._info.rate_hz, self._filters)
        self._envelope = Envelope(len(self._channels), page, columns)

    def _tint(self) -> None:
        tokens = theme.current()
        for name, curve in zip(self._names, self._curves, strict=True):
            bad = name in self._bad
            curve.setPen(pg.mkPen(tokens.bad if bad else tokens.trace, width=1))
            curve.setZValue(-1 if bad else 1)

    # -- taking and drawing samples

    def pull(self, raw: RingBuffer, spans: Sequence[Span]) -> None:
        """Take the samples that came since the last call and draw the page."""
        if self._info is None or not self._channels or raw.end == self._at:
            return
        now = time.monotonic()
        if now < self._not_before:
            return
        self._not_before = now + _PAINT_SHARE * self.canvas.paint_s
        rate = self._info.rate_hz
        page = round(self._page_s * rate)
        first = max(raw.start, raw.end - page - round(_RUN_IN_S * rate))
        if self._at is None or self._at < first:
            self._begin_page()
            self._at = first
            self._from = first
        try:
            samples = raw.window(self._at, raw.end - self._at)[self._channels]
        except LookupError:  # overwritten between the two lines above; the next pull starts later
            self._at = None
            return
        self._take(self._at, samples, [s.start for s in spans])
        self._at += samples.shape[1]
        self._place_marks(spans)
        self._draw()
        some = not self._bad.issuperset(self._names)
        if not self._judged and some and self._at - self._from >= _JUDGED_FROM_S * rate:
            self._judged = True
            self.judgeable.emit()

    def fitting_uv_per_mm(self) -> float | None:
        """The sensitivity at which a trace of usual amplitude just fills its row: the median over
        good channels of the 95th percentile of what is shown. None while nothing is."""
        if self._at is None:
            return None
        values = self._envelope.lines()[1]
        good = [name not in self._bad for name in self._names]
        shown = values[good] if any(good) else values
        shown = shown[:, np.isfinite(shown).all(axis=0)]
        if not shown.size:
            return None
        amplitude_uv = np.median(np.percentile(np.abs(shown), 95, axis=1))
        return float(amplitude_uv) / (self._lane_mm / 2)

    @property
    def _lane_mm(self) -> float:
        return self.canvas.height() / (len(self._curves) + 1) / _PX_PER_MM

    def _take(self, start: int, samples: np.ndarray, starts: Sequence[int]) -> None:
        """Filter and keep; anew after every break and every stretch of lost samples."""
        end = start + samples.shape[1]
        lost = np.isnan(samples[0])
        referred = self._referred & [name not in self._bad for name in self._names]
        edges = np.flatnonzero(np.diff(lost.astype(np.int8))) + 1 + start
        cuts = sorted({start, end, *edges.tolist(), *(s for s in starts if start <= s < end)})
        for a, b in pairwise(cuts):
            if a in starts or (a > start and lost[a - start - 1]):
                self._filter.reset()
                self._envelope.break_at(a)
            if not lost[a - start]:
                shown = self._filter.push(samples[:, a - start : b - start], referred)
                self._envelope.push(a, shown)

    def _draw(self) -> None:
        if self._at is None or self._info is None:
            return
        n = len(self._curves)
        lane_uv = max(1e-6, self._uv_per_mm * self._lane_mm)
        index, values = self._envelope.lines()
        x = (index - self._at) / self._info.rate_hz
        lanes = values / lane_uv
        self._note_clipping(lanes)
        y = np.clip(lanes, -_CLIP_LANES, _CLIP_LANES)
        y += np.arange(n, 0, -1, dtype=np.float32)[:, None]
        whole = not np.isnan(values[0]).any() if values.size else True
        connect = "all" if whole else "finite"
        drawn = (n, self._page_s)
        if drawn != self._drawn:
            self.canvas.getPlotItem().getViewBox().setRange(
                xRange=(-self._page_s, 0), yRange=(0, n + 1), padding=0
            )
            for curve in self._curves:
                curve.prepareGeometryChange()
                curve.page = QRectF(-self._page_s, 0, self._page_s, n + 1)
            self._drawn = drawn
        for curve, line in zip(self._curves, y, strict=True):
            curve.setData(x, line, connect=connect, skipFiniteCheck=whole)

    def _note_clipping(self, lanes: np.ndarray) -> None:
        """Say when most of the page lies outside its lanes: then nothing can be read."""
        outside = bool(lanes.size) and float(np.mean(np.abs(lanes[:, ::7]) > 1.0)) > 0.25
        if outside != self._crowded:
            self._crowded = outside
            self.crowded.emit(outside)

    def _place_marks(self, spans: Sequence[Span]) -> None:
        assert self._info is not None
        assert self._at is not None
        rate, page = self._info.rate_hz, self._page_s * self._info.rate_hz
        left = self._at - page
        step = max(1, round(self._page_s / 10))
        marks: list[tuple[float, str]] = []
        breaks: list[float] = []
        for i, span in enumerate(spans):
            end = spans[i + 1].start if i + 1 < len(spans) else self._at
            if end <= left:
                continue
            if span.start > left and i:
                breaks.append((span.start - left) / page)
            first = max(span.start, left) - span.start + span.offset
            last = end - span.start + span.offset
            for second in range(
                int(np.ceil(first / rate / step)) * step, int(last / rate) + 1, step
            ):
                place = (second * rate - span.offset + span.start - left) / page
                near = bool(marks) and place - marks[-1][0] < 0.045
                if 0.02 < place < 0.985 and not near:
                    marks.append((place, clock(second)))
        self.canvas.seconds = [place for place, _ in marks]
        self.canvas.breaks = breaks
        self.canvas.window_from = 1 - 1 / self._page_s
        self.canvas.resetCachedContent()
        self.ruler.show_marks(marks)
