"""The avatar's card: the face in 3D and, over it, what was read."""

from __future__ import annotations

import logging

from PySide6.QtCore import Signal
from PySide6.QtGui import QResizeEvent

from app import avatar_store
from app.panels.host import FaceHost
from app.panels.overlay import Caption, EmotionOverlay
from app.worker import Latest
from avatars import Scene

log = logging.getLogger(__name__)


class AvatarView(FaceHost):
    """Shows the avatar of a name, and the overlay."""

    gone = Signal(str, str)
    """The avatar chosen cannot be had: who is worn instead, and a sentence that says so and why."""

    def __init__(self) -> None:
        super().__init__()
        self.setMinimumSize(236, 180)
        self._name = avatar_store.STANDARD
        self._worn = avatar_store.STANDARD  # the last that could be had
        self._started = False
        self._loader = Latest[tuple[Scene, str, str]](self, self._loaded, self._keep_scene)
        self.overlay = EmotionOverlay(self)

    def show_caption(self, shown: Caption | None, message: str = "") -> None:
        self.overlay.show_caption(shown, message)

    def start(self) -> None:
        """Look at the driver and load the face; once."""
        if not self._started:
            self._started = True
            self.reload()

    def choose(self, name: str) -> None:
        """Show the avatar `name`; until it is built, the one on screen stays."""
        if name != self._name:
            self._name = name
            self.reload()

    def reload(self) -> None:
        """Build the chosen avatar, which may have changed."""
        if self._started and self.probe():
            name, before = self._name, self._worn
            self._loader.ask(lambda: avatar_store.worn(name, before))

    def _loaded(self, built: tuple[Scene, str, str]) -> None:
        scene, self._worn, why = built
        self.show_scene(scene)
        if why:
            log.warning("another avatar than the chosen one is shown: %s", why)
            self.gone.emit(self._worn, why)

    def _keep_scene(self, why: str) -> None:
        log.warning("the avatar %s could not be shown: %s", self._name, why)
        if not self.ready:
            self.show_missing(self.tr("The face could not be shown: {0}").format(why))

    def stop(self) -> None:
        self._loader.cancel()
        self._started = False
        super().stop()

    @property
    def loading(self) -> bool:
        """True while an identity is being built."""
        return self._loader.busy

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.overlay.setGeometry(self.rect())
