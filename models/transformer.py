"""The transformer encoder that `arjun_vit` and `vit` share (Vaswani et al. 2017, with the layer
norm before each block as Dosovitskiy et al. 2021 place it)."""

from __future__ import annotations

from typing import Literal

import torch
from torch import nn
from torch.nn.functional import scaled_dot_product_attention

LAYER_NORM_EPS = {"arjun": 1e-5, "vit": 1e-6}
"""torch's default, which TorchEEG keeps, and the value of the ViT paper's own code."""


class DotProduct(nn.Module):
    """softmax(q k^T / sqrt(d)) v, a module of its own so that its products can be counted."""

    def forward(self, q: torch.Tensor, k: torch.Tensor, v: torch.Tensor) -> torch.Tensor:
        """All (n, heads, tokens, d)."""
        return scaled_dot_product_attention(q, k, v)


class Attention(nn.Module):
    """Self-attention over tokens (n, tokens, width).

    Args:
        bias: of the projection to queries, keys and values.
    """

    def __init__(self, width: int, heads: int, head_width: int, bias: bool) -> None:
        super().__init__()
        self.heads, self.head_width = heads, head_width
        self.qkv = nn.Linear(width, 3 * heads * head_width, bias=bias)
        self.product = DotProduct()
        self.out = nn.Linear(heads * head_width, width)

    def forward(self, tokens: torch.Tensor) -> torch.Tensor:
        """(n, tokens, width) to the same shape."""
        n, length, _ = tokens.shape
        qkv = self.qkv(tokens).reshape(n, length, 3, self.heads, self.head_width)
        q, k, v = qkv.permute(2, 0, 3, 1, 4)  # each (n, heads, length, head_width)
        mixed = self.product(q, k, v).transpose(1, 2).flatten(2)
        return self.out(mixed)


class Block(nn.Module):
    """Attention and a two-layer perceptron with GELU, each behind a layer norm and beside a
    shortcut."""

    def __init__(
        self, width: int, heads: int, head_width: int, hidden: int, bias: bool, eps: float
    ) -> None:
        super().__init__()
        self.norm1 = nn.LayerNorm(width, eps)
        self.attention = Attention(width, heads, head_width, bias)
        self.norm2 = nn.LayerNorm(width, eps)
        self.mlp = nn.Sequential(nn.Linear(width, hidden), nn.GELU(), nn.Linear(hidden, width))

    def forward(self, tokens: torch.Tensor) -> torch.Tensor:
        """(n, tokens, width) to the same shape."""
        tokens = tokens + self.attention(self.norm1(tokens))
        return tokens + self.mlp(self.norm2(tokens))


class Encoder(nn.Module):
    """A class token before the patches, learned positions, blocks, and a dense layer that reads
    the class token: patches (n, patches, width) to logits (n, outputs)."""

    def __init__(
        self,
        patches: int,
        width: int,
        depth: int,
        heads: int,
        head_width: int,
        hidden: int,
        outputs: int,
        kind: Literal["arjun", "vit"],
    ) -> None:
        super().__init__()
        eps = LAYER_NORM_EPS[kind]
        self.token = nn.Parameter(torch.zeros(1, 1, width))
        self.position = nn.Parameter(torch.zeros(1, patches + 1, width))
        self.blocks = nn.Sequential(
            *(Block(width, heads, head_width, hidden, kind == "vit", eps) for _ in range(depth))
        )
        self.norm = nn.LayerNorm(width, eps)
        self.head = nn.Linear(width, outputs)

    def forward(self, patches: torch.Tensor) -> torch.Tensor:
        """Logits (n, outputs) of embedded patches (n, patches, width)."""
        token = self.token.expand(len(patches), -1, -1)
        tokens = torch.cat([token, patches], dim=1) + self.position
        return self.head(self.norm(self.blocks(tokens)[:, 0]))
