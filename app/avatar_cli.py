"""`evoke avatar`: the avatars there are, as files and pictures."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from evoke.errors import EvokeError, SettingsError

if TYPE_CHECKING:
    from avatars import Scene
    from avatars.identity import Identity

avatar_cli = typer.Typer(help="Faces, and how to take them elsewhere.", no_args_is_help=True)

Name = Annotated[
    str, typer.Argument(help="As `evoke avatar list` names it, or a JSON file that describes one.")
]
Emotion = Literal["neutral", "happy", "excited", "surprise", "sad", "anger", "fear", "disgust"]
Worn = Annotated[Emotion, typer.Option(help="The emotion worn.")]
Size = Annotated[int, typer.Option(min=16, max=4096, help="Pixels a side.")]

_MODELS = (".glb", ".vrm")
_CLIPS = (".mp4", ".gif")
_THUMBNAIL_PX = 256


@avatar_cli.command("list")
def avatar_list() -> None:
    """Every avatar: its name, then who it shows."""
    from avatars.identity import identity_names

    for name in identity_names():
        typer.echo(f"{name:10}{identity(name).description}")


@avatar_cli.command("show")
def avatar_show(name: Name) -> None:
    """What an avatar is made from, as JSON."""
    typer.echo(identity(name).to_json(), nl=False)


@avatar_cli.command("export")
def avatar_export(
    name: Name,
    out: Annotated[Path, typer.Option(help="FILE.glb (glTF 2.0), .vrm (VRM 1.0) or .png.")],
    emotion: Worn = "neutral",
    size: Size = 1024,
) -> None:
    """Write an avatar as a model for other programs, or as a picture.

    A model holds every emotion; --emotion and --size are those of a picture.
    """
    from app.files import write_atomically

    suffix = _checked(out, (*_MODELS, ".png"))
    scene = build(name)
    if suffix == ".png":
        from app.avatar_pictures import draw_still, png_bytes

        data = png_bytes(draw_still(scene, emotion, size))
    else:
        from avatars.export import glb_bytes, vrm_bytes

        data = glb_bytes(scene) if suffix == ".glb" else vrm_bytes(scene, _thumbnail(scene))
    write_atomically(out, data)
    typer.echo(f"Written to {out}")


@avatar_cli.command("sheet")
def avatar_sheet(
    out: Annotated[Path, typer.Option(help="FILE.png")],
    names: Annotated[list[str] | None, typer.Argument(metavar="[NAME]...")] = None,
    every: Annotated[bool, typer.Option("--all", help="Every avatar.")] = False,
    size: Size = 240,
    plain: Annotated[bool, typer.Option("--plain", help="Without names and margins.")] = False,
) -> None:
    """Draw avatars in all eight emotions: a row an avatar, a column an emotion."""
    from app.avatar_pictures import draw_sheet, png_bytes
    from app.files import write_atomically
    from app.progress import bar
    from avatars.identity import identity_names

    _checked(out, (".png",))
    if every == bool(names):
        raise SettingsError("Say which avatars the sheet shall show, or --all.")
    chosen = [identity(name) for name in (identity_names() if every else names or [])]
    with bar("drawing", len(chosen)) as advance:

        def scenes() -> Iterator[Scene]:
            for one in chosen:
                yield build(one)
                advance()

        sheet = draw_sheet(scenes(), len(chosen), size, plain=plain)
    write_atomically(out, png_bytes(sheet))
    typer.echo(f"Written to {out}")


@avatar_cli.command("blends")
def avatar_blends(
    name: Name, out: Annotated[Path, typer.Option(help="FILE.png")], size: Size = 140
) -> None:
    """Draw an avatar halfway between each two emotions."""
    from app.avatar_pictures import draw_blends, png_bytes
    from app.files import write_atomically

    _checked(out, (".png",))
    write_atomically(out, png_bytes(draw_blends(build(name), size)))
    typer.echo(f"Written to {out}")


@avatar_cli.command("clip")
def avatar_clip(
    name: Name,
    out: Annotated[Path, typer.Option(help="FILE.mp4 or FILE.gif")],
    emotion: Worn = "neutral",
    size: Size = 480,
) -> None:
    """Film an avatar from all round, as MP4 (H.264; wants PyAV) or GIF."""
    from app.avatar_clip import write_clip
    from app.avatar_pictures import TURN_FRAMES, turntable
    from app.progress import bar

    _checked(out, _CLIPS)
    scene = build(name)
    with bar("filming", TURN_FRAMES) as advance:
        write_clip(out, turntable(scene, emotion, size), advance)
    typer.echo(f"Written to {out}")


def identity(name: str) -> Identity:
    """The avatar of that name, or described in that JSON file. Raises EvokeError."""
    from avatars.identity import Identity

    with _in_words():
        if not name.endswith(".json"):
            return Identity.load(name)
        path = Path(name)
        try:
            text = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise EvokeError(f"{path} could not be read as an avatar: {error}.") from error
        return Identity.from_json(text, path.name)


def build(avatar: str | Identity) -> Scene:
    """That avatar, ready to pose. Raises EvokeError."""
    from avatars import load_scene

    with _in_words():
        return load_scene(identity(avatar) if isinstance(avatar, str) else avatar)


def _thumbnail(scene: Scene) -> bytes | None:
    """The picture that a VRM file may carry; None where none can be drawn."""
    from app.avatar_pictures import draw_still, png_bytes

    with contextlib.suppress(EvokeError):
        return png_bytes(draw_still(scene, "neutral", _THUMBNAIL_PX))
    return None


@contextlib.contextmanager
def _in_words() -> Iterator[None]:
    """What is wrong with an avatar, as an error that the command line prints."""
    from avatars import AvatarError

    try:
        yield
    except AvatarError as error:
        raise EvokeError(str(error)) from error


def _checked(out: Path, suffixes: tuple[str, ...]) -> str:
    """The suffix of `out`. Raises SettingsError, before any work, unless it is one of `suffixes`
    and something can be written there."""
    from app.results import check_out

    suffix = out.suffix.lower()
    if suffix not in suffixes:
        raise SettingsError(f"{out.name} must end in {' or '.join(suffixes)}.")
    check_out(out, out.suffix)
    return suffix
