"""`evoke replay --headless`: results into a folder, with progress on the terminal."""

from __future__ import annotations

from pathlib import Path

import typer

from app.compose import Composer
from app.files import writable_folder
from app.headless import PICTURES, notes, replay, summarise, write_summary, write_timeline
from app.progress import bar
from app.screen import screen
from app.settings import Settings, load
from app.source_spec import SourceSpec
from evoke.signal.chain import ChainSettings


def run(
    spec: SourceSpec, speed: float, out: Path, *, model: Path | None, chunk: int | None
) -> None:
    """Replay `spec` as the window would, by the user's settings, and write timeline.csv,
    summary.json, window.png and avatar.png to `out`. Raises EvokeError."""
    writable_folder(out)
    settings = load().settings
    chain = ChainSettings(notch_hz=float(settings.mains_hz))
    composer = Composer(chain, settings.emotion, model)
    composition = composer.compose(spec, speed=speed, chunk=chunk)
    trials = composition.source.trials
    done: dict[int, float] = {}
    with bar(f"reading {composition.source.info.name}", len(trials)) as advance:

        def progress(trial: int, played_s: float, duration_s: float) -> None:
            share = played_s / duration_s if duration_s else 1.0
            advance(share - done.get(trial, 0.0))
            done[trial] = share

        readings = replay(composition, progress)
    for picture in PICTURES:  # of another recording, if these are not drawn
        (out / picture).unlink(missing_ok=True)
    summary = summarise(composition, readings)
    write_timeline(out / "timeline.csv", readings)
    write_summary(out / "summary.json", summary)
    pictures = _pictures(spec, trials[-1], composer, settings, out)
    for note in notes(composition, readings):
        typer.echo(note)
    typer.echo(f"{len(readings)} readings in {out}: timeline.csv, summary.json{pictures}")


def _pictures(
    spec: SourceSpec, trial: int, composer: Composer, settings: Settings, out: Path
) -> str:
    """Draw the window and the avatar at the end of `trial`; says which pictures there are."""
    with screen() as available:
        if not available:
            return " (no pictures: there is no screen, and Xvfb is not installed)"
        from app.pictures import draw

        names = draw(spec, trial or None, composer, settings, out)
    return "".join(f", {name}" for name in names)
