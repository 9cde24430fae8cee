"""The command line as a user runs it: a process, its exit code, and no traceback ever."""

from __future__ import annotations

import csv
import json
import os
import re
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pytest
import scipy.io

from app.headless import COLUMNS
from evoke.emotion import EMOTIONS, UNDECIDED
from tests.app.refusals import refusal

SHARED = Path(__file__).resolve().parents[3] / "shared" / "data"
shared = pytest.mark.skipif(not SHARED.is_dir(), reason=f"real recordings are not at {SHARED}")


def evoke(*arguments: object, screen: bool = False) -> subprocess.CompletedProcess[str]:
    env = dict(os.environ)
    if not screen:  # no pictures: they are tested once, and take seconds
        env |= {"DISPLAY": "", "WAYLAND_DISPLAY": "", "PATH": ""}
    done = subprocess.run(
        [sys.executable, "-m", "app.cli", *map(str, arguments)],
        check=False,
        capture_output=True,
        text=True,
        env=env,
        timeout=240,
    )
    assert "Traceback" not in done.stdout + done.stderr
    return done


def test_a_data_folder_that_cannot_be_made_is_said(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("EVOKE_DATA_DIR", str(tmp_path / "file" / "data"))
    done = evoke("avatar", "list")
    assert done.returncode == 2
    assert "cannot be used: Not a directory; set EVOKE_DATA_DIR to a folder" in done.stderr
    assert done.stderr.count("\n") == 1


def timeline(folder: Path) -> list[dict[str, str]]:
    with (folder / "timeline.csv").open(newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def deap_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from evoke.dataset.demo_files import write_demo

    folder = tmp_path_factory.mktemp("deap")
    write_demo(folder, [1], preset="showcase", trials=2, trial_s=12)
    write_demo(folder, [1], preset="showcase", file_format="mat", trials=2, trial_s=12)
    return folder


def test_replay_writes_every_window_of_every_trial(deap_folder, tmp_path):
    done = evoke("replay", deap_folder / "s01.dat", "--headless", "--out", tmp_path)
    assert done.returncode == 0, done.stderr
    rows = timeline(tmp_path)
    assert tuple(rows[0]) == COLUMNS
    times = [float(r["t_s"]) for r in rows if r["trial"] == "1"]
    assert times == pytest.approx(np.arange(4, 15.01, 0.25))
    assert {r["trial"] for r in rows} == {"1", "2"}
    for row in rows:
        assert row["emotion"] in {*EMOTIONS, UNDECIDED}
        assert re.fullmatch("[01-]{3}", row["bits"])
        assert (row["emotion"] == UNDECIDED) == ("-" in row["bits"] or float(row["quality"]) < 0.5)
    summary = json.loads((tmp_path / "summary.json").read_text())
    assert summary["readings"] == len(rows)
    assert summary["synthetic"] is True
    assert summary["model_trained_on_synthetic_data"] is True
    assert "not a medical device" in summary["use"]


def test_dat_and_mat_read_alike_and_twice_the_same(deap_folder, tmp_path):
    results = []
    for k, name in enumerate(["s01.dat", "s01.mat", "s01.dat"]):
        out = tmp_path / str(k)
        assert evoke("replay", deap_folder / name, "--headless", "--out", out).returncode == 0
        rows = [{c: v for c, v in r.items() if c != "latency_ms"} for r in timeline(out)]
        summary = json.loads((out / "summary.json").read_text())
        del summary["latency_ms_median"]
        results.append((rows, {**summary, "source": ""}))
    assert results[0] == results[1] == results[2]


def test_replay_of_one_trial(deap_folder, tmp_path):
    done = evoke("replay", deap_folder / "s01.dat", "--trial", 2, "--headless", "--out", tmp_path)
    assert done.returncode == 0
    assert {r["trial"] for r in timeline(tmp_path)} == {"2"}


def test_an_original_of_deap_is_played_as_its_trials(tmp_path):
    """With its ratings beside it; without them, the same file is any laboratory's BDF."""
    from evoke.dataset.demo_original import write_demo_original

    (path,) = write_demo_original(tmp_path, [24], preset="showcase", trials=2, trial_s=3)
    replay = ("replay", path, "--headless", "--out")
    assert evoke(*replay, tmp_path / "deap", "--trial", 2).returncode == 0
    assert {r["trial"] for r in timeline(tmp_path / "deap")} == {"2"}
    assert float(timeline(tmp_path / "deap")[0]["t_s"]) == 4.0, "after its rest"
    (tmp_path / "participant_ratings.csv").unlink()
    assert evoke(*replay, tmp_path / "plain").returncode == 0
    assert {r["trial"] for r in timeline(tmp_path / "plain")} == {"0"}
    summary = json.loads((tmp_path / "plain" / "summary.json").read_text())
    assert (summary["rate_hz"], summary["rest_provisional"]) == (512, True)


def test_pictures_are_drawn_where_there_is_a_screen(deap_folder, tmp_path):
    done = evoke(
        *("replay", deap_folder / "s01.dat", "--trial", 1, "--headless", "--out", tmp_path),
        screen=True,
    )
    assert done.returncode == 0, done.stderr
    for name in ("window.png", "avatar.png"):
        assert (tmp_path / name).read_bytes().startswith(b"\x89PNG"), done.stdout


def test_a_claim_of_preparation_that_cannot_be_is_flagged(deap_folder, tmp_path):
    from evoke.dataset.deap import read_deap
    from evoke.dataset.pickle2 import write_arrays

    subject = read_deap(deap_folder / "s01.dat")
    data = subject.data + 0.0
    data[1, 4] += 3.0
    with (tmp_path / "s09.dat").open("wb") as file:
        write_arrays(file, {"labels": subject.labels, "data": data})
    done = evoke("replay", tmp_path / "s09.dat", "--headless", "--out", tmp_path / "out")
    assert "trial 2, FC5: 3.0 uV" in done.stdout
    summary = json.loads((tmp_path / "out" / "summary.json").read_text())
    assert "FC5" in summary["notes"][0]


@shared
def test_a_brainvision_recording_is_read_to_its_end(tmp_path):
    done = evoke("replay", SHARED / "test.vhdr", "--headless", "--out", tmp_path)
    assert done.returncode == 0, done.stderr
    rows = timeline(tmp_path)
    assert float(rows[-1]["t_s"]) > 7.5
    assert json.loads((tmp_path / "summary.json").read_text())["rest_provisional"] is True


@shared
def test_a_recording_too_short_says_why(tmp_path):
    done = evoke("replay", SHARED / "mne_test.bdf", "--headless", "--out", tmp_path)
    assert done.returncode == 0, done.stderr
    assert len(timeline(tmp_path)) <= 1
    assert "lasts 1.0 s" in done.stdout


@shared
def test_grid_labels_want_a_montage(tmp_path):
    refused = evoke("replay", SHARED / "mne_test.edf", "--headless", "--out", tmp_path)
    assert refused.returncode == 2
    assert "montage" in refused.stderr
    montage = tmp_path / "montage.csv"
    pairs = zip(("A1", "A3", "B5", "C7", "E2"), ("Fp1", "Fp2", "Cz", "O1", "O2"), strict=True)
    montage.write_text("\n".join(",".join(pair) for pair in pairs))
    out = tmp_path / "out"
    given = evoke(
        *("replay", SHARED / "mne_test.edf", "--montage", montage, "--headless", "--out", out)
    )
    assert given.returncode == 0, given.stderr


def test_the_version_is_told():
    done = evoke("--version")
    assert (done.returncode, done.stdout.strip()) == (0, version("evoke"))


def test_board_list_names_every_board():
    from evoke.sources.boards import boards

    done = evoke("board", "list")
    assert done.returncode == 0
    assert all(board.name in done.stdout for board in boards())


def test_check_tells_sound_from_damaged(deap_folder, tmp_path):
    assert evoke("check", deap_folder).returncode == 0
    whole = (deap_folder / "s01.dat").read_bytes()
    (tmp_path / "s01.dat").write_bytes(whole)
    (tmp_path / "s02.dat").write_bytes(whole[: len(whole) // 2])
    done = evoke("check", tmp_path)
    assert done.returncode == 2
    assert re.search(r"^ok .*s01\.dat", done.stdout, re.M)
    assert re.search(r"^error .*s02\.dat", done.stdout, re.M)


def test_letters_that_a_pipe_does_not_take_are_escaped(tmp_path, monkeypatch):
    monkeypatch.setenv("PYTHONIOENCODING", "cp1252")  # what Windows writes into one
    (tmp_path / "σ.dat").write_bytes(b"?")
    done = evoke("check", tmp_path)
    assert done.returncode == 2, done.stderr
    assert "\\u03c3.dat is not a DEAP file" in done.stdout


def test_demo_data_is_deaps_layout(tmp_path):
    done = evoke("demo-data", tmp_path, "--subjects", 1, "--format", "mat", "--preset", "showcase")
    assert done.returncode == 0, done.stderr
    data = scipy.io.loadmat(tmp_path / "s01.mat")
    assert data["data"].shape == (40, 40, 8064)
    assert data["labels"].shape == (40, 4)
    assert "ynthetic" in (tmp_path / "README.txt").read_text()


HOSTILE = b"cos\nsystem\n(S'touch %s'\ntR."


@pytest.mark.parametrize(
    ("name", "content"), [("s01.dat", HOSTILE), ("a.edf", b"0" + bytes(300))], ids=["dat", "edf"]
)
def test_a_bad_file_gets_one_sentence_and_does_nothing(tmp_path, name, content):
    canary = tmp_path / "canary"
    (tmp_path / name).write_bytes(content.replace(b"%s", str(canary).encode()))
    out = tmp_path / "out"
    done = evoke("replay", tmp_path / name, "--headless", "--out", out)
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert name in done.stderr
    assert not canary.exists()
    assert not list(out.glob("*"))


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("s01.dat", b""),
        ("s01.dat", b"\x80\x02garbage"),
        ("s01.mat", b"MATLAB 5.0 MAT-file" + bytes(200)),
        ("a.bdf", b"\xffBIOSEMI"),
        ("a.vhdr", b"nothing of the kind"),
        ("a.set", b"MATLAB 5.0 MAT-file" + bytes(200)),
        ("a.csv", b"1\t2\tx\n"),
        ("a.xyz", b"?"),
    ],
)
def test_a_bad_file_is_refused(tmp_path, name, content):
    (tmp_path / name).write_bytes(content)
    out = tmp_path / "out"
    assert name in refusal("replay", tmp_path / name, "--headless", "--out", out)
    assert not list(out.glob("*"))


@pytest.mark.parametrize("arguments", [["replay", "demo"], ["--nonsense"]], ids=" ".join)
def test_a_wrong_command_gets_one_sentence_and_exit_code_2(arguments, tmp_path, monkeypatch):
    """The first because there is no screen for it."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).resolve().parents[2]))
    done = evoke(*arguments)
    assert done.returncode == 2
    assert done.stderr.strip().count("\n") == 0
    assert done.stderr.startswith("evoke: ")


@pytest.mark.parametrize(
    "arguments",
    [
        ["replay", "missing.dat", "--headless", "--out", "x"],
        ["replay", "demo", "--headless"],
        ["replay", "demo", "--trial", "0", "--headless", "--out", "x"],
        ["replay", "demo", "--trial", "41", "--headless", "--out", "x"],
        ["replay", "demo", "--speed", "fast", "--headless", "--out", "x"],
        ["replay", "demo", "--speed", "0.1", "--headless", "--out", "x"],
        ["replay", "demo", "--speed", "99"],
        ["replay", "demo", "--speed", "nan"],
        ["replay", "demo", "--board", "cyton", "--headless", "--out", "x"],
        ["replay", "missing.csv", "--board", "nonsense", "--headless", "--out", "x"],
        ["bench", "wizard", "--folder", "missing"],
        ["bench", "screen", "--seconds", "-1"],
        ["train", "demo:showcase:1", "--out", "x.safetensors", "--hop-s", "nan"],
        ["train", "demo:showcase:1", "--out", "x.safetensors", "--fusion", "2x2"],
        ["replay", "demo", "--headless", "--out", "/proc/nowhere"],
        ["replay", "demo", "--model", "missing.safetensors", "--headless", "--out", "x"],
        ["nonsense"],
        ["demo-data", "/proc/nowhere"],
        ["demo-data", "x", "--subjects", "0"],
        ["demo-data", "x", "--format", "xls"],
        ["train", "demo:showcase:1", "--out", "x.safetensors", "--protocol", "guess"],
        ["train", "missing", "--out", "x.safetensors"],
        ["distill", "demo:showcase:1", "--teacher", "missing", "--out", "x.safetensors"],
    ],
    ids=" ".join,
)
def test_a_wrong_command_is_refused(arguments, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    refusal(*arguments)
