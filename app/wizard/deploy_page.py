"""The last step: a trained network gets a name, a place in the library, and is put to work."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QLineEdit, QPlainTextEdit, QSizePolicy

from app import theme
from app.buttons import Button, on_click
from app.library import MOST_NAME, Library, Model
from app.widgets import Card, Combo, Notice, boxed, column, field, label, row, scrolling
from app.wizard.accuracy import protocols_of
from app.wizard.columns import across_or_down
from app.wizard.drawing import Picture
from app.wizard.model_facts import FactsTable, Unlike
from app.wizard.plan import ROLES, Stage
from app.wizard.progress import stage_title
from app.wizard.result import Judged, Result
from app.wizard.runs import Run
from app.wizard.step import Step
from app.wizard.titles import day, percent, role_title, translate
from app.worker import Task
from evoke.errors import EvokeError

if TYPE_CHECKING:
    from app.wizard.follow import Follower
    from app.wizard.plan import Plan

SLOW_MS = 100.0
"""A network that takes longer for one window leaves little of a quarter second."""


def suggested_name(plan: Plan, stage: Stage, result: Result) -> str:
    """What a network may be called in the library: after its run; of a run without a name, after
    its data and day, since there every such run would be called the same."""
    if plan.name:
        return plan.title(stage)
    demo = plan.data.startswith("demo:")
    data = translate("deploy", "Demo data") if demo else Path(plan.data).name
    return f"{data}, {day(result.created)}, {role_title(stage.role).lower()}"


class DeployPage(Step):
    """A name, a note and two buttons; what changes, beside them."""

    def __init__(self, library: Library | None = None) -> None:
        super().__init__()
        self._library = library or Library()
        self._run: Run | None = None
        self._result: Result | None = None
        self._in_use = ""
        self._now: Model | None = None
        self._new: Model | None = None
        self._task: Task[Model] | None = None
        self._looking: Task[tuple[Model, Model]] | None = None
        self.network = Combo()
        self.name = QLineEdit()
        self.note = QPlainTextEdit()
        self.note.setTabChangesFocus(True)
        self.keep = Button(self.tr("Keep in the library"), "books")
        self.use = Button(self.tr("Keep and use it now"), "rocket-launch", "primary")
        self.notice = Notice("info", "")
        self.caution = Notice("warn", "")
        self.changes = Picture()
        self._about = label("", 13, kind="ink2", wrap=True)
        self._why = label("", 13, kind="ink2", wrap=True)
        self._unread = label("", 13, 500, "warn", wrap=True)
        self._unread.hide()
        self.unlike = Unlike()
        self._build()
        self._show_buttons()

    def _build(self) -> None:
        self.name.setMaxLength(MOST_NAME)
        self.note.setFixedHeight(84)
        self.note.setFont(theme.font(13))
        self.note.setPlaceholderText(self.tr("For whom, from what, for how long"))
        self.network.activated.connect(lambda _i: self._choose())
        on_click(self.keep, lambda: self._add(use=False))
        on_click(self.use, lambda: self._add(use=True))
        form = column(
            field(self.tr("Network"), self.network),
            self._about,
            field(self.tr("Name"), self.name, self.tr("It stands in the session's status bar.")),
            field(self.tr("Note"), self.note),
            self.caution,
            row(self.use, self.keep, None),
            self._why,
            self.notice,
            None,
            gap=14,
        )  # fmt: skip
        words = self.tr(
            "The session that runs goes over to the new model between two windows: nothing is "
            "lost, and smoothing begins anew. The change is noted in the audit trail. The model "
            "before stays in the library, one click away."
        )
        self._changes_card = Card(
            self.tr("What changes"),
            body=column(
                *(self._unread, self.unlike, self.changes),
                *(label(words, 13, kind="ink2", wrap=True), None),
                gap=12,
            ),
        )
        self._columns = layout = row(gap=12, margins=(12, 12, 12, 12))
        layout.addWidget(Card(self.tr("The model"), body=form), 42)
        layout.addWidget(self._changes_card, 58)
        scroll = scrolling(boxed(layout))
        self.setLayout(column(scroll, gap=0))
        self.changes.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        across_or_down(self._columns, self.width())

    # -- as a step

    def show_plan(self, plan: Plan) -> None:
        """A plan alone has nothing to put to work; `show_run` brings it."""

    def show_run(self, follower: Follower | None) -> None:
        run = follower.run if follower is not None else None
        try:
            result = run.result if run is not None else None
        except EvokeError:  # the result's page says it
            result = None
        new = result is not None and result is not self._result
        self._run, self._result = run, result
        self.network.clear()
        if run is None or result is None:
            self.changes.show_drawing(None)
        else:
            for protocol in protocols_of(result):
                for role in ("student", "teacher", "scratch"):
                    judged = result.of(role, protocol)
                    if judged is not None:
                        stage = Stage(protocol=protocol, role=judged.role)
                        self.network.addItem(stage_title(run.plan, stage), stage.name)
            self._first(result, run)
            if new:
                self.notice.hide()
            self._choose()
        self._show_buttons()

    def _first(self, result: Result, run: Run) -> None:
        """The student of the protocol that was asked for."""
        for role in ("student", *ROLES):
            stage = Stage(protocol=run.plan.protocol, role=role)
            at = self.network.findData(stage.name)
            if at >= 0 and result.of(stage.role, stage.protocol):
                self.network.setCurrentIndex(at)
                return

    def show_in_use(self, key: str) -> None:
        """The model that the session reads with: its key in the library."""
        self._in_use = key
        self._look()

    def show_deployed(self, key: str) -> None:
        """It was put to work."""
        self.show_in_use(key)
        name = self._library.title(key) or self.name.text()
        self._say("info", self.tr("“{0}” is in use.").format(name), self.tr("Kept in the library."))
        self._show_buttons()

    def show_not_deployed(self, why: str) -> None:
        self._say("error", self.tr("The model before goes on reading."), why)
        self._show_buttons()

    @property
    def fact(self) -> str:
        return ""

    # -- showing

    @property
    def _stage(self) -> Stage | None:
        name = self.network.currentData()
        protocol, _, role = str(name or "").partition("-")
        return Stage(protocol=protocol, role=role) if role else None  # type: ignore[arg-type]

    @property
    def _judged(self) -> Judged | None:
        stage = self._stage
        return self._result.of(stage.role, stage.protocol) if self._result and stage else None

    def _choose(self) -> None:
        run, stage, judged, result = self._run, self._stage, self._judged, self._result
        if run is None or stage is None or judged is None or result is None:
            return
        self.name.setText(suggested_name(run.plan, stage, result))
        right = judged.scores["macro"]["accuracy"].value
        trivial = judged.trivial["macro"]["accuracy"]
        self._about.setText(
            self.tr("Right {0} of the time, always giving the commoner answer {1}.").format(
                percent(right), percent(trivial)
            )
        )
        self._show_caution(result, stage, judged)
        self._look()

    def _show_caution(self, result: Result, stage: Stage, judged: Judged) -> None:
        """What speaks against using it, the gravest first."""
        cautions = []
        if result.synthetic:
            cautions.append(
                self.tr(
                    "It learned from synthetic data: its readings of a person mean nothing. It is "
                    "marked as synthetic wherever it acts."
                )
            )
        score = judged.scores["macro"]["accuracy"]
        trivial = judged.trivial["macro"]["accuracy"] or 0.0
        surely = score.value if score.low is None else score.low
        if surely is None or surely <= trivial:
            cautions.append(
                self.tr(
                    "It is not surely better than always giving the commoner answer: use it to try "
                    "things out, and trust no reading."
                )
            )
        elif stage.protocol == "segments":
            cautions.append(
                self.tr(
                    "It was tested on seconds of trials it knows: that says nothing of new ones."
                )
            )
        cost = result.costs.get(stage.role)
        if cost is not None and cost.one_ms > SLOW_MS:
            cautions.append(
                self.tr(
                    "It is slow on this computer: {0} ms a window; a session reads four a second."
                ).format(f"{cost.one_ms:.0f}")
            )
        self.caution.say("\n".join(cautions))

    def _look(self) -> None:
        """Read the cards of the model in use and of the one chosen, off the GUI thread."""
        run, stage = self._run, self._stage
        if run is None or stage is None or self._result is None:
            return
        library, key, path = self._library, self._in_use, run.checkpoint(stage)
        if self._looking is not None:
            self._looking.cancel()
        self._looking = Task(
            self, lambda: (library.get(key), library.look(path)), self._compare, self._unreadable
        )

    def _compare(self, models: tuple[Model, Model]) -> None:
        self._now, self._new = models
        new = self._new
        if new.damage:
            self._unreadable(new.damage)
            return
        columns = [(self.tr("now: {0}").format(self._now.name), self._now), (self.tr("new"), new)]
        if self._now.fingerprint == new.fingerprint:
            columns = [(self.tr("in use: {0}").format(self._now.name), self._now)]
        table = FactsTable(columns)
        self._unread.hide()
        self.unlike.show_models(self._now, new)
        self.changes.show_drawing(table)
        self.changes.setFixedHeight(table.size.height())
        self._show_buttons()

    def _unreadable(self, why: str) -> None:
        self.changes.show_drawing(None)
        self.unlike.show_models()
        self._unread.setText(why)
        self._unread.show()

    def _say(self, kind: str, title: str, text: str = "") -> None:
        self.notice.say(title, text, kind)

    def _show_buttons(self) -> None:
        ready = self._result is not None and self._task is None
        now, new = self._now, self._new
        used = now is not None and new is not None and now.fingerprint == new.fingerprint
        self.use.setEnabled(ready and not used)
        self.keep.setEnabled(ready and not used)
        why = self.tr("This network is in use already.") if used else ""
        if self._result is None:
            why = self.tr("There is nothing to put to work yet: train first.")
        self._why.setText(why)
        self._why.setVisible(bool(why))

    # -- putting to work

    def _add(self, *, use: bool) -> None:
        run, stage, library = self._run, self._stage, self._library
        if run is None or stage is None:
            return
        path: Path = run.checkpoint(stage)
        name, note = self.name.text().strip(), self.note.toPlainText().strip()
        self._task = Task(
            self,
            lambda: library.add(path, name, note),
            lambda model: self._added(model, use=use),
            self._not_added,
        )
        self._show_buttons()

    def _added(self, model: Model, *, use: bool) -> None:
        self._task = None
        if use:
            self.deploy_asked.emit(model)
            self._say("info", self.tr("“{0}” is being put to work…").format(model.name))
        else:
            self._say("info", self.tr("“{0}” is in the library.").format(model.name))
        self._show_buttons()

    def _not_added(self, why: str) -> None:
        self._task = None
        self._say("error", self.tr("The library stays as it was."), why)
        self._show_buttons()
