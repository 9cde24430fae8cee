"""Times a plan's networks on this computer: `app.wizard.estimate` asks for it in a process.

Reads an `Ask` as JSON, writes a `Measured`. What is timed are the very steps of a training, on
made-up windows.
"""

from __future__ import annotations

import sys
import time
from typing import Any

import joblib  # noqa: F401 -- what a run loads besides, for its memory
import numpy as np
import sklearn.model_selection  # noqa: F401
import torch

from app.memory import peak_mb, total_mb
from app.wizard.estimate import Ask, Measured, Pace
from app.wizard.process import give_way
from evoke.training.config import DistillConfig, TrainConfig
from evoke.training.device import cpu_threads
from evoke.training.fitting import Examples, Fitting, Objective, predict
from evoke.training.losses import distil, learn
from evoke.training.run import best_device
from models.count import count
from models.networks import build

BATCHES = 6
"""Made ready; timed are those that fit into `TIMED_S`, and at least one."""

TIMED_S = 1.5

_HEAVY_MACS = 10**9
_FEW = 2
"""Windows in a batch of a network of over `_HEAVY_MACS`; a whole batch takes a CPU a minute."""


def measure(ask: Ask) -> Measured:
    """Paces of teacher, student and the student from scratch, one after another."""
    device = "cpu" if ask.device == "cpu" else best_device()
    recipe: dict[str, Any] = dict(ask.recipe)
    chosen = DistillConfig(**recipe)
    with cpu_threads(ask.threads):
        teacher = build(ask.network, {}, seed=0)
        heavy = count(teacher).macs > _HEAVY_MACS
        few = _FEW if heavy else ask.batch
        paces = {"teacher": _pace(ask, ask.network, Objective(learn), device, few)}
        network = teacher.to(device).eval()
        asked = Objective(distil(chosen), chosen.mixup, network, chosen.ema)
        paces["student"] = _pace(ask, "student", asked, device, few)
        paces["scratch"] = _pace(ask, "student", Objective(learn), device, ask.batch)
    on_gpu = device != "cpu"
    return Measured(
        paces=paces,
        memory_mb=torch.cuda.max_memory_reserved() / 2**20 if on_gpu else peak_mb(),
        memory_total_mb=torch.cuda.mem_get_info()[1] / 2**20 if on_gpu else total_mb(),
        device=torch.cuda.get_device_name() if on_gpu else "CPU",
        on_gpu=on_gpu,
    )


def _pace(ask: Ask, name: str, objective: Objective, device: str, batch: int) -> Pace:
    network = build(name, {}, seed=0)
    rng = np.random.default_rng(0)
    grid = rng.standard_normal((BATCHES * batch, 4, 9, 9), dtype=np.float32)
    examples = Examples(
        grid,
        (rng.random((len(grid), 3)) > 0.5).astype(np.float32),
        rng.standard_normal((len(grid), 3), dtype=np.float32),
    )
    precision: Any = ask.precision
    config = TrainConfig(batch=batch, epoch_share=1.0, precision=precision)
    fitting = Fitting(network, examples, None, config, objective, device)
    first, *batches = fitting.begin_epoch()
    first()
    fitting.wait()
    began, done = time.perf_counter(), 0
    for one in batches:
        one()
        done += 1
        if time.perf_counter() - began > TIMED_S:
            break
    fitting.wait()
    train_s = (time.perf_counter() - began) / (done * batch)
    began = time.perf_counter()
    predict(network, grid)  # in blocks as a test does, which takes the most memory
    return Pace(train_s=train_s, read_s=(time.perf_counter() - began) / len(grid))


if __name__ == "__main__":
    give_way()
    found = measure(Ask.model_validate_json(sys.stdin.read()))
    sys.stdout.write("\n" + found.model_dump_json())
