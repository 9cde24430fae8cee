"""Measures what `avatars.photo.colours` knows of the renderer's light.

    python -m tests.avatars.photo_gains

draws 60 random identities and prints the light on each patch over its reflectance: the figures of
`_GAINS` and `_OTHER_GAINS`. Run it when a shader has changed and test_photo_colours fails.
"""

from __future__ import annotations

import sys
from collections import defaultdict
from dataclasses import replace

import numpy as np

from app.application import application
from app.screen import screen
from avatars import Identity, load_scene, piece_names
from avatars.photo.colours import _GAINS, _OTHER_GAINS, _Face
from avatars.renderer import Renderer
from tests.avatars.faces import seen, somebody
from tests.avatars.offscreen import Canvas
from tests.avatars.test_photo_colours import SIZE, straight_picture

PEOPLE = 60
COVERED = (None, "headscarf", "receding")


def dressed(seed: int) -> Identity:
    rng = np.random.default_rng(seed)
    hair = (None, *piece_names("hair"))
    tint = rng.dirichlet([3, 2, 1]) * rng.uniform(0.02, 0.5)
    return replace(
        somebody(seed),
        hair=hair[rng.integers(len(hair))],
        hair_colour=tuple(float(x) for x in tint),
        brows=tuple(float(x) for x in np.array([1, 0.7, 0.5]) * rng.uniform(0.01, 0.2)),
    )


def main() -> None:
    found: dict[str, list[np.ndarray]] = defaultdict(list)
    with screen():
        kept = application()
        canvas = Canvas(2 * SIZE)
        for seed in range(PEOPLE):
            person = dressed(seed)
            renderer = Renderer(load_scene(person), cpu_blend=True)
            renderer.initialize()
            face = _Face(straight_picture(canvas, renderer), seen(person, SIZE))
            renderer.release()
            for name, (gain, _share) in _GAINS.items():
                found[name].append(face.patch(name) * np.array(gain) / person.skin)
            found["brows"].append(face.brows() / person.brows)
            found["iris"].append(face.iris() / person.iris)
            found["lips"].append(face.lips() / person.lips)
            found["white"].append(face.light_in_eyes())
            if person.hair not in COVERED:
                found["hair"].append(face.hair() / person.hair_colour)
        canvas.close()
        del kept
    for name in (*_GAINS, *_OTHER_GAINS):
        middle = ", ".join(f"{x:.3f}" for x in np.median(found[name], axis=0))
        spread = np.median(np.abs(np.log(found[name]) - np.log(np.median(found[name], axis=0))))
        sys.stdout.write(f"{name:12} ({middle})  +-{100 * spread:.0f} %\n")


if __name__ == "__main__":
    main()
