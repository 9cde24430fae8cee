from __future__ import annotations

import hashlib
import json
from pathlib import Path

import numpy as np
import pytest
import trimesh

from avatars import AvatarError, Scene, emotion_weights
from avatars.expression import EXPRESSION, INDEX
from avatars.identity import ASSETS
from avatars.mesh import decode_morphs, load_parts
from avatars.scene import morph
from tests.avatars.reference import welded_normals

FILES = sorted(ASSETS.glob("*.glb"))
HEAD = ASSETS / "head.glb"


def part(scene: Scene, name: str):
    return next(p for p in scene.parts if p.name == name)


def test_assets_are_the_ones_that_were_baked() -> None:
    recorded = json.loads((ASSETS / "provenance.json").read_text())["sha256"]
    files = [*FILES, *ASSETS.glob("*.npz")]
    found = {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in files}
    assert found == recorded


def test_assets_are_small_and_licensed() -> None:
    assert sum(file.stat().st_size for file in ASSETS.rglob("*.*")) < 12_000_000
    assert "CC0 1.0 Universal" in (ASSETS / "LICENSE-CC0.md").read_text()
    assert "CC0" in json.loads((ASSETS / "provenance.json").read_text())["notice"]


@pytest.mark.parametrize("file", FILES, ids=lambda f: f.stem)
def test_decoder_and_trimesh_agree_on_the_geometry(file: Path) -> None:
    """Every attribute that trimesh can read is read alike by both."""
    from avatars.mesh import _Accessors, _chunks

    document, body = _chunks(file.read_bytes())
    ours = _Accessors(document, body)
    theirs = trimesh.load_scene(file, process=False).geometry
    assert len(document["meshes"]) == len(theirs)
    for mesh in document["meshes"]:
        other, primitive = theirs[mesh["name"]], mesh["primitives"][0]
        at = primitive["attributes"]
        np.testing.assert_array_equal(ours.read(at["POSITION"]), other.vertices)
        np.testing.assert_array_equal(ours.read(at["_MASK"]), other.vertex_attributes["_MASK"])
        np.testing.assert_array_equal(ours.read(primitive["indices"]).reshape(-1, 3), other.faces)


def test_meshes_are_whole(scene: Scene) -> None:
    for p in scene.parts:
        n = len(p.positions)
        assert p.triangles.max() < n, p.name
        assert len(np.unique(p.triangles)) > 0.75 * n, p.name
        used = np.unique(p.triangles)
        np.testing.assert_allclose(np.linalg.norm(p.normals[used], axis=1), 1, atol=1e-3)
        assert np.isfinite(p.offsets).all(), p.name
        assert p.offsets.shape == p.normal_offsets.shape == (len(p.targets), n, 3)


def test_the_skin_answers_to_the_whole_expression_but_the_tongue(scene: Scene) -> None:
    moved = {EXPRESSION[i] for i in part(scene, "skin").targets}
    assert set(EXPRESSION) - moved <= {"tongueOut"}
    assert INDEX["tongueOut"] in part(scene, "tongue").targets


def test_morphs_are_mirror_images(scene: Scene) -> None:
    """A smile on the left moves as much as one on the right: no crooked smiles."""
    skin = part(scene, "skin")
    for left in (name for name in EXPRESSION if name.endswith("Left")):
        right = left[:-4] + "Right"
        k, m = (list(skin.targets).index(INDEX[name]) for name in (left, right))
        one, other = np.abs(skin.offsets[[k, m]]).sum((1, 2))
        assert one == pytest.approx(other, rel=0.05), left


def test_normals_do_not_show_the_seams(scene: Scene) -> None:
    """Vertices split by the UV map share position, normal and every change of both."""
    skin = part(scene, "skin")
    _, weld, count = np.unique(skin.rest, axis=0, return_inverse=True, return_counts=True)
    assert (count > 1).any()
    order = np.argsort(weld.ravel(), kind="stable")
    same = np.flatnonzero(np.diff(weld.ravel()[order]) == 0)
    a, b = order[same], order[same + 1]
    np.testing.assert_array_equal(skin.normal_offsets[:, a], skin.normal_offsets[:, b])
    np.testing.assert_allclose(skin.normals[a], skin.normals[b], atol=1e-6)


