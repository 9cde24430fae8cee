from __future__ import annotations

import io
import json
import os
import pickle
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.numpy import save as to_bytes

from models import checkpoint as module
from models.card import render
from models.checkpoint import Checkpoint, load, save
from models.errors import CheckpointError

MakeCheckpoint = Callable[..., Checkpoint]
Tensors = dict[str, np.ndarray]


@pytest.fixture
def saved(make_checkpoint: MakeCheckpoint, tmp_path: Path) -> Path:
    path = tmp_path / "good.safetensors"
    save(make_checkpoint(), path)
    return path


def tensors_of(path: Path) -> Tensors:
    read = load(path)
    return {**read.weights, "input.mean": read.mean, "input.std": read.std}


def forge(path: Path, tensors: Tensors, card: str | None = None) -> None:
    """Write a file whose checksum is right and whose contents are not."""
    card = load(path).card.model_dump_json() if card is None else card
    digest = module._digest(card, tensors)
    path.write_bytes(to_bytes(tensors, metadata={"evoke": f"{digest}\n{card}"}))


@pytest.mark.parametrize(
    ("network", "config"),
    [("student", {}), ("ccnn", {}), ("arjun_vit", {}), ("arjun_vit", {"reads": "window"})],
)
def test_what_was_saved_comes_back(
    make_checkpoint: MakeCheckpoint, tmp_path: Path, network: str, config: dict[str, str]
) -> None:
    checkpoint = make_checkpoint(network, config=config)
    path = tmp_path / "folder" / "a.safetensors"
    fingerprint = save(checkpoint, path)
    read = load(path)
    assert read.card == checkpoint.card
    assert read.fingerprint == fingerprint
    assert read.weights.keys() == checkpoint.weights.keys()
    for name, tensor in checkpoint.weights.items():
        assert np.array_equal(read.weights[name], tensor)
    assert np.array_equal(read.mean, checkpoint.mean)
    assert np.array_equal(read.std, checkpoint.std)


def test_equal_checkpoints_are_equal_files(saved: Path, tmp_path: Path) -> None:
    again = tmp_path / "again.safetensors"
    save(load(saved), again)
    assert again.read_bytes() == saved.read_bytes()


def test_the_card_stands_beside_it_as_text(saved: Path) -> None:
    text = saved.with_suffix(".md").read_text()
    assert text == render(load(saved).card)
    assert "Trained on synthetic data" in text
    assert "temperature 1.500/0.500/2.000" in text


def test_a_failed_save_leaves_the_old_file(
    saved: Path, make_checkpoint: MakeCheckpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = saved.read_bytes()

    def fail(_handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(CheckpointError, match="No space left"):
        save(make_checkpoint(name="another"), saved)
    assert saved.read_bytes() == before
    assert sorted(p.name for p in saved.parent.iterdir()) == ["good.md", "good.safetensors"]


def test_a_checkpoint_that_contradicts_its_card_is_not_written(
    make_checkpoint: MakeCheckpoint, tmp_path: Path
) -> None:
    good = make_checkpoint()
    bad = Checkpoint(make_checkpoint("ccnn").card, good.weights, good.mean, good.std)
    with pytest.raises(CheckpointError, match="ccnn"):
        save(bad, tmp_path / "bad.safetensors")
    assert not list(tmp_path.iterdir())


def test_a_name_without_the_suffix_is_refused(
    make_checkpoint: MakeCheckpoint, tmp_path: Path
) -> None:
    with pytest.raises(CheckpointError, match=r"\.safetensors"):
        save(make_checkpoint(), tmp_path / "a.pt")


class Harm:
    def __reduce__(self) -> tuple[Callable[[str], int], tuple[str]]:
        return os.system, ("echo harm > harmed",)


def _cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1000])


def _cut_in_the_header(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:500])


def _three_bytes(path: Path) -> None:
    path.write_bytes(b"\x01\x02\x03")


def _huge_header(path: Path) -> None:
    path.write_bytes((2**40).to_bytes(8, "little") + b"{}")


def _long_header(path: Path) -> None:
    path.write_bytes((2**21).to_bytes(8, "little") + b"{" + b" " * 2**21)


def _deep_header(path: Path) -> None:
    path.write_bytes((100_000).to_bytes(8, "little") + b"[" * 100_000)


