"""Several teachers heard as one."""

import numpy as np
import pytest
import torch
from torch import nn

from evoke.training.ensemble import Ensemble


def test_an_ensemble_is_the_mean_of_its_members_behind_their_own_standardisation() -> None:
    random = np.random.default_rng(0)
    grids = random.standard_normal((5, 4, 9, 9)).astype(np.float32)
    means = random.standard_normal((2, 4, 9, 9)).astype(np.float32)
    stds = random.uniform(0.5, 2, (2, 4, 9, 9)).astype(np.float32)
    members = [nn.Sequential(nn.Flatten(), nn.Linear(324, 3)) for _ in range(2)]
    with torch.inference_mode():
        alone = [
            member(torch.from_numpy((grids - mean) / std)).numpy()
            for member, mean, std in zip(members, means, stds, strict=True)
        ]
        found = Ensemble(members, list(means), list(stds))(torch.from_numpy(grids)).numpy()
    assert found == pytest.approx(np.mean(alone, axis=0), abs=1e-6)
    assert np.abs(alone[0] - alone[1]).max() > 0.1
