"""Colours of skin, lips, hair, brows and eyes, read from a photograph.

What a picture shows is reflectance times light, bent by the camera's tone curve. Taken for
granted here: the curve is filmic, as our own renderer's and most cameras' is; the face is lit
from the front; and the picture is balanced, so that light and camera together gave what our
renderer's light gives. The whites of the eyes correct that only where they speak plainly against
it, since lids shade them: what they say within `_DOUBT` is not believed.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from functools import cache

import numpy as np
from numpy.typing import NDArray

from avatars.colour import Colour, skin_colour
from avatars.errors import AvatarError
from avatars.identity import Identity
from avatars.photo.cielab import JUST_VISIBLE, difference, lab
from avatars.photo.landmarks import NAMES, PLACE, Points

Array = NDArray[np.float64]
Pixels = NDArray[np.uint8]

_EXPOSURE = 0.76
_BRIGHTEST = 0.985
_WEIGHTS = np.array([0.2126, 0.7152, 0.0722])

_GAINS: Mapping[str, tuple[Colour, float]] = {
    "nose": ((1.868, 1.760, 1.715), 0.55),
    "forehead": ((1.799, 1.679, 1.633), 0.20),
    "left-cheek": ((1.733, 1.462, 1.432), 0.125),
    "right-cheek": ((1.770, 1.486, 1.418), 0.125),
}
"""Light on each patch of skin over its reflectance, and how much the patch counts. The medians
over renders of 60 random identities, neutral, from the front (`python -m tests.avatars.photo_gains`
measures them); cheeks vary most, with their blood."""
_OTHER_GAINS: Mapping[str, Colour] = {
    "hair": (2.55, 2.50, 2.47),
    "brows": (1.86, 1.77, 1.72),
    "iris": (1.08, 0.99, 0.90),
    "lips": (1.79, 1.83, 1.71),
    "white": (0.920, 0.869, 0.844),
}
"""The same for the rest; of the whites of the eyes, the light itself. Gloss, which is white, adds
much to the little blue of hair: its last figure is that of fair hair."""

_DOUBT = (0.35, 0.10)
"""Logarithms that the whites of the eyes may be off in brightness, and in colour, before they are
believed."""
_MOST = 1.0
_STRANGER = 1.0
"""CIEDE2000 by which the whites of the eyes may take the skin farther from any human one."""
_BALD = 5.0
"""CIEDE2000 from the skin within which what is above the hairline is skin too."""
_APART = 0.15
"""Logarithm by which patches of skin differ before the odd one (a fringe, a shadow) fades."""

_LEAST_FACE_PX = 60


@dataclass(frozen=True, slots=True)
class Seen:
    """What a photograph says of colours: linear reflectances under sRGB's primaries, 0..1.

    skin_tone, undertone: the avatar's nearest to `skin`; off: CIEDE2000 between the two.
    hair: None where none is seen above the hairline. relit: how much brighter than the picture
    the skin was taken to be, per channel, because of the whites of the eyes.
    """

    skin: Colour
    lips: Colour
    hair: Colour | None
    brows: Colour
    iris: Colour
    skin_tone: float
    undertone: float
    off: float
    relit: Colour

    def worn_by(self, identity: Identity) -> Identity:
        """`identity` with these colours."""
        hair = identity.hair_colour if self.hair is None else self.hair
        return replace(
            identity,
            skin_tone=self.skin_tone,
            undertone=self.undertone,
            iris=self.iris,
            brows=self.brows,
            hair_colour=hair,
        )


def read_colours(picture: Pixels, points: Points, placed: Collection[str] = NAMES) -> Seen:
    """Colours of the face whose landmarks are `points`, (22, 2) pixels, in `picture`, sRGB,
    (height, width, 3) uint8. placed: names of the points that somebody has set; above a hairline
    that nobody has seen may be a hat.

    Raises AvatarError when the face is too small, or leaves the picture.
    """
    if picture.ndim != 3 or picture.shape[2] != 3 or picture.dtype != np.uint8:
        raise AvatarError(
            f"A photograph has three 8-bit colours; got {picture.shape} of {picture.dtype}."
        )
    face = _Face(picture, points)
    shown = _settled({name: face.patch(name) for name in _GAINS})
    light = face.light()
    if _off(shown / light) > _off(shown) + _STRANGER:
        light = np.ones(3)  # what was taken for the whites of the eyes were lids or lashes
    skin = shown / light
    off = _off(skin)
    tone, undertone = _nearest_skin(skin)
    # A skin that nobody has tells of the light rather than of the person.
    undertone = round(undertone * min(1.0, 2 * JUST_VISIBLE / max(off, 1e-6)), 3)

    def of(name: str, pixels: Array) -> Colour:
        return _colour(pixels / np.array(_OTHER_GAINS[name]) / light)

    above = face.hair()
    known = "hairline" in placed
    scalp = above / np.array(_GAINS["forehead"][0])
    bald = difference(lab(scalp / light), lab(skin)) < _BALD
    return Seen(
        skin=_colour(skin),
        lips=of("lips", face.lips()),
        hair=of("hair", above) if known and not bald else None,
        brows=of("brows", face.brows()),
        iris=of("iris", face.iris()),
        skin_tone=tone,
        undertone=undertone,
        off=off,
        relit=_plain(1.0 / light),
    )


class _Face:
    """Patches of the face in a picture, in the radiances that the tone curve was given."""

    def __init__(self, picture: Pixels, points: Points) -> None:
        self._picture, self._points = picture, points
        across = self._at("left-temple") - self._at("right-temple")
        self._width = float(np.linalg.norm(across))
        if self._width < _LEAST_FACE_PX:
            raise AvatarError(
                f"The face is {self._width:.0f} pixels wide; reading its colours takes "
                f"{_LEAST_FACE_PX} or more."
            )
        self._across = across / self._width
        self._down = np.array([-self._across[1], self._across[0]])

    def _at(self, name: str) -> Array:
        return self._points[PLACE[name]]

    def _middle(self, *names: str) -> Array:
        return np.mean([self._at(name) for name in names], axis=0)

    def _window(self, centre: Array, reach: float) -> tuple[Pixels, Array]:
        """Pixels within `reach` of `centre`, and where they are from it along the face's own
        axes, (h, w, 2), in pixels."""
        height, width = self._picture.shape[:2]
        (left, top), (right, bottom) = (
            np.floor(np.clip(centre + way * (reach + 1), 0, (width, height))).astype(int)
            for way in (-1, 1)
        )
        y, x = np.mgrid[top:bottom, left:right]
        off = np.stack([x + 0.5 - centre[0], y + 0.5 - centre[1]], -1)
        return self._picture[top:bottom, left:right], off @ np.stack(
            [self._across, self._down], axis=1
        )

    def _ellipse(self, centre: Array, across: float, down: float) -> Pixels:
        """Pixels of an ellipse, (n, 3); half axes as shares of the face's width."""
        half = np.array([across, down]) * self._width
        pixels, off = self._window(centre, float(half.max()))
        return pixels[((off / half) ** 2).sum(-1) < 1]

    def patch(self, name: str) -> Array:
        """Reflectance times light of a patch of skin, (3,), over what our own light gives."""
        if name == "nose":
            pixels = self._ellipse(self._middle("nose-bridge", "nose-tip"), 0.035, 0.08)
        elif name == "forehead":
            brows = self._middle("left-brow-inner", "right-brow-inner")
            pixels = self._ellipse(brows * 0.75 + self._at("hairline") * 0.25, 0.10, 0.04)
        else:
            side = name.removesuffix("-cheek")
            eye = self._middle(f"{side}-eye-inner", f"{side}-eye-outer")
            centre = 0.5 * eye + 0.32 * self._at(f"{side}-mouth") + 0.18 * self._at(f"{side}-jaw")
            pixels = self._ellipse(centre, 0.07, 0.06)
        return _mean(pixels, 0.10, 0.75) / np.array(_GAINS[name][0])

    def hair(self) -> Array:
        above = self._at("hairline") - 0.13 * self._width * self._down
        return _mean(self._ellipse(above, 0.12, 0.05), 0.20, 0.80)

    def brows(self) -> Array:
        found = []
        for side in ("left", "right"):
            middle = self._middle(f"{side}-brow-inner", f"{side}-brow-outer")
            found.append(self._ellipse(middle - 0.035 * self._width * self._down, 0.10, 0.04))
        return _mean(np.concatenate(found), 0.05, 0.25)

    def lips(self) -> Array:
        line = self._middle("left-mouth", "right-mouth")
        return _mean(self._ellipse(0.6 * self._at("lower-lip") + 0.4 * line, 0.08, 0.02), 0.1, 0.8)

    def _eye(self, side: str) -> tuple[Pixels, Array]:
        """Pixels of an eye, and where they are from its middle, in widths of the eye."""
        outer, inner = self._at(f"{side}-eye-outer"), self._at(f"{side}-eye-inner")
        wide = float(np.linalg.norm(outer - inner))
        pixels, off = self._window((outer + inner) / 2, 0.6 * wide)
        return pixels, off / max(wide, 1.0)

    def iris(self) -> Array:
        found = []
        for side in ("left", "right"):
            pixels, off = self._eye(side)
            away = np.hypot(off[..., 0], off[..., 1] + 0.02)
            found.append(pixels[(away > 0.10) & (away < 0.165) & (off[..., 1] > -0.08)])
        return _mean(np.concatenate(found), 0.15, 0.75)

    def light_in_eyes(self) -> Array:
        """What the whites of the eyes send out, (3,)."""
        found = []
        for side in ("left", "right"):
            pixels, off = self._eye(side)
            beside, level = np.abs(off[..., 0]), np.abs(off[..., 1])
            found.append(pixels[(beside > 0.22) & (beside < 0.38) & (level < 0.12)])
        return _mean(np.concatenate(found), 0.85, 0.97)

    def light(self) -> Array:
        """The light on the face over our own, (3,): one, or what the whites of the eyes say
        beyond doubt."""
        said = np.log(self.light_in_eyes() / np.array(_OTHER_GAINS["white"]))
        bright = float(said.mean())
        tinted = said - bright
        bright = _beyond(np.array([bright]), _DOUBT[0])[0]
        return np.exp(np.clip(bright + _beyond(tinted, _DOUBT[1]), -_MOST, _MOST))


