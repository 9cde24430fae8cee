"""The rows that cards of settings are made of."""

from __future__ import annotations

from PySide6.QtCore import QLocale
from PySide6.QtGui import QValidator
from PySide6.QtWidgets import QDoubleSpinBox, QWidget

from app import theme
from app.widgets import boxed, column, label, row


def line(title: str, help_text: str, control: QWidget) -> QWidget:
    """A setting: its name and help at the left, its control at the right."""
    words = column(None, label(title, 13, 500), gap=1)
    if help_text:
        words.addWidget(label(help_text, 12, kind="ink3", wrap=True))
    words.addStretch(1)
    layout = row(gap=12)
    layout.addLayout(words, 1)
    layout.addWidget(control)
    made = boxed(layout)
    made.setMinimumHeight(44)
    for child in (control, *control.findChildren(QWidget)):
        if not child.accessibleName():
            child.setAccessibleName(title)
    return made


class _Number(QDoubleSpinBox):
    """Shows a point, as every figure of the window does, and takes a comma for one."""

    def __init__(self) -> None:
        super().__init__()
        self.setLocale(QLocale.c())

    def validate(self, text: str, pos: int) -> tuple[QValidator.State, str, int]:
        state: tuple[QValidator.State, str, int] = super().validate(text.replace(",", "."), pos)
        return state

    def valueFromText(self, text: str) -> float:
        return super().valueFromText(text.replace(",", "."))


def number(low: float, high: float, step: float, decimals: int, suffix: str = "") -> QDoubleSpinBox:
    """A field for a number, in decimals and with its unit."""
    spin = _Number()
    spin.setRange(low, high)
    spin.setSingleStep(step)
    spin.setDecimals(decimals)
    spin.setSuffix(suffix)
    spin.setProperty("kind", "small")
    spin.setFont(theme.font(12, 500))
    spin.setFixedWidth(76)
    spin.setKeyboardTracking(False)
    spin.lineEdit().setTextMargins(7, 0, 0, 0)
    return spin
