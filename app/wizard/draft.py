"""What the wizard was told so far, on disk after every change: closing the window, or a crash,
loses nothing."""

from __future__ import annotations

import json
import logging

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from app.files import set_aside, write_atomically
from app.json_files import from_json, to_json
from app.wizard.plan import Plan
from evoke import paths
from evoke.errors import EvokeError

log = logging.getLogger(__name__)


class Draft(BaseModel):
    """plan: as the pages left it. step: the page last shown. run: id of the run made of it. let_go:
    id of the run that was left last, to plan another. lost: why the plan is not the one kept."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    plan: Plan = Plan()
    step: str = "data"
    run: str = ""
    let_go: str = ""
    lost: str = Field(default="", exclude=True)


def load() -> Draft:
    """The draft kept; a fresh one if there is none, or none that can be read. One that is damaged,
    or a later version's, is set aside; its run stays."""
    path = paths.draft_file()
    content = b""
    try:
        content = path.read_bytes()
        return from_json(Draft, content)
    except FileNotFoundError:
        return Draft()
    except ValidationError as error:
        log.warning("%s is damaged: %s", path.name, error)
        try:
            aside = set_aside(path)
        except EvokeError as reason:
            log.warning("%s", reason)
            return Draft()
        rest = _without_plan(content)
        if rest.run:
            save(rest)  # or who reads it next finds no run
        lost = (
            "What was planned is damaged, or of a newer version of EVOKE: it is kept as "
            f"{aside}, and planning begins anew."
        )
        return rest.model_copy(update={"lost": lost})
    except OSError as error:
        log.warning("%s cannot be read: %s", path.name, error)
        return Draft()


def _without_plan(content: bytes) -> Draft:
    try:
        kept = dict(json.loads(content))
        return Draft.model_validate({name: kept[name] for name in ("step", "run") if name in kept})
    except (ValueError, TypeError, RecursionError):  # a ValidationError is a ValueError
        return Draft()


def save(draft: Draft) -> str:
    """Keep the draft. Returns why that failed in one sentence, mostly ""."""
    try:
        write_atomically(paths.draft_file(), to_json(draft))
    except EvokeError as error:
        log.warning("%s", error)
        return str(error)
    return ""
