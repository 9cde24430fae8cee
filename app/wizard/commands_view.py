"""The commands that give the same figures, to be copied."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QPlainTextEdit, QWidget

from app import theme
from app.buttons import Button, on_click
from app.widgets import column, row


class CommandsView(QWidget):
    """Lines of a shell."""

    def __init__(self) -> None:
        super().__init__()
        self.text = QPlainTextEdit()
        self.text.setReadOnly(True)
        self.text.setProperty("kind", "bare")
        self.text.setFont(theme.font(12))
        self.text.setAccessibleName(self.tr("Commands"))
        self.copy = Button(self.tr("Copy"), "copy", "ghost", 12)
        on_click(self.copy, lambda: QGuiApplication.clipboard().setText(self.text.toPlainText()))
        self.setLayout(row(self.text, column(self.copy, None), gap=8))

    def show_commands(self, commands: Sequence[str]) -> None:
        self.text.setPlainText("\n".join(commands))
