"""What the networks are to learn from: chosen, checked file by file, looked at."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtGui import (
    QDragEnterEvent,
    QDragLeaveEvent,
    QDropEvent,
    QResizeEvent,
)
from PySide6.QtWidgets import QStackedWidget

from app.buttons import on_click
from app.widgets import (
    boxed,
    column,
    row,
    scrolling,
)
from app.wizard.balance import BalanceCard
from app.wizard.checking import Checking
from app.wizard.chooser import Chooser
from app.wizard.columns import across_or_down
from app.wizard.electrodes_card import ElectrodesCard
from app.wizard.files_card import FilesCard
from app.wizard.guard import reasons, suited
from app.wizard.look_card import LookCard
from app.wizard.plan import Plan
from app.wizard.progress import size
from app.wizard.step import Step
from app.wizard.survey import FileFound, Survey
from app.words import people, translate, trials

COMPACT_BELOW_PX = 1240
"""A page narrower than this has icons alone on the buttons of its files."""


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
        self._columns = body
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

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.files.set_compact(self.width() < COMPACT_BELOW_PX)
        across_or_down(self._columns, self.width())

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
            words = self.tr("{0} cannot be used: leave it out, or put a readable one in its place.")
            return words.format(damaged[0].name)
        if damaged:
            words = self.tr("{0} files cannot be used: leave them out, or put readable ones there.")
            return words.format(len(damaged))
        return reasons(self.plan, found)["data"]

    @property
    def fact(self) -> str:
        if self.found is None:
            return ""
        found = self.found
        words = self.tr("{0} · {1} · {2} seconds to learn from")
        return words.format(people(len(found.subjects)), trials(found.trials), f"{found.windows:,}")

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
        counts = sorted({file.trials for file in found.kept} or {0})
        each = trials(counts[-1])
        if len(counts) > 1:
            each = self.tr("{0}–{1}").format(counts[0], each)
        words.append(self.tr("{0} × {1}").format(people(len(found.subjects)), each))
        if found.n_bytes:
            words.append(size(found.n_bytes / 2**20))
        if found.others:
            words.append(self.tr("not read: {0}").format(_listed(found.others)))
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


def _listed(names: Sequence[str]) -> str:
    """'notes.txt, s07.edf and 3 more'."""
    said = ", ".join(names[:2])
    more = len(names) - 2
    return said if more <= 0 else translate("wizard", "{0} and {1} more").format(said, more)
