"""Many trainings of one study side by side: processes of this computer, or a Ray cluster.

A task is its settings; what it finds is stored under the hash of them, so a study that was
stopped goes on where it was. A worker that dies (out of memory, a node gone) takes its pool with
it: joblib then aborts the batch, and a fresh pool takes what is unfinished.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import logging
import os
import socket
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evoke.dataset.atomic import write_whole
from evoke.errors import EvokeError, SettingsError, TrainingError

MAX_DEATHS = 2
"""Workers that may die on a task before it counts as failed."""

CONNECT_S = 5.0
"""Waited for a cluster's head to answer, s."""

_FACTS = "facts.json"
_RAY = "evoke-ray"

Facts = dict[str, Any]
"""Whatever JSON can hold."""


@dataclass(frozen=True, slots=True)
class Task:
    """One training; its settings hold everything that decides its result, the data's fingerprint
    among them. They must be JSON."""

    settings: Mapping[str, Any]

    @property
    def key(self) -> str:
        """SHA-256 over the settings, in hexadecimal."""
        text = json.dumps(self.settings, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Result:
    """What a task found: facts as JSON, and arrays."""

    facts: Facts
    arrays: dict[str, NDArray[Any]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Outcome:
    """A task's result, or why there is none."""

    task: Task
    result: Result | None
    failure: str = ""


Work = Callable[[Any, Mapping[str, Any]], Result]
"""From what all tasks share (the data) and a task's settings to its result. Must be importable
by the workers, and raise EvokeError for a task that cannot be done."""


def run_tasks(
    work: Work,
    tasks: Sequence[Task],
    folder: Path,
    shared: object = None,
    *,
    workers: int | None = None,
    cluster: str | None = None,
    on_done: Callable[[Outcome], None] = lambda _outcome: None,
) -> list[Outcome]:
    """Outcomes of all tasks, in their order; those stored in `folder` are not run again.

    workers: processes at a time; by default one for each core. cluster: address of a Ray cluster
    ('auto', 'HOST:PORT' or 'ray://HOST:PORT'), whose CPUs are used instead.

    A task whose worker dies is tried once more, alone, so that it is known who killed whom; dying
    twice it has failed. Raises SettingsError if the folder cannot be written to or the cluster
    does not answer.
    """
    _make_writable(folder)
    done: dict[str, Outcome] = {}
    for task in tasks:
        stored = load_result(folder, task)
        if stored is not None and task.key not in done:
            done[task.key] = Outcome(task, stored)
            on_done(done[task.key])
    waiting = {task.key: task for task in tasks if task.key not in done}
    deaths = dict.fromkeys(waiting, 0)

    def finished(outcome: Outcome) -> None:
        key = outcome.task.key
        done[key] = outcome
        waiting.pop(key, None)
        on_done(outcome)

    with _pool(workers, cluster) as pool:
        # every process holds its own reference to what is shared, whichever pool it is of
        job = _Job(work, folder, pool.share(shared))
        while waiting:
            batch = _next_batch(waiting, deaths)
            fallen = pool.run(job, batch, finished)
            for task in fallen:
                stored = load_result(folder, task)
                if stored is not None:  # it had ended before the pool fell
                    finished(Outcome(task, stored))
            for task in _suspects(folder, [task for task in fallen if task.key in waiting]):
                deaths[task.key] += 1
                if deaths[task.key] == MAX_DEATHS:
                    finished(Outcome(task, None, f"its worker process died {MAX_DEATHS} times"))
    return [done[task.key] for task in tasks]


def _next_batch(waiting: Mapping[str, Task], deaths: Mapping[str, int]) -> list[Task]:
    """All that never met a death; after them the suspects, one at a time."""
    unsuspected = [task for key, task in waiting.items() if deaths[key] == 0]
    return unsuspected or [next(iter(waiting.values()))]


def _suspects(folder: Path, fallen: Sequence[Task]) -> list[Task]:
    """Those of the tasks in flight that had started when a worker died. On a cluster that does
    not see the folder no start is known of, and all are suspects."""
    started = [task for task in fallen if _started(folder, task).exists()]
    for task in started:
        _started(folder, task).unlink()
    return started or list(fallen)


def store_result(folder: Path, task: Task, result: Result) -> None:
    """Written whole or not at all. Raises TrainingError if it cannot be written."""
    path = _path(folder, task)
    facts = json.dumps({"settings": dict(task.settings), "facts": result.facts})

    def save(part: Path) -> None:
        with part.open("wb") as file:
            np.savez_compressed(file, **{_FACTS: np.array(facts)}, **result.arrays)  # type: ignore[arg-type]

    try:
        write_whole(path, save)
    except OSError as error:
        raise TrainingError(f"{path} could not be written: {error.strerror}.") from error


def load_result(folder: Path, task: Task) -> Result | None:
    """What is stored, or None where nothing is, or what is there is damaged."""
    try:
        with (
            _path(folder, task).open("rb") as file,  # np.load leaves a damaged one open
            np.load(file, allow_pickle=False) as stored,
        ):
            facts = json.loads(str(stored[_FACTS]))["facts"]
            return Result(facts, {name: stored[name] for name in stored.files if name != _FACTS})
    except (
        OSError,
        ValueError,
        KeyError,
        RecursionError,
        EOFError,
        zipfile.BadZipFile,
        zlib.error,
    ):
        return None


def _path(folder: Path, task: Task) -> Path:
    return folder / f"{task.key[:32]}.npz"


def _started(folder: Path, task: Task) -> Path:
    """Its presence says that a worker is at the task, or died on it."""
    return folder / f"{task.key[:32]}.started"


def _make_writable(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe = folder / f".probe.{os.getpid()}"
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise SettingsError(f"{folder} cannot be written to: {error.strerror}.") from error


@dataclass(frozen=True)
class _Job:
    """What a worker needs besides the task; share: how it gets what the tasks share."""

    work: Work
    folder: Path
    share: Callable[[], object]

    def __call__(self, task: Task) -> Outcome:
        """In the worker. A node of a cluster that does not see the folder leaves the storing to
        the process that asked."""
        sees_folder = self.folder.is_dir()
        if sees_folder:
            _started(self.folder, task).touch()
        try:
            result = self.work(self.share(), task.settings)
            if sees_folder:
                store_result(self.folder, task, result)
        except EvokeError as error:
            return Outcome(task, None, str(error))
        finally:
            _started(self.folder, task).unlink(missing_ok=True)
        return Outcome(task, result)


@dataclass(frozen=True)
class _Held:
    """Something that travels with each task; joblib hands large arrays over as memory maps."""

    value: object

    def __call__(self) -> object:
        return self.value


@dataclass(frozen=True)
class _InRay:
    """Something that lies once in Ray's object store."""

    reference: Any

    def __call__(self) -> object:
        import ray

        return ray.get(self.reference)


@dataclass(frozen=True)
class _Pool:
    """joblib's backend, and the exceptions by which it says that a worker has died."""

    backend: str
    workers: int
    deadly: tuple[type[Exception], ...]
    share: Callable[[object], Callable[[], object]]
    options: Mapping[str, Any] = field(default_factory=dict)

    def run(
        self, job: _Job, tasks: Sequence[Task], finished: Callable[[Outcome], None]
    ) -> list[Task]:
        """Run tasks in a fresh set of workers; returns those in flight when one died, if any.

        joblib runs in this very process where it is asked for one worker only, so it is always
        asked for two and given as many tasks as may run at a time."""
        import joblib

        in_flight: dict[str, Task] = {}

        def calls() -> Iterator[Any]:
            for task in tasks:
                in_flight[task.key] = task
                yield joblib.delayed(job)(task)

        try:
            with joblib.parallel_config(self.backend, **self.options):
                outcomes = joblib.Parallel(
                    n_jobs=max(2, self.workers),
                    pre_dispatch=self.workers,
                    batch_size=1,
                    return_as="generator_unordered",
                )(calls())
            for arrived in outcomes:
                outcome = _owned(arrived)
                del in_flight[outcome.task.key]
                if outcome.result is not None and load_result(job.folder, outcome.task) is None:
                    store_result(job.folder, outcome.task, outcome.result)
                finished(outcome)
        except self.deadly:
            return list(in_flight.values())
        return []


def _owned(outcome: Outcome) -> Outcome:
    """Its arrays copied: Ray's lie in its object store, which goes when the cluster is left."""
    result = outcome.result
    if result is None:
        return outcome
    arrays = {name: np.array(array) for name, array in result.arrays.items()}
    return replace(outcome, result=Result(result.facts, arrays))


@contextlib.contextmanager
def _pool(workers: int | None, cluster: str | None) -> Iterator[_Pool]:
    if cluster is not None:
        with _ray(cluster) as pool:
            yield pool
        return
    import joblib
    from joblib.externals.loky.process_executor import BrokenProcessPool

    # one thread each, as Ray has it: sums taken by another number of threads round otherwise
    options = {"inner_max_num_threads": 1}
    yield _Pool("loky", workers or joblib.cpu_count(), (BrokenProcessPool,), _Held, options)


@contextlib.contextmanager
def _ray(address: str) -> Iterator[_Pool]:
    with connected(address) as resources:
        import ray

        cpus = int(resources.get("CPU", 0))
        if cpus < 2:
            raise SettingsError(f"The Ray cluster at {address} needs at least 2 CPUs, has {cpus}.")
        _register_ray()
        yield _Pool(_RAY, cpus, (ray.exceptions.RayError,), lambda value: _InRay(ray.put(value)))


@contextlib.contextmanager
def connected(address: str) -> Iterator[Mapping[str, float]]:
    """Join a Ray cluster, and leave it at the end; gives what it has, by Ray's names ('CPU',
    'GPU'). Raises SettingsError if none answers."""
    try:
        import ray
    except ImportError as error:
        raise SettingsError("A cluster needs Ray: pip install 'evoke[cluster]'.") from error
    _check_reachable(address)
    try:
        ray.init(address=address, logging_level=logging.ERROR, log_to_driver=False)
    except (ConnectionError, ValueError, RuntimeError) as error:
        raise SettingsError(f"No Ray cluster answers at {address}.") from error
    try:
        yield ray.cluster_resources()
    finally:
        ray.shutdown()


def _check_reachable(address: str) -> None:
    """Ray itself would try for minutes. Raises SettingsError if nothing listens there."""
    host, _, port = address.removeprefix("ray://").rpartition(":")
    if not host or not port.isdecimal():
        return
    try:
        socket.create_connection((host, int(port)), timeout=CONNECT_S).close()
    except (OSError, OverflowError) as error:
        raise SettingsError(f"No Ray cluster answers at {address}.") from error


def _register_ray() -> None:
    """Ray's backend inherits from joblib's for multiprocessing, and with it the statement that it
    cannot hand out results as they come. It calls back for each of them, which is all it takes;
    without it, a batch that is aborted would lose what had been found."""
    from joblib import register_parallel_backend
    from ray.util.joblib.ray_backend import RayBackend

    class GeneratingRayBackend(RayBackend):
        supports_return_generator = True

    register_parallel_backend(_RAY, GeneratingRayBackend)
