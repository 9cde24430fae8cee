"""What the model must never have seen when it is tested."""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QButtonGroup, QGridLayout, QSpinBox

from app import theme
from app.widgets import Card, Segmented, boxed, column, label, one_tab_stop, row, scrolling
from app.wizard.division import Division, division, most_folds, trivial_shares
from app.wizard.expected import DEAP, Kind, expected, kind_of, of_the_paper
from app.wizard.guard import reasons, suggested, warning
from app.wizard.parts import Check
from app.wizard.picks import Choice
from app.wizard.pictures import ExpectedBar, FoldRows, SplitKey, SplitPicture
from app.wizard.plan import Plan
from app.wizard.step import Step
from app.wizard.survey import Survey
from app.words import people, trials
from app.worker import Task
from evoke.dataset.splits import Protocol

ORDER: tuple[Protocol, ...] = ("segments", "trials", "videos", "subjects")
FOLDS = (3, 5, 10)
MOST_FOLDS = 40

_WIDE_PX = 1060
_BESIDE_PX, _IN_CARD_PX = 32, 46
"""What of the page's width is no card's; what of a card's is not for words, with its gap."""


class ProtocolChoice(Choice):
    """A protocol: its picture, its one question, and the accuracy to expect."""

    def __init__(self, title: str, caption: str, question: str, answer: str, of: Protocol) -> None:
        self.expected_words = label("", 12, kind="ink3", wrap=True)
        self.bar = ExpectedBar(DEAP[of])
        self.words = boxed(
            column(
                label(question, 13, 600, wrap=True),
                label(answer, 13, kind="ink2", wrap=True),
                *(None, 4, self.expected_words),
                gap=4,
            )
        )
        body = column(gap=4)
        body.addWidget(SplitPicture(of), 1)
        body.addSpacing(6)
        body.addWidget(self.words)
        body.addWidget(self.bar)
        super().__init__(title, caption, boxed(body), "warn" if of == "segments" else "ink3")


class FoldsCard(Card):
    """How many folds, how many of them are run, the seed, and the folds as they fall."""

    def __init__(self) -> None:
        self.rows = FoldRows()
        self.folds = Segmented([*(str(n) for n in FOLDS), self.tr("One by one")])
        self.run = Segmented([self.tr("The first"), self.tr("All")])
        self.seed = QSpinBox()
        self.seed.setRange(0, 2**31 - 1)
        self.seed.setProperty("kind", "small")
        self.seed.setFont(theme.font(12, 500))
        self.seed.setFixedWidth(72)
        self.seed.setKeyboardTracking(False)
        self.seed.lineEdit().setTextMargins(7, 0, 0, 0)
        self.seed.setAccessibleName(self.tr("Seed"))
        folds, run, seed = (
            label(words, 12, kind="ink2")
            for words in (self.tr("Folds"), self.tr("Run"), self.tr("Seed"))
        )
        controls = row(folds, self.folds, 8, run, self.run, 8, seed, self.seed, None)
        body = column(controls, SplitKey(choosing=True), gap=8)
        body.addWidget(self.rows, 1)
        super().__init__(self.tr("Folds"), body=body)


class AlsoCard(Card):
    """Further protocols to report beside the one chosen."""

    def __init__(self) -> None:
        body = column(gap=6)
        self.boxes: dict[Protocol, Check] = {}
        self.cost = label("", 12, kind="ink3", wrap=True)
        hint = self.tr("each trains networks of its own")
        super().__init__(self.tr("Report as well"), hint, body=body)
        words: dict[Protocol, str] = {
            "subjects": self.tr("New people"),
            "trials": self.tr("New trials"),
            "videos": self.tr("New videos"),
            "segments": self.tr("Mixed seconds, to compare with the paper"),
        }
        for protocol, said in words.items():
            self.boxes[protocol] = Check(said)
            body.addWidget(self.boxes[protocol])
        body.addStretch(1)
        body.addWidget(self.cost)

    def show_plan(self, plan: Plan) -> None:
        for protocol, box in self.boxes.items():
            box.setVisible(protocol != plan.protocol)
            box.setChecked(protocol in plan.also)
        more = len(plan.protocols)
        words = self.tr("{0} protocols: about {0} times as long").format(more)
        self.cost.setText(words if more > 1 else self.tr("Only what you chose above."))


