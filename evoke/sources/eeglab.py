"""EEGLAB's .set files, with their samples inside or in an .fdt file beside them."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evoke.errors import FileRefusedError
from evoke.sources.file_checks import check_matlab

_READER = Path(__file__).with_name("eeglab_reader.py")
_SLOWEST_READ = 1 << 20  # bytes per s
_MEMORY = 1 << 30  # bytes for the libraries' own, and for each byte of a file, which may hold
_MEMORY_PER_BYTE = 40  # numbers of 8 bytes in one, and is copied a few times on its way
_FDT = np.dtype("<f4")


@dataclass(frozen=True, slots=True)
class EeglabFile:
    """What a .set holds.

    header: see `eeglab_reader.py`. scale_uv: uV in one stored unit.
    load: (start, stop) -> samples (n_channels, stop - start).
    """

    header: dict[str, Any]
    scale_uv: float
    load: Callable[[int, int], NDArray[np.generic]]


def read_eeglab(path: Path) -> EeglabFile:
    """Read a .set in a process of its own.

    Raises FileRefusedError if it is damaged, cut into epochs, or names an .fdt elsewhere.
    """
    output = _run_reader(path, _MEMORY + _MEMORY_PER_BYTE * check_matlab(path))
    head_end = 8 + int.from_bytes(output[:8], "little")
    header: dict[str, Any] = json.loads(output[8:head_end])
    n_channels, n_samples = len(header["names"]), int(header["n_samples"])
    data_file = Path(header["data_file"])
    if data_file.resolve().parent != path.resolve().parent:
        raise FileRefusedError(f"{path.name} points to another folder for its data.")
    if data_file.suffix.lower() == ".fdt":
        return EeglabFile(header, 1.0, _fdt_loader(data_file, n_channels, n_samples))
    samples = np.frombuffer(output, "<f8", offset=head_end).reshape(n_channels, n_samples)
    return EeglabFile(header, 1e6, lambda start, stop: samples[:, start:stop])


def _run_reader(path: Path, memory: int) -> bytes:
    done = subprocess.run(
        # -P: a file called mne.py in the working folder must not be taken for the library
        [sys.executable, "-P", "-W", "ignore", str(_READER), str(path.resolve()), str(memory)],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=60 + path.stat().st_size / _SLOWEST_READ,
        check=False,
        creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
    )
    if done.returncode:
        raise FileRefusedError(
            f"{path.name} is not a readable EEGLAB file of a continuous recording."
        ) from RuntimeError(done.stderr.decode(errors="replace")[-2000:])
    return done.stdout


def _fdt_loader(
    path: Path, n_channels: int, n_samples: int
) -> Callable[[int, int], NDArray[np.generic]]:
    frame = _FDT.itemsize * n_channels
    expected, found = frame * n_samples, path.stat().st_size
    if found != expected:  # of more channels, say: it would be read scrambled
        what = "is cut short" if found < expected else "is not what its .set says"
        raise FileRefusedError(f"{path.name} {what}: {expected} bytes expected, {found} found.")

    def load(start: int, stop: int) -> NDArray[np.generic]:
        flat = np.fromfile(path, _FDT, (stop - start) * n_channels, offset=start * frame)
        return flat.reshape(stop - start, n_channels).T

    return load
