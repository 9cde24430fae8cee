"""Lists whose rows have an icon, a title and a caption."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QObject, QPersistentModelIndex, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetrics, QPainter, QPen
from PySide6.QtWidgets import QListWidgetItem, QStyle, QStyledItemDelegate, QStyleOptionViewItem

from app import theme


class TwoLines(QStyledItemDelegate):
    """A list row: an icon, a title, and under it the item's `UserRole + 1` in small."""

    CAPTION = Qt.ItemDataRole.UserRole + 1

    def __init__(self, parent: QObject, *, ticked: bool = True) -> None:
        """ticked: the row that is chosen has a tick in place of its icon."""
        super().__init__(parent)
        self._ticked = ticked

    def sizeHint(
        self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> QSize:
        return QSize(120, 48)

    def paint(
        self,
        painter: QPainter,
        option: QStyleOptionViewItem,
        index: QModelIndex | QPersistentModelIndex,
    ) -> None:
        tokens = theme.current()
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        area = QRectF(option.rect)
        state = option.state
        chosen = bool(state & QStyle.StateFlag.State_Selected)
        if chosen or state & QStyle.StateFlag.State_MouseOver:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(tokens.soft if chosen else tokens.sunk))
            painter.drawRoundedRect(area, 8, 8)
        if state & QStyle.StateFlag.State_HasFocus:
            painter.setPen(QPen(QColor(tokens.accent), 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(area.adjusted(1, 1, -1, -1), 7, 7)
        name = "check" if chosen and self._ticked else str(index.data(Qt.ItemDataRole.UserRole + 2))
        tint = tokens.accent if chosen else tokens.ink2
        ratio = painter.device().devicePixelRatioF()
        painter.drawPixmap(
            QPointF(area.left() + 12, area.center().y() - 9), theme.glyph(name, tint, 18, ratio)
        )
        text = area.adjusted(42, 6, -8, -6)
        strong = theme.font(13, 600 if chosen else 500)
        painter.setFont(strong)
        painter.setPen(QColor(tokens.ink))
        title = QFontMetrics(strong).elidedText(
            str(index.data()), Qt.TextElideMode.ElideRight, int(text.width())
        )
        painter.drawText(text, Qt.AlignmentFlag.AlignTop, title)
        small = theme.font(12)
        painter.setFont(small)
        painter.setPen(QColor(tokens.ink3))
        caption = QFontMetrics(small).elidedText(
            str(index.data(self.CAPTION)), Qt.TextElideMode.ElideRight, int(text.width())
        )
        painter.drawText(text, Qt.AlignmentFlag.AlignBottom, caption)
        painter.restore()


def two_lines(title: str, caption: str, icon: str, value: object) -> QListWidgetItem:
    """An item for a list with the `TwoLines` delegate; `value` is its UserRole."""
    item = QListWidgetItem(title)
    item.setData(Qt.ItemDataRole.UserRole, value)
    item.setData(TwoLines.CAPTION, caption)
    item.setData(Qt.ItemDataRole.UserRole + 2, icon)
    return item
