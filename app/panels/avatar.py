"""The avatar's card: the face in 3D and, over it, what was read.

One renderer, two hosts. On a hardware driver a QOpenGLWidget; on a software one, where any
QOpenGLWidget makes Qt compose the whole window through OpenGL and doubles every frame, a thread
draws into a framebuffer of its own and the face is painted as an image.
"""

from __future__ import annotations

import logging

from PySide6.QtCore import QEvent, QRectF, Qt, QThread, Signal
from PySide6.QtGui import QColor, QLinearGradient, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QWidget

from app.panels.driver import Driver, probe_driver
from app.panels.face import Face, FaceView, HardwareFace, SoftwareFace, backdrop
from app.panels.overlay import Caption, EmotionOverlay
from app.widgets import Glyph, column, label, painting
from avatars import AvatarError, Scene, load_scene

log = logging.getLogger(__name__)


class _SceneLoader(QThread):
    """Builds an identity, the first in about a second, off the GUI thread."""

    loaded = Signal(object)
    failed = Signal(str)

    def __init__(self, name: str, parent: QWidget) -> None:
        super().__init__(parent)
        self._name = name

    def run(self) -> None:
        try:
            self.loaded.emit(load_scene(self._name))
        except AvatarError as error:
            self.failed.emit(str(error))
        except Exception as error:
            log.exception("the avatar could not be loaded")
            self.failed.emit(str(error))


class AvatarView(QWidget):
    """Host of the face and its overlay."""

    def __init__(self) -> None:
        super().__init__()
        self.setMinimumSize(236, 180)
        self._name = "mira"
        self._face = Face({})
        self._view: FaceView | None = None
        self._loader: _SceneLoader | None = None
        self._driver: Driver | None = None
        self.message = label("", 13, 500, wrap=True)
        self.message.setStyleSheet("color: #E9EEF3")
        self.message.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._missing = QWidget(self)
        centre = Qt.AlignmentFlag.AlignHCenter
        layout = column(None, margins=(32, 16, 32, 100))
        layout.addWidget(Glyph("cube", "bad", 40), 0, centre)
        layout.addWidget(self.message)
        layout.addStretch(1)
        self._missing.setLayout(layout)
        self._missing.hide()
        self.overlay = EmotionOverlay(self)

    def wear(self, face: Face) -> None:
        """The face goes there by itself, over the next frames."""
        self._face = face
        if self._view is not None:
            self._view.wear(face)

    def show_caption(self, shown: Caption | None, message: str = "") -> None:
        self.overlay.show_caption(shown, message)

    def start(self) -> None:
        """Look at the driver and load the face; once."""
        if self._driver is not None:
            return
        self._driver = probe_driver()
        if not self._driver.usable:
            self.show_missing(
                self.tr(
                    "3D view needs OpenGL 3.3; this computer's graphics driver does not offer it. "
                    "Everything else works."
                )
            )
            return
        self._load()

    def choose(self, name: str) -> None:
        """Show the finished identity `name`; until it is built, the one on screen stays."""
        if name == self._name:
            return
        self._name = name
        if self._driver is not None and self._driver.usable:
            self._load()

    def _load(self) -> None:
        self._wait_for_loader()
        self._loader = _SceneLoader(self._name, self)
        self._loader.loaded.connect(self._show_scene)
        self._loader.failed.connect(self._keep_scene)
        self._loader.start()

    def _wait_for_loader(self) -> None:
        if self._loader is not None:
            self._loader.loaded.disconnect()
            self._loader.failed.disconnect()
            self._loader.wait()
            self._loader = None

    def _keep_scene(self, why: str) -> None:
        log.warning("the avatar %s could not be shown: %s", self._name, why)
        if self._view is None:
            self.show_missing(self.tr("The face could not be shown: {0}").format(why))

    def stop(self) -> None:
        """Give back threads and what lies on the graphics card."""
        self._wait_for_loader()
        self._drop_view()

    def _drop_view(self) -> None:
        if self._view is not None:
            self._view.stop()
            self._view.deleteLater()
            self._view = None

    @property
    def ready(self) -> bool:
        """True once the face is on screen."""
        return self._view is not None and self._view.ready

    @property
    def loading(self) -> bool:
        """True while an identity is being built."""
        return self._loader is not None and self._loader.isRunning()

    @property
    def missing(self) -> bool:
        """True where the face cannot be shown; `message` says why."""
        return self._missing.isVisible()

    def show_missing(self, words: str) -> None:
        self.message.setText(words)
        self._missing.show()

    def _show_scene(self, scene: Scene) -> None:
        if self._driver is None or self._loader is None:  # stopped while it loaded
            return
        self._drop_view()
        view = SoftwareFace(scene) if self._driver.software else HardwareFace(scene)
        view.failed.connect(self.show_missing)
        view.wear(self._face)
        view.setParent(self)
        view.setGeometry(self.rect())
        view.lower()
        view.show()
        self._view = view

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        for child in (self._view, self._missing, self.overlay):
            if child is not None:
                child.setGeometry(self.rect())

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() is QEvent.Type.StyleChange and self._view is not None:
            self._view.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """The backdrop, until the face is there and where it cannot be."""
        top, bottom = (QColor.fromRgbF(*tint) for tint in backdrop())
        fade = QLinearGradient(0, 0, 0, self.height())
        fade.setColorAt(0, top)
        fade.setColorAt(1, bottom)
        with painting(self) as painter:
            painter.fillRect(QRectF(self.rect()), fade)
