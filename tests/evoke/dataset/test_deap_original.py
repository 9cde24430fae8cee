"""Original recordings in the layout of preprocessed ones: the same person read either way."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evoke.dataset.deap_original import OriginalSubject, participant_of, read_deap_original
from evoke.dataset.demo import generate_subject
from evoke.dataset.demo_original import EOG_SHARES, write_demo_original
from evoke.dataset.preparation import Preparation
from evoke.dataset.ratings import FILE_NAME, RatedTrial, read_ratings
from evoke.dataset.triggers import Video, match, videos
from evoke.dataset.windows import trial_features
from evoke.errors import EvokeError, FileRefusedError
from evoke.features import DifferentialEntropy
from evoke.signal.chain import ChainSettings, SignalChain
from evoke.signal.montage import ELECTRODES, map_channels
from evoke.types import Channel, StreamInfo
from tests.evoke.dataset.originals import (
    edit_codes,
    rating_rows,
    relabel,
    starts,
    write_ratings,
)

TRIALS, TRIAL_S = 6, 6
SUBJECTS = (1, 23, 24, 29)
DE = DifferentialEntropy()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("original")
    write_demo_original(folder, SUBJECTS, 5, "benchmark", trials=TRIALS, trial_s=TRIAL_S)
    return folder


@pytest.fixture(scope="module")
def subjects(folder: Path) -> dict[int, OriginalSubject]:
    return {n: read_deap_original(folder / f"s{n:02d}.bdf") for n in SUBJECTS}


@pytest.fixture
def copy(folder: Path, tmp_path: Path) -> Path:
    """s01.bdf with its ratings, to be spoiled."""
    for name in ("s01.bdf", FILE_NAME):
        shutil.copy(folder / name, tmp_path)
    return tmp_path / "s01.bdf"


def preprocessed(subject: int) -> tuple[np.ndarray, np.ndarray]:
    return generate_subject(subject, 5, "benchmark", TRIALS, TRIAL_S)


# -- the same as the preprocessed file


@pytest.mark.parametrize("subject", SUBJECTS)
def test_layout_is_that_of_a_preprocessed_file(
    subjects: dict[int, OriginalSubject], subject: int
) -> None:
    read = subjects[subject]
    data, labels = preprocessed(subject)
    assert read.data.shape == data.shape
    assert read.data.dtype == np.float32
    assert not read.data.flags.writeable
    assert read.trial_s == TRIAL_S
    assert read.name == f"s{subject:02d}"
    assert read.laboratory == ("Twente" if subject == 1 else "Geneva")
    assert read.synthetic
    assert read.warnings == ()
    np.testing.assert_array_equal(read.videos, np.arange(1, TRIALS + 1))
    np.testing.assert_allclose(read.labels, labels)
    assert np.abs(read.eeg.mean(axis=1)).max() < 1e-3, "average reference"
    assert np.abs(read.eeg.mean(axis=2)).max() < 1, "no offset left of thousands of uV"


@pytest.mark.parametrize("subject", SUBJECTS)
def test_features_are_close_to_those_of_the_preprocessed_file(
    subjects: dict[int, OriginalSubject], subject: int
) -> None:
    """Close, not equal: the demo's signal is band-passed a second time, by causal filters whose
    phase carries part of a second's energy into the next (0.1 s at 10 Hz, more towards the edges
    at 4 and 45 Hz), so theta and gamma agree less than alpha and beta. Measured over all subjects
    here: correlation at least 0.94 / 0.99 / 0.99 / 0.95, difference 0.17 / 0.07 / 0.05 / 0.10 bit
    rms where the features themselves spread 0.5 / 0.5 / 0.3 / 0.3 bit."""
    data, _ = preprocessed(subject)
    ours = trial_features(subjects[subject].eeg, 3.0, DE, "mean")
    expected = trial_features(data[:, :32], 3.0, DE, "mean")
    assert ours.shape == expected.shape
    apart = np.sqrt(np.square(ours - expected).mean(axis=(0, 1, 2)))
    assert (apart < [0.25, 0.1, 0.08, 0.14]).all()
    assert np.abs((ours - expected).mean(axis=(0, 1, 2))).max() < 0.06, "no bias in any band"
    assert correlations(ours, expected).min() > 0.92
    # what the tolerance can tell: neighbours taken for each other, or trials out of order
    swapped = ours[:, :, np.argsort(np.roll(np.arange(32), 1))]
    assert correlations(swapped, expected).min() < 0.8
    assert correlations(np.roll(ours, 1, axis=0), expected).max() < 0.8


def correlations(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Of each band's features over all windows and electrodes."""
    return np.array([np.corrcoef(a[..., k].ravel(), b[..., k].ravel())[0, 1] for k in range(4)])


