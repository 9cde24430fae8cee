"""The Session page: face, affect, traces, maps, transport and timeline of one running source."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from PySide6.QtCore import QByteArray, QSize, Signal
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QMenu, QSizePolicy, QStackedWidget, QWidget

from app.buttons import Button
from app.panels.affect import AffectPanel
from app.panels.avatar import AvatarView
from app.panels.dock import Dock
from app.panels.face import Face
from app.panels.maps import MapsPanel
from app.panels.overlay import caption, mixture
from app.panels.timeline import Timeline, Track
from app.panels.traces import TracesPanel
from app.panels.transport import TransportBar
from app.session_layout import COMPACT_BELOW_PX, DockArea, EmptySession
from app.settings import Settings
from app.shell import TopBar
from app.widgets import (
    Card,
    Chip,
    Glyph,
    Notice,
    boxed,
    column,
    key_name,
    label,
    plain_tip,
    shortened,
)
from app.words import doubt_words
from evoke.emotion import UNDECIDED
from evoke.engine import Engine, Span
from evoke.types import Affect, Doubt, Phase, SessionStatus, StreamInfo


class SessionPage(QWidget):
    """Pulls from an engine on every `tick`. `change` sets fields of the user's settings."""

    open_asked = Signal()
    demo_asked = Signal()
    reconnect_asked = Signal()

    def __init__(self, settings: Settings, change: Callable[..., None]) -> None:
        super().__init__()
        self._engine: Engine | None = None
        self._settings = settings
        self._seen = 0
        self._ticks = 0
        self._give_way = False
        self._unmapped: Affect | None = None
        self._tracks: dict[int, Track] = {}
        self._shown_trial = -1
        self._phase = Phase.CONNECTING
        self.avatar = AvatarView()
        self.traces, self.maps, self.affect = TracesPanel(change), MapsPanel(change), AffectPanel()
        self.timeline, self.transport = Timeline(), TransportBar()
        self.docks = {
            "traces": Dock("traces", self.traces),
            "maps": Dock("maps", self.maps),
            "affect": Dock("affect", self.affect),
        }
        self.area = DockArea(self.avatar, *self.docks.values())
        self.notice, self.caution = Notice("error", ""), Notice("warn", "")
        self._build_top()
        foot = Card(body=column(self.transport, self.timeline, gap=4), pad=10)
        foot.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        live = column(gap=12, margins=(12, 12, 12, 12))
        live.addWidget(self.notice)
        live.addWidget(self.caution)
        live.addWidget(self.area, 1)
        live.addWidget(foot)
        self._stack = QStackedWidget()
        self.empty = EmptySession()
        self._stack.addWidget(self.empty)
        self._stack.addWidget(boxed(live))
        layout = column(self.top, gap=0)
        layout.addWidget(self._stack, 1)
        self.setLayout(layout)
        self.timeline.sought.connect(self.transport.seek)
        self.transport.replay_asked.connect(self.transport.replay)
        self.empty.open.clicked.connect(self.open_asked)
        self.empty.demo.clicked.connect(self.demo_asked)
        self.apply_settings(settings)
        self.set_engine(None)

    def _build_top(self) -> None:
        self.name = label("", 15, 600)
        self.about = label("", 12, kind="ink3")
        self._icon = Glyph("activity", "accent", 24)
        self.chip, self.synthetic = Chip(), Chip()
        self.open = Button(self.tr("Open…"), "folder-open", "ghost")
        key = key_name(QKeySequence.StandardKey.Open)
        self.open.setToolTip(self.tr("Open another source ({0})").format(key))
        self.open.clicked.connect(self.open_asked)
        self.view = Button(self.tr("View"), "layout", "ghost")
        self.view.setToolTip(self.tr("Show or hide panels"))
        menu = QMenu(self.view)
        for dock in self.docks.values():
            menu.addAction(dock.toggleViewAction())
        menu.addSeparator()
        self.restore_action = menu.addAction(self.tr("Restore the layout"))
        self.restore_action.triggered.connect(lambda _on=False: self.area.arrange(self._is_low()))
        self.view.setMenu(menu)
        self.mend = Button(self.tr("Reconnect"), "arrows-clockwise")
        self.mend.clicked.connect(self._mend)
        words = boxed(column(None, self.name, self.about, None, gap=1))
        words.setMinimumWidth(120)
        self.top = TopBar(
            self._icon, words, 8, self.chip, self.synthetic, None, self.mend, self.open, self.view
        )

    # -- what runs

    def set_engine(self, engine: Engine | None) -> None:
        """Show a running engine, or the empty page."""
        self._engine = engine
        self._seen = self._ticks = 0
        self._phase = Phase.CONNECTING
        self._tracks, self._shown_trial = {}, -1
        self._unmapped = None
        self._stack.setCurrentIndex(0 if engine is None else 1)
        self.mend.hide()
        self.notice.hide()
        notes = engine.notes if engine is not None else ()
        self.caution.say("\n".join(notes))
        self.view.setVisible(engine is not None)
        info = engine.info if engine is not None else None
        self.traces.view.set_stream(info)
        self.traces.set_quality((), None)
        self._clear_reading("")
        self.maps.hint_label.setText("")
        self.maps.show_electrodes(engine.montage if engine is not None else None, ())
        if engine is None or info is None:
            self.name.setText(self.tr("Session"))
            self.about.setText(self.tr("No source is open"))
            self.chip.say("")
            self.synthetic.say("")
            return
        self.transport.set_source(engine.transport, live=info.live)
        self.avatar.start()
        self._describe(engine, info)
        self.tick()

    def _describe(self, engine: Engine, info: StreamInfo) -> None:
        self.name.setText(shortened(info.name, 44))
        self.name.setToolTip(plain_tip(info.name))
        if info.live:
            self.chip.say(self.tr("Live"), "broadcast", "accent", "soft")
        else:
            replay = self.tr("Replay")
            self.chip.say(replay, "clock-counter-clockwise", "accent", "soft")
        synthetic = self.tr("Synthetic data") if info.synthetic else ""
        self.synthetic.say(synthetic, "flask", "warn", "warn_soft")
        self.synthetic.setToolTip(self.tr("Generated signals, not measured on anybody"))
        self.traces.hint_label.setText(self.tr("synthetic") if info.synthetic else "")
        self.show_model()

    def show_model(self) -> None:
        """Another network may read from now on."""
        engine = self._engine
        if engine is None:
            return
        tags = []
        if engine.info.synthetic:
            tags.append(self.tr("Synthetic signal"))
        elif engine.classifier.synthetic:
            tags.append(self.tr("Network trained on synthetic data"))
        self.avatar.overlay.set_tag(" · ".join(tags))

    @property
    def shown_readings(self) -> int:
        """How many of the engine's readings have been shown."""
        return self._seen

    def apply_settings(self, settings: Settings) -> None:
        self._settings = settings
        self.avatar.choose(settings.avatar)
        self.traces.show_settings(settings)
        self.maps.set_range(settings.map_range_db)
        self.affect.set_zone(settings.undecided_low, settings.undecided_high)

    def retint(self) -> None:
        """After a change of theme."""
        self.traces.view.retint()

    # -- pulling

    @property
    def has_news(self) -> bool:
        """Whether the engine has readings that are not on the screen yet."""
        return self._engine is not None and bool(self._engine.readings(self._seen))

    def tick(self) -> SessionStatus | None:
        """Take what is new and show it; returns the engine's state."""
        engine = self._engine
        if engine is None:
            return None
        status, spans = engine.status(), engine.spans()
        new = engine.readings(self._seen)
        self._seen += len(new)
        self._give_way = bool(new) and not self._give_way
        if not self._give_way:  # one of two frames may be spent on the readings alone
            self.traces.view.pull(engine.raw, spans)
        if new:
            self._show_readings(new)
        if self._unmapped is not None and (not new or self._ticks % 8 == 0):
            self._show_maps(self._unmapped)
        if self._ticks % 8 == 0:
            self._show_quality(engine)
        if status.phase is not self._phase:
            before, self._phase = self._phase, status.phase
            self._show_phase(status, before)
        self._show_trial(engine, status)
        self.transport.show_state(status.phase, status.trial, status.position_s)
        if new or self._ticks % 6 == 0:
            self._show_now(engine, status, spans)
        self._ticks += 1
        return status

    def _show_readings(self, new: Sequence[Affect]) -> None:
        """What a reader waits for; the maps take longer to paint and come a frame later."""
        for reading in new:
            self._tracks.setdefault(reading.trial, Track()).add(reading)
        last = new[-1]
        self.affect.add(new)
        shown = caption(last, self._settings.table, doubt_words(last.doubt))
        self.avatar.show_caption(shown)
        self.avatar.wear(Face(mixture(last, self._settings.table), last.emotion == UNDECIDED))
        self._unmapped = last

    def _show_maps(self, last: Affect) -> None:
        self._unmapped = None
        relative = last.features.relative
        if last.doubt is Doubt.QUALITY or np.isnan(relative).any():
            self.maps.show_values(None)
            self.maps.hint_label.setText(doubt_words(last.doubt))
            return
        self.maps.show_values(relative)
        hint = self.tr("against the first clean seconds, last 1 s")
        self.maps.hint_label.setText(
            hint if last.provisional else self.tr("against rest, last 1 s")
        )

    def _show_quality(self, engine: Engine) -> None:
        """What is wrong with channels, from the first second on: rest is waited for, too."""
        quality = engine.quality
        if quality is None:
            return
        self.traces.set_quality([engine.info.channels[i].name for i in engine.info.eeg], quality)
        self.maps.show_electrodes(engine.montage, quality.bad.tolist())

    def _clear_reading(self, message: str) -> None:
        self.affect.clear()
        self._unmapped = None
        self.maps.show_values(None)
        self.avatar.show_caption(None, message)
        self.avatar.wear(Face({}, undecided=True))

    def _show_phase(self, status: SessionStatus, before: Phase) -> None:
        words = {
            Phase.CONNECTING: self.tr("Connecting…"),
            Phase.SETTLING: self.tr("Filters are settling"),
            Phase.REST: self.tr("Rest: the reference for what follows"),
        }
        if status.phase in words:
            self._clear_reading(words[status.phase])
        ended, failed = status.phase is Phase.ENDED, status.phase is Phase.FAILED
        if (ended or failed) and before in words:  # what was waited for does not come
            nothing = self.tr("It ended before there was a reading")
            self._clear_reading(self.tr("Stopped") if failed else nothing)
        live = self._engine is not None and self._engine.info.live
        self.mend.set_words(self.tr("Reconnect") if live else self.tr("Open again"))
        self.mend.setVisible(failed or (ended and live))
        why = status.message if failed else ""
        self.notice.say(why, self.tr("What was read stays on screen."))
        if failed:
            self.chip.say(self.tr("Stopped"), "warning-circle", "record", "record_soft")
        elif ended:
            words_ended = self.tr("Ended")
            self.chip.say(words_ended, "flag", "ink2", "sunk")
        elif self._engine is not None and not self._engine.info.live:
            replay = self.tr("Replay")
            self.chip.say(replay, "clock-counter-clockwise", "accent", "soft")

    def _show_trial(self, engine: Engine, status: SessionStatus) -> None:
        if status.trial == self._shown_trial:
            return
        self._shown_trial = status.trial
        transport, info = engine.transport, engine.info
        parts = [self.tr("Synthetic data") if info.synthetic else ""]
        if transport is not None and len(transport.trials) > 1:
            of = self.tr("trial {0} of {1}")
            parts.append(of.format(status.trial, len(transport.trials)))
        else:
            facts = self.tr("{0} EEG channels · {1} Hz")
            parts.append(facts.format(len(info.eeg), f"{info.rate_hz:g}"))
        self.about.setText(" · ".join(part for part in parts if part))
        track = self._tracks.setdefault(status.trial, Track())
        self.timeline.show_track(track, seekable=transport is not None, live=info.live)

    def _show_now(self, engine: Engine, status: SessionStatus, spans: Sequence[Span]) -> None:
        transport, info = engine.transport, engine.info
        marks = [(t, words, "flag") for t, words in self._markers(info, status, spans)]
        if transport is not None and info.rest_s:
            parts = [(0.0, self.tr("Rest"), "eye"), (info.rest_s, self.tr("Video"), "film-strip")]
            marks = [*parts, *marks]
        if transport is not None:
            duration = transport.duration_s
        else:
            duration = max(60.0, 60.0 * (int(status.position_s * 1.1) // 60 + 1))
        self.timeline.show_now(status.position_s, duration, marks)

    @staticmethod
    def _markers(
        info: StreamInfo, status: SessionStatus, spans: Sequence[Span]
    ) -> list[tuple[float, str]]:
        """The markers of this trial in seconds of it."""
        found = []
        for marker in status.markers:
            span = next((s for s in reversed(spans) if s.start <= marker.sample), None)
            if span is not None and span.trial == status.trial:
                t_s = (marker.sample - span.start + span.offset) / info.rate_hz
                found.append((t_s, marker.label))
        return found

    def _mend(self) -> None:
        self.reconnect_asked.emit()

    # -- size and layout

    def _is_low(self) -> bool:
        return self.window().height() < COMPACT_BELOW_PX

    def set_compact(self, compact: bool) -> None:
        self.area.set_compact(compact)
        self.timeline.set_compact(compact)

    def layout_state(self) -> str:
        """The docks as text, for the settings."""
        return bytes(self.area.saveState().toBase64().data()).decode()

    def restore_layout(self, text: str) -> None:
        """The docks as `layout_state` gave them; the standard layout where that fails."""
        state = QByteArray.fromBase64(text.encode())
        if state.isEmpty() or not self.area.restoreState(state):
            self.area.arrange(self._is_low())

    def sizeHint(self) -> QSize:
        return QSize(1180, 780)
