from __future__ import annotations

import dataclasses
import gc
import weakref
from collections.abc import Iterator

import numpy as np
import pytest

from evoke.analyzer import Analyzer
from evoke.dataset.windows import trial_features
from evoke.emotion import UNDECIDED
from evoke.errors import CheckpointError
from evoke.features import DifferentialEntropy, RawWindows, band_power, to_grid
from evoke.signal.chain import ChainSettings, SignalChain
from evoke.signal.montage import ELECTRODES
from evoke.signal.resample import Resampler
from evoke.sources.brainflow import BrainFlowSource
from evoke.sources.brainflow_csv import open_brainflow_csv
from evoke.sources.playback import UNPACED, PlaybackSource, Track
from evoke.types import Affect, Channel, Chunk, Doubt, Phase, StreamInfo
from tests.evoke.conftest import LinearClassifier, prepared_source, raw_recording, raw_source
from tests.evoke.sources.test_brainflow import opened, recording


def read(source: PlaybackSource, classifier: LinearClassifier) -> list[Affect]:
    analyzer = Analyzer(source.info, classifier, opening=source.opening)
    readings = []
    while (chunk := source.read()) is not None:
        readings += analyzer.push(chunk)
    return readings


def assert_same_readings(got: list[Affect], expected: list[Affect]) -> None:
    """Equal as far as the project promises: probabilities to 1e-6, words and bits exactly."""
    assert [(r.trial, r.t_s, r.end) for r in got] == [(r.trial, r.t_s, r.end) for r in expected]
    np.testing.assert_allclose(
        [r.probabilities for r in got], [r.probabilities for r in expected], atol=1e-6
    )
    assert [(r.bits, r.emotion) for r in got] == [(r.bits, r.emotion) for r in expected]


def test_windows_follow_the_rest_at_every_hop(trials, classifier):
    readings = read(prepared_source(trials), classifier)
    times = [r.t_s for r in readings if r.trial == 1]
    assert times == pytest.approx(np.arange(4.0, 12.01, 0.25))
    assert {r.trial for r in readings} == {1, 2}
    assert not any(r.provisional for r in readings)


def test_what_was_read_is_let_go_with_its_reader(trials, classifier):
    """At once: a recording of a hundred megabytes is not left to the collector of cycles."""
    source = prepared_source(trials)
    analyzer = Analyzer(source.info, classifier, opening=source.opening)
    assert analyzer.push(source.read()) is not None
    left = weakref.ref(source)
    gc.disable()
    try:
        del analyzer, source
        assert left() is None
    finally:
        gc.enable()


@pytest.mark.parametrize("mode", ["mean", "paper"])
def test_the_live_path_gives_the_features_that_training_reads(trials, mode):
    classifier = LinearClassifier(baseline=mode)
    readings = read(prepared_source(trials), classifier)
    whole = [r.t_s % 1 == 0 for r in readings]
    expected = trial_features(trials[:, :32], 3.0, DifferentialEntropy(), mode)
    got = np.concatenate(classifier.seen)[whole]
    np.testing.assert_allclose(got, to_grid(np.concatenate(expected)), atol=1e-4)


def test_a_network_of_raw_windows_is_given_the_samples_that_training_reads(trials):
    broken = trials.copy()
    broken[:, 7, 700:900] = 0.0  # interpolated for a while
    classifier = LinearClassifier("raw", "none")
    readings = read(prepared_source(broken), classifier)
    whole_seconds = np.concatenate(classifier.seen)[[r.t_s % 1 == 0 for r in readings]]
    expected = trial_features(broken[:, :32], 3.0, RawWindows(), "none")
    np.testing.assert_array_equal(whole_seconds.reshape(expected.shape), expected)


@pytest.mark.parametrize(
    ("features", "baseline"), [("psd", "paper"), ("raw", "none"), ("de", "paper")]
)
def test_the_screen_shows_band_power_whatever_the_network_reads(
    trials, classifier, features, baseline
):
    source = prepared_source(trials[:1], chunk_samples=32)
    analyzer = Analyzer(source.info, LinearClassifier(features, baseline))
    readings: list[Affect] = []
    while (chunk := source.read()) is not None:
        readings += analyzer.push(chunk)
        if chunk.offset == 6 * 128:
            analyzer.set_classifier(classifier)
    got = [r.features.relative for r in readings if r.t_s % 1 == 0]
    expected = trial_features(trials[:1, :32], 3.0, band_power(), "mean")[0]
    np.testing.assert_allclose(got, expected, atol=1e-4)