def _beyond(values: Array, doubt: float) -> Array:
    """`values` drawn towards zero by `doubt` (the most probable light under a Laplace prior)."""
    return np.sign(values) * np.maximum(np.abs(values) - doubt, 0.0)


def _mean(pixels: Pixels, low: float, high: float) -> Array:
    """Mean radiance, (3,), of the (n, 3) sRGB pixels between two quantiles of luminance: without
    shadows and highlights."""
    if len(pixels) < 4:
        raise AvatarError(
            "The face leaves the picture: expected skin, hair and eyes wholly in view."
        )
    luminance = pixels @ _WEIGHTS
    least, most = np.quantile(luminance, [low, high])
    kept = pixels[(luminance >= least) & (luminance <= most)]
    return _undeveloped(kept.mean(0) / 255.0)


def _undeveloped(shown: Array) -> Array:
    """Inverse of the renderer's tone curve (light.glsl: exposure, Narkowicz 2015, gamma 2.2)."""
    y = np.clip(shown, 0.0, _BRIGHTEST) ** 2.2
    a, b, c = 2.51 - 2.43 * y, 0.03 - 0.59 * y, -0.14 * y
    return np.maximum((np.sqrt(b * b - 4 * a * c) - b) / (2 * a) / _EXPOSURE, 1e-4)


