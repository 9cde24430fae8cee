"""A run's folder: killed, resumed, held by two, on a full disk, damaged."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from evoke.errors import TrainingError
from evoke.training.events import EpochEnded, Event, FoldResumed
from evoke.training.run import Trained
from evoke.training.runs import (
    Progress,
    RunFolder,
    Snapshot,
    is_begun,
    is_whole,
    stored_epoch,
    stored_progress,
)
from evoke.training.ways import Way
from tests.evoke.training.killable import train


@pytest.fixture(scope="module")
def whole() -> list[Trained]:
    """A run that nothing interrupted, in a process that nothing killed."""
    return train(None)


def equal(first: list[Trained], second: list[Trained]) -> bool:
    """To the bit."""
    return len(first) == len(second) and all(
        a.calibrator == b.calibrator
        and a.best_epoch == b.best_epoch
        and a.report == b.report
        and all(np.array_equal(weights, b.weights[name]) for name, weights in a.weights.items())
        for a, b in zip(first, second, strict=True)
    )


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL")
@pytest.mark.parametrize(
    ("fold", "epoch", "kept"), [(1, 1, []), (1, 3, [(1, 2)]), (2, 2, [(1, 5), (2, 1)])]
)
def test_a_killed_run_goes_on_to_the_same_bits(
    whole: list[Trained], tmp_path: Path, fold: int, epoch: int, kept: list[tuple[int, int]]
) -> None:
    """While it runs no other may have its folder; once it is dead, its lock is too."""
    path = tmp_path / "run"
    command = [sys.executable, "-m", "tests.evoke.training.killable", str(path)]
    ended: list[tuple[int, int]] = []
    with subprocess.Popen(
        [*command, str(fold), str(epoch)], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if line == "waiting\n":
                with pytest.raises(TrainingError, match=f"in use by process {process.pid}"):
                    RunFolder(path, resume=True)
                process.send_signal(signal.SIGKILL)
            else:
                ended.append((int(line.split()[1]), int(line.split()[2])))
    assert process.returncode == -signal.SIGKILL
    resumed: list[tuple[int, int]] = []

    def on_event(event: Event) -> None:
        if isinstance(event, FoldResumed):
            resumed.append((event.fold, event.epoch))
        if isinstance(event, EpochEnded):
            ended.append((event.fold, event.epoch))

    with RunFolder(path, resume=True) as folder:
        folds = train(folder, on_event)
    assert equal(folds, whole)
    assert resumed == kept
    # no epoch was trained twice but the one that was broken off
    assert ended == [(fold, epoch) for fold in (1, 2) for epoch in range(1, 6)]


def test_a_finished_run_is_only_tested_again(whole: list[Trained], tmp_path: Path) -> None:
    with RunFolder(tmp_path) as folder:
        train(folder)
    events: list[Event] = []
    with RunFolder(tmp_path, resume=True) as folder:
        assert equal(train(folder, events.append), whole)
    assert not any(isinstance(event, EpochEnded) for event in events)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows sets no limit on files")
def test_a_file_that_cannot_be_written_leaves_the_last_one(
    whole: list[Trained], tmp_path: Path
) -> None:
    """A limit on the size of files stands in for a full disk: the write fails half way."""
    import resource

    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    kept = b""

    def on_event(event: Event) -> None:
        nonlocal kept
        if isinstance(event, EpochEnded) and event.epoch == 2:
            folder.flush()
            kept = (tmp_path / "fold-1.safetensors").read_bytes()
            resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, before[1]))

    try:
        with RunFolder(tmp_path) as folder, pytest.raises(TrainingError) as caught:
            train(folder, on_event)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    message = str(caught.value)
    assert "fold-1.safetensors could not be written: File too large" in message
    assert message.endswith("fold 1 is kept as epoch 2 left it; make room there, then resume.")
    assert "\n" not in message
    files = sorted(path.name for path in tmp_path.iterdir())
    assert files == ["fold-1.safetensors", "lock", "run.json"]
    assert (tmp_path / "fold-1.safetensors").read_bytes() == kept
    with RunFolder(tmp_path, resume=True) as folder:
        assert equal(train(folder), whole)


def test_a_run_on_other_data_does_not_go_on_with_its_weights(tmp_path: Path) -> None:
    """A file of another network, put in the place of the fold's own."""
    with RunFolder(tmp_path) as folder:
        folder.save(1, SNAPSHOT)
    with (
        RunFolder(tmp_path) as folder,
        pytest.raises(TrainingError, match="fold 1 is of another network"),
    ):
        train(folder)


SNAPSHOT = Snapshot(
    Progress(2, 32, 1, 0.5, None, (Way(1, 64, "cuda", "bf16"), Way(2, 32, "cpu", "fp32"))),
    {"best.a": np.arange(6.0).reshape(2, 3).T, "adam.0.step": np.array(4.0, np.float32)},
)


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """A folder with a run in it."""
    path = tmp_path / "run"
    with RunFolder(path) as folder:
        folder.begin({"batch": 32, "lags": (1, 2)}, {"versions": {}})
        folder.save(1, SNAPSHOT)
    return path


def test_a_fold_of_an_older_version_does_not_say_how_it_was_trained(tmp_path: Path) -> None:
    told = '{"epoch": 2, "batch": 32, "best_epoch": 1, "best_nll": 0.5, "finish": null}'
    save_file({}, tmp_path / "fold-1.safetensors", {"evoke": told})
    assert stored_progress(tmp_path, 1) == Progress(2, 32, 1, 0.5, None)


