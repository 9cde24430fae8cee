"""The frame around every page: rail, top bar, pages, status bar."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QPainterPath, QPaintEvent, QPen
from PySide6.QtWidgets import QButtonGroup, QFrame, QLabel, QScrollArea, QStackedWidget, QWidget

from app import theme
from app.buttons import NavButton
from app.status_bar import StatusBar
from app.widgets import (
    column,
    label,
    one_tab_stop,
    painting,
    row,
)
from evoke.errors import EvokeError

LEAST_PAGE = QSize(1116, 590)
"""What every page is laid out for; in a smaller window it is scrolled."""

_PULSE = ((-1.0, 0.0), (-0.62, 0.0), (-0.4, 0.42), (-0.08, -0.85), (0.22, 0.85), (0.45, 0.0))


class Logo(QWidget):
    """The application's mark: a pulse on the accent colour."""

    def __init__(self) -> None:
        super().__init__()
        self.setFixedSize(30, 30)
        self.setAccessibleName("EVOKE")

    def paintEvent(self, event: QPaintEvent) -> None:
        tokens, side = theme.current(), self.width()
        with painting(self) as painter:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(tokens.accent))
            painter.drawRoundedRect(QRectF(self.rect()), 8, 8)
            points = [QPointF(side * (0.5 + 0.33 * x), side * (0.5 + 0.3 * y)) for x, y in _PULSE]
            path = QPainterPath(points[0])
            for point in points[1:]:
                path.lineTo(point)
            path.lineTo(QPointF(side * 0.83, side * 0.5))
            pen = QPen(QColor(tokens.on_accent), side * 0.073)
            pen.setCapStyle(Qt.PenCapStyle.RoundCap)
            pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
            painter.setPen(pen)
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawPath(path)


class Rail(QFrame):
    """The pages, down the left edge."""

    chosen = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("rail")
        self.setFixedWidth(76)
        group = self._group = QButtonGroup(self)
        group.buttonToggled.connect(lambda *_: one_tab_stop(group))
        self._buttons: dict[str, NavButton] = {}
        self._layout = column(gap=4, margins=(6, 10, 6, 8))
        self._layout.addWidget(Logo(), 0, Qt.AlignmentFlag.AlignHCenter)
        self._layout.addSpacing(10)
        self._layout.addStretch(1)
        self.setLayout(self._layout)
        self._above = 2

    def add(self, page: str, icon: str, words: str, *, below: bool = False) -> None:
        """Offer a page; `below`: at the foot of the rail."""
        button = NavButton(icon, words)
        self._group.addButton(button)
        self._buttons[page] = button
        button.clicked.connect(lambda _checked=False: self.chosen.emit(page))
        centre = Qt.AlignmentFlag.AlignHCenter
        if below:
            self._layout.addWidget(button, 0, centre)
        else:
            self._layout.insertWidget(self._above, button, 0, centre)
            self._above += 1

    def select(self, page: str) -> None:
        self._buttons[page].setChecked(True)

    def button(self, page: str) -> NavButton:
        return self._buttons[page]


class TopBar(QFrame):
    """A page's own bar: what is shown, and what can be done with it."""

    def __init__(self, *items: QWidget | int | None, gap: int = 10) -> None:
        super().__init__()
        self.setObjectName("top")
        self.setFixedHeight(56)
        self.setLayout(row(*items, gap=gap, margins=(16, 0, 16, 0)))


class _Stack(QStackedWidget):
    """The pages, one at a time."""

    def heightForWidth(self, width: int) -> int:
        """None: else a page that holds one wrapped sentence would be as high as it likes to be, and
        its foot below the window's edge."""
        return -1


class _Pages(QScrollArea):
    """The pages, scrolled where the window is smaller than they can be."""

    def __init__(self, pages: QStackedWidget) -> None:
        super().__init__()
        pages.setMinimumSize(LEAST_PAGE)
        self.setWidgetResizable(True)
        self.setWidget(pages)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        event.ignore()  # arrows and Home are the window's: they move through the recording


class Shell(QWidget):
    """Rail, pages and status bar; each page brings its own top bar."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("page")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.rail = Rail()
        self.pages: QStackedWidget = _Stack()
        self.status = StatusBar()
        self._names: list[str] = []
        self._later: dict[str, tuple[Callable[[], QWidget], QLabel]] = {}
        right = column(gap=0)
        right.addWidget(_Pages(self.pages), 1)
        right.addWidget(self.status)
        layout = row(self.rail, gap=0)
        layout.addLayout(right, 1)
        self.setLayout(layout)
        self.rail.chosen.connect(self.show_page)

    def add_page(self, name: str, page: QWidget) -> None:
        self._names.append(name)
        self.pages.addWidget(page)

    def add_later(self, name: str, make: Callable[[], QWidget]) -> None:
        """A page that is made when it is first shown."""
        empty = label("", 13, kind="ink3", wrap=True)
        empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._later[name] = (make, empty)
        self.add_page(name, empty)

    def show_page(self, name: str) -> None:
        at = self._names.index(name)
        if name in self._later:
            self._make(name, at)
        self.pages.setCurrentIndex(at)
        self.show_facts()

    def _make(self, name: str, at: int) -> None:
        """The page, or why it cannot be made; then it is tried again at the next visit."""
        make, empty = self._later[name]
        try:
            page = make()
        except EvokeError as error:
            empty.setText(str(error))
            return
        del self._later[name]
        self.pages.insertWidget(at, page)
        self.pages.removeWidget(empty)
        empty.deleteLater()

    def show_facts(self) -> None:
        """What the page shown has to say in the status bar, if anything."""
        self.status.show_facts(getattr(self.pages.currentWidget(), "facts", None))

    @property
    def page(self) -> str:
        return self._names[self.pages.currentIndex()]