def test_the_screen_is_the_same_before_and_after_another_rest_baseline_is_read(trials, classifier):
    paper = LinearClassifier(baseline="paper")
    before, after = (read(prepared_source(trials[:1]), c) for c in (classifier, paper))
    for one, other in zip(before, after, strict=True):
        np.testing.assert_array_equal(one.features.relative, other.features.relative)
        np.testing.assert_array_equal(one.features.raw, other.features.raw)
    seen = [np.concatenate(c.seen) for c in (classifier, paper)]
    assert np.abs(seen[0] - seen[1]).max() > 0.1, "each network still reads its own baseline"


@pytest.mark.parametrize("size", [1, 7, 128, 5000])
def test_chunk_size_changes_nothing(trials, classifier, size):
    whole = read(prepared_source(trials), classifier)
    assert_same_readings(read(prepared_source(trials, chunk_samples=size), classifier), whole)


@pytest.mark.parametrize("size", [1, 7, 128, 5000])
def test_chunk_size_changes_nothing_for_a_raw_recording(classifier, size):
    samples = raw_recording()
    whole = read(raw_source(samples), classifier)
    assert len(whole) > 30
    assert_same_readings(read(raw_source(samples, chunk_samples=size), classifier), whole)


def test_paced_and_unpaced_read_alike(trials, classifier):
    unpaced = read(prepared_source(trials), classifier)
    assert_same_readings(read(prepared_source(trials, speed=16), classifier), unpaced)


def test_the_same_samples_live_read_alike(trials, classifier):
    source = prepared_source(trials[:1], chunk_samples=11)
    unpaced = read(prepared_source(trials[:1]), classifier)
    live = Analyzer(dataclasses.replace(source.info, live=True), classifier)
    readings = []
    while (chunk := source.read()) is not None:
        readings += live.push(chunk)
    assert_same_readings(readings, unpaced)


def test_an_offset_of_5000_uv_changes_nothing_once_settled(classifier):
    plain = read(raw_source(raw_recording()), classifier)
    offset = read(raw_source(raw_recording(offset_uv=5000.0)), classifier)
    np.testing.assert_allclose(
        [r.probabilities for r in offset], [r.probabilities for r in plain], atol=1e-3
    )


def test_without_recorded_rest_three_clean_seconds_stand_in(classifier):
    source = raw_source(raw_recording())
    analyzer = Analyzer(source.info, classifier)
    readings = read(source, classifier)
    assert all(r.provisional for r in readings)
    first = readings[0].t_s
    assert analyzer.chain.settle_s + 4 <= first < analyzer.chain.settle_s + 4.3


def test_bad_seconds_do_not_stand_in_for_rest(classifier):
    samples = raw_recording()
    clean = read(raw_source(samples), classifier)[0].t_s
    samples[:, : 4 * 500] = 0.0  # electrodes not yet on the head
    late = read(raw_source(samples), classifier)[0].t_s
    assert late > clean + 1


@pytest.mark.parametrize("clean", [0, 1, 2])
def test_rest_is_its_clean_seconds_live_as_in_training(trials, classifier, clean):
    """A cap that sits only for the last seconds of the rest, or not at all."""
    late = trials.copy()
    late[:, :32, : (3 - clean) * 128] = 0.0
    readings = read(prepared_source(late), classifier)
    assert all(r.provisional is (clean == 0) for r in readings)
    assert min(r.t_s for r in readings) == (7.0 if clean == 0 else 4.0)
    whole = [r.t_s % 1 == 0 for r in readings]
    relative = trial_features(late[:, :32], 3.0, DifferentialEntropy(), "mean")
    expected = relative[:, 3:] if clean == 0 else relative
    got = np.concatenate(classifier.seen)[whole]
    np.testing.assert_allclose(got, to_grid(np.concatenate(expected)), atol=1e-4)


def clenched(samples: np.ndarray, until_s: float, rate_hz: float) -> np.ndarray:
    """The samples with the jaw clenched until then: 60 uV of muscle on every channel."""
    n = round(until_s * rate_hz)
    made = samples.copy()
    muscle = np.random.default_rng(3).normal(0, 60, (*samples.shape[:-2], 32, n))
    made[..., :32, :n] += muscle
    return made


