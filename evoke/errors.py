"""What can go wrong, in one small tree. Every message is one sentence for the user:
which file or device, what was expected, what was found."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")


class EvokeError(Exception):
    """Base of all errors a user may meet; the command line exits with 2 on it. What a file names
    may hold anything: control characters are shown as their escapes."""

    def __init__(self, message: str = "") -> None:
        super().__init__(_CONTROL.sub(lambda found: repr(found[0])[1:-1], message))


class FileRefusedError(EvokeError):
    """A file is missing, damaged, of the wrong shape, or tries to run code."""


class SourceError(EvokeError):
    """A source could not be opened, or vanished while it ran."""


class MontageError(EvokeError):
    """The channel names do not say where the electrodes are."""


class CheckpointError(EvokeError):
    """A checkpoint is damaged, or does not fit the running signal path."""


class OtherDataError(CheckpointError):
    """A teacher was trained on other data than its student is to be."""


class SettingsError(EvokeError):
    """An option or a setting is out of its range."""


class TrainingError(EvokeError):
    """A training run cannot start or go on."""


def internal(what: str, error: Exception | None = None, log: str = "") -> str:
    """A sentence about an error that nobody foresaw. what: it stopped. error: if its text may be
    shown. log: the file that has the rest, if it is not the program's own."""
    named = ""
    if error is not None:
        said = error.strerror if isinstance(error, OSError) else ""  # without "[Errno 2]"
        first = (said or str(error)).strip().partition("\n")[0]
        named = f" ({type(error).__name__}: {first})" if first else f" ({type(error).__name__})"
    return f"{what} stopped on an internal error{named}; {log or _own_log()} has the details."


def _own_log() -> str:
    from evoke.paths import log_file  # which raises errors of this tree

    try:
        return str(log_file())
    except EvokeError:
        return "the log"


def gpu_sentence(error: BaseException) -> str:
    """What is to be said of an error of the GPU's; '' if it is another."""
    text = str(error)
    if type(error).__name__ not in ("AcceleratorError", "OutOfMemoryError") and "CUDA" not in text:
        return ""
    if "out of memory" in text:
        return (
            "The GPU's memory is full: end what else uses it, then go on from the last epoch, or "
            "train on the CPU."
        )
    first = text.partition("\n")[0]
    return (
        f"The GPU stopped answering ({first}): go on from the last epoch once it is back, or "
        "train on the CPU."
    )


@contextmanager
def one_sentence(path: Path, kind: str) -> Iterator[None]:
    """Whatever a library warns of or raises over a damaged file becomes one sentence, or none.

    kind: of file, as its users call it. Raises FileRefusedError, or the EvokeError raised within.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            yield
        except EvokeError:
            raise
        except Exception as error:
            raise FileRefusedError(f"{path.name} is not a readable {kind} file.") from error
