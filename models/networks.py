"""The networks by name: how to build one, and which tensors its checkpoint must hold.

The shapes are written out here so that a checkpoint can be checked without importing torch.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from models.errors import CheckpointError

if TYPE_CHECKING:
    from torch import nn

NETWORKS = ("student", "ccnn")

Shapes = dict[str, tuple[int, ...]]


def build(name: str, config: Mapping[str, str], seed: int | None = None) -> nn.Module:
    """A network with fresh weights. Raises CheckpointError for an unknown name or option."""
    check_config(name, config)
    if name == "student":
        from models.student import Student

        return Student(seed)
    from models.ccnn import CCNN

    return CCNN("1x1" if config.get("fusion") == "1x1" else "4x4", seed)


def tensor_shapes(name: str, config: Mapping[str, str]) -> Shapes:
    """Name and shape of every tensor of the network's state.
    Raises CheckpointError for an unknown name or option."""
    check_config(name, config)
    if name == "student":
        return _layers({1: (64, 4, 4, 4), 4: (16, 64, 4, 4), 7: (256, 1296), 9: (3, 256)})
    fusion = (64, 256, 1, 1) if config.get("fusion") == "1x1" else (64, 256, 4, 4)
    return _layers(
        {
            1: (64, 4, 4, 4),
            4: (128, 64, 4, 4),
            7: (256, 128, 4, 4),
            10: fusion,
            13: (1024, 5184),
            16: (3, 1024),
        }
    )


def check_config(name: str, config: Mapping[str, str]) -> None:
    """Raise CheckpointError unless `name` is a known network and `config` are its options."""
    if name not in NETWORKS:
        raise CheckpointError(f"Unknown network {name!r}: expected one of {', '.join(NETWORKS)}.")
    allowed = {"fusion": ("4x4", "1x1")} if name == "ccnn" else {}
    for key, value in config.items():
        if value not in allowed.get(key, ()):
            raise CheckpointError(f"Network {name!r} has no option {key}={value!r}.")


def _layers(weights: Mapping[int, tuple[int, ...]]) -> Shapes:
    shapes: Shapes = {}
    for index, shape in weights.items():
        shapes[f"layers.{index}.weight"] = shape
        shapes[f"layers.{index}.bias"] = (shape[0],)
    return shapes
