"""Settings: what is kept, what is refused, and that no file can stop a start."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from pydantic import ValidationError
from PySide6.QtCore import QLocale, Qt
from pytestqt.qtbot import QtBot

from app import settings as store
from app.setting_rows import number
from app.settings import Settings, mains_of
from app.source_spec import SourceSpec
from evoke.emotion import LITERATURE, PAPER
from evoke.errors import EvokeError


def test_what_is_saved_is_loaded(tmp_path: Path) -> None:
    kept = Settings(
        theme="dark",
        sensitivity_uv_mm=20.0,
        undecided_low=0.4,
        last_source=SourceSpec("board", board="cyton", params={"serial_port": "COM4"}),
    )
    store.save(kept, tmp_path / "settings.json")
    assert store.load(tmp_path / "settings.json") == (kept, "", True)
    assert [p.name for p in tmp_path.iterdir()] == ["settings.json"]


def test_two_windows_keep_what_each_of_them_changed(tmp_path: Path) -> None:
    path, start = tmp_path / "settings.json", Settings()
    store.save_changes(start, start, path)
    store.save_changes(start.changed(model="ward.safetensors", theme="dark"), start, path)
    store.save_changes(start.changed(mains_hz=60, theme="light"), start, path)
    both = start.changed(model="ward.safetensors", mains_hz=60, theme="light")
    assert store.load(path).settings == both
    cut = start.changed(high_pass_hz=20.0)
    store.save_changes(cut, start, path)
    store.save_changes(start.changed(low_pass_hz=15.0), start, path)
    assert store.load(path).settings == start.changed(low_pass_hz=15.0), "the last, as a whole"


def test_no_file_is_no_notice(tmp_path: Path) -> None:
    assert store.load(tmp_path / "settings.json") == (Settings(), "", True)


@hypothesis_settings(deadline=None)
@given(st.one_of(st.binary(max_size=80), st.sampled_from([b'{"page_s": "x"}', b'{"theme": 3}'])))
def test_any_file_is_read_or_set_aside(content: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "settings.json"
        path.write_bytes(content)
        settings, notice, keep = store.load(path)
        assert keep
        assert isinstance(settings, Settings)
        if notice:
            assert path.with_suffix(".damaged").read_bytes() == content
            assert settings == Settings()


def test_fields_of_a_newer_version_are_ignored(tmp_path: Path) -> None:
    path = tmp_path / "settings.json"
    path.write_text('{"theme": "dark", "hologram": true}', encoding="utf-8")
    settings, notice, _ = store.load(path)
    assert (settings.theme, notice) == ("dark", "")


def test_a_sensitivity_kept_by_an_older_version_is_a_choice(tmp_path: Path) -> None:
    path = tmp_path / "settings.json"
    for kept, chosen in ((20.0, True), (7.0, False)):
        path.write_text(json.dumps({"sensitivity_uv_mm": kept}), "utf-8")
        assert store.load(path).settings.sensitivity_chosen is chosen


def test_a_file_that_cannot_be_read_this_time_is_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "settings.json"
    path.mkdir()  # the one error of reading that root meets, too
    settings, notice, keep = store.load(path)
    assert settings == Settings()
    assert "could not be read" in notice
    assert not keep
    assert path.is_dir()


def test_what_was_set_aside_before_stays(tmp_path: Path) -> None:
    path = tmp_path / "settings.json"
    for content in ("one", "two", "three"):
        path.write_text(content)
        store.load(path)
    aside = [tmp_path / f"settings.damaged{n}" for n in ("", "-1", "-2")]
    assert [p.read_text() for p in aside] == ["one", "two", "three"]


@pytest.mark.parametrize(
    "fields",
    [
        {"undecided_low": 0.6},
        {"undecided_high": 0.4},
        {"high_pass_hz": 50.0},
        {"page_s": 0},
        {"sensitivity_uv_mm": 0},
        {"mains_hz": 55},
        {"theme": "purple"},
    ],
)
def test_a_change_out_of_range_is_refused(fields: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Settings().changed(**fields)


def test_a_table_of_unknown_words_is_refused() -> None:
    with pytest.raises(EvokeError, match="eight words"):
        Settings().changed(own_words=("joy",) * 8)


def test_presets_and_own_table() -> None:
    assert Settings().table == PAPER
    assert Settings(emotions="literature").table == LITERATURE
    own = ("fear",) * 8
    assert Settings(emotions="own", own_words=own).table.words == own
    assert Settings(undecided_low=0.4, smoothing_s=3.0).emotion.unsure == (0.4, 0.55)
    assert Settings(smoothing_s=3.0).emotion.smoothing_s == 3.0


def test_settings_that_cannot_be_written_are_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way", encoding="utf-8")
    with pytest.raises(EvokeError, match="could not be written"):
        store.save(Settings(), tmp_path / "file" / "settings.json")


@pytest.mark.parametrize(
    ("locale", "hertz"), [("en_US.UTF-8", 60), ("de_DE", 50), ("pt_BR", 60), ("C", 50), (None, 50)]
)
def test_mains_follow_the_territory(locale: str | None, hertz: int) -> None:
    assert mains_of(locale) == hertz


@pytest.mark.parametrize("typed", ["0.42", "0,42"])
@pytest.mark.parametrize("language", [QLocale.Language.German, QLocale.Language.English])
def test_a_point_and_a_comma_are_one_in_any_language(
    qtbot: QtBot, typed: str, language: QLocale.Language
) -> None:
    """A point typed under a German locale became nought, in silence."""
    QLocale.setDefault(QLocale(language))
    try:
        spin = number(0.0, 0.5, 0.01, 2)
        qtbot.addWidget(spin)
        spin.selectAll()
        qtbot.keyClicks(spin, typed)
        qtbot.keyClick(spin, Qt.Key.Key_Return)
        assert (spin.value(), spin.text()) == (0.42, "0.42")
    finally:
        QLocale.setDefault(QLocale.system())
