"""The folds of one run on a Ray cluster: trained there side by side, told and kept here.

Every epoch's snapshot comes back, so that a fold whose worker dies goes on from its last epoch on
another, and a run whose own process dies goes on as one of this computer would.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evoke.errors import EvokeError, TrainingError, gpu_sentence
from evoke.training.config import TrainConfig
from evoke.training.data import LabelledWindows
from evoke.training.events import Event, FoldStarted
from evoke.training.jobs import MAX_DEATHS, connected
from evoke.training.run import CheckpointWriter, Distillation, NetworkFactory, Trained, run
from evoke.training.runs import RunFolder, Snapshot

AHEAD = 4
"""News that a worker may have ready before it waits for them to be taken."""

LOOK_S = 0.1


@dataclass(frozen=True)
class _Work:
    """What all folds share, once in the cluster's object store."""

    data: LabelledWindows
    config: TrainConfig
    make_network: NetworkFactory
    distillation: Distillation | None
    device: str


@dataclass(frozen=True)
class _Failed:
    """Why a fold cannot be trained; lost: its worker died, and another may go on."""

    why: str
    lost: bool = False


News = Event | Snapshot | Trained | _Failed


def run_on_cluster(
    address: str,
    data: LabelledWindows,
    config: TrainConfig,
    make_network: NetworkFactory,
    write: CheckpointWriter,
    distillation: Distillation | None = None,
    on_event: Callable[[Event], None] = lambda _event: None,
    cancelled: Callable[[], bool] = lambda: False,
    folder: RunFolder | None = None,
) -> list[Trained]:
    """As `run`, on the cluster at `address`: 'auto', 'HOST:PORT' or 'ray://HOST:PORT'. Each fold
    takes a CPU and one thread, or a GPU where there is one; its figures are those of a run here
    with one thread.

    make_network, distillation: must be picklable, with modules that the cluster can import.
    Raises SettingsError if no cluster answers, TrainingError as `run` does, and for a fold whose
    workers died twice.
    """
    with connected(address) as resources:
        import ray

        device = "cuda" if resources.get("GPU", 0) >= 1 else "cpu"
        shared = ray.put(_Work(data, config, make_network, distillation, device))
        folds = [
            _Fold(number, shared, device, folder.load(number) if folder else None)
            for number in range(1, config.run_folds + 1)
        ]
        return _gathered(folds, write, on_event, cancelled, folder)


def _gathered(
    folds: list[_Fold],
    write: CheckpointWriter,
    on_event: Callable[[Event], None],
    cancelled: Callable[[], bool],
    folder: RunFolder | None,
) -> list[Trained]:
    inbox: queue.Queue[tuple[_Fold, News]] = queue.Queue(AHEAD * len(folds))
    for fold in folds:
        fold.send_to(inbox)
    done: dict[int, Trained] = {}
    while len(done) < len(folds) and not cancelled():
        try:
            fold, news = inbox.get(timeout=LOOK_S)
        except queue.Empty:
            continue
        if isinstance(news, Snapshot):
            fold.snapshot = news
            if folder:
                folder.save(fold.number, news)
        elif isinstance(news, Trained):
            done[fold.number] = news
            if 1 in done:  # the checkpoint is the first fold's
                write([done[number] for number in sorted(done)])
        elif isinstance(news, _Failed):
            fold.deaths += 1
            if not news.lost or fold.deaths == MAX_DEATHS:
                raise TrainingError(news.why)
            fold.send_to(inbox)
        elif isinstance(news, FoldStarted):
            on_event(replace(news, device=f"cluster, {news.device}"))
        else:
            on_event(news)
    if folder:
        folder.flush()
    return [done[number] for number in sorted(done)]


class _Fold:
    """One fold, counted from 1, as it is seen from here."""

    def __init__(self, number: int, shared: Any, device: str, snapshot: Snapshot | None) -> None:
        self.number = number
        self.snapshot = snapshot
        self.deaths = 0
        self._shared = shared
        self._gpus = int(device != "cpu")

    def send_to(self, inbox: queue.Queue[tuple[_Fold, News]]) -> None:
        """Train it on the cluster, from its last snapshot on, and put the news into `inbox`."""
        import ray

        remote = ray.remote(num_cpus=1, num_gpus=self._gpus, max_retries=0)(_train)
        # the generator waits when so much is ready: a pause here is a pause there
        streaming = remote.options(
            num_returns="streaming", _generator_backpressure_num_objects=AHEAD
        )
        news = streaming.remote(self._shared, self.number - 1, self.snapshot)
        threading.Thread(target=self._pass_on, args=(news, inbox), daemon=True).start()

    def _pass_on(self, news: Any, inbox: queue.Queue[tuple[_Fold, News]]) -> None:
        import ray

        try:
            for reference in news:
                inbox.put((self, _owned(ray.get(reference))))
        except ray.exceptions.RayTaskError as error:
            inbox.put((self, _Failed(f"Fold {self.number} failed on the cluster: {error.cause}.")))
        except Exception as error:  # a worker or a node that died; or the cluster was left
            words = str(error).partition("\n")[0]
            why = f"The cluster's worker for fold {self.number} died {MAX_DEATHS} times ({words})."
            inbox.put((self, _Failed(why, lost=True)))


class _Sender:
    """In the worker: a run's folder whose epochs go where the run is kept."""

    def __init__(self, told: queue.Queue[News], stored: Snapshot | None) -> None:
        self._told = told
        self._stored = stored

    def save(self, _fold: int, snapshot: Snapshot) -> None:
        self._told.put(snapshot)

    def load(self, _fold: int) -> Snapshot | None:
        return self._stored

    def flush(self) -> None:
        """All that was saved is on its way."""


def _train(work: _Work, fold: int, stored: Snapshot | None) -> Iterator[News]:
    """In the worker: news of a fold, counted from 0, until it is `Trained` or `_Failed`."""
    import torch

    if work.device == "cpu":
        torch.set_num_threads(1)
    told: queue.Queue[News] = queue.Queue(AHEAD)
    kept = None if stored is None else Snapshot(stored.progress, _copied(stored.tensors))

    def train() -> None:
        try:
            [trained] = run(
                work.data,
                work.config,
                work.make_network,
                lambda _folds: None,
                work.distillation,
                told.put,
                device=work.device,
                folder=_Sender(told, kept),
                only=fold,
            )
            told.put(trained)
        except EvokeError as error:
            told.put(_Failed(str(error)))
        except Exception as error:
            why = gpu_sentence(error) or f"{error}."
            told.put(_Failed(f"Fold {fold + 1} failed on the cluster: {why}"))

    threading.Thread(target=train, daemon=True).start()
    while not isinstance(news := told.get(), Trained | _Failed):
        yield news
    yield news


def _owned(news: News) -> News:
    """Its arrays copied: Ray's lie in its object store, and stay there for as long."""
    if isinstance(news, Snapshot):
        return Snapshot(news.progress, _copied(news.tensors))
    if isinstance(news, Trained):
        return replace(
            news,
            weights=_copied(news.weights),
            mean=np.array(news.mean),
            std=np.array(news.std),
            report=replace(news.report, probabilities=np.array(news.report.probabilities)),
        )
    return news


def _copied(tensors: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
    return {name: np.array(array) for name, array in tensors.items()}
