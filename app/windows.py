"""The main window: puts settings, pages and the running engine together."""

from __future__ import annotations

import gc
import logging
from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QByteArray, QSize, Qt, QTimer, Signal
from PySide6.QtGui import (
    QCloseEvent,
    QDragEnterEvent,
    QDropEvent,
    QGuiApplication,
    QKeyEvent,
    QKeySequence,
    QResizeEvent,
    QShortcut,
)
from PySide6.QtWidgets import QFrame, QMainWindow

from app import settings as store
from app import theme
from app.compose import Composer
from app.connect_forms import DEAP_SUFFIXES
from app.connect_page import ConnectPage, spec_name
from app.deploy import deploy
from app.later import LaterPages
from app.leaving import Leaving
from app.library import Model
from app.notices import ResearchNotice, say
from app.outputs import outputs_of, same_outputs
from app.panels.transport import STEP_S
from app.session_layout import COMPACT_BELOW_PX
from app.session_page import SessionPage
from app.settings import Settings
from app.settings_page import SettingsPage
from app.shell import Shell
from app.source_spec import SourceSpec
from app.widgets import column
from app.worker import Latest, Task, in_background
from evoke.classifier import Classifier
from evoke.engine import Engine
from evoke.errors import EvokeError
from evoke.signal.chain import ChainSettings
from evoke.types import Phase

if TYPE_CHECKING:
    from app.studio.page import StudioPage
    from app.wizard.entry import Training

log = logging.getLogger(__name__)

LOOK_MS = 16
"""How often a new reading is looked for; everything else moves at half that rate."""
_SAVE_AFTER_MS = 500
_NO_CHORD = Qt.KeyboardModifier.ShiftModifier | Qt.KeyboardModifier.KeypadModifier
LEAST_SIZE = QSize(1200, 620)
_OVER = (Phase.ENDED, Phase.FAILED)


