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
from app.training_request import best_device
from app.wizard.estimate import Ask, Measured, Pace, Refused
from app.wizard.process import give_way
from evoke.errors import GpuError, gpu_faults_said
from evoke.training.config import DistillConfig, TrainConfig
from evoke.training.device import cpu_threads, free_memory, halved_to_fit
from evoke.training.fitting import Examples, Fitting, Objective, predict
from evoke.training.losses import distil, learn
from models.count import count
from models.networks import build

BATCHES = 6
"""Made ready; timed are those that fit into `TIMED_S`, and at least one."""

TIMED_S = 1.5

_HEAVY_MACS = 10**9
_FEW = 8
"""Windows in a batch of a network of over `_HEAVY_MACS`; a whole batch takes a CPU a minute."""
_FEW_BATCHES = 2
"""Made ready of such a network."""


def measure(ask: Ask) -> Measured:
    """Paces of teacher, student and the student from scratch, one after another. Raises
    TrainingError where memory does not hold a single window; of a GPU, torch's own errors."""
    device = "cpu" if ask.device == "cpu" else best_device()
    on_gpu = device != "cpu"
    recipe: dict[str, Any] = dict(ask.recipe)
    chosen = DistillConfig(**recipe)
    with cpu_threads(ask.threads):
        teacher = build(ask.network, {}, seed=0)
        heavy = not on_gpu and ask.batch > _FEW and count(teacher).macs > _HEAVY_MACS
        few = _FEW if heavy else ask.batch
        one_mb = _mb_of_one_window(ask) if heavy else 0.0
        pace, batch = _pace(ask, ask.network, Objective(learn), device, few)
        rest_mb = (ask.batch - few) * (peak_mb() - one_mb) / (few - 1) if heavy else 0.0
        paces = {"teacher": pace}
        network = teacher.to(device).eval()
        asked = Objective(distil(chosen), chosen.mixup, network, chosen.ema)
        paces["student"], of_student = _pace(ask, "student", asked, device, few)
        paces["scratch"], _ = _pace(ask, "student", Objective(learn), device, ask.batch)
    if not on_gpu:
        return Measured(
            paces=paces,
            memory_mb=peak_mb() + rest_mb,
            memory_total_mb=total_mb(),
            device="CPU",
            on_gpu=False,
            scaled=heavy,
        )
    free, _total = torch.cuda.mem_get_info()
    return Measured(
        paces=paces,
        memory_mb=torch.cuda.max_memory_reserved() / 2**20,
        memory_total_mb=(free + torch.cuda.memory_reserved()) / 2**20,
        device=torch.cuda.get_device_name(),
        on_gpu=True,
        fits=min(batch, of_student),
    )


def _mb_of_one_window(ask: Ask) -> float:
    """Memory of a training on the CPU in batches of one, MB: what a larger one takes besides grows
    with its windows."""
    _pace(ask, ask.network, Objective(learn), "cpu", 1)
    free_memory()
    return peak_mb()


def _pace(ask: Ask, name: str, objective: Objective, device: str, batch: int) -> tuple[Pace, int]:
    """At batches of so many windows, halved on a GPU as often as they do not fit; with the number
    it came to."""
    return halved_to_fit(lambda size: _pace_at(ask, name, objective, device, size), batch)


def _pace_at(ask: Ask, name: str, objective: Objective, device: str, batch: int) -> Pace:
    network = build(name, {}, seed=0)
    rng = np.random.default_rng(0)
    made = BATCHES if device != "cpu" or batch == ask.batch else _FEW_BATCHES
    grid = rng.standard_normal((made * batch, 4, 9, 9), dtype=np.float32)
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


def answer(ask: Ask) -> Measured | Refused:
    """What was measured, or why a GPU could not be."""
    try:
        with gpu_faults_said():
            return measure(ask)
    except GpuError as error:
        return Refused(why=str(error))


if __name__ == "__main__":
    give_way()
    found = answer(Ask.model_validate_json(sys.stdin.read()))
    sys.stdout.write("\n" + found.model_dump_json())
