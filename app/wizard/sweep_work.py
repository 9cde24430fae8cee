"""The process of a sweep: `python -m app.wizard.sweep_work RUN PROTOCOL`. It may be killed at any
moment; every student that is done is kept."""

from __future__ import annotations

import faulthandler
import logging
import os
import shutil
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import get_args

from app.logs import log_to_stderr
from app.training_commands import distill
from app.training_request import TrainRequest
from app.wizard.plan import Stage
from app.wizard.process import give_way, kill
from app.wizard.result import Score
from app.wizard.runs import Run
from app.wizard.sweep import PART, Sweep, SweepPoint, folder_of, keep_sweep, load_sweep
from app.wizard.titles import MACRO
from evoke.dataset.splits import Protocol
from evoke.errors import EvokeError, gpu_sentence, internal
from evoke.training.config import DistillConfig
from evoke.training.runs import lock
from evoke.training.study import same_batches

LOOK_S = 0.1
"""Between two looks whether the run is still there."""

log = logging.getLogger(__name__)


def work(run: Run, protocol: Protocol) -> None:
    """Train what is open. What stops it is kept, as one sentence."""
    for left in folder_of(run, protocol).glob(f"{PART}*"):  # by a process that was killed
        shutil.rmtree(left, ignore_errors=True)
    try:
        sweep = load_sweep(run, protocol)
    except EvokeError as error:
        log.error("%s", error)
        return
    if sweep is None:
        log.error("%s holds no sweep", folder_of(run, protocol))
        return
    try:
        for temperature, alpha in sweep.open:
            point = _point(run, protocol, DistillConfig(temperature, alpha))
            sweep = sweep.model_copy(update={"points": (*sweep.points, point)})
            keep_sweep(run, sweep)
    except EvokeError as error:
        log.error("%s", error)
        _keep_why(run, sweep, str(error))
    except Exception as error:
        log.exception("internal error")
        log_file = str(folder_of(run, protocol) / "log.txt")
        _keep_why(run, sweep, gpu_sentence(error) or internal("The sweep", error, log_file))


def _keep_why(run: Run, sweep: Sweep, why: str) -> None:
    try:
        keep_sweep(run, sweep.model_copy(update={"why": why}))
    except EvokeError as error:
        log.error("%s", error)


def _watch(folder: Path) -> None:
    """End with the run's folder: the student at work would make it anew where it was."""
    while folder.is_dir():
        time.sleep(LOOK_S)
    kill(os.getpid())


def _point(run: Run, protocol: Protocol, recipe: DistillConfig) -> SweepPoint:
    """One student of the run's teacher, on the same windows as the run's own student."""
    plan, stage = run.plan, Stage(protocol=protocol, role="student")
    teacher = run.checkpoint(stage.teacher)
    where, began = folder_of(run, protocol), time.monotonic()
    with tempfile.TemporaryDirectory(prefix=PART, dir=where) as folder:
        request = TrainRequest(
            data=plan.data,
            out=Path(folder) / "student.safetensors",
            config=plan.config(stage),
            network=plan.network_of(stage),
            name=plan.title(stage),
            leave_out=plan.leave_out,
            device=plan.device,
            threads=run.threads,
            cluster=plan.cluster,
        )
        card = distill(request, teacher, recipe, same_batches).card
    found = card.evaluations[0]
    low, high = found.intervals.get(MACRO, {}).get("accuracy", (None, None))
    return SweepPoint(
        temperature=recipe.temperature,
        alpha=recipe.alpha,
        accuracy=Score(value=found.scores[MACRO]["accuracy"], low=low, high=high),
        seconds=time.monotonic() - began,
    )


def main(folder: Path, protocol: Protocol) -> None:
    """Do the sweep in a run's folder, unless another process does."""
    log_to_stderr()
    faulthandler.enable()  # a crash in a driver says where, in log.txt
    give_way()
    run = Run(folder)
    if run.damage:
        log.error("%s", run.damage)
        return
    try:
        handle = lock(folder_of(run, protocol))
    except EvokeError as error:
        log.error("%s", error)
        return
    threading.Thread(target=_watch, args=(folder,), name="folder", daemon=True).start()
    try:
        work(run, protocol)
    finally:
        os.close(handle)


if __name__ == "__main__":
    wanted = next(p for p in get_args(Protocol) if p == sys.argv[2])
    main(Path(sys.argv[1]), wanted)