def test_summed_normals_stay_near_the_true_ones(scene: Scene) -> None:
    """Adding the targets' normal changes is an approximation; it must stay a good one."""
    skin = part(scene, "skin")
    for emotion in ("happy", "surprise", "anger"):
        positions, normals = morph(skin, emotion_weights(emotion))
        true = welded_normals(positions, skin)
        used = np.unique(skin.triangles)
        normals = normals[used] / np.linalg.norm(normals[used], axis=1, keepdims=True)
        angle = np.degrees(np.arccos(np.clip((true[used] * normals).sum(1), -1, 1)))
        assert angle.mean() < 2.5, emotion


def test_rest_expression_leaves_the_mesh_alone(scene: Scene) -> None:
    skin = part(scene, "skin")
    positions, normals = morph(skin, np.zeros(54, np.float32))
    np.testing.assert_array_equal(positions, skin.positions)
    np.testing.assert_array_equal(normals, skin.normals)


def test_a_blink_brings_the_lids_together(scene: Scene) -> None:
    """The lash roots of both lids meet, and the lid covers the pupil."""
    lashes, (eye, _) = part(scene, "lashes"), scene.eyes
    near = (np.abs(lashes.positions[:, 0] - eye.origin[0]) < 0.05) & (lashes.mask[:, 1] < 60)
    upper, lower = near & (lashes.mask[:, 0] > 127), near & (lashes.mask[:, 0] < 128)
    shut = np.zeros(54, np.float32)
    shut[[INDEX["eyeBlinkLeft"], INDEX["eyeBlinkRight"]]] = 1
    closed, _ = morph(lashes, shut)
    gap_open = lashes.positions[upper, 1].mean() - lashes.positions[lower, 1].mean()
    gap_shut = closed[upper, 1].mean() - closed[lower, 1].mean()
    assert gap_open > 0.10
    assert gap_shut < 0.25 * gap_open
    assert closed[upper, 1].mean() < eye.origin[1]


def test_a_damaged_asset_is_refused(tmp_path: Path) -> None:
    whole = HEAD.read_bytes()
    broken = tmp_path / "broken.glb"
    for content in (b"", b"not a glb", whole[: len(whole) // 2]):
        broken.write_bytes(content)
        with pytest.raises(AvatarError, match=r"broken\.glb.*glTF"):
            load_parts(broken)
    with pytest.raises(AvatarError, match=r"gone\.glb"):
        load_parts(tmp_path / "gone.glb")


def test_a_dense_accessor_is_read_too(tmp_path: Path) -> None:
    """A file that another tool wrote may store a target in full."""
    import struct

    offsets = np.array([[1, 2, 3], [4, 5, 6], [7, 8, 9]], "<f4")
    document = {
        "asset": {"version": "2.0"},
        "meshes": [
            {
                "name": "face",
                "primitives": [{"attributes": {"POSITION": 0}, "targets": [{"POSITION": 0}]}],
                "extras": {"targetNames": ["jawOpen"]},
            }
        ],
        "accessors": [{"bufferView": 0, "componentType": 5126, "count": 3, "type": "VEC3"}],
        "bufferViews": [{"buffer": 0, "byteOffset": 0, "byteLength": 36}],
        "buffers": [{"byteLength": 36}],
    }
    text = json.dumps(document).encode()
    text += b" " * (-len(text) % 4)
    path = tmp_path / "dense.glb"
    path.write_bytes(
        struct.pack("<4sII", b"glTF", 2, 12 + 8 + len(text) + 8 + 36)
        + struct.pack("<I4s", len(text), b"JSON")
        + text
        + struct.pack("<I4s", 36, b"BIN\0")
        + offsets.tobytes()
    )
    names, read = decode_morphs(path)["face"]
    assert names == ["jawOpen"]
    np.testing.assert_array_equal(read[0], offsets)
