"""Models of pydantic as JSON. Names of files come in: they need not be UTF-8 (Python holds such
bytes as lone surrogates), and pydantic's own writer and reader refuse them."""

from __future__ import annotations

import json
from typing import TypeVar

from pydantic import BaseModel, ValidationError

_Model = TypeVar("_Model", bound=BaseModel)


def to_json(model: BaseModel) -> str:
    """All of `model` in ASCII; every string comes back as it was."""
    return json.dumps(model.model_dump(mode="json"), indent=1)


def from_json(kind: type[_Model], content: str | bytes) -> _Model:
    """Raises pydantic.ValidationError where `content` is no JSON, or not of that kind."""
    try:
        return kind.model_validate_json(content)
    except ValidationError as error:
        if error.errors()[0]["type"] != "json_invalid":
            raise
        try:
            values = json.loads(content)
        except (ValueError, RecursionError):
            raise error from None
        return kind.model_validate(values)
