"""The user's settings: one JSON file, written atomically; a damaged one is set aside."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Annotated, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from app.files import set_aside, write_atomically
from app.json_files import from_json, to_json
from app.source_spec import SourceSpec
from evoke import paths
from evoke.emotion import PRESETS, EmotionSettings, EmotionTable
from evoke.errors import EvokeError, SettingsError
from evoke.outputs.vmc import VmcSettings

SENSITIVITIES_UV_MM = (1.0, 2.0, 3.0, 5.0, 7.0, 10.0, 15.0, 20.0, 30.0, 50.0, 70.0, 100.0, 200.0)
MAP_RANGES_DB = (3.0, 6.0, 12.0)
PAGES_S = (5, 10, 15, 20, 30)
HIGH_PASS_HZ = (0.0, 0.5, 1.0, 4.0)
LOW_PASS_HZ = (0.0, 15.0, 30.0, 45.0, 70.0)

_SIXTY = frozenset(
    (
        *("US", "CA", "MX", "BR", "CO", "KR", "TW", "PH", "SA", "PE", "VE", "EC"),
        *("GT", "HN", "NI", "CR", "PA", "CU", "DO", "PR", "SV", "BZ", "GY", "SR"),
    )
)
"""Territories whose mains run at 60 Hz."""

Probability = Annotated[float, Field(ge=0.0, le=1.0)]


class Settings(BaseModel):
    """Everything kept between runs. Changing a field goes through `changed`."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    theme: Literal["system", "light", "dark"] = "system"
    size_percent: Literal[100, 125, 150, 200] = 100
    """Of everything on the screen, from the next start on."""
    avatar: str = "mira"
    geometry: str = ""
    docks: str = ""
    sensitivity_uv_mm: float = Field(default=7.0, gt=0.0, le=1000.0)
    sensitivity_chosen: bool = False
    """Whether the user chose `sensitivity_uv_mm`. Where not, it is fitted to the signal of every
    source that is opened."""
    map_range_db: float = Field(default=6.0, gt=0.0, le=60.0)
    page_s: int = Field(default=10, ge=1, le=60)
    high_pass_hz: float = Field(default=1.0, ge=0.0, lt=100.0)
    low_pass_hz: float = Field(default=45.0, ge=0.0, lt=1000.0)
    notch: bool = True
    average_reference: bool = False
    mains_hz: Literal[50, 60] = Field(default_factory=lambda: mains_of(_territory()))
    undecided_low: Probability = 0.45
    undecided_high: Probability = 0.55
    smoothing_s: float = Field(default=EmotionSettings().smoothing_s, ge=0.0, le=30.0)
    emotions: Literal["paper", "literature", "own"] = "paper"
    own_words: tuple[str, ...] = PRESETS["paper"].words
    send_vmc: bool = False
    vmc: VmcSettings = VmcSettings()
    lsl: Literal["off", "computer", "network"] = "off"
    last_source: SourceSpec | None = None
    model: str = ""
    """The one in use: its file's name in the library, '' for the demo student."""
    notice_seen: bool = False

    @model_validator(mode="before")
    @classmethod
    def _chosen_before_that_was_kept(cls, fields: object) -> object:
        """A sensitivity that is not the standard one was somebody's choice."""
        if isinstance(fields, dict) and "sensitivity_chosen" not in fields:
            given = fields.get("sensitivity_uv_mm", 7.0)
            return {**fields, "sensitivity_chosen": given != 7.0}
        return fields

    @model_validator(mode="after")
    def _zone_around_one_half(self) -> Settings:
        if not self.undecided_low <= 0.5 <= self.undecided_high:
            raise ValueError(
                "the undecided zone must hold 0.5: "
                f"found {self.undecided_low} to {self.undecided_high}"
            )
        if 0.0 < self.low_pass_hz <= self.high_pass_hz:
            raise ValueError(
                f"the low-pass must lie above the high-pass: found {self.low_pass_hz} Hz "
                f"and {self.high_pass_hz} Hz"
            )
        EmotionTable(self.own_words)
        return self

    def changed(self, **fields: object) -> Settings:
        """A copy with `fields` replaced. Raises pydantic.ValidationError if out of range."""
        return Settings.model_validate({**dict(self), **fields})

    @property
    def table(self) -> EmotionTable:
        return PRESETS.get(self.emotions) or EmotionTable(self.own_words)

    @property
    def emotion(self) -> EmotionSettings:
        """What the engine decides by."""
        return EmotionSettings(
            smoothing_s=self.smoothing_s,
            unsure=(self.undecided_low, self.undecided_high),
            table=self.table,
        )


def _territory() -> str:
    """The system's locale, such as "en_US"; Python's own guesses one where there is none."""
    from PySide6.QtCore import QLocale

    return QLocale.system().name()


def mains_of(name: str | None) -> Literal[50, 60]:
    """Mains frequency in the territory of a locale such as "en_US"; 50 where unknown."""
    territory = (name or "").partition(".")[0].rpartition("_")[2]
    return 60 if territory in _SIXTY else 50


class Loaded(NamedTuple):
    """notice: for the user, mostly "". keep: whether changes may be written where they came from;
    else what is there, and could not be read this time, would be lost."""

    settings: Settings
    notice: str = ""
    keep: bool = True


def load(path: Path | None = None) -> Loaded:
    """The settings kept at `path` (default: the user's). A damaged file is set aside, and the
    standard settings are used; they are used, too, where the file cannot be read at all."""
    path = path or paths.settings_file()
    try:
        return Loaded(from_json(Settings, path.read_bytes()))
    except FileNotFoundError:
        return Loaded(Settings())
    except (ValidationError, SettingsError):
        try:
            aside = set_aside(path)
        except EvokeError as error:
            return Loaded(Settings(), f"{error} The standard settings are used.", keep=False)
        return Loaded(
            Settings(),
            f"{path.name} was damaged and is kept as {aside.name}; the standard settings are used.",
        )
    except OSError as error:
        return Loaded(
            Settings(),
            f"{path.name} could not be read ({error.strerror}): the standard settings are used, "
            "and no change is kept before the next start.",
            keep=False,
        )


def save_changes(settings: Settings, since: Settings, path: Path | None = None) -> None:
    """Write the fields in which `settings` differ from `since`; the others stay as another window
    may have left them. Raises EvokeError."""
    path = path or paths.settings_file()
    kept = load(path) if path.exists() else Loaded(settings, keep=False)
    if kept.keep:
        mine = {name: value for name, value in settings if value != getattr(since, name)}
        with suppress(ValidationError):  # both changed what must fit together: ours, then
            settings = kept.settings.changed(**mine)
    save(settings, path)


def save(settings: Settings, path: Path | None = None) -> None:
    """Write `settings`; a crash half-way leaves the old file whole. Raises EvokeError."""
    write_atomically(path or paths.settings_file(), to_json(settings))
