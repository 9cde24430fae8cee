"""What the networks are to learn from: chosen, checked file by file, looked at."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtGui import (
    QDragEnterEvent,
    QDragLeaveEvent,
    QDropEvent,
)
from PySide6.QtWidgets import QFileDialog, QFrame, QSpinBox, QStackedWidget, QWidget

from app import theme
from app.buttons import Button, on_click
from app.panels.coverage import CoverageView
from app.widgets import (
    Card,
    Chip,
    Glyph,
    Notice,
    Segmented,
    boxed,
    column,
    label,
    restyle,
    row,
)
from app.wizard.balance import BalanceCard
from app.wizard.checking import Checking
from app.wizard.files_card import FilesCard
from app.wizard.guard import reasons, suited
from app.wizard.look_card import LookCard
from app.wizard.parts import Facts, TitledCard, scrolling
from app.wizard.plan import Plan
from app.wizard.step import Step
from app.wizard.survey import FileFound, Survey
from evoke.signal.montage import ELECTRODES, map_channels
from evoke.types import RATE_HZ, Channel, StreamInfo

DEMO_SUBJECTS = 8
_MOST_PX = 460
"""Height of the cards to choose from, on a large screen."""
_PRESETS = ("showcase", "benchmark")


class DropArea(QFrame):
    """Where a folder or a file is dropped, or chosen."""

    chosen = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("drop")
        self.folder = Button(self.tr("Choose a folder…"), "folder-open", "primary")
        self.file = Button(self.tr("One file…"), "file")
        words = label(self.tr("Drop a folder of recordings here"), 15, 600)
        kinds = self.tr("DEAP’s s01.dat … s32.dat, s01.mat …, or its original s01.bdf … with")
        table = self.tr("participant_ratings.csv. Nothing in the folder is changed.")
        buttons = row(None, self.folder, self.file, None, gap=8)
        centred = [
            row(None, item, None)
            for item in (
                Glyph("folder-open", "accent", 32),
                words,
                label(kinds, 12, kind="ink3"),
                label(table, 12, kind="ink3"),
            )
        ]
        self.setLayout(column(None, *centred, 8, buttons, None, gap=6, margins=(24,) * 4))
        self.setMinimumHeight(240)
        on_click(self.folder, self._ask_folder)
        on_click(self.file, self._ask_file)

    def show_over(self, over: bool) -> None:
        self.setProperty("over", over)
        restyle(self)

    def _ask_folder(self) -> None:
        self._choose(QFileDialog.getExistingDirectory(self, self.tr("Folder of recordings")))

    def _ask_file(self) -> None:
        kinds = self.tr("DEAP subjects ({0})").format("*.dat *.mat *.bdf")
        self._choose(QFileDialog.getOpenFileName(self, self.tr("Recording"), "", kinds)[0])

    def _choose(self, path: str) -> None:
        if path:
            self.chosen.emit(path)


class DemoCard(Card):
    """Generated people: how many, and how plainly their affect shows."""

    chosen = Signal(str)

    def __init__(self) -> None:
        self.people = QSpinBox()
        self.people.setRange(3, 32)
        self.people.setValue(DEMO_SUBJECTS)
        self.people.setFixedWidth(72)
        self.people.setFont(theme.font(13))
        self.people.lineEdit().setTextMargins(8, 0, 0, 0)
        self.kind = Segmented([])
        self.use = Button("", "play-circle")
        body = column(gap=10)
        super().__init__(self.tr("Demo data"), self.tr("nothing to download"), body=body)
        self.people.setAccessibleName(self.tr("Made-up people"))
        self.kind = Segmented([self.tr("Shows plainly"), self.tr("Behaves like DEAP")])
        self.kind.choose(0)
        self.use.set_words(self.tr("Use demo data"))
        self._about = label("", 12, kind="ink3", wrap=True)
        self._about.setMinimumHeight(48)
        notice = Notice(
            "warn",
            self.tr("Demo data is synthetic: nobody was recorded."),
            self.tr("A model trained on it shows how this works, and reads no real person."),
        )
        people = row(label(self.tr("Made-up people"), 13, 500), None, self.people)
        kind = row(label(self.tr("Their affect"), 13, 500), None, self.kind)
        for item in (people, kind):
            body.addLayout(item)
        body.addWidget(self._about)
        body.addWidget(notice)
        body.addStretch(1)
        body.addLayout(row(None, self.use))
        self.kind.chosen.connect(self._describe)
        self._describe(0)
        on_click(self.use, self._choose)

    def _describe(self, kind: int) -> None:
        words = (
            self.tr(
                "Strong effects: models reach about 90 % on new trials and new people, so "
                "every page has something to show."
            ),
            self.tr(
                "Weak effects, as in real recordings: about 90 % on mixed seconds, 62 % on "
                "new trials, little over chance on new people."
            ),
        )
        self._about.setText(words[kind])

    def _choose(self) -> None:
        self.chosen.emit(f"demo:{_PRESETS[self.kind.index]}:{self.people.value()}")


class ElectrodesCard(TitledCard):
    """Which electrodes the files hold, and how far they were prepared already."""

    def __init__(self) -> None:
        self.view = CoverageView(counts=False)
        self.view.setMinimumSize(270, 270)
        self.chip = Chip()
        self.order, self.prepared, self.others = Facts(), Facts(), Facts()
        side = boxed(column(None, self.order, self.prepared, self.others, None, gap=14))
        side.setFixedWidth(168)
        body = row(gap=8)
        body.addWidget(self.view, 1)
        body.addWidget(side)
        super().__init__("", boxed(body), (self.chip,))
        self.title.setText(self.tr("Electrodes"))
        self.hint.setText(self.tr("names and order found in the files"))
        channels = tuple(Channel(name) for name in ELECTRODES)
        self._montage = map_channels(StreamInfo("data", RATE_HZ, channels))
        self._side = side

    def show_survey(self, found: Survey | None) -> None:
        there = bool(found and found.kept)
        self._side.setVisible(there)
        self.view.show_montage(self._montage if there else None)
        if found is None or not there:
            self.chip.say("")
            return
        n, total = len(found.electrodes), len(ELECTRODES)
        words = self.tr("{0} of {1}").format(n, total)
        self.chip.say(words, "check-circle-fill", "ok", "ok_soft")
        laboratories = sorted({file.laboratory for file in found.kept if file.laboratory})
        order = " + ".join(laboratories) or self.tr("Geneva")
        first = self.tr("Fp1, AF3, F3, F7, …")
        reordered = self.tr("brought into Geneva’s order by name")
        self.order.say(
            self.tr("{0} order").format(order), reordered if "Twente" in laboratories else first
        )
        if "original" in found.forms:
            title, text = (
                self.tr("Prepared here"),
                self.tr("eye artefacts removed, 4–45 Hz, average reference, 128 Hz"),
            )
        else:
            title, text = self.tr("Already prepared"), self.tr("4–45 Hz, average reference, 128 Hz")
        self.prepared.say(title, text)
        others = max((file.channels for file in found.kept), default=0) - total
        self.others.setVisible(others > 0)
        more = self.tr("{0} more channels").format(others)
        self.others.say(more, self.tr("eyes, muscles, skin, breath, pulse: left out"))


class Chooser(QWidget):
    """Nothing is chosen yet: a place for a folder, and demo data."""

    chosen = Signal(str)
    kept = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.drop, self.demo = DropArea(), DemoCard()
        self.again = Button(self.tr("Try again"), "arrow-clockwise")
        self.refused = Notice("error", "", "", self.again)
        self.refused.hide()
        self.keep = Button(self.tr("Keep the data chosen before"), "arrow-left", "ghost")
        needs = label(
            self.tr(
                "A network learns from recordings whose trials were rated for valence, arousal and "
                "dominance. The rest before each trial is subtracted from what follows it."
            ),
            13,
            kind="ink2",
            wrap=True,
        )
        folder = column(needs, gap=12)
        folder.addWidget(self.drop, 1)
        card = Card(self.tr("Recordings with ratings"), body=folder)
        self.demo.setFixedWidth(400)
        cards = row(gap=12)
        cards.addWidget(card, 1)
        cards.addWidget(self.demo)
        layout = column(row(self.keep, None), self.refused, gap=12, margins=(12,) * 4)
        card.setMaximumHeight(_MOST_PX)
        self.demo.setMaximumHeight(_MOST_PX)
        layout.addLayout(cards, 1)
        layout.addStretch(0)
        self.setLayout(layout)
        self.drop.chosen.connect(self.chosen)
        self.demo.chosen.connect(self.chosen)
        on_click(self.keep, self.kept.emit)

    def show_refused(self, why: str, *, again: bool = False) -> None:
        """again: whether the same data can be tried again."""
        self.again.setVisible(again)
        self.refused.setVisible(bool(why))
        if why:
            self.refused.say(self.tr("These data cannot be used."), why)


class DataPage(Step):
    """surveyed: the Survey of what is chosen, or None while it is not known."""

    surveyed = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.setAcceptDrops(True)
        self.plan = Plan()
        self.found: Survey | None = None
        self._fresh, self._locked = False, False
        self._former: tuple[Plan, Survey | None] = (self.plan, None)
        self._refused = ""
        self.checking = Checking(self)
        self.chooser, self.files = Chooser(), FilesCard()
        self.look, self.balance, self.electrodes = LookCard(), BalanceCard(), ElectrodesCard()
        left, right = column(gap=12), column(gap=12)
        left.addWidget(self.files)
        left.addWidget(self.look, 1)
        right.addWidget(self.balance, 1)
        right.addWidget(self.electrodes, 1)
        body = row(gap=12, margins=(12,) * 4)
        body.addLayout(left, 58)
        body.addLayout(right, 42)
        self._stack = QStackedWidget()
        self._stack.addWidget(scrolling(self.chooser))
        self._stack.addWidget(scrolling(boxed(body)))
        self.setLayout(column(self._stack, gap=0))
        self._connect()
        self._show_chooser()

    def _connect(self) -> None:
        self.chooser.chosen.connect(self.choose)
        self.chooser.kept.connect(self._show_found)
        on_click(self.chooser.again, lambda: self._check(self.plan.data))
        self.files.leave_out_changed.connect(self._leave_out)
        self.files.picked.connect(self.look.pick)
        on_click(self.files.folder, self._show_chooser)
        on_click(self.files.demo, self._show_chooser)
        on_click(self.files.again, lambda: self._check(self.plan.data))
        on_click(self.files.stop, self._stop)
        self.checking.progressed.connect(self._progressed)
        self.checking.ended.connect(self._checked)
        self.checking.failed.connect(self._give_up)

    # -- the step

    def show_plan(self, plan: Plan) -> None:
        before, self.plan = self.plan, plan
        self.files.set_leave_out(plan.leave_out)
        if plan.data and plan.data != before.data:
            self._check(plan.data, anew=False)

    @property
    def reason(self) -> str:
        if not self.plan.data:
            return self._refused or self.tr("Choose a folder of recordings, or demo data.")
        if self.checking.running:
            return self.tr("The files are being read.")
        if self.found is None:
            return self._refused or self.tr("The files have not been read.")
        return self._wrong(self.found)

    def _wrong(self, found: Survey) -> str:
        damaged = found.damaged
        if len(damaged) == 1:
            words = self.tr("{0} cannot be used: leave it out, or put a sound file in its place.")
            return words.format(damaged[0].name)
        if damaged:
            words = self.tr("{0} files cannot be used: leave them out, or put sound ones there.")
            return words.format(len(damaged))
        return reasons(self.plan, found)["data"]

    @property
    def fact(self) -> str:
        if self.found is None:
            return ""
        found = self.found
        words = self.tr("{0} subjects · {1} trials · {2} seconds go on")
        return words.format(len(found.subjects), f"{found.trials:,}", f"{found.windows:,}")

    # -- choosing

    def choose(self, source: str) -> None:
        """Take a folder, a file or a generated source, and check it."""
        if self._locked:
            return
        self._former = (self.plan, self.found)
        self.plan = self.plan.changed(data=source, leave_out=())
        self._fresh = True
        self.files.set_leave_out(())
        self.planned.emit(self.plan)
        self._check(source)

    def _check(self, source: str, *, anew: bool = True) -> None:
        self.chooser.show_refused("")
        self._refused = ""
        self.files.forget()
        self._tell(None)
        self.files.show_progress(source, (), ())
        self._show_found()
        self.checking.start(source, self.plan.leave_out, anew=anew)
        self.status.emit()

    def _stop(self) -> None:
        self.checking.stop()
        self._give_up("")

    def _give_up(self, why: str) -> None:
        """Back to choosing. What was chosen just now is forgotten, what was before is kept: its
        drive may be there again in a moment."""
        found = None
        if self._fresh:
            self._fresh = False
            former, found = self._former
            self.plan = self.plan.changed(data=former.data, leave_out=former.leave_out)
            self.files.set_leave_out(self.plan.leave_out)
            self.planned.emit(self.plan)
        self._refused = why
        self._tell(found)
        self._show_chooser()
        self.chooser.show_refused(why, again=bool(self.plan.data) and found is None)
        self.status.emit()

    def _progressed(self, names: Sequence[str], found: Sequence[FileFound]) -> None:
        self.files.show_progress(self.plan.data, names, found)

    def _checked(self, found: Survey) -> None:
        known = {file.name for file in found.files}
        kept = tuple(name for name in self.plan.leave_out if name in known)
        if kept != self.plan.leave_out:
            self.plan = self.plan.changed(leave_out=kept)
            self.planned.emit(self.plan)
        found = found.without(kept)
        if self._fresh and not found.damaged and found.kept:
            self._fresh = False
            plan = suited(self.plan, found)
            if plan != self.plan:
                self.plan = plan
                self.planned.emit(plan)
        self._tell(found)

    def _leave_out(self, names: tuple[str, ...]) -> None:
        if self.found is None or self._locked:
            return
        self.plan = self.plan.changed(leave_out=names)
        self.files.set_leave_out(names)
        self.planned.emit(self.plan)
        self._tell(self.found.without(names))

    def _tell(self, found: Survey | None) -> None:
        """What is known of the data now, shown here and told to the other pages."""
        self.found = found
        if found is not None:
            self.files.show_survey(found, self._about(found))
        for card in (self.look, self.balance, self.electrodes):
            card.show_survey(found)
        self.surveyed.emit(found)
        self.status.emit()

    def _about(self, found: Survey) -> str:
        kinds = {
            "prepared": self.tr("DEAP, prepared"),
            "original": self.tr("DEAP, original recordings"),
            "generated": self.tr("generated, no files"),
        }
        words = [kinds[form] for form in sorted(found.forms)]
        if found.synthetic:
            words.insert(0, self.tr("synthetic"))
        trials = sorted({file.trials for file in found.kept})
        each = (
            f"{trials[0]}" if len(trials) == 1 else f"{trials[0]}–{trials[-1]}" if trials else "0"
        )
        words.append(self.tr("{0} subjects × {1} trials").format(len(found.subjects), each))
        if found.n_bytes:
            words.append(self.tr("{0} GB").format(f"{found.n_bytes / 1e9:.1f}"))
        return " · ".join(words)

    # -- what is shown

    def _show_chooser(self) -> None:
        self.chooser.keep.setVisible(self.found is not None)
        self._stack.setCurrentIndex(0)

    def _show_found(self) -> None:
        self._stack.setCurrentIndex(1)

    def set_locked(self, locked: bool) -> None:
        self._locked = locked
        self.chooser.setEnabled(not locked)
        self.files.set_locked(locked)

    def stop(self) -> None:
        self.checking.stop()
        self.look.stop()

    # -- drag and drop

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        urls = event.mimeData().urls()
        if len(urls) == 1 and urls[0].isLocalFile() and not self._locked:
            event.acceptProposedAction()
            self.chooser.drop.show_over(True)

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        self.chooser.drop.show_over(False)

    def dropEvent(self, event: QDropEvent) -> None:
        self.chooser.drop.show_over(False)
        event.acceptProposedAction()
        self.choose(str(Path(event.mimeData().urls()[0].toLocalFile())))
