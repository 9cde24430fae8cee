"""What a path opens."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.compose import Composer, open_source
from app.source_spec import SourceSpec
from evoke.dataset.demo_original import write_demo_original
from evoke.errors import FileRefusedError
from evoke.sources.base import Transport
from evoke.types import Preparation
from tests.evoke.dataset.originals import relabel


@pytest.fixture
def original(tmp_path: Path) -> Path:
    (path,) = write_demo_original(tmp_path, [1], 5, "showcase", trials=2, trial_s=3)
    return path


def test_an_original_of_deap_opens_at_the_trial_asked_for(original: Path) -> None:
    """As the window opens it, off its own thread."""
    engine = Composer().open(SourceSpec("file", str(original), trial=2))
    try:
        assert engine.transport is not None
        assert engine.transport.trials == (1, 2)
        chunk = engine.source.read()
        assert chunk is not None
        assert chunk.trial == 2
        assert engine.info.preparations == frozenset(Preparation)
    finally:
        engine.stop()


@pytest.mark.parametrize("other", ["ratings", "name", "electrodes"])
def test_another_laboratorys_bdf_is_a_plain_recording(original: Path, other: str) -> None:
    if other == "ratings":
        (original.parent / "participant_ratings.csv").unlink()
    elif other == "name":
        original = original.rename(original.with_name("session1.bdf"))
    else:
        relabel(original, "Cz", "M1")
    source = open_source(SourceSpec("file", str(original)))
    try:
        assert isinstance(source, Transport)
        assert source.trials == (0,)
        assert (source.info.rate_hz, source.info.preparations) == (512, frozenset())
    finally:
        source.close()


def test_what_is_no_recording_is_refused_with_a_remedy(tmp_path: Path) -> None:
    with pytest.raises(FileRefusedError, match=r"choose one recording in it, such as .* s01\.edf"):
        open_source(SourceSpec("file", str(tmp_path)))
    letter = tmp_path / "letter.edf"
    letter.write_text("Dear colleague, " * 20, encoding="utf-8")
    with pytest.raises(FileRefusedError, match="holds something else: choose another file"):
        open_source(SourceSpec("file", str(letter))).open()
