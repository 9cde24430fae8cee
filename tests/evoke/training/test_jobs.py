"""Tasks on real processes, some of them killed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from evoke.errors import SettingsError
from evoke.training.jobs import Result, Task, load_result, run_tasks, store_result
from tests.evoke.training.jobs_work import NUMBERS, square, starts, tasks, values
from tests.evoke.training.ray_node import needs_ray

ROOT = Path(__file__).resolve().parents[3]
RIGHT = [n**2 + NUMBERS.sum() for n in range(8)]
DIED = "its worker process died 2 times"


def test_every_task_is_done_once_and_stored(tmp_path: Path) -> None:
    told: list[int] = []
    asked = tasks(tmp_path)
    found = run_tasks(
        square, asked, tmp_path / "out", NUMBERS, workers=2,
        on_done=lambda outcome: told.append(outcome.task.settings["n"]),
    )  # fmt: skip
    assert values(found) == pytest.approx(RIGHT)
    assert sorted(told) == starts(tmp_path) == list(range(8))
    stored = load_result(tmp_path / "out", asked[5])
    assert stored is not None
    assert stored.facts == found[5].result.facts  # type: ignore[union-attr]
    assert np.array_equal(stored.arrays["n"], np.full(50_000, 5))


def test_what_is_stored_is_not_done_again(tmp_path: Path) -> None:
    out = tmp_path / "out"
    run_tasks(square, tasks(tmp_path)[:3], out, NUMBERS, workers=1)
    assert values(run_tasks(square, tasks(tmp_path), out, NUMBERS, workers=2)) == pytest.approx(
        RIGHT
    )
    assert starts(tmp_path) == list(range(8))


def test_a_killed_worker_costs_nothing_but_its_task_again(tmp_path: Path) -> None:
    found = run_tasks(
        square, tasks(tmp_path, n2={"deaths": 1}), tmp_path / "out", NUMBERS, workers=2
    )
    assert values(found) == pytest.approx(RIGHT)
    assert starts(tmp_path).count(2) == 2


def test_two_deaths_fail_a_task_and_the_rest_go_on(tmp_path: Path) -> None:
    asked = tasks(tmp_path, n0={"deaths": 9}, n4={"deaths": 9})
    found = values(run_tasks(square, asked, tmp_path / "out", NUMBERS, workers=2))
    assert [found[0], found[4]] == [DIED, DIED]
    others = [n for n in range(8) if n not in (0, 4)]
    assert [found[n] for n in others] == pytest.approx([RIGHT[n] for n in others])
    assert (starts(tmp_path).count(0), starts(tmp_path).count(4)) == (2, 2)


def test_a_task_that_cannot_be_done_says_why_and_is_not_stored(tmp_path: Path) -> None:
    asked = tasks(tmp_path, n3={"fails": True})
    found = values(run_tasks(square, asked, tmp_path / "out", NUMBERS, workers=2))
    assert found[3] == "Training diverged."
    assert load_result(tmp_path / "out", asked[3]) is None
    assert not list((tmp_path / "out").glob("*.started"))


@pytest.mark.parametrize("left", [0, 10, 200])
def test_a_damaged_result_counts_as_none(tmp_path: Path, left: int) -> None:
    task = Task({"n": 1})
    store_result(tmp_path, task, Result({"value": 1}, {"a": np.arange(1000)}))
    [file] = tmp_path.iterdir()
    file.write_bytes(file.read_bytes()[:left])
    assert load_result(tmp_path, task) is None


def test_the_key_follows_the_settings_and_not_their_order() -> None:
    assert Task({"a": 1, "b": 2}).key == Task({"b": 2, "a": 1}).key
    assert Task({"a": 1, "b": 2}).key != Task({"a": 1, "b": 3}).key


def test_a_folder_that_cannot_be_written_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(SettingsError, match="cannot be written"):
        run_tasks(square, tasks(tmp_path), tmp_path / "file" / "out")
    assert starts(tmp_path) == []


@needs_ray
def test_a_ray_cluster_gives_the_same_though_a_worker_is_killed(
    tmp_path: Path, ray_cluster: str
) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.evoke.training.jobs_work", str(tmp_path), ray_cluster],
        check=False, capture_output=True, text=True, cwd=ROOT, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    expected = [DIED if n == 5 else value for n, value in enumerate(RIGHT)]
    assert done.stdout.splitlines()[-1] == str([float(v) if v != DIED else v for v in expected])
    assert starts(tmp_path).count(2) == 2
    assert starts(tmp_path).count(5) == 2


@needs_ray
def test_a_cluster_that_does_not_answer_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"No Ray cluster answers at 127\.0\.0\.1:1\."):
        run_tasks(square, tasks(tmp_path), tmp_path / "out", cluster="127.0.0.1:1")
