"""The paper's loss against a computation by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from evoke.training.config import DistillConfig
from evoke.training.losses import distil, distillation_loss, label_loss, learn

LOGITS = arrays(np.float64, (5, 3), elements=st.floats(-8, 8))
LABELS = arrays(np.float64, (5, 3), elements=st.sampled_from([0.0, 1.0]))


def _sigmoid(x: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-x))


def _bce(p: np.ndarray, q: np.ndarray) -> float:
    """Summed over the labels, averaged over the windows."""
    return float(-(q * np.log(p) + (1 - q) * np.log(1 - p)).sum(axis=1).mean())


@settings(max_examples=50, deadline=None)
@given(v=LOGITS, z=LOGITS, y=LABELS, temperature=st.floats(0.5, 5), alpha=st.floats(0, 1))
def test_it_is_the_papers(
    v: np.ndarray, z: np.ndarray, y: np.ndarray, temperature: float, alpha: float
) -> None:
    q, p = _sigmoid(z / temperature), _sigmoid(v / temperature)
    expected = alpha * _bce(p, q) * temperature**2 + (1 - alpha) * _bce(_sigmoid(v), y)
    found = distillation_loss(*map(torch.from_numpy, (v, z, y)), temperature, alpha)
    assert found.item() == pytest.approx(expected, rel=1e-9, abs=1e-9)


def test_one_window_by_pencil() -> None:
    """v = z = 0: p = q = 1/2, so both terms are 3 ln 2."""
    zero = torch.zeros(1, 3)
    loss = distillation_loss(zero, zero, torch.tensor([[1.0, 0.0, 1.0]]), 2.0, 0.25)
    assert loss.item() == pytest.approx(3 * math.log(2) * (0.25 * 4 + 0.75))


def test_the_student_that_equals_its_teacher_has_no_slope() -> None:
    z = torch.tensor([[1.0, -2.0, 0.5]])
    v = z.clone().requires_grad_()
    distillation_loss(v, z, torch.ones(1, 3), temperature=3.0, alpha=1.0).backward()
    assert v.grad is not None
    assert v.grad.abs().max().item() < 1e-7


def test_the_options_reach_the_loss() -> None:
    v, z, y = (torch.randn(4, 3, generator=torch.Generator().manual_seed(i)) for i in range(3))
    y = (y > 0).float()
    expected = distillation_loss(v, z, y, 2.5, 0.6)
    assert torch.equal(distil(DistillConfig(2.5, 0.6))(v, y, z), expected)
    assert torch.equal(learn(v, y, None), label_loss(v, y))
    with pytest.raises(ValueError, match="teacher"):
        distil(DistillConfig())(v, y, None)
