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


class GpuError(TrainingError):
    """The GPU is full, or failed; the CPU could go on."""


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


GPU_FULL = (
    "The GPU's memory is full: end what else uses it and try again, or train on the CPU instead."
)

_MEMORY_SIGNS = (
    "can't allocate memory",  # torch's allocator for the CPU
    "out of memory",  # the CUDA runtime, as when it makes a graph ready to run
    "ALLOC_FAILED",  # cuBLAS and cuDNN
    "CUBLAS_STATUS_NOT_INITIALIZED",  # cuBLAS, which found no room for its handle
    "unable to find an engine",  # cuDNN, which found no room for any engine's workspace
    "previous error during capture",  # a graph's step ran before; what fails is its allocation
)

_GPU_SIGNS = ("CUDA", "cuDNN", "NVIDIA driver", "unable to find an engine")


def out_of_memory(error: BaseException | None) -> bool:
    """Whether torch ran out of memory, by this error or by one that it hides: leaving a graph
    that could not be recorded raises an error of its own."""
    return any(
        type(one).__name__ == "OutOfMemoryError"
        or (isinstance(one, RuntimeError) and any(sign in str(one) for sign in _MEMORY_SIGNS))
        for one in _with_hidden(error)
    )


def gpu_sentence(error: BaseException) -> str:
    """What is to be said of an error of the GPU's; '' if it is another."""
    of_gpu = [
        str(one)
        for one in _with_hidden(error)
        if type(one).__name__ in ("AcceleratorError", "OutOfMemoryError")
        or any(sign in str(one) for sign in _GPU_SIGNS)
    ]
    if not of_gpu:
        return ""
    if out_of_memory(error):
        return GPU_FULL
    first = of_gpu[0].partition("\n")[0].rstrip(".")
    return (
        f"The GPU stopped answering ({first}): try again once it is back, as after a restart of "
        "the computer, or train on the CPU instead."
    )


@contextmanager
def gpu_faults_said() -> Iterator[None]:
    """Raises GpuError, one sentence, for an error of the GPU's."""
    try:
        yield
    except EvokeError:
        raise
    except Exception as error:
        if sentence := gpu_sentence(error):
            raise GpuError(sentence) from error
        raise


def _with_hidden(error: BaseException | None) -> Iterator[BaseException]:
    """An error, and those in whose handling it was raised."""
    while error is not None:
        yield error
        error = error.__context__


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