@pytest.mark.parametrize("subject", [1, 29])
def test_peripherals_are_there_on_the_trials_own_clock(
    subjects: dict[int, OriginalSubject], subject: int
) -> None:
    data, _ = preprocessed(subject)
    for ours, expected in zip(subjects[subject].data[:, 36:], data[:, 36:], strict=True):
        for channel, least in enumerate((0.99, 0.99, 0.99, 0.9)):
            assert np.corrcoef(ours[channel], expected[channel])[0, 1] > least
        assert 195_000 < ours[0].min() < ours[0].max() < 205_000, "ohm in either laboratory"
        pulse, reference = ours[2] - ours[2].mean(), expected[2] - expected[2].mean()
        shifts = range(-5, 6)
        fit = [pulse[10:-10] @ reference[10 + s : len(pulse) - 10 + s] for s in shifts]
        assert abs(shifts[int(np.argmax(fit))]) <= 1


# -- the same as live


def raw_session(rate_hz: float, seconds: int = 30) -> tuple[StreamInfo, np.ndarray]:
    """32 electrodes with offsets, hum and drift and two EOG channels at rest."""
    rng = np.random.default_rng(3)
    n = round(seconds * rate_hz)
    t = np.arange(n) / rate_hz
    raw = np.zeros((34, n))
    raw[:32] = 10 * rng.standard_normal((32, n)) + rng.uniform(-8000, 8000, (32, 1))
    raw[:32] += 20 * np.sin(2 * np.pi * 50 * t) + 50 * np.sin(2 * np.pi * 0.2 * t)
    info = StreamInfo("live", rate_hz, tuple(Channel(name) for name in ELECTRODES))
    return info, raw


@pytest.mark.parametrize("rate_hz", [512.0, 500.0, 256.0])
def test_a_trial_is_what_the_live_path_gives_at_that_moment(rate_hz: float) -> None:
    """A trial filtered by itself is the same stretch of the session filtered as one, to well under
    the steps of a converter (0.03 uV), where it is filtered from one of the live path's samples
    on; between those, what does not depend on them is the same."""
    info, raw = raw_session(rate_hz)
    chain = SignalChain(info, ChainSettings(), map_channels(info))
    live = chain.electrodes(np.hstack([chain.push(p) for p in np.array_split(raw[:32], 50, 1)]))
    preparation = Preparation("s", rate_hz, ELECTRODES, 8)
    step = Fraction(rate_hz) / 128  # from one of the live path's samples to the next

    def prepared(start: int) -> tuple[np.ndarray, int]:
        """The trial's electrodes, and from where on it is filtered."""
        begun: list[int] = []
        (trial,) = preparation.run(lambda a, b: begun.append(a) or raw[:, a:b], [start])
        return trial[:32], begun[0]

    for near in (round(9 * rate_hz), round(12.3 * rate_hz)):
        start = near - prepared(near)[1] % step.numerator
        trial, begin = prepared(start)
        first = int(begin / step) + round(((start - begin) / rate_hz - 3 + chain.delay_s) * 128)
        astray = (start / rate_hz - 3 + chain.delay_s) * 128 - first
        assert abs(astray) <= 64 / rate_hz + 1e-9  # half a sample of the source's
        there = live[:, first : first + 11 * 128]
        assert np.abs(trial - there).max() < 0.01
        between, _ = prepared(start + 1)
        np.testing.assert_allclose(between.std(axis=1), there.std(axis=1), rtol=0.02)


