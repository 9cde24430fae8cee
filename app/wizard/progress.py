"""A run in words and figures: what its pages say beside the curves. No widgets."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence

from app.wizard.curves import Level, Line, Shown
from app.wizard.follow import FoldState, RunState, StageState
from app.wizard.plan import Plan, Role, Stage
from app.wizard.runs import Phase, Run
from app.wizard.titles import percent, protocol_name, role_title
from app.words import people, translate
from evoke.training.runs import is_whole
from evoke.types import DIMENSIONS


def duration(seconds: float) -> str:
    """'40 s', '12 min', '1 h 12 min': rather a little too long than too short."""
    if seconds <= 59:
        return translate("wizard", "{0} s").format(max(1, math.ceil(seconds)))
    minutes = math.ceil(seconds / 60)
    hours, minutes = divmod(minutes, 60)
    if not hours:
        return translate("wizard", "{0} min").format(minutes)
    return translate("wizard", "{0} h {1} min").format(hours, minutes)


def size(megabytes: float) -> str:
    """'420 MB', '1.9 GB'."""
    if megabytes < 1000:
        return f"{megabytes:.0f} MB"
    return f"{megabytes / 1024:.1f} GB"


def memory(held_mb: float, total_mb: float) -> str:
    """'1.9 GB of 7.6 GB'. 0 is what the system does not tell: then less is said, or a dash."""
    if not held_mb:
        return "–"
    if not total_mb:
        return size(held_mb)
    return translate("wizard", "{0} of {1}").format(size(held_mb), size(total_mb))


def stages_of(plan: Plan, roles: Sequence[Role]) -> list[Stage]:
    return [stage for stage in plan.stages if stage.role in roles]


def stage_at(state: RunState, stages: Sequence[Stage]) -> Stage:
    """The one at work, else the last that has begun, else the first, as once all are done."""
    for stage in stages:
        if stage.name == state.stage:
            return stage
    if state.phase is Phase.DONE:
        return stages[0]
    begun = [stage for stage in stages if stage.name in state.stages]
    return begun[-1] if begun else stages[0]


def student_s(state: RunState) -> float | None:
    """Seconds of training that a student takes on one fold, pauses not counted; None where none
    can be told. It is the one from scratch that is asked: what the run's own student takes
    depends on its recipe, which may let the teacher read along."""
    for name, told in state.stages.items():
        fold = next(iter(told.folds.values()), None)
        if name.endswith("-scratch") and fold is not None and fold.ended and fold.epoch_t:
            pace = (fold.epoch_t[-1] - fold.begun_t) / len(fold.epoch_t)
            return max(0.0, pace * len(fold.epochs))  # it may have begun before it was resumed
    return None


def to_come(plan: Plan, state: RunState) -> int:
    """How many networks have not begun."""
    return sum(stage.name not in state.stages for stage in plan.stages)


def stage_title(plan: Plan, stage: Stage) -> str:
    """'Teacher', with its protocol where there are several."""
    title = role_title(stage.role)
    if len(plan.protocols) > 1:
        title += f" · {protocol_name(stage.protocol).lower()}"
    return title


def folds_of(plan: Plan, stage: Stage) -> int:
    return plan.config(stage).run_folds


def epochs_of(plan: Plan, stage: Stage, told: StageState | None) -> int:
    """At most."""
    fold = told.fold if told is not None else None
    started = fold.started if fold is not None else None
    return started.epochs if started is not None else plan.config(stage).epochs


def share(plan: Plan, stage: Stage, told: StageState | None) -> float:
    """Of a stage that is done, 0..1."""
    if told is None:
        return 0.0
    if told.ended:
        return 1.0
    epochs = epochs_of(plan, stage, told)
    done = sum(1.0 if f.ended else min(1.0, f.done / epochs) for f in told.folds.values())
    return done / folds_of(plan, stage)


def where(plan: Plan, stage: Stage, told: StageState | None) -> str:
    """'Teacher · fold 3 of 5 · epoch 37 of at most 100'."""
    words = [stage_title(plan, stage)]
    fold = told.fold if told is not None else None
    if fold is not None and told is not None and not told.ended:
        if folds_of(plan, stage) > 1:
            words.append(
                translate("wizard", "fold {0} of {1}").format(fold.number, folds_of(plan, stage))
            )
        epochs = epochs_of(plan, stage, told)
        at = min(epochs, math.floor(fold.done) + 1)
        words.append(translate("wizard", "epoch {0} of at most {1}").format(at, epochs))
    return " · ".join(words)


def doing(state: RunState, told: StageState | None) -> str:
    """What is done where it is not epochs: reading, asking the teacher, judging."""
    judging = state.judging
    if judging is not None and judging.done < judging.total and (told is None or told.ended):
        done, total = judging.done, judging.total
        return translate("wizard", "Judging on what was held out: {0} of {1} windows").format(
            f"{done:,}", f"{total:,}"
        )
    if told is None or told.ended:
        return ""
    if told.asked is not None and told.asked.done < told.asked.total:
        return translate("wizard", "The teacher answers: {0} of {1} windows").format(
            f"{told.asked.done:,}", f"{told.asked.total:,}"
        )
    if told.read is not None and not told.folds:
        return translate("wizard", "Reading the data: {0} of {1}").format(
            told.read.done, people(told.read.total)
        )
    return ""


def headline(run: Run, state: RunState, stage: Stage) -> str:
    """'1 h 12 min left' of a stage, at most; or what became of it."""
    if _ended(state, stage):
        return phase_words(Phase.DONE)
    if state.phase is not Phase.RUNNING:
        return phase_words(state.phase)
    if not state.stages:
        return translate("wizard", "Starting…")
    if stage.name != state.stage:
        return translate("wizard", "Waiting for its turn")
    left = left_s(run, state, [stage])
    if left is None:
        return translate("wizard", "Estimating…")
    return translate("wizard", "{0} left").format(duration(left))


def phase_words(phase: Phase) -> str:
    return {
        Phase.NEW: translate("wizard", "About to start"),
        Phase.RUNNING: translate("wizard", "Running"),
        Phase.PAUSED: translate("wizard", "Paused"),
        Phase.CANCELLED: translate("wizard", "Cancelled"),
        Phase.INTERRUPTED: translate("wizard", "Interrupted"),
        Phase.FAILED: translate("wizard", "Stopped by a fault"),
        Phase.DONE: translate("wizard", "Finished"),
    }[phase]


def left_s(run: Run, state: RunState, stages: Sequence[Stage]) -> float | None:
    """To the end of these stages, at most, as the run itself and the measurement before it say;
    None if neither can."""
    total = 0.0
    for stage in stages:
        if _ended(state, stage):
            continue
        seconds = state.left_s if stage.name == state.stage else None
        if seconds is None:
            if run.estimate is None or not run.estimate.of(stage):
                return None
            seconds = run.estimate.of(stage)
        total += seconds
    return total


def whole_share(run: Run, state: RunState) -> float:
    """Of all stages together, 0..1, each as long as it was measured to be."""
    stages = run.plan.stages
    measured = [run.estimate.of(stage) if run.estimate else 0.0 for stage in stages]
    weights = measured if all(measured) else [1.0] * len(stages)
    done = [share(run.plan, stage, state.stages.get(stage.name)) for stage in stages]
    return sum(w * d for w, d in zip(weights, done, strict=True)) / sum(weights)


def whole_words(run: Run, state: RunState) -> str:
    """'Teacher · epoch 37 of at most 100 · 1 h 12 min left in all'; or what became of the run."""
    stage = stage_at(state, run.plan.stages)
    if state.phase is not Phase.RUNNING:
        return phase_words(state.phase)
    told = state.stages.get(stage.name)
    words = [doing(state, told) or where(run.plan, stage, told)]
    left = left_s(run, state, run.plan.stages)
    if left:
        words.append(translate("wizard", "{0} left in all").format(duration(left)))
    return " · ".join(words)


def _ended(state: RunState, stage: Stage) -> bool:
    told = state.stages.get(stage.name)
    return told is not None and told.ended


def saved(state: RunState, told: StageState | None) -> str:
    """'epoch 36, 14 s ago', of the stage at work or of one that is done."""
    fold = told.fold if told is not None else None
    if fold is None or not fold.epochs:
        return translate("wizard", "after the first epoch")
    if told is not state.unfinished:
        return translate("wizard", "epoch {0}").format(fold.epochs[-1].epoch)
    if state.saved_epoch is None:
        return translate("wizard", "nothing")
    words = translate("wizard", "epoch {0}").format(state.saved_epoch)
    if state.saved_t is not None:
        ago = duration(time.time() - state.saved_t)
        words = translate("wizard", "{0}, {1} ago").format(words, ago)
    return words


def reduced(told: StageState | None) -> str:
    """That memory ran out in the fold at work, or in one of those; '' where it did not."""
    folds = told.folds.values() if told is not None else ()
    found = [fold.reduced for fold in folds if fold.reduced and fold.ended is None]
    if not found:
        return ""
    words = translate("wizard", "Memory ran out: fold {0} takes batches of {1} from epoch {2} on.")
    return words.format(found[-1].fold, found[-1].batch, found[-1].epoch)


def begins_again(run: Run) -> str:
    """What is damaged of a run at rest, and is made again once it is resumed; '' for nothing."""
    said = []
    for stage in run.plan.stages:
        folds = run.damaged_folds(stage)
        words = ""
        if stage.name in run.ended:
            if not is_whole(run.checkpoint(stage)):
                words = translate("wizard", "its network is missing or damaged, and is made again")
        elif folds == [0]:
            words = translate("wizard", "what was kept is damaged, and it begins again")
        elif folds:
            words = translate(
                "wizard", "what was kept of fold {0} is damaged: fold {0} begins again"
            )
            words = words.format(folds[0])
        if words:
            said.append(f"{stage_title(run.plan, stage)}: {words}.")
    return " ".join(said)


# -- curves


def accuracy_lines(
    told: StageState | None, epochs: int, trivial: float | None, empty: str
) -> Shown:
    """Validation accuracy of every fold, mean of the three labels."""
    lines = []
    for fold, current in _folds(told):
        points = [(e.epoch, e.accuracy) for e in fold.epochs if e.accuracy is not None]
        if points:
            x, y = zip(*points, strict=True)
            name = translate("wizard", "fold {0}: {1}").format(fold.number, percent(y[-1]))
            lines.append(Line(x, y, current=current, name=name))
    level = None
    if trivial is not None:
        level = Level(trivial, translate("wizard", "the commoner answer, over all data"))
    return Shown(lines, epochs, level, empty=empty)


def loss_lines(told: StageState | None, epochs: int, empty: str) -> Shown:
    """Training loss (dashed) and validation NLL a label of every fold; the epoch kept."""
    lines, mark = [], None
    for fold, current in _folds(told):
        learned = [(e.epoch, e.loss / len(DIMENSIONS)) for e in fold.epochs]
        held = [(e.epoch, e.nll) for e in fold.epochs if e.nll is not None]
        if held:
            x, y = zip(*held, strict=True)
            lines.append(Line(x, y, current=current, name=translate("wizard", "held out")))
        if learned:
            x, y = zip(*learned, strict=True)
            name = translate("wizard", "training")
            lines.append(Line(x, y, current=current, dashed=True, name=name))
        if current and held:
            best = kept(fold)
            if best is not None:
                mark = (float(best), translate("wizard", "kept: epoch {0}").format(best))
    return Shown(lines, epochs, mark=mark, empty=empty)


def _folds(told: StageState | None) -> list[tuple[FoldState, bool]]:
    """Each, and whether it is the one in the accent colour; that comes last."""
    if told is None:
        return []
    latest = told.fold
    return [(fold, fold is latest) for fold in told.folds.values()]


def kept(fold: FoldState) -> int | None:
    """The epoch whose weights are kept so far; None while none was validated."""
    if fold.ended is not None:
        return fold.ended.best_epoch
    best = [e.epoch for e in fold.epochs if e.best]
    return best[-1] if best else None


def fold_words(fold: FoldState | None) -> str:
    """What stands at the end of its row."""
    if fold is None or fold.started is None:
        return translate("wizard", "waiting")
    if fold.ended is not None:
        return percent(fold.ended.accuracy)
    best = [e.accuracy for e in fold.epochs if e.best and e.accuracy is not None]
    if best:
        return translate("wizard", "{0} so far").format(percent(best[-1]))
    return translate("wizard", "under way")
