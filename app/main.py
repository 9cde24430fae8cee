"""Starting the window."""

from __future__ import annotations

from pathlib import Path

from app import settings as store
from app.application import application, on_interrupt
from app.compose import Composer
from app.library import Library
from app.settings import Settings
from app.source_spec import SourceSpec
from app.windows import MainWindow
from evoke.errors import EvokeError


def composer_of(settings: Settings, model: Path | None = None) -> Composer:
    """With the checkpoint asked for, or else with the model that was last put to work; `problem`
    says what is not as it was left."""
    if model is not None or not settings.model:
        return Composer(model=model)
    try:
        library = Library()
    except EvokeError as error:
        return Composer(problem=f"{error} The demo student reads in place of the model in use.")
    composer = Composer(model=library.folder / Path(settings.model).name, spare=True)
    try:
        composer.name = library.title(settings.model)
    except EvokeError as error:
        composer.problem = str(error)
    return composer


def run(
    spec: SourceSpec | None, *, speed: float = 1.0, model: Path | None = None, keep: bool = True
) -> int:
    """Show the window until it is closed; returns the exit status.

    spec: what to play; None for the last recording, at first the demo. A headset is never opened
        unasked.
    model: a checkpoint; None for the one last put to work, at first the demo's.
    keep: whether settings are written to disk.
    """
    settings, notice, readable = store.load()
    app = application(settings.size_percent)
    composer = composer_of(settings, model)
    said = "\n\n".join(words for words in (notice, composer.problem) if words)
    composer.problem = ""
    window = MainWindow(settings, composer, notice=said, keep=keep and readable)
    window.show()
    last = settings.last_source
    if spec is None and (last is None or last.kind != "board"):
        spec = last or SourceSpec("demo")
    if spec is not None:
        window.open(spec, speed=speed)
    with on_interrupt(window.leave):
        return app.exec()
