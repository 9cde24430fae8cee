from __future__ import annotations

import json
import struct
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy.ndimage import uniform_filter

from avatars import EXPRESSION, Identity, Pose, Scene, emotion_weights, load_scene
from avatars.export import glb_bytes, vrm_bytes
from avatars.export.complexion import complexion
from avatars.export.glb import exported_parts
from avatars.export.materials import surface
from avatars.export.skeleton import bones
from avatars.export.textures import brow_hairs, clumps, iris, lash_hairs
from avatars.expression import INDEX
from avatars.mesh import decode_morphs
from avatars.renderer import Renderer
from avatars.scene import camera
from tests.avatars import web
from tests.avatars.offscreen import Canvas

REQUIRED_BONES = {
    *("hips", "spine", "head"),
    *(side + part for side in ("left", "right") for part in ("UpperLeg", "LowerLeg", "Foot")),
    *(side + part for side in ("left", "right") for part in ("UpperArm", "LowerArm", "Hand")),
}
PRESETS = {
    *("happy", "angry", "sad", "relaxed", "surprised", "neutral"),
    *("blink", "blinkLeft", "blinkRight", "lookUp", "lookDown", "lookLeft", "lookRight"),
    *("aa", "ih", "ou", "ee", "oh"),
}

needs_validator = pytest.mark.skipif(
    web.missing_for_validation() is not None, reason=str(web.missing_for_validation())
)
needs_browser = pytest.mark.skipif(
    web.missing_for_browser() is not None, reason=str(web.missing_for_browser())
)


def document(data: bytes) -> dict:
    size = struct.unpack_from("<I", data, 12)[0]
    return json.loads(data[20 : 20 + size])


@pytest.fixture(scope="module")
def files(scene: Scene, tmp_path_factory: pytest.TempPathFactory) -> dict:
    """The same avatar as both kinds of file."""
    folder = tmp_path_factory.mktemp("export")
    out = {"glb": folder / "mira.glb", "vrm": folder / "mira.vrm"}
    out["glb"].write_bytes(glb_bytes(scene))
    out["vrm"].write_bytes(vrm_bytes(scene))
    return out


@pytest.fixture(scope="module")
def vrm(files: dict) -> dict:
    return document(files["vrm"].read_bytes())


