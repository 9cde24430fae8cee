"""Counts a network's layers, parameters and multiply-accumulates, as Table I of the paper does."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import nn

from models.layout import GRID
from models.transformer import DotProduct


@dataclass(frozen=True, slots=True)
class Cost:
    """What a network costs for one window.

    layers: modules that compute, padding left out.
    parameters: all that are trained. layer_parameters: those of layers, as the paper and the
        usual tools count: without a transformer's class token and positions.
    macs: multiply-accumulates of convolutions, dense layers and attention's two products;
        additions of biases and norms left out.
    """

    layers: int
    parameters: int
    layer_parameters: int
    macs: int

    @property
    def megabytes(self) -> float:
        """Size of the float32 parameters in MiB, which the paper calls MB."""
        return self.parameters * 4 / 2**20


def count(network: nn.Module, shape: tuple[int, ...] = GRID) -> Cost:
    """Count by sending one window of zeros through the network with a hook on each leaf.

    Raises TypeError for a leaf that has parameters but no counting rule.
    """
    leaves = [m for m in network.modules() if not list(m.children())]
    macs: list[int] = []

    def on_forward(
        layer: nn.Module, inputs: tuple[torch.Tensor, ...], output: torch.Tensor
    ) -> None:
        macs.append(_macs(layer, inputs, output))

    hooks = [leaf.register_forward_hook(on_forward) for leaf in leaves]
    training = network.training
    network.eval()
    try:
        with torch.inference_mode():
            network(torch.zeros(1, *shape, device=next(network.parameters()).device))
    finally:
        network.train(training)
        for hook in hooks:
            hook.remove()
    return Cost(
        layers=sum(not isinstance(leaf, nn.ZeroPad2d) for leaf in leaves),
        parameters=sum(p.numel() for p in network.parameters()),
        layer_parameters=sum(p.numel() for leaf in leaves for p in leaf.parameters()),
        macs=sum(macs),
    )


def _macs(layer: nn.Module, inputs: tuple[torch.Tensor, ...], output: torch.Tensor) -> int:
    if isinstance(layer, nn.Conv2d):
        per_output = layer.in_channels // layer.groups * layer.kernel_size[0] * layer.kernel_size[1]
        return output.numel() * per_output
    if isinstance(layer, nn.Linear):
        return output.numel() * layer.in_features
    if isinstance(layer, DotProduct):
        return 2 * output.numel() * inputs[1].shape[-2]  # q k^T, then the mean over the v
    if not isinstance(layer, nn.LayerNorm) and next(layer.parameters(), None) is not None:
        raise TypeError(f"No counting rule for {type(layer).__name__}.")
    return 0
