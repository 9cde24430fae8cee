"""A face that wears an emotion.

    scene = load_scene("mira")                      # about a second: call it in a thread
    animator = Animator(seed=1)
    pose = animator.update(dt_s, {"happy": 0.8})    # one pose a frame
    renderer = avatars.renderer.Renderer(scene, cpu_blend=...)   # needs an OpenGL context
    renderer.initialize()
    renderer.draw(width_px, height_px, pose)        # into whatever framebuffer is current

expression   emotion -> action units -> 54 weights
rig          weights -> a living pose per frame
mesh         glTF assets -> parts with morph targets
identity     one person as a small description; colour: skin from a tone
head         the shared head and its identity basis -> one person's head
fit          hair, beards and glasses -> that head
scene        parts, materials, morphing on the CPU
renderer     the only module that imports OpenGL; import it where it is used
export       glTF and VRM files for other programs
bake         development tool that made the assets; not shipped

Lengths are decimetres, angles degrees, y up, the face looks along +z.
"""

from avatars.errors import AvatarError
from avatars.expression import EMOTIONS, EXPRESSION, blend, emotion_weights
from avatars.head import features
from avatars.identity import Identity, identity_names, piece_names
from avatars.rig import Animator, Pose, still
from avatars.scene import Scene, load_scene

__all__ = [
    "EMOTIONS",
    "EXPRESSION",
    "Animator",
    "AvatarError",
    "Identity",
    "Pose",
    "Scene",
    "blend",
    "emotion_weights",
    "features",
    "identity_names",
    "load_scene",
    "piece_names",
    "still",
]
