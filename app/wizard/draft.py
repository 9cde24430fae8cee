"""What the wizard was told so far, on disk after every change: closing the window, or a crash,
loses nothing."""

from __future__ import annotations

import logging

from pydantic import BaseModel, ConfigDict, ValidationError

from app.files import set_aside, write_atomically
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
    """The draft kept; a fresh one if there is none, none that can be read, or a damaged one, which
    is set aside."""
    path = paths.draft_file()
    try:
        return Draft.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        return Draft()
    except ValidationError as error:
        log.warning("%s is damaged: %s", path.name, error)
        try:
            set_aside(path)
        except EvokeError as reason:
            log.warning("%s", reason)
        return Draft()
    except OSError as error:
        log.warning("%s cannot be read: %s", path.name, error)
        return Draft()


def save(draft: Draft) -> str:
    """Keep the draft. Returns why that failed in one sentence, mostly ""."""
    try:
        write_atomically(paths.draft_file(), draft.model_dump_json(indent=2) + "\n")
    except EvokeError as error:
        log.warning("%s", error)
        return str(error)
    return ""
