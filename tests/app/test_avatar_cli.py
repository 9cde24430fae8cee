"""`evoke avatar` as a user runs it."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

from app.avatar_clip import write_clip
from app.avatar_pictures import FPS, pixels
from app.avatar_store import OWN, FileStore
from app.cli import cli
from app.panels.driver import probe_driver
from avatars import AvatarError
from avatars.identity import Identity, identity_names
from evoke import paths
from evoke.errors import EvokeError


def evoke(*words: object) -> str:
    """What `evoke avatar WORDS` prints. Raises what the command raises."""
    done = CliRunner().invoke(cli, ["avatar", *map(str, words)], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.output


@pytest.fixture
def opengl(qapp: object) -> None:
    if not probe_driver().usable:
        pytest.skip("no OpenGL 3.3 here")


def test_list_names_every_avatar_and_says_who_it_shows():
    lines = evoke("list").splitlines()
    assert [line.split()[0] for line in lines] == identity_names()
    assert all(len(line.split()) > 3 for line in lines)


def test_own_avatars_are_listed_and_named_too(tmp_path: Path):
    store = FileStore()
    store.save(OWN, dataclasses.replace(Identity.load("mei"), name="Ann"))
    (paths.avatars_dir() / OWN / "bad.json").write_text("{")
    lines = evoke("list").splitlines()
    assert [line.split()[0] for line in lines] == [*identity_names(), "own/Ann", "own/bad.json"]
    assert "does not describe an avatar" in lines[-1]
    for name in ("Ann", "own/Ann"):
        assert json.loads(evoke("show", name))["hair"] == "bob"
    evoke("export", "own/Ann", "--out", tmp_path / "ann.glb")
    assert (tmp_path / "ann.glb").read_bytes()[:4] == b"glTF"


def test_show_prints_a_description_that_can_be_read_back(tmp_path: Path):
    text = evoke("show", "mira")
    assert Identity.from_json(text, "mira") == Identity.load("mira")
    changed = tmp_path / "own.json"
    changed.write_text(json.dumps(json.loads(text) | {"name": "own"}))
    assert json.loads(evoke("show", changed))["name"] == "own"


def test_export_writes_models_for_other_programs(tmp_path: Path):
    for name in ("face.glb", "face.vrm"):
        evoke("export", "mira", "--out", tmp_path / "new" / name)
        data = (tmp_path / "new" / name).read_bytes()
        assert data[:4] == b"glTF"
        assert (b"VRMC_vrm" in data) == name.endswith("vrm")


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("export", "nobody", "--out", "x.glb"), "nobody"),
        (("export", "mira", "--out", "x.obj"), "must end in .glb or .vrm or .png"),
        (("export", "missing.json", "--out", "x.glb"), "could not be read as an avatar"),
        (("sheet", "--out", "x.png"), "or --all"),
        (("sheet", "mira", "--all", "--out", "x.png"), "or --all"),
        (("clip", "mira", "--out", "x.avi"), "must end in .mp4 or .gif"),
    ],
)
def test_a_mistake_is_one_sentence(words, sentence, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(EvokeError, match=sentence) as raised:
        evoke(*words)
    assert "\n" not in str(raised.value)
    assert not isinstance(raised.value, AvatarError)
    assert {path.name for path in tmp_path.iterdir()} <= {"data"}


def test_a_plain_sheet_is_square_tiles_a_row_an_avatar(opengl, tmp_path):
    evoke("sheet", "mira", "kwame", "--size", 48, "--plain", "--out", tmp_path / "sheet.png")
    sheet = np.array(Image.open(tmp_path / "sheet.png")).astype(int)
    assert sheet.shape == (96, 8 * 48, 3)
    tiles = sheet.reshape(2, 48, 8, 48, 3).swapaxes(1, 2)
    assert np.abs(tiles[0] - tiles[1]).mean() > 5
    for row in tiles:
        faces = row[:, 15:40, 12:36]
        for i in range(8):
            for k in range(i):
                assert np.abs(faces[i] - faces[k]).mean() > 0.5


def test_names_stand_above_the_tiles_of_a_sheet(opengl, tmp_path):
    evoke("sheet", "mira", "--size", 96, "--out", tmp_path / "sheet.png")
    sheet = np.array(Image.open(tmp_path / "sheet.png").convert("L"))
    assert sheet.shape[1] > 8 * 96
    assert sheet[:26].min() < 120
    assert sheet[-4:].min() == 255


def test_blends_are_a_square_of_emotions_the_same_on_both_sides(opengl, tmp_path):
    evoke("blends", "mira", "--size", 48, "--out", tmp_path / "blends.png")
    sheet = np.array(Image.open(tmp_path / "blends.png")).astype(int)
    step, left, top = 54, sheet.shape[1] - 8 * 54, 26
    tiles = sheet[top:, left:].reshape(8, step, 8, step, 3).swapaxes(1, 2)[:, :, :48, :48]
    np.testing.assert_array_equal(tiles, tiles.swapaxes(0, 1))
    faces = tiles[:, :, 15:40, 12:36]
    for one in range(8):
        for other in range(one):
            half, whole = faces[one, other], faces[one, one]
            assert np.abs(half - whole).mean() > 0.2
    assert sheet[:top].min() < 120  # the names


def test_a_still_wears_the_emotion_asked_for(opengl, tmp_path):
    for emotion in ("neutral", "surprise"):
        out = tmp_path / f"{emotion}.png"
        evoke("export", "mira", "--emotion", emotion, "--size", 64, "--out", out)
    calm, wide = (
        np.array(Image.open(tmp_path / f"{e}.png")).astype(int) for e in ("neutral", "surprise")
    )
    assert calm.shape == (64, 64, 3)
    assert np.abs(calm - wide)[20:55, 16:48].mean() > 2


def frames(count: int) -> list[np.ndarray]:
    """A bright column that wanders to the right."""
    out = np.full((count, 33, 33, 3), 40, np.uint8)
    for k in range(count):
        out[k, :, 2 * k : 2 * k + 4] = 230
    return list(out)


@pytest.mark.parametrize("suffix", [".gif", ".mp4"])
def test_a_clip_plays_back_its_frames_in_time(suffix, tmp_path):
    av = pytest.importorskip("av", reason="PyAV is not installed")
    path, told = tmp_path / f"clip{suffix}", []
    write_clip(path, frames(12), lambda: told.append(1))
    assert len(told) == 12
    with av.open(str(path)) as film:
        seen = [frame.to_ndarray(format="gray8") for frame in film.decode(video=0)]
        duration_s = film.duration / 1e6
    step = 2 if suffix == ".gif" else 1
    assert len(seen) == 12 // step
    for k, picture in enumerate(seen):
        assert picture.mean(0).argmax() in range(2 * k * step - 1, 2 * k * step + 5)
    assert duration_s == pytest.approx(12 / FPS, abs=0.05)


def test_a_clip_that_cannot_be_written_is_one_sentence(tmp_path):
    with pytest.raises(EvokeError, match="could not be written"):
        write_clip(tmp_path / "missing" / "clip.gif", frames(2), lambda: None)
    assert not list(tmp_path.iterdir())


def test_the_turntable_goes_all_round(opengl):
    from app.avatar_cli import build
    from app.avatar_pictures import canvas
    from avatars import still

    with canvas(64) as board, board.showing(build("mira")) as sitter:
        front, back, again = (
            pixels(sitter.draw(still({}), orbit_deg=turn)).astype(int) for turn in (0, 180, 360)
        )
    assert np.abs(front - again).mean() < 0.5
    eyes = np.s_[24:34, 20:44]
    assert front[eyes].std() > 2 * back[eyes].std()
