"""The avatar as data: parts in drawing order, camera, morphing on the CPU. Knows no GPU."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from avatars.errors import AvatarError
from avatars.expression import INDEX
from avatars.fit import Fitting
from avatars.head import shared_basis
from avatars.identity import ASSETS, Identity
from avatars.mesh import Floats, Part, load_parts, locked

NECK_PIVOT = np.array([0.0, 6.2, 0.1])
"""Where the head turns, in dm."""

_FIELD_OF_VIEW_DEG = 22.0
_DISTANCE_DM = 9.4
_CENTRE_DM = np.array([0.0, 7.12, 0.4])
"""What the camera looks at; every identity's eyes are at the same height, a little above."""
_NEAR_DM, _FAR_DM = 3.0, 20.0
_CHIN_DOWN = 0.83
"""How far down the picture the chin comes, as a share of its height."""
_ACTIVE = 1e-3

_DRAWING_ORDER = (
    # Front to back where it saves work: what hair and collar hide of the skin is never shaded.
    *("hair-strips", "hair-curls", "scarf", "frames", "cloth", "knit"),
    *("skin", "eye", "teeth", "tongue"),
    # Blended parts on top of what they lie on.
    *("hair-cap", "brows", "lashes", "lenses"),
)


@dataclass(frozen=True, slots=True)
class Scene:
    """One identity, ready to pose."""

    identity: Identity
    parts: tuple[Part, ...]

    @property
    def eyes(self) -> tuple[Part, Part]:
        """The avatar's left and right eyeball."""
        left, right = sorted(
            (part for part in self.parts if part.material == "eye"), key=lambda p: -p.origin[0]
        )
        return left, right


def load_scene(avatar: str | Identity = "mira") -> Scene:
    """The finished identity of that name, or any other; the first takes half a second (trimesh
    is imported and the shared head read), a further one about 25 ms, and one that differs from
    a recent one in colours alone next to nothing. May be called from any thread.

    Raises AvatarError when an asset is missing or damaged, or a shape is unknown.
    """
    identity = Identity.load(avatar) if isinstance(avatar, str) else avatar
    weights, pieces = shape_of(identity)
    parts = [part for part in _head(weights) if part.material != "skin"]
    parts.append(_skin(weights, pieces))
    for name in pieces:
        parts += _worn(weights, name)
    parts.sort(key=lambda part: _DRAWING_ORDER.index(part.material))
    return Scene(identity, tuple(parts))


_Weights = tuple[tuple[str, float], ...]
"""Shapes of the basis with their weights, sorted."""


def shape_of(identity: Identity) -> tuple[_Weights, tuple[str, ...]]:
    """All that the parts of its scene depend on: where it is equal, only colours differ.

    Raises AvatarError for a piece that there is not.
    """
    return tuple(sorted(identity.shape_weights().items())), tuple(identity.pieces())


@lru_cache(maxsize=3)
def _head(weights: _Weights) -> tuple[Part, ...]:
    return tuple(shared_basis().shaped(dict(weights)))


@lru_cache(maxsize=3)
def _skin(weights: _Weights, pieces: tuple[str, ...]) -> Part:
    """The skin of that head, with the shade in its mask that `pieces` throw on it."""
    skin = _skin_of(_head(weights))
    mask = skin.mask.copy()
    for name in pieces:
        mask[:, 3] = mask[:, 3] * _shade(name)
    return replace(skin, mask=locked(mask, np.uint8))


@lru_cache(maxsize=6)
def _worn(weights: _Weights, piece: str) -> tuple[Part, ...]:
    skin = _skin_of(_head(weights))
    return tuple(fitting.on(skin) for fitting in _fittings(ASSETS / f"{piece}.glb"))


def _skin_of(parts: tuple[Part, ...]) -> Part:
    return next(part for part in parts if part.material == "skin")


@lru_cache(maxsize=64)
def _fittings(path: Path) -> tuple[Fitting, ...]:
    """The parts of a piece, bound to the shared head."""
    skin = _skin_of(shared_basis().parts)
    return tuple(Fitting(piece, skin) for piece in load_parts(path))


@lru_cache(maxsize=64)
def _shade(piece: str) -> NDArray[np.float64]:
    """How much light `piece` leaves each vertex of the skin, 0..1."""
    try:
        with (ASSETS / "shade.npz").open("rb") as file:
            return np.asarray(np.load(file, allow_pickle=False)[piece] / 255.0)
    except (OSError, ValueError, KeyError, EOFError, BadZipFile) as error:
        why = getattr(error, "strerror", None) or error
        raise AvatarError(f"shade.npz does not hold what the avatar wears: {why}.") from error


