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
from evoke.training.losses import (
    distil,
    distillation_loss,
    follow,
    kept_share,
    label_loss,
    learn,
    logit_loss,
    mix,
)

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


@settings(max_examples=50, deadline=None)
@given(v=LOGITS, z=LOGITS)
def test_matching_logits_is_half_their_squared_distance(v: np.ndarray, z: np.ndarray) -> None:
    expected = 0.5 * sum(float(np.dot(a, a)) for a in v - z) / len(v)
    found = logit_loss(torch.from_numpy(v), torch.from_numpy(z))
    assert found.item() == pytest.approx(expected, rel=1e-9, abs=1e-9)


def test_matching_logits_by_pencil() -> None:
    """One label is 2 off, another 1: (4 + 1) / 2."""
    assert logit_loss(torch.tensor([[2.0, 0, 1]]), torch.tensor([[0.0, 0, 0]])).item() == 2.5


def test_at_high_temperature_the_papers_loss_pulls_as_matched_logits_do() -> None:
    """T^2 BCE(sigmoid(v/T), sigmoid(z/T)) has the slope T (sigmoid(v/T) - sigmoid(z/T)), which
    tends to (v - z) / 4 (Hinton et al. 2015, section 2.1)."""
    v, z, y = (torch.randn(4, 3, generator=torch.Generator().manual_seed(i)) for i in range(3))
    v = v.double().requires_grad_()
    [soft] = torch.autograd.grad(distillation_loss(v, z.double(), y.double(), 1000.0, 1.0), v)
    [hard] = torch.autograd.grad(logit_loss(v, z.double()), v)
    assert torch.allclose(soft, hard / 4, rtol=1e-4)


def test_matching_logits_reaches_the_loss_weighed_against_the_labels() -> None:
    v, z, y = (torch.randn(4, 3, generator=torch.Generator().manual_seed(i)) for i in range(3))
    y = (y > 0).float()
    found = distil(DistillConfig(alpha=0.3, matching="logits"))(v, y, z)
    assert found.item() == pytest.approx(0.3 * logit_loss(v, z) + 0.7 * label_loss(v, y))


def test_mixing_by_pencil() -> None:
    """A quarter of each window and three quarters of the one before it, round the batch."""
    mixed = mix(torch.tensor([[4.0], [8.0], [0.0]]), 0.25)
    assert mixed.tolist() == [[1.0], [5.0], [6.0]]


@settings(max_examples=50, deadline=None)
@given(values=LOGITS, share=st.floats(0, 1), shift=st.floats(-3, 3))
def test_mixing_keeps_means_and_commutes_with_standardising(
    values: np.ndarray, share: float, shift: float
) -> None:
    """So teacher and student see one mixed window, each behind its own standardisation."""
    x = torch.from_numpy(values)
    assert torch.allclose(mix(x, share).mean(dim=0), x.mean(dim=0), atol=1e-12)
    assert torch.allclose(mix((x - shift) / 2, share), (mix(x, share) - shift) / 2, atol=1e-12)
    assert torch.equal(mix(x, 1.0), x)


@settings(max_examples=50, deadline=None)
@given(weights=arrays(np.float64, (6, 2), elements=st.floats(-5, 5)), keep=st.floats(0, 1))
def test_the_average_follows_as_its_definition_says(weights: np.ndarray, keep: float) -> None:
    average = [torch.zeros(2, dtype=torch.float64)]
    expected = np.zeros(2)
    for row in weights:
        follow(average, [torch.from_numpy(row)], keep)
        expected = keep * expected + (1 - keep) * row
    assert average[0].numpy() == pytest.approx(expected, abs=1e-12)


def test_the_average_soon_forgets_where_it_began() -> None:
    shares = [kept_share(0.98, step) for step in range(1, 1000)]
    assert shares[0] == pytest.approx(0.1)
    assert shares == sorted(shares)
    assert shares[-1] == 0.98
    assert np.prod(shares[:30]) < 1e-6
