"""What the studio asks."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QDialog, QLineEdit, QMessageBox, QWidget

from app import theme
from app.avatar_store import LONGEST_NAME
from app.buttons import Button, on_click
from app.widgets import column, field, label, row


class NameDialog(QDialog):
    """Asks what an avatar shall be called; `done_with` is told."""

    def __init__(self, parent: QWidget, suggested: str, done_with: Callable[[str], None]) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Save avatar"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.name = QLineEdit(suggested)
        self.name.setMaxLength(LONGEST_NAME)
        self.name.setMinimumWidth(320)
        self.name.selectAll()
        self.save = Button(self.tr("Save"), "check", "primary")
        cancel = Button(self.tr("Cancel"))
        self.save.setDefault(True)
        on_click(cancel, self.reject)
        on_click(self.save, self.accept)
        self.name.textChanged.connect(lambda text: self.save.setEnabled(bool(text.strip())))
        self.accepted.connect(lambda: done_with(self.name.text().strip()))
        about = label(
            self.tr("It is kept on this computer, not encrypted: do not write a patient's name."),
            12,
            kind="ink3",
            wrap=True,
        )
        self.setLayout(
            column(
                field(self.tr("Name"), self.name),
                about,
                8,
                row(None, cancel, self.save),
                margins=(16, 16, 16, 16),
            )
        )


def ask_to_save(parent: QWidget, name: str, answer: Callable[[str], None]) -> QMessageBox:
    """Whether changes shall be kept; `answer` gets "save", "drop", or nothing at all."""
    box = QMessageBox(parent)
    box.setWindowTitle("EVOKE")
    box.setTextFormat(Qt.TextFormat.PlainText)
    box.setText(box.tr("“{0}” was changed and is not saved.").format(name))
    tint, ratio = theme.current().warn, parent.devicePixelRatioF()
    box.setIconPixmap(theme.glyph("warning-circle-fill", tint, 32, ratio))
    roles = QMessageBox.ButtonRole
    save = box.addButton(box.tr("Save"), roles.AcceptRole)
    drop = box.addButton(box.tr("Discard changes"), roles.DestructiveRole)
    box.addButton(box.tr("Cancel"), roles.RejectRole)
    for button in box.buttons():
        button.setIcon(QIcon())
    box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)

    def clicked(button: object) -> None:
        if button in (save, drop):
            answer("save" if button is save else "drop")

    box.buttonClicked.connect(clicked)
    box.open()
    return box
