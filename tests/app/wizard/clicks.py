"""Going through the wizard in the real window as a hand does: with clicks."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractButton, QFileDialog, QLineEdit, QWidget
from pytestqt.qtbot import QtBot

from app.windows import MainWindow
from app.wizard.page import STEPS, WizardPage
from tests.app.conftest import WAIT_MS

LEFT = Qt.MouseButton.LeftButton


def click(qtbot: QtBot, button: QAbstractButton) -> None:
    assert button.isEnabled()
    qtbot.mouseClick(button, LEFT)


def pick(qtbot: QtBot, page: QWidget, path: Path) -> None:
    """Type a path into the dialog that a page has opened, and press Enter."""
    dialogs: list[QFileDialog] = []

    def opened() -> bool:
        dialogs[:] = [d for d in page.findChildren(QFileDialog) if d.isVisible()]
        return bool(dialogs)

    qtbot.waitUntil(opened, timeout=WAIT_MS)
    name = dialogs[0].findChild(QLineEdit, "fileNameEdit")
    assert isinstance(name, QLineEdit)
    name.setText(str(path))
    qtbot.keyClick(name, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: not opened(), timeout=WAIT_MS)


def go_to(window: MainWindow, qtbot: QtBot) -> WizardPage:
    """Training in the window's rail, and the wizard behind it."""
    click(qtbot, window.shell.rail.button("training"))
    training = window.training
    assert training is not None
    qtbot.waitUntil(lambda: training.wizard is not None, timeout=WAIT_MS)
    assert training.wizard is not None
    return training.wizard


def checked(wizard: WizardPage, qtbot: QtBot) -> None:
    """Wait until the data chosen have been read and a trial of them is shown."""
    look = wizard.data.look
    qtbot.waitUntil(lambda: wizard.data.found is not None, timeout=WAIT_MS)
    qtbot.waitUntil(lambda: look.signals.trial is not None, timeout=WAIT_MS)


def use_demo(wizard: WizardPage, qtbot: QtBot, people: int = 3) -> None:
    """Demo data, one click away."""
    wizard.data.chooser.demo.people.setValue(people)
    click(qtbot, wizard.data.chooser.demo.use)
    checked(wizard, qtbot)


def go_on(wizard: WizardPage, qtbot: QtBot, to: str) -> None:
    """Next, as soon as nothing keeps it, which must lead to the page `to`."""
    qtbot.waitUntil(wizard.footer.next.isEnabled, timeout=WAIT_MS)
    click(qtbot, wizard.footer.next)
    assert STEPS[wizard.step] == to
