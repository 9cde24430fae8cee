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
_THUMBNAIL_PX = 256


@avatar_cli.command("list")
def avatar_list() -> None:
    """Every avatar: its name, then who it shows; first the finished ones, then one's own."""
    from app.avatar_store import OWN, FileStore, finished

    whole, troubles = finished()
    for one in whole:
        typer.echo(f"{one.name:10}{one.description}")
    for trouble in troubles:
        typer.echo(trouble, err=True)
    for entry in FileStore().entries(OWN):
        told = entry.identity.description if entry.identity is not None else entry.trouble
        typer.echo(f"{f'{OWN}/{entry.name}':<9} {told}")


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
    _checked(out, (*_MODELS, ".png"))
    _write(out, name, emotion, _THUMBNAIL_PX if out.suffix.lower() == ".vrm" else size)


@avatar_cli.command("sheet")
def avatar_sheet(
    out: Annotated[Path, typer.Option(help="FILE.png")],
    names: Annotated[list[str] | None, typer.Argument(metavar="[NAME]...")] = None,
    every: Annotated[bool, typer.Option("--all", help="Every avatar.")] = False,
    size: Size = 240,
    plain: Annotated[bool, typer.Option("--plain", help="Without names and margins.")] = False,
) -> None:
    """Draw avatars in all eight emotions: a row an avatar, a column an emotion."""
    from app import avatar_store
    from app.avatar_pictures import draw_sheet
    from app.files import write_atomically
    from app.png import png_bytes
    from app.progress import bar
    from avatars.identity import identity_names

    _checked(out, (".png",))
    if every == bool(names):
        raise SettingsError("Say which avatars the sheet shall show, or --all.")
    chosen = [identity(name) for name in (identity_names() if every else names or [])]
    with bar("drawing", len(chosen)) as advance:

        def scenes() -> Iterator[Scene]:
            for one in chosen:
                yield avatar_store.build(one)
                advance()

        sheet = draw_sheet(scenes(), len(chosen), size, plain=plain)
    write_atomically(out, png_bytes(sheet))
    typer.echo(f"Written to {out}")


@avatar_cli.command("blends")
def avatar_blends(
    name: Name, out: Annotated[Path, typer.Option(help="FILE.png")], size: Size = 140
) -> None:
    """Draw an avatar halfway between each two emotions."""
    from app.avatar_pictures import draw_blends
    from app.files import write_atomically
    from app.png import png_bytes

    _checked(out, (".png",))
    write_atomically(out, png_bytes(draw_blends(build(name), size)))
    typer.echo(f"Written to {out}")


@avatar_cli.command("clip")
def avatar_clip(
    name: Name,
    out: Annotated[Path, typer.Option(help="FILE.mp4 or FILE.gif")],
    emotion: Worn = "neutral",
    size: Size = 480,
    timeline: Annotated[
        Path | None,
        typer.Option(
            help="A timeline.csv: film that session, not a turn. Faces go by the table of emotions "
            "in the summary.json beside it; without one, by that of the settings."
        ),
    ] = None,
    trial: Annotated[int | None, typer.Option(help="Of the timeline; default: its first.")] = None,
) -> None:
    """Film an avatar from all round, or through a replayed session, as MP4 (H.264; wants PyAV) or
    GIF."""
    from app.avatar_clip import tidily_ended
    from app.avatar_files import CLIPS

    _checked(out, CLIPS)
    if timeline is None:
        if trial is not None:
            raise SettingsError("A trial is that of a timeline: say which, --timeline FILE.")
        with tidily_ended():
            _write(out, name, emotion, size)
        return
    from app import avatar_store
    from app.avatar_clip import write_clip
    from app.progress import bar
    from app.session_clip import filmed, frames_of, read_timeline, told_beside
    from app.settings import load

    readings = read_timeline(timeline, trial)
    scene, (tag, table) = avatar_store.build(identity(name)), told_beside(timeline)
    table = table or load().settings.table
    with tidily_ended(), bar("filming", frames_of(readings)) as advance:
        write_clip(out, filmed(scene, readings, table, size, tag), advance)
    typer.echo(f"Written to {out}")


def identity(name: str) -> Identity:
    """The avatar of that name, or described in that JSON file. Raises EvokeError."""
    from app import avatar_store

    is_file = name.endswith(".json") and not name.startswith(f"{avatar_store.OWN}/")
    return avatar_store.read(Path(name)) if is_file else avatar_store.find(name)


def build(name: str) -> Scene:
    """That avatar, ready to pose. Raises EvokeError."""
    from app import avatar_store

    return avatar_store.build(identity(name))


def _write(out: Path, name: str, emotion: Emotion, size: int) -> None:
    from app.avatar_files import steps, write_avatar
    from app.avatar_pictures import Canvas, canvas
    from app.progress import bar

    suffix = out.suffix.lower()
    scene = build(name)
    with contextlib.ExitStack() as stack:
        board: Canvas | None = None
        # A VRM file does without a picture where none can be drawn; the others want one.
        with contextlib.suppress(EvokeError) if suffix == ".vrm" else contextlib.nullcontext():
            board = None if suffix == ".glb" else stack.enter_context(canvas(size))
        advance = stack.enter_context(bar("writing", steps(out)))
        write_avatar(out, scene, emotion, board, advance)
    typer.echo(f"Written to {out}")


def _checked(out: Path, suffixes: tuple[str, ...]) -> None:
    """Raises SettingsError, before any work, unless `out` ends in one of `suffixes` and can be
    written."""
    from app.results import check_out

    suffix = out.suffix.lower()
    if suffix not in suffixes:
        raise SettingsError(f"{out.name} must end in {' or '.join(suffixes)}.")
    check_out(out, out.suffix)
