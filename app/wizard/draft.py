"""What the wizard was told so far, on disk after every change: closing the window, or a crash,
loses nothing."""

from __future__ import annotations

import logging
import os

from pydantic import BaseModel, ConfigDict, ValidationError

from app.files import write_atomically
from app.wizard.plan import Plan
from evoke import paths
from evoke.errors import EvokeError

log = logging.getLogger(__name__)


class Draft(BaseModel):
    """plan: as the pages left it. step: the page last shown. run: id of the run made of it."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    plan: Plan = Plan()
    step: str = "data"
    run: str = ""


def load() -> Draft:
    """The draft kept; a fresh one if there is none, or none that can be read (it is set aside)."""
    path = paths.draft_file()
    try:
        return Draft.model_validate_json(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return Draft()
    except (ValidationError, UnicodeDecodeError, OSError) as error:
        log.warning("%s is damaged and set aside: %s", path.name, error)
        try:
            os.replace(path, path.with_suffix(".damaged"))
        except OSError as reason:
            log.warning("%s cannot be set aside: %s", path.name, reason)
        return Draft()


def save(draft: Draft) -> str:
    """Keep the draft. Returns why that failed in one sentence, mostly ""."""
    try:
        write_atomically(paths.draft_file(), draft.model_dump_json(indent=2) + "\n")
    except EvokeError as error:
        log.warning("%s", error)
        return str(error)
    return ""
