"""A model's card as it is read on screen. Its texts come out of a file that may be anybody's."""

from __future__ import annotations

from PySide6.QtCore import QUrl
from PySide6.QtGui import QImage, QTextBlockFormat, QTextCursor, QTextTable
from PySide6.QtWidgets import QFrame, QTextBrowser

from app.widgets import shortened

MOST_LETTERS = 5_000
MOST_LINES = 1_000
"""Of a card, as shown: a line of 100,000 letters takes 9 s to lay out. The card that is exported
has all of them."""


class CardView(QTextBrowser):
    """Shows Markdown, and opens nothing that it names."""

    def __init__(self) -> None:
        super().__init__()
        self._dot = QImage(1, 1, QImage.Format.Format_ARGB32)
        self._dot.fill(0)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setOpenLinks(False)
        self.setAccessibleName(self.tr("Model card"))

    def loadResource(self, kind: int, name: QUrl | str) -> QImage:
        """A picture that the card names may be any file or device: a dot stands for it. For
        anything that is no picture, Qt would look at the file after all."""
        return self._dot

    def show_markdown(self, text: str) -> None:
        """Markdown with air between its paragraphs, its lines of code broken where they must be,
        and no empty heads over its tables."""
        lines = [shortened(line, MOST_LETTERS) for line in text.split("\n")]
        if len(lines) > MOST_LINES:
            lines[MOST_LINES:] = ["", "…"]
        self.setMarkdown("\n".join(lines))
        document = self.document()
        whole = QTextCursor(document)
        whole.beginEditBlock()  # laid out once: block by block takes 20 s for 500 rows
        block = document.begin()
        while block.isValid():
            cursor = QTextCursor(block)
            airy = QTextBlockFormat()
            airy.setNonBreakableLines(False)
            if cursor.currentTable() is None:
                airy.setTopMargin(18 if block.blockFormat().headingLevel() else 8)
            cursor.mergeBlockFormat(airy)
            block = block.next()
        for frame in document.rootFrame().childFrames():
            if isinstance(frame, QTextTable):
                heads = [frame.cellAt(0, k) for k in range(frame.columns())]
                if all(head.firstPosition() == head.lastPosition() for head in heads):
                    frame.removeRows(0, 1)
        whole.endEditBlock()
