"""One look at the signals: ten channels of one trial, and where its bands lie on the head."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QGridLayout, QWidget

from app import theme
from app.buttons import IconButton, on_click
from app.panels.maps import HeadMap
from app.widgets import Card, Combo, label, painting, row
from app.wizard.look import Trial, band_levels, read_trial
from app.wizard.survey import FileFound, Survey
from app.worker import Task
from evoke.signal.montage import ELECTRODES
from evoke.types import BANDS, RATE_HZ

SHOWN = ("Fp1", "Fp2", "F3", "F4", "C3", "C4", "P3", "P4", "O1", "O2")
SHOWN_S = 8
ROW_UV = 60.0
RANGE_DB = 6.0

_LEFT, _FOOT = 44, 20


class Signals(QWidget):
    """The first seconds of ten channels, one under another."""

    def __init__(self) -> None:
        super().__init__()
        self.trial: Trial | None = None
        self._words = ""
        self.setMinimumSize(300, 210)
        self.setAccessibleName(self.tr("Signals of one trial"))

    def show_trial(self, trial: Trial | None, words: str = "") -> None:
        """words: what stands there while there is no trial."""
        self.trial, self._words = trial, words
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        tokens = theme.current()
        with painting(self) as painter:
            if self.trial is None:
                painter.setFont(theme.font(13))
                painter.setPen(QColor(tokens.ink3))
                flags = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
                painter.drawText(QRectF(self.rect()), flags, self._words)
                return
            area = QRectF(_LEFT, 0, self.width() - _LEFT - 8, self.height() - _FOOT)
            self._paint_seconds(painter, tokens, area)
            lane = area.height() / len(SHOWN)
            for i, name in enumerate(SHOWN):
                middle = area.top() + (i + 0.5) * lane
                painter.setFont(theme.font(11, 500))
                painter.setPen(QColor(tokens.ink2))
                side = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
                painter.drawText(QRectF(0, middle - 8, _LEFT - 8, 16), side, name)
                line = self.trial.video[ELECTRODES.index(name), : SHOWN_S * RATE_HZ]
                painter.setPen(QPen(QColor(tokens.trace), 1))
                painter.drawPolyline(_polyline(line, area, middle, lane))

    def _paint_seconds(self, painter: QPainter, tokens: theme.Theme, area: QRectF) -> None:
        painter.setFont(theme.font(11))
        for second in range(SHOWN_S):
            x = area.left() + second / SHOWN_S * area.width()
            painter.setPen(QPen(QColor(tokens.grid), 1))
            painter.drawLine(QPointF(x, area.top()), QPointF(x, area.bottom()))
            painter.setPen(QColor(tokens.ink3))
            words = self.tr("{0} s").format(second)
            painter.drawText(QPointF(x, area.bottom() + 14), words)


def _polyline(line: NDArray[np.float32], area: QRectF, middle: float, lane: float) -> QPolygonF:
    x = area.left() + np.arange(len(line)) / (SHOWN_S * RATE_HZ) * area.width()
    # a trace may leave its lane, not the picture
    y = middle - np.clip(line / ROW_UV, -1.4, 1.4) * lane
    y = np.clip(y, area.top(), area.bottom())
    return QPolygonF([QPointF(a, b) for a, b in zip(x.tolist(), y.tolist(), strict=True)])


class LookCard(Card):
    """A subject and a trial of the data, read on a worker's thread."""

    looked = Signal(object)
    """The Trial that is shown."""

    def __init__(self) -> None:
        self.subject, self.trial = Combo(small=True), Combo(small=True)
        self.shuffle = IconButton("shuffle", "", 16, 28)
        self.signals = Signals()
        grid = QGridLayout()
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setSpacing(4)
        body = row(gap=12)
        body.addWidget(self.signals, 3)
        body.addLayout(grid, 2)
        subject, trial = label("", 12, kind="ink2"), label("", 12, kind="ink2")
        actions = (subject, self.subject, trial, self.trial, self.shuffle)
        hint = self.tr("{0} µV a row · bands ±{1} dB to rest").format(
            f"{ROW_UV:g}", f"{RANGE_DB:g}"
        )
        super().__init__(self.tr("One look at the signals"), hint, actions, body)
        self.shuffle.set_words(self.tr("Another trial, by chance"))
        subject.setText(self.tr("Person"))
        trial.setText(self.tr("Trial"))
        self.subject.setAccessibleName(self.tr("Person"))
        self.trial.setAccessibleName(self.tr("Trial"))
        names = (self.tr("Theta"), self.tr("Alpha"), self.tr("Beta"), self.tr("Gamma"))
        pattern = self.tr("{0}–{1} Hz")
        hertz = [pattern.format(f"{low:g}", f"{high:g}") for _, low, high in BANDS]
        self.maps = tuple(HeadMap(n, h) for n, h in zip(names, hertz, strict=True))
        for i, head_map in enumerate(self.maps):
            grid.addWidget(head_map, i // 2, i % 2)
        self._source = ""
        self._files: tuple[FileFound, ...] = ()
        self._task: Task[tuple[Trial, NDArray[np.float32]]] | None = None
        self._chance = np.random.default_rng()
        self.subject.activated.connect(lambda _i: self._subject_chosen())
        self.trial.activated.connect(lambda _i: self._look())
        on_click(self.shuffle, self._another)

    def show_survey(self, found: Survey | None) -> None:
        """The files there are to look at; the one shown stays if it is among them."""
        before = self._files[self.subject.currentIndex()].name if self._files else ""
        anew = found is None or found.source != self._source
        self._source = found.source if found else ""
        self._files = found.kept if found else ()
        names = [file.name for file in self._files]
        self.subject.clear()
        self.subject.addItems([file.subject for file in self._files])
        for widget in (self.subject, self.trial, self.shuffle):
            widget.setEnabled(bool(self._files))
        if not self._files:
            self.stop()
            words = self.tr("A trial is shown here once the files have been read.")
            self._show_nothing(words)
        elif before in names and not anew and self.signals.trial is not None:
            self.subject.setCurrentIndex(names.index(before))
        else:
            self._subject_chosen()

    @property
    def busy(self) -> bool:
        """Whether a trial is being read."""
        return self._task is not None

    def pick(self, name: str) -> None:
        """Look at a file, if it is one that goes on."""
        names = [file.name for file in self._files]
        if name in names and names.index(name) != self.subject.currentIndex():
            self.subject.setCurrentIndex(names.index(name))
            self._subject_chosen()

    def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            self._task = None

    def _subject_chosen(self) -> None:
        file = self._files[self.subject.currentIndex()]
        shown = self.trial.currentIndex()
        self.trial.clear()
        self.trial.addItems([str(i + 1) for i in range(file.trials)])
        self.trial.setCurrentIndex(min(max(shown, 0), file.trials - 1))
        self._look()

    def _another(self) -> None:
        self.subject.setCurrentIndex(int(self._chance.integers(len(self._files))))
        file = self._files[self.subject.currentIndex()]
        self._subject_chosen()
        self.trial.setCurrentIndex(int(self._chance.integers(file.trials)))
        self._look()

    def _look(self) -> None:
        self.stop()
        source, file = self._source, self._files[self.subject.currentIndex()]
        number = self.trial.currentIndex() + 1

        def work() -> tuple[Trial, NDArray[np.float32]]:
            trial = read_trial(source, file.name, number)
            return trial, band_levels(trial)

        if file.form == "original" or self.signals.trial is None:
            self._show_nothing(self.tr("Reading {0}…").format(file.name))
        self._task = Task(self, work, self._show, self._refused)

    def _show(self, looked: tuple[Trial, NDArray[np.float32]]) -> None:
        self._task = None
        trial, levels = looked
        self.signals.show_trial(trial)
        for i, head_map in enumerate(self.maps):
            head_map.show_values(levels[:, i], RANGE_DB)
        self.looked.emit(trial)

    def _refused(self, why: str) -> None:
        self._task = None
        self._show_nothing(why)

    def _show_nothing(self, words: str) -> None:
        self.signals.show_trial(None, words)
        for head_map in self.maps:
            head_map.show_values(None, RANGE_DB)