def _settled(patches: Mapping[str, Array]) -> Array:
    """One colour, (3,), from the patches of skin; one far from the others fades."""
    logs = np.log(np.array(list(patches.values())))
    share = np.array([_GAINS[name][1] for name in patches])
    middle = np.median(logs, axis=0)
    for _ in range(4):
        apart = np.sqrt(((logs - middle) ** 2).mean(1)) / _APART
        hold = share / (1 + apart**2) ** 2
        middle = hold @ logs / hold.sum()
    return np.exp(middle)


@cache
def _skins() -> tuple[Array, Array, Array]:
    """Tones, (n,); CIELAB of each, (n, 3); and what an undertone of 1 adds to it."""
    tones = np.linspace(0.0, 1.0, 201)
    neutral, golden = (
        lab(np.array([skin_colour(float(tone), under) for tone in tones])) for under in (0.0, 1.0)
    )
    return tones, neutral, golden - neutral


def _nearest_skin(linear: Array) -> tuple[float, float]:
    """Tone and undertone of the skin nearest to a reflectance, in CIELAB."""
    tones, neutral, step = _skins()
    goal = lab(linear) - neutral
    under = np.clip((goal * step).sum(1) / (step**2).sum(1), -1, 1)
    gap = ((goal - under[:, None] * step) ** 2).sum(1)
    best = int(gap.argmin())
    return float(tones[best]), round(float(under[best]), 3)


def _off(linear: Array) -> float:
    """CIEDE2000 between a reflectance and the nearest skin."""
    return float(difference(lab(linear), lab(np.array(skin_colour(*_nearest_skin(linear))))))


def _plain(values: Array) -> Colour:
    red, green, blue = (round(float(x), 4) for x in values)
    return red, green, blue


def _colour(values: Array) -> Colour:
    return _plain(np.clip(values, 0.0, 1.0))
