"""python -m tests.avatars.sheet OUT.png [--size 360] [--dark] ...: faces side by side, to look at.

Wants a display, or: xvfb-run -a -s "-screen 0 1920x1080x24" python -m tests.avatars.sheet ...
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import numpy as np
from PIL import Image
from PySide6.QtGui import QGuiApplication

from avatars.expression import EMOTIONS, EXPRESSION, INDEX
from avatars.renderer import PALE, Renderer
from avatars.rig import Pose, still
from avatars.scene import load_scene
from tests.avatars.offscreen import Canvas

DARK = ((0.16, 0.20, 0.25), (0.09, 0.11, 0.14))


def pose(name: str) -> Pose:
    """A pose by name: mixtures of emotions or single blendshapes ('happy', 'fear=0.5,sad=0.2',
    'mouthPucker'), then '+blink' or '+halfblink', then '>30' for a head turned by 30 degrees."""
    rest, _, turn = name.partition(">")
    rest, _, lids = rest.partition("+")
    parts = {
        key: float(value or 1) for key, _, value in (p.partition("=") for p in rest.split(","))
    }
    out = still({key: value for key, value in parts.items() if key not in EXPRESSION})
    expression = out.expression.copy()
    for key in parts.keys() & set(EXPRESSION):
        expression[INDEX[key]] = parts[key]
    shut = {"": 0.0, "halfblink": 0.5, "blink": 1.0}[lids]
    for side in ("Left", "Right"):
        lid = INDEX["eyeBlink" + side]
        expression[lid] = max(expression[lid], shut)
        for other in ("eyeWide", "eyeSquint"):
            at = INDEX[other + side]
            expression[at] = min(expression[at], 1 - expression[lid])
    return Pose(expression, out.head_deg + np.float32([0, float(turn or 0), 0]), out.gaze_deg)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--avatar", default="mira")
    parser.add_argument("--size", type=int, default=360)
    parser.add_argument("--columns", type=int, default=4)
    parser.add_argument("--samples", type=int, default=0)
    parser.add_argument("--dark", action="store_true")
    parser.add_argument("--gpu", action="store_true", help="morph in the vertex shader")
    parser.add_argument("--clear", type=float, default=0.0, help="see Renderer.draw, clear_below")
    parser.add_argument("--bench", type=int, default=0, metavar="FRAMES")
    parser.add_argument("--faces", nargs="+", default=list(EMOTIONS))
    args = parser.parse_args()

    app = QGuiApplication([])
    canvas = Canvas(args.size, args.samples)
    renderer = Renderer(load_scene(args.avatar), cpu_blend=not args.gpu)
    renderer.initialize()
    background = DARK if args.dark else PALE
    faces = [pose(name) for name in args.faces]
    rows = -(-len(faces) // args.columns)
    sheet = Image.new("RGB", (args.columns * args.size, rows * args.size))
    for i, face in enumerate(faces):
        pixels = canvas.draw(renderer, face, background=background, clear_below=args.clear)
        at = (i % args.columns * args.size, i // args.columns * args.size)
        sheet.paste(Image.fromarray(pixels), at)
    sheet.save(args.out)
    if args.bench:
        bench(canvas, renderer, faces, args.bench)
    renderer.release()
    canvas.close()
    del app


def bench(canvas: Canvas, renderer: Renderer, faces: list[Pose], frames: int) -> None:
    times = []
    for i in range(frames):
        started = time.perf_counter()
        canvas.framebuffer.bind()
        renderer.draw(canvas.size, canvas.size, faces[i % len(faces)])
        canvas.context.functions().glFinish()
        times.append(1e3 * (time.perf_counter() - started))
    middle, slow = np.percentile(times, [50, 95])
    print(f"{canvas.size} px: median {middle:.1f} ms, p95 {slow:.1f} ms")  # noqa: T201


if __name__ == "__main__":
    main()