@pytest.fixture(scope="module")
def dressed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A VRM of an avatar with a beard and glasses: parts that the first one lacks."""
    bearded = load_scene("arjun").identity
    path = tmp_path_factory.mktemp("dressed") / "arjun.vrm"
    path.write_bytes(vrm_bytes(load_scene(replace(bearded, glasses="round"))))
    return path


def test_every_weight_is_a_named_morph_target(files, scene):
    morphs = decode_morphs(files["glb"])
    assert {name for names, _ in morphs.values() for name in names} == set(EXPRESSION)
    for part in exported_parts(scene):
        names, offsets = morphs[part.name]
        assert names == [EXPRESSION[target] for target in part.targets]
        assert np.abs(offsets - part.offsets / 10).max(initial=0.0) < 2.1e-5  # metres


def test_the_model_opens_with_the_calm_face_but_a_vrm_with_all_weights_zero(files, vrm):
    calm = emotion_weights("neutral")
    for mesh in document(files["glb"].read_bytes())["meshes"]:
        names = mesh.get("extras", {}).get("targetNames", [])
        worn = [calm[INDEX[name]] for name in names]
        assert mesh.get("weights", []) == pytest.approx(worn, abs=1e-4)
    assert not any(any(mesh.get("weights", [])) for mesh in vrm["meshes"])


def test_the_same_avatar_gives_the_same_bytes(files, scene):
    assert glb_bytes(scene) == files["glb"].read_bytes()


def test_the_licence_travels_with_both_files(files, vrm):
    for kind in ("glb", "vrm"):
        asset = document(files[kind].read_bytes())["asset"]
        assert "CC0" in asset["copyright"]
        assert asset["extras"]["licenseUrl"].startswith("https://creativecommons.org")
    meta = vrm["extensions"]["VRMC_vrm"]["meta"]
    assert meta["licenseUrl"] == "https://vrm.dev/licenses/1.0/"
    assert meta["authors"]
    assert meta["avatarPermission"] == "everyone"


def test_an_avatar_that_may_be_somebodys_likeness_is_private(scene):
    own = replace(scene, identity=replace(scene.identity, age=scene.identity.age + 1))
    meta = document(vrm_bytes(own))["extensions"]["VRMC_vrm"]["meta"]
    assert meta["avatarPermission"] == "onlyAuthor"
    assert meta["allowRedistribution"] is False
    asset = document(glb_bytes(own))["asset"]
    assert "all rights reserved" in asset["copyright"]
    assert "extras" not in asset


def test_a_person_in_t_pose_stands_on_the_ground(scene):
    at = {bone.name: np.array(bone.at_m) for bone in bones(scene)}
    assert set(at) >= REQUIRED_BONES
    for side, sign in (("left", 1), ("right", -1)):
        arm = np.array([at[side + part] for part in ("UpperArm", "LowerArm", "Hand")])
        assert np.ptp(arm[:, 1:], axis=0) == pytest.approx([0, 0], abs=1e-6)
        assert np.all(np.diff(sign * arm[:, 0]) > 0.2)
        assert 0 < at[side + "Foot"][1] < 0.1
    assert 1.4 < at["leftEye"][1] < 1.6
    assert at["leftEye"][0] == pytest.approx(-at["rightEye"][0], abs=1e-4)


def test_every_vertex_hangs_on_bones_in_full(files, dressed):
    import trimesh

    for path in (files["glb"], dressed):
        data = path.read_bytes()
        loaded = trimesh.load_scene(trimesh.util.wrap_as_stream(data), file_type="glb")
        low, high = loaded.bounds
        assert 1.0 < low[1] < 1.3
        assert 1.6 < high[1] < 1.8
        content = document(data)
        for mesh in content["meshes"]:
            attributes = mesh["primitives"][0]["attributes"]
            assert {"POSITION", "NORMAL", "COLOR_0", "JOINTS_0", "WEIGHTS_0"} <= set(attributes)
        bones_ = len(content["skins"][0]["joints"])
        for numbers, shares in weights_of(data, content):
            assert np.abs(shares.sum(1) - 1.0).max() < 1e-5
            assert numbers.max() < bones_


def weights_of(data: bytes, content: dict):
    body = 28 + struct.unpack_from("<I", data, 12)[0]

    def read(number: int, kind: str) -> np.ndarray:
        entry = content["accessors"][number]
        start = body + content["bufferViews"][entry["bufferView"]]["byteOffset"]
        return np.frombuffer(data, kind, 4 * entry["count"], start).reshape(-1, 4)

    for mesh in content["meshes"]:
        attributes = mesh["primitives"][0]["attributes"]
        yield read(attributes["JOINTS_0"], "u1"), read(attributes["WEIGHTS_0"], "f4")


@pytest.mark.parametrize("shut", [0.0, 0.25, 0.5, 0.75, 1.0])
def test_no_eyeball_comes_through_a_lid(scene, shut):
    """Morph targets only add up: half a blink must clear the ball without a shader's help."""
    parts = exported_parts(scene)
    skin = next(part for part in parts if part.material == "skin")
    for part, side in zip(scene.eyes, ("Left", "Right"), strict=True):
        ball = next(other for other in parts if other.name == part.name)
        k = list(ball.targets).index(INDEX["eyeBlink" + side])
        size = np.linalg.norm(ball.positions + shut * ball.offsets[k], axis=1).max()
        lid = list(skin.targets).index(INDEX["eyeBlink" + side])
        corners = (skin.positions + shut * skin.offsets[lid] - part.origin)[skin.triangles]
        middle = corners.mean(1)
        moving = np.abs(skin.offsets[lid][skin.triangles]).max((1, 2)) > 0.01
        front = moving & (middle[:, 2] > 0.3 * part.radius)
        assert front.any()
        gap = np.linalg.norm(middle[front], axis=1)
        # The cornea is a little proud of the ball, where no lid edge rests.
        assert gap.min() > 0.93 * size


def test_expressions_wear_our_emotions(vrm):
    extension = vrm["extensions"]["VRMC_vrm"]
    expressions = extension["expressions"]
    assert set(expressions["preset"]) == PRESETS
    assert set(expressions["custom"]) == {*EXPRESSION, "excited", "fear", "disgust"}
    for kind, name, word in (
        ("preset", "happy", "happy"),
        ("preset", "angry", "anger"),
        ("preset", "surprised", "surprise"),
        ("preset", "relaxed", "content"),
        ("custom", "disgust", "disgust"),
    ):
        worn = np.zeros(len(EXPRESSION))
        for bind in expressions[kind][name]["morphTargetBinds"]:
            mesh = vrm["meshes"][vrm["nodes"][bind["node"]]["mesh"]]
            worn[INDEX[mesh["extras"]["targetNames"][bind["index"]]]] = bind["weight"]
        assert worn == pytest.approx(emotion_weights(word), abs=1e-4)
    every = expressions["preset"] | expressions["custom"]
    held = {name for name, entry in every.items() if entry["overrideBlink"] == "blend"}
    # A blink on top of lids that are wide, narrowed or half shut would fold them.
    assert held & {*PRESETS, "excited", "fear", "disgust"} == {
        *("surprised", "excited", "angry", "fear", "sad", "disgust")
    }
    assert extension["lookAt"]["type"] == "expression"


