"""The shared head and its identity basis: weights of shapes -> the parts of one person's head."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from avatars.errors import AvatarError
from avatars.identity import ANCESTRIES, ASSETS
from avatars.jaw import Jaw
from avatars.mesh import Floats, Part, load_parts, locked
from avatars.normals import Normals

_PEOPLE = (*ANCESTRIES, "thin", "heavy")


@dataclass(frozen=True, slots=True)
class Basis:
    """The head in its average shape, and what each of k shapes does to it.

    parts: in the average shape; they share their expression targets with every identity.
    names: of the shapes. offsets: part -> (k, n, 3) int16; times scales: part -> (k,), in dm.
    eyes: (k, 2, 4) change of centre and radius of the left and the right eyeball, dm.
    normals: part -> how its normals follow its shape. jaw: keeps the teeth inside the face.
    """

    parts: tuple[Part, ...]
    names: tuple[str, ...]
    offsets: Mapping[str, np.ndarray]
    scales: Mapping[str, Floats]
    eyes: Floats
    normals: Mapping[str, Normals]
    jaw: Jaw

    @classmethod
    def read(cls, head: Path, basis: Path) -> Basis:
        """Raises AvatarError for a file that is missing or damaged."""
        parts = load_parts(head)
        try:
            with basis.open("rb") as file:
                arrays = dict(np.load(file, allow_pickle=False))
            moved = [part for part in parts if part.name in arrays]
            by_name = {part.name: part for part in moved}
            out = cls(
                tuple(parts),
                tuple(str(name) for name in arrays["names"]),
                {part.name: arrays[part.name] for part in moved},
                {part.name: arrays[f"{part.name}.scale"] for part in moved},
                arrays["eyes"],
                {part.name: Normals(part, weld=True) for part in moved},
                Jaw(by_name["teeth"], by_name["skin"]),
            )
            for part in moved:
                expected = (len(out.names), *part.positions.shape)
                if out.offsets[part.name].shape != expected:
                    raise ValueError(f"{part.name} has another topology")
        except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
            why = getattr(error, "strerror", None) or error
            raise AvatarError(f"{basis.name} is not a readable identity basis: {why}.") from error
        return out

    def weights(self, shapes: Mapping[str, float]) -> Floats:
        """Weights by name as a vector, (k,); NAME stands for NAME+ or NAME- by its sign.

        Raises AvatarError for a name that the basis lacks.
        """
        out = np.zeros(len(self.names), np.float32)
        for name, weight in shapes.items():
            way = name + ("-" if weight < 0 else "+")
            if way in self.names:
                out[self.names.index(way)] = abs(weight)
            elif name in self.names:
                out[self.names.index(name)] = weight
            else:
                raise AvatarError(f"The avatar's description names an unknown shape, {name!r}.")
        return out

    def shaped(self, shapes: Mapping[str, float]) -> list[Part]:
        """The parts of one person's head; a name that is unknown raises AvatarError."""
        weights = self.weights(shapes)
        used = np.flatnonzero(weights)
        eyes = np.tensordot(weights[used], self.eyes[used], axes=1)
        places = {name: self._moved(name, weights, used) for name in self.offsets}
        places["teeth"] = self.jaw.behind(places["teeth"], places["skin"])
        out = []
        for part in self.parts:
            if part.material == "eye":
                out.append(_eyeball(part, eyes[0 if part.origin[0] > 0 else 1]))
                continue
            positions = locked(places[part.name], np.float32)
            normals, bends = self.normals[part.name].at(positions)
            out.append(
                replace(
                    part,
                    positions=positions,
                    normals=locked(normals, np.float32),
                    normal_offsets=locked(bends, np.float32),
                )
            )
        return out

    def _moved(self, name: str, weights: Floats, used: NDArray[np.intp]) -> Floats:
        """Positions of that part, (n, 3) dm, under the shapes whose numbers are `used`."""
        part = next(part for part in self.parts if part.name == name)
        scaled = weights[used] * self.scales[name][used]
        change = np.tensordot(scaled, self.offsets[name][used].astype(np.float32), axes=1)
        return part.positions + change.astype(np.float32)


def _eyeball(part: Part, change: Floats) -> Part:
    radius = part.radius + float(change[3])
    return replace(
        part,
        positions=locked(part.rest * radius, np.float32),
        origin=locked(part.origin + change[:3], np.float32),
        radius=radius,
    )


@cache
def shared_basis() -> Basis:
    """The basis among the package's assets, read once."""
    return Basis.read(ASSETS / "head.glb", ASSETS / "basis.npz")


def features() -> list[str]:
    """Names of the features that an identity's shape may weigh, sorted. Those with two ways take
    -1..1, the others 0..1."""
    people = tuple(f"{name}-" for name in _PEOPLE)
    names = {name.rstrip("+-") for name in shared_basis().names if not name.startswith(people)}
    return sorted(names)
