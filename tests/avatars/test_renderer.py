from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest
from OpenGL import GL
from PySide6.QtOpenGL import QOpenGLDebugLogger, QOpenGLDebugMessage

from avatars import EMOTIONS, Animator, AvatarError, Identity, Pose, Scene, load_scene, still
from avatars.expression import INDEX
from avatars.renderer import Renderer
from avatars.scene import camera
from tests.avatars.offscreen import Canvas


@pytest.fixture
def renderer(canvas: Canvas, scene: Scene) -> Iterator[Renderer]:
    renderer = Renderer(scene, cpu_blend=True)
    renderer.initialize()
    yield renderer
    renderer.release()


def difference(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Per pixel, the largest difference of the three colours."""
    return np.abs(one.astype(int) - other.astype(int)).max(2)


def test_the_eight_emotions_look_different(canvas: Canvas, renderer: Renderer) -> None:
    """Even with the head held still, so that the face itself tells them apart."""
    straight = np.zeros(3, np.float32)
    pictures = {}
    for emotion in EMOTIONS:
        pose = still({emotion: 1.0})
        pictures[emotion] = canvas.draw(renderer, Pose(pose.expression, straight, straight[:2]))
    for one, other in combinations(EMOTIONS, 2):
        changed = (difference(pictures[one], pictures[other]) > 24).sum()
        assert changed > 250, (one, other, changed)


def test_both_ways_of_morphing_draw_the_same(canvas: Canvas, scene: Scene) -> None:
    on_cpu, on_gpu = Renderer(scene, cpu_blend=True), Renderer(scene, cpu_blend=False)
    for renderer in (on_cpu, on_gpu):
        renderer.initialize()
    for emotion in ("happy", "fear", "disgust"):
        pose = still({emotion: 1.0})
        off = difference(canvas.draw(on_cpu, pose), canvas.draw(on_gpu, pose))
        assert np.mean(off) < 0.3
        assert np.mean(off > 24) < 0.003  # half floats move an edge by less than a pixel
    for renderer in (on_cpu, on_gpu):
        renderer.release()


def test_a_blink_hides_the_eyes(canvas: Canvas, renderer: Renderer, scene: Scene) -> None:
    """What is white of the eyes is gone when the lids are shut, in any emotion."""
    matrix, _ = camera(1.0)
    middle = np.mean([eye.origin for eye in scene.eyes], axis=0)
    _, y, _, w = matrix @ [*middle, 1.0]
    row = round(120 - 120 * y / w)

    def whites(pose: Pose) -> int:
        picture = canvas.draw(renderer, pose).astype(int)
        eyes = picture[row - 12 : row + 12, 88:152]  # both eyes of a straight head
        grey = np.ptp(eyes, axis=2) < 40
        return int((grey & (eyes.min(2) > 150)).sum())

    for emotion in ("neutral", "happy", "surprise"):
        seen = still({emotion: 1.0})
        straight = np.zeros(3, np.float32)
        shut = seen.expression.copy()
        for side in ("Left", "Right"):
            shut[INDEX["eyeBlink" + side]] = 1
            shut[INDEX["eyeWide" + side]] = shut[INDEX["eyeSquint" + side]] = 0
        opened = whites(Pose(seen.expression, straight, straight[:2]))
        closed = whites(Pose(shut, straight, straight[:2]))
        assert opened > 20, emotion
        assert closed <= 1, emotion


def lid_brightness(picture: np.ndarray) -> float:
    """Mean of what lies above the lashes of both eyes of a straight head at 240 pixels, before
    the darkest fifth, which is lashes and brows."""
    above = picture[108:118, 90:150].astype(float).mean(2).ravel()
    return float(np.sort(above)[len(above) // 5 :].mean())


@pytest.mark.parametrize("emotion", ["anger", "disgust", "fear"])
def test_a_shut_lid_is_as_bright_under_any_brow(
    canvas: Canvas, renderer: Renderer, emotion: str
) -> None:
    straight = np.zeros(3, np.float32)
    seen = {}
    for worn in ("neutral", emotion):
        expression = still({worn: 1.0}).expression.copy()
        for side in ("Left", "Right"):
            expression[INDEX["eyeBlink" + side]] = 1
            expression[INDEX["eyeWide" + side]] = expression[INDEX["eyeSquint" + side]] = 0
        seen[worn] = lid_brightness(canvas.draw(renderer, Pose(expression, straight, straight[:2])))
    assert seen[emotion] > 0.85 * seen["neutral"]


def drawn(canvas: Canvas, identity: Identity, **options: bool) -> np.ndarray:
    renderer = Renderer(load_scene(identity), True, **options)
    renderer.initialize()
    picture = canvas.draw(renderer, still({}))
    renderer.release()
    return picture


def test_freckles_and_lines_are_on_the_face_alone(canvas: Canvas) -> None:
    plain = replace(Identity.load("elin"), freckles=0.0)
    before = drawn(canvas, plain)
    for changed in (replace(plain, freckles=1.0), replace(plain, lines=1.0)):
        off = difference(drawn(canvas, changed), before)
        assert (off[90:160, 85:155] > 8).mean() > 0.05
        assert (off[:30] > 0).mean() == 0  # background and the crown of the hair
        assert (off[:, :40] > 0).mean() == 0  # background and clothes


def test_smoothing_softens_outlines_and_leaves_the_rest(
    canvas: Canvas, make_canvas: Callable[..., Canvas]
) -> None:
    """The picture comes nearer to one that was drawn four times as fine and averaged."""
    walter = Identity.load("walter")
    hard, soft = (drawn(canvas, walter, smooth_edges=smooth) for smooth in (False, True))
    fine_canvas = make_canvas(4 * canvas.size)
    fine = drawn(fine_canvas, walter).astype(float)
    truth = fine.reshape(canvas.size, 4, canvas.size, 4, 3).mean((1, 3))
    fine_canvas.close()
    outline = np.abs(truth - hard).max(2) > 40
    assert outline.sum() > 100
    assert np.abs(truth - soft)[outline].mean() < 0.8 * np.abs(truth - hard)[outline].mean()
    assert np.abs(hard.astype(float) - soft)[~outline].mean() < 3


def test_no_opengl_errors(canvas: Canvas, scene: Scene) -> None:
    logger = QOpenGLDebugLogger()
    if not logger.initialize():
        pytest.skip("this driver reports no debug messages")
    bad: list[str] = []
    severe = (
        QOpenGLDebugMessage.Type.ErrorType,
        QOpenGLDebugMessage.Type.UndefinedBehaviorType,
        QOpenGLDebugMessage.Type.DeprecatedBehaviorType,
    )

    def note(message: QOpenGLDebugMessage) -> None:
        if message.type() in severe:
            bad.append(message.message())

    logger.messageLogged.connect(note)
    logger.startLogging(QOpenGLDebugLogger.LoggingMode.SynchronousLogging)
    for cpu_blend in (True, False):
        renderer = Renderer(scene, cpu_blend, smooth_edges=cpu_blend)
        renderer.initialize()
        animator = Animator(1)
        for _ in range(5):
            canvas.draw(renderer, animator.update(0.05, {"excited": 1.0}))
        renderer.release()
    logger.stopLogging()
    assert bad == []
    assert canvas.context.functions().glGetError() == 0


def alive() -> list[int]:
    """How many buffers, vertex arrays, textures and programs the current context holds."""
    kinds = (GL.glIsBuffer, GL.glIsVertexArray, GL.glIsTexture, GL.glIsProgram)
    return [sum(bool(is_one(name)) for name in range(1, 2000)) for is_one in kinds]


@pytest.mark.parametrize("cpu_blend", [True, False])
def test_changing_the_avatar_leaves_nothing_behind(
    canvas: Canvas, scene: Scene, cpu_blend: bool
) -> None:
    """250 frames and 10 changes: no errors, and never more objects than one avatar needs."""
    people = [scene, *map(load_scene, ("kwame", "mei", "walter"))]
    nobody = alive()
    renderer, animator = Renderer(scene, cpu_blend), Animator(1)
    renderer.initialize()
    for person in (*people, scene):  # every program is there after this
        renderer.show(person)
        canvas.draw(renderer, still({}))
    once = alive()
    for k in range(250):
        if k % 25 == 0:
            renderer.show(people[k // 25 % len(people)])
        canvas.framebuffer.bind()
        renderer.draw(120, 120, animator.update(0.05, {EMOTIONS[k // 10 % 8]: 1.0}))
    renderer.show(scene)
    assert alive() == once
    assert once[0] > nobody[0]
    renderer.release()
    assert alive() == nobody
    assert canvas.context.functions().glGetError() == 0


def test_a_scene_that_takes_the_place_of_another_is_drawn_as_a_fresh_one(
    canvas: Canvas, renderer: Renderer
) -> None:
    other, pose = load_scene("kwame"), still({"happy": 0.7})
    renderer.show(other)
    swapped = canvas.draw(renderer, pose)
    fresh = Renderer(other, cpu_blend=True)
    fresh.initialize()
    np.testing.assert_array_equal(canvas.draw(fresh, pose), swapped)
    fresh.release()


def test_nearer_and_from_above(canvas: Canvas, renderer: Renderer) -> None:
    plain = ((1.0, 0.0, 1.0),) * 2

    def covered(**view: float) -> int:
        picture = canvas.draw(renderer, still({}), background=plain, **view).astype(int)
        return int((np.abs(picture - (255, 0, 255)).max(2) > 3).sum())

    assert covered(zoom=0.8) < covered() < covered(zoom=1.3)
    below, above = (canvas.draw(renderer, still({}), tilt_deg=t) for t in (-25.0, 25.0))
    assert (difference(below, above) > 24).mean() > 0.1


def test_the_hosts_framebuffer_and_state_are_left_as_they_were(
    canvas: Canvas, renderer: Renderer, scene: Scene
) -> None:
    functions = canvas.context.functions()
    gl_blend, gl_depth_test, gl_cull_face = 0x0BE2, 0x0B71, 0x0B44
    smoothing = Renderer(scene, cpu_blend=True, smooth_edges=True)
    smoothing.initialize()
    for drawing in (renderer, smoothing):
        canvas.framebuffer.bind()
        drawing.draw(240, 240, still({}))
        assert canvas.framebuffer.isBound()
        for switch in (gl_blend, gl_depth_test, gl_cull_face):
            assert not functions.glIsEnabled(switch)
    smoothing.release()


def test_background_and_grey(canvas: Canvas, renderer: Renderer) -> None:
    top, bottom = (0.1, 0.2, 0.3), (0.3, 0.2, 0.1)
    picture = canvas.draw(renderer, still({}), background=(top, bottom))
    np.testing.assert_allclose(picture[1, 2] / 255, top, atol=0.02)
    face = canvas.draw(renderer, still({}), desaturate=1.0)[90:170, 90:150].astype(int)
    assert np.ptp(face, axis=2).max() <= 1
    colour = canvas.draw(renderer, still({}))[90:170, 90:150].astype(int)
    assert np.ptp(colour, axis=2).mean() > 20


def test_multisampling_is_used_when_the_host_offers_it(
    make_canvas: Callable[..., Canvas], scene: Scene
) -> None:
    pictures = []
    for samples in (4, 0):
        canvas, renderer = make_canvas(240, samples), Renderer(scene, cpu_blend=True)
        renderer.initialize()
        pictures.append(canvas.draw(renderer, still({})))
        renderer.release()
        canvas.close()
    soft, hard = pictures
    # Along the jaw, colours between skin and background appear only with several samples.
    assert len(np.unique(soft[150:190].reshape(-1, 3), axis=0)) > len(
        np.unique(hard[150:190].reshape(-1, 3), axis=0)
    )


def test_the_whole_head_is_in_the_picture(canvas: Canvas, renderer: Renderer) -> None:
    plain = ((1.0, 0.0, 1.0),) * 2
    for emotion in EMOTIONS:
        picture = canvas.draw(renderer, still({emotion: 1.0}), background=plain).astype(int)
        away = np.abs(picture - (255, 0, 255)).max(2) < 3
        assert away[:4].all(), emotion  # the bun does not touch the top
        assert away[60:140, :20].all(), emotion
        assert away[60:140, -20:].all(), emotion


def test_drawing_before_initialize_is_refused(scene: Scene) -> None:
    with pytest.raises(AvatarError, match="initialize"):
        Renderer(scene, cpu_blend=True).draw(10, 10, still({}))


def test_old_drivers_are_refused_in_words(
    canvas: Canvas, scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    import avatars.renderer as module

    monkeypatch.setattr(module, "text", lambda _: "2.1 Mesa 22.3.6")
    with pytest.raises(AvatarError, match=r"needs OpenGL 3\.3.*2\.1 Mesa"):
        Renderer(scene, cpu_blend=True).initialize()


def test_same_pose_draws_the_same_picture_again(canvas: Canvas, renderer: Renderer) -> None:
    pose = still({"happy": 1.0})
    first = canvas.draw(renderer, pose)
    canvas.draw(renderer, still({"fear": 1.0}))
    np.testing.assert_array_equal(canvas.draw(renderer, pose), first)


def test_the_package_imports_no_opengl_until_it_is_needed() -> None:
    code = "import sys, avatars; sys.exit(any(m in sys.modules for m in ('OpenGL', 'trimesh')))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