def active_targets(part: Part, expression: Floats) -> tuple[NDArray[np.intp], Floats]:
    """The morph targets of `part` that `expression` uses: their numbers and weights."""
    weights = expression[part.targets]
    chosen = np.flatnonzero(np.abs(weights) > _ACTIVE)
    return chosen, weights[chosen]


def morph(part: Part, expression: Floats) -> tuple[Floats, Floats]:
    """Positions and (unnormalised) normals of `part` under `expression`, (n, 3) each."""
    chosen, weights = active_targets(part, expression)
    moved = np.tensordot(weights, part.offsets[chosen], axes=1)
    bent = np.tensordot(weights, part.normal_offsets[chosen], axes=1)
    return part.positions + moved, part.normals + bent


def wrinkles(expression: Floats) -> Floats:
    """Depth of the skin's creases, (5,): forehead, between the brows, from nose to mouth, crow's
    feet, bridge of the nose. Each follows the action units that fold the skin there."""

    def w(name: str) -> float:
        return float(expression[INDEX[name]])

    inner, outer, down = 2.7 * w("browInnerUp"), 1.8 * w("browOuterUpLeft"), w("browDownLeft")
    sneer = 1.6 * w("noseSneerLeft")
    return np.array(
        [
            max(0.0, 0.5 * inner + 0.5 * outer - 0.6 * down),
            2.4 * down + 0.35 * max(0.0, inner - 0.9 * outer),
            0.8 * w("mouthSmileLeft") + 0.8 * sneer + 0.4 * w("mouthStretchLeft"),
            w("cheekSquintLeft"),
            sneer,
        ],
        np.float32,
    )


def rotation(pitch_deg: float, yaw_deg: float, roll_deg: float) -> NDArray[np.float64]:
    """Rotation matrix, (3, 3): pitch about x, then yaw about y, then roll about z."""
    (cx, sx), (cy, sy), (cz, sz) = (
        (np.cos(a), np.sin(a)) for a in np.radians([pitch_deg, yaw_deg, roll_deg])
    )
    x = np.array([[1, 0, 0], [0, cx, -sx], [0, sx, cx]])
    y = np.array([[cy, 0, sy], [0, 1, 0], [-sy, 0, cy]])
    z = np.array([[cz, -sz, 0], [sz, cz, 0], [0, 0, 1]])
    return z @ y @ x


def about(pivot: NDArray[np.float64], turn: NDArray[np.float64]) -> NDArray[np.float64]:
    """The rotation `turn` about `pivot` as a (4, 4) matrix."""
    out = np.eye(4)
    out[:3, :3] = turn
    out[:3, 3] = pivot - turn @ pivot
    return out


def camera(
    aspect: float,
    clear_below: float = 0.0,
    orbit_deg: float = 0.0,
    tilt_deg: float = 0.0,
    zoom: float = 1.0,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """View-projection matrix (4, 4) and the camera's position (3,), for width / height `aspect`.

    clear_below: share of the height, from the bottom, that the head keeps clear of (for words
    over the picture); clothes still show there. A picture whose part for the head is narrower
    than a square shows more, so that the head stays whole.
    orbit_deg: how far the camera stands round the avatar, towards its left. tilt_deg: how far
    above it, -60..60. zoom: how many times as large the face is.
    """
    turn = rotation(-tilt_deg, orbit_deg, 0.0)
    position = _CENTRE_DM + turn @ (0.0, 0.15, _DISTANCE_DM)
    back = (position - _CENTRE_DM) / np.linalg.norm(position - _CENTRE_DM)
    right = np.cross([0.0, 1.0, 0.0], back)
    right /= np.linalg.norm(right)
    view = np.eye(4)
    view[:3, :3] = right, np.cross(back, right), back
    view[:3, 3] = -view[:3, :3] @ position
    lens = 1 / np.tan(np.radians(_FIELD_OF_VIEW_DEG) / 2)
    part = min(1.0, (1.0 - clear_below) / _CHIN_DOWN)
    scale = min(part, aspect) * zoom
    depth = _FAR_DM - _NEAR_DM
    projection = np.array(
        [
            [lens * scale / aspect, 0, 0, 0],
            # The last but one entry lifts the picture's middle to that of the part for the head.
            [0, lens * scale, part - 1.0, 0],
            [0, 0, -(_FAR_DM + _NEAR_DM) / depth, -2 * _FAR_DM * _NEAR_DM / depth],
            [0, 0, -1, 0],
        ]
    )
    return projection @ view, position