def test_textures_show_what_they_are_of():
    eye = iris((0.05, 0.1, 0.2)).astype(int)
    middle = eye.shape[0] // 2
    pupil, ring, white = eye[middle, middle], eye[middle + 40, middle], eye[middle, 10]
    assert pupil[:3].max() < ring[:3].max() < white[:3].min()
    assert ring[2] > ring[0] + 30
    for image in (brow_hairs(), lash_hairs(), clumps()[0]):
        assert image[..., 3].min() == 0
        assert image[..., 3].max() > 200


@needs_validator
@pytest.mark.parametrize("kind", ["glb", "vrm"])
def test_the_khronos_validator_finds_nothing_to_mend(files, kind):
    issues = web.validate(files[kind])
    assert issues["numErrors"] == issues["numWarnings"] == 0, issues["messages"]
    # The validator knows no VRM, and says so: that has no remedy.
    assert {message["code"] for message in issues["messages"]} <= {"UNSUPPORTED_EXTENSION"}


@needs_validator
def test_the_khronos_validator_accepts_beards_and_glasses(dressed):
    issues = web.validate(dressed)
    assert issues["numErrors"] == issues["numWarnings"] == 0, issues["messages"]


@needs_browser
def test_three_vrm_loads_the_avatar_and_moves_its_face(files, tmp_path):
    poses = {
        "neutral": {"weights": {"neutral": 1}},
        "surprised": {"weights": {"surprised": 1}},
        "turned": {"weights": {"neutral": 1}, "head": 40},
    }
    seen = web.look(files["vrm"], poses, tmp_path, size=128)
    report = seen.report
    assert "error" not in report, report.get("error")
    assert set(report["bones"]) >= REQUIRED_BONES
    assert set(report["presets"]) == PRESETS
    assert {"excited", "fear", "disgust", "jawOpen"} <= set(report["custom"])
    assert set(report["morphs"]) == set(EXPRESSION)
    assert report["meta"] == {
        "name": "mira",
        "version": "1",
        "licenseUrl": "https://vrm.dev/licenses/1.0/",
    }
    calm = seen.pictures["neutral"].astype(int)
    assert np.ptp(calm) > 100
    mouth = np.s_[70:100, 45:83]
    assert np.abs(seen.pictures["surprised"] - calm)[mouth].mean() > 4
    assert np.abs(seen.pictures["turned"] - calm).mean() > 4


def test_exported_skin_has_the_freckles_and_lines_of_its_owner(scene: Scene) -> None:
    skin = next(part for part in scene.parts if part.material == "skin")
    plain, freckled, old = (
        complexion(skin, *look)[0][..., :3].astype(int) for look in ((0, 0), (0, 1), (1, 0))
    )
    assert (plain.min(2) > 200).mean() > 0.99
    for marked in (freckled, old):
        darker = (plain - marked).max(2) > 30
        assert 0.0005 < darker.mean() < 0.1


@pytest.mark.parametrize("name", ["lukas", "kenji"])
def test_exported_stubble_and_scalp_are_as_dense_as_on_the_screen(
    canvas: Canvas, name: str
) -> None:
    """Black hair darkens the skin under it by as much as it covers."""
    person = load_scene(replace(Identity.load(name), hair_colour=(0.0, 0.0, 0.0)))
    cap = next(part for part in person.parts if part.material == "hair-cap")
    bare = tuple(part for part in person.parts if part.material in ("skin", "eye"))
    straight = Pose(*(np.zeros(size, np.float32) for size in (len(EXPRESSION), 3, 2)))
    seen = []
    for parts in ((*bare, cap), bare):
        renderer = Renderer(replace(person, parts=parts), cpu_blend=True)
        renderer.initialize()
        seen.append(canvas.draw(renderer, straight).astype(float).mean(2))
        renderer.release()
    covered = uniform_filter(1.0 - seen[0] / seen[1], 5)
    front = cap.normals[:, 2] > 0.7
    x, y, _, w = camera(1.0)[0] @ np.column_stack([cap.positions[front], np.ones(front.sum())]).T
    column, line = (np.rint(canvas.size * (0.5 + way / w / 2)).astype(int) for way in (x, -y))
    alpha = surface(cap, person.identity).colours[front, 3]
    assert np.abs(covered[line, column] - alpha).mean() < 0.05
