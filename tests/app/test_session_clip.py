"""A replayed session as a film."""

from __future__ import annotations

import json
import signal
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from app import session_clip
from app.avatar_cli import avatar_cli
from app.avatar_clip import tidily_ended, write_clip
from app.avatar_pictures import FPS
from app.headless import COLUMNS
from app.panels.driver import probe_driver
from app.session_clip import filmed, frames_of, read_timeline, told_beside
from app.settings import Settings, save
from avatars import load_scene
from evoke.emotion import LITERATURE, OCTANTS, PAPER, EmotionTable
from evoke.errors import FileRefusedError

HAPPY = "0.9900,0.0100,0.9900,101,happy,0.9700,1.0000"
UNSURE = "0.5000,0.0100,0.9900,-01,undecided,0.4900,0.0000"


def timeline(folder: Path, *rows: tuple[int, float, str]) -> Path:
    path = folder / "timeline.csv"
    lines = [",".join(COLUMNS)]
    lines += [f"{trial},{t_s:.2f},{what},1.000,2.00" for trial, t_s, what in rows]
    path.write_text("\n".join(lines) + "\n")
    return path


def test_the_film_lasts_as_long_as_the_trial(tmp_path):
    path = timeline(tmp_path, (3, 4.0, HAPPY), (3, 4.25, HAPPY), (3, 5.0, HAPPY), (7, 4.0, UNSURE))
    assert frames_of(read_timeline(path)) == round(1.25 * FPS)
    assert [r.trial for r in read_timeline(path, 7)] == [7]


def test_the_face_wears_what_was_read_and_turns_grey_where_nothing_was(qapp, tmp_path):
    if not probe_driver().usable:
        pytest.skip("no OpenGL 3.3 here")
    path = timeline(tmp_path, *[(1, k / 4, HAPPY) for k in range(4)], (1, 3.0, HAPPY))
    readings = read_timeline(path)
    pictures = [p.astype(float) for p in filmed(load_scene("mira"), readings, PAPER, 120)]
    assert len(pictures) == frames_of(readings)
    colour = [np.ptp(p[30:70, 40:80], axis=2).mean() for p in pictures]
    assert colour[25] > 1.2 * colour[85]  # no reading between 0.75 s and 3 s
    words = [p[80:, :, :].mean() for p in pictures]
    assert abs(words[25] - words[85]) > 1.0  # nor words


def table_worn(monkeypatch, path: Path) -> EmotionTable:
    """The table by which the command films a timeline."""
    asked = []

    def unfilmed(_scene, _readings, table, size, _tag):
        asked.append(table)
        return iter([np.zeros((size, size, 3), np.uint8)])

    monkeypatch.setattr(session_clip, "filmed", unfilmed)
    out = path.with_name("film.gif")
    words = ("clip", "mira", "--timeline", path, "--out", out, "--size", 16)
    done = CliRunner().invoke(avatar_cli, [*map(str, words)], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return asked[0]


def test_the_film_goes_by_the_table_the_session_was_read_by(tmp_path, monkeypatch):
    save(Settings(emotions="literature"))
    path = timeline(tmp_path, (1, 0.0, HAPPY))
    assert table_worn(monkeypatch, path) == LITERATURE  # nothing else is known
    own = replace(PAPER, words=(*PAPER.words[:4], "content", *PAPER.words[5:]))
    told = {"synthetic": True, "model_trained_on_synthetic_data": False}
    for table in (PAPER, own, LITERATURE):
        read_by = {
            "words": dict(zip(OCTANTS, table.words, strict=True)),
            "sad_below": table.sad_below,
        }
        (tmp_path / "summary.json").write_text(json.dumps(told | read_by))
        assert table_worn(monkeypatch, path) == table
    (tmp_path / "summary.json").write_text(json.dumps(told | {"words": {"000": "joy"}}))
    assert table_worn(monkeypatch, path) == LITERATURE


def test_what_is_synthetic_is_said(tmp_path):
    path = timeline(tmp_path, (1, 0.0, HAPPY))
    assert told_beside(path) == ("", None)
    told = {"synthetic": True, "model_trained_on_synthetic_data": False}
    (tmp_path / "summary.json").write_text(json.dumps(told))
    assert told_beside(path) == ("Synthetic signal", None)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "holds no readings"),
        ("a,b\n1,2\n", "not a timeline.csv of a replay: it has no column p_valence"),
        (",".join(COLUMNS) + "\n1,0.0,2,0,0,111,happy,1,1,1,1\n", "probability"),
        (",".join(COLUMNS) + "\n1,0.0,1,0,0,1x1,happy,1,1,1,1\n", "bits"),
        (",".join(COLUMNS) + "\n1,inf,1,0,0,101,happy,1,1,1,1\n", "the time inf"),
        (",".join(COLUMNS) + "\n1,nan,1,0,0,101,happy,1,1,1,1\n", "the time nan"),
        (",".join(COLUMNS) + "\n1,0.0,1,0,0,101,happy,nan,1,1,1\n", "confidence"),
        (",".join(COLUMNS) + "\n1,0.0,1,0,0,101,happy,1,1e300,1,1\n", "intensity"),
    ],
)
def test_another_file_is_one_sentence(tmp_path, text, said):
    path = tmp_path / "other.csv"
    path.write_text(text)
    with pytest.raises(FileRefusedError, match=said):
        read_timeline(path)


@pytest.mark.parametrize(("last", "said"), [(1e9, "longer than a day"), (4.0, "do not rise")])
def test_times_that_no_trial_has_are_refused(tmp_path, last, said):
    path = timeline(tmp_path, (1, 4.0, HAPPY), (1, last, HAPPY), (2, 0.0, HAPPY))
    with pytest.raises(FileRefusedError, match=said):
        read_timeline(path)
    assert len(read_timeline(path, 2)) == 1


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGTERM to be caught")
@pytest.mark.parametrize("name", ["film.gif", "film.mp4"])
def test_a_film_that_is_ended_leaves_nothing_behind(tmp_path, name):
    def frames():
        for _ in range(3):
            yield np.zeros((32, 32, 3), np.uint8)
        signal.raise_signal(signal.SIGTERM)
        yield np.zeros((32, 32, 3), np.uint8)

    before = signal.getsignal(signal.SIGTERM)
    with pytest.raises(KeyboardInterrupt), tidily_ended():
        write_clip(tmp_path / name, frames(), lambda: None)
    assert list(tmp_path.iterdir()) == []
    assert signal.getsignal(signal.SIGTERM) == before


def test_a_trial_that_is_not_there_is_named(tmp_path):
    with pytest.raises(FileRefusedError, match=r"no trial 9: expected one of 1"):
        read_timeline(timeline(tmp_path, (1, 0.0, HAPPY)), 9)
