"""Recipes of distillation by name, and what was found for each.

Measured on synthetic data (preset `benchmark`, 8 subjects, 40 trials of 20 s, one fold, one seed,
bf16 on a CPU, batches of 128 at 30 steps an epoch; students paired, with one initialisation).
Accuracy in %; one figure like these moves by half a point or more from seed to seed, so only the
large differences mean anything.

| `segments`, 1,280 test windows | 20 epochs | 60 epochs |
|---|---|---|
| teacher, 6 epochs (mean of two: 91.5) | 90.4 | 90.4 |
| student from scratch | 88.8 | 89.0 |
| paper | 88.3 | 89.2 |
| default: probabilities alone | 89.0 | **90.1** |
| the same at temperature 4 | | 89.7 |
| logits | 85.5 | 89.6 |
| logits, mean of two teachers | 85.9 | |
| logits, moving average of the student | 85.5 | |
| logits, teacher with a moving average | 86.5 | |
| mixup | 84.5 | |

Under `trials`, all stopped after their first epoch: scratch 57.1, paper 57.5, default 57.6, logits
58.1, teacher 62.1; on 40 further trials of the same subjects 54.6, 55.5, 57.2, 56.7, teacher 60.1.

`default` is therefore the best under `segments` and not worse than scratch under `trials`: there
what helps is not to weigh the labels against the teacher. Matched logits want some 1,000 steps
and more, and a teacher that has converged: an earlier study at 32 subjects and 60 epochs of long
trials found +0.6 over scratch for them, +0.8 with the mean of several teachers, and nothing for
probabilities, which a sure teacher leaves no different from labels. Whoever trains that long takes
`logits` and several teachers. Mixing cost a point, averaging the student's weights changed
nothing; both are here to be tried. Five folds and three seeds at full size were not run.
"""

from __future__ import annotations

from evoke.errors import SettingsError
from evoke.training.config import DistillConfig

RECIPES = {
    "default": DistillConfig(alpha=1.0, mixup=1.0),
    "paper": DistillConfig(),
    "probabilities": DistillConfig(alpha=1.0),
    "logits": DistillConfig(alpha=1.0, matching="logits"),
}


def recipe(name: str, **options: object) -> DistillConfig:
    """A recipe, with the options that are given (not None) in place of its own.
    Raises SettingsError for an unknown name or an option out of its range."""
    if name not in RECIPES:
        raise SettingsError(f"The recipe must be one of {', '.join(RECIPES)}, got '{name}'.")
    return RECIPES[name].with_options(**options)
