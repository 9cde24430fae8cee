"""Losses over three labels: summed over the labels, averaged over the windows."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch.nn.functional import binary_cross_entropy_with_logits

from evoke.training.config import DistillConfig

Loss = Callable[[torch.Tensor, torch.Tensor, torch.Tensor | None], torch.Tensor]
"""From logits (n, 3), labels (n, 3) and the teacher's logits (n, 3), if there is one."""


def label_loss(logits: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    """Binary cross-entropy of logits (n, 3) against labels or probabilities (n, 3), in nats."""
    losses = binary_cross_entropy_with_logits(logits, labels, reduction="none")
    return losses.sum(dim=1).mean()


def distillation_loss(
    student: torch.Tensor,
    teacher: torch.Tensor,
    labels: torch.Tensor,
    temperature: float,
    alpha: float,
) -> torch.Tensor:
    """The loss of EVOKE (arXiv 2401.06957) for student logits v and teacher logits z, (n, 3).

    With q = sigmoid(z / T) and p = sigmoid(v / T):
    alpha BCE(p, q) T^2 + (1 - alpha) BCE(sigmoid(v), labels).
    T^2 keeps the gradients of both terms of one size (Hinton et al. 2015). The paper writes p in
    the second term too; there T = 1 is meant here, since labels are not softened.
    """
    soft = label_loss(student / temperature, torch.sigmoid(teacher / temperature))
    return alpha * temperature**2 * soft + (1 - alpha) * label_loss(student, labels)


def logit_loss(student: torch.Tensor, teacher: torch.Tensor) -> torch.Tensor:
    """Half the squared distance of student logits from teacher logits, (n, 3) (Ba & Caruana 2014).
    Unlike probabilities, logits go on telling windows apart of which the teacher is sure."""
    return 0.5 * (student - teacher).square().sum(dim=1).mean()


def learn(
    logits: torch.Tensor, labels: torch.Tensor, _teacher: torch.Tensor | None
) -> torch.Tensor:
    """The loss of training without a teacher."""
    return label_loss(logits, labels)


def distil(config: DistillConfig) -> Loss:
    """The loss of training with one: as the paper's, or with logits matched in place of softened
    probabilities: alpha times `logit_loss` + (1 - alpha) times `label_loss`."""

    def loss(
        logits: torch.Tensor, labels: torch.Tensor, teacher: torch.Tensor | None
    ) -> torch.Tensor:
        if teacher is None:
            raise ValueError("Distillation needs the teacher's logits for every window.")
        if config.matching == "logits":
            matched = logit_loss(logits, teacher)
            return config.alpha * matched + (1 - config.alpha) * label_loss(logits, labels)
        return distillation_loss(logits, teacher, labels, config.temperature, config.alpha)

    return loss


def mix(values: torch.Tensor, share: float | torch.Tensor) -> torch.Tensor:
    """mixup (Zhang et al. 2018): `share` of every window and 1 - share of its neighbour in the
    batch (n, ...), which is a random one where the batch's order is."""
    return share * values + (1 - share) * values.roll(1, dims=0)


def follow(
    average: list[torch.Tensor], weights: list[torch.Tensor], keep: float | torch.Tensor
) -> None:
    """One step of an exponential moving average, in place: keep times the average + (1 - keep)
    times the weights."""
    for slow, fast in zip(average, weights, strict=True):
        slow.lerp_(fast, 1 - keep)


def kept_share(decay: float, step: int) -> float:
    """The average's `keep` at a step, from 1: at most `decay`, less at first, so that the initial
    weights are soon forgotten."""
    return min(decay, step / (step + 9))
