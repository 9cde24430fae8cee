"""A small network's convolutions written out as the matrices that they are."""

from __future__ import annotations

import copy
import math

import torch
from torch import nn

from models.layout import GRID
from models.student import Student


def as_matrices(student: Student) -> nn.Sequential:
    """The same network with each convolution written out as the matrix that it is. On grids this
    small the tensor cores are done with four times the products, most of them by zero, before
    the neighbourhoods have been gathered."""
    shape, pad = torch.Size(GRID), nn.Sequential()
    device = next(student.parameters()).device
    layers: list[nn.Module] = [nn.Flatten()]
    for layer in student.layers:
        if isinstance(layer, nn.Conv2d):
            convolve = nn.Sequential(pad, layer)
            bias = convolve(torch.zeros(1, *shape, device=device))
            unit = torch.eye(math.prod(shape), device=device).reshape(-1, *shape)
            layers += _aligned((convolve(unit) - bias).flatten(1), bias.flatten())
            shape = bias.shape[1:]
        elif isinstance(layer, nn.ZeroPad2d):
            pad = nn.Sequential(layer)
        elif not isinstance(layer, nn.Flatten):
            layers.append(copy.deepcopy(layer))
    return nn.Sequential(*layers)


def _aligned(matrix: torch.Tensor, bias: torch.Tensor) -> list[nn.Module]:
    """A dense layer from (inputs, outputs), its inputs filled up to a multiple of 8: tensor cores
    read 16 bytes at a time."""
    extra = -len(matrix) % 8
    dense = nn.Linear(len(matrix) + extra, len(bias), device=bias.device)
    dense.weight.copy_(nn.functional.pad(matrix, (0, 0, 0, extra)).T)
    dense.bias.copy_(bias)
    return [nn.ConstantPad1d((0, extra), 0.0), dense] if extra else [dense]
