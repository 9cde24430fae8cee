"""How the student learns from its teacher; then its training, and that of the one without."""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker, QSize
from PySide6.QtGui import QResizeEvent

from app.setting_rows import line, number
from app.widgets import Card, Segmented, boxed, column, label, row
from app.wizard.columns import across_or_down
from app.wizard.drawing import Picture
from app.wizard.follow import Follower
from app.wizard.picks import Picks
from app.wizard.plan import Plan
from app.wizard.result import Point
from app.wizard.runs import Phase
from app.wizard.softening import Softening
from app.wizard.titles import recipe_title
from app.wizard.trained import TrainedPage
from evoke.errors import EvokeError
from evoke.training.config import DistillConfig
from evoke.training.recipes import RECIPES

NAMES = ("default", "paper", "probabilities", "logits")


class DistilPage(TrainedPage):
    """Recipe, temperature and weight; then the training."""

    def __init__(self) -> None:
        super().__init__("distil", ("student", "scratch"))
        self.recipes = Picks(
            [
                (
                    recipe_title("default"),
                    self.tr(
                        "The student imitates the teacher on mixtures of two windows, which the "
                        "teacher cannot know by heart. Measured on synthetic data, it added most "
                        "on mixed seconds; on new trials no recipe clearly added more."
                    ),
                ),
                (
                    recipe_title("paper"),
                    self.tr(
                        "A quarter is imitation, three quarters are the ratings; temperature "
                        "1.25, the best of the paper's."
                    ),
                ),
                (
                    recipe_title("probabilities"),
                    self.tr(
                        "The student imitates how sure the teacher is, and never sees a rating."
                    ),
                ),
                (
                    recipe_title("logits"),
                    self.tr(
                        "The student imitates the teacher's scores before they become "
                        "probabilities; temperature plays no part."
                    ),
                ),
            ]
        )
        self.temperature = number(0.25, 20.0, 0.25, 2)
        self.alpha = number(0.0, 1.0, 0.05, 2)
        self.scratch = Segmented([self.tr("No"), self.tr("Yes")])
        self.curve = Picture(QSize(340, 200))
        self._said = label("", 13, 500, wrap=True)
        self._answers_said = label("", 12, kind="ink3", wrap=True)
        self._weight = label("", 12, kind="ink3", wrap=True)
        self._answers: tuple[Point, ...] = ()
        self._build()
        self.show_plan(self.plan)

    def _build(self) -> None:
        self.recipes.chosen.connect(self._choose)
        self.temperature.valueChanged.connect(lambda v: self._change(temperature=round(v, 2)))
        self.alpha.valueChanged.connect(lambda v: self._change(alpha=round(v, 2)))
        self.scratch.chosen.connect(lambda k: self._change(scratch=bool(k)))
        settings = column(
            line(
                self.tr("Temperature"),
                self.tr("Above 1 the teacher's answers are softened: less sure, and more telling"),
                self.temperature,
            ),
            line(self.tr("Weight of the teacher (alpha)"), "", self.alpha),
            self._weight,
            line(
                self.tr("Also train it without the teacher"),
                self.tr("Only this shows what the teacher adds"),
                self.scratch,
            ),
            gap=6,
        )
        left = column(
            Card(
                self.tr("Recipe"),
                self.tr("how the student hears its teacher"),
                body=self.recipes,
            ),
            self._start_card(),
            None,
            gap=12,
        )
        curve = Card(
            self.tr("What the temperature does"),
            self.tr("dashed: as the teacher says it"),
            body=column(self.curve, self._said, self._answers_said, gap=4),
        )
        right = column(gap=12)
        right.addWidget(curve, 1)
        right.addWidget(Card(self.tr("Fine tuning"), body=settings))
        self._columns = row(gap=12, margins=(12, 12, 12, 12))
        self._columns.addLayout(left, 45)
        self._columns.addLayout(right, 55)
        self.set_settings(boxed(self._columns))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        across_or_down(self._columns, self.width())

    # -- as a step

    def show_plan(self, plan: Plan) -> None:
        self.plan = plan
        if plan.recipe in NAMES:
            self.recipes.choose(NAMES.index(plan.recipe))
        try:
            config = plan.distillation
        except EvokeError:  # the reason says it
            config = DistillConfig()
        for spin, value in ((self.temperature, config.temperature), (self.alpha, config.alpha)):
            with QSignalBlocker(spin):
                spin.setValue(value)
        self.temperature.setEnabled(config.matching == "probabilities")
        self.scratch.choose(int(plan.scratch))
        self._show_curve(config)
        self.show_reason()

    def show_run(self, follower: Follower | None) -> None:
        last = self.follower or follower
        super().show_run(follower)
        self._answers = _answers_of(last) or self._answers
        self.show_plan(self.plan)

    @property
    def reason(self) -> str:
        if self.own_reason:
            return self.own_reason
        if self.phase is Phase.DONE:
            return ""
        if self.phase in (Phase.RUNNING, Phase.PAUSED):
            return self.tr("Result opens when the student has been trained and judged.")
        if self.phase is not None:
            return self.tr("This training has not ended: resume it, or plan another.")
        return self.tr("Start the training first.")

    # -- showing

    def _show_curve(self, config: DistillConfig) -> None:
        drawing = Softening(config.temperature, self._answers)
        self.curve.show_drawing(drawing)
        if config.matching == "logits":
            self._said.setText(self.tr("This recipe has no temperature: scores are imitated."))
        else:
            self._said.setText(drawing.in_words())
        said = self.tr("Bars: how often the teacher of the last run was how sure, about valence.")
        self._answers_said.setText(said if self._answers else "")
        self._answers_said.setVisible(bool(self._answers))
        teacher = f"{100 * config.alpha:.0f}"
        ratings = f"{100 - 100 * config.alpha:.0f}"
        self._weight.setText(
            self.tr("{0} % imitation of the teacher, {1} % the ratings themselves").format(
                teacher, ratings
            )
        )

    # -- changing

    def _choose(self, chosen: int) -> None:
        """A recipe comes with its own temperature and weight."""
        self._change(recipe=NAMES[chosen], temperature=None, alpha=None)

    def _change(self, **fields: object) -> None:
        """What equals the recipe's own is left to the recipe."""
        own = RECIPES[str(fields.get("recipe", self.plan.recipe))]
        for name in ("temperature", "alpha"):
            if fields.get(name) == getattr(own, name):
                fields[name] = None
        self.change(**fields)
        self.show_plan(self.plan)


def _answers_of(follower: Follower | None) -> tuple[Point, ...]:
    """The teacher's own probabilities in a run's result, if there is one."""
    if follower is None:
        return ()
    try:
        result = follower.run.result
    except EvokeError:
        return ()
    teacher = result.of("teacher", result.judged[0].protocol) if result is not None else None
    return teacher.before["valence"] if teacher is not None else ()
