"""Recipes of distillation by name. `evoke recipes` measures what each adds.

How the default was chosen (synthetic data, preset `benchmark`, 16 people, 20 s of each trial, one
fold, one seed; accuracy in %, where half a point is chance):

- `segments`: a teacher of 10 passes is right about 89.1 of new seconds and about all it was trained
  on, where its probabilities are little else than the labels. Heard on its training windows alone
  it adds 1.6 to the student from scratch after 20 passes (88.6), nothing after 30 (90.0). On mixed
  windows, which it never learned by heart, it adds 1.9 after 20. Matched logits lose 0.4 to 4, as
  they want far more steps. Half the weight on the labels is as good as none.
- The size of the steps matters more than any recipe: from scratch 86.4 at a learning rate of 0.001,
  88.6 at 0.004, 90.7 at 0.008, where mixed windows add only 0.2. On new trials 0.008 is no better
  than 0.004, and those are what counts.
- `trials`: the student from scratch, every recipe and the teacher lie between 60.0 and 60.5.

Asking the teacher about every mixed batch makes a step on a CPU nine times as slow, and still
three times as fast as one of the teacher's own.
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
