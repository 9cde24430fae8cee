"""Several networks side by side, memory that runs out, and runs that diverge."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from evoke.errors import TrainingError, out_of_memory
from evoke.training.config import DistillConfig, TrainConfig
from evoke.training.device import WARM_UP_RUNS, cpu_bf16, cpu_threads, has_bf16, to_host
from evoke.training.events import BatchesDone, BatchReduced, EpochEnded, Event, Finish
from evoke.training.fitting import Examples, Fitting, Objective, predict
from evoke.training.losses import Loss, distil, label_loss, learn
from evoke.training.trainer import fit_together
from evoke.training.ways import Way, unlike_asked

CONFIG = TrainConfig(epochs=3, batch=32, learning_rate=3e-3, patience=3, seed=5, epoch_share=1.0)


def network(seed: int = 1) -> nn.Module:
    torch.manual_seed(seed)
    return nn.Sequential(
        nn.ZeroPad2d((1, 2, 1, 2)),
        nn.Conv2d(4, 4, 4),
        nn.ReLU(),
        nn.Flatten(),
        nn.Dropout(0.3),
        nn.Linear(324, 3),
    )


def examples(n: int = 150, seed: int = 0) -> Examples:
    rng = np.random.default_rng(seed)
    grid = rng.standard_normal((n, 4, 9, 9)).astype(np.float32)
    teacher = 3 * grid[:, :3, 4, 4]
    return Examples(grid, (teacher > 0).astype(np.float32), teacher)


def weights(trained: nn.Module) -> dict[str, torch.Tensor]:
    return {name: tensor.clone() for name, tensor in trained.state_dict().items()}


def same(first: nn.Module, second: nn.Module) -> bool:
    a, b = weights(first), weights(second)
    return all(torch.equal(a[name], b[name]) for name in a)


def train(objective: Objective, config: TrainConfig = CONFIG, device: str = "cpu") -> Fitting:
    fitting = Fitting(network(), examples(), examples(40, 1), config, objective, device)
    assert fit_together([fitting], lambda _event: None, lambda: False)
    fitting.keep_best()
    return fitting


def fit(
    trained: nn.Module,
    of: Examples,
    validation: Examples | None,
    config: TrainConfig,
    objective: Objective | Loss,
    on_event: Callable[[Event], None] = lambda _event: None,
    cancelled: Callable[[], bool] = lambda: False,
    device: str = "cpu",
) -> Fitting:
    """One network alone, which is left with the weights of its best epoch."""
    if not isinstance(objective, Objective):
        objective = Objective(objective)
    fitting = Fitting(trained, of, validation, config, objective, device)
    fit_together([fitting], on_event, cancelled)
    fitting.keep_best()
    return fitting


def test_a_label_of_one_class_does_not_choose_the_epoch() -> None:
    """The best epoch would be the one that says that class most surely."""
    held = examples(40, 1)
    one = Examples(held.grid, held.labels * np.float32([1, 1, 0]), None)
    fitting = Fitting(network(), examples(), one, CONFIG, Objective(learn), "cpu")
    logits = np.random.default_rng(0).standard_normal((40, 3)).astype(np.float32)
    sure = logits + np.float32([0, 0, -9])
    assert fitting.judge(logits)[0] == fitting.judge(sure)[0]
    nothing = Examples(held.grid, np.zeros_like(held.labels), None)
    fitting = Fitting(network(), examples(), nothing, CONFIG, Objective(learn), "cpu")
    assert np.isfinite(fitting.judge(logits)[0] or np.nan)  # there is no other label to go by


def test_side_by_side_is_as_alone() -> None:
    """Dropout draws for each network apart, though their batches take turns."""
    alone = [network(1), network(2)]
    for number, one in enumerate(alone):
        config = CONFIG.with_options(seed=number, epochs=2 + number)
        fit(one, examples(), None, config, learn, lambda _event: None, lambda: False)
    fittings = [
        Fitting(
            network(1 + number),
            examples(),
            None,
            CONFIG.with_options(seed=number, epochs=2 + number),
            Objective(learn),
            fold=1 + number,
        )
        for number in range(2)
    ]
    events: list[Event] = []
    assert fit_together(fittings, events.append, lambda: False)
    ended = [(e.fold, e.epoch) for e in events if isinstance(e, EpochEnded)]
    assert ended == [(1, 1), (2, 1), (1, 2), (2, 2), (2, 3)]
    for fitting, one in zip(fittings, alone, strict=True):
        assert same(fitting.keep_best(), one)


def test_the_preallocated_adam_is_torchs_own() -> None:
    """Trained by hand with a fresh Adam, on the same windows in the same order."""
    config = TrainConfig(
        precision="fp32",
        epoch_share=1.0,
        epochs=1,
        batch=150,
        patience=None,
        schedule="constant",
        seed=5,
    )
    data, plain = examples(), nn.Sequential(nn.Flatten(), nn.Linear(324, 3))
    start = {name: tensor.clone() for name, tensor in plain.state_dict().items()}
    optimiser = torch.optim.Adam(plain.parameters(), lr=1e-3)
    for _ in range(3):
        loss = label_loss(plain(torch.from_numpy(data.grid)), torch.from_numpy(data.labels))
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    ours = nn.Sequential(nn.Flatten(), nn.Linear(324, 3))
    ours.load_state_dict(start)
    config = config.with_options(epochs=3)
    fit(ours, data, None, config, learn, lambda _event: None, lambda: False)
    for name, tensor in ours.state_dict().items():
        assert torch.allclose(tensor, plain.state_dict()[name], atol=1e-6)


class Hungry(nn.Module):
    """Has memory for 20 windows at a time while it learns."""

    def __init__(self, error: type[RuntimeError], message: str) -> None:
        super().__init__()
        self.inner = network()
        self.error, self.message = error, message
        self.after = 2
        self.calls = 0

    def forward(self, grid: torch.Tensor) -> torch.Tensor:
        self.calls += self.training
        if self.training and len(grid) > 20 and self.calls > self.after:
            raise self.error(self.message)
        return self.inner(grid)


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (torch.OutOfMemoryError, "CUDA out of memory."),
        (RuntimeError, "DefaultCPUAllocator: can't allocate memory"),
        (RuntimeError, "CUDA error: CUBLAS_STATUS_ALLOC_FAILED"),
    ],
)
def test_smaller_batches_answer_memory_that_runs_out(
    error: type[RuntimeError], message: str
) -> None:
    """The epoch starts again from the weights before it, so half a broken epoch leaves nothing."""
    events: list[Event] = []
    hungry = Hungry(error, message)
    fit(hungry, examples(), None, CONFIG, learn, events.append, lambda: False)
    assert [e for e in events if isinstance(e, BatchReduced)] == [BatchReduced(1, 1, 16)]
    assert [e.epoch for e in events if isinstance(e, EpochEnded)] == [1, 2, 3]
    plain = network()
    config = CONFIG.with_options(batch=16)
    fit(plain, examples(), None, config, learn, lambda _event: None, lambda: False)
    assert same(hungry.inner, plain)


def test_memory_for_no_window_at_all_is_one_clear_error() -> None:
    class Greedy(Hungry):
        def forward(self, grid: torch.Tensor) -> torch.Tensor:
            raise torch.OutOfMemoryError("CUDA out of memory.")

    greedy = Greedy(RuntimeError, "")
    events: list[Event] = []
    with pytest.raises(TrainingError, match="memory does not hold a single window"):
        fit(greedy, examples(), None, CONFIG, learn, events.append, lambda: False)
    assert events == [], "batches that never fitted are not told"


def test_what_was_really_done_is_kept_with_the_epochs() -> None:
    hungry = Hungry(torch.OutOfMemoryError, "CUDA out of memory.")
    hungry.after = 7  # in the second epoch
    config = CONFIG.with_options(precision="fp32")
    fitting = fit(hungry, examples(), None, config, learn, lambda _event: None, lambda: False)
    ways = fitting.last.progress.ways
    assert ways == (Way(1, 32, "cpu", "fp32"), Way(2, 16, "cpu", "fp32"))
    assert unlike_asked(32, ways) == "batches of 32, 16 from epoch 2 on, where memory ran out"
    assert unlike_asked(32, ways[:1]) == ""


def test_folds_that_do_not_fit_together_wait_for_one_another() -> None:
    """There is no room for the second before the first has ended: it comes out as it would alone,
    and with the batches that were asked for."""
    alone = train(Objective(learn), CONFIG)
    first = Fitting(network(), examples(), examples(40, 1), CONFIG, Objective(learn))

    class Second(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.inner = network()

        def forward(self, grid: torch.Tensor) -> torch.Tensor:
            if first.finish is None:
                raise torch.OutOfMemoryError("CUDA out of memory.")
            return self.inner(grid)

    waiting = Second()
    both = [first, Fitting(waiting, examples(), examples(40, 1), CONFIG, Objective(learn), fold=2)]
    events: list[Event] = []
    assert fit_together(both, events.append, lambda: False)
    ended = [(e.fold, e.epoch) for e in events if isinstance(e, EpochEnded)]
    assert ended == [(1, 1), (1, 2), (1, 3), (2, 1), (2, 2), (2, 3)]
    assert not any(isinstance(event, BatchReduced) for event in events)
    for fitting in both:
        fitting.keep_best()
    assert same(first.network, alone.network)
    assert same(waiting.inner, alone.network)


def test_what_does_not_fit_is_read_in_smaller_blocks() -> None:
    """The test after training, and validation, which costs no smaller batches then."""

    class Cramped(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.inner = network()

        def forward(self, grid: torch.Tensor) -> torch.Tensor:
            if not self.training and len(grid) > 40:
                raise torch.OutOfMemoryError("CUDA out of memory.")
            return self.inner(grid)

    held, cramped = examples(90, 1), Cramped()
    assert predict(cramped, held.grid) == pytest.approx(predict(cramped.inner, held.grid), abs=1e-6)
    events: list[Event] = []
    fit(cramped, examples(), held, CONFIG, learn, events.append, lambda: False)
    assert [type(event) for event in events if not isinstance(event, BatchesDone)] == 3 * [
        EpochEnded
    ]


def test_bf16_is_taken_of_gpus_that_multiply_it_themselves(monkeypatch: pytest.MonkeyPatch) -> None:
    """A Turing card: torch says yes, for it emulates it."""

    def supported(including_emulation: bool = True) -> bool:
        return including_emulation

    monkeypatch.setattr(torch.cuda, "is_bf16_supported", supported)
    assert not has_bf16("cuda")


def test_memory_that_ran_out_is_known_behind_the_error_it_caused() -> None:
    """Leaving a graph that could not be recorded raises another error over the first."""
    left = RuntimeError("capture failed")
    left.__context__ = torch.OutOfMemoryError("CUDA out of memory.")
    assert out_of_memory(left)
    assert not out_of_memory(RuntimeError("capture failed"))
    assert not out_of_memory(MemoryError("of Python"))


def test_copies_on_the_host_stay_as_they_were() -> None:
    tensor = torch.arange(6.0).reshape(2, 3).t()
    copy = to_host({"a": tensor})["a"]
    tensor.zero_()
    assert copy.tolist() == [[0, 3], [1, 4], [2, 5]]


def test_other_errors_of_the_device_are_not_taken_for_memory() -> None:
    hungry = Hungry(RuntimeError, "a broken driver")
    with pytest.raises(RuntimeError, match="a broken driver"):
        fit(hungry, examples(), None, CONFIG, learn, lambda _event: None, lambda: False)


def test_a_loss_that_runs_away_is_divergence_too() -> None:
    config = CONFIG.with_options(learning_rate=0.99, epochs=6)
    with pytest.raises(TrainingError, match=r"diverged in epoch \d: a loss of .* below 0.99"):
        fit(network(), examples(), None, config, learn, lambda _event: None, lambda: False)


def test_cancelling_a_validation_leaves_the_epoch_before() -> None:
    """Steps take up 5 questions of an epoch, one precedes them, and validation asks again."""
    data, config = examples(), CONFIG.with_options(patience=3)
    fitting = Fitting(network(), data, examples(200, 1), config, Objective(learn))
    asked = iter([False] * 7 + [True])
    events: list[Event] = []
    before = fitting.last
    assert not fit_together([fitting], events.append, lambda: next(asked))
    assert next(asked, None) is None
    assert fitting.last is before
    assert fitting.progress.epoch == 0
    assert not any(isinstance(event, EpochEnded) for event in events)


def test_the_moving_average_is_what_is_kept() -> None:
    """With a decay near one it stays between the first weights and the last."""
    plain, averaged = train(Objective(learn)), train(Objective(learn, ema=0.9))
    start = network()
    moved = [
        (p - s).norm() for p, s in zip(plain.network.parameters(), start.parameters(), strict=True)
    ]
    behind = [
        (p - s).norm()
        for p, s in zip(averaged.network.parameters(), start.parameters(), strict=True)
    ]
    assert not same(plain.network, averaged.network)
    assert 0 < sum(behind) < sum(moved)


def test_mixed_windows_are_the_same_for_teacher_and_student() -> None:
    """The teacher's answers and the student's questions are recorded and compared."""
    seen: list[torch.Tensor] = []
    asked: list[torch.Tensor] = []

    class Recorded(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.inner = network()

        def forward(self, grid: torch.Tensor) -> torch.Tensor:
            if self.training:
                seen.append(grid.detach().clone())
            return self.inner(grid)

    def teacher(grid: torch.Tensor) -> torch.Tensor:
        asked.append(grid.clone())
        return 3 * grid[:, :3, 4, 4]

    loss = distil(DistillConfig(alpha=1.0, matching="logits"))
    data = examples()
    fit(
        Recorded(),
        data,
        None,
        CONFIG.with_options(epochs=1),
        Objective(loss, mixup=1.0, teacher=teacher),
        lambda _event: None,
        lambda: False,
    )
    assert len(seen) == len(asked) == 5
    assert all(torch.equal(a, b) for a, b in zip(seen, asked, strict=True))
    windows = {row.tobytes() for row in data.grid}
    assert not any(row.numpy().tobytes() in windows for row in torch.cat(seen))
    mean = np.concatenate([batch.numpy() for batch in seen]).mean(axis=0)
    assert mean == pytest.approx(data.grid.mean(axis=0), abs=1e-5)


def test_matching_logits_recovers_a_linear_teacher() -> None:
    linear = nn.Sequential(nn.Flatten(), nn.Linear(324, 3))
    objective = Objective(distil(DistillConfig(alpha=1.0, matching="logits")), ema=0.9)
    config = CONFIG.with_options(epochs=20, learning_rate=0.01, patience=20)
    fit(linear, examples(1000), None, config, objective, lambda _event: None, lambda: False)
    fresh = examples(100, seed=9)
    assert fresh.teacher is not None
    assert np.corrcoef(predict(linear, fresh.grid).ravel(), fresh.teacher.ravel())[0, 1] > 0.9


def test_bf16_learns_the_same_to_its_precision() -> None:
    fine = train(Objective(learn), CONFIG.with_options(precision="fp32"))
    coarse = train(Objective(learn), CONFIG.with_options(precision="bf16"))
    a, b = (predict(f.network, examples(60, 3).grid) for f in (fine, coarse))
    assert not np.array_equal(a, b)
    assert b == pytest.approx(a, abs=0.05)
    assert all(p.dtype == torch.float32 for p in coarse.network.parameters())


def test_threads_are_given_back(monkeypatch: pytest.MonkeyPatch) -> None:
    before = torch.get_num_threads()
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    with cpu_threads() as threads:
        assert threads == torch.get_num_threads() == min(len(os.sched_getaffinity(0)), 8)
    assert torch.get_num_threads() == before
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    with cpu_threads() as threads:
        assert threads == before


CPU_INFO = Path("/proc/cpuinfo")


@pytest.mark.skipif(not CPU_INFO.exists(), reason="not Linux")
def test_bf16_of_the_processor_is_what_the_kernel_says_of_it() -> None:
    flags = CPU_INFO.read_text().split()
    assert cpu_bf16() == any(name in flags for name in ("avx512_bf16", "amx_bf16", "bf16"))


NEEDS_GPU = pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU")


@NEEDS_GPU
def test_the_gpu_repeats_itself_to_the_bit() -> None:
    first, second = (train(Objective(learn, ema=0.9), device="cuda") for _ in range(2))
    assert same(first.network, second.network)


@NEEDS_GPU
def test_recorded_steps_learn_what_direct_steps_learn() -> None:
    config = CONFIG.with_options(precision="fp32")
    nets = []
    for device in ("cpu", "cuda"):
        plain = nn.Sequential(*[m for m in network().children() if not isinstance(m, nn.Dropout)])
        fit(plain, examples(), None, config, learn, lambda _event: None, lambda: False, device)
        nets.append(plain.cpu())
    grid = examples(60, 3).grid
    assert predict(nets[1], grid) == pytest.approx(predict(nets[0], grid), abs=1e-2)


@NEEDS_GPU
def test_side_by_side_on_the_gpu_is_as_alone() -> None:
    alone = train(Objective(learn), CONFIG, "cuda")
    both = [
        Fitting(network(), examples(), examples(40, 1), CONFIG, Objective(learn), "cuda", fold)
        for fold in (1, 2)
    ]
    assert fit_together(both, lambda _event: None, lambda: False)
    for fitting in both:
        assert same(fitting.keep_best(), alone.network)


@NEEDS_GPU
def test_a_gpu_run_goes_on_from_a_snapshot_to_the_bit() -> None:
    whole = train(Objective(learn, ema=0.9), device="cuda")
    first = Fitting(
        network(), examples(), examples(40, 1), CONFIG, Objective(learn, ema=0.9), "cuda"
    )
    epochs: list[Event] = []
    fit_together([first], epochs.append, lambda: any(isinstance(e, EpochEnded) for e in epochs))
    second = Fitting(
        network(),
        examples(),
        examples(40, 1),
        CONFIG,
        Objective(learn, ema=0.9),
        "cuda",
        snapshot=first.last,
    )
    assert fit_together([second], lambda _event: None, lambda: False)
    assert second.finish is Finish.COMPLETED
    assert same(second.keep_best(), whole.network)


@NEEDS_GPU
@pytest.mark.parametrize("after", [1, WARM_UP_RUNS], ids=["warming up", "recording"])
def test_memory_that_runs_out_on_a_gpu_is_answered_by_smaller_batches(after: int) -> None:
    events: list[Event] = []
    hungry = Hungry(torch.OutOfMemoryError, "CUDA out of memory.")
    hungry.after = after
    fit(hungry, examples(), None, CONFIG, learn, events.append, lambda: False, "cuda")
    assert [e for e in events if isinstance(e, BatchReduced)] == [BatchReduced(1, 1, 16)]
    plain = network()
    config = CONFIG.with_options(batch=16)
    fit(plain, examples(), None, config, learn, lambda _event: None, lambda: False, "cuda")
    assert same(hungry.inner, plain)


@NEEDS_GPU
def test_mixed_windows_and_a_teacher_are_recorded_too() -> None:
    """Shares, rates and averages change from step to step under one and the same graph."""
    loss = distil(DistillConfig(alpha=1.0, matching="logits"))
    objective = Objective(loss, mixup=1.0, teacher=lambda grid: 3 * grid[:, :3, 4, 4], ema=0.9)
    config = CONFIG.with_options(precision="fp32", epochs=4)
    nets = []
    for device in ("cpu", "cuda"):
        plain = nn.Sequential(*[m for m in network().children() if not isinstance(m, nn.Dropout)])
        fit(plain, examples(), None, config, objective, lambda _event: None, lambda: False, device)
        nets.append(plain.cpu())
    grid = examples(60, 3).grid
    assert predict(nets[1], grid) == pytest.approx(predict(nets[0], grid), abs=1e-2)


@NEEDS_GPU
def test_a_cancelled_run_leaves_nothing_queued() -> None:
    fitting = Fitting(network(), examples(), None, CONFIG, Objective(learn), "cuda")
    asked = iter([False, False, True])
    assert not fit_together([fitting], lambda _event: None, lambda: next(asked))
    before = weights(fitting.network)
    torch.cuda.synchronize()
    after = weights(fitting.network)
    assert all(torch.equal(before[name], after[name]) for name in before)
