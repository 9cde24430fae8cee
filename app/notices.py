"""What the window says in front of everything else."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QFrame, QMessageBox, QWidget

from app import theme
from app.buttons import Button
from app.widgets import Glyph, label, row


class ResearchNotice(QFrame):
    """Shown once, at the first start, and in nobody's way."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("banner")
        self.understood = Button(self.tr("I understand"))
        words = label(
            self.tr(
                "EVOKE is for research use only and is not a medical device: it must not be used "
                "to diagnose, to treat, or to decide about a person."
            ),
            *(13, 500),
            wrap=True,
        )
        layout = row(Glyph("info", "accent", 18), margins=(16, 6, 16, 6))
        layout.addWidget(words, 1)
        layout.addWidget(self.understood)
        self.setLayout(layout)


def say(parent: QWidget, sentence: str) -> None:
    """A dialog with one sentence; what runs goes on behind it."""
    dialog = QMessageBox(parent)
    dress(dialog, "warning-circle-fill", theme.current().warn)
    dialog.setText(sentence)
    dialog.addButton(QMessageBox.StandardButton.Ok).setIcon(QIcon())
    dialog.open()


def dress(dialog: QMessageBox, glyph: str, tint: str) -> None:
    """Make a dialog one of ours."""
    dialog.setWindowTitle("EVOKE")
    dialog.setTextFormat(Qt.TextFormat.PlainText)
    dialog.setIconPixmap(theme.glyph(glyph, tint, 32, dialog.devicePixelRatioF()))
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
