"""The living face: what moves between one reading and the next.

`Animator` turns emotion weights, which arrive a few times a second, into a pose per frame:
springs carry the expression, and blinks, small saccades, breath and slight head motion keep the
face alive. With the same seed and the same time steps it gives the same poses.

Sources of the figures
- Blink rate: 17 a minute at rest (Bentivoglio et al. 1997, Movement Disorders 12, 1028).
- Blink shape: the lid falls in about 90 ms and rises in about 240 ms (VanderWerf et al. 2003,
  J. Neurophysiology 89, 2784).
- Saccades: duration 25 ms + 2.4 ms per degree (Lee, Badler & Badler 2002, 'Eyes alive').
- Onset of an expression: about half a second (Schmidt et al. 2006, J. Nonverbal Behavior 30, 37).
- Breath: 14 a minute, breathing out longer than in.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from avatars.expression import EXPRESSION, INDEX, blend, gaze_deg, head_deg, limit

_LONGEST_STEP_S = 0.1
"""After a pause (a hidden window, a laptop asleep) the face goes on from where it was instead of
jumping to where it would be."""

_EXPRESSION_RATE = 8.0  # 1/s: 90 % of the way in 0.49 s
_LID_RATE = 14.0
_HEAD_RATE = 4.0

_BLINKS_PER_S = 17.0 / 60.0
_BLINK_CLOSE_S = 0.09
_BLINK_HOLD_S = 0.03
_BLINK_OPEN_S = 0.24
_SHORTEST_BLINK_GAP_S = 0.8

_SACCADE_MEAN_GAP_S = 1.4
_SACCADE_SPREAD_DEG = (1.3, 0.7)
_SACCADE_LIMIT_DEG = 3.0

_BREATHS_PER_S = 14.0 / 60.0
_INHALE_SHARE = 0.4

EYE_RANGE_DEG = 30.0
"""A turn of the eyes that ARKit's eyeLook weights call 1."""


@dataclass(frozen=True, slots=True)
class Pose:
    """What the avatar does in one frame.

    expression: (54,) float32 weights in the order of `EXPRESSION`, each in 0..1.
    head_deg: (3,) float32 pitch (down positive), yaw (to the avatar's left positive), roll.
    gaze_deg: (2,) float32 yaw and pitch (up positive) of both eyes, in the head's frame.
    breath: 0 (breathed out) to 1 (breathed in).
    """

    expression: NDArray[np.float32]
    head_deg: NDArray[np.float32]
    gaze_deg: NDArray[np.float32]
    breath: float = 0.0


def still(weights: Mapping[str, float]) -> Pose:
    """The settled pose of a mixture of emotions, without blinks or motion: for stills and tests."""
    gaze = gaze_deg(weights)
    return Pose(_looking(blend(weights), gaze), head_deg(weights), gaze)


class _Spring:
    """A critically damped spring over an array, solved exactly, so that any step is stable."""

    def __init__(self, value: NDArray[np.float32], rate: NDArray[np.float32] | float) -> None:
        self.value = value.astype(np.float64)
        self._velocity = np.zeros_like(self.value)
        self._rate = np.asarray(rate, np.float64)

    def step(self, target: NDArray[np.float32], dt_s: float) -> NDArray[np.float64]:
        offset = self.value - target
        pull = self._velocity + self._rate * offset
        decay = np.exp(-self._rate * dt_s)
        self.value = target + (offset + pull * dt_s) * decay
        self._velocity = (self._velocity - self._rate * pull * dt_s) * decay
        return self.value


class _Blinks:
    """Spontaneous blinks: a random gap, then a fast fall and a slow rise of the lids."""

    def __init__(self, rng: np.random.Generator) -> None:
        self._rng = rng
        self._until_s = self._gap()
        self._since_s = math.inf

    def _gap(self) -> float:
        mean = 1.0 / _BLINKS_PER_S - _SHORTEST_BLINK_GAP_S
        return _SHORTEST_BLINK_GAP_S + float(self._rng.exponential(mean))

    def step(self, dt_s: float) -> float:
        """How far the lids are shut now, 0..1."""
        self._since_s += dt_s
        self._until_s -= dt_s
        if self._until_s <= 0.0:
            self._since_s = 0.0
            self._until_s = self._gap()
        return blink_shape(self._since_s)


def blink_shape(since_s: float) -> float:
    """How far the lids are shut `since_s` seconds after a blink began, 0..1."""
    if since_s < _BLINK_CLOSE_S:
        return _ease(since_s / _BLINK_CLOSE_S)
    since_s -= _BLINK_CLOSE_S + _BLINK_HOLD_S
    if since_s < 0.0:
        return 1.0
    return 1.0 - _ease(min(since_s / _BLINK_OPEN_S, 1.0) ** 0.8)


def _ease(t: float) -> float:
    """Minimum-jerk course from 0 to 1 (Flash & Hogan 1985)."""
    return t**3 * (10.0 - 15.0 * t + 6.0 * t * t)