class MainWindow(QMainWindow):
    """The application's window.

    `settings` is the state kept between runs; every change goes through `change`. The engine is
    pulled `LOOK_MS` apart; opening, closing and files happen on worker threads.

    deployed: another model was put to work; its key in the library. not_deployed: why it was not.
    """

    deployed = Signal(str)
    not_deployed = Signal(str)

    def __init__(
        self,
        settings: Settings,
        composer: Composer,
        *,
        notice: str = "",
        keep: bool = True,
    ) -> None:
        """notice: said in a dialog at the start. keep: whether settings are written to disk."""
        super().__init__()
        self.settings = self._kept = settings
        self._keep = keep
        self._composer = composer
        self._engine: Engine | None = None
        self._spec: SourceSpec | None = None
        self._task: Task[Engine] | None = None
        self._classifier: Classifier | None = None  # put to work since the window is there
        self._deploying = Latest[tuple[Model, Engine | None, Classifier, bool]](
            self, lambda done: self._deployed(*done), self.not_deployed.emit
        )
        self._taking_leave = 0  # outputs, each with its farewell under way
        self._speed: float | None = None
        self.leaving = Leaving(self)
        self.setWindowTitle("EVOKE")
        room = QGuiApplication.primaryScreen().availableSize()
        self.setMinimumSize(LEAST_SIZE.boundedTo(room))
        self.setAcceptDrops(True)
        theme.apply(settings.theme)
        self.shell = Shell()
        self.session = SessionPage(settings, self.change)
        self.connect_page = ConnectPage()
        self.settings_page = SettingsPage(settings, self.change)
        self.research = ResearchNotice()
        self._build()
        self._saving = QTimer(self, singleShot=True, interval=_SAVE_AFTER_MS)
        self._saving.timeout.connect(self._save)
        self._frames = QTimer(self, interval=LOOK_MS)
        self._frames.timeout.connect(self._tick)
        self._ticks = 0
        self._restore_geometry()
        if notice:
            QTimer.singleShot(0, lambda: self.say(notice))

    @property
    def engine(self) -> Engine | None:
        """What runs now."""
        return self._engine

    @property
    def studio(self) -> StudioPage | None:
        """Made when it is first shown."""
        return self._later.studio

    @property
    def training(self) -> Training | None:
        """Made when it is first shown."""
        return self._later.training

    def _build(self) -> None:
        self.shell.rail.add("session", "activity", self.tr("Session"))
        self.shell.rail.add("avatars", "smiley", self.tr("Avatars"))
        self.shell.rail.add("training", "graduation-cap", self.tr("Training"))
        self.shell.rail.add("models", "stack", self.tr("Models"))
        self.shell.rail.add("settings", "gear", self.tr("Settings"), below=True)
        self.shell.add_page("session", self.session)
        self._later = LaterPages(self)
        self.shell.add_page("settings", self.settings_page)
        self.shell.add_page("connect", self.connect_page)
        self.shell.rail.select("session")
        centre = QFrame()
        layout = column(self.research, gap=0)
        layout.addWidget(self.shell, 1)
        centre.setLayout(layout)
        self.setCentralWidget(centre)
        self.research.setVisible(not self.settings.notice_seen)
        self.research.understood.clicked.connect(self._understood)
        self.session.open_asked.connect(self.show_connect)
        self.session.demo_asked.connect(lambda: self.open(SourceSpec("demo")))
        self.session.reconnect_asked.connect(self._reconnect)
        self.session.transport.stop_asked.connect(self._stop)
        self.session.avatar.gone.connect(self._avatar_gone)
        self.shell.status.sending.clicked.connect(self._show_outputs_card)
        self.connect_page.chosen.connect(self.open)
        self.connect_page.cancelled.connect(self._leave_connect)
        QGuiApplication.styleHints().colorSchemeChanged.connect(self._system_scheme_changed)
        opening = QShortcut(QKeySequence(QKeySequence.StandardKey.Open), self)
        opening.activated.connect(self.show_connect)

    def _avatar_gone(self, instead: str, why: str) -> None:
        self.change(avatar=instead)
        self.say(why)

    def _keys(self) -> dict[Qt.Key, Callable[[], object]]:
        """What keys do on the Session page, where no field or button wants them."""
        transport, traces = self.session.transport, self.session.traces
        return {
            Qt.Key.Key_Space: transport.toggle,
            Qt.Key.Key_Left: lambda: transport.step(-STEP_S),
            Qt.Key.Key_Right: lambda: transport.step(STEP_S),
            Qt.Key.Key_Home: lambda: transport.seek(0.0),
            Qt.Key.Key_Plus: lambda: traces.step_sensitivity(-1),
            Qt.Key.Key_Equal: lambda: traces.step_sensitivity(-1),
            Qt.Key.Key_Minus: lambda: traces.step_sensitivity(+1),
            Qt.Key.Key_F: traces.fit,
        }

    def keyPressEvent(self, event: QKeyEvent) -> None:
        chord = event.modifiers() & ~_NO_CHORD
        do = None if chord else self._keys().get(Qt.Key(event.key()))
        if do is not None and self.shell.page == "session":
            do()
        else:
            super().keyPressEvent(event)

    # -- settings

    def change(self, **fields: object) -> None:
        """Set fields of the settings, show them, and keep them."""
        before, self.settings = self.settings, self.settings.changed(**fields)
        if self.settings == before:
            return
        if self.settings.theme != before.theme:
            self._apply_theme()
        self.session.apply_settings(self.settings)
        self.settings_page.show_settings(self.settings)
        if self._engine is not None and self.settings.emotion != before.emotion:
            self._engine.set_emotion(self.settings.emotion)
        if self._engine is not None and not same_outputs(self.settings, before):
            self._set_outputs(self._engine)
        self._tell_composer()
        self._saving.start()

    def _tell_composer(self) -> None:
        """What the next source is read by, also one that is being opened."""
        self._composer.emotion = self.settings.emotion
        self._composer.chain = ChainSettings(notch_hz=float(self.settings.mains_hz))

    def _set_outputs(self, engine: Engine, before: Engine | None = None) -> None:
        """Send what is read where the settings say, and nowhere else, once what was sent has taken
        its leave: two faces at once would flicker. before: the engine that was read."""
        former = [*engine.set_outputs(()), *(before.set_outputs(()) if before else ())]

        def close() -> None:
            for output in former:
                output.close()

        def closed() -> None:
            self._taking_leave -= 1
            self._start_outputs()

        self._show_outputs(engine)
        if former:
            self._taking_leave += 1
            Task(self, close, lambda _none: closed(), lambda _why: closed())
        self._start_outputs()

    def _start_outputs(self) -> None:
        """By the settings as they are now, when the last of those before has gone."""
        engine = self._engine
        if engine is not None and not self._taking_leave:
            engine.set_outputs(outputs_of(self.settings, engine))
            self._show_outputs(engine)

    def _show_outputs(self, engine: Engine) -> None:
        card = self.settings_page.outputs
        card.show_outputs(engine.outputs)
        self.shell.status.show_sending(*card.summary())

    def _show_outputs_card(self) -> None:
        self.show_page("settings")
        self.settings_page.find_outputs()

    def _apply_theme(self) -> None:
        theme.apply(self.settings.theme)
        self.session.retint()

    def _system_scheme_changed(self) -> None:
        if self.settings.theme == "system":
            self._apply_theme()

    def _understood(self) -> None:
        self.research.hide()
        self.change(notice_seen=True)

    def _save(self) -> None:
        if not self._keep:
            return
        try:
            store.save_changes(self.settings, self._kept)
            self._kept = self.settings
        except EvokeError as error:
            log.warning("settings not kept: %s", error)

    def _restore_geometry(self) -> None:
        kept = QByteArray.fromBase64(self.settings.geometry.encode())
        if kept.isEmpty() or not self.restoreGeometry(kept):
            available = QGuiApplication.primaryScreen().availableSize()
            self.resize(QSize(1440, 900).boundedTo(available))
        self.session.restore_layout(self.settings.docks)

    # -- sources

    def open(self, spec: SourceSpec, *, speed: float | None = None) -> None:
        """Open a source on a worker thread; the one that runs goes on until that has worked."""
        if self._task is not None:
            self._task.cancel()
        self._tell_composer()
        self._speed = speed
        self.session.empty.show_opening(spec_name(spec))
        self.connect_page.show_opening(spec_name(spec))
        engine = self._engine
        over = engine is not None and engine.info.live and engine.status().phase in _OVER
        lost = engine if over else None
        self._task = Task(
            self,
            lambda: self._open(spec, lost),
            lambda engine: self._opened(engine, spec),
            self._refused,
            discard=Engine.stop,
        )

    def _open(self, spec: SourceSpec, lost: Engine | None) -> Engine:
        """On a worker thread; also loads what the page's filters need, a second's import. lost: of
        a headset, which is let go, or it could not be opened again."""
        import scipy.signal  # noqa: F401

        if lost is not None:
            lost.stop()
        return self._composer.open(spec)

    def _opened(self, engine: Engine, spec: SourceSpec) -> None:
        self._task, self._spec = None, spec
        old, self._engine = self._engine, engine
        if self._speed is not None and engine.transport is not None:
            engine.transport.set_speed(self._speed)
        if self._classifier is not None and engine.classifier is not self._classifier:
            engine.set_classifier(self._classifier)  # put to work while the source was opening
        engine.set_emotion(self.settings.emotion)  # as it is now, after an opening of seconds
        self._set_outputs(engine, old)
        if old is not None:
            self.leaving.let_go(old)
        engine.start()
        if old is None:  # a collection over everything imported by now stops the screen for 0.1 s
            gc.freeze()
        self.session.set_engine(engine)
        self.connect_page.show_opening("")
        self.show_page("session")
        self._frames.start()
        self.change(last_source=spec)
        if self._composer.problem:
            self.say(self._composer.problem)
            self._composer.problem = ""

    def _refused(self, why: str) -> None:
        self._task = None
        self.session.empty.show_idle()
        self.connect_page.show_opening("")
        self.say(why)

    # -- models

    def deploy(self, model: Model) -> None:
        """Put a model to work, in the engine that runs and in all to come, on a worker thread;
        `deployed` or `not_deployed` follows."""
        self._deploying.ask(lambda: self._put_to_work(model))

    def _put_to_work(self, model: Model) -> tuple[Model, Engine | None, Classifier, bool]:
        """On a worker thread, one after another: the last one asked for is the one that stays."""
        engine = self._engine
        synthetic = engine is not None and engine.classifier.synthetic
        return model, engine, deploy(model, engine, self._composer.audit), synthetic

    def rename(self, model: Model) -> None:
        """A model of the library has another name; the one in use is shown by it at once."""
        if model.key == self.settings.model:
            self._composer.rename(model.name)

    def _deployed(
        self, model: Model, engine: Engine | None, classifier: Classifier, synthetic: bool
    ) -> None:
        """engine: the one that was switched. synthetic: whether its network was."""
        self._classifier = classifier
        self._composer.use(classifier)
        running = self._engine
        if running is not None and running is not engine:  # opened while the model was read
            in_background(lambda: running.set_classifier(classifier))
        if running is not None and classifier.synthetic != synthetic:
            self._set_outputs(running)  # they say whether its readings mean anything
        self.session.show_model()
        self.change(model=model.key)
        self.deployed.emit(model.key)

    def say(self, sentence: str) -> None:
        """A dialog with one sentence; what runs goes on behind it."""
        say(self, sentence)

    def _stop(self) -> None:
        """Let a live source go; closing one may take seconds."""
        if self._engine is not None:
            self.leaving.let_go(self._engine)

    def _reconnect(self) -> None:
        if self._spec is not None:
            self.open(self._spec)

    def _leave_connect(self) -> None:
        if self._task is not None:
            self._task.cancel()
            self._task = None
            self.session.empty.show_idle()
            self.connect_page.show_opening("")
        self.show_page("session")

    def show_connect(self) -> None:
        engine = self._engine
        running = engine is not None and engine.status().phase not in _OVER
        self.connect_page.show_running(running)
        self.show_page("connect")
        self.shell.rail.select("session")

    def show_page(self, page: str) -> None:
        self.shell.show_page(page)
        if page != "connect":
            self.shell.rail.select(page)

    # -- pulling

    def _tick(self) -> None:
        engine = self._engine
        if engine is None:
            return
        self._ticks += 1
        if self._ticks % 2 and not self.session.has_news:
            return
        status = self.session.tick()
        if status is not None and self._ticks % 16 == 0:
            self._show_outputs(engine)
            self.shell.status.show_status(engine.info, status, engine.classifier.synthetic)

    # -- the window itself

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        compact = self.height() < COMPACT_BELOW_PX
        self.session.set_compact(compact)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if event.mimeData().hasUrls() and event.mimeData().urls()[0].isLocalFile():
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        path = event.mimeData().urls()[0].toLocalFile()
        deap = path.lower().endswith(DEAP_SUFFIXES[:2])
        self.open(SourceSpec("deap" if deap else "file", path))

    def closeEvent(self, event: QCloseEvent) -> None:
        if not self.leaving.free() or not self._all_gone():
            event.ignore()
            return
        self._frames.stop()
        self._saving.stop()
        geometry = bytes(self.saveGeometry().toBase64().data()).decode()
        docks = self.session.layout_state()
        self.settings = self.settings.changed(geometry=geometry, docks=docks)
        self._save()
        self.session.avatar.stop()
        self._later.stop()
        super().closeEvent(event)

    def _all_gone(self) -> bool:
        """Let go what is opened and read, for good; whether that is done."""
        if self._task is not None:
            self._task.cancel()
        engine, self._engine = self._engine, None
        if engine is not None:
            self.leaving.let_go(engine)
        return self.leaving.gone()

    def leave(self) -> None:
        """Close without a question; a training goes on."""
        self.leaving.leave()
