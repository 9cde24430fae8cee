from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from models import runtime
from models.checkpoint import Checkpoint, save
from models.errors import CheckpointError, DeviceError
from models.numpy_student import NumpyStudent
from models.runtime import NetworkClassifier, classifier_of, load_classifier
from models.torch_runtime import TorchNetwork, network_of

MakeCheckpoint = Callable[..., Checkpoint]

GRIDS = np.random.default_rng(2).standard_normal((6, 4, 9, 9)).astype(np.float32)


def expected(checkpoint: Checkpoint) -> np.ndarray:
    """Probabilities by the definition, in torch and float64."""
    network = network_of(checkpoint).double()
    standard = (GRIDS.astype(float) - checkpoint.mean) / checkpoint.std
    with torch.inference_mode():
        logits = network(torch.from_numpy(standard)).numpy()
    calibration = checkpoint.card.calibration
    z = logits / np.array(calibration.temperature) + np.array(calibration.bias)
    return 1 / (1 + np.exp(-z))


@pytest.mark.parametrize("network", ["student", "ccnn", "arjun_vit"])
def test_it_standardises_and_calibrates(make_checkpoint: MakeCheckpoint, network: str) -> None:
    checkpoint = make_checkpoint(network)
    classifier = classifier_of(checkpoint, "cpu")
    probabilities = classifier.classify(GRIDS)
    assert probabilities.dtype == np.float32
    assert probabilities == pytest.approx(expected(checkpoint), abs=2e-6)
    assert classifier.classify(GRIDS[:1]) == pytest.approx(probabilities[:1], abs=1e-6)
    assert classifier.classify(GRIDS[:0]).shape == (0, 3)


def test_numpy_and_torch_read_the_same(make_checkpoint: MakeCheckpoint) -> None:
    checkpoint = make_checkpoint()
    in_numpy = classifier_of(checkpoint, "cpu").logits(GRIDS)
    in_torch = TorchNetwork(checkpoint).forward((GRIDS - checkpoint.mean) / checkpoint.std)
    assert in_numpy == pytest.approx(in_torch, abs=2e-6)
    threads = torch.get_num_threads()
    alone = TorchNetwork(checkpoint).forward(((GRIDS - checkpoint.mean) / checkpoint.std)[:1])
    assert alone == pytest.approx(in_torch[:1], abs=2e-6)
    assert torch.get_num_threads() == threads, "training may want them all"


def test_it_tells_what_it_is(make_checkpoint: MakeCheckpoint, tmp_path: Path) -> None:
    path = tmp_path / "a.safetensors"
    fingerprint = save(make_checkpoint(), path)
    classifier = load_classifier(path, "cpu")
    assert (classifier.name, classifier.device, classifier.synthetic) == (
        "test student",
        "CPU",
        True,
    )
    assert (classifier.features, classifier.baseline) == ("de", "mean")
    assert classifier.chain == {"band_hz": [4.0, 45.0]}
    assert classifier.fingerprint == fingerprint


def test_a_wrong_shape_is_named(make_checkpoint: MakeCheckpoint) -> None:
    with pytest.raises(ValueError, match=r"\(n, 4, 9, 9\), got \(4, 9, 9\)"):
        classifier_of(make_checkpoint(), "cpu").classify(GRIDS[0])


def test_a_network_may_read_raw_windows(make_checkpoint: MakeCheckpoint) -> None:
    classifier = classifier_of(make_checkpoint("arjun_vit", config={"reads": "window"}), "cpu")
    windows = np.random.default_rng(3).standard_normal((2, 32, 128)).astype(np.float32)
    assert classifier.classify(windows).shape == (2, 3)
    with pytest.raises(ValueError, match=r"\(n, 32, 128\), got \(6, 4, 9, 9\)"):
        classifier.classify(GRIDS)


def test_large_logits_do_not_overflow(make_checkpoint: MakeCheckpoint) -> None:
    probabilities = classifier_of(make_checkpoint(), "cpu").classify(GRIDS * 1e6)
    assert np.isfinite(probabilities).all()
    assert ((probabilities >= 0) & (probabilities <= 1)).all()


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match=r"nowhere\.safetensors"):
        load_classifier(tmp_path / "nowhere.safetensors")


@pytest.mark.skipif(torch.cuda.is_available(), reason="this computer has a GPU")
def test_asking_for_a_gpu_that_is_not_here_says_so(make_checkpoint: MakeCheckpoint) -> None:
    with pytest.raises(DeviceError, match="GPU"):
        classifier_of(make_checkpoint(), "cuda")


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU")
@pytest.mark.parametrize("network", ["student", "ccnn"])
def test_the_gpu_reads_what_the_cpu_reads(make_checkpoint: MakeCheckpoint, network: str) -> None:
    checkpoint = make_checkpoint(network)
    classifier = classifier_of(checkpoint, "cuda")
    assert classifier.device == torch.cuda.get_device_name()
    one_by_one = np.concatenate([classifier.classify(grid[None]) for grid in GRIDS])
    assert one_by_one == pytest.approx(expected(checkpoint), abs=1e-5)
    assert classifier.classify(GRIDS) == pytest.approx(one_by_one, abs=1e-5)


def test_a_gpu_that_fails_while_it_is_used_costs_no_reading(
    make_checkpoint: MakeCheckpoint,
) -> None:
    checkpoint = make_checkpoint()

    class Lost:
        """As torch speaks of a device that is gone."""

        def forward(self, grid: object) -> np.ndarray:
            raise RuntimeError("CUDA error: unspecified launch failure\nCUDA kernel errors might")

    def spare() -> NumpyStudent:
        return NumpyStudent(checkpoint.weights)

    classifier = NetworkClassifier(checkpoint, Lost(), "NVIDIA H200", spare)
    assert classifier.classify(GRIDS) == pytest.approx(expected(checkpoint), abs=2e-6)
    assert classifier.device == "CPU"
    with pytest.raises(RuntimeError, match="launch failure"):
        NetworkClassifier(checkpoint, Lost(), "CPU").classify(GRIDS)


def test_without_a_driver_auto_does_not_import_torch(
    make_checkpoint: MakeCheckpoint, tmp_path: Path
) -> None:
    path = tmp_path / "a.safetensors"
    save(make_checkpoint(), path)
    script = (
        "import sys, numpy as np, models.runtime as r\n"
        "r._driver_present = lambda: False\n"
        "from pathlib import Path\n"
        "c = r.load_classifier(Path(sys.argv[1]))\n"
        "c.classify(np.zeros((1, 4, 9, 9), np.float32))\n"
        "assert 'torch' not in sys.modules and c.device == 'CPU'\n"
    )
    subprocess.run([sys.executable, "-c", script, str(path)], check=True)


@pytest.mark.parametrize("broken", ["driver", "library"])
def test_whatever_is_wrong_with_a_gpu_the_cpu_reads(
    make_checkpoint: MakeCheckpoint, monkeypatch: pytest.MonkeyPatch, broken: str
) -> None:
    def refuse() -> tuple[int, int]:
        if broken == "library":
            raise OSError("[WinError 126] The specified module could not be found.")
        raise torch.AcceleratorError("CUDA error: CUDA-capable device(s) is/are busy")

    monkeypatch.setattr(runtime, "cuda_expected", lambda: True)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "get_device_capability", refuse)
    assert classifier_of(make_checkpoint(), "auto").device == "CPU"
    with pytest.raises(DeviceError, match="The GPU could not be used"):
        classifier_of(make_checkpoint(), "cuda")
