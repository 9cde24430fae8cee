"""What the benchmarks measure is the right thing; how fast it is, they only print."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from app import costs
from app.bench import inference, training
from app.training_request import best_device
from evoke.errors import CheckpointError
from models import runtime
from models.checkpoint import Checkpoint, load
from models.matrices import as_matrices
from models.runtime import BUNDLED_STUDENT, NetworkClassifier
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


def test_a_gpu_that_torch_was_not_built_for_is_not_trained_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A card of 2016, beside a torch for those since 2018."""
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda: (6, 1))
    monkeypatch.setattr(torch.cuda, "get_arch_list", lambda: ["sm_75", "sm_90", "sm_120"])
    assert best_device() == "cpu"
    assert training.size() == training.FEW


def test_what_one_device_timed_is_not_put_down_to_another(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A GPU with room for one window, and none for a batch: the CPU's times are the CPU's."""

    class Full:
        asked = 0

        def forward(self, grid: NDArray[np.float32]) -> NDArray[np.float32]:
            if len(grid) > 1:
                raise torch.OutOfMemoryError("CUDA out of memory.")
            self.asked += 1
            return np.zeros((1, 3), np.float32)

    used: list[str] = []

    def made(checkpoint: Checkpoint) -> NetworkClassifier:
        spare = runtime._cpu_network(checkpoint)
        found = NetworkClassifier(checkpoint, Full(), "GPU", lambda: spare)
        classify = found.classify

        def noted(grid: NDArray[np.float32]) -> NDArray[np.float32]:
            answer = classify(grid)
            if len(grid) == 1:
                used.append(found.device)
            return answer

        monkeypatch.setattr(found, "classify", noted)
        return found

    monkeypatch.setattr(runtime, "classifier_of", made)
    assert costs.cost("student").device == "CPU"
    assert {"GPU", "CPU"} == set(used), "one window is timed again, on the CPU"
