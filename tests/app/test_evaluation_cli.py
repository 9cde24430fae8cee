"""`evoke evaluate`, `table`, `sweep`, `recipes` and `speed` as a user types them."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from app.study_cli import _score_table
from evoke.dataset.demo_files import write_demo
from evoke.training.evaluation import assess
from evoke.training.tables import SCALES, Table, about_paper, cells
from tests.app.refusals import refusal

ROOT = Path(__file__).resolve().parents[2]
STUDENT = ROOT / "models" / "weights" / "student-demo.safetensors"


def evoke(folder: Path, *arguments: object) -> subprocess.CompletedProcess[str]:
    env = os.environ | {"EVOKE_DATA_DIR": str(folder / "data"), "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-m", "app.cli", *map(str, arguments)],
        check=False, capture_output=True, text=True, env=env, cwd=folder, timeout=280,
    )  # fmt: skip
    assert "Traceback" not in done.stdout + done.stderr
    return done


@pytest.fixture(scope="module")
def person(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Ten short trials, of which even a teacher learns in seconds."""
    folder = tmp_path_factory.mktemp("person")
    write_demo(folder, [1], preset="benchmark", trials=10, trial_s=10)
    return folder


def test_evaluate_says_the_verdict_first(tmp_path: Path) -> None:
    done = evoke(
        tmp_path,
        *("evaluate", STUDENT, "demo:showcase:90-90"),
        *("--json", "out/found.json", "--csv", "out/found.csv"),
    )
    assert done.returncode == 0, done.stderr
    first, *rest = done.stdout.splitlines()
    assert first.startswith("On people it has never seen, right about valence ")
    assert any("perfect predictor" in line for line in rest)
    assert any("rated (line) and read (column)" in line for line in rest)
    [found] = json.loads((tmp_path / "out" / "found.json").read_text())
    assert found["trials"] == 40
    assert found["verdict"][0] == first
    with (tmp_path / "out" / "found.csv").open(newline="") as file:
        assert {row["metric"] for row in csv.DictReader(file)} >= {"accuracy", "auroc", "ece"}


def test_a_sweep_over_one_point_draws_its_figure(person: Path, tmp_path: Path) -> None:
    done = evoke(
        tmp_path,
        *("sweep", person, "--quick", "--out", "out", "--protocol", "segments"),
        *("--temperature", 1.25, "--alpha", 0.5),
    )
    assert done.returncode == 0, done.stderr
    assert "No GPU" in done.stdout or "seconds" in done.stdout
    assert "nothing may be chosen by them" in done.stdout
    assert (tmp_path / "out" / "sweep.png").read_bytes().startswith(b"\x89PNG")
    assert len(json.loads((tmp_path / "out" / "sweep.json").read_text())["points"]) == 3


def test_recipes_are_compared_drawn_and_written(person: Path, tmp_path: Path) -> None:
    done = evoke(
        tmp_path,
        *("recipes", person, "--quick", "--out", "out", "--work", "work"),
        *("--json", "out/r.json", "--csv", "out/r.csv", "--markdown", "out/r.md"),
    )
    assert done.returncode == 0, done.stderr
    assert "Mixed seconds" in done.stdout
    assert done.stdout.count("The aim of at least") == 3
    assert (tmp_path / "out" / "recipes.png").read_bytes().startswith(b"\x89PNG")
    found = json.loads((tmp_path / "out" / "r.json").read_text())
    assert [row["key"] for row in found["rows"]].count("default") == 2
    assert found["in_words"][0] in done.stdout
    assert found["in_words"][0] in (tmp_path / "out" / "r.md").read_text()
    with (tmp_path / "out" / "r.csv").open(newline="") as file:
        assert len(list(csv.DictReader(file))) == len(found["rows"])


def test_the_table_says_whose_the_papers_figures_are_and_who_heard_shuffled_ratings() -> None:
    y = np.tile([[0, 1, 0], [1, 0, 1]], (10, 1))
    found = assess(0.3 + 0.4 * y, y, np.arange(20), y, resamples=20)
    asked = cells(("student", "ccnn"), ("segments", "trials"))
    table = _score_table(Table(SCALES.quick, "data", 20, dict.fromkeys(asked, found), ()))
    assert table.columns[-1].header == "the paper (DEAP, mixed seconds)"
    names, papers = ([*table.columns[k].cells] for k in (0, -1))
    assert dict(zip(names, papers, strict=True))["Student from scratch, ratings shuffled"] == "-"
    assert papers[:2] == ["87.62 0.88", "93.23 0.92"]
    assert "default preset" in about_paper()


def test_speed_draws_teacher_and_student(tmp_path: Path) -> None:
    done = evoke(tmp_path, "speed", "--out", "out")
    assert done.returncode == 0, done.stderr
    assert "6,234,627" in done.stdout
    assert "353,363" in done.stdout
    assert done.stdout.count("1,991,424") == 2, "the student's, and the paper's"
    with (tmp_path / "out" / "speed.csv").open(newline="") as file:
        assert [row["network"] for row in csv.DictReader(file)] == ["ccnn", "student"]
    assert (tmp_path / "out" / "speed.svg").exists()


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["evaluate", "missing.safetensors", "demo:showcase:1"], "missing.safetensors"),
        (["evaluate", STUDENT, "--json", "found.txt"], "must end in .json"),
    ],
)
def test_a_wrong_command_gets_one_sentence_and_exit_code_2(
    arguments: list[object], reason: str, tmp_path: Path
) -> None:
    done = evoke(tmp_path, *arguments)
    assert done.returncode == 2
    assert done.stderr.startswith("evoke: ")
    assert done.stderr.strip().count("\n") == 0
    assert reason in done.stderr


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["evaluate", STUDENT, "nowhere"], "nowhere"),
        (["evaluate", STUDENT, "--csv", "/proc/x/found.csv"], "that can be written to"),
        (["table", "nowhere", "--quick"], "nowhere"),
        (["table", "--json", "/proc/nowhere/t.json"], "that can be written to"),
        (["sweep", "--quick", "--out", "/proc/nowhere"], "that can be written to"),
        (["recipes", "--markdown", "r.txt"], "must end in .md"),
        (["recipes", "--quick", "--out", "/proc/nowhere"], "that can be written to"),
        (["recipes", "nowhere", "--quick"], "nowhere"),
        (["sweep", "demo:benchmark:1", "--quick", "--out", "o", "--alpha", 7], "Alpha"),
        (["sweep", "demo:benchmark:1", "--quick", "--out", "o", "--protocol", "hours"], "hours"),
        (["sweep", "demo:benchmark:1", "--out", "o", "--protocol", "subjects"], "5 subjects"),
    ],
)
def test_a_wrong_command_is_refused(
    arguments: list[object], reason: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert reason in refusal(*arguments)
