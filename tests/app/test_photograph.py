from __future__ import annotations

import io
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image, ImageCms

from app.photograph import KEPT_SIDE_PX, read_photograph
from evoke.errors import EvokeError

WIDTH, HEIGHT = 300, 200


def scene() -> Image.Image:
    """A picture whose four corners differ, soft enough for JPEG."""
    y, x = np.mgrid[:HEIGHT, :WIDTH]
    channels = [200 * x / WIDTH + 20, 180 * y / HEIGHT + 40, 90 + 60 * x * y / (WIDTH * HEIGHT)]
    return Image.fromarray(np.stack(channels, -1).astype(np.uint8))


def off(one: np.ndarray, other: np.ndarray) -> float:
    return float(np.abs(one.astype(float) - other.astype(float)).mean())


def refused(path: Path) -> str:
    with pytest.raises(EvokeError) as caught:
        read_photograph(path)
    said = str(caught.value)
    assert said.startswith(path.name)
    assert said.endswith(".")
    assert "\n" not in said
    return said


@pytest.mark.parametrize("suffix", ["jpg", "png", "webp", "tif", "bmp", "gif"])
def test_common_files_are_read(tmp_path, suffix):
    path = tmp_path / f"face.{suffix}"
    scene().save(path, quality=95)
    found = read_photograph(path)
    assert found.size == (WIDTH, HEIGHT)
    assert found.pixels.dtype == np.uint8
    assert off(found.pixels, np.array(scene())) < 8
    assert not found.note


BACK = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}
"""How a camera lays down a picture that is to be shown upright."""


@pytest.mark.parametrize("orientation", range(2, 9))
@pytest.mark.parametrize("suffix", ["jpg", "png"])
def test_every_orientation_comes_out_upright(tmp_path, orientation, suffix):
    path = tmp_path / f"turned.{suffix}"
    exif = Image.Exif()
    exif[0x0112] = orientation
    scene().transpose(BACK[orientation]).save(path, exif=exif, quality=95)
    found = read_photograph(path)
    assert found.size == (WIDTH, HEIGHT)
    assert off(found.pixels, np.array(scene())) < 3


@pytest.mark.parametrize("orientation", [0, 9, 4711])
def test_an_orientation_that_does_not_exist_changes_nothing(tmp_path, orientation):
    path = tmp_path / "odd.jpg"
    exif = Image.Exif()
    exif[0x0112] = orientation
    scene().save(path, exif=exif, quality=95)
    assert off(read_photograph(path).pixels, np.array(scene())) < 3


def _wide_gamut() -> bytes:
    """The sRGB profile with primaries and curve of Adobe RGB (1998): D50 colorants, gamma 2.2."""
    data = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    columns = {
        b"rXYZ": (0.60974, 0.31111, 0.01947),
        b"gXYZ": (0.20528, 0.62567, 0.06087),
        b"bXYZ": (0.14919, 0.06322, 0.74457),
    }
    (count,) = struct.unpack_from(">I", data, 128)
    for i in range(count):
        tag, start, _size = struct.unpack_from(">4sII", data, 132 + 12 * i)
        if tag in columns:
            fixed = [round(value * 65536) for value in columns[tag]]
            struct.pack_into(">3i", data, start + 8, *fixed)
    return bytes(data)


def test_colours_of_another_profile_become_srgb(tmp_path):
    """Laid down in the wide gamut the numbers differ; what is read is the colour that was seen."""
    wide = ImageCms.ImageCmsProfile(io.BytesIO(_wide_gamut()))
    srgb = ImageCms.createProfile("sRGB")
    stored = ImageCms.profileToProfile(scene(), srgb, wide, outputMode="RGB")
    assert off(np.array(stored), np.array(scene())) > 4
    path = tmp_path / "wide.png"
    stored.save(path, icc_profile=_wide_gamut())
    found = read_photograph(path)
    assert off(found.pixels, np.array(scene())) < 1.5
    assert not found.note


def test_a_profile_that_is_none_is_said_and_the_picture_shown(tmp_path):
    path = tmp_path / "profile.png"
    scene().save(path, icc_profile=b"not a profile at all" * 20)
    found = read_photograph(path)
    assert np.array_equal(found.pixels, np.array(scene()))
    assert found.note.startswith("profile.png: its colour profile cannot be read")


def test_a_profile_of_another_kind_of_colour_is_left_out(tmp_path):
    path = tmp_path / "grey.png"
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    scene().convert("L").save(path, icc_profile=profile)
    found = read_photograph(path)
    assert "colour profile" in found.note
    assert off(found.pixels[..., 0], np.array(scene().convert("L"))) < 1


