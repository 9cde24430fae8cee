"""Where a photograph is dropped or chosen, and what makes a good one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QMimeData, QRectF, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QDragEnterEvent,
    QDragLeaveEvent,
    QDropEvent,
    QPaintEvent,
    QPen,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from app import theme
from app.buttons import Button, on_click
from app.file_dialogs import ask_file
from app.photograph import SUFFIXES
from app.widgets import Glyph, Notice, boxed, column, label, painting, row


def dropped_file(data: QMimeData) -> Path | None:
    """The first local file that is being dragged."""
    files = [url.toLocalFile() for url in data.urls() if url.isLocalFile()]
    return Path(files[0]) if files else None


def ask_for_photograph(parent: QWidget, chosen: Callable[[Path], object]) -> None:
    """For a picture's file."""
    kinds = parent.tr("Pictures ({0})").format(" ".join(f"*{suffix}" for suffix in SUFFIXES))
    ask_file(parent, parent.tr("Choose a photograph"), chosen, kinds)


def privacy_notice(parent: QWidget) -> Notice:
    return Notice(
        "info",
        parent.tr("The photograph stays in this computer's memory."),
        parent.tr(
            "It is never written to disk. When you leave this page it is forgotten, and so are its "
            "points; only the avatar's own numbers are kept."
        ),
    )


class PhotoDrop(QWidget):
    """The page before there is a photograph. `chosen` carries a Path."""

    chosen = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.setAcceptDrops(True)
        self._over = False
        self.choose = Button(self.tr("Choose a photograph…"), "image", "primary")
        on_click(self.choose, self._ask)
        self.notice = Notice("error", "")
        title = label(self.tr("Drop a photograph of a face here"), 18, 600)
        hints = (
            ("user-focus", self.tr("Seen straight from the front, about a metre away")),
            ("smiley-blank", self.tr("A calm face: eyes open, mouth closed, no glasses")),
            ("eye", self.tr("Brows and the sides of the face not under hair")),
            ("sun", self.tr("Even light from the front, no filter")),
        )
        rows = [
            row(Glyph(icon, "ink3", 18), label(words, 13, kind="ink2"), None, gap=10)
            for icon, words in hints
        ]
        formats = label(self.tr("JPEG, PNG, WebP, TIFF or BMP"), 12, kind="ink3")
        inner = column(
            *(row(None, Glyph("user-focus", "accent", 44), None), row(None, title, None), 6),
            *(row(None, boxed(column(*rows, gap=8)), None), 10),
            *(row(None, self.choose, None), row(None, formats, None), 10, self.notice),
            privacy_notice(self),
            gap=8,
        )
        box = boxed(inner)
        box.setMaximumWidth(520)
        box.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        across = row(None, gap=0)
        across.addWidget(box, 4)
        across.addStretch(1)
        self.setLayout(column(None, across, None, margins=(24, 24, 24, 24)))

    def refuse(self, why: str) -> None:
        """Say why a file was not taken; "" to say nothing."""
        self.notice.say(why)

    def _ask(self) -> None:
        ask_for_photograph(self, self.chosen.emit)

    def _lift(self, over: bool) -> None:
        self._over = over
        self.update()

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if dropped_file(event.mimeData()) is not None:
            self._lift(True)
            event.acceptProposedAction()

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        self._lift(False)

    def dropEvent(self, event: QDropEvent) -> None:
        self._lift(False)
        path = dropped_file(event.mimeData())
        if path is not None:
            event.acceptProposedAction()
            self.chosen.emit(path)

    def paintEvent(self, event: QPaintEvent) -> None:
        tokens = theme.current()
        with painting(self) as painter:
            painter.setBrush(QColor(tokens.soft if self._over else tokens.surface))
            pen = QPen(QColor(tokens.accent if self._over else tokens.line2), 1.5)
            pen.setStyle(Qt.PenStyle.DashLine)
            painter.setPen(pen)
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), 10, 10)
