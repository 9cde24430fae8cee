"""Table I of arXiv 2401.06957, counted."""

from __future__ import annotations

import pytest
import torch

from models.ccnn import CCNN
from models.count import count
from models.errors import CheckpointError
from models.networks import build, tensor_shapes
from models.student import Student


def test_the_teacher_is_the_papers() -> None:
    cost = count(CCNN(seed=1))
    assert (cost.parameters, cost.macs) == (6_234_627, 79_961_088)
    assert cost.megabytes == pytest.approx(23.79, abs=0.01)


def test_the_student_is_the_papers() -> None:
    cost = count(Student(seed=1))
    assert (cost.parameters, cost.macs, cost.layers) == (353_363, 1_991_424, 8)
    assert cost.megabytes == pytest.approx(1.35, abs=0.01)


def test_the_texts_fusion_is_smaller_than_the_tables() -> None:
    assert count(CCNN("1x1", seed=1)).parameters == 5_988_867


def test_counting_needs_a_rule_for_every_layer_with_parameters() -> None:
    with pytest.raises(TypeError, match="BatchNorm2d"):
        count(torch.nn.Sequential(torch.nn.BatchNorm2d(4)))


def test_counting_leaves_the_network_as_it_was() -> None:
    network = CCNN(seed=1).train()
    count(network)
    assert network.training
    assert all(not module._forward_hooks for module in network.modules())


@pytest.mark.parametrize(
    ("name", "config"), [("student", {}), ("ccnn", {}), ("ccnn", {"fusion": "1x1"})]
)
def test_the_shapes_written_out_are_the_networks_own(name: str, config: dict[str, str]) -> None:
    state = build(name, config, seed=1).state_dict()
    assert {key: tuple(tensor.shape) for key, tensor in state.items()} == tensor_shapes(
        name, config
    )


@pytest.mark.parametrize(
    ("name", "config"), [("resnet", {}), ("student", {"fusion": "1x1"}), ("ccnn", {"fusion": "9"})]
)
def test_unknown_networks_and_options_are_named(name: str, config: dict[str, str]) -> None:
    with pytest.raises(CheckpointError, match=name):
        build(name, config)


def test_a_seed_fixes_the_initial_weights() -> None:
    first, again, other = (Student(seed).layers[4].weight for seed in (1, 1, 2))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)


def test_initial_weights_keep_the_variance_and_begin_at_chance() -> None:
    torch.manual_seed(0)
    network = CCNN(seed=1).eval()
    with torch.inference_mode():
        signal = torch.randn(256, 4, 9, 9)
        deep = network.layers[:12](signal)
        logits = network(signal)
    # zero padding takes a little of the energy in every convolution
    assert 0.1 < deep.square().mean().item() < 2
    assert logits.abs().max().item() < 2