def test_cmyk_palette_grey_alpha_and_16_bits(tmp_path):
    plain = np.array(scene())
    scene().convert("CMYK").save(tmp_path / "cmyk.jpg", quality=95)
    assert off(read_photograph(tmp_path / "cmyk.jpg").pixels, plain) < 4
    scene().convert("P", palette=Image.Palette.ADAPTIVE).save(tmp_path / "palette.png")
    assert off(read_photograph(tmp_path / "palette.png").pixels, plain) < 8
    grey = np.array(scene().convert("L"))
    Image.fromarray(grey.astype(np.uint16) * 257).save(tmp_path / "deep.png")
    assert off(read_photograph(tmp_path / "deep.png").pixels[..., 1], grey) < 1
    Image.fromarray(np.dstack([plain, np.zeros_like(grey)])).save(tmp_path / "clear.png")
    assert (read_photograph(tmp_path / "clear.png").pixels == 255).all()


def test_a_large_picture_is_reduced_and_keeps_its_proportions(tmp_path):
    path = tmp_path / "large.jpg"
    scene().resize((4500, 3000)).save(path)
    assert read_photograph(path).size == (KEPT_SIDE_PX, 1333)


def test_what_is_no_picture_is_refused(tmp_path):
    (tmp_path / "letter.jpg").write_text("Dear doctor, here is my photograph.")
    (tmp_path / "empty.jpg").write_bytes(b"")
    (tmp_path / "folder.jpg").mkdir()
    assert "is no photograph" in refused(tmp_path / "letter.jpg")
    assert "is no photograph" in refused(tmp_path / "empty.jpg")
    assert "no such file" in refused(tmp_path / "folder.jpg")
    assert "no such file" in refused(tmp_path / "gone.jpg")


def test_a_picture_that_starts_programs_elsewhere_is_not_tried(tmp_path):
    (tmp_path / "page.eps").write_text("%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 300 300\n")
    assert "is no photograph" in refused(tmp_path / "page.eps")


@pytest.mark.parametrize("suffix", ["jpg", "png", "webp", "tif", "bmp"])
def test_a_truncated_file_is_refused(tmp_path, suffix):
    whole, cut = tmp_path / f"whole.{suffix}", tmp_path / f"cut.{suffix}"
    noise = np.random.default_rng(0).integers(0, 256, (HEIGHT, WIDTH, 3)).astype(np.uint8)
    Image.fromarray(noise).save(whole)
    cut.write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    assert "damaged" in refused(cut) or "no photograph" in refused(cut)


def _png_header(path: Path, width: int, height: int) -> Path:
    """A PNG that claims a size, and holds almost nothing."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        crc = zlib.crc32(kind + body)
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", crc)

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    path.write_bytes(
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", zlib.compress(b"\0" * 1000))
        + chunk(b"IEND", b"")
    )
    return path


def test_too_many_pixels_are_refused_before_they_are_decoded(tmp_path):
    wide = refused(_png_header(tmp_path / "wide.png", 20_000, 500))
    assert "20,000 × 500 pixels" in wide
    assert "at most 16,000" in wide
    assert "64 million" in refused(_png_header(tmp_path / "big.png", 9_000, 8_000))
    assert "64 million" in refused(_png_header(tmp_path / "bomb.png", 15_000, 10_000))
    assert "64 million" in refused(_png_header(tmp_path / "huge.png", 200_000, 200_000))


def test_too_few_pixels_are_refused(tmp_path):
    scene().resize((90, 60)).save(tmp_path / "icon.png")
    assert "90 × 60 pixels" in refused(tmp_path / "icon.png")


def test_a_compressed_comment_that_would_fill_the_memory_is_refused(tmp_path):
    path = tmp_path / "comment.png"
    scene().save(path)
    data = path.read_bytes()
    body = b"note\0\0" + zlib.compress(b"\0" * 80_000_000)
    crc = zlib.crc32(b"zTXt" + body)
    chunk = struct.pack(">I", len(body)) + b"zTXt" + body + struct.pack(">I", crc)
    path.write_bytes(data[:33] + chunk + data[33:])
    assert "not a readable picture" in refused(path)


@pytest.mark.parametrize("suffix", ["jpg", "png", "webp", "tif", "bmp", "gif"])
@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_a_file_with_any_bytes_changed_is_a_picture_or_a_sentence(tmp_path, suffix, data):
    path = tmp_path / f"changed.{suffix}"
    scene().resize((200, 200)).save(path)
    whole = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(1, 8))):
        at = data.draw(st.integers(0, min(len(whole), 400) - 1) | st.integers(0, len(whole) - 1))
        whole[at] = data.draw(st.integers(0, 255))
    path.write_bytes(whole)
    try:
        found = read_photograph(path).pixels.shape[2]
    except EvokeError as error:
        found = str(error)
    assert found == 3 or (found.startswith(path.name) and found.endswith("."))


def test_reading_writes_nothing(tmp_path):
    scene().save(tmp_path / "face.jpg")
    before = {p: p.stat().st_mtime_ns for p in tmp_path.rglob("*")}
    read_photograph(tmp_path / "face.jpg")
    assert {p: p.stat().st_mtime_ns for p in tmp_path.rglob("*")} == before
