"""The EEG page: scrolling traces with their names, scale, filters, and what is wrong in words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from itertools import compress

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtGui import QActionGroup
from PySide6.QtWidgets import QMenu

from app.buttons import DropButton, IconButton, on_click
from app.display import DisplayFilterSettings
from app.panels.dock import Panel
from app.panels.trace_view import TraceView
from app.settings import HIGH_PASS_HZ, LOW_PASS_HZ, PAGES_S, SENSITIVITIES_UV_MM, Settings
from app.widgets import Chip, column, label, plain_tip, restyle, tick
from app.words import flag_words
from evoke.types import NOISE, Doubt, Flag, Quality

LEAST_TOLD = 1 / 8
"""Share of the channels with muscle or hum from which on it is said: some of it is in every
recording."""


class TracesPanel(Panel):
    """The traces with their controls. `change` sets fields of the user's settings."""

    def __init__(self, change: Callable[..., None]) -> None:
        super().__init__(self.tr("EEG"))
        self.keeps_head = True
        self._change = change
        self._settings = Settings()
        self._compact = False
        self._names: tuple[str, ...] = ()
        self._quality: Quality | None = None
        self.view = TraceView()
        self.warning = Chip()
        self.sensitivity = label("", 12, 500)
        self.less = IconButton("minus", self.tr("Less sensitive (−)"), 14, 24)
        self.more = IconButton("plus", self.tr("More sensitive (+)"), 14, 24)
        words = self.tr("Fit the sensitivity to the signal (F)")
        self.fitting = IconButton("arrows-in-line-vertical", words, 16, 24)
        self.page, self.band, self.notch, self.reference = (DropButton() for _ in range(4))
        on_click(self.less, lambda: self.step_sensitivity(+1))
        on_click(self.more, lambda: self.step_sensitivity(-1))
        on_click(self.fitting, self.fit)
        self.head = (
            *(self.warning, tick(), self.less, self.sensitivity, self.more, self.fitting, tick()),
            *(self.page, self.band, self.notch, self.reference),
        )
        self.setLayout(column(self.view, gap=0))
        self.view.crowded.connect(self._say_crowded)
        self.view.judgeable.connect(self._fit_unless_chosen)
        self._fill_menus()

    def step_sensitivity(self, by: int) -> None:
        """One step along the list: +1 shows more microvolts in a millimetre."""
        now = self._settings.sensitivity_uv_mm
        nearest = int(np.argmin(np.abs(np.array(SENSITIVITIES_UV_MM) - now)))
        index = min(max(nearest + by, 0), len(SENSITIVITIES_UV_MM) - 1)
        self._change(sensitivity_uv_mm=SENSITIVITIES_UV_MM[index], sensitivity_chosen=True)

    def fit(self) -> None:
        """Let the traces fill about their own rows; from now on they do so by themselves when a
        source is opened or rows change their height, until a sensitivity is chosen."""
        needed = self.view.fitting_uv_per_mm()
        if needed is not None:
            fits = (step for step in SENSITIVITIES_UV_MM if step >= needed)
            step = next(fits, SENSITIVITIES_UV_MM[-1])
            self._change(sensitivity_uv_mm=step, sensitivity_chosen=False)

    def _fit_unless_chosen(self) -> None:
        if not self._settings.sensitivity_chosen:
            self.fit()

    def _say_crowded(self, crowded: bool) -> None:
        self.sensitivity.setProperty("kind", "warn" if crowded else "")
        words = self.tr("Traces overlap: press F to fit them, or − for less sensitivity")
        self.sensitivity.setToolTip(words if crowded else "")
        restyle(self.sensitivity)

    def show_settings(self, settings: Settings) -> None:
        self._settings = settings
        self.sensitivity.setText(self.tr("{0} µV/mm").format(f"{settings.sensitivity_uv_mm:g}"))
        self.page.setText(self.tr("{0} s").format(settings.page_s))
        self.band.setText(self._band_words(settings.high_pass_hz, settings.low_pass_hz))
        mains = self.tr("Notch {0} Hz").format(settings.mains_hz)
        self.notch.setText(mains if settings.notch else self.tr("No notch"))
        average = settings.average_reference
        self.reference.setText(self.tr("Average ref.") if average else self.tr("As recorded"))
        filters = DisplayFilterSettings(
            settings.high_pass_hz,
            settings.low_pass_hz,
            settings.mains_hz if settings.notch else 0.0,
            settings.average_reference,
        )
        self.view.set_options(settings.sensitivity_uv_mm, settings.page_s, filters)

    def set_compact(self, compact: bool) -> None:
        self._compact = compact
        self._say_wrong()

    def set_quality(self, names: Sequence[str], quality: Quality | None) -> None:
        """names: of the EEG channels that `quality` judges."""
        self._names, self._quality = tuple(names), quality
        bad = () if quality is None else quality.bad.tolist()
        self.view.set_bad(frozenset(compress(self._names, bad)))
        self._say_wrong()

    def _say_wrong(self) -> None:
        """Which channels are left out, and how many more hold muscle or hum rather than EEG."""
        quality = self._quality
        if quality is None:
            self.warning.say("")
            return
        bad, noisy = quality.bad.tolist(), quality.noisy.tolist()
        flags = quality.flags.tolist()
        told = zip(self._names, flags, strict=True)
        out = [(name, flag_words(f)) for name, f in compress(told, bad)]
        kept: list[tuple[str, str]] = []
        if sum(noisy) > LEAST_TOLD * len(noisy):
            told = zip(self._names, (quality.flags & NOISE).tolist(), strict=True)
            kept = [(name, flag_words(f)) for name, f in compress(told, noisy)]
        tips = [f"{name}: {what}" for name, what in out + kept]
        if kept and any(f & Flag.HUM_LEFT.value for f in compress(flags, noisy)):
            tips.append(self.tr("Is the mains frequency in Settings that of this room?"))
        self.warning.setToolTip(plain_tip("\n".join(tips)))
        parts = [self._left_out(out, quality.doubt is Doubt.QUALITY)] if out else []
        if kept:
            what, n = Counter(what for _, what in kept).most_common(1)[0]
            few = self._compact or bool(out)
            words = self.tr("{0} on {1}") if few else self.tr("{0} on {1} channels")
            parts.append(words.format(what, n))
        text = " · ".join(parts)
        self.warning.say(text if out else text[:1].upper() + text[1:], "warning-fill", "warn")

    def _left_out(self, out: Sequence[tuple[str, str]], too_many: bool) -> str:
        (name, what), n = out[0], len(out)
        if self._compact:
            return self.tr("{0} bad").format(name if n == 1 else n)
        if n == 1:
            return self.tr("{0} {1}, interpolated").format(name, what)
        words = self.tr("{0} channels bad") if too_many else self.tr("{0} channels interpolated")
        return words.format(n)

    def _band_words(self, high_pass: float, low_pass: float) -> str:
        if high_pass and low_pass:
            return self.tr("{0}–{1} Hz").format(f"{high_pass:g}", f"{low_pass:g}")
        if high_pass:
            return self.tr("from {0} Hz").format(f"{high_pass:g}")
        return self.tr("to {0} Hz").format(f"{low_pass:g}") if low_pass else self.tr("Unfiltered")

    def _fill_menus(self) -> None:
        off = self.tr("Off")
        self.page.setToolTip(self.tr("Length of the page"))
        self._offer(self.page, "page_s", [(self.tr("{0} s").format(p), p) for p in PAGES_S])
        self.band.setToolTip(self.tr("Display filter; analysis has its own"))
        high = [(self.tr("From {0} Hz").format(f"{f:g}") if f else off, f) for f in HIGH_PASS_HZ]
        low = [(self.tr("Up to {0} Hz").format(f"{f:g}") if f else off, f) for f in LOW_PASS_HZ]
        self._offer(self.band, "high_pass_hz", high)
        self.band.menu().addSeparator()
        self._offer(self.band, "low_pass_hz", low)
        self.notch.setToolTip(self.tr("Leave out the mains frequency"))
        self._offer(self.notch, "notch", [(self.tr("On"), True), (off, False)])
        self.reference.setToolTip(self.tr("Reference of the traces; analysis has its own"))
        recorded, average = self.tr("As recorded"), self.tr("Average of the good channels")
        choices = [(recorded, False), (average, True)]
        self._offer(self.reference, "average_reference", choices)

    def _offer(self, button: DropButton, name: str, choices: Sequence[tuple[str, object]]) -> None:
        """Add exclusive choices for the setting `name` to a button's menu."""
        menu = button.menu() or QMenu(button)
        menu.setLayoutDirection(Qt.LayoutDirection.LeftToRight)
        button.setMenu(menu)
        group = QActionGroup(menu)
        actions = []
        for words, value in choices:
            action = menu.addAction(words)
            action.setCheckable(True)
            group.addAction(action)
            action.triggered.connect(lambda _on=False, v=value: self._change(**{name: v}))
            actions.append((action, value))

        def tick_current() -> None:
            for action, value in actions:
                action.setChecked(getattr(self._settings, name) == value)

        menu.aboutToShow.connect(tick_current)
