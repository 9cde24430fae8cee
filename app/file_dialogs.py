"""Asking for a file or a folder, while what runs goes on behind the dialog."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog, QWidget

Chosen = Callable[[Path], object]

_NOT_IN_NAMES = re.compile(r'[<>:"/\\|?*]')
"""What a file's name cannot have, on one system or another."""


def ask_file(parent: QWidget, title: str, chosen: Chosen, kinds: str = "") -> None:
    """For a file that is there. kinds: 'Pictures (*.png *.jpg)'."""
    dialog = _dialog(parent, title, chosen)
    dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
    if kinds:
        dialog.setNameFilter(kinds)
    dialog.open()


def ask_folder(parent: QWidget, title: str, chosen: Chosen) -> None:
    """For a folder that is there."""
    dialog = _dialog(parent, title, chosen)
    dialog.setFileMode(QFileDialog.FileMode.Directory)
    dialog.open()


def ask_new_file(parent: QWidget, title: str, name: str, chosen: Chosen) -> None:
    """For a file to be written. name: the one suggested, with its ending, which others get too."""
    name = _NOT_IN_NAMES.sub("-", name)
    suffix = Path(name).suffix
    dialog = _dialog(parent, title, chosen)
    dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
    dialog.setNameFilter(f"*{suffix}")
    dialog.setDefaultSuffix(suffix.removeprefix("."))
    dialog.selectFile(name)
    dialog.open()


def _dialog(parent: QWidget, title: str, chosen: Chosen) -> QFileDialog:
    dialog = QFileDialog(parent, title)
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.fileSelected.connect(lambda path: chosen(Path(path)))
    return dialog