class _Saccades:
    """Small jumps of the eyes around where they look."""

    def __init__(self, rng: np.random.Generator) -> None:
        self._rng = rng
        self._from = np.zeros(2)
        self._to = np.zeros(2)
        self._since_s = 0.0
        self._duration_s = 0.025
        self._until_s = 0.5

    def step(self, dt_s: float) -> NDArray[np.float64]:
        """Offset of the gaze, (2,), in degrees."""
        self._since_s += dt_s
        self._until_s -= dt_s
        if self._until_s <= 0.0:
            aim = self._rng.normal(0.0, _SACCADE_SPREAD_DEG)
            self._from = self._offset()
            self._to = np.clip(aim, -_SACCADE_LIMIT_DEG, _SACCADE_LIMIT_DEG)
            self._duration_s = 0.025 + 0.0024 * float(np.linalg.norm(self._to - self._from))
            self._since_s = 0.0
            self._until_s = 0.25 + float(self._rng.exponential(_SACCADE_MEAN_GAP_S))
        return self._offset()

    def _offset(self) -> NDArray[np.float64]:
        along = _ease(min(self._since_s / self._duration_s, 1.0))
        return self._from + (self._to - self._from) * along


class _Sway:
    """Slight head motion: three slow sines an axis, of incommensurate periods."""

    _PERIODS_S = np.array([[11.0, 5.3, 3.1], [13.0, 6.1, 3.7], [17.0, 7.9, 4.3]])
    _AMPLITUDE_DEG = np.array([[0.5, 0.25, 0.1], [0.8, 0.35, 0.12], [0.4, 0.2, 0.06]])

    def __init__(self, rng: np.random.Generator) -> None:
        self._phase = rng.uniform(0.0, 2.0 * np.pi, self._PERIODS_S.shape)

    def at(self, time_s: float) -> NDArray[np.float64]:
        """Pitch, yaw and roll, (3,), in degrees."""
        angle = 2.0 * np.pi * time_s / self._PERIODS_S + self._phase
        return (self._AMPLITUDE_DEG * np.sin(angle)).sum(axis=1)


def breath_at(time_s: float) -> float:
    """Depth of breath, 0..1, `time_s` seconds after a breath began."""
    cycle = (time_s * _BREATHS_PER_S) % 1.0
    if cycle < _INHALE_SHARE:
        return 0.5 - 0.5 * math.cos(math.pi * cycle / _INHALE_SHARE)
    return 0.5 + 0.5 * math.cos(math.pi * (cycle - _INHALE_SHARE) / (1.0 - _INHALE_SHARE))


def _rates() -> NDArray[np.float32]:
    """Lids are quicker than the rest of the face."""
    rates = np.full(len(EXPRESSION), _EXPRESSION_RATE, np.float32)
    rates[[i for i, name in enumerate(EXPRESSION) if name.startswith("eye")]] = _LID_RATE
    return rates


def _looking(
    expression: NDArray[np.float32] | NDArray[np.float64], gaze: NDArray[np.float32]
) -> NDArray[np.float32]:
    """`expression` with the eyeLook weights of `gaze`: the lids follow the eyes."""
    out = np.asarray(expression, np.float32).copy()
    left, up = (float(angle) / EYE_RANGE_DEG for angle in gaze)
    for side, outward in (("Left", left), ("Right", -left)):
        out[INDEX["eyeLookOut" + side]] = max(outward, 0.0)
        out[INDEX["eyeLookIn" + side]] = max(-outward, 0.0)
        out[INDEX["eyeLookUp" + side]] = max(up, 0.0)
        out[INDEX["eyeLookDown" + side]] = max(-up, 0.0)
    return out


class Animator:
    """Poses the face frame by frame.

    seed: of the blinks, saccades and head motion; the same seed and steps give the same poses.
    """

    _LIDS = np.array([INDEX["eyeBlinkLeft"], INDEX["eyeBlinkRight"]])

    def __init__(self, seed: int | None = None) -> None:
        rng = np.random.default_rng(seed)
        self._time_s = 0.0
        self._expression = _Spring(blend({}), _rates())
        self._head = _Spring(head_deg({}), _HEAD_RATE)
        self._gaze = _Spring(gaze_deg({}), _LID_RATE)
        self._blinks = _Blinks(rng)
        self._saccades = _Saccades(rng)
        self._sway = _Sway(rng)

    def update(
        self, dt_s: float, weights_by_emotion: Mapping[str, float], undecided: bool = False
    ) -> Pose:
        """The pose `dt_s` seconds after the last one.

        weights_by_emotion: emotion -> 0..1, as for `expression.blend`.
        undecided: the reading says nothing; the face goes back to its calm, neutral look.
        Raises AvatarError for an unknown emotion.
        """
        dt_s = min(max(dt_s, 0.0), _LONGEST_STEP_S)
        self._time_s += dt_s
        weights: Mapping[str, float] = {} if undecided else weights_by_emotion
        expression = self._expression.step(blend(weights), dt_s).astype(np.float32)
        lids = expression[self._LIDS]
        expression[self._LIDS] = lids + (1.0 - lids) * np.float32(self._blinks.step(dt_s))
        gaze = self._gaze.step(gaze_deg(weights), dt_s) + self._saccades.step(dt_s)
        head = self._head.step(head_deg(weights), dt_s) + self._sway.at(self._time_s)
        gaze32 = gaze.astype(np.float32)
        return Pose(
            _looking(_keep_lids(expression), gaze32),
            head.astype(np.float32),
            gaze32,
            breath_at(self._time_s),
        )


def _keep_lids(expression: NDArray[np.float32]) -> NDArray[np.float32]:
    """The limited expression, in which a shutting lid takes precedence: what would hold it open
    or fold it gives way first, so that every blink closes."""
    out = expression.copy()
    for side in ("Left", "Right"):
        room = max(0.0, 1.0 - float(out[INDEX["eyeBlink" + side]]))
        for name in ("eyeWide", "eyeSquint"):
            out[INDEX[name + side]] = min(out[INDEX[name + side]], room)
    return limit(out)
