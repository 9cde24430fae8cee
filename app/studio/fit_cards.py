"""How well the avatar fits the photograph, and what colours were read from it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from app import theme
from app.studio.features import words
from app.studio.palette import IRISES, nearest, on_screen
from app.studio.words import group_name, hair_words, skin_words
from app.widgets import Card, column, label, painting, row
from avatars.photo import GROUPS, NAMES, Fit, Seen
from avatars.photo.cielab import JUST_VISIBLE
from avatars.photo.fit import GOOD_PCT

_SCALE_PCT = 4.0


_ENOUGH = 0.75
"""Share of the points without which a small distance is no sign of a likeness: there are more face
weights than a few points can hold."""


class GroupBars(QWidget):
    """Per group of landmarks a bar to its mean distance, a dot at its worst."""

    _LINE_PX = 21

    def __init__(self) -> None:
        super().__init__()
        self._values: dict[str, tuple[float, float]] = {}
        self.setFixedHeight(self._LINE_PX * len(GROUPS) + 2)
        self.setMinimumWidth(320)

    def show_values(self, values: dict[str, tuple[float, float]]) -> None:
        """Group -> mean and worst, % of face width."""
        self._values = values
        said = "; ".join(
            self.tr("{0} {1} %, worst {2} %").format(group_name(name), f"{mean:.1f}", f"{most:.1f}")
            for name, (mean, most) in values.items()
        )
        self.setAccessibleName(said)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        tokens = theme.current()
        left, right = 92.0, self.width() - 128.0
        per = (right - left) / _SCALE_PCT
        with painting(self) as painter:
            good = left + per * GOOD_PCT
            painter.setPen(QPen(QColor(tokens.line2), 1, Qt.PenStyle.DashLine))
            painter.drawLine(QPointF(good, 0), QPointF(good, self.height()))
            painter.setFont(theme.font(12, 500))
            for i, name in enumerate(GROUPS):
                y = i * self._LINE_PX + 11.0
                mean, worst = self._values.get(name, (0.0, 0.0))
                bad = mean > GOOD_PCT
                painter.setPen(QColor(tokens.ink))
                middle = Qt.AlignmentFlag.AlignVCenter
                painter.drawText(QRectF(0, y - 9, left, 18), middle, group_name(name))
                painter.setPen(Qt.PenStyle.NoPen)
                painter.setBrush(QColor(tokens.sunk))
                painter.drawRoundedRect(QRectF(left, y - 3, right - left, 6), 3, 3)
                if name not in self._values:
                    painter.setPen(QColor(tokens.ink3))
                    box = QRectF(right + 8, y - 9, 120, 18)
                    painter.drawText(box, middle | Qt.AlignmentFlag.AlignRight, self.tr("not set"))
                    continue
                painter.setBrush(QColor(tokens.warn if bad else tokens.accent))
                reach = per * min(mean, _SCALE_PCT)
                painter.drawRoundedRect(QRectF(left, y - 3, reach, 6), 3, 3)
                far = QColor(tokens.warn if worst > GOOD_PCT else tokens.accent)
                painter.setBrush(far)
                painter.drawEllipse(QPointF(left + per * min(worst, _SCALE_PCT), y), 2.5, 2.5)
                painter.setPen(QColor(tokens.warn if bad else tokens.ink2))
                words = self.tr("{0} %   worst {1} %").format(f"{mean:.1f}", f"{worst:.1f}")
                box = QRectF(right + 8, y - 9, 120, 18)
                painter.drawText(box, middle | Qt.AlignmentFlag.AlignRight, words)


class FitCard(Card):
    """The distance between points and avatar, and where it comes from."""

    def __init__(self) -> None:
        self._placed = label("", 12, kind="ink3")
        self._figure = label("–", 24, 600)
        self._words = label("", 12, kind="ink2", wrap=True)
        self._words.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self._bars = GroupBars()
        self._set = 0
        body = column(row(self._figure, self._words, gap=10), self._bars, gap=6)
        super().__init__(self.tr("How well it fits"), "", (self._placed,), body=body, gap=2)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)

    def show_placed(self, count: int) -> None:
        self._set = count
        self._placed.setText(self.tr("{0} of {1} points set").format(count, len(NAMES)))

    def show_nothing(self, why: str) -> None:
        self._figure.setText("–")
        self._words.setText(why)
        self._bars.show_values({})

    def show_fit(self, fit: Fit, took_s: float) -> None:
        self._figure.setText(self.tr("{0} %").format(f"{fit.mean_pct:.1f}"))
        said = self.tr(
            "of face width between the points set and the avatar. {0} face weights in {1}\u00a0s."
        ).format(fit.weights, f"{took_s:.2f}")
        enough = self._set >= _ENOUGH * len(NAMES)
        good = self.tr(" Good below {0}\u00a0%.").format(f"{GOOD_PCT:g}")
        few = self.tr(" So few points say little of a likeness: set more.")
        self._words.setText(said + (good if enough else few))
        self._bars.show_values(fit.groups)

    @property
    def figure(self) -> str:
        return self._figure.text()


class Swatches(QWidget):
    """Colours with a name and a word under each. Colours are linear, 0..1."""

    def __init__(self) -> None:
        super().__init__()
        self._items: Sequence[tuple[str, tuple[float, float, float] | None, str]] = ()
        self.setFixedHeight(63)

    def show_items(
        self, items: Sequence[tuple[str, tuple[float, float, float] | None, str]]
    ) -> None:
        """Name, colour (None: not read) and word of each."""
        self._items = items
        self.setAccessibleName("; ".join(f"{name}: {word}" for name, _tint, word in items))
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        tokens = theme.current()
        with painting(self) as painter:
            wide = self.width() / max(len(self._items), 1)
            for i, (name, tint, word) in enumerate(self._items):
                x = i * wide
                painter.setPen(QPen(QColor(tokens.line2), 1))
                painter.setBrush(QColor(tokens.sunk) if tint is None else on_screen(tint))
                painter.drawRoundedRect(QRectF(x + 0.5, 2.5, wide - 10, 24), 5, 5)
                painter.setFont(theme.font(12, 600))
                painter.setPen(QColor(tokens.ink))
                painter.drawText(QPointF(x, 42), name)
                painter.setFont(theme.font(11))
                painter.setPen(QColor(tokens.ink3))
                painter.drawText(QPointF(x, 56), word)


class ColoursCard(Card):
    """Skin, hair, brows, eyes and lips as they were read."""

    def __init__(self) -> None:
        self._swatches = Swatches()
        self._note = label("", 12, kind="ink3", wrap=True)
        super().__init__(
            self.tr("Colours read from the photograph"),
            body=column(self._swatches, self._note, gap=4),
            gap=2,
        )
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
        self.show_nothing()

    def show_nothing(self) -> None:
        names = (self.tr("Skin"), self.tr("Hair"), self.tr("Brows"), self.tr("Eyes"))
        self._swatches.show_items([(name, None, "–") for name in (*names, self.tr("Lips"))])
        self._note.setText(self.tr("Read once enough points are set."))

    def show_colours(self, seen: Seen) -> None:
        none = self.tr("none seen")
        skin = skin_words(seen.skin_tone, seen.undertone)
        hair = hair_words(seen.hair) if seen.hair else none
        self._swatches.show_items(
            [
                (self.tr("Skin"), seen.skin, skin),
                (self.tr("Hair"), seen.hair, hair),
                (self.tr("Brows"), seen.brows, hair_words(seen.brows)),
                (self.tr("Eyes"), seen.iris, words(nearest(IRISES, seen.iris))),
                (self.tr("Lips"), seen.lips, self.tr("with the skin")),
            ]
        )
        self._note.setText(self._said(seen))

    def _said(self, seen: Seen) -> str:
        """What to think of them."""
        if seen.off > 2 * JUST_VISIBLE:
            return self.tr(
                "No skin looks like this in neutral light: coloured light or a filter. Set the "
                "skin by hand. (ΔE {0} from the avatar's, CIEDE2000)"
            ).format(f"{seen.off:.1f}")
        said = self.tr("Light taken as neutral and even.")
        if max(abs(np.log(seen.relit))) > 0.02:
            said = self.tr("Light corrected by the whites of the eyes.")
        apart = self.tr("The avatar's skin is ΔE {0} from it (CIEDE2000; {1} is just seen).")
        return f"{apart.format(f'{seen.off:.1f}', f'{JUST_VISIBLE:g}')} {said}"