def test_muscle_is_said_and_never_stands_in_for_rest(classifier):
    """With the jaw clenched at first, nothing is read until three clean seconds have come, and
    from then on what is read is what would be read without."""
    samples = raw_recording(seconds=24)
    from_clean = raw_source(samples)
    from_clean.seek(9.0)
    expected = {r.t_s: r.features.raw for r in read(from_clean, classifier)}
    source = raw_source(clenched(samples, 9.0, 500.0), chunk_samples=333)
    readings = read(source, classifier)
    assert readings[0].t_s < 6
    before, after = ([r for r in readings if (r.t_s > 12.5) is late] for late in (False, True))
    assert {r.doubt for r in before} == {Doubt.NOISE, Doubt.REST}
    assert all((r.doubt is Doubt.REST) is (r.quality.doubt is Doubt.NONE) for r in before)
    assert np.isnan([r.features.relative for r in before]).all()
    assert {r.emotion for r in before} == {UNDECIDED}
    assert Doubt.NOISE not in {r.doubt for r in after}
    assert readings[0].quality.noisy.all()
    assert not readings[0].quality.bad.any()
    assert readings[0].quality.score == 0
    for reading in after[8:]:
        np.testing.assert_allclose(reading.features.raw, expected[reading.t_s], atol=0.5)
    assert np.abs(np.mean([r.features.relative for r in after], axis=(0, 1))).max() < 1.5
    whole = read(raw_source(clenched(samples, 9.0, 500.0), chunk_samples=12000), classifier)
    assert_same_readings(readings, whole)
    for one, other in zip(readings, whole, strict=True):
        np.testing.assert_allclose(one.features.relative, other.features.relative, atol=1e-4)


def test_muscle_in_place_of_rest_is_taken_live_as_in_training(trials, classifier):
    """The cap not on during the rest, then a clenched jaw: the first clean seconds count."""
    broken = trials.copy()
    broken[..., :640] = clenched(trials, 5.0, 128.0)[..., :640]
    broken[:, :32, : 3 * 128] = 0.0
    readings = read(prepared_source(broken), classifier)
    clean = [r for r in readings if r.doubt in (Doubt.NONE, Doubt.CONFIDENCE)]
    assert min(r.t_s for r in clean) == 8.25
    relative = trial_features(broken[:, :32], 3.0, DifferentialEntropy(), "mean")
    seconds = [r.t_s in (9, 10, 11, 12) for r in readings]
    got = np.concatenate(classifier.seen)[seconds]
    np.testing.assert_allclose(got, to_grid(np.concatenate(relative[:, 5:])), atol=1e-4)


def test_a_headset_that_often_loses_samples_finds_its_rest_in_between(classifier):
    source = raw_source(raw_recording(seconds=24), chunk_samples=500)
    analyzer = Analyzer(source.info, classifier)
    readings: list[Affect] = []
    lost, at = 0, -1
    while (chunk := source.read()) is not None:
        if chunk.offset % 2000 == 1500:  # one second in four
            lost = chunk.n_samples
            continue
        readings += analyzer.push(dataclasses.replace(chunk, lost=lost))
        lost = 0
        at = chunk.offset
    assert at == 11000
    assert readings
    assert readings[0].provisional


def test_nothing_is_read_when_half_the_head_is_lost(classifier):
    left = ("Fp1", "AF3", "F3", "F7", "FC5", "FC1", "C3", "T7", "CP5", "CP1", "P3", "P7")
    samples = raw_recording()
    apart = [ELECTRODES.index(name) for name in left]
    samples[apart] = 187_500.0
    analyzer = Analyzer(raw_source(samples).info, classifier)
    analyzer.push(Chunk(0, samples))
    assert analyzer.phase is Phase.REST
    assert analyzer.quality.doubt is Doubt.QUALITY
    assert analyzer.quality.score == pytest.approx(20 / 32)


@pytest.mark.parametrize("entry_s", [1.0, 2.5, 4.0, 12.0])
def test_a_trial_without_rest_is_read_alike_from_wherever_it_is_entered(classifier, entry_s):
    samples = raw_recording(seconds=20)
    samples *= np.linspace(1, 3, samples.shape[1])  # the wrong rest would show
    samples[:, :1500] = 0.0  # 3 s of a cap that is not on yet
    whole = read(raw_source(samples), classifier)
    entered = raw_source(samples)
    entered.seek(entry_s)
    later = read(entered, classifier)
    assert later[0].t_s <= max(14.5, whole[0].t_s)
    assert all(r.provisional for r in later)
    known = {r.t_s: r for r in whole}
    compared = [r for r in later[8:] if r.t_s in known]
    assert len(compared) > 12
    for reading in compared:  # filters begin elsewhere, and their last traces fade
        np.testing.assert_allclose(
            reading.features.relative, known[reading.t_s].features.relative, atol=0.12
        )


