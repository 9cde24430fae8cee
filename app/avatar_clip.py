"""Encoding clips: MP4 through PyAV, GIF through Pillow."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from app.avatar_pictures import FPS, Pixels
from evoke.dataset.atomic import write_whole
from evoke.errors import EvokeError

_GIF_EVERY = 2
"""A GIF shows every second frame: its clock counts hundredths, and browsers slow 30 a second."""


@contextmanager
def tidily_ended() -> Iterator[None]:
    """On the main thread: to be ended is as Ctrl+C meanwhile, so that half a film is removed."""
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def write_clip(path: Path, frames: Iterable[Pixels], written: Callable[[], None]) -> None:
    """Write `frames` as .mp4 or .gif; `written` is called after each. Raises EvokeError."""

    def told() -> Iterator[Pixels]:
        for frame in frames:
            yield frame
            written()

    encode = _mp4 if path.suffix.lower() == ".mp4" else _gif
    try:
        write_whole(path, lambda part: encode(part, told()), durable=False)
    except OSError as error:
        raise EvokeError(f"{path} could not be written: {error.strerror or error}.") from error


def _mp4(path: Path, frames: Iterable[Pixels]) -> None:
    try:
        import av
    except ImportError:
        raise EvokeError("MP4 wants PyAV: pip install 'evoke[video]', or write a .gif.") from None
    with av.open(str(path), "w", format="mp4") as film:
        stream = None
        for pixels in frames:
            if stream is None:
                height, width = (side - side % 2 for side in pixels.shape[:2])  # H.264 halves them
                stream = film.add_stream("h264", rate=FPS, options={"crf": "18"})
                stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
            even = pixels[: stream.height, : stream.width]
            film.mux(stream.encode(av.VideoFrame.from_ndarray(even, format="rgb24")))
        if stream is not None:
            film.mux(stream.encode())


def _gif(path: Path, frames: Iterable[Pixels]) -> None:
    from PIL import Image

    kept = (Image.fromarray(pixels) for k, pixels in enumerate(frames) if k % _GIF_EVERY == 0)
    first = next(kept).quantize(256)
    # One palette for all frames: with one each, still skin would flicker.
    rest = (picture.quantize(palette=first) for picture in kept)
    duration_ms = round(1000 * _GIF_EVERY / FPS)
    with path.open("wb") as file:  # Pillow would leave it open where frames stop coming
        first.save(file, "GIF", save_all=True, append_images=rest, duration=duration_ms, loop=0)
