"""What stands over the face: word, bits, confidence, and the probabilities of the others."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import (
    QColor,
    QFontMetrics,
    QLinearGradient,
    QPainter,
    QPainterPath,
    QPaintEvent,
    QPen,
)
from PySide6.QtWidgets import QWidget

from app import theme
from app.widgets import painting
from app.words import emotion_word
from evoke.emotion import EMOTIONS, OCTANTS, UNDECIDED, EmotionTable

_WHITE = QColor("#FFFFFF")
_BLACK = "#10171D"
_RADIUS = 10


class Shown(Protocol):
    """What a face and its words show of a reading: an `Affect`, or a row of a timeline.csv."""

    @property
    def probabilities(self) -> tuple[float, float, float]: ...
    @property
    def octants(self) -> tuple[float, ...]: ...
    @property
    def bits(self) -> str: ...
    @property
    def emotion(self) -> str: ...
    @property
    def confidence(self) -> float: ...
    @property
    def intensity(self) -> float: ...


@dataclass(frozen=True, slots=True)
class Caption:
    """A reading as the overlay shows it. shares: word -> probability, greatest first; likeliest:
    the word that the confidence is of. Both empty where nothing was read."""

    word: str
    bits: str
    confidence: float
    shares: tuple[tuple[str, float], ...]
    likeliest: str
    note: str = ""


def caption(reading: Shown, table: EmotionTable, note: str = "") -> Caption:
    """A reading in the words of a table. note: why it is undecided."""
    octants, valence = reading.octants, reading.probabilities[0]
    ranked: tuple[tuple[str, float], ...] = ()
    likeliest, top = "", max(octants)
    if top > min(octants):
        likeliest = table.word(OCTANTS[octants.index(top)], valence)
        ranked = tuple(sorted(table.shares(octants, valence).items(), key=lambda item: -item[1]))
    return Caption(reading.emotion, reading.bits, reading.confidence, ranked, likeliest, note)


class EmotionOverlay(QWidget):
    """Painted over the avatar. Lets the mouse through; also rounds the card's corners, which a
    view of OpenGL cannot do itself, unless `corners` is False."""

    def __init__(self, parent: QWidget, *, corners: bool = True) -> None:
        super().__init__(parent)
        self._corners = corners
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._caption: Caption | None = None
        self._message = ""
        self._tag = ""

    def set_tag(self, words: str) -> None:
        """A pill at the top that says what the signal or the network is."""
        self._tag = words
        self.update()

    def show_caption(self, shown: Caption | None, message: str = "") -> None:
        """message: shown in words where there is no reading."""
        if (shown, message) == (self._caption, self._message):
            return
        self._caption, self._message = shown, message
        if shown is None:
            self.setAccessibleName(message)
        else:
            self.setAccessibleName(self._in_words(shown))
        self.update()

    def _in_words(self, shown: Caption) -> str:
        word, share = emotion_word(shown.word), f"{100 * shown.confidence:.0f}"
        if shown.word != UNDECIDED:
            return self.tr("{0}, confidence {1} percent").format(word, share)
        if not shown.likeliest:
            return self.tr("{0}, {1}").format(word, shown.note) if shown.note else word
        likeliest = emotion_word(shown.likeliest)
        return self.tr("{0}, likeliest {1}, {2} percent").format(word, likeliest, share)

    def paintEvent(self, event: QPaintEvent) -> None:
        with painting(self) as painter:
            low = self.height() < 345 or self.width() < 300
            shown = self._caption
            if shown is not None or self._message:
                self._paint_scrim(painter, 96 if low else 170)
            if shown is not None:
                base = self.height() - (18 if low else 60)
                self._paint_word(painter, shown, base, low)
                if shown.shares and not low:
                    self._paint_shares(painter, shown)
            elif self._message:
                painter.setPen(_WHITE)
                painter.setFont(theme.font(15, 600))
                area = QRectF(16, self.height() - 70, self.width() - 32, 54)
                flags = Qt.AlignmentFlag.AlignBottom | Qt.TextFlag.TextWordWrap
                painter.drawText(area, int(flags), self._message)
            if self._tag:
                self._paint_tag(painter)
            if self._corners:
                paint_corners(painter, QRectF(self.rect()))

    def _paint_tag(self, painter: QPainter) -> None:
        font = theme.font(11, 600)
        pill = QRectF(10, 10, QFontMetrics(font).horizontalAdvance(self._tag) + 20, 22)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(10, 16, 22, 165))
        painter.drawRoundedRect(pill, 11, 11)
        painter.setFont(font)
        painter.setPen(_WHITE)
        painter.drawText(pill, Qt.AlignmentFlag.AlignCenter, self._tag)

    def _paint_scrim(self, painter: QPainter, height: int) -> None:
        foot = self.height()
        fade = QLinearGradient(0, foot - height, 0, foot)
        for place, alpha in ((0.0, 0), (0.55, 150), (1.0, 225)):
            fade.setColorAt(place, QColor(10, 16, 22, alpha))
        painter.fillRect(QRectF(0, foot - height, self.width(), height), fade)

    def _paint_word(self, painter: QPainter, shown: Caption, base: float, low: bool) -> None:
        undecided = shown.word == UNDECIDED
        tint = QColor("#B2BDC8" if undecided else theme.DARK.emotion(shown.word))
        painter.setBrush(Qt.BrushStyle.NoBrush if undecided else tint)
        painter.setPen(QPen(tint, 2) if undecided else Qt.PenStyle.NoPen)
        painter.drawEllipse(QPointF(22, base - (8 if low else 11)), 6, 6)
        share = f"{100 * shown.confidence:.0f} %" if shown.likeliest else ""
        of = self.tr("confidence")
        if undecided:  # nobody is confident of that; the figure is of the word that came next
            of = self.tr("likeliest: {0}").format(emotion_word(shown.likeliest)) if share else ""
        figure = theme.font(22 if low else 28, 600)
        right = QFontMetrics(figure).horizontalAdvance(share)
        painter.setPen(_WHITE)
        painter.setFont(figure)
        painter.drawText(QPointF(self.width() - 16 - right, base), share)
        painter.setFont(theme.font(11, 500))
        painter.setPen(QColor(255, 255, 255, 215))
        lift = 36 if low else 44
        above = QRectF(0, base - lift, self.width() - 16, 14)
        painter.drawText(above, Qt.AlignmentFlag.AlignRight, of)
        if undecided and shown.note and not (low and share):
            painter.drawText(QRectF(16, base - lift, self.width() - 32, 14), shown.note)
        word = emotion_word(shown.word)
        bits_w = 3 * 27 + 14
        room = self.width() - 16 - right - 38 - bits_w - 8
        sizes = (22, 20, 18, 16) if low else (32, 28, 26, 22, 18) if not undecided else (26, 22, 18)
        fonts = [theme.font(px, 600) for px in sizes]
        font = next(
            (f for f in fonts if QFontMetrics(f).horizontalAdvance(word) <= room), fonts[-1]
        )
        painter.setFont(font)
        painter.setPen(_WHITE)
        painter.drawText(QPointF(38, base), word)
        x = 38 + QFontMetrics(font).horizontalAdvance(word) + 14
        _paint_bits(painter, shown.bits, x, base - (17 if low else 21), 11 if low else 12)

    def _paint_shares(self, painter: QPainter, shown: Caption) -> None:
        width, top = self.width() - 32, self.height() - 46.0
        strip = QPainterPath()
        strip.addRoundedRect(QRectF(16, top, width, 8), 4, 4)
        painter.save()
        painter.setClipPath(strip)
        x = 16.0
        for word, share in shown.shares:
            part = width * share
            area = QRectF(x, top, max(part - 1.5, 0.5), 8)
            painter.fillRect(area, QColor(theme.DARK.emotion(word)))
            x += part
        painter.restore()
        font = theme.font(11, 500)
        painter.setFont(font)
        x, named = 16.0, 0.0
        for word, share in shown.shares[:4]:
            text = f"{emotion_word(word)} {100 * share:.0f} %"
            wide = QFontMetrics(font).horizontalAdvance(text)
            if x + 14 + wide > self.width() - 92:
                break
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(theme.DARK.emotion(word)))
            painter.drawEllipse(QPointF(x + 4, top + 22.5), 4, 4)
            painter.setPen(QColor(255, 255, 255, 225))
            painter.drawText(QPointF(x + 12, top + 26.5), text)
            x += wide + 26
            named += share
        painter.setPen(QColor(255, 255, 255, 190))
        rest = self.tr("others {0} %").format(f"{100 * max(0.0, 1 - named):.0f}")
        area = QRectF(0, top + 14, self.width() - 16, 16)
        painter.drawText(area, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, rest)


def paint_corners(painter: QPainter, area: QRectF) -> None:
    """Round the corners of a card that an OpenGL view fills: it cannot cut them itself."""
    tokens = theme.current()
    inside, outside = QPainterPath(), QPainterPath()
    inside.addRoundedRect(area.adjusted(0.5, 0.5, -0.5, -0.5), _RADIUS, _RADIUS)
    outside.addRect(area)
    painter.fillPath(outside.subtracted(inside), QColor(tokens.bg))
    painter.setPen(QPen(QColor(tokens.line), 1))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawPath(inside)


def _paint_bits(painter: QPainter, bits: str, x: float, y: float, px: int) -> None:
    """Three chips: filled for high, open for low, a dash where unsure."""
    painter.setFont(theme.font(px, 600))
    for name, bit in zip("VAD", bits, strict=True):
        box = QRectF(x, y, 25, 19)
        high = bit == "1"
        painter.setPen(QPen(QColor(255, 255, 255, 200), 1))
        painter.setBrush(QColor(255, 255, 255, 235) if high else QColor(10, 16, 22, 90))
        painter.drawRoundedRect(box, 4, 4)
        painter.setPen(QColor(_BLACK) if high else _WHITE)
        text = name + ("–" if bit == "-" else bit)
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, text)
        x += 28


def mixture(reading: Shown, table: EmotionTable) -> dict[str, float]:
    """Weights of the eight faces: those of the octants, scaled by the intensity."""
    faces = table.mixture(reading.octants, reading.probabilities[0])
    return {face: faces[face] * reading.intensity for face in EMOTIONS}
