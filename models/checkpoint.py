"""Checkpoints: one safetensors file with weights, input standardisation and model card.

A safetensors file is a JSON header and plain numbers; reading one cannot run code, and nothing
here unpickles. What is read is still checked against its own card before it is used.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike, NDArray
from pydantic import ValidationError

from models.card import HIGH_ABOVE, SCHEMA, ModelCard, render
from models.errors import CheckpointError
from models.networks import Shapes, input_shape, tensor_shapes

MAX_FILE_BYTES = 512 * 2**20
MAX_HEADER_BYTES = 2**20

_METADATA_KEY = "evoke"
"""One key, since safetensors writes several in random order: equal checkpoints, equal bytes."""

_PICKLE_SIGNS = (b"PK\x03\x04", b"\x80\x02", b"\x80\x03", b"\x80\x04", b"\x80\x05")


@dataclass(frozen=True)
class Checkpoint:
    """A network at rest.

    weights: tensors of the network, by torch's names, float32.
    mean, std: (4, 9, 9) float32; the network reads (grid - mean) / std. Cells without an
        electrode have mean 0 and std 1, so that they stay zero. (32, 128) where the network reads
        raw windows.
    fingerprint: SHA-256 over card and tensors; empty until saved.
    """

    card: ModelCard
    weights: Mapping[str, NDArray[np.float32]]
    mean: NDArray[np.float32]
    std: NDArray[np.float32]
    fingerprint: str = ""


def save(
    checkpoint: Checkpoint, path: Path, replace: Callable[[Path, Path], object] = os.replace
) -> str:
    """Write `path` (.safetensors) and its card as text beside it (.md); return the fingerprint.

    Each file is replaced whole or not at all. replace: renames a new file over the old one.
    Raises CheckpointError if the checkpoint does not match its own card, or cannot be written.
    """
    from safetensors.numpy import save as to_bytes

    if path.suffix != ".safetensors":
        raise CheckpointError(f"A checkpoint's name ends in .safetensors, got {path.name!r}.")
    tensors = {name: np.ascontiguousarray(w, np.float32) for name, w in checkpoint.weights.items()}
    tensors["input.mean"] = np.ascontiguousarray(checkpoint.mean, np.float32)
    tensors["input.std"] = np.ascontiguousarray(checkpoint.std, np.float32)
    _check_shapes({n: t.shape for n, t in tensors.items()}, checkpoint.card, path.name)
    _check_values(tensors, path.name)
    _check_card(checkpoint.card, path.name)
    card = checkpoint.card.model_dump_json()
    fingerprint = _digest(card, tensors)
    metadata = {_METADATA_KEY: f"{fingerprint}\n{card}"}
    try:
        _write(path, to_bytes(tensors, metadata=metadata), replace)
        _write(path.with_suffix(".md"), render(checkpoint.card).encode(), replace)
    except OSError as error:
        raise CheckpointError(f"{path} could not be written: {error.strerror}.") from error
    return fingerprint


def load(path: Path) -> Checkpoint:
    """Read and check a checkpoint.

    Raises CheckpointError, with the file's name and the first thing that is wrong, if it is
    missing, too large, damaged, not safetensors, of another schema, or holds tensors other than
    its network's.
    """
    from safetensors import SafetensorError
    from safetensors.numpy import load as from_bytes

    content = _read(path)
    metadata, shapes = _read_header(content, path.name)
    fingerprint, card = _read_card(metadata, path.name)
    _check_shapes(shapes, card, path.name)
    try:
        tensors = from_bytes(content)
    except SafetensorError as error:
        raise CheckpointError(f"{path.name} is damaged: its tensors cannot be read.") from error
    if _digest(metadata.partition("\n")[2], tensors) != fingerprint:
        raise CheckpointError(f"{path.name} is damaged: its contents do not match their checksum.")
    _check_values(tensors, path.name)
    _check_card(card, path.name)
    mean, std = tensors.pop("input.mean"), tensors.pop("input.std")
    return Checkpoint(card, tensors, mean, std, fingerprint)


def _read(path: Path) -> bytes:
    try:
        size = path.stat().st_size
        if size > MAX_FILE_BYTES:
            raise CheckpointError(
                f"{path.name} is too large for a checkpoint: {size / 2**20:.0f} MiB, "
                f"at most {MAX_FILE_BYTES // 2**20} are read."
            )
        content = path.read_bytes()
    except OSError as error:
        raise CheckpointError(f"{path} cannot be opened: {error.strerror}.") from error
    if content.startswith(_PICKLE_SIGNS):
        raise CheckpointError(
            f"{path.name} is a pickle, which could run code and is never opened; "
            "a checkpoint is a safetensors file."
        )
    return content


def _read_header(content: bytes, name: str) -> tuple[str, Shapes]:
    """The metadata and the shape of every tensor, without touching the tensors."""
    length = int.from_bytes(content[:8], "little")
    if len(content) < 8 or length > len(content) - 8 or length > MAX_HEADER_BYTES:
        raise CheckpointError(
            f"{name} is not a checkpoint, or cut off: its header claims {length} bytes, "
            f"the file has {len(content)}."
        )
    try:
        header = json.loads(content[8 : 8 + length])
        metadata = header.pop("__metadata__")[_METADATA_KEY]
        shapes = {key: tuple(entry["shape"]) for key, entry in header.items()}
        foreign = sorted(k for k, entry in header.items() if entry["dtype"] != "F32")
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise CheckpointError(f"{name} is not a checkpoint: it has no model card.") from error
    if foreign:
        raise CheckpointError(f"{name} holds tensor {foreign[0]!r} that is not float32.")
    return metadata, shapes


def _read_card(metadata: object, name: str) -> tuple[str, ModelCard]:
    if not isinstance(metadata, str) or "\n" not in metadata:  # a run's fold has no card either
        raise CheckpointError(f"{name} is not a checkpoint: it has no model card.")
    fingerprint, _, card = metadata.partition("\n")
    try:
        return fingerprint, ModelCard.model_validate_json(card)
    except ValidationError as error:
        first = error.errors()[0]
        later = [e for e in error.errors() if e["loc"] == ("schema_version",)]
        if any(isinstance(e["input"], int) and e["input"] > SCHEMA for e in later):
            raise CheckpointError(
                f"{name} was written by a newer version of EVOKE: use that one."
            ) from error
        where = ".".join(str(part) for part in first["loc"]) or "the whole"
        raise CheckpointError(
            f"{name} has a model card that does not fit: {where}: {first['msg']}."
        ) from error


def _check_shapes(shapes: Shapes, card: ModelCard, name: str) -> None:
    try:
        expected = tensor_shapes(card.network, card.config)
        one_window = input_shape(card.network, card.config)
    except CheckpointError as error:
        raise CheckpointError(f"{name}: {error}") from error
    expected = {**expected, "input.mean": one_window, "input.std": one_window}
    for key in sorted(expected.keys() | shapes.keys()):
        if key not in shapes:
            raise CheckpointError(f"{name} lacks tensor {key!r} of network {card.network!r}.")
        if key not in expected:
            raise CheckpointError(f"{name} holds {key!r}, which network {card.network!r} has not.")
        if shapes[key] != expected[key]:
            raise CheckpointError(
                f"{name}: tensor {key!r} must have the shape {expected[key]}, got {shapes[key]}."
            )


def _check_values(tensors: Mapping[str, NDArray[np.float32]], name: str) -> None:
    for key, tensor in tensors.items():
        if not np.isfinite(tensor).all():
            raise CheckpointError(f"{name}: tensor {key!r} holds values that are not finite.")
    if not (tensors["input.std"] > 0).all():
        raise CheckpointError(f"{name}: tensor 'input.std' must be positive everywhere.")
    if not _invertible(tensors["input.std"]):
        raise CheckpointError(f"{name}: tensor 'input.std' is too small to divide by.")


def _check_card(card: ModelCard, name: str) -> None:
    """What a card says is used as it stands: probabilities must come out as numbers, and be of
    what the screen says they are of."""
    if not _invertible(card.calibration.temperature):
        raise CheckpointError(f"{name}: a temperature of its calibration is too small.")
    if card.high_above != HIGH_ABOVE:
        raise CheckpointError(
            f"{name} tells ratings above {card.high_above:g} from others, here the question is "
            f"whether they are above {HIGH_ABOVE:g}: train it again."
        )


def _invertible(values: ArrayLike) -> bool:
    """Whether dividing by them stays finite in float32."""
    with np.errstate(divide="ignore", over="ignore"):
        return bool(np.isfinite(np.float32(1) / np.asarray(values, np.float32)).all())


def _digest(card: str, tensors: Mapping[str, NDArray[np.float32]]) -> str:
    digest = hashlib.sha256(card.encode())
    for key in sorted(tensors):
        digest.update(f"\n{key} {tensors[key].shape}\n".encode())
        digest.update(tensors[key].tobytes())
    return digest.hexdigest()


def _write(path: Path, content: bytes, replace: Callable[[Path, Path], object]) -> None:
    """Write whole or not at all: a crash leaves the old file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(".part", f".{path.name}.", path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        # mkstemp makes files readable by their owner alone; a checkpoint is as open as its folder
        os.chmod(temporary, 0o644)
        replace(Path(temporary), path)
    except BaseException:
        os.unlink(temporary)
        raise
