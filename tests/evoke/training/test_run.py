"""Training end to end on a few generated trials."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from evoke.dataset.demo import generate_subject
from evoke.dataset.splits import splits
from evoke.dataset.subject import Subject, subject_features
from evoke.errors import SettingsError, TrainingError
from evoke.features import DifferentialEntropy
from evoke.training.config import DistillConfig, TrainConfig
from evoke.training.data import LabelledWindows, collect
from evoke.training.events import BatchesDone, EpochEnded, Event, Finish, FoldEnded, FoldStarted
from evoke.training.fitting import one_cycle
from evoke.training.metrics import binary_nll
from evoke.training.run import Distillation, Trained, run, standardisation

CONFIG = TrainConfig(epochs=10, batch=32, learning_rate=3e-3, patience=10, seed=5, epoch_share=1.0)


def small_network(seed: int) -> nn.Module:
    torch.manual_seed(seed)
    return nn.Sequential(
        nn.Flatten(), nn.Linear(324, 16), nn.ReLU(), nn.Dropout(0.2), nn.Linear(16, 3)
    )


@pytest.fixture(scope="module")
def data() -> LabelledWindows:
    subjects = []
    for number in (1, 2):
        eeg, ratings = generate_subject(number, seed=3, trials=16, trial_s=8)
        subjects.append(Subject(f"s{number}", eeg[:, :32], ratings, synthetic=True))
    features = DifferentialEntropy()
    return collect((subject_features(s, features, "mean") for s in subjects), features)


def train(data: LabelledWindows, config: TrainConfig = CONFIG, **options: object) -> list[Trained]:
    return run(data, config, small_network, lambda _folds: None, **options)  # type: ignore[arg-type]


def test_the_loss_falls_and_the_events_tell_so(data: LabelledWindows) -> None:
    events: list[Event] = []
    [trained] = train(data, on_event=events.append)
    started, *between, ended = [e for e in events if not isinstance(e, BatchesDone)]
    assert isinstance(started, FoldStarted)
    assert isinstance(ended, FoldEnded)
    epochs = [e for e in between if isinstance(e, EpochEnded)]
    assert [e.epoch for e in epochs] == list(range(1, 11))
    assert epochs[-1].loss < 0.7 * epochs[0].loss
    assert started.train + started.validation + started.test == len(data)
    assert trained.best_epoch == min(epochs, key=lambda e: e.nll or 0).epoch
    assert ended.accuracy == trained.report.scores["macro"]["accuracy"]
    assert trained.report.scores["macro"]["accuracy"] > trained.report.trivial["macro"]["accuracy"]


def test_the_seed_fixes_the_weights(data: LabelledWindows) -> None:
    [first] = train(data)
    torch.manual_seed(999)  # what was drawn before does not matter
    [again] = train(data)
    [other] = train(data, CONFIG.with_options(seed=6))
    for name, weights in first.weights.items():
        assert np.array_equal(weights, again.weights[name])
    assert any(not np.array_equal(w, other.weights[n]) for n, w in first.weights.items())


def test_training_leaves_the_global_generator_alone(data: LabelledWindows) -> None:
    torch.manual_seed(1)
    network = small_network(1)
    before = torch.get_rng_state()
    run(data, CONFIG, lambda _seed: network, lambda _folds: None)
    assert torch.equal(torch.get_rng_state(), before)


def test_each_fold_is_written_as_it_ends(data: LabelledWindows) -> None:
    written: list[list[int]] = []
    config = CONFIG.with_options(run_folds=3, epochs=1)
    folds = run(data, config, small_network, lambda done: written.append([t.fold for t in done]))
    assert written == [[0], [0, 1], [0, 1, 2]]
    assert [t.fold for t in folds] == [0, 1, 2]


def test_a_fold_trained_alone_is_the_same_fold(data: LabelledWindows) -> None:
    config = CONFIG.with_options(epochs=2)
    whole = train(data, config.with_options(run_folds=5))
    for fold in (0, 3):
        [alone] = train(data, config, only=fold)
        assert alone.fold == fold
        assert alone.report == whole[fold].report
        assert np.array_equal(alone.report.probabilities, whole[fold].report.probabilities)
        assert alone.calibrator == whole[fold].calibrator
        assert np.array_equal(alone.mean, whole[fold].mean)
        for name, weights in alone.weights.items():
            assert np.array_equal(weights, whole[fold].weights[name])


def test_run_on_it_keeps_the_last_epoch_of_the_same_windows(data: LabelledWindows) -> None:
    config = TrainConfig(
        epoch_share=1.0, epochs=12, batch=32, learning_rate=0.02, patience=1, schedule="constant"
    )
    [stopped], [ran_on] = train(data, config), train(data, config, stopping=False)
    assert stopped.best_epoch < 12
    assert (ran_on.best_epoch, ran_on.finish) == (12, Finish.COMPLETED)
    assert ran_on.train_windows == stopped.train_windows
    assert np.array_equal(ran_on.mean, stopped.mean)
    assert ran_on.calibrator.temperature != (1, 1, 1)
    first, second = (run_.report.scores["macro"]["nll"] for run_ in (stopped, ran_on))
    assert first != second


def test_logits_may_be_given_for_all_windows(data: LabelledWindows) -> None:
    def teacher(grids: np.ndarray) -> np.ndarray:
        return grids[:, :3, 4, 4]

    config = CONFIG.with_options(epochs=2)
    [asked] = train(data, config, distillation=Distillation(teacher, DistillConfig()))
    given = Distillation(teacher(data.grid), DistillConfig())
    [read] = train(data, config, distillation=given)
    for name, weights in asked.weights.items():
        assert np.array_equal(weights, read.weights[name])


def test_without_stopping_it_trains_on_the_validation_fold_too(data: LabelledWindows) -> None:
    events: list[Event] = []
    config = TrainConfig(
        epoch_share=1.0, epochs=2, patience=None, standardise=False, schedule="constant"
    )
    [trained] = train(data, config, on_event=events.append)
    assert isinstance(events[0], FoldStarted)
    assert events[0].train + events[0].test == len(data)
    assert trained.calibrator.temperature == (1, 1, 1)
    assert not trained.mean.any()
    assert (trained.std == 1).all()
    assert trained.best_epoch == 2


def test_it_stops_when_it_gets_no_better(data: LabelledWindows) -> None:
    config = TrainConfig(
        epoch_share=1.0, epochs=60, batch=32, learning_rate=0.02, patience=1, schedule="constant"
    )
    events: list[Event] = []
    [trained] = train(data, config, on_event=events.append)
    epochs = [e for e in events if isinstance(e, EpochEnded)]
    assert trained.finish is Finish.STOPPED
    assert len(epochs) == trained.best_epoch + 1 < 60


@pytest.mark.parametrize("after", [0, 1, 9])
def test_cancelling_ends_it(data: LabelledWindows, after: int) -> None:
    asked = 0

    def cancelled() -> bool:
        nonlocal asked
        asked += 1
        return asked > after

    written: list[object] = []
    assert run(data, CONFIG, small_network, written.append, cancelled=cancelled) == []
    assert written == []
    assert asked == after + 1


def test_divergence_is_one_clear_error(data: LabelledWindows) -> None:
    def broken(seed: int) -> nn.Module:
        network = small_network(seed)
        with torch.no_grad():
            network[-1].bias.fill_(float("nan"))
        return network

    with pytest.raises(TrainingError, match="diverged in epoch 1"):
        run(data, CONFIG, broken, lambda _folds: None)


def test_a_student_follows_its_teacher_where_labels_do_not_count(data: LabelledWindows) -> None:
    """The teacher says the opposite of the labels; with alpha 1 the student believes it."""
    by_window = {grid.tobytes(): high for grid, high in zip(data.grid, data.high, strict=True)}

    def contrary(grids: np.ndarray) -> np.ndarray:
        return np.stack([4 - 8 * by_window[grid.tobytes()] for grid in grids])

    [honest] = train(data)
    [misled] = train(data, distillation=Distillation(contrary, DistillConfig(1.25, alpha=1.0)))
    assert honest.report.scores["macro"]["auroc"] > 0.6
    # calibration, which is fitted on labels, may turn probabilities round, so raw logits are read
    network = small_network(0).eval()
    network.load_state_dict({k: torch.from_numpy(v) for k, v in misled.weights.items()})
    with torch.inference_mode():
        logits = network(torch.from_numpy((data.grid - misled.mean) / misled.std)).numpy()
    assert binary_nll(1 / (1 + np.exp(-logits)), 1 - data.high) < binary_nll(
        1 / (1 + np.exp(-logits)), data.high
    )


def test_each_fold_may_have_a_teacher_of_its_own(data: LabelledWindows) -> None:
    """One that learned from other windows than the fold is tested on."""
    asked: dict[int, np.ndarray] = {}

    def teacher(fold: int) -> Distillation:
        def logits(grids: np.ndarray) -> np.ndarray:
            asked[fold] = grids
            return np.zeros((len(grids), 3), np.float32)

        return Distillation(logits, DistillConfig())

    config = CONFIG.with_options(run_folds=2, epochs=1)
    train(data, config, distillation={fold: teacher(fold) for fold in range(2)})
    for split in splits(config.protocol, data.groups, config.folds, config.seed):
        if split.fold < 2:
            assert np.array_equal(asked[split.fold], data.grid[split.train])


def test_other_weights_on_the_same_folds_make_an_ensemble(data: LabelledWindows) -> None:
    config = CONFIG.with_options(epochs=1)
    [first] = train(data, config)
    [second] = train(data, config.with_options(weights_seed=99))
    assert np.array_equal(first.mean, second.mean)  # of the same training windows
    assert any(not np.array_equal(w, second.weights[n]) for n, w in first.weights.items())


def test_a_mixed_teacher_reads_features_as_they_were_before_standardising(
    data: LabelledWindows,
) -> None:
    """Its own standardisation differs; mixing as such commutes with both."""
    seen: list[torch.Tensor] = []

    class Teacher(nn.Module):
        def forward(self, grid: torch.Tensor) -> torch.Tensor:
            seen.append(grid)
            return grid[:, :3, 4, 4]

    def logits(grids: np.ndarray) -> np.ndarray:
        return grids[:, :3, 4, 4]

    recipe = DistillConfig(alpha=1.0, matching="logits", mixup=1.0)
    config = CONFIG.with_options(epochs=1)
    [trained] = train(data, config, distillation=Distillation(logits, recipe, Teacher()))
    mixed = torch.cat(seen).numpy()
    assert len(mixed) == trained.train_windows
    assert mixed.mean(axis=0) == pytest.approx(trained.mean, abs=1e-4)
    with pytest.raises(SettingsError, match="Mixed windows need the teacher"):
        train(data, config, distillation=Distillation(logits, recipe))


def test_standardising_leaves_empty_cells_alone(data: LabelledWindows) -> None:
    mean, std = standardisation(data.grid)
    z = (data.grid - mean) / std
    used = data.grid.any(axis=0)
    assert used.sum() == 4 * 32
    assert np.abs(z.mean(axis=0)[used]).max() < 1e-4
    assert z.std(axis=0)[used] == pytest.approx(1, abs=1e-4)
    assert not z[:, ~used].any()


def test_samples_are_standardised_by_electrode() -> None:
    """One mean and one scale for all samples of an electrode; a flat electrode stays zero."""
    rng = np.random.default_rng(0)
    windows = rng.normal(0, 1, (40, 32, 128)) * np.arange(32)[:, None] + 3.0
    windows = windows.astype(np.float32)
    mean, std = standardisation(windows)
    assert mean.shape == std.shape == (32, 128)
    assert (np.ptp(mean, axis=1) == 0).all()
    assert (np.ptp(std, axis=1) == 0).all()
    z = ((windows - mean) / std)[:, 1:]
    assert np.abs(z.mean(axis=(0, 2))).max() < 1e-4
    assert z.std(axis=(0, 2)) == pytest.approx(1, abs=1e-4)
    assert (mean[0, 0], std[0, 0]) == (0, 1)


def test_the_learning_rate_makes_one_cycle() -> None:
    assert one_cycle(0) == pytest.approx(1 / 25)
    assert one_cycle(0.2) == pytest.approx(1)
    assert one_cycle(1) == pytest.approx(0)
    rates = [one_cycle(i / 100) for i in range(101)]
    assert rates[:21] == sorted(rates[:21])
    assert rates[20:] == sorted(rates[20:], reverse=True)
