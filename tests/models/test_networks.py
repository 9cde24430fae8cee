"""Table I of arXiv 2401.06957, counted."""

from __future__ import annotations

import subprocess
import sys

import pytest
import torch

from evoke.signal.montage import GRID
from models.arjun_vit import ArjunViT
from models.ccnn import CCNN
from models.count import count
from models.errors import CheckpointError
from models.layout import ELECTRODE_CELLS, WINDOW
from models.networks import build, input_shape, tensor_shapes
from models.student import Student


@pytest.fixture(scope="module")
def vit() -> torch.nn.Module:
    return build("vit", {}, seed=1).eval()


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


def test_arjun_vit_on_windows_is_the_papers() -> None:
    """Table I has four outputs and counts layers alone; with all that is trained and three
    outputs there are 144,515."""
    assert count(ArjunViT("window", outputs=4, seed=1), WINDOW).layer_parameters == 144_356
    assert count(ArjunViT("window", seed=1), WINDOW).parameters == 144_515


def test_arjun_vit_on_features_is_counted_apart() -> None:
    """32 electrodes embed a band where 32 x 32 samples embed a quarter of a second."""
    assert count(ArjunViT(seed=1)).parameters == 144_515 - (32 * 32 - 32) * 32


def test_vit_is_the_papers(vit: torch.nn.Module) -> None:
    cost = count(vit)
    assert cost.layer_parameters == pytest.approx(85.65e6, abs=5e3)
    assert cost.parameters == cost.layer_parameters + (196 + 2) * 768
    assert cost.layer_parameters < cost.parameters < 512 * 2**20 / 4  # it fits into a checkpoint


def test_the_products_of_attention_are_counted() -> None:
    """One block of ArjunViT by hand: 5 tokens, width 32, 4 heads of 64, perceptron of 64."""
    dense = 5 * (32 * 768 + 256 * 32 + 2 * 32 * 64)
    products = 2 * 4 * 5 * 5 * 64
    embed, head = 4 * 1024 * 32, 3 * 32
    assert count(ArjunViT("window", seed=1), WINDOW).macs == embed + 3 * (dense + products) + head


def test_electrodes_are_read_where_they_lie() -> None:
    assert ELECTRODE_CELLS == GRID


def test_arjun_vit_reads_electrodes_and_nothing_else() -> None:
    network = ArjunViT(seed=1).eval()
    grid = torch.randn(2, 4, 9, 9, generator=torch.Generator().manual_seed(1))
    empty = torch.ones(9, 9, dtype=torch.bool)
    empty[tuple(zip(*ELECTRODE_CELLS, strict=True))] = False
    changed = grid.clone()
    changed[:, :, empty] += 1
    with torch.inference_mode():
        assert torch.equal(network(grid), network(changed))
        changed[:, 2, 8, 5] += 1
        assert not torch.equal(network(grid), network(changed))


def test_arjun_vit_cuts_a_window_into_quarters() -> None:
    """A patch of zeros embeds as the bias does, wherever it stands."""
    network = ArjunViT("window", seed=1).eval()
    seen: list[torch.Tensor] = []
    network.embed.register_forward_hook(lambda _layer, _inputs, output: seen.append(output))
    window = torch.zeros(1, *WINDOW)
    window[:, :, 32:64] = 1
    with torch.inference_mode():
        network(window)
    [[first, second, third, fourth]] = seen[0]
    bias = network.embed.bias
    assert all(torch.allclose(patch, bias) for patch in (first, third, fourth))
    assert torch.allclose(second, bias + network.embed.weight.sum(dim=1), atol=1e-5)


def test_the_first_logits_of_vit_are_near_chance(vit: torch.nn.Module) -> None:
    with torch.inference_mode():
        logits = vit(torch.randn(2, 4, 9, 9, generator=torch.Generator().manual_seed(1)))
    assert logits.shape == (2, 3)
    assert logits.abs().max().item() < 2


@pytest.mark.parametrize(
    ("name", "config", "shape"),
    [
        ("ccnn", {}, (4, 9, 9)),
        ("arjun_vit", {}, (4, 9, 9)),
        ("arjun_vit", {"reads": "window"}, (32, 128)),
    ],
)
def test_the_shape_a_network_reads(
    name: str, config: dict[str, str], shape: tuple[int, ...]
) -> None:
    assert input_shape(name, config) == shape
    assert build(name, config, seed=1)(torch.zeros(2, *shape)).shape == (2, 3)


def test_importing_the_package_does_not_import_torch() -> None:
    script = "import sys, models.networks, models.runtime; sys.exit('torch' in sys.modules)"
    subprocess.run([sys.executable, "-c", script], check=True)


def test_counting_needs_a_rule_for_every_layer_with_parameters() -> None:
    with pytest.raises(TypeError, match="BatchNorm2d"):
        count(torch.nn.Sequential(torch.nn.BatchNorm2d(4)))


def test_counting_leaves_the_network_as_it_was() -> None:
    network = CCNN(seed=1).train()
    count(network)
    assert network.training
    assert all(not module._forward_hooks for module in network.modules())


@pytest.mark.parametrize(
    ("name", "config"),
    [
        ("student", {}),
        ("ccnn", {}),
        ("ccnn", {"fusion": "1x1"}),
        ("arjun_vit", {}),
        ("arjun_vit", {"reads": "window"}),
    ],
)
def test_the_shapes_written_out_are_the_networks_own(name: str, config: dict[str, str]) -> None:
    state = build(name, config, seed=1).state_dict()
    assert {key: tuple(tensor.shape) for key, tensor in state.items()} == tensor_shapes(
        name, config
    )


def test_the_shapes_of_vit_are_its_own(vit: torch.nn.Module) -> None:
    state = vit.state_dict()
    assert {key: tuple(t.shape) for key, t in state.items()} == tensor_shapes("vit", {})


@pytest.mark.parametrize(
    ("name", "config"), [("resnet", {}), ("student", {"fusion": "1x1"}), ("ccnn", {"fusion": "9"})]
)
def test_unknown_networks_and_options_are_named(name: str, config: dict[str, str]) -> None:
    with pytest.raises(CheckpointError, match=name):
        build(name, config, seed=0)


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


def test_vit_upsamples_bilinearly(vit: torch.nn.Module) -> None:
    grid = torch.randn(1, 3, 9, 9, generator=torch.Generator().manual_seed(1))
    expected = torch.nn.functional.interpolate(grid, (224, 224), mode="bilinear")
    assert torch.allclose(vit.upsample @ grid @ vit.upsample.T, expected, atol=1e-5)