def test_blinks_are_removed() -> None:
    """What is left of the eyes at the forehead, measured against the same brain recorded without
    them, is under a tenth of what they bring where the EOG electrodes are off."""
    _, raw = raw_session(512.0)
    t = np.arange(raw.shape[1]) / 512
    eyes = np.zeros((2, raw.shape[1]))
    eyes[0] = 60 * np.sign(np.sin(2 * np.pi * t / 3.1))  # saccades
    for blink in np.arange(2, 30, 2.3):
        eyes[1] += 250 * np.exp(-((t - blink) ** 2) / (2 * 0.08**2))
    starts_at = [6 * 512, 18 * 512]

    def prepared(samples: np.ndarray) -> np.ndarray:
        preparation = Preparation("s", 512.0, ELECTRODES, 8)
        trials = preparation.run(lambda a, b: samples[:, a:b], starts_at)
        return trials[:, [ELECTRODES.index("Fp1"), ELECTRODES.index("Fp2")]]

    mixed = raw.copy()
    mixed[:32] += EOG_SHARES @ eyes
    without_eog = prepared(mixed)
    mixed[32:] = eyes + 0.5 * np.random.default_rng(0).standard_normal(eyes.shape) + 4000
    brain = prepared(raw)
    left = np.sqrt(np.mean((prepared(mixed) - brain) ** 2))
    brought = np.sqrt(np.mean((without_eog - brain) ** 2))
    assert brought > 1
    assert left < 0.1 * brought


def test_a_bad_channel_does_not_reach_the_others() -> None:
    """A channel that is torn off for two seconds is left out of the average there and interpolated,
    as the live path does it."""
    _, raw = raw_session(512.0)
    start = 9 * 512

    def prepared(samples: np.ndarray) -> np.ndarray:
        (trial,) = Preparation("s", 512.0, ELECTRODES, 8).run(lambda a, b: samples[:, a:b], [start])
        return trial

    torn = raw.copy()
    torn[5, start : start + 1024] += 3000 * np.sign(np.sin(np.arange(1024) / 30))
    good, spoiled = prepared(raw), prepared(torn)
    others = [i for i in range(32) if i != 5]
    during = slice(3 * 128 + 64, 5 * 128)
    assert np.abs(spoiled[others, during] - good[others, during]).max() < 5
    assert np.abs(spoiled[5, during]).max() < 100
    long_after = slice(7 * 128, None)
    assert np.abs(spoiled[:32, long_after] - good[:32, long_after]).max() < 1


# -- trials and triggers


def test_codes_are_found_as_pulses_and_held() -> None:
    held = np.repeat(np.array([0, 3, 4, 5, 1, 3, 4, 5, 7], np.uint8), 10)
    assert videos(held) == [Video(20, 30), Video(60, 70)]
    pulses = np.zeros(100, np.uint8)
    pulses[[5, 20, 21, 40, 60]] = [3, 4, 4, 5, 4]
    assert videos(pulses) == [Video(20, 40), Video(60, None)]
    assert videos(np.zeros(50, np.uint8)) == []
    assert videos(np.array([4, 4, 5], np.uint8)) == [Video(0, 2)]


def rated(starts_s: list[float]) -> list[RatedTrial]:
    return [RatedTrial(i + 1, 10 + i, s, (5.0, 5.0, 5.0, 5.0)) for i, s in enumerate(starts_s)]


