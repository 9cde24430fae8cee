"""python tests/avatars/sheet.py OUT.png [--size 360] [--dark] ...: faces side by side, to look at.

The drawing context comes from Qt, a development choice: nothing of it is shipped.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import numpy as np

from avatars.expression import EMOTIONS, EXPRESSION, INDEX
from avatars.rig import Pose, still
from avatars.scene import load_scene

DARK = ((0.16, 0.20, 0.25), (0.09, 0.11, 0.14))


def offscreen(size: int, samples: int) -> tuple[object, ...]:
    """A current OpenGL 3.3 context with a framebuffer of `size` pixels: what must be kept alive,
    the framebuffer last."""
    from PySide6.QtGui import QGuiApplication, QOffscreenSurface, QOpenGLContext, QSurfaceFormat
    from PySide6.QtOpenGL import QOpenGLFramebufferObject, QOpenGLFramebufferObjectFormat

    app = QGuiApplication.instance() or QGuiApplication([])
    wanted = QSurfaceFormat()
    wanted.setVersion(3, 3)
    wanted.setProfile(QSurfaceFormat.OpenGLContextProfile.CoreProfile)
    surface = QOffscreenSurface()
    surface.setFormat(wanted)
    surface.create()
    context = QOpenGLContext()
    context.setFormat(wanted)
    if not context.create() or not context.makeCurrent(surface):
        raise SystemExit("No OpenGL 3.3 context here: run under a display or Xvfb.")
    kind = QOpenGLFramebufferObjectFormat()
    kind.setSamples(samples)
    kind.setAttachment(QOpenGLFramebufferObject.Attachment.CombinedDepthStencil)
    target = QOpenGLFramebufferObject(size, size, kind)
    target.bind()
    return app, surface, context, target


def poses(names: list[str]) -> list[Pose]:
    """Emotions by name; 'happy/2' at half strength, 'happy+blink' and 'happy+halfblink' with the
    lids shut or half shut, 'happy>30' with the head turned by degrees."""
    out = []
    for name in names:
        rest, _, turn = name.partition(">")
        rest, _, lids = rest.partition("+")
        emotion, _, part = rest.partition("/")
        pose = still({emotion: 1 / float(part or 1)} if emotion in EMOTIONS else {})
        if emotion in EXPRESSION:
            weights = np.zeros(len(EXPRESSION), np.float32)
            weights[INDEX[emotion]] = 1.0
            pose = Pose(weights, pose.head_deg, pose.gaze_deg)
        expression = pose.expression.copy()
        shut = {"": 0.0, "halfblink": 0.5, "blink": 1.0}[lids]
        for side in ("Left", "Right"):
            lid = INDEX["eyeBlink" + side]
            expression[lid] = max(expression[lid], shut)
            for other in ("eyeWide", "eyeSquint"):
                at = INDEX[other + side]
                expression[at] = min(expression[at], 1 - expression[lid])
        head = pose.head_deg + np.array([0, float(turn or 0), 0], np.float32)
        out.append(Pose(expression, head, pose.gaze_deg))
    return out


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--avatar", default="mira")
    parser.add_argument("--size", type=int, default=360)
    parser.add_argument("--columns", type=int, default=4)
    parser.add_argument("--samples", type=int, default=0)
    parser.add_argument("--dark", action="store_true")
    parser.add_argument("--gpu", action="store_true", help="morph in the vertex shader")
    parser.add_argument("--bench", type=int, default=0, metavar="FRAMES")
    parser.add_argument("--faces", nargs="+", default=list(EMOTIONS))
    args = parser.parse_args()

    from PIL import Image

    keep = offscreen(args.size, args.samples)
    target = keep[-1]
    from avatars.renderer import PALE, Renderer

    renderer = Renderer(load_scene(args.avatar), cpu_blend=not args.gpu)
    renderer.initialize()
    background = DARK if args.dark else PALE
    faces = poses(args.faces)
    rows = -(-len(faces) // args.columns)
    sheet = Image.new("RGB", (args.columns * args.size, rows * args.size))
    for i, pose in enumerate(faces):
        target.bind()
        renderer.draw(args.size, args.size, pose, background=background)
        picture = target.toImage().convertToFormat(_rgb())
        pixels = np.frombuffer(picture.constBits(), np.uint8).reshape(args.size, -1)
        pixels = pixels[:, : 3 * args.size].reshape(args.size, args.size, 3)
        at = (i % args.columns * args.size, i // args.columns * args.size)
        sheet.paste(Image.fromarray(pixels), at)
    sheet.save(args.out)
    if args.bench:
        _bench(renderer, target, args.size, faces, args.bench)
    renderer.release()


def _rgb() -> object:
    from PySide6.QtGui import QImage

    return QImage.Format.Format_RGB888


def _bench(renderer: object, target: object, size: int, faces: list[Pose], frames: int) -> None:
    from OpenGL import GL

    times = []
    for i in range(frames):
        started = time.perf_counter()
        target.bind()
        renderer.draw(size, size, faces[i % len(faces)])
        GL.glFinish()
        times.append(1e3 * (time.perf_counter() - started))
    print(f"{size} px: median {np.median(times):.1f} ms, p95 {np.percentile(times, 95):.1f} ms")


if __name__ == "__main__":
    main()
