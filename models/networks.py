"""The networks by name: how to build one, and which tensors its checkpoint must hold.

The shapes are written out here so that a checkpoint can be checked without importing torch.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from models.errors import CheckpointError
from models.layout import GRID, WINDOW

if TYPE_CHECKING:
    from torch import nn

OPTIONS: dict[str, dict[str, tuple[str, ...]]] = {
    "ccnn": {"fusion": ("4x4", "1x1")},
    "student": {},
    "arjun_vit": {"reads": ("features", "window")},
    "vit": {},
}
"""Network, in Table I's order -> option -> its values, the default first."""

NETWORKS = tuple(OPTIONS)

Shapes = dict[str, tuple[int, ...]]


def build(name: str, config: Mapping[str, str], seed: int) -> nn.Module:
    """A network with fresh weights. Raises CheckpointError for an unknown name or option."""
    check_config(name, config)
    if name == "student":
        from models.student import Student

        return Student(seed)
    if name == "ccnn":
        from models.ccnn import CCNN

        return CCNN("1x1" if config.get("fusion") == "1x1" else "4x4", seed=seed)
    if name == "arjun_vit":
        from models.arjun_vit import ArjunViT

        return ArjunViT("window" if _reads_windows(config) else "features", seed=seed)
    from models.vit import ViT

    return ViT(seed)


def input_shape(name: str, config: Mapping[str, str]) -> tuple[int, ...]:
    """Shape of one window as the network reads it: `GRID` for features, `WINDOW` for samples.
    Raises CheckpointError for an unknown name or option."""
    check_config(name, config)
    return WINDOW if _reads_windows(config) else GRID


def tensor_shapes(name: str, config: Mapping[str, str]) -> Shapes:
    """Name and shape of every tensor of the network's state.
    Raises CheckpointError for an unknown name or option."""
    check_config(name, config)
    if name == "student":
        return _layers({1: (64, 4, 4, 4), 4: (16, 64, 4, 4), 7: (256, 1296), 9: (3, 256)})
    if name == "arjun_vit":
        inputs = 32 * 32 if _reads_windows(config) else 32
        return {
            **_layer("embed", (32, inputs)),
            **_encoder(patches=4, width=32, depth=3, inner=256, hidden=64, qkv_bias=False),
        }
    if name == "vit":
        return {
            **_layer("colours", (3, 4, 1, 1)),
            **_layer("embed", (768, 3, 16, 16)),
            **_encoder(patches=196, width=768, depth=12, inner=768, hidden=3072, qkv_bias=True),
        }
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
    if name not in OPTIONS:
        raise CheckpointError(f"Unknown network {name!r}: expected one of {', '.join(NETWORKS)}.")
    for key, value in config.items():
        known = OPTIONS[name].get(key, ())
        if value not in known:
            which = f"; {key} may be {', '.join(known)}" if known else ""
            raise CheckpointError(f"Network {name!r} has no option {key}={value!r}{which}.")


def _reads_windows(config: Mapping[str, str]) -> bool:
    return config.get("reads") == "window"


def _encoder(
    patches: int, width: int, depth: int, inner: int, hidden: int, qkv_bias: bool
) -> Shapes:
    """Of `transformer.Encoder`."""
    shapes: Shapes = {
        "encoder.token": (1, 1, width),
        "encoder.position": (1, patches + 1, width),
    }
    for index in range(depth):
        block = f"encoder.blocks.{index}"
        shapes |= _layer(f"{block}.norm1", (width,))
        shapes |= _layer(f"{block}.attention.qkv", (3 * inner, width), bias=qkv_bias)
        shapes |= _layer(f"{block}.attention.out", (width, inner))
        shapes |= _layer(f"{block}.norm2", (width,))
        shapes |= _layer(f"{block}.mlp.0", (hidden, width))
        shapes |= _layer(f"{block}.mlp.2", (width, hidden))
    return shapes | _layer("encoder.norm", (width,)) | _layer("encoder.head", (3, width))


def _layers(weights: Mapping[int, tuple[int, ...]]) -> Shapes:
    shapes: Shapes = {}
    for index, shape in weights.items():
        shapes |= _layer(f"layers.{index}", shape)
    return shapes


def _layer(name: str, weight: tuple[int, ...], bias: bool = True) -> Shapes:
    shapes: Shapes = {f"{name}.weight": weight}
    if bias:
        shapes[f"{name}.bias"] = weight[:1]
    return shapes
