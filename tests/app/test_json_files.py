"""A folder's name need not be UTF-8; what the window keeps of it must come back all the same."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError

from app import settings
from app.json_files import from_json, to_json
from app.settings import Settings
from app.source_spec import SourceSpec
from app.wizard import draft
from app.wizard.plan import Plan


class _Kept(BaseModel):
    words: tuple[str, ...]
    folder: Path


@given(st.lists(st.text(st.characters())), st.text(st.characters(exclude_characters="\0")))
def test_every_string_comes_back(words: list[str], folder: str) -> None:
    kept = _Kept(words=tuple(words), folder=Path(folder))
    text = to_json(kept)
    assert text.isascii()
    assert from_json(_Kept, text.encode()) == kept


@pytest.mark.parametrize(
    "content", [b"", b"{", b'{"words": ["\\udce9"', b"\xff", b"[1]", b"null", b"[" * 100_000]
)
def test_what_is_no_json_is_refused_as_pydantic_does(content: bytes) -> None:
    with pytest.raises(ValidationError):
        from_json(_Kept, content)


def test_a_folder_not_named_in_utf8_is_kept_by_draft_and_settings(tmp_path: Path) -> None:
    folder = Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9"))
    plan = Plan(data=str(folder))
    assert draft.save(draft.Draft(plan=plan)) == ""
    assert draft.load().plan == plan
    chosen = Settings(last_source=SourceSpec("file", str(folder)))
    settings.save(chosen)
    assert settings.load().settings == chosen
