"""Avatars for other programs: glTF and VRM files.

    glb_bytes(scene)    glTF 2.0 binary: named morph targets, a small skeleton, plain materials
    vrm_bytes(scene)    the same as VRM 1.0: humanoid bones, expressions, look-at, licence

Lengths in the files are metres; the avatar stands on y = 0 and looks along +z.
"""

from avatars.export.glb import glb_bytes
from avatars.export.vrm import vrm_bytes

__all__ = ["glb_bytes", "vrm_bytes"]
