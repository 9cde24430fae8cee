"""What one face looks like: a small frozen description, stored as JSON beside the meshes."""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from avatars.errors import AvatarError

Colour = tuple[float, float, float]

ASSETS = Path(__file__).resolve().parent / "assets"


@dataclass(frozen=True, slots=True)
class Identity:
    """One identity. Colours are linear reflectances, 0..1.

    face, hair: asset files. blush: how much the cheeks redden. camera_y: height in dm that the
    picture is centred on; camera_scale: 1 shows 3.3 dm from top to bottom.
    """

    name: str
    face: str
    hair: str
    skin: Colour
    lips: Colour
    brows: Colour
    hair_colour: Colour
    iris: Colour
    cloth: Colour
    blush: float
    camera_y: float
    camera_scale: float

    @classmethod
    def load(cls, name: str) -> Identity:
        """The identity stored as assets/NAME.json.

        Raises AvatarError when there is none, or when a field is missing or unknown.
        """
        path = ASSETS / f"{name}.json"
        try:
            values: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise AvatarError(f"No avatar named {name!r}: {path.name} {error}.") from error
        expected = {field.name for field in dataclasses.fields(cls)}
        if set(values) != expected:
            odd = ", ".join(sorted(expected ^ set(values)))
            raise AvatarError(f"{path.name} does not describe an avatar: check {odd}.")
        fields: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else value
            for name, value in values.items()
        }
        return cls(**fields)
