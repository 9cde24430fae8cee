"""Writes synthetic subjects into a folder, in the forms in which DEAP is distributed."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from evoke.dataset.atomic import write_whole
from evoke.dataset.deap import read_deap
from evoke.dataset.deap_original import SYNTHETIC
from evoke.dataset.demo import DEMO_SEED, DEMO_VERSION, Preset, generate_subject, is_synthetic
from evoke.dataset.pickle2 import write_arrays
from evoke.dataset.subject import is_subject_file
from evoke.errors import EvokeError, FileRefusedError

Format = Literal["dat", "mat"]
Progress = Callable[[int, int, Path], None]
"""Files done, files in all, the file just written."""


def write_demo(
    folder: Path | str,
    subjects: Iterable[int],
    seed: int = DEMO_SEED,
    preset: Preset = "showcase",
    file_format: Format = "dat",
    progress: Progress | None = None,
    trials: int = 40,
    trial_s: int = 60,
) -> list[Path]:
    """Write sNN.dat or sNN.mat for each subject, and a README.txt; returns the subjects' files.

    A file appears whole or not at all. Synthetic files are replaced; any other file of the same
    name is left alone, and so is a folder that cannot be written: EvokeError then.
    """
    folder, numbers = Path(folder), list(subjects)
    paths = [folder / f"s{number:02d}.{file_format}" for number in numbers]
    write = {"dat": _write_dat, "mat": _write_mat}[file_format]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for path in paths:
            _keep_real_data(path)
        others = any(is_subject_file(p) and p not in paths for p in folder.iterdir())
        _write_readme(folder, seed, preset, trials, trial_s, others=others)
        for done, (number, path) in enumerate(zip(numbers, paths, strict=True), start=1):
            data, labels = generate_subject(number, seed, preset, trials, trial_s)
            write_whole(path, partial(write, data=data, labels=labels))
            if progress:
                progress(done, len(paths), path)
    except OSError as error:
        raise EvokeError(f"{folder} cannot be written: {error.strerror}.") from None
    return paths


def _keep_real_data(path: Path) -> None:
    """Raises EvokeError if `path` is there and is not synthetic."""
    if not path.exists():
        return
    try:
        replaceable = is_synthetic(read_deap(path).data)
    except FileRefusedError:
        replaceable = False
    if not replaceable:
        raise EvokeError(f"{path} is not synthetic and is left alone; choose another folder.")


def _write_readme(
    folder: Path, seed: int, preset: Preset, trials: int, trial_s: int, *, others: bool
) -> None:
    """others: whether it speaks of more subjects than are about to be written."""
    path = folder / "README.txt"
    before = path.read_bytes().decode(errors="replace") if path.exists() else ""
    if before and not before.startswith(SYNTHETIC):
        raise EvokeError(f"{path} was not written by EVOKE; choose another folder.")
    text = (
        f"{SYNTHETIC}\n\n"
        f"preset: {preset}\nseed: {seed}\nversion of the generator: {DEMO_VERSION}\n"
        f"trials: {trials} of 3 s rest and {trial_s} s\n\n"
        "Each sNN file has the layout of DEAP's preprocessed files: data (trials, 40 channels,\n"
        "samples at 128 Hz, uV) and labels (trials, 4): valence, arousal, dominance, liking.\n"
        "Nothing found in these files says anything about people.\n"
    )
    if before not in ("", text) and others:
        raise EvokeError(
            f"{folder} holds subjects made in another way, as its README.txt says; choose another "
            "folder."
        )
    write_whole(path, lambda part: part.write_text(text, "utf-8", newline="\n"))


def _write_dat(path: Path, data: NDArray[np.float64], labels: NDArray[np.float64]) -> None:
    with path.open("wb") as file:
        write_arrays(file, {"labels": labels, "data": data})


def _write_mat(path: Path, data: NDArray[np.float64], labels: NDArray[np.float64]) -> None:
    from scipy.io import savemat

    savemat(path, {"data": data, "labels": labels}, appendmat=False)
    # SciPy's header names the moment; the same subject should give the same bytes
    with path.open("r+b") as file:
        file.write(f"MATLAB 5.0 MAT-file. {SYNTHETIC}".encode().ljust(116))
