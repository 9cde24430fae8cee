"""Small pictures that one chooses among."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetrics, QImage, QPainter, QPainterPath, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton

from app import theme
from app.panels.face import backdrop
from app.widgets import painting, plain_tip

_HEAD = (0.06, 0.82)
"""Where the head begins in a picture, and how high it is, as shares of its side."""

_WAITING_PX = 32


class PictureTile(QAbstractButton):
    """A square picture with round corners, and a frame round the one chosen."""

    FOOT = 36
    """Pixels under the picture."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self._picture: QImage | None = None
        self.setCheckable(True)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setAccessibleName(name)

    def show_picture(self, picture: QImage) -> None:
        self._picture = picture
        self.update()

    @property
    def picture(self) -> QImage | None:
        return self._picture

    @property
    def _frame(self) -> QRectF:
        return QRectF(3, 3, self.width() - 6, self.height() - self.FOOT - 3)

    def paintEvent(self, event: QPaintEvent) -> None:
        with painting(self) as painter:
            shape = QPainterPath()
            shape.addRoundedRect(self._frame, 8, 8)
            self._paint_inside(painter, shape)
            if self.isChecked() or self.hasFocus():
                tokens = theme.current()
                # the keyboard's own colour: the chosen one has a frame of the accent already
                painter.setPen(QPen(QColor(tokens.ink if self.hasFocus() else tokens.accent), 2.2))
                painter.setBrush(Qt.BrushStyle.NoBrush)
                painter.drawRoundedRect(self._frame.adjusted(-1.6, -1.6, 1.6, 1.6), 9.5, 9.5)
                if self.hasFocus():
                    painter.setPen(QPen(QColor(tokens.surface), 2))
                    painter.drawRoundedRect(self._frame.adjusted(0.6, 0.6, -0.6, -0.6), 7.4, 7.4)
            self._paint_foot(painter)

    def _paint_inside(self, painter: QPainter, shape: QPainterPath) -> None:
        if self._picture is None:
            painter.fillPath(shape, QColor.fromRgbF(*backdrop()[0]))
            self._paint_waiting(painter)
            return
        painter.save()
        painter.setClipPath(shape)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.drawImage(self._frame, self._picture, self._cut(self._picture))
        painter.restore()

    def _paint_waiting(self, painter: QPainter) -> None:
        """Somebody will be here."""
        ratio = painter.device().devicePixelRatioF()
        at = self._frame.center() - QPointF(_WAITING_PX, _WAITING_PX) / 2
        painter.drawPixmap(at, theme.glyph("user", theme.DARK.ink2, _WAITING_PX, ratio))

    def _cut(self, picture: QImage) -> QRectF:
        """What of the picture fills the frame: from the hair to the chin, if that is there."""
        frame, side = self._frame, float(picture.width())
        aspect = frame.width() / frame.height()
        width = min(1.0, _HEAD[1] * aspect) * side
        height = width / aspect
        return QRectF((side - width) / 2, _HEAD[0] * side, width, min(height, side))

    def _paint_foot(self, painter: QPainter) -> None:
        raise NotImplementedError


class AvatarTile(PictureTile):
    """An avatar of the gallery: its face, its name, and a line about it."""

    def __init__(self, name: str, line: str, *, icon: str = "") -> None:
        """icon: in place of a face."""
        super().__init__(f"{name}, {line}")
        self._name, self._line, self._icon, self._bad = name, line, icon, False
        self.setMinimumSize(90, 98)
        self.setToolTip(plain_tip(name))

    def show_trouble(self, why: str) -> None:
        """It cannot be shown; `why` is a sentence."""
        self._line, self._icon, self._bad = self.tr("damaged file"), "warning", True
        self.setAccessibleName(f"{self._name}, {self._line}")
        self.setToolTip(plain_tip(why))
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(96, 98)

    def _paint_inside(self, painter: QPainter, shape: QPainterPath) -> None:
        if not self._icon:
            super()._paint_inside(painter, shape)
            return
        tokens = theme.current()
        painter.setPen(QPen(QColor(tokens.warn if self._bad else tokens.line2), 1.2))
        if not self._bad:
            painter.setPen(QPen(QColor(tokens.line2), 1.2, Qt.PenStyle.DashLine))
        painter.setBrush(QColor(tokens.warn_soft) if self._bad else Qt.BrushStyle.NoBrush)
        painter.drawPath(shape)
        tint = tokens.warn if self._bad else tokens.ink2
        pixmap = theme.glyph(self._icon, tint, 22, self.devicePixelRatioF())
        painter.drawPixmap(self._frame.center() - QPointF(11, 11), pixmap)

    def _paint_foot(self, painter: QPainter) -> None:
        tokens, width = theme.current(), self.width() - 8
        lines = (
            (theme.font(12, 600), self._name, tokens.accent if self.isChecked() else tokens.ink),
            (theme.font(11), self._line, tokens.warn if self._bad else tokens.ink3),
        )
        y = self.height() - self.FOOT + 3.0
        for font, text, tint in lines:
            painter.setFont(font)
            painter.setPen(QColor(tint))
            metrics = QFontMetrics(font)
            short = metrics.elidedText(text, Qt.TextElideMode.ElideRight, width)
            painter.drawText(QRectF(5, y, width, 16), Qt.AlignmentFlag.AlignVCenter, short)
            y += 15


class EmotionTile(PictureTile):
    """This face in one emotion; the colour stands beside the word."""

    FOOT = 22

    def __init__(self, emotion: str, word: str) -> None:
        super().__init__(word)
        self.emotion, self._word = emotion, word
        self.setMinimumSize(58, 74)

    def sizeHint(self) -> QSize:
        return QSize(84, 108)

    def _paint_foot(self, painter: QPainter) -> None:
        tokens = theme.current()
        font = theme.font(12, 600 if self.isChecked() else 500)
        wide = QFontMetrics(font).horizontalAdvance(self._word) + 13
        if wide > self.width():
            font = theme.font(11, 600 if self.isChecked() else 500)
            wide = QFontMetrics(font).horizontalAdvance(self._word) + 13
        x, y = (self.width() - wide) / 2, self.height() - 10.0
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(tokens.emotion(self.emotion)))
        painter.drawEllipse(QPointF(x + 4, y), 4, 4)
        painter.setFont(font)
        painter.setPen(QColor(tokens.ink if self.isChecked() else tokens.ink2))
        middle = Qt.AlignmentFlag.AlignVCenter
        painter.drawText(QRectF(x + 13, y - 9, self.width(), 18), middle, self._word)
