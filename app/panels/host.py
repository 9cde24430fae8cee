"""Where a face is shown, whoever it is: the driver is asked, and what is wrong said in words.

One renderer, two hosts. On a hardware driver a QOpenGLWidget; on a software one, where any
QOpenGLWidget makes Qt compose the whole window through OpenGL and doubles every frame, a thread
draws into a framebuffer of its own and the face is painted as an image.
"""

from __future__ import annotations

from PySide6.QtCore import QEvent, QRectF, Qt
from PySide6.QtGui import QColor, QLinearGradient, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QWidget

from app.panels.driver import Driver, probe_driver
from app.panels.face import Face, FaceView, HardwareFace, SoftwareFace, View, backdrop
from app.widgets import Glyph, column, label, painting
from avatars import Scene


class FaceHost(QWidget):
    """Shows a scene, and others after it without a gap; what lies over the face is a child."""

    def __init__(self, view: View | None = None) -> None:
        super().__init__()
        self._face, self._look = Face({}), view or View()
        self._view: FaceView | None = None
        self._driver: Driver | None = None
        self.message = label("", 13, 500, wrap=True)
        self.message.setStyleSheet("color: #E9EEF3")
        self.message.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._missing = QWidget(self)
        layout = column(None, margins=(32, 16, 32, 100))
        layout.addWidget(Glyph("cube", "bad", 40), 0, Qt.AlignmentFlag.AlignHCenter)
        layout.addWidget(self.message)
        layout.addStretch(1)
        self._missing.setLayout(layout)
        self._missing.hide()

    def probe(self) -> bool:
        """Whether a face can be shown here; where not, that is said. GUI thread only."""
        if self._driver is None:
            self._driver = probe_driver()
            if not self._driver.usable:
                self.show_missing(
                    self.tr(
                        "3D view needs OpenGL 3.3; this computer's graphics driver does not offer "
                        "it. Everything else works."
                    )
                )
        return self._driver.usable

    def wear(self, face: Face) -> None:
        """The face goes there by itself, over the next frames."""
        self._face = face
        if self._view is not None:
            self._view.wear(face)

    def look(self, view: View) -> None:
        self._look = view
        if self._view is not None:
            self._view.look(view)

    def show_scene(self, scene: Scene) -> None:
        """Show `scene`; the one on screen stays until that is drawn."""
        if self._driver is None:
            return
        if self._view is not None:
            self._view.set_scene(scene)
            return
        view = SoftwareFace(scene) if self._driver.software else HardwareFace(scene)
        view.failed.connect(self.show_missing)
        view.wear(self._face)
        view.look(self._look)
        view.setParent(self)
        view.setGeometry(self.rect())
        view.lower()
        view.show()
        self._view = view

    def stop(self) -> None:
        """Give back threads and what lies on the graphics card."""
        if self._view is not None:
            self._view.stop()
            self._view.deleteLater()
            self._view = None

    @property
    def shown(self) -> Scene | None:
        """Who is on the screen."""
        return self._view.shown if self._view is not None else None

    @property
    def frames(self) -> int:
        """How many pictures of a face were on the screen so far."""
        return self._view.frames if self._view is not None else 0

    @property
    def ready(self) -> bool:
        """True once a face is on screen."""
        return self.shown is not None

    @property
    def missing(self) -> bool:
        """True where the face cannot be shown; `message` says why."""
        return self._missing.isVisible()

    def show_missing(self, words: str) -> None:
        self.message.setText(words)
        self._missing.show()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        for child in (self._view, self._missing):
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
