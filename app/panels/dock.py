"""A dock that looks like a card: movable, closable, its head holding the panel's controls."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QDockWidget, QFrame, QWidget

from app.buttons import IconButton, on_click
from app.widgets import Item, column, label, restyle, row


class Panel(QWidget):
    """What a dock holds. `head` are the widgets at the right of the dock's head."""

    def __init__(self, title: str, hint: str = "") -> None:
        super().__init__()
        self.title = title
        self.hint_label = label(hint, 12, kind="ink3")
        self.head: Sequence[Item] = ()
        self.keeps_head = False
        """True where the head stays in a low window, because its controls are needed."""

    def set_compact(self, compact: bool) -> None:
        """The window is lower than 800 px, or no longer."""


class Dock(QDockWidget):
    """A QDockWidget around a panel."""

    def __init__(self, name: str, panel: Panel) -> None:
        super().__init__(panel.title)
        self.setObjectName(name)
        self.panel = panel
        self._body = QFrame()
        self._body.setObjectName("dockBody")
        self._inside = column(panel, gap=0, margins=(10, 2, 10, 10))
        self._body.setLayout(self._inside)
        self.setWidget(self._body)
        self.close_button = IconButton("x", self.tr("Close; the View menu brings it back"), 12, 22)
        self.close_button.setAccessibleName(self.tr("Close {0}").format(panel.title))
        on_click(self.close_button, self.close)
        self._head = _Head()
        self._head.setCursor(Qt.CursorShape.OpenHandCursor)
        title = label(panel.title, 13, 600)
        layout = row(
            title, panel.hint_label, None, *panel.head, self.close_button, margins=(12, 4, 6, 2)
        )
        self._head.setLayout(layout)
        for child in self._head.findChildren(QWidget):
            child.setCursor(Qt.CursorShape.ArrowCursor)
        self._no_head = _NoHead(self)
        self.setTitleBarWidget(self._head)

    def set_compact(self, compact: bool) -> None:
        """Do without the head, where the panel can."""
        self.panel.set_compact(compact)
        bare = compact and not self.panel.keeps_head and not self.isFloating()
        self._head.setVisible(not bare)
        self.setTitleBarWidget(self._no_head if bare else self._head)
        self._no_head.setVisible(bare)
        self._body.setProperty("bare", "true" if bare else "false")
        self._inside.setContentsMargins(10, 8 if bare else 2, 10, 8 if bare else 10)
        restyle(self._body)


class _Head(QFrame):
    """A dock lays its body out below the head's hints, whatever height it was fixed at."""

    PX = 36

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("dockHead")
        self.setFixedHeight(self.PX)

    def minimumSizeHint(self) -> QSize:
        return QSize(super().minimumSizeHint().width(), self.PX)

    def sizeHint(self) -> QSize:
        return QSize(super().sizeHint().width(), self.PX)


class _NoHead(QWidget):
    """A head of no height: Qt draws its own where there is none."""

    def minimumSizeHint(self) -> QSize:
        return QSize(0, 0)

    def sizeHint(self) -> QSize:
        return QSize(0, 0)
