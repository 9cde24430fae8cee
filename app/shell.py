"""The frame around every page: rail, top bar, pages, status bar."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QPainterPath, QPaintEvent, QPen
from PySide6.QtWidgets import QButtonGroup, QFrame, QLabel, QScrollArea, QStackedWidget, QWidget

from app import theme
from app.buttons import NavButton
from app.widgets import (
    StatusItem,
    StatusLink,
    boxed,
    column,
    label,
    one_tab_stop,
    painting,
    row,
    shortened,
    tick,
)
from evoke.errors import EvokeError
from evoke.types import Phase, SessionStatus, StreamInfo

LEAST_PAGE = QSize(1116, 590)
"""What every page is laid out for; in a smaller window it is scrolled."""

_FORMS = 4
"""In how many lengths the status bar can say what it says."""
_BESIDE_THEIRS = 1
"""The form of what is sent, beside a page's own facts."""
_DIGITS_PX = 40

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


class StatusBar(QFrame):
    """Source, quality, latency, losses, network, what is sent on while anything is; and always
    what this program is not."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("status")
        self.setFixedHeight(28)
        self._source = StatusItem("file")
        self._quality = StatusItem("shield-check")
        self._latency = StatusItem("timer")
        self._lost = StatusItem("check-circle")
        self._network = StatusItem("cpu")
        self.sending = StatusLink("paper-plane-right")
        self._after_sending = tick(14)
        self.research = StatusItem("info", self.tr("Research use only, not a medical device"))
        self._facts = boxed(
            row(
                *(self._source, tick(14), self._quality, tick(14), self._latency, tick(14)),
                *(self._lost, tick(14), self._network),
            )
        )
        always = (self.sending, self._after_sending, self.research)
        self._line = row(self._facts, None, *always, margins=(12, 0, 12, 0))
        self.setLayout(self._line)
        self.research.setMinimumWidth(self.research.sizeHint().width())  # never cut short
        self._theirs: QWidget | None = None
        self._running = False
        self._form = 0
        self._always = (self._source, self._quality, self._latency, self._lost, self._network)
        self.show_sending("", "", "")
        self.show_nothing()

    def minimumSizeHint(self) -> QSize:
        return QSize(0, 28)

    def show_nothing(self) -> None:
        """No source is open."""
        self._facts.setVisible(False)

    def show_facts(self, facts: QWidget | None) -> None:
        """A page's own facts in place of those of the running source; None: those again."""
        if self._theirs is not None and self._theirs is not facts:
            self._theirs.hide()
        self._theirs = facts
        if facts is not None:
            self._line.insertWidget(0, facts)
            facts.show()
            self.sending.show_words(_BESIDE_THEIRS)
        self._facts.setVisible(self._running and facts is None)

    def show_status(self, info: StreamInfo, status: SessionStatus, synthetic_model: bool) -> None:
        """One snapshot of the running engine."""
        self._running = True
        self._facts.setVisible(self._theirs is None)
        self._say_source(info, status)
        self._say_quality(info, status)
        self._say_latency(status)
        self._say_losses(status)
        self._say_network(status, synthetic_model)
        self._fit()

    def show_sending(self, to: str, problem: str, tip: str) -> None:
        """Where readings are sent, "" for nowhere; why they do not arrive, or ""."""
        self._sends = bool(to)
        for widget in (self.sending, self._after_sending):
            widget.setVisible(self._sends)
        if problem:
            forms = (shortened(problem, 48), self.tr("Check sending"), self.tr("Check"), "")
            self.sending.say(forms, "warning", "warn", tip)
        else:
            full = self.tr("Sent to {0}").format(shortened(to, 24))
            forms = (full, full, self.tr("Sent"), "")
            self.sending.say(forms, "paper-plane-right", "accent", tip)

    def _fit(self) -> None:
        """The fullest words that there is room for."""
        items = (*self._always, self.sending) if self._sends else self._always
        room = self.width() - 48 - 17 * (len(items) - 1) - self.research.width_of()
        needed = [sum(item.width_of(form) for item in items) for form in range(_FORMS)]
        # to fuller words only with room for a few more digits, else they come and go with them
        spare = [_DIGITS_PX if form < self._form else 0 for form in range(_FORMS)]
        fits = (i for i in range(_FORMS) if needed[i] + spare[i] <= room)
        self._form = next(fits, _FORMS - 1)
        for item in items:
            item.show_words(self._form)
        if self._theirs is not None:
            self.sending.show_words(_BESIDE_THEIRS)

    def _say_source(self, info: StreamInfo, status: SessionStatus) -> None:
        words = self.tr("{0} · {1} ch · {2} Hz")
        n, hertz = len(info.channels), f"{info.rate_hz:g}"
        forms = [words.format(shortened(info.name, most), n, hertz) for most in (40, 20, 16)]
        icon, role = ("broadcast", "accent") if info.live else ("file", "ink3")
        if status.phase is Phase.FAILED:
            icon, role = "warning-circle", "record"
        tip = self.tr("Synthetic data: generated, not measured") if info.synthetic else ""
        self._source.say(forms, icon, role, tip)

    def _say_quality(self, info: StreamInfo, status: SessionStatus) -> None:
        n, bad = len(info.eeg), len(status.bad_channels)
        if status.quality is None or status.phase is Phase.FAILED:
            tip = self.tr("Said with the first reading")
            self._quality.say((self.tr("Quality –"), "–"), "shield-check", "ink3", tip)
            return
        share = f"{100 * status.quality:.0f}"
        full = self.tr("Quality {0} % · {1} of {2} good").format(share, n - bad, n)
        short = self.tr("{0} % · {1}/{2}").format(share, n - bad, n)
        good = status.quality >= 0.75
        tip = self.tr("Share of the 32 electrodes that rest on good signal")
        if bad:
            tip += "\n" + self.tr("Left out: {0}").format(", ".join(status.bad_channels))
        icon = "shield-check" if good else "shield-warning"
        self._quality.say((full, short), icon, _role(good), tip)

    def _say_latency(self, status: SessionStatus) -> None:
        tip = self.tr("From the arrival of a window's last sample to its reading")
        if status.quality is None:
            self._latency.say((self.tr("Latency –"), "–", "–"), "timer", tip=tip)
            return
        ms, p95 = f"{status.latency_ms:.0f}", f"{status.latency_p95_ms:.0f}"
        full = self.tr("Latency {0} ms · p95 {1} ms").format(ms, p95)
        short = self.tr("{0} ms · p95 {1} ms").format(ms, p95)
        least = self.tr("{0} ms").format(ms)
        self._latency.say((full, short, least), "timer", tip=f"{tip}\n{full}")

    def _say_losses(self, status: SessionStatus) -> None:
        jumps, passed_over = status.clock_jumps, status.passed_over_samples
        lost = f"{status.lost_samples:,}" + "+" * bool(jumps)
        dropped = f"{status.skipped_windows:,}"
        full = self.tr("Lost {0} samples · dropped {1} windows").format(lost, dropped)
        short = self.tr("{0} lost · {1} dropped").format(lost, dropped)
        tip = self.tr("Samples that never arrived (gaps: {0}); windows skipped to keep up")
        tip = tip.format(status.gaps)
        if jumps:
            line = self.tr(
                "The computer slept, or its clock was set (times: {0}): whether more samples are "
                "missing cannot be known"
            )
            tip += "\n" + line.format(jumps)
        if passed_over:
            line = self.tr("{0} samples came too fast to be analysed (gaps: {1})")
            tip += "\n" + line.format(f"{passed_over:,}", status.passed_over_gaps)
        fine = not (status.lost_samples or status.skipped_windows or jumps or passed_over)
        icon = "check-circle" if fine else "warning"
        self._lost.say((full, short), icon, _role(fine), tip)

    def _say_network(self, status: SessionStatus, synthetic_model: bool) -> None:
        names = [status.model, *(shortened(status.model, most) for most in (20, 16))]
        forms = [f"{status.device} · {name}" for name in names]
        if synthetic_model and "synthetic" not in status.model:
            forms = [form + self.tr(" (synthetic)") for form in forms]
        tip = self.tr("Where the network runs · its name") + f"\n{forms[0]}"
        self._network.say(forms, "cpu", tip=tip)


def _role(good: bool) -> str:
    return "ok" if good else "warn"


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
        self.pages = QStackedWidget()
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
