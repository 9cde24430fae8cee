"""Sentences for what nobody foresaw."""

from __future__ import annotations

import pickle

import pytest
import torch

from evoke.errors import FileRefusedError, GpuError, gpu_faults_said, gpu_sentence, internal
from evoke.paths import log_file


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (RuntimeError("CUDA error: unspecified launch failure\nCUDA kernel"), "stopped answering"),
        (RuntimeError("CUDA out of memory. Tried to allocate"), "memory is full"),
        (RuntimeError("cuDNN error: CUDNN_STATUS_ALLOC_FAILED"), "memory is full"),
        (RuntimeError("CUDA error: CUBLAS_STATUS_NOT_INITIALIZED when"), "memory is full"),
        (RuntimeError("GET was unable to find an engine to execute this"), "memory is full"),
        (RuntimeError("cuDNN error: CUDNN_STATUS_EXECUTION_FAILED"), "stopped answering"),
        (RuntimeError("Found no NVIDIA driver on your system."), "stopped answering"),
        (RuntimeError("shape mismatch"), ""),
        (ValueError("anything"), ""),
    ],
)
def test_errors_of_the_gpu_say_what_to_do(error: Exception, said: str) -> None:
    sentence = gpu_sentence(error)
    assert said in sentence
    assert bool(sentence) == bool(said)
    assert "\n" not in sentence


def test_what_stops_a_training_on_the_gpu_is_one_sentence_of_its_own() -> None:
    with pytest.raises(GpuError, match="memory is full"), gpu_faults_said():
        raise torch.OutOfMemoryError("CUDA out of memory.")
    with pytest.raises(RuntimeError, match="shape mismatch"), gpu_faults_said():
        raise RuntimeError("shape mismatch")


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (KeyError("x"), "Reading stopped on an internal error (KeyError: 'x'); "),
        (RuntimeError("\n  first line\n\nsecond\n"), "(RuntimeError: first line)"),
        (ValueError(), "(ValueError)"),
        (FileNotFoundError(2, "No such file", "/x"), "(FileNotFoundError: No such file); "),
    ],
)
def test_an_internal_error_is_one_line_that_names_it(error: Exception, said: str) -> None:
    sentence = internal("Reading", error)
    assert said in sentence
    assert sentence.endswith(f"; {log_file()} has the details.")
    assert "\n" not in sentence


def test_what_a_file_names_cannot_write_to_the_terminal() -> None:
    error = FileRefusedError("found F8 in '\n\x1b[31m\x07µV'.")
    assert str(error) == r"found F8 in '\n\x1b[31m\x07µV'."
    assert str(pickle.loads(pickle.dumps(error))) == str(error)
