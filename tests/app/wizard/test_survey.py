"""What the wizard says is in the data is what training reads of them."""

from __future__ import annotations

import multiprocessing
import os
import shutil
import signal
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PySide6.QtCore import QObject
from pytestqt.qtbot import QtBot

from app.wizard.checking import Checking
from app.wizard.division import division, most_folds, trivial_shares
from app.wizard.look import read_trial, window_grids
from app.wizard.plan import Plan
from app.wizard.survey import FileFound, Survey, survey
from evoke.dataset.check import Level
from evoke.dataset.deap import read_deap
from evoke.dataset.demo import generate_subject
from evoke.dataset.demo_files import write_demo
from evoke.dataset.demo_original import write_demo_original
from evoke.dataset.pickle2 import write_arrays
from evoke.dataset.splits import PROTOCOLS, fold_of_windows
from evoke.errors import SettingsError
from evoke.features import extractor
from evoke.training.data import LabelledWindows, high, load_windows
from tests.app.conftest import WAIT_MS

PEOPLE, TRIALS, TRIAL_S = 4, 8, 5


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four people, so that processes of their own read them."""
    made = tmp_path_factory.mktemp("people")
    write_demo(made, range(1, PEOPLE + 1), trials=TRIALS, trial_s=TRIAL_S)
    return made


@pytest.fixture(scope="module")
def found(folder: Path) -> Survey:
    return survey(str(folder))


def windows_of(source: Path, hop_s: float = 1.0) -> LabelledWindows:
    return load_windows(str(source), extractor("de"), "mean", round(hop_s * 128))


@pytest.mark.parametrize("hop_s", [1.0, 0.5, 0.3])
def test_counts_are_those_of_training(found: Survey, folder: Path, hop_s: float) -> None:
    read = windows_of(folder, hop_s)
    assert found.windows_at(hop_s) == len(read)
    assert (found.subjects, found.trials) == (read.subjects, read.trials)
    assert found.synthetic
    assert read.synthetic
    first = np.unique(read.groups.trial, return_index=True)[1]
    assert np.array_equal(high(found.ratings), read.high[first])


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_the_folds_shown_are_those_of_training(found: Survey, folder: Path, protocol: str) -> None:
    plan = Plan(data=str(folder), folds=3, seed=4).changed(protocol=protocol)
    read = windows_of(folder)
    trained = fold_of_windows(protocol, read.groups, plan.folds, plan.seed)
    unit = {
        "segments": np.arange(len(read)),
        "trials": read.groups.trial,
        "videos": read.groups.video,
        "subjects": read.groups.subject,
    }[protocol]
    first = np.unique(unit, return_index=True)[1]
    shown = division(plan, found).fold_of
    assert len(shown) == {"segments": TRIAL_S, "subjects": PEOPLE}.get(protocol, TRIALS)
    assert np.array_equal(shown, trained[first][: len(shown)])


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_more_folds_than_there_are_units_are_refused(found: Survey, protocol: str) -> None:
    plan = Plan(folds=3).changed(protocol=protocol)
    most = most_folds(plan, found)
    if most > 40:
        return
    assert len(np.unique(division(plan.changed(folds=most), found).fold_of)) == most
    with pytest.raises(SettingsError, match="folds need at least"):
        division(plan.changed(folds=most + 1), found)


def test_a_damaged_file_is_a_finding(folder: Path, tmp_path: Path) -> None:
    for file in sorted(folder.glob("*.dat"))[:3]:
        (tmp_path / file.name).write_bytes(file.read_bytes())
    broken = tmp_path / "s02.dat"
    broken.write_bytes(broken.read_bytes()[:5000])
    found = survey(str(tmp_path))
    assert [f.level for f in found.files] == [Level.OK, Level.ERROR, Level.OK]
    assert found.files[1].sentence.startswith("s02.dat")
    assert str(tmp_path) not in found.files[1].sentence
    assert found.subjects == ("s01", "s03")
    without = found.without(("s02.dat", "s03.dat"))
    assert (without.subjects, without.damaged) == (("s01",), ())


def test_progress_tells_of_every_file(folder: Path) -> None:
    told: list[tuple[int, int]] = []
    survey(str(folder), on_progress=lambda names, found: told.append((len(names), len(found))))
    assert told == [(PEOPLE, done) for done in range(PEOPLE + 1)]


def test_a_check_can_be_stopped(folder: Path) -> None:
    told: list[int] = []
    with pytest.raises(SettingsError, match="stopped"):
        survey(
            str(folder),
            on_progress=lambda _names, found: told.append(len(found)),
            cancelled=lambda: len(told) > 1,
        )
    assert told[-1] < PEOPLE


def test_a_reader_that_is_killed_is_said(folder: Path) -> None:
    """Its file would never come."""
    killed: list[int] = []

    def kill() -> bool:
        if not killed:
            for reader in multiprocessing.active_children():
                if reader.name.startswith("SpawnPoolWorker") and reader.pid:
                    os.kill(reader.pid, signal.SIGKILL)
                    killed.append(reader.pid)
        return False

    with pytest.raises(SettingsError, match="ended from outside"):
        survey(str(folder), cancelled=kill)
    assert killed


def test_files_of_other_kinds_are_named(tmp_path: Path) -> None:
    write_demo(tmp_path, (1, 2), trials=TRIALS, trial_s=TRIAL_S)
    for name in ("notes.txt", "s07.edf", ".hidden"):
        (tmp_path / name).write_text("x", encoding="utf-8")
    found = survey(str(tmp_path))
    assert [file.name for file in found.files] == ["s01.dat", "s02.dat"]
    assert set(found.others) >= {"notes.txt", "s07.edf"}
    assert not {"s01.dat", ".hidden"} & set(found.others)


def test_generated_people_are_rated_as_their_signals_will_be() -> None:
    found = survey("demo:benchmark:2-3:7")
    assert found.subjects == ("s02", "s03")
    _, ratings = generate_subject(3, 7, "benchmark", trials=5, trial_s=2)
    assert np.array_equal(found.files[1].ratings[:5], ratings[:, :3])
    assert found.windows == 2 * 40 * 60


def test_a_window_is_shown_as_a_network_reads_it(folder: Path) -> None:
    for name in ("de", "psd"):
        read = load_windows(str(folder), extractor(name), "paper")
        trial = read_trial(str(folder), "s02.dat", 3)
        at = (TRIALS + 2) * TRIAL_S + 4
        assert window_grids(trial, name, "paper", 4) == pytest.approx(read.grid[at], rel=1e-5)


def one_file(ratings: list[tuple[float, float, float]]) -> Survey:
    rated = np.array(ratings)
    videos = np.arange(len(ratings))
    file = FileFound(
        "s01.dat", "s01", Level.OK, "prepared", ratings=rated, videos=videos, samples=8064
    )
    return Survey("x", (file,))


@settings(deadline=None)
@given(st.lists(st.tuples(*[st.floats(1, 9)] * 3), min_size=1, max_size=30))
def test_the_commoner_answer_is_right_at_least_half_the_time(
    ratings: list[tuple[float, float, float]],
) -> None:
    found = one_file(ratings)
    for k, share in enumerate(trivial_shares(found)):
        above = sum(rating[k] > 5 for rating in ratings)
        assert share == pytest.approx(max(above, len(ratings) - above) / len(ratings))
        assert share >= 0.5


def test_a_subject_that_is_there_twice_is_one_file_too_many(tmp_path: Path) -> None:
    write_demo(tmp_path, (1, 2), trials=4, trial_s=4)
    write_demo(tmp_path, (1,), trials=4, trial_s=4, file_format="mat")
    found = survey(str(tmp_path))
    assert [f.name for f in found.damaged] == ["s01.mat"]
    assert found.damaged[0].sentence == "s01.mat holds the same subject as s01.dat."
    assert found.subjects == ("s01", "s02")
    without = found.without(("s01.mat",))
    assert not without.damaged
    read = load_windows(str(tmp_path), extractor("de"), "mean", leave_out=without.leave_out)
    assert len(read) == without.windows


def test_a_recording_under_another_name_is_one_file_too_many(tmp_path: Path) -> None:
    write_demo(tmp_path, (1, 2), trials=4, trial_s=4)
    shutil.copy(tmp_path / "s01.dat", tmp_path / "s41.dat")
    for anew in (True, False):
        found = survey(str(tmp_path), anew=anew)
        assert [f.sentence for f in found.damaged] == [
            "s41.dat holds the same recording as s01.dat: leave one out."
        ]
        assert found.subjects == ("s01", "s02")


def test_a_synthetic_file_among_recordings_is_one_too_many(tmp_path: Path) -> None:
    write_demo(tmp_path, (1, 2), trials=2, trial_s=4)
    file = read_deap(tmp_path / "s01.dat")
    with (tmp_path / "s01.dat").open("wb") as out:  # off the generator's grid, as recordings are
        write_arrays(out, {"data": file.data + 1e-4, "labels": file.labels})
    found = survey(str(tmp_path))
    assert [f.name for f in found.damaged] == ["s02.dat"]
    assert found.damaged[0].sentence.startswith("s02.dat is synthetic, and other files here are")
    assert (found.subjects, found.synthetic) == (("s01",), False)


def test_what_was_found_sound_is_kept_in_mind_until_the_file_changes(tmp_path: Path) -> None:
    write_demo(tmp_path, (1, 2), trials=4, trial_s=4)
    (tmp_path / "s02.dat").write_bytes(b"no subject")
    read = survey(str(tmp_path))
    known = survey(str(tmp_path), anew=False)
    for one, other in zip(read.files, known.files, strict=True):
        assert (one.name, one.level, one.sentence, one.facts) == (
            other.name,
            other.level,
            other.sentence,
            other.facts,
        )
    assert np.array_equal(read.ratings, known.ratings)
    assert (read.windows_at(0.5), read.synthetic) == (known.windows_at(0.5), known.synthetic)
    (tmp_path / "s01.dat").write_bytes(b"damaged since")
    assert len(survey(str(tmp_path), anew=False).damaged) == 2


def test_a_file_that_goes_while_it_is_read_is_a_finding(tmp_path: Path) -> None:
    write_demo(tmp_path, (1,), trials=4, trial_s=4)
    (tmp_path / "s02.dat").symlink_to(tmp_path / "nowhere.dat")
    found = survey(str(tmp_path))
    assert found.subjects == ("s01",)
    assert [f.name for f in found.damaged] == ["s02.dat"]


def test_original_recordings_are_surveyed_as_they_are_trained_on(tmp_path: Path) -> None:
    write_demo_original(tmp_path, (1, 2), trials=4, trial_s=5)
    found = survey(str(tmp_path))
    read = windows_of(tmp_path)
    assert found.forms == {"original"}
    assert found.files[0].laboratory == "Twente"
    assert (found.subjects, found.windows) == (read.subjects, len(read))
    videos = np.unique(read.groups.trial, return_index=True)[1]
    assert np.array_equal(found.videos, read.groups.video[videos])


@pytest.mark.parametrize("ending", [".dat", ".mat", ".bdf"])
def test_links_that_lead_in_a_ring_are_a_damaged_file(tmp_path: Path, ending: str) -> None:
    write_demo(tmp_path, [1], trials=TRIALS, trial_s=TRIAL_S)
    ring = tmp_path / f"s02{ending}"
    ring.symlink_to(ring.name)
    for anew in (True, False):
        [damaged] = survey(str(tmp_path), anew=anew).damaged
        assert damaged.name == ring.name
        assert damaged.sentence.startswith(f"{ring.name} cannot be read: ")


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere a name is text")
def test_a_name_that_is_no_text_is_said_and_left_out(tmp_path: Path) -> None:
    write_demo(tmp_path, [1, 2, 3], trials=TRIALS, trial_s=TRIAL_S)
    os.rename(tmp_path / "s02.dat", os.fsencode(tmp_path) + b"/s02\xff.dat")
    for anew in (True, False):
        [damaged] = survey(str(tmp_path), anew=anew).damaged
        assert damaged.sentence == "s02\\xff.dat has a name that is no text: rename the file."
    rest = survey(str(tmp_path), (damaged.name,))
    assert not rest.damaged
    assert Plan(leave_out=(damaged.name,)).model_dump_json()
    read = load_windows(str(tmp_path), extractor("de"), "mean", 128, leave_out=(damaged.name,))
    assert read.subjects == rest.subjects == ("s01", "s03")


def test_a_thousand_damaged_files_are_not_told_one_by_one(
    qapp: object, qtbot: QtBot, tmp_path: Path
) -> None:
    for number in range(1000):
        (tmp_path / f"s{number:04d}.dat").write_bytes(b"x")
    parent = QObject()
    checking = Checking(parent)
    told: list[int] = []
    checking.progressed.connect(lambda _names, found: told.append(len(found)))
    with qtbot.waitSignal(checking.ended, timeout=WAIT_MS) as ended:
        checking.start(str(tmp_path), (), anew=True)
    assert len(ended.args[0].damaged) == 1000
    assert told[0] == 0
    assert told[-1] == 1000
    assert len(told) < 300, "at most ten a second"
