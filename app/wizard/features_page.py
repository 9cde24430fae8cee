"""What the network reads of every second: which features, against which rest, how often."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtWidgets import QGridLayout, QWidget

from app.buttons import IconButton, on_click
from app.setting_rows import line
from app.widgets import Card, Notice, Segmented, boxed, column, label, row, rule, scrolling
from app.wizard.grids import BandAxis, GridPicture, GridScale
from app.wizard.guard import reasons
from app.wizard.look import Trial, window_grids
from app.wizard.picks import Choice
from app.wizard.plan import PAPER_FEATURES, Plan
from app.wizard.step import Step
from app.wizard.survey import Survey
from app.worker import Task
from evoke.types import BANDS, RATE_HZ

_DB_PER_BIT = 20 * np.log10(2)
"""DE = 0.5 log2(2 pi e var): one bit more is four times the power, 6.02 dB."""

Fields = dict[str, object]

PRESETS: dict[str, Fields] = {
    "product": {"features": "de", "baseline": "mean", "hop_s": 1.0},
    "paper": PAPER_FEATURES,
}
FEATURES = ("de", "psd")
BASELINES = ("mean", "paper")
HOPS_S = (1.0, 0.5, 0.25)


def preset_of(plan: Plan) -> str:
    """The preset that a plan's features are, "" for neither."""
    own = {"features": plan.features, "baseline": plan.baseline or "mean", "hop_s": plan.hop_s}
    return next((name for name, fields in PRESETS.items() if fields == own), "")


class DetailsCard(Card):
    """Each setting by itself, in plain words."""

    def __init__(self) -> None:
        self.features = Segmented([self.tr("Entropy (DE)"), self.tr("Power (PSD)")])
        self.baseline = Segmented([self.tr("Mean of the rest"), self.tr("As in the paper")])
        self.hop = Segmented([self.tr("{0} s").format(f"{hop:g}") for hop in HOPS_S])
        self.windows = label("", 12, kind="ink3")
        features = line(
            self.tr("Features"),
            self.tr(
                "Entropy is the logarithm of a band’s power, in bits: weak and strong signals "
                "weigh alike. Power, in µV², lets the strongest electrodes decide."
            ),
            self.features,
        )
        baseline = line(
            self.tr("Rest"),
            self.tr(
                "The 3 s before each trial are subtracted. Mean: the rest’s seconds are read one "
                "by one and averaged. Paper: they are averaged first and read once."
            ),
            self.baseline,
        )
        hop = line(
            self.tr("A window of 1 s every"),
            self.tr("Shorter steps give more windows of the same trials, and longer training."),
            self.hop,
        )
        for item in (features, baseline, hop):
            item.setMinimumHeight(58)
        bands = column(label(self.tr("Bands"), 13, 500), BandAxis(), gap=6)
        body = column(features, rule(), baseline, rule(), hop, self.windows, rule(), gap=6)
        body.addLayout(bands)
        body.addStretch(1)
        super().__init__(self.tr("In detail"), self.tr("what the cards above set"), body=body)

    def show_plan(self, plan: Plan, windows: int | None) -> None:
        self.features.choose(FEATURES.index(plan.features))
        self.baseline.choose(BASELINES.index(plan.baseline or "mean"))
        if plan.hop_s in HOPS_S:
            self.hop.choose(HOPS_S.index(plan.hop_s))
        words = self.tr("{0} windows in the data chosen")
        self.windows.setText("" if windows is None else words.format(f"{windows:,}"))