@pytest.mark.parametrize("watched_s", [0.0, 5.5, 9.0])
def test_what_was_watched_before_changes_nothing_of_what_is_read_later(classifier, watched_s):
    """Muscle over the first seconds of a trial: the clean rest behind them counts from anywhere."""
    samples = clenched(raw_recording(seconds=30), 6.0, 500.0)
    whole = {r.t_s: r for r in read(raw_source(samples), classifier)}
    source = raw_source(samples, chunk_samples=100)
    analyzer = Analyzer(source.info, classifier, opening=source.opening)
    while (chunk := source.read()) is not None and chunk.offset < watched_s * 500:
        analyzer.push(chunk)
    source.seek(20.0)
    later: list[Affect] = []
    while (chunk := source.read()) is not None:
        later += analyzer.push(chunk)
    assert Doubt.REST not in {r.doubt for r in later}
    for reading in later[8:]:
        np.testing.assert_allclose(
            reading.features.relative, whole[reading.t_s].features.relative, atol=0.12
        )


def test_a_trial_is_searched_for_its_rest_after_a_jump_and_not_at_every_break(classifier):
    """In pieces too short for three clean seconds it would be played anew at each of them."""
    info = raw_source(raw_recording(seconds=1)).info
    breaks = tuple((at, 100) for at in range(1000, 10_000, 1000))
    source = PlaybackSource(
        info, [Track.of(0, raw_recording(seconds=20), breaks=breaks)], speed=UNPACED
    )
    asked: list[int] = []

    def opening(trial: int) -> Iterator[Chunk]:
        asked.append(trial)
        return source.opening(trial)

    analyzer = Analyzer(info, classifier, opening=opening)

    def play() -> None:
        while (chunk := source.read()) is not None:
            assert analyzer.push(chunk) == []

    play()
    assert asked == []
    source.seek(9.0)
    play()
    assert asked == [0]


def test_a_channel_is_left_out_while_the_filters_ring_with_what_was_wrong(classifier):
    """All channels at their limit for 2 s: no window whose second holds an echo of it is read."""
    samples = raw_recording(seconds=24)
    clean = {r.t_s: r for r in read(raw_source(samples), classifier)}
    samples[:, 5000:6000] = 187_500.0  # 10 to 12 s
    samples[3, 7500:7600] = 187_500.0  # one alone, at 15 s
    readings = read(raw_source(samples), classifier)
    settle_s = SignalChain(raw_source(samples).info, ChainSettings()).settle_s
    for reading in readings:
        if 10.5 < reading.t_s < 13 + settle_s:
            assert reading.doubt is Doubt.QUALITY
        if 15.5 < reading.t_s < 16 + settle_s:
            assert reading.quality.bad.tolist() == [i == 3 for i in range(32)]
            assert reading.doubt is not Doubt.QUALITY
        if reading.doubt is not Doubt.QUALITY:
            away = reading.features.raw - clean[reading.t_s].features.raw
            others = np.arange(32) != 3
            assert np.abs(away[others]).max() < 1.5  # dB
    assert readings[-1].doubt is not Doubt.QUALITY
    assert not readings[-1].quality.bad.any()


def test_what_was_withheld_is_not_remembered(trials, classifier):
    """Four seconds of a loose cap in the middle change no reading that follows but by the smoothing
    that its absence means."""
    loose = trials[:1].copy()
    loose[:, :32, 5 * 128 : 9 * 128] *= 1e3
    readings = read(prepared_source(loose), classifier)
    after = [r for r in readings if r.t_s >= 10.0]
    poor = [r for r in readings if 6.0 <= r.t_s <= 9.0]
    assert {r.doubt for r in poor} == {Doubt.QUALITY}
    assert {(r.emotion, r.bits, r.confidence) for r in poor} == {("undecided", "---", 1 / 8)}
    own = np.concatenate(classifier.seen)[[i for i, r in enumerate(readings) if r is after[0]]]
    alone = classifier.classify(own)[0]
    np.testing.assert_allclose(after[0].probabilities, alone, atol=0.03)


