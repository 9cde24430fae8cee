"""The transport: play, seek, loop, trial and speed of a recording; elapsed time of a live one."""

from __future__ import annotations

import math

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from app.buttons import Button, IconButton, on_click
from app.widgets import Chip, Combo, Segmented, clock, label, restyle, row, tick
from evoke.sources.base import Transport
from evoke.types import Phase

SPEEDS = (0.25, 0.5, 1.0, 2.0, 4.0, 16.0, math.inf)
STEP_S = 10.0


class TransportBar(QWidget):
    """Drives a `Transport`; where the source is live, shows the time and stops it."""

    replay_asked = Signal()
    stop_asked = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._source: Transport | None = None
        self._trials: tuple[int, ...] = ()
        self._ended = False
        self.to_start = IconButton("skip-back", self.tr("To the start (Home)"))
        self.back = IconButton("rewind", self.tr("10 s back (←)"))
        self.play = IconButton("pause-fill", self.tr("Pause (Space)"), 20)
        self.play.set_icon("pause-fill", "ink")
        self.forward = IconButton("fast-forward", self.tr("10 s on (→)"))
        self.loop = IconButton("repeat", self.tr("Repeat this trial"))
        self.loop.setCheckable(True)
        self.chip = Chip()
        self.stop = Button(self.tr("Stop"), "stop-fill")
        self.stop.setToolTip(self.tr("Let the headset go; what was read stays on screen"))
        self.time = label("0:00", 13, 600)
        self.total = label("", 12, kind="ink3")
        self.trial = Combo(small=True)
        self.trial.setAccessibleName(self.tr("Trial"))
        self.trial.setToolTip(self.tr("Trial to play"))
        self.speed_name = label(self.tr("Speed"), 12, kind="ink3")
        words = ["¼×", "½×", "1×", "2×", "4×", "16×", self.tr("Max")]
        names = [self.tr("Speed {0}").format(word) for word in words]
        self.speed = Segmented(words, names)
        self._driven = (
            *(self.to_start, self.back, self.play, self.forward, self.loop),
            *(self.trial, self.speed_name, self.speed),
        )
        self.setLayout(
            row(
                *(self.to_start, self.back, self.play, self.forward, self.loop, self.chip),
                self.stop,
                *(tick(), 4, self.time, self.total, 8, self.trial, None),
                *(self.speed_name, self.speed),
                gap=6,
            )
        )
        on_click(self.stop, self.stop_asked.emit)
        on_click(self.play, self.toggle)
        on_click(self.to_start, lambda: self.seek(0.0))
        on_click(self.back, lambda: self.step(-STEP_S))
        on_click(self.forward, lambda: self.step(STEP_S))
        self.loop.toggled.connect(self._set_loop)
        self.trial.activated.connect(self._pick_trial)
        self.speed.chosen.connect(self._pick_speed)
        self.position_s = 0.0
        self.set_source(None, live=False)

    def set_source(self, source: Transport | None, *, live: bool) -> None:
        self._source = source
        for widget in self._driven:
            widget.setVisible(source is not None)
        self.chip.say(self.tr("Live"), "broadcast", "accent", "soft") if live else self.chip.say("")
        self.stop.setVisible(live)
        self.setVisible(source is not None or live)
        if source is None:
            return
        self._trials = tuple(source.trials)
        self.trial.clear()
        n = len(self._trials)
        self.trial.addItems([self.tr("Trial {0} of {1}").format(t, n) for t in self._trials])
        self.trial.setVisible(n > 1)
        self.loop.setChecked(source.loop)
        if source.speed in SPEEDS:
            self.speed.choose(SPEEDS.index(source.speed))

    def show_state(self, phase: Phase, trial: int, position_s: float) -> None:
        """What the engine says now."""
        self.position_s = position_s
        self.time.setText(clock(position_s))
        source, over = self._source, phase in (Phase.ENDED, Phase.FAILED)
        self.stop.setEnabled(not over)
        if source is None and over and self.chip.isVisible():
            self.chip.say("")
        for widget in self._driven:
            widget.setEnabled(phase is not Phase.FAILED)
        if source is None:
            self.total.setText(self.tr("since the start"))
            return
        self.total.setText(self.tr("of {0}").format(clock(source.duration_s)))
        self._ended = phase is Phase.ENDED
        if self._ended:
            self.play.set_icon("arrow-counter-clockwise")
            self.play.set_words(self.tr("Replay (Space)"))
        elif source.paused:
            self.play.set_icon("play-fill")
            self.play.set_words(self.tr("Play (Space)"))
        else:
            self.play.set_icon("pause-fill")
            self.play.set_words(self.tr("Pause (Space)"))
        if trial in self._trials and not self.trial.view().isVisible():
            self.trial.setCurrentIndex(self._trials.index(trial))

    # -- driving

    def toggle(self) -> None:
        """Play or pause; at the end, play again from the start."""
        if self._source is None:
            return
        if self._ended:
            self.replay_asked.emit()
        elif self._source.paused:
            self._source.play()
        else:
            self._source.pause()

    def seek(self, t_s: float, trial: int | None = None) -> None:
        if self._source is not None:
            limit = self._source.duration_s if trial is None else math.inf
            self._source.seek(min(max(0.0, t_s), limit), trial)

    def step(self, by_s: float) -> None:
        self.seek(self.position_s + by_s)

    def replay(self) -> None:
        """From the first trial's start."""
        if self._source is not None:
            self._source.seek(0.0, self._trials[0] if self._trials else None)
            self._source.play()

    def set_compact(self, compact: bool) -> None:
        self.speed_name.setVisible(not compact and self._source is not None)
        restyle(self.speed)

    def _set_loop(self, on: bool) -> None:
        if self._source is not None:
            self._source.set_loop(on)
        self.loop.set_icon("repeat", "accent" if on else "ink2")

    def _pick_trial(self, index: int) -> None:
        self.seek(0.0, self._trials[index])

    def _pick_speed(self, index: int) -> None:
        if self._source is not None:
            self._source.set_speed(SPEEDS[index])
