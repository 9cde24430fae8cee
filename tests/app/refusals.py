"""What the command line refuses, asked here: a process for each case would take two seconds."""

from __future__ import annotations

import typer
from typer.testing import CliRunner

from app.cli import cli
from evoke.errors import EvokeError


def refusal(*arguments: object) -> str:
    """The one sentence that a wrong command gets. `app.cli.main` says it, and exits with 2."""
    done = CliRunner().invoke(cli, [str(word) for word in arguments], standalone_mode=False)
    error = done.exception
    assert isinstance(error, EvokeError | typer.TyperException), (error, done.output)
    sentence = str(error) if isinstance(error, EvokeError) else error.format_message()
    assert sentence.strip()
    assert "\n" not in sentence
    assert not done.stderr, "and nothing beside it"
    return sentence