@given(
    gaps=st.lists(st.floats(5, 100), min_size=6, max_size=20),
    missing=st.sets(st.integers(0, 5), min_size=1, max_size=2),
    shift=st.floats(-1000, 1000),
)
@settings(max_examples=60, deadline=None)
def test_missing_starts_are_told_by_their_times(
    gaps: list[float], missing: set[int], shift: float
) -> None:
    """Either the right trials are matched, or a doubt is raised; never a wrong one."""
    table = np.cumsum(gaps)
    kept = [i for i in range(len(table)) if i not in missing]
    found = [Video(round((table[i] + shift + 1000) * 512), None) for i in kept]
    try:
        pairs = match("s01.bdf", found, rated(list(table)), 512.0)
    except FileRefusedError:
        return
    assert [trial.trial - 1 for _, trial in pairs] == kept


def test_evenly_spaced_starts_leave_a_doubt() -> None:
    table = [10.0 * i for i in range(6)]
    found = [Video(5120 * i, None) for i in range(5)]
    with pytest.raises(FileRefusedError, match="found 5, and their times do not say which"):
        match("s01.bdf", found, rated(table), 512.0)


def trial_numbers(path: Path) -> dict[int, int]:
    """Experiment_id -> Trial of participant 1."""
    rows = [r for r in rating_rows(path.parent) if r["Participant_id"] == "1"]
    return {int(r["Experiment_id"]): int(r["Trial"]) for r in rows}


def test_a_lost_start_costs_its_own_trial_only(
    copy: Path, subjects: dict[int, OriginalSubject]
) -> None:
    third = starts(copy)[2]
    edit_codes(copy, lambda codes: codes[third : third + 16].fill(0))
    read = read_deap_original(copy)
    whole = subjects[1]
    place = [v for v, trial in trial_numbers(copy).items() if trial != 3]
    np.testing.assert_array_equal(read.videos, sorted(place))
    np.testing.assert_array_equal(read.labels, whole.labels[read.videos - 1])
    eeg = whole.eeg[read.videos - 1]
    assert np.abs(read.eeg - eeg).mean() < 0.1 * np.abs(eeg).mean()  # shares of fewer trials
    assert read.warnings == (
        "s01.bdf: 5 of 6 trials are kept; left out, without a video start: 3.",
    )


def test_a_start_too_many_is_left_out(copy: Path, subjects: dict[int, OriginalSubject]) -> None:
    rating = starts(copy)[1] - 6 * 512  # before the fixation of trial 2
    edit_codes(copy, lambda codes: codes[rating : rating + 16].fill(4))
    read = read_deap_original(copy)
    np.testing.assert_allclose(read.data, subjects[1].data, rtol=1e-5, atol=1e-4)
    assert read.warnings == (
        "s01.bdf: 1 of 7 video starts belong to no rated trial and are left out.",
    )


def test_a_video_broken_off_is_left_out(copy: Path) -> None:
    fourth = starts(copy)[3]
    edit_codes(copy, lambda codes: codes[fourth + 1024 : fourth + 1040].fill(5))
    read = read_deap_original(copy)
    assert len(read.data) == len(read.videos) == 5
    assert read.warnings == (
        "s01.bdf: 5 of 6 trials are kept; left out, broken off or without a baseline: 4.",
    )


def test_a_recording_that_begins_in_the_first_baseline_loses_that_trial(copy: Path) -> None:
    content = copy.read_bytes()
    header, record = 256 * 49, 48 * 512 * 3
    cut = starts(copy)[0] // 512 - 1
    shorter = content[:header] + content[header + cut * record :]
    n = int(content[236:244]) - cut
    copy.write_bytes(shorter[:236] + str(n).ljust(8).encode() + shorter[244:])
    (warning,) = read_deap_original(copy).warnings
    assert warning.endswith("without a baseline: 1.")


def test_no_starts_at_all_are_refused(copy: Path) -> None:
    edit_codes(copy, lambda codes: codes.fill(0))
    with pytest.raises(FileRefusedError) as refused:
        read_deap_original(copy)
    assert str(refused.value) == (
        "s01.bdf must have a video start (code 4) for each of the 6 trials rated; found 0."
    )