def _flipped_weight(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[-5000] ^= 1
    path.write_bytes(content)


def _edited_card(path: Path) -> None:
    path.write_bytes(path.read_bytes().replace(b"random numbers", b"RANDOM numbers"))


def _pickle(path: Path) -> None:
    path.write_bytes(pickle.dumps(Harm()))


def _torch_save(path: Path) -> None:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("archive/data.pkl", pickle.dumps(Harm()))
    path.write_bytes(content.getvalue())


def _no_card(path: Path) -> None:
    path.write_bytes(to_bytes(tensors_of(path)))


def _empty_card(path: Path) -> None:
    forge(path, tensors_of(path), "")


def _changed_card(**changes: object) -> Callable[[Path], None]:
    def change(path: Path) -> None:
        card = {**json.loads(load(path).card.model_dump_json()), **changes}
        forge(path, tensors_of(path), json.dumps(card))

    return change


def _changed_tensors(change: Callable[[Tensors], object]) -> Callable[[Path], None]:
    def apply(path: Path) -> None:
        tensors = {name: t.copy() for name, t in tensors_of(path).items()}
        change(tensors)
        forge(path, tensors)

    return apply


BIAS = "layers.9.bias"

REFUSALS: dict[str, tuple[Callable[[Path], object], str]] = {
    "missing": (Path.unlink, "cannot be opened"),
    "cut off": (_cut, "tensors cannot be read"),
    "cut in the header": (_cut_in_the_header, "cut off"),
    "three bytes": (_three_bytes, "not a checkpoint"),
    "empty": (lambda path: path.write_bytes(b""), "not a checkpoint"),
    "header beyond the file": (_huge_header, "header claims"),
    "header too long": (_long_header, "header claims"),
    "header too deep": (_deep_header, "no model card"),
    "flipped bit": (_flipped_weight, "checksum"),
    "edited card": (_edited_card, "checksum"),
    "pickle": (_pickle, "pickle"),
    "torch.save": (_torch_save, "pickle"),
    "no card": (_no_card, "no model card"),
    "empty card": (_empty_card, "does not fit"),
    "later schema": (_changed_card(schema_version=2), "newer version of EVOKE"),
    "no schema": (_changed_card(schema_version="x"), "schema_version"),
    "unknown field": (_changed_card(hook="os.system"), "hook"),
    "unknown network": (_changed_card(network="resnet"), "resnet"),
    "other labels": (_changed_card(labels=["arousal", "valence", "dominance"]), "labels"),
    "negative temperature": (
        _changed_card(calibration={"temperature": [1, 1, -1], "bias": [0, 0, 0]}),
        "temperature",
    ),
    "temperature of nearly zero": (
        _changed_card(calibration={"temperature": [1, 1e-300, 1], "bias": [0, 0, 0]}),
        "temperature of its calibration is too small",
    ),
    "another question": (_changed_card(high_above=3.0), "tells ratings above 3 from others"),
    "std of nearly zero": (
        _changed_tensors(lambda t: t["input.std"].fill(1e-45)),
        "'input.std' is too small",
    ),
    "another network's weights": (_changed_card(network="ccnn"), "ccnn"),
    "wrong shape": (
        _changed_tensors(lambda t: t.update({BIAS: np.zeros(4, np.float32)})),
        r"\(3,\), got \(4,\)",
    ),
    "extra tensor": (
        _changed_tensors(lambda t: t.update(extra=np.zeros(1, np.float32))),
        "'extra', which network",
    ),
    "lacking tensor": (_changed_tensors(lambda t: t.pop(BIAS)), f"lacks tensor '{BIAS}'"),
    "NaN": (_changed_tensors(lambda t: t[BIAS].fill(np.nan)), "not finite"),
    "infinite": (_changed_tensors(lambda t: t[BIAS].fill(np.inf)), "not finite"),
    "std of zero": (_changed_tensors(lambda t: t["input.std"].fill(0)), "positive"),
    "integers": (
        _changed_tensors(lambda t: t.update({BIAS: np.zeros(3, np.int32)})),
        "not float32",
    ),
    "half precision": (
        _changed_tensors(lambda t: t.update({BIAS: np.zeros(3, np.float16)})),
        "not float32",
    ),
}


@pytest.mark.parametrize("kind", REFUSALS)
def test_what_does_not_fit_is_refused_in_one_sentence(
    saved: Path, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(saved.parent)
    spoil, reason = REFUSALS[kind]
    spoil(saved)
    with pytest.raises(CheckpointError, match=reason) as caught:
        load(saved)
    assert "good.safetensors" in str(caught.value)
    assert "\n" not in str(caught.value)
    assert not Path("harmed").exists()


def test_a_card_with_other_features_than_its_network_reads_is_refused(
    make_checkpoint: MakeCheckpoint, tmp_path: Path
) -> None:
    path = tmp_path / "raw.safetensors"
    checkpoint = make_checkpoint("arjun_vit", config={"reads": "window"})
    save(checkpoint, path)
    inputs = checkpoint.card.inputs.model_dump() | {"features": {"name": "de"}}
    _changed_card(inputs=inputs)(path)
    with pytest.raises(CheckpointError, match="its features are 'de', its network reads window"):
        load(path)


def test_features_are_not_taken_for_windows(
    make_checkpoint: MakeCheckpoint, tmp_path: Path
) -> None:
    path = tmp_path / "good.safetensors"
    save(make_checkpoint("arjun_vit"), path)
    inputs = load(path).card.inputs.model_dump() | {"features": {"name": "raw"}}
    _changed_card(config={"reads": "window"}, inputs=inputs)(path)
    with pytest.raises(CheckpointError, match=r"good.safetensors.*\(32, 1024\), got \(32, 32\)"):
        load(path)


def test_a_fold_of_a_run_is_no_checkpoint(tmp_path: Path) -> None:
    path = tmp_path / "fold-1.safetensors"
    path.write_bytes(to_bytes({"a": np.zeros(3, np.float32)}, metadata={"evoke": '{"epoch": 2}'}))
    with pytest.raises(CheckpointError, match=r"fold-1\.safetensors is not a checkpoint"):
        load(path)


def test_an_oversized_file_is_not_read(saved: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_FILE_BYTES", 1000)
    with pytest.raises(CheckpointError, match="too large"):
        load(saved)


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_random_damage_is_refused_or_changes_nothing(
    tmp_path_factory: pytest.TempPathFactory, make_checkpoint: MakeCheckpoint, data: st.DataObject
) -> None:
    path = tmp_path_factory.getbasetemp() / "damage.safetensors"
    if not path.exists():
        save(make_checkpoint(), path)
    content = bytearray(path.read_bytes())
    at = data.draw(st.integers(0, 4000) | st.integers(0, len(content) - 1))
    content[at] ^= data.draw(st.integers(1, 255))
    damaged = path.with_name("damaged.safetensors")
    damaged.write_bytes(content)
    try:
        read = load(damaged)
    except CheckpointError:
        return
    assert read.fingerprint == load(path).fingerprint  # white space between the header's words
