"""What the benchmarks measure is the right thing; how fast it is, they only print."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from app.bench import inference, training
from evoke.errors import CheckpointError
from models.checkpoint import load
from models.matrices import as_matrices
from models.runtime import BUNDLED_STUDENT
from models.student import Student
from models.torch_runtime import network_of


@pytest.fixture(autouse=True)
def one_thread(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    before = torch.get_num_threads()
    monkeypatch.setenv("OMP_NUM_THREADS", "1")  # which `cpu_threads` obeys
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def test_convolutions_as_matrices_are_the_same_network() -> None:
    student = network_of(load(BUNDLED_STUDENT))
    assert isinstance(student, Student)
    grid = torch.randn((40, 4, 9, 9), generator=torch.Generator().manual_seed(1))
    with torch.inference_mode():
        matrices = as_matrices(student)
        assert matrices(grid) == pytest.approx(student(grid), abs=1e-4)
        matrices.to(torch.bfloat16)
    assert all(weights.dtype is torch.float32 for weights in student.parameters())


def test_every_form_of_the_student_reads_the_same() -> None:
    found = inference.run()
    assert [bulk.form for bulk in found.bulk][:2] == [
        "as the application runs it, host to host",
        "torch, fp32",
    ]
    for bulk in found.bulk:
        assert bulk.difference < (1e-2 if "bf16" in bulk.form else 1e-5)
        assert bulk.windows_per_s > 0
    said = inference.sentence(found)
    assert found.device in said
    assert ("no GPU" in said) == (not torch.cuda.is_available())


def test_a_network_that_cannot_be_measured_is_named(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match=r"nowhere\.safetensors"):
        inference.run(tmp_path / "nowhere.safetensors")


def test_a_few_batches_are_timed_and_nothing_is_made_of_them() -> None:
    found = training.run(training.size(folds=1, windows=20, epochs=1))
    assert (found.size.folds, found.size.windows) == (1, 20)
    assert min(*found.ours.values(), *found.plain.values(), found.first_s, found.logits_s) > 0
    said = training.sentence(found)
    assert "20 windows" in said
    assert "100 epochs" not in said
    assert ("no GPU" in said) == (not torch.cuda.is_available())


def test_whole_runs_are_worked_out_from_their_parts() -> None:
    """First epochs and logits once, the other 99 epochs at the pace measured."""
    found = training.Found(
        device="a GPU",
        precision="bf16",
        plain_precision="fp32",
        size=training.DEAP,
        ours={"teacher": 1.0, "student": 0.25},
        plain={"teacher": 7.5, "student": 5.0},
        first_s=6.0,
        logits_s=0.25,
    )
    said = training.sentence(found)
    assert "10.0 times as long" in said
    assert "100 epochs at this pace 130 s" in said
    assert "1250 s" in said