# -- damaged files


def drop_column(rows: list[dict[str, str]]) -> None:
    for row in rows:
        del row["Arousal"]


def all_by_nine(rows: list[dict[str, str]]) -> None:
    for row in rows:
        row["Participant_id"] = "9"


def set_first(column: str, value: str) -> Callable[[list[dict[str, str]]], None]:
    def change(rows: list[dict[str, str]]) -> None:
        rows[0][column] = value

    return change


@pytest.mark.parametrize(
    ("spoil", "sentence"),
    [
        (drop_column, "must have the columns .*; Arousal is missing"),
        (all_by_nine, "participant 1; found those of 9"),
        (set_first("Trial", "2"), "has Trial 2 of participant 1 twice"),
        (set_first("Valence", "9.5"), "from 1 to 9; line 2 has 9.5"),
        (set_first("Valence", "nan"), "a number in Valence; line 2 has 'nan'"),
        (set_first("Liking", ""), "a number in Liking; line 2 has ''"),
        (set_first("Trial", "1.5"), "whole numbers from 1 in Trial; line 2 has 1.5"),
        (set_first("Experiment_id", "0"), "whole numbers from 1 in Experiment_id"),
        (set_first("Participant_id", "x"), "a number in Participant_id; line 2 has 'x'"),
    ],
)  # fmt: skip
def test_damaged_ratings_are_refused(
    folder: Path, tmp_path: Path, spoil: Callable[[list[dict[str, str]]], object], sentence: str
) -> None:
    rows = rating_rows(folder)
    spoil(rows)
    write_ratings(tmp_path, rows)
    with pytest.raises(FileRefusedError, match=sentence) as refused:
        read_ratings(tmp_path / FILE_NAME, 1)
    assert one_sentence(refused.value)


def test_a_video_rated_twice_is_refused(folder: Path, tmp_path: Path) -> None:
    rows = rating_rows(folder)
    rows[0]["Experiment_id"] = rows[1]["Experiment_id"]
    write_ratings(tmp_path, rows)
    with pytest.raises(FileRefusedError, match=r"has Experiment_id \d+ of participant 1 twice"):
        read_ratings(tmp_path / FILE_NAME, 1)


@pytest.mark.parametrize("content", [b"", b"\xff\xfe\x00b\x00", b"a,b\n1,2\n", b'"a\n\x00'])
def test_what_is_no_table_of_ratings_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / FILE_NAME).write_bytes(content)
    with pytest.raises(FileRefusedError, match=FILE_NAME) as refused:
        read_ratings(tmp_path / FILE_NAME, 1)
    assert one_sentence(refused.value)


@pytest.mark.parametrize("place", ["metadata_csv", "../metadata_csv", ".."])
def test_ratings_are_found_where_deap_has_them(copy: Path, place: str) -> None:
    inner = copy.parent / "data_original"
    inner.mkdir()
    recording = copy.rename(inner / copy.name)
    target = inner / place
    target.mkdir(exist_ok=True)
    if place != "..":
        (copy.parent / FILE_NAME).rename(target / FILE_NAME)
    assert len(read_deap_original(recording).data) == TRIALS
    (target / FILE_NAME).unlink()
    with pytest.raises(FileRefusedError, match=r"s01\.bdf needs DEAP's participant_ratings.csv"):
        read_deap_original(recording)


