"""The teacher: which network, how thoroughly, how long that takes here; then its training."""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QLineEdit, QSpinBox

from app import theme
from app.buttons import Button, on_click
from app.setting_rows import line
from app.widgets import QWIDGETSIZE_MAX, Card, Notice, Segmented, boxed, column, label, row
from app.wizard.columns import across_or_down
from app.wizard.estimate import Estimate
from app.wizard.picks import Picks
from app.wizard.plan import PAPERS, QUICK_EPOCHS, ROLES, Plan, Preset
from app.wizard.runs import Phase
from app.wizard.start import EstimateCard
from app.wizard.survey import Survey
from app.wizard.titles import recipe_title, role_title
from app.wizard.trained import TrainedPage

NETWORKS = ("ccnn", "arjun_vit", "vit")
PRESETS: tuple[Preset, ...] = ("quick", "best", "paper")
DEVICES = ("auto", "cpu")
CLUSTER = len(DEVICES)
"""Of the choices where to train, the one that needs an address."""

SIDE_PX = 340


class TeacherPage(TrainedPage):
    """Settings of the teacher's training, then the training."""

    def __init__(self) -> None:
        super().__init__("teacher", ("teacher",))
        self.networks = Picks(
            [
                (
                    self.tr("CCNN"),
                    self.tr(
                        "The paper's teacher: four convolutions over the map of the head, 6.2 "
                        "million parameters. Take this one if in doubt."
                    ),
                ),
                (
                    self.tr("ArjunViT"),
                    self.tr(
                        "A small transformer, 0.11 million parameters: quicker; in the paper "
                        "weaker than CCNN on entropy (62 against 93 %), stronger on power (78 "
                        "against 61)."
                    ),
                ),
                (
                    self.tr("ViT"),
                    self.tr(
                        "A large transformer, 86 million parameters: hours or days without a GPU, "
                        "in the paper weaker than CCNN on entropy (80 %), stronger on power (75)."
                    ),
                ),
            ]
        )
        self.presets = Picks(
            [
                (
                    self.tr("Quick"),
                    self.tr(
                        "At most {0} short epochs. To see that everything works, not to rely on."
                    ).format(QUICK_EPOCHS),
                ),
                (
                    self.tr("Best"),
                    self.tr(
                        "Stops where new trials no longer improve, keeps the best epoch, and "
                        "calibrates its probabilities."
                    ),
                ),
                (
                    self.tr("As in the paper"),
                    self.tr(
                        "100 epochs to the last, no calibration, as arXiv 2401.06957. To compare "
                        "with its figures."
                    ),
                ),
            ]
        )
        self.take = Button(self.tr("Take all of the paper's"))
        self.paper = Notice("info", "", "", self.take)
        self.name = QLineEdit()
        self.folds = Segmented(["1", "5"])
        self.epochs = QSpinBox()
        self.device = Segmented([self.tr("Fastest"), self.tr("CPU"), self.tr("Cluster")])
        self.cluster = QLineEdit()
        self._on_cluster = False
        self.estimate = EstimateCard()
        self._then = label("", 12, kind="ink3", wrap=True)
        self._build()
        self.show_plan(self.plan)

    def _build(self) -> None:
        self.name.setMaxLength(60)
        self.name.setFixedWidth(200)
        self.name.setFont(theme.font(13))
        self.name.setProperty("kind", "small")
        self.epochs.setRange(0, 1000)
        self.epochs.setSpecialValueText(self.tr("as the preset"))
        self.epochs.setProperty("kind", "small")
        self.epochs.setFont(theme.font(12, 500))
        self.epochs.setFixedWidth(124)
        self.epochs.setKeyboardTracking(False)
        self.networks.chosen.connect(lambda k: self._change(network=NETWORKS[k]))
        self.presets.chosen.connect(lambda k: self._change(preset=PRESETS[k]))
        on_click(self.take, self._take_papers)
        self.folds.chosen.connect(lambda k: self._change(run_folds=self.plan.folds if k else 1))
        self.device.chosen.connect(self._choose_device)
        self.cluster.textEdited.connect(self._name_cluster)
        self.cluster.setProperty("kind", "small")
        self.cluster.setFont(theme.font(12, 500))
        self.cluster.setFixedWidth(200)
        self.cluster.setPlaceholderText("10.0.0.5:6379")
        self.epochs.valueChanged.connect(lambda n: self._change(epochs=n or None))
        self.name.textEdited.connect(lambda text: self._change(name=text.strip()))
        self.epochs.lineEdit().setTextMargins(7, 0, 0, 0)
        about = column(
            line(self.tr("Name"), self.tr("Begins the names of its networks"), self.name),
            line(
                self.tr("Epochs, at most"),
                self.tr("How often it goes through what it learns from"),
                self.epochs,
            ),
            gap=6,
        )
        self._address = line(
            self.tr("Address of the Ray cluster"),
            self.tr("Its head; the data are sent there"),
            self.cluster,
        )
        machine = column(
            line(
                self.tr("Folds of the teacher"),
                self.tr("More folds tell more reliably how good it is; each takes as long"),
                self.folds,
            ),
            line(
                self.tr("Train on"),
                self.tr("A GPU if there is one; on the CPU a running session comes first"),
                self.device,
            ),
            self._address,
            gap=6,
        )
        more = row(gap=32)
        more.addLayout(about, 1)
        more.addLayout(machine, 1)
        hint = self.tr("the teacher; the student is always small")
        upper = row(gap=12)
        upper.addWidget(Card(self.tr("Network"), hint, body=self.networks), 1)
        how = column(self.presets, self.paper, gap=8)
        upper.addWidget(Card(self.tr("How thoroughly"), body=how), 1)
        left = column(gap=12)
        left.addLayout(upper)
        left.addWidget(Card(self.tr("More"), body=more))
        left.addStretch(1)
        side = boxed(column(self.estimate, self._start_card(self._then), None, gap=12))
        self._columns = row(gap=12, margins=(12, 12, 12, 12))
        self._columns.addLayout(left, 1)
        self._columns.addWidget(side)
        self._side = side
        self.set_settings(boxed(self._columns))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._side.setFixedWidth(SIDE_PX)
        if not across_or_down(self._columns, self.width()):
            self._side.setMinimumWidth(0)
            self._side.setMaximumWidth(QWIDGETSIZE_MAX)

    # -- as a step

    def show_plan(self, plan: Plan) -> None:
        self.plan = plan
        if plan.network in NETWORKS:
            self.networks.choose(NETWORKS.index(plan.network))
        self.presets.choose(PRESETS.index(plan.preset))
        self.folds.button(1).setText(str(plan.folds))
        self.folds.choose(int(plan.run_folds > 1))
        self._on_cluster = bool(plan.cluster) or self._on_cluster
        self.device.choose(CLUSTER if self._on_cluster else DEVICES.index(plan.device))
        self._address.setVisible(self._on_cluster)
        if not self.cluster.hasFocus():
            self.cluster.setText(plan.cluster)
        if not self.name.hasFocus():
            self.name.setText(plan.name)
        with QSignalBlocker(self.epochs):
            self.epochs.setValue(plan.epochs or 0)
        self._show_more()
        self.show_reason()

    def show_survey(self, found: Survey | None) -> None:
        super().show_survey(found)
        self.estimate.show_plan(self.plan, found)

    @property
    def measured(self) -> Estimate | None:
        """How long the plan will take, where it was measured."""
        return self.estimate.estimate

    @property
    def reason(self) -> str:
        return self.own_reason

    @property
    def fact(self) -> str:
        if self.phase is Phase.RUNNING:
            return self.tr("The student follows by itself")
        return self.tr("How the student learns, before training starts") if not self.phase else ""

    def leave(self) -> None:
        self.estimate.stop()

    @property
    def own_reason(self) -> str:
        if self._on_cluster and not self.plan.cluster and self.follower is None:
            return self.tr("Say where the cluster is, or train on this computer.")
        return super().own_reason

    # -- changing

    def _choose_device(self, chosen: int) -> None:
        self._on_cluster = chosen == CLUSTER
        if self._on_cluster:
            self.show_plan(self.plan)
            self.cluster.setFocus()
        else:
            self._change(device=DEVICES[chosen], cluster="")
            self.show_plan(self.plan)

    def _name_cluster(self, text: str) -> None:
        self._change(device="auto", cluster=text.strip())

    def _take_papers(self) -> None:
        self._change(**PAPERS)
        self.show_plan(self.plan)

    def _change(self, **fields: object) -> None:
        self.change(**fields)
        self._show_more()

    def _show_more(self) -> None:
        """What follows from the plan."""
        self._show_paper()
        self._show_then()
        self.estimate.show_plan(self.plan, self.survey)

    def _show_paper(self) -> None:
        """With the paper's preset, what else would have to be the paper's."""
        if self.plan.preset != "paper":
            self.paper.say("")
            return
        words = {
            "features": self.tr("the features"),
            "baseline": self.tr("the rest baseline"),
            "hop_s": self.tr("the step between windows"),
            "protocol": self.tr("the test (mixed seconds)"),
            "folds": self.tr("the number of folds"),
            "run_folds": self.tr("the folds that are run (all)"),
            "epochs": self.tr("the epochs"),
            "recipe": self.tr("the student's recipe"),
            "temperature": self.tr("the student's temperature"),
            "alpha": self.tr("the weight of the teacher"),
        }
        unlike = [words[name] for name in self.plan.unlike_paper]
        self.take.setVisible(bool(unlike))
        if unlike:
            self.paper.say(
                self.tr("Not yet the paper's: {0}.").format(", ".join(unlike)),
                self.tr("One click sets them, on the pages Features, Protocol and Distil too."),
            )
        else:
            said = self.tr(
                "The student is tested on the first fold alone; the paper's figure is of five."
            )
            if self.plan.network != "ccnn":
                said += self.tr(" There its teacher is CCNN.")
            self.paper.say(self.tr("All that the paper states is set as there."), said)

    def _show_then(self) -> None:
        """What a start sets off: everything, one after another."""
        plan = self.plan
        titles = [role_title(role).lower() for role in (ROLES if plan.scratch else ROLES[:2])]
        words = self.tr("Start trains {0}, one after another, then judges them; you need not stay.")
        if len(plan.protocols) > 1:
            words = self.tr(
                "Start trains {0} for each of {1} protocols, one after another, then judges them; "
                "you need not stay."
            )
        recipe = self.tr("The student learns by the recipe “{0}”; the next page changes that.")
        said = words.format(", ".join(titles), len(plan.protocols))
        self._then.setText(f"{said} {recipe.format(recipe_title(plan.recipe))}")
