"""`evoke check`: one finding for each file, the facts where it could be read."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from evoke.dataset.check import Level, check_path
from evoke.dataset.demo import generate_subject
from evoke.dataset.demo_files import write_demo
from evoke.dataset.pickle2 import write_arrays


def test_folder_is_checked_file_by_file(tmp_path: Path) -> None:
    write_demo(tmp_path, [1, 2], seed=5, preset="showcase", trials=8, trial_s=1)
    (tmp_path / "s02.dat").write_bytes(b"\x80\x02cos\nsystem\nU\x04trueR.")
    data, labels = generate_subject(3, 5, "benchmark", trials=2, trial_s=1)
    with (tmp_path / "s03.DAT").open("wb") as file:
        write_arrays(file, {"labels": labels, "data": data * 1.1 + 2.0})
    fine, hostile, odd = check_path(tmp_path)
    assert fine.level is Level.OK
    assert fine.facts["trials"] == "8"
    assert fine.facts["high valence"] == "4 of 8 trials"
    assert fine.facts["length"] == "512 samples, 4 s at 128 Hz"
    assert fine.facts["synthetic"] == "yes"
    assert hostile.level is Level.ERROR
    assert "os.system" in hostile.message
    assert hostile.facts == {}
    assert odd.level is Level.WARNING
    assert "2 of 2 trials have a channel mean over 1 uV" in odd.message
    assert odd.facts["synthetic"] == "no"


def test_single_file_is_checked(tmp_path: Path) -> None:
    path = tmp_path / "s01.dat"
    signal = np.tile(np.sin(np.arange(512) * np.pi / 8), (1, 32, 1))
    with path.open("wb") as file:
        write_arrays(file, {"labels": np.full((1, 4), 5.0), "data": signal})
    (finding,) = check_path(path)
    assert finding.level is Level.OK
    assert finding.facts["channels"] == "32"
    assert finding.facts["high arousal"] == "0 of 1 trials"


def test_what_holds_nothing_is_an_error(tmp_path: Path) -> None:
    (folder,) = check_path(tmp_path)
    assert folder.level is Level.ERROR
    assert "holds no .dat or .mat file" in folder.message
    (missing,) = check_path(tmp_path / "s09.dat")
    assert missing.level is Level.ERROR
    assert "There is no file" in missing.message


def test_what_training_does_not_take_is_no_more_than_read(tmp_path: Path) -> None:
    small = {"seed": 5, "preset": "showcase", "trials": 4, "trial_s": 1}
    write_demo(tmp_path, [1], **small)
    write_demo(tmp_path, [1], file_format="mat", **small)
    (tmp_path / "p77.dat").write_bytes((tmp_path / "s01.dat").read_bytes())
    odd = [f for f in check_path(tmp_path) if f.level is Level.WARNING]
    assert [f.path.name for f in odd] == ["p77.dat", "s01.dat", "s01.mat"]
    assert "its name is not sNN" in odd[0].message
    assert "in another form as well" in odd[1].message
