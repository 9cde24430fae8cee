"""Reads a photograph into memory: upright, in sRGB, of a bounded size. Writes nothing."""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from evoke.errors import FileRefusedError, one_sentence

if TYPE_CHECKING:
    from PIL.Image import Image

Pixels = NDArray[np.uint8]

FORMATS = ("JPEG", "PNG", "WEBP", "TIFF", "BMP", "GIF", "PPM")
"""Decoders that may be tried; Pillow has others that start programs or fetch files."""
SUFFIXES = (".jpg", ".jpeg", ".png", ".webp", ".tif", ".tiff", ".bmp")

MOST_MEGAPIXELS = 64
MOST_SIDE_PX = 16_000
LEAST_SIDE_PX = 160
KEPT_SIDE_PX = 2000
"""A longer side than this is reduced: no landmark is placed finer."""


@dataclass(frozen=True, slots=True)
class Photograph:
    """pixels: (height, width, 3) sRGB. note: a sentence on what had to be assumed, or ""."""

    pixels: Pixels
    note: str = ""

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels."""
        return self.pixels.shape[1], self.pixels.shape[0]


def read_photograph(path: Path) -> Photograph:
    """The picture in a file, turned upright by its EXIF orientation, converted from its colour
    profile (or from CMYK, 16 bits, a palette), transparent parts white.

    Raises FileRefusedError for a file that is no picture, is damaged, too large or too small.
    """
    name = path.name
    if not path.is_file():
        raise FileRefusedError(f"{name} cannot be opened: there is no such file.")
    with one_sentence(path, "picture"):
        return _opened(path)


def _opened(path: Path) -> Photograph:
    import PIL.Image

    name = path.name
    try:
        with PIL.Image.open(path, formats=FORMATS) as image:
            _check_size(name, *image.size)
            return _read(name, image)
    except PIL.UnidentifiedImageError as error:
        raise FileRefusedError(
            f"{name} is no photograph that can be read: expected a JPEG, PNG, WebP, TIFF or BMP "
            "picture."
        ) from error
    except PIL.Image.DecompressionBombError as error:
        raise FileRefusedError(
            f"{name} has too many pixels: expected at most {MOST_MEGAPIXELS} million."
        ) from error
    except OSError as error:
        raise FileRefusedError(
            f"{name} is damaged: the picture in it cannot be read to its end."
        ) from error


def _check_size(name: str, width: int, height: int) -> None:
    found = f"{name} is {width:,} × {height:,} pixels"
    if max(width, height) > MOST_SIDE_PX or width * height > MOST_MEGAPIXELS * 1e6:
        raise FileRefusedError(
            f"{found}: expected at most {MOST_SIDE_PX:,} on a side and {MOST_MEGAPIXELS} million "
            "in all."
        )
    if min(width, height) < LEAST_SIDE_PX:
        raise FileRefusedError(f"{found}: expected at least {LEAST_SIDE_PX} on a side.")


def _read(name: str, image: Image) -> Photograph:
    import PIL.Image

    image.draft(image.mode, (KEPT_SIDE_PX, KEPT_SIDE_PX))  # a JPEG is then decoded reduced
    image.load()
    profile = image.info.get("icc_profile")
    notes = []
    upright, turned = _upright(image)
    if not turned:
        notes.append("its orientation cannot be read, so it is shown as stored")
    upright.thumbnail((KEPT_SIDE_PX, KEPT_SIDE_PX), PIL.Image.Resampling.LANCZOS, reducing_gap=2.0)
    colours, alpha = _separated(name, upright)
    converted = _converted(colours, profile) if profile else None
    if profile and converted is None:
        notes.append("its colour profile cannot be read, so its colours are taken as sRGB")
    rgb = converted if converted is not None else colours.convert("RGB")
    if alpha is not None:
        white = PIL.Image.new("RGB", rgb.size, "white")
        white.paste(rgb, mask=alpha)
        rgb = white
    _check_size(name, *rgb.size)
    note = f"{name}: {'; '.join(notes)}." if notes else ""
    return Photograph(np.array(rgb, np.uint8), note)


def _upright(image: Image) -> tuple[Image, bool]:
    """`image` turned as its EXIF data say, and whether those could be read."""
    from PIL import ImageOps

    try:  # the data beside a picture may be anything
        return ImageOps.exif_transpose(image), True
    except Exception:
        return image.copy(), False


def _separated(name: str, image: Image) -> tuple[Image, Image | None]:
    """Colours in mode L, RGB or CMYK, and what is transparent of them, if anything is."""
    import PIL.Image

    if image.mode.startswith("I"):  # 16 bits of grey
        values = np.asarray(image).astype(np.float64) / 257.0
        return PIL.Image.fromarray(np.clip(values, 0, 255).round().astype(np.uint8)), None
    if image.mode == "F":
        raise FileRefusedError(
            f"{name} holds measurements, not colours: expected 8 or 16 bits a pixel."
        )
    if image.mode in ("LA", "PA", "RGBA", "RGBa", "La") or "transparency" in image.info:
        whole = image.convert("RGBA")
        return whole.convert("RGB"), whole.getchannel("A")
    return (image if image.mode in ("L", "RGB", "CMYK") else image.convert("RGB")), None


def _converted(image: Image, profile: bytes) -> Image | None:
    """`image` from its ICC profile to sRGB, or None for a profile that does not fit it."""
    from PIL import ImageCms

    try:
        given = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        space = given.profile.xcolor_space.strip()
        if {"L": "GRAY", "RGB": "RGB", "CMYK": "CMYK"}[image.mode] != space:
            return None
        wanted = ImageCms.createProfile("sRGB")
        return ImageCms.profileToProfile(image, given, wanted, outputMode="RGB")
    except Exception:
        return None
