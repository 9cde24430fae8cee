"""Opening a source: the demo, DEAP, a recording, or a headset."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QCoreApplication, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QShowEvent
from PySide6.QtWidgets import QButtonGroup, QPushButton, QStackedWidget, QToolButton, QWidget

from app.buttons import Button
from app.connect_forms import DeapForm, DemoForm, FileForm, Form
from app.connect_headset import HeadsetForm
from app.shell import TopBar
from app.source_spec import SourceSpec
from app.widgets import Card, ElidedLabel, Glyph, column, label, one_tab_stop, row


class SourceRow(QToolButton):
    """A kind of source: icon, name, and a few words."""

    def __init__(self, icon: str, name: str, words: str) -> None:
        super().__init__()
        self.setCheckable(True)
        self.setProperty("kind", "row")
        self.setAccessibleName(name)
        self.setFixedHeight(54)
        self.setMinimumWidth(208)
        layout = row(gap=12, margins=(10, 0, 10, 0))
        self._glyph = Glyph(icon, "ink2", 20)
        self._icon = icon
        layout.addWidget(self._glyph)
        layout.addLayout(
            column(None, label(name, 13, 600), label(words, 12, kind="ink3"), None, gap=1), 1
        )
        self.setLayout(layout)
        self.toggled.connect(
            lambda on: self._glyph.show_icon(self._icon, "accent" if on else "ink2")
        )
        for child in self.findChildren(QWidget):
            child.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)


class ConnectPage(QWidget):
    """Choose a source; opening it leaves the running session alone until it has opened."""

    chosen = Signal(object)
    """The SourceSpec to open."""
    cancelled = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.demo, self.deap, self.file, self.headset = (
            DemoForm(),
            DeapForm(),
            FileForm(),
            HeadsetForm(),
        )
        self._forms: tuple[Form, ...] = (self.demo, self.deap, self.file, self.headset)
        self.rows = (
            SourceRow("play-circle", self.tr("Demo"), self.tr("Synthetic signals")),
            SourceRow("folder-open", self.tr("DEAP"), self.tr("Folder or file")),
            SourceRow("file", self.tr("File"), self.tr("EDF, BDF and more")),
            SourceRow("headphones", self.tr("Headset"), self.tr("Any BrainFlow board")),
        )
        group = self._group = QButtonGroup(self)
        self._stack = QStackedWidget()
        for i, (source_row, form) in enumerate(zip(self.rows, self._forms, strict=True)):
            self._group.addButton(source_row, i)
            self._stack.addWidget(form)
            form.ready_changed.connect(self._show_ready)
            form.picked.connect(self._choose)
        group.buttonToggled.connect(lambda *_: one_tab_stop(group))
        self._group.idClicked.connect(self.show_kind)
        sources = Card(self.tr("Source"), body=column(*self.rows, None, gap=2), gap=4)
        sources.setFixedWidth(236)
        self.cancel = Button(self.tr("Cancel"), kind="ghost")
        self.open = Button(self.tr("Open"), "activity", "primary")
        self.cancel.clicked.connect(self.cancelled)
        self.open.clicked.connect(self._choose)
        self._idle = self._opening = ""
        self.hint = ElidedLabel("", 13, kind="ink2")
        top = TopBar(
            label(self.tr("Open a source"), 18, 600), 10, self.hint, None, self.cancel, self.open
        )
        body = row(sources, gap=12, margins=(12, 12, 12, 12))
        body.addWidget(self._stack, 1)
        layout = column(gap=0)
        layout.addLayout(body, 1)
        self.setLayout(layout)
        layout.insertWidget(0, top)  # last for the keyboard: one opens what one has filled in
        self.show_kind(0)

    def show_kind(self, index: int) -> None:
        """0 demo, 1 DEAP, 2 file, 3 headset."""
        self._group.button(index).setChecked(True)
        self._stack.setCurrentIndex(index)
        self._forms[index].wake()
        self._show_ready()

    def show_running(self, running: bool) -> None:
        """Whether a session goes on meanwhile."""
        words = self.tr("The running session goes on until the new source has opened.")
        self._idle = words if running else ""
        self._show_ready()

    def show_opening(self, name: str) -> None:
        """While the source `name` is being opened; "" when it no longer is."""
        self._opening = name
        self.cancel.setText(self.tr("Stop") if name else self.tr("Cancel"))
        self._show_ready()

    @property
    def _form(self) -> Form:
        return self._forms[self._stack.currentIndex()]

    def _show_ready(self) -> None:
        """Whether it can be opened, and beside the button why not."""
        missing = self._form.missing
        self.open.setEnabled(not self._opening and not missing)
        opening = self.tr("Opening {0}…").format(self._opening) if self._opening else ""
        self.hint.setText(opening or missing or self._idle)

    def _choose(self) -> None:
        spec = self._form.spec()
        if spec is not None and self.open.isEnabled():
            self.chosen.emit(spec)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.cancelled.emit()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            button = self.focusWidget()
            if isinstance(button, QPushButton):
                button.click()
            else:
                self._choose()
        else:
            super().keyPressEvent(event)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._form.wake()
        self._show_ready()

    def sizeHint(self) -> QSize:
        return QSize(1180, 780)


def spec_name(spec: SourceSpec) -> str:
    """A source in a word or two, for 'Opening …'."""
    if spec.kind == "demo":
        return QCoreApplication.translate("connect", "the demo")
    return spec.board if spec.kind == "board" else Path(spec.path).name