def test_what_was_saved_comes_back(run: Path) -> None:
    with RunFolder(run, resume=True) as folder:
        folder.begin({"batch": 32, "lags": (1, 2)}, {})
        read = folder.load(1)
        assert read is not None
        assert read.progress == SNAPSHOT.progress
        for name, tensor in SNAPSHOT.tensors.items():
            assert np.array_equal(read.tensors[name], tensor)
            assert read.tensors[name].shape == tensor.shape
        assert folder.load(2) is None


def test_each_save_replaces_the_last(run: Path) -> None:
    later = Snapshot(replace(SNAPSHOT.progress, epoch=3), SNAPSHOT.tensors)
    with RunFolder(run, resume=True) as folder:
        folder.save(1, later)
        folder.flush()
        read = folder.load(1)
        assert read is not None
        assert read.progress.epoch == 3
    assert load_file(run / "fold-1.safetensors").keys() == SNAPSHOT.tensors.keys()


def test_half_a_file_is_cleared_away(run: Path) -> None:
    half = run / ".fold-1.safetensors.abc.part"
    half.write_bytes(b"half")
    with RunFolder(run, resume=True) as folder:
        assert not half.exists()
        assert folder.load(1) is not None


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        ({"batch": 16, "lags": [1, 2]}, "begun with batch 32, now it is 16"),
        ({"batch": 32}, r"begun with lags \[1, 2\], now it is None"),
    ],
)
def test_a_run_is_resumed_with_what_it_was_begun_with(
    run: Path, settings: dict[str, object], reason: str
) -> None:
    with RunFolder(run, resume=True) as folder, pytest.raises(TrainingError, match=reason):
        folder.begin(settings, {})


def test_a_run_is_neither_overwritten_nor_made_up(run: Path, tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="holds a run already"):
        RunFolder(run)
    with pytest.raises(TrainingError, match="holds no run"):
        RunFolder(tmp_path / "nothing", resume=True)
    assert not (tmp_path / "nothing").exists()


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(TrainingError, match="cannot hold a run"):
        RunFolder(tmp_path / "file" / "run")


@pytest.mark.parametrize(
    ("old", "new"),
    [(b'{\\"epoch', b'{\\"EPOCH'), (b'\\"finish\\": null', b'\\"finish\\": "x"'), (b"F32", b"X32")],
)
def test_a_damaged_fold_is_named(run: Path, old: bytes, new: bytes) -> None:
    path = run / "fold-1.safetensors"
    content = path.read_bytes()
    assert old in content
    path.write_bytes(content.replace(old, new))
    with (
        RunFolder(run, resume=True) as folder,
        pytest.raises(TrainingError, match=r"fold-1.safetensors is damaged"),
    ):
        folder.load(1)


def test_a_fold_that_was_cut_off_is_named(run: Path) -> None:
    path = run / "fold-1.safetensors"
    path.write_bytes(path.read_bytes()[:-8])
    with (
        RunFolder(run, resume=True) as folder,
        pytest.raises(TrainingError, match=r"fold-1.safetensors is damaged"),
    ):
        folder.load(1)


@pytest.mark.parametrize(
    "content", ["", "[]", '{"schema": 1}', '{"schema": 1, "settings": 5}', "[" * 100_000]
)
def test_a_damaged_beginning_is_named(run: Path, content: str) -> None:
    (run / "run.json").write_text(content)
    with (
        RunFolder(run, resume=True) as folder,
        pytest.raises(TrainingError, match=r"run.json is damaged"),
    ):
        folder.begin({}, {})
    assert not is_begun(run)


def test_what_is_damaged_is_seen_without_reading_it_all(run: Path) -> None:
    path = run / "fold-1.safetensors"
    whole = path.read_bytes()
    assert is_whole(path)
    for content in (
        b"",
        whole[:5],
        whole[:-8],
        whole + b"0",
        whole.replace(b"data_off", b"date_off"),
        (100_000).to_bytes(8, "little") + b"[" * 100_000,
    ):
        path.write_bytes(content)
        assert not is_whole(path)
        assert stored_epoch(run, 1) is None
    path.unlink()
    assert not is_whole(path)
    path.mkdir()
    assert is_whole(path), "it cannot be read, which is not known to be damage"


def test_a_beginning_that_is_gone_or_later_is_none(run: Path) -> None:
    path = run / "run.json"
    assert is_begun(run)
    path.write_text(path.read_text().replace('"schema": 1', '"schema": 2'))
    assert not is_begun(run)
    path.unlink()
    assert not is_begun(run)
    assert not is_begun(run / "lock")


def test_a_run_of_a_later_version_is_refused(run: Path) -> None:
    stored = json.loads((run / "run.json").read_text())
    (run / "run.json").write_text(json.dumps({**stored, "schema": 2}))
    with RunFolder(run, resume=True) as folder, pytest.raises(TrainingError, match="schema 2"):
        folder.begin({}, {})


def test_the_lock_says_who_holds_it(tmp_path: Path) -> None:
    with (
        RunFolder(tmp_path / "run"),
        pytest.raises(TrainingError, match=f"in use by process {os.getpid()}"),
    ):
        RunFolder(tmp_path / "run")
    with RunFolder(tmp_path / "run"):
        pass