class ProtocolPage(Step):
    """Four cards, the folds of the one that was chosen, and what is reported beside it."""

    def __init__(self) -> None:
        super().__init__()
        self.plan = Plan()
        self.found: Survey | None = None
        self.choices = self._choices()
        self.trivial = label("", 12, 500, "ink2")
        self.folds, self.also = FoldsCard(), AlsoCard()
        self._task: Task[Division] | None = None
        self._why = ""
        self._grid = QGridLayout()
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setSpacing(12)
        self._across = 0
        intro = row(
            *(label(self.tr("What should “right” mean?"), 18, 600), 8),
            label(
                self.tr(
                    "Choose what the model must never have seen when it is tested. The harder "
                    "the test, the more it says about the clinic."
                ),
                13,
                kind="ink2",
                wrap=True,
            ),
            gap=8,
        )
        intro.setStretch(2, 1)
        intro.addWidget(SplitKey())
        foot = row(gap=12)
        foot.addWidget(self.folds, 7)
        foot.addWidget(self.also, 3)
        body = column(intro, gap=10, margins=(12,) * 4)
        body.addLayout(self._grid, 1)
        body.addWidget(self.trivial)
        body.addLayout(foot)
        self._lay(4)  # before the page has a layout: the keyboard's order is that of the page
        self.setLayout(column(scrolling(boxed(body)), gap=0))
        self._connect()

    def _choices(self) -> dict[Protocol, ProtocolChoice]:
        words: dict[Protocol, tuple[str, str, str, str]] = {
            "segments": (
                self.tr("Mixed seconds"),
                self.tr("as in the paper"),
                self.tr("Does it know these trials again?"),
                self.tr(
                    "Seconds of one trial lie on both sides, so it can recognise the trial "
                    "instead of the emotion."
                ),
            ),
            "trials": (
                self.tr("New trials"),
                self.tr("same people, other trials"),
                self.tr("Will it work for a person it was trained on?"),
                self.tr(
                    "Whole trials are held out. Right where each patient gives a first session "
                    "to learn from."
                ),
            ),
            "videos": (
                self.tr("New videos"),
                self.tr("same people, other videos"),
                self.tr("Is it the person, or the video?"),
                self.tr(
                    "The same videos are held out for everyone, so knowing a video does not help."
                ),
            ),
            "subjects": (
                self.tr("New people"),
                self.tr("trained on others"),
                self.tr("Will it work for somebody who walks in?"),
                self.tr(
                    "Whole people are held out. The honest answer for a first visit, and the "
                    "hardest."
                ),
            ),
        }
        choices = {protocol: ProtocolChoice(*words[protocol], protocol) for protocol in ORDER}
        group = QButtonGroup(self)
        for choice in choices.values():
            group.addButton(choice)
        group.buttonToggled.connect(lambda *_: one_tab_stop(group))
        return choices

    def _connect(self) -> None:
        for protocol, choice in self.choices.items():
            choice.clicked.connect(lambda _on=False, p=protocol: self._choose(p))
        for protocol, box in self.also.boxes.items():
            box.clicked.connect(lambda on, p=protocol: self._report(p, on))
        self.folds.folds.chosen.connect(self._set_folds)
        self.folds.run.chosen.connect(self._set_run)
        self.folds.seed.valueChanged.connect(lambda seed: self._change(seed=seed))

    # -- the step

    def show_plan(self, plan: Plan) -> None:
        before, self.plan = self.plan, plan
        self.choices[plan.protocol].setChecked(True)
        self.also.show_plan(plan)
        self._show_folds()
        cut = ("protocol", "also", "folds", "run_folds", "seed", "hop_s", "data", "leave_out")
        if any(getattr(before, name) != getattr(plan, name) for name in cut):
            self._divide()
        self._show_expected()

    def show_survey(self, found: Survey | None) -> None:
        self.found = found
        self._show_folds()
        self._divide()
        self._show_expected()

    @property
    def reason(self) -> str:
        if self.found is None:
            return ""  # the data page says so
        return reasons(self.plan, self.found)["protocol"] or self._why

    @property
    def fact(self) -> str:
        found = self.found
        if found is None:
            return ""
        if said := warning(self.plan, found):
            return said
        folds = {
            "segments": self.tr("{0} of {1} folds of mixed seconds"),
            "trials": self.tr("{0} of {1} folds of new trials"),
            "videos": self.tr("{0} of {1} folds of new videos"),
            "subjects": self.tr("{0} of {1} folds of new people"),
        }[self.plan.protocol].format(min(self.plan.run_folds, self.plan.folds), self.plan.folds)
        return " · ".join((folds, people(len(found.subjects)), trials(found.trials)))

    def set_locked(self, locked: bool) -> None:
        for widget in (*self.choices.values(), self.folds, self.also):
            widget.setEnabled(not locked)

    # -- choosing

    def _change(self, **fields: object) -> None:
        plan = self.plan.changed(**fields)
        if plan != self.plan:
            self.show_plan(plan)
            self.planned.emit(plan)
            self.status.emit()

    def _choose(self, protocol: Protocol) -> None:
        also = tuple(p for p in self.plan.also if p != protocol)
        folds = self.plan.folds
        if folds not in FOLDS:  # one by one was meant for other units
            folds = Plan().folds
        run = min(self.plan.run_folds, folds)
        self._change(protocol=protocol, also=also, folds=folds, run_folds=run)

    def _report(self, protocol: Protocol, on: bool) -> None:
        kept = tuple(
            p for p in ORDER if (p in self.plan.also and p != protocol) or (p == protocol and on)
        )
        self._change(also=kept)

    def _set_folds(self, index: int) -> None:
        folds = FOLDS[index] if index < len(FOLDS) else self._one_by_one
        run = folds if self.plan.run_folds > 1 else 1
        self._change(folds=folds, run_folds=run)

    def _set_run(self, index: int) -> None:
        self._change(run_folds=self.plan.folds if index else 1)

    @property
    def _one_by_one(self) -> int:
        """Folds of one person, trial or video each; 0 where that cannot be."""
        if self.found is None or self.plan.protocol == "segments":
            return 0
        most = most_folds(self.plan, self.found)
        return most if 3 <= most <= MOST_FOLDS else 0

    # -- what is shown

    def _show_folds(self) -> None:
        plan, card = self.plan, self.folds
        one_by_one = self._one_by_one
        card.folds.button(len(FOLDS)).setEnabled(one_by_one > 0)
        known = FOLDS.index(plan.folds) if plan.folds in FOLDS else len(FOLDS)
        card.folds.choose(known)
        card.run.choose(1 if plan.run_folds > 1 else 0)
        card.run.button(1).setText(self.tr("All {0}").format(plan.folds))
        if card.seed.value() != plan.seed:
            with QSignalBlocker(card.seed):
                card.seed.setValue(plan.seed)

    def _divide(self) -> None:
        """Cut the folds anew, on a worker's thread."""
        if self._task is not None:
            self._task.cancel()
            self._task = None
        found, plan = self.found, self.plan
        if found is None or not found.kept:
            self.folds.rows.say(self.tr("The folds are shown once the data have been read."))
            return
        self.folds.rows.say("")
        self._title()
        self._task = Task(self, lambda: division(plan, found), self._divided, self._too_small)

    def _divided(self, made: Division) -> None:
        self._task, self._why = None, made.one_sided
        self.folds.rows.show_folds(made.fold_of, made.folds, self.plan.run_folds)
        self._title()
        self.status.emit()

    def _too_small(self, why: str) -> None:
        self._task, self._why = None, why
        self.folds.rows.say(why)
        self.status.emit()

    def _title(self) -> None:
        rows, found = self.folds.rows, self.found
        n = len(rows.fold_of) if rows.fold_of is not None else 0
        first = found.subjects[0] if found is not None and found.subjects else ""
        title, hint = {
            "segments": (
                self.tr("How the seconds are split"),
                self.tr("here the {0} windows of one trial of {1}").format(n, first),
            ),
            "trials": (
                self.tr("How each person’s trials are split"),
                self.tr("here the {0} of {1}").format(n, first),
            ),
            "videos": (
                self.tr("How the {0} videos are split").format(n)
                if n
                else self.tr("How the videos are split"),
                self.tr("for everyone alike"),
            ),
            "subjects": (
                self.tr("How the {0} people are split").format(n)
                if n
                else self.tr("How the people are split"),
                self.tr("no one stands on both sides"),
            ),
        }[self.plan.protocol]
        self.folds.title.setText(title)
        self.folds.hint.setText(hint if n else "")

    def _show_expected(self) -> None:
        found = self.found
        shares = trivial_shares(found) if found is not None and found.trials else None
        mean = sum(shares) / len(shares) if shares else None
        kind = kind_of(self.plan, found)
        best = suggested(found) if found is not None else ""
        for protocol, choice in self.choices.items():
            choice.bar.show_values(expected(kind, protocol, self.plan), mean)
            choice.expected_words.setText(self._expected_words(kind, protocol))
            if protocol == "segments":
                choice.chip.say(self.tr("Optimistic"), "warning-fill", "warn", "warn_soft")
            else:
                words = self.tr("Suggested") if protocol == best else ""
                choice.chip.say(words, "check", "accent", "soft")
        self._even()
        if shares is None or mean is None:
            self.trivial.setText("")
            return
        words = self.tr(
            "▎always the commoner answer would be right {0} % of the time: valence {1}, arousal "
            "{2}, dominance {3} %"
        )
        self.trivial.setText(words.format(*(f"{share * 100:.1f}" for share in (mean, *shares))))

    def _expected_words(self, kind: Kind, protocol: Protocol) -> str:
        if kind == "synthetic":
            return self.tr("Synthetic data: figures of real people do not apply")
        if kind in ("showcase", "benchmark"):
            said = expected(kind, protocol, self.plan)
            if said.low is None:
                return self.tr("Made-up people: no more than new trials")
            words = self.tr("Made-up people: about {0}–{1} %, which says nothing of real ones")
            return words.format(f"{said.low:g}", f"{said.high:g}")
        figures = self.tr(" and ").join(f"{percent}" for percent in of_the_paper(self.plan))
        return {
            "segments": self.tr("The paper reports {0} %").format(figures),
            "trials": self.tr("Reported on DEAP: about 55–66 %"),
            "videos": self.tr("Seldom reported; expect no more than new trials"),
            "subjects": self.tr("Reported on DEAP: 51–57 %, less than always the commoner answer"),
        }[protocol]

    # -- layout

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Four cards side by side, or two by two."""
        super().resizeEvent(event)
        self._lay(4 if self.width() >= _WIDE_PX else 2)
        self._even()

    def _lay(self, across: int) -> None:
        if across == self._across:
            return
        self._across = across
        for i, choice in enumerate(self.choices.values()):
            self._grid.addWidget(choice, i // across, i % across)
        for i in range(4):
            self._grid.setColumnStretch(i, int(i < across))

    def _even(self) -> None:
        """Words of one height, so that the pictures above them are of one, too."""
        wide = (self.width() - _BESIDE_PX) // self._across - _IN_CARD_PX
        all_words = [choice.words for choice in self.choices.values()]
        height = max(words.heightForWidth(wide) for words in all_words)
        for words in all_words:
            words.setMinimumHeight(height)
