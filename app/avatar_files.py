"""An avatar as a file: a model for other programs, a picture, or a clip."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from app.avatar_clip import write_clip
from app.avatar_pictures import TURN_FRAMES, Canvas, portrait, turning
from app.files import write_atomically
from app.png import png_bytes
from avatars import Scene
from avatars.export import glb_bytes, vrm_bytes

CLIPS = (".mp4", ".gif")

SIZES_PX = {".vrm": 256, ".png": 1024, ".mp4": 480, ".gif": 480}
"""Pixels a side, where nothing else is asked for; a VRM file carries a picture."""


def write_avatar(
    out: Path, scene: Scene, emotion: str, board: Canvas | None, advance: Callable[[], None]
) -> None:
    """Write `scene` as the suffix of `out` says. A model holds every emotion.

    board: for pictures, and for the picture that a VRM file may carry, else None. advance: called
    `steps(out)` times. Raises EvokeError.
    """
    suffix = out.suffix.lower()
    if suffix in CLIPS and board is not None:
        write_clip(out, turning(board, scene, emotion), advance)
        return
    if suffix == ".glb":
        data = glb_bytes(scene)
    else:
        picture = png_bytes(portrait(board, scene, emotion)) if board is not None else None
        data = vrm_bytes(scene, picture) if suffix == ".vrm" else picture or b""
    write_atomically(out, data)
    advance()


def steps(out: Path) -> int:
    """How many steps writing `out` takes."""
    return TURN_FRAMES if out.suffix.lower() in CLIPS else 1
