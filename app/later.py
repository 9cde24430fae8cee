"""The window's pages that are made when they are first shown: studio, training and models."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer
from PySide6.QtWidgets import QWidget

from app.avatar_store import STANDARD
from app.library import Library
from app.worker import Task

if TYPE_CHECKING:
    from app.studio.entry import Studio
    from app.studio.page import StudioPage
    from app.windows import MainWindow
    from app.wizard.entry import Training
    from app.wizard.runs import Run
    from app.wizard.sign import TrainingSign

LOOK_AFTER_MS = 1500
"""A training that an earlier window began is looked for once this one is there."""

log = logging.getLogger(__name__)


class LaterPages(QObject):
    """Makes them, each with what it needs of the window. Their imports take longer than the
    window's first picture may."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self._studio: Studio | None = None
        self.training: Training | None = None
        shell = window.shell
        shell.add_later("avatars", self._make_studio)
        shell.add_later("training", self._make_training)
        shell.add_later("models", self._make_models)
        self._sign: TrainingSign | None = None
        self._looking: Task[Run | None] | None = None
        QTimer.singleShot(LOOK_AFTER_MS, self, self._look_for_training)

    @property
    def studio(self) -> StudioPage | None:
        """None until it is made."""
        return self._studio.page if self._studio is not None else None

    def _make_studio(self) -> QWidget:
        from app.studio.entry import Studio

        window = self._window
        made = self._studio = Studio(window.settings.avatar)
        made.ready.connect(window.shell.show_facts)
        made.wear_asked.connect(lambda name: window.change(avatar=name))
        made.saved.connect(self._avatar_saved)
        made.taken_away.connect(self._avatar_removed)
        return made

    def _avatar_saved(self, name: str) -> None:
        if name == self._window.settings.avatar:
            self._window.session.avatar.reload()

    def _avatar_removed(self, name: str) -> None:
        if name == self._window.settings.avatar:
            self._window.change(avatar=STANDARD)
            if self.studio is not None:
                self.studio.say_instead(STANDARD)

    def _make_training(self) -> QWidget:
        from app.wizard.entry import Training

        window = self._window
        made = self.training = Training(lambda: window.show_page("session"), window.settings.model)
        made.deploy_asked.connect(window.deploy)
        made.followed.connect(self._follow_training)
        window.deployed.connect(made.show_deployed)
        window.not_deployed.connect(made.show_not_deployed)
        return made

    def _look_for_training(self) -> None:
        """One that an earlier window began."""
        if self.training is None:
            self._looking = Task(self, _begun_earlier, self._found_training, _not_found)

    def _found_training(self, run: Run | None) -> None:
        if run is not None and self.training is None:
            self._follow_training(run)

    def _follow_training(self, run: Run) -> None:
        from app.wizard.sign import TrainingSign

        if self._sign is None:
            self._sign = TrainingSign(self._window.shell.rail.button("training"))
        self._sign.follow(run)

    def _make_models(self) -> QWidget:
        from app.wizard.models_page import ModelsPage

        window = self._window
        made = ModelsPage(Library(in_use=lambda: window.settings.model))
        made.show_in_use(window.settings.model)
        made.use_asked.connect(window.deploy)
        made.renamed.connect(window.rename)
        window.deployed.connect(made.show_deployed)
        window.not_deployed.connect(made.show_not_deployed)
        return made

    def stop(self) -> None:
        """The window closes."""
        if self._looking is not None:
            self._looking.cancel()
        if self._sign is not None:
            self._sign.stop()
        for page in (self._studio, self.training):
            if page is not None:
                page.stop()


def _not_found(why: str) -> None:
    log.warning("a training begun earlier could not be looked for: %s", why)


def _begun_earlier() -> Run | None:
    """On a worker's thread, which imports what following it takes."""
    from app.leaving import run_at_work

    run = run_at_work(paused=True)
    if run is not None:
        import app.wizard.sign  # noqa: F401
    return run
