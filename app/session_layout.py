"""How the Session page is laid out: face and docks, or the invitation to open something."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QMainWindow, QWidget

from app.buttons import Button
from app.panels.dock import Dock
from app.widgets import Glyph, boxed, column, label, row

COMPACT_BELOW_PX = 800
_RIGHT_SHARE = 0.70
_MAPS_SHARE = 0.37
_AFFECT_PX = 200


class DockArea(QMainWindow):
    """The face in the middle, docks around it; shares of the width stay when the window grows."""

    def __init__(self, face: QWidget, traces: Dock, maps: Dock, affect: Dock) -> None:
        super().__init__()
        self.setWindowFlags(Qt.WindowType.Widget)
        self.setDockOptions(
            QMainWindow.DockOption.AllowNestedDocks | QMainWindow.DockOption.AllowTabbedDocks
        )
        right, bottom = (
            Qt.DockWidgetArea.RightDockWidgetArea,
            Qt.DockWidgetArea.BottomDockWidgetArea,
        )
        self.setCorner(Qt.Corner.BottomRightCorner, right)
        self.setCorner(Qt.Corner.TopRightCorner, right)
        self.setCentralWidget(face)
        self.addDockWidget(right, traces)
        self.splitDockWidget(traces, maps, Qt.Orientation.Vertical)
        self.addDockWidget(bottom, affect)
        self._docks = (traces, maps, affect)
        self._share = _RIGHT_SHARE
        self._default = self.saveState()
        self._compact = False

    def arrange(self, compact: bool) -> None:
        """The standard layout: 30 % face and affect, 70 % traces over maps."""
        traces, maps, affect = self._docks
        self.restoreState(self._default)
        for dock in self._docks:
            dock.setFloating(False)
            dock.show()
        self._share = _RIGHT_SHARE
        share = 0.30 if compact else _MAPS_SHARE
        height = self.height()
        self._set_width()
        self.resizeDocks(
            [traces, maps],
            [round(height * (1 - share)), round(height * share)],
            Qt.Orientation.Vertical,
        )
        self.resizeDocks([affect], [140 if compact else _AFFECT_PX], Qt.Orientation.Vertical)

    def set_compact(self, compact: bool) -> None:
        if compact == self._compact:
            return
        self._compact = compact
        for dock in self._docks:
            dock.set_compact(compact)
        traces, maps, affect = self._docks
        share = 0.30 if compact else _MAPS_SHARE
        if not (traces.isFloating() or maps.isFloating()):
            heights = [round(self.height() * (1 - share)), round(self.height() * share)]
            self.resizeDocks([traces, maps], heights, Qt.Orientation.Vertical)
        self.resizeDocks([affect], [140 if compact else _AFFECT_PX], Qt.Orientation.Vertical)

    def _set_width(self) -> None:
        dock = next((d for d in self._docks[:2] if self._is_right(d)), None)
        if dock is not None:
            width = min(round(self.width() * self._share), self.width() - 252)
            self.resizeDocks([dock], [width], Qt.Orientation.Horizontal)

    def _is_right(self, dock: Dock) -> bool:
        area = self.dockWidgetArea(dock)
        at_right = area is Qt.DockWidgetArea.RightDockWidgetArea
        return at_right and not dock.isFloating() and dock.isVisibleTo(self)

    def resizeEvent(self, event: QResizeEvent) -> None:
        old = event.oldSize().width()
        dock = next((d for d in self._docks[:2] if self._is_right(d)), None)
        if dock is not None and old > 0 and abs(dock.width() - self._share * old) > 2:
            self._share = min(max(dock.width() / old, 0.2), 0.85)  # the user dragged the edge
        super().resizeEvent(event)
        self._set_width()


class EmptySession(QWidget):
    """Before a source is open: what can be done, and what is being done."""

    def __init__(self) -> None:
        super().__init__()
        centre = Qt.AlignmentFlag.AlignHCenter
        self.title = label(self.tr("No source is open"), 24, 600)
        self.text = label(
            self.tr(
                "Play the demo: synthetic signals, nothing to connect. "
                "Or open a recording or a headset."
            ),
            13,
            kind="ink2",
            wrap=True,
        )
        self.text.setAlignment(centre)
        self.text.setFixedSize(420, 40)
        self.demo = Button(self.tr("Play the demo"), "play-fill", "primary")
        self.open = Button(self.tr("Open…"), "folder-open")
        layout = column(None, gap=12)
        layout.addWidget(Glyph("activity", "accent", 48), 0, centre)
        layout.addWidget(self.title, 0, centre)
        layout.addWidget(self.text, 0, centre)
        buttons = boxed(row(self.demo, self.open, gap=12))
        layout.addWidget(buttons, 0, centre)
        layout.addStretch(1)
        self.setLayout(layout)
        self._idle = (self.title.text(), self.text.text())
        self._buttons = buttons

    def show_opening(self, name: str) -> None:
        self.title.setText(self.tr("Opening {0}…").format(name))
        self.text.setText(self.tr("This can take a moment."))
        self._buttons.hide()

    def show_idle(self) -> None:
        self.title.setText(self._idle[0])
        self.text.setText(self._idle[1])
        self._buttons.show()
