from __future__ import annotations

import subprocess
import sys

import numpy as np
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from models.numpy_student import BLOCK, NumpyStudent
from models.student import Student


def _networks(seed: int) -> tuple[NumpyStudent, Student]:
    network = Student(seed).eval()
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.add_(0.02 * torch.randn(parameter.shape, generator=generator))
    weights = {name: tensor.numpy() for name, tensor in network.state_dict().items()}
    return NumpyStudent(weights), network


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 2**31), n=st.integers(0, 3), scale=st.floats(0.01, 3))
def test_it_equals_torch(seed: int, n: int, scale: float) -> None:
    plain, network = _networks(seed)
    grid = scale * np.random.default_rng(seed).standard_normal((n, 4, 9, 9)).astype(np.float32)
    with torch.inference_mode():
        expected = network(torch.from_numpy(grid)).numpy()
    size = max(1.0, float(np.abs(expected).max(initial=0)))
    assert np.abs(plain.forward(grid) - expected).max(initial=0) < 1e-6 * 5 * size


def test_a_window_does_not_depend_on_its_neighbours() -> None:
    plain, _ = _networks(3)
    rng = np.random.default_rng(3)
    grid = rng.standard_normal((2 * BLOCK + 5, 4, 9, 9)).astype(np.float32)
    together = plain.forward(grid)
    alone = np.concatenate([plain.forward(window[None]) for window in grid])
    assert np.array_equal(together, alone)


def test_the_student_on_the_cpu_needs_no_torch() -> None:
    script = (
        "import sys; from models.numpy_student import NumpyStudent; import models.runtime; "
        "assert 'torch' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", script], check=True)