def test_names_tell_the_participant() -> None:
    assert participant_of(Path("x/s07.bdf")) == 7
    assert participant_of(Path("S32.BDF")) == 32
    for name in ("subject1.bdf", "s01.edf", "s.bdf", "s01.bdf.part"):
        with pytest.raises(FileRefusedError, match=r"called like s01\.bdf"):
            participant_of(Path(name))


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("Cz", "Zz", "32 electrodes; missing: Cz"),
        ("Cz", "PZ", "has the electrode Pz twice"),
        ("EXG3", "EXG9", "EOG channels EXG1 to EXG4; EXG3 or EXG4 is missing"),
        ("Temp", "BDF Annotations", "must be plain BDF .* 1 annotation channel"),
    ],
)
def test_missing_channels_are_named(copy: Path, old: str, new: str, sentence: str) -> None:
    relabel(copy, old, new)
    with pytest.raises(FileRefusedError, match=sentence) as refused:
        read_deap_original(copy)
    assert one_sentence(refused.value)


def test_channels_go_by_name_and_missing_peripherals_are_left_out(
    copy: Path, subjects: dict[int, OriginalSubject]
) -> None:
    relabel(copy, "GSR1", "unknown")
    relabel(copy, "T7", "t3")  # the old name of the same place
    read = read_deap_original(copy)
    assert read.data.shape[1] == 36, "hEOG, vEOG, zEMG, tEMG; what follows GSR would be misplaced"
    np.testing.assert_array_equal(read.data, subjects[1].data[:, :36])


@pytest.mark.parametrize("kept", [0.0, 0.0005, 0.5, 0.99])
def test_a_file_cut_short_is_refused(copy: Path, kept: float) -> None:
    content = copy.read_bytes()
    copy.write_bytes(content[: int(kept * len(content))])
    with pytest.raises(
        FileRefusedError, match=r"s01\.bdf is (cut short|empty|not BDF|damaged)"
    ) as refused:
        read_deap_original(copy)
    assert one_sentence(refused.value)


def test_millivolts_are_volts_and_ohms_are_not(
    copy: Path, subjects: dict[int, OriginalSubject]
) -> None:
    content = copy.read_bytes()
    units = 256 + 48 * 96
    mv = content[:units] + b"mV".ljust(8) * 36 + content[units + 36 * 8 :]
    copy.write_bytes(mv)
    thousand = read_deap_original(copy).eeg[:, :, ::64]
    assert np.median(np.abs(thousand)) > 300 * np.median(np.abs(subjects[1].eeg[:, :, ::64]))
    copy.write_bytes(content[:units] + b"Ohm".ljust(8) + content[units + 8 :])
    with pytest.raises(FileRefusedError, match="EEG and EOG in uV; found Fp1 in 'Ohm'"):
        read_deap_original(copy)


def test_an_absurd_rate_is_refused_before_filters_are_built(copy: Path) -> None:
    content = copy.read_bytes()
    copy.write_bytes(content[:244] + b"1e-9    " + content[252:])
    with pytest.raises(FileRefusedError, match="must be sampled at 128 to 16384 Hz"):
        read_deap_original(copy)


def test_what_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FileRefusedError, match="There is no file"):
        read_deap_original(tmp_path / "s01.bdf")


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """s01.bdf with one trial of a second."""
    (path,) = write_demo_original(
        tmp_path_factory.mktemp("tiny"), [1], 5, "benchmark", trials=1, trial_s=1
    )
    assert len(read_deap_original(path).data) == 1
    return path


@given(at=st.integers(0, 256 * 49 - 1), junk=st.binary(min_size=1, max_size=12))
@settings(max_examples=40, deadline=None)
def test_a_damaged_header_is_read_or_refused_in_one_sentence(
    tiny: Path, at: int, junk: bytes
) -> None:
    content = tiny.read_bytes()
    path = tiny.parent / "damaged" / tiny.name  # its ratings are found one folder up
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(content[:at] + junk + content[at + len(junk) :])
    refusal: EvokeError | None = None
    try:
        read = read_deap_original(path)
    except EvokeError as error:
        refusal = error
    assert one_sentence(refusal) if refusal else np.isfinite(read.data).all()


def one_sentence(error: Exception) -> bool:
    """Ends with a full stop, and no other sentence before it."""
    text = str(error)
    return text.endswith(".") and "\n" not in text and not re.search(r"\. [A-Z]", text)
