"""The line at the foot of the window, and the facts that it and other bars are made of."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QColor, QFontMetrics, QKeyEvent, QMouseEvent, QPaintEvent
from PySide6.QtWidgets import QFrame, QWidget

from app import theme
from app.widgets import (
    ElidedLabel,
    Glyph,
    boxed,
    painting,
    plain_tip,
    restyle,
    row,
    shortened,
    tick,
)
from evoke.types import Phase, SessionStatus, StreamInfo

_BESIDE_THEIRS = 1
"""The form of what is sent, beside a page's own facts."""
_DIGITS_PX = 40


class StatusItem(QWidget):
    """An icon and a fact, in the status bar; in fewer words where room is short, and with an
    ellipsis where even those have none."""

    def __init__(self, icon: str, text: str = "") -> None:
        super().__init__()
        self._glyph = Glyph(icon, "ink3", 14)
        self._label = ElidedLabel(text, 12, kind="ink2")
        self._words: tuple[str, ...] = (text,)
        self.setLayout(row(self._glyph, self._label, gap=8))
        self.setAccessibleName(text)

    def say(self, words: Sequence[str], icon: str, role: str = "ink3", tip: str = "") -> None:
        """words: what `show_words` is to show, the fullest form first."""
        self._words = tuple(words)
        full, tip = self._words[0], plain_tip(tip)
        self._glyph.show_icon(icon, role)
        if self.toolTip() != tip:
            self.setToolTip(tip)
        if self.accessibleName() != full:
            self.setAccessibleName(full)

    def show_words(self, form: int = 0) -> None:
        """form: 0 for the fullest; beyond the last one, that."""
        words = self._words[min(form, len(self._words) - 1)]
        if self._label.text() != words:
            self._label.setText(words)

    def width_of(self, form: int = 0) -> int:
        """Pixels that a form of the words takes."""
        words = self._words[min(form, len(self._words) - 1)]
        return 22 + QFontMetrics(self._label.font()).horizontalAdvance(words)

    @property
    def text(self) -> str:
        return self._label.text()


class StatusLink(StatusItem):
    """A fact that leads to where it is changed, by a click or from the keyboard."""

    clicked = Signal()

    def __init__(self, icon: str) -> None:
        super().__init__(icon)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)

    def say(self, words: Sequence[str], icon: str, role: str = "ink3", tip: str = "") -> None:
        super().say(words, icon, role, tip)
        kind = "warn" if role == "warn" else "ink2"
        if self._label.property("kind") != kind:
            self._label.setProperty("kind", kind)
            restyle(self._label)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        event.accept()  # or the release goes elsewhere

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if event.button() is Qt.MouseButton.LeftButton and self.rect().contains(event.pos()):
            self.clicked.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
            self.clicked.emit()
        else:
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if self.hasFocus():
            with painting(self) as painter:
                painter.setPen(QColor(theme.current().accent))
                painter.drawLine(0, self.height() - 1, self.width(), self.height() - 1)


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
        self._always = (self._source, self._quality, self._latency, self._lost, self._network)
        self._ways = (
            *((self._source, 1), (self._network, 1), (self._source, 2), (self._network, 2)),
            *((self._lost, 1), (self.sending, 1), (self._quality, 1), (self._latency, 1)),
            *((self._latency, 2), (self.sending, 2), (self.sending, 3)),
        )
        """To say it shorter, one after another: which item in which form."""
        self._gone = 0
        """So many of those ways are gone."""
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
        """The fullest words that there is room for, names cut first, figures without words last."""
        items = (*self._always, self.sending) if self._sends else self._always
        room = self.width() - 48 - 17 * (len(items) - 1) - self.research.width_of()
        forms = dict.fromkeys(items, 0)
        gone, before = 0, self._gone
        for item, form in self._ways:
            # to fuller words only with room for a few more digits, else they come and go with them
            spare = _DIGITS_PX if gone < before else 0
            if sum(each.width_of(forms[each]) for each in items) + spare <= room:
                break
            gone += 1
            if item in forms:
                forms[item] = form
        self._gone = gone
        for item, form in forms.items():
            item.show_words(form)
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
        n = len(info.eeg)
        bad = len(status.bad_channels) + len(status.noisy_channels)
        if status.quality is None or status.phase is Phase.FAILED:
            tip = self.tr("Said with the first second that is judged")
            self._quality.say((self.tr("Quality –"), "–"), "shield-check", "ink3", tip)
            return
        share = f"{100 * status.quality:.0f}"
        full = self.tr("Quality {0} % · {1} of {2} good").format(share, n - bad, n)
        short = self.tr("{0} % · {1}/{2}").format(share, n - bad, n)
        good = status.quality >= 0.75
        tip = self.tr("Share of the 32 electrodes that rest on good signal")
        for words, names in (
            (self.tr("Left out: {0}"), status.bad_channels),
            (self.tr("More muscle or mains noise than EEG: {0}"), status.noisy_channels),
        ):
            if names:
                tip += "\n" + words.format(", ".join(names))
        icon = "shield-check" if good else "shield-warning"
        self._quality.say((full, short), icon, _role(good), tip)

    def _say_latency(self, status: SessionStatus) -> None:
        tip = self.tr("From the arrival of a window's last sample to its reading")
        if not status.latency_ms:  # nothing was read yet
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
                "The computer slept, its clock was set, or the headset counted anew (times: {0}): "
                "whether more samples are missing cannot be known"
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