class GridsCard(Card):
    """One second of the data as a network reads it."""

    def __init__(self) -> None:
        self.other = IconButton("shuffle", self.tr("Another second, by chance"), 16, 28)
        names = (self.tr("Theta"), self.tr("Alpha"), self.tr("Beta"), self.tr("Gamma"))
        pattern = self.tr("{0}–{1} Hz")
        hertz = [pattern.format(f"{low:g}", f"{high:g}") for _, low, high in BANDS]
        self.grids = tuple(GridPicture(n, h) for n, h in zip(names, hertz, strict=True))
        self.scale = GridScale()
        self.words = label("", 12, kind="ink2", wrap=True)
        grid = QGridLayout()
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setSpacing(12)
        for i, picture in enumerate(self.grids):
            grid.addWidget(picture, i // 2, i % 2)
        body = column(gap=8)
        body.addLayout(grid, 1)
        body.addWidget(self.scale)
        body.addWidget(self.words)
        super().__init__(self.tr("What the network reads"), "", (self.other,), body)
        self.words.setText(
            self.tr(
                "Every electrode has a place on a grid of 9 × 9, front of the head on top, so that "
                "neighbours stay neighbours. Places without an electrode hold 0."
            )
        )


class FeaturesPage(Step):
    """Presets as cards, each setting below them, and one second of the data beside."""

    def __init__(self) -> None:
        super().__init__()
        self.plan = Plan()
        self.found: Survey | None = None
        self.trial: Trial | None = None
        self.second = 0
        self._task: Task[NDArray[np.float32]] | None = None
        self._chance = np.random.default_rng()
        self.choices = {
            "product": self._choice(
                self.tr("As in a session"),
                self.tr("the product’s own"),
                self.tr(
                    "The rest is read second by second, as a live session reads it, and its mean "
                    "is subtracted. Steady, and what the Session page does with any model."
                ),
                self.tr("Suggested"),
            ),
            "paper": self._choice(
                self.tr("As in the paper"),
                self.tr("to compare with published figures"),
                self.tr(
                    "The seconds of rest are averaged into one before it is read. Averaging "
                    "signals shrinks them, so all features come out higher, by an amount that "
                    "differs from trial to trial."
                ),
                "",
            ),
        }
        self.own = Notice("info", self.tr("These are settings of your own, neither of the two."))
        self.details, self.grids = DetailsCard(), GridsCard()
        self.setLayout(column(scrolling(self._build()), gap=0))
        self._connect()
        self._show_windows()

    def _choice(self, title: str, caption: str, words: str, chip: str) -> Choice:
        body = column(label(words, 13, kind="ink2", wrap=True), None)
        made = Choice(title, caption, boxed(body))
        made.chip.say(chip, "check", "accent", "soft")
        return made

    def _build(self) -> QWidget:
        cards = row(gap=12)
        for choice in self.choices.values():
            cards.addWidget(choice, 1)
        intro = label(self.tr("What should the network read?"), 18, 600)
        left = column(intro, gap=12)
        left.addLayout(cards)
        left.addWidget(self.own)
        left.addWidget(self.details, 1)
        body = row(gap=12, margins=(12,) * 4)
        body.addLayout(left, 58)
        body.addWidget(self.grids, 42)
        return boxed(body)

    def _connect(self) -> None:
        for name, choice in self.choices.items():
            choice.clicked.connect(lambda _on=False, name=name: self._change(**PRESETS[name]))
        details = self.details
        details.features.chosen.connect(lambda i: self._change(features=FEATURES[i]))
        details.baseline.chosen.connect(lambda i: self._change(baseline=BASELINES[i]))
        details.hop.chosen.connect(lambda i: self._change(hop_s=HOPS_S[i]))
        on_click(self.grids.other, self._another)

    # -- the step

    def show_plan(self, plan: Plan) -> None:
        before, self.plan = self.plan, plan
        name = preset_of(plan)
        for key, choice in self.choices.items():
            choice.setAutoExclusive(bool(name))  # else none can be unpicked
            choice.setChecked(key == name)
        self.own.setVisible(not name)
        self._show_windows()
        if (before.features, before.baseline) != (plan.features, plan.baseline):
            self._read()

    def show_survey(self, found: Survey | None) -> None:
        self.found = found
        self._show_windows()

    def set_locked(self, locked: bool) -> None:
        for widget in (*self.choices.values(), self.details):
            widget.setEnabled(not locked)

    def show_trial(self, trial: Trial) -> None:
        """The trial that is looked at on the data page."""
        self.trial, self.second = trial, 0
        self._read()

    @property
    def reason(self) -> str:
        return reasons(self.plan, self.found)["features"] if self.found is not None else ""

    @property
    def fact(self) -> str:
        if self.found is None:
            return ""
        names = {"de": self.tr("entropy"), "psd": self.tr("power")}
        words = self.tr("{0} of four bands · {1} windows of 1 s")
        windows = self.found.windows_at(self.plan.hop_s)
        return words.format(names[self.plan.features], f"{windows:,}")

    @property
    def busy(self) -> bool:
        """Whether a window's features are being worked out."""
        return self._task is not None

    # -- choosing

    def _change(self, **fields: object) -> None:
        plan = self.plan.changed(**fields)
        if plan != self.plan:
            self.show_plan(plan)
            self.planned.emit(plan)
        else:
            self.show_plan(plan)  # a click on the card that is picked leaves it picked

    def _show_windows(self) -> None:
        windows = self.found.windows_at(self.plan.hop_s) if self.found else None
        self.details.show_plan(self.plan, windows)

    # -- one second of the data

    def _another(self) -> None:
        if self.trial is not None:
            seconds = self.trial.video.shape[1] // RATE_HZ
            self.second = int(self._chance.integers(max(1, seconds)))
            self._read()

    def _read(self) -> None:
        if self._task is not None:
            self._task.cancel()
        trial, plan, second = self.trial, self.plan, self.second
        if trial is None:
            self._show(None)
            return
        self._task = Task(
            self,
            lambda: window_grids(trial, plan.features, plan.baseline, second),
            self._show,
            self._refused,
        )

    def _refused(self, why: str) -> None:
        self._show(None)
        self.grids.hint.setText(why)

    def _show(self, values: NDArray[np.float32] | None) -> None:
        """values: (4, 9, 9)."""
        self._task = None
        card, trial = self.grids, self.trial
        if values is None or trial is None:
            for picture in card.grids:
                picture.show_values(None, 1.0)
            card.hint.setText("")
            return
        seen = np.abs(values[values != 0])
        reach = float(np.ceil(np.percentile(seen, 95) * 2) / 2) if seen.size else 1.0
        for picture, grid in zip(card.grids, values, strict=True):
            picture.show_values(grid, reach)
        words = self.tr("{0}, trial {1}, second {2}")
        card.hint.setText(words.format(trial.subject, trial.number, self.second + 1))
        self._show_scale(reach)

    def _show_scale(self, reach: float) -> None:
        rest = self.tr("as at rest")
        if self.plan.features == "psd":
            pattern = self.tr("{0} µV²")
            power = f"{reach:,.0f}" if reach >= 100 else f"{reach:g}"
            low, high = pattern.format(f"−{power}"), pattern.format(f"+{power}")
        else:
            pattern = self.tr("{0} bit ({1} dB)")
            decibel = reach * _DB_PER_BIT
            low = pattern.format(f"−{reach:g}", f"−{decibel:.0f}")
            high = pattern.format(f"+{reach:g}", f"+{decibel:.0f}")
        self.grids.scale.say(low, rest, high)