@pytest.mark.parametrize("rate_hz", [256.016, 511.9, 128.02])
def test_the_second_that_is_judged_is_the_one_that_is_read_however_long(rate_hz):
    """Rates that the resampler meets to some parts in a hundred thousand only, after five hours."""
    info = StreamInfo("long", rate_hz, tuple(Channel(name) for name in ELECTRODES))
    chain = SignalChain(info, ChainSettings())
    n_in = round(5 * 3600 * rate_hz)
    n_out = Resampler(rate_hz).n_out(n_in)
    start, stop = chain.raw_span(n_out)
    assert stop - start == round(rate_hz)
    assert abs(stop + chain.delay_s * rate_hz - n_in) < 3


def test_a_seek_into_a_trial_reads_what_playing_up_to_it_reads(trials, classifier):
    played = {r.t_s: r for r in read(prepared_source(trials), classifier) if r.trial == 2}
    source = prepared_source(trials)
    source.seek(7.0, trial=2)
    sought = read(source, classifier)
    assert sought[0].t_s == 8.0
    for reading in sought:
        np.testing.assert_array_equal(
            reading.features.relative, played[reading.t_s].features.relative
        )


def test_a_gap_starts_the_path_afresh(classifier):
    source = raw_source(raw_recording(), chunk_samples=500)
    analyzer = Analyzer(source.info, classifier)
    readings: list[Affect] = []
    lost = 0
    while (chunk := source.read()) is not None:
        if chunk.offset == 5000:
            lost = chunk.n_samples
            continue
        if lost:
            chunk = dataclasses.replace(chunk, lost=lost)
            lost = 0
        readings += analyzer.push(chunk)
        if chunk.offset == 5500:
            assert analyzer.phase is Phase.SETTLING
    after = [r.t_s for r in readings if r.t_s > 11]
    assert after[0] >= 11 + analyzer.chain.settle_s + 1


def test_only_the_newest_window_is_read_when_behind(trials, classifier):
    chunk = Chunk(0, trials[0], trial=1)
    source = prepared_source(trials)
    analyzer = Analyzer(source.info, classifier)
    readings = analyzer.push(chunk, newest_only=True)
    assert [r.t_s for r in readings] == [12.0]
    assert analyzer.skipped == 32


def test_a_classifier_of_another_path_is_refused(trials, classifier):
    classifier.chain = {"band_hz": [1, 40]}
    with pytest.raises(CheckpointError, match="other filters"):
        Analyzer(prepared_source(trials).info, classifier)


def test_another_network_takes_over_between_two_windows(trials, classifier):
    source = prepared_source(trials[:1], chunk_samples=32)
    analyzer = Analyzer(source.info, classifier)
    readings: list[Affect] = []
    paper = LinearClassifier(baseline="paper")
    while (chunk := source.read()) is not None:
        readings += analyzer.push(chunk)
        if chunk.offset == 6 * 128:
            analyzer.set_classifier(paper)
    assert [r.t_s for r in readings] == pytest.approx(np.arange(4.0, 12.01, 0.25))
    taken_over = np.concatenate(paper.seen)
    paper.seen.clear()
    read(prepared_source(trials[:1]), paper)
    np.testing.assert_array_equal(taken_over[-1], np.concatenate(paper.seen)[-1])


def test_a_flat_channel_is_left_out_and_lowers_quality(trials, classifier):
    broken = trials.copy()
    broken[:, 7] = 0.0  # T7
    healthy, readings = (read(prepared_source(t), classifier) for t in (trials, broken))
    assert all(r.quality.bad[7] and r.quality.bad.sum() == 1 for r in readings)
    assert readings[0].quality.score < healthy[0].quality.score
    filled = np.stack([r.features.raw[7] for r in readings])
    neighbours = np.stack([r.features.raw[[3, 6, 8]].mean(axis=0) for r in readings])
    assert np.abs(filled - neighbours).mean() < 3  # dB: like its neighbours, not flat


def test_brainflows_playback_board_reads_as_its_csv_does(classifier, tmp_path):
    params, _ = recording(tmp_path / "a.csv", n_samples=2000)
    direct = open_brainflow_csv(tmp_path / "a.csv", "synthetic", speed=UNPACED)
    expected = read(direct, classifier)
    board = BrainFlowSource("playback", params)
    analyzer = Analyzer(board.info, classifier)
    readings: list[Affect] = []
    with opened(board):
        while (chunk := board.read()) is not None:
            readings += analyzer.push(chunk)
    assert len(expected) > 8
    assert_same_readings(readings, expected)
