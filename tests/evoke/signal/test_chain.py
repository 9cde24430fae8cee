from __future__ import annotations

import json
from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from evoke.errors import MontageError, SettingsError
from evoke.features import DifferentialEntropy
from evoke.signal.chain import ChainSettings, SignalChain
from evoke.signal.montage import ELECTRODES
from evoke.types import Channel, ChannelKind, Flag, Preparation, StreamInfo

Make = Callable[..., NDArray[np.float64]]
Source = Callable[..., StreamInfo]
ALL = frozenset(Preparation)
RATES = [124.9, 128.0, 250.0, 512.0, 1000.0, 2048.0]


def in_chunks(chain: SignalChain, x: np.ndarray, size: int) -> np.ndarray:
    chain.reset()
    return np.hstack([chain.push(x[:, i : i + size]) for i in range(0, x.shape[1], size)])


@pytest.mark.parametrize("rate_hz", RATES)
def test_chunks_change_nothing(eeg_like: Make, source: Source, rate_hz: float) -> None:
    chain = SignalChain(source(rate_hz), ChainSettings())
    x = eeg_like(32, int(4 * rate_hz), rate_hz) + 5000
    whole = in_chunks(chain, x, x.shape[1])
    for size in (1, 7, 128, 5000):
        assert np.array_equal(in_chunks(chain, x, size), whole)


@pytest.mark.parametrize("rate_hz", RATES)
def test_an_offset_changes_nothing(eeg_like: Make, source: Source, rate_hz: float) -> None:
    chain = SignalChain(source(rate_hz), ChainSettings())
    x = eeg_like(32, int(6 * rate_hz), rate_hz)
    offsets = np.random.default_rng(0).uniform(-5000, 5000, (32, 1))
    plain, shifted = in_chunks(chain, x, 50), in_chunks(chain, x + offsets, 50)
    difference = chain.electrodes(shifted) - chain.electrodes(plain)
    assert np.abs(difference).max() < 1e-4
    windows = np.stack([plain[:, -128:], shifted[:, -128:]])
    features = DifferentialEntropy().compute(chain.electrodes(windows))
    assert np.abs(features[0] - features[1]).max() < 1e-5


@pytest.mark.parametrize("rate_hz", [128.0, 250.0, 512.0])
def test_after_settling_the_past_is_forgotten(
    eeg_like: Make, source: Source, rate_hz: float
) -> None:
    chain = SignalChain(source(rate_hz), ChainSettings())
    assert 0.8 < chain.settle_s < 1.5
    n = int(4 * rate_hz)
    x = eeg_like(32, 2 * n, rate_hz)
    warm = in_chunks(chain, x, 100)
    cold = in_chunks(chain, x[:, n:], 100)
    settled = int(np.ceil(chain.settle_s * 128))
    tail = warm[:, -cold.shape[1] :] - cold
    assert np.abs(tail[:, settled:]).max() < 0.01 * np.abs(warm).max()
    assert np.abs(tail[:, :10]).max() > 0.1 * np.abs(warm).max()


def test_a_fully_prepared_source_passes_bit_by_bit(eeg_like: Make, source: Source) -> None:
    chain = SignalChain(source(128.0, ALL), ChainSettings())
    x = eeg_like(32, 640, 128.0).astype(np.float32)
    assert chain.settle_s == chain.delay_s == 0
    assert np.array_equal(chain.electrodes(in_chunks(chain, x, 37)), x)
    assert chain.raw_span(256) == (128, 256)


def test_only_what_is_missing_is_done(eeg_like: Make, source: Source) -> None:
    x = eeg_like(32, 1280, 128.0) + 50
    without_reference = SignalChain(
        source(128.0, ALL - {Preparation.AVERAGE_REFERENCE}), ChainSettings()
    )
    y = without_reference.push(x)
    assert np.array_equal(y, x.astype(np.float32))
    mapped = without_reference.electrodes(y)
    assert np.abs(mapped - (x - x.mean(axis=0))).max() < 1e-4
    without_band = SignalChain(source(128.0, ALL - {Preparation.BAND_PASS}), ChainSettings())
    assert np.abs(without_band.push(x).mean(axis=1)).max() < 1


@pytest.mark.parametrize("n_bad", [0, 1, 5])
def test_the_average_over_electrodes_is_zero(eeg_like: Make, source: Source, n_bad: int) -> None:
    chain = SignalChain(source(250.0), ChainSettings())
    prepared = chain.push(eeg_like(32, 1000, 250.0))
    bad = np.arange(32) < n_bad
    assert np.abs(chain.electrodes(prepared, bad).sum(axis=0)).max() < 1e-3


def test_electrodes_are_linear_and_take_many_windows(eeg_like: Make, source: Source) -> None:
    chain = SignalChain(source(250.0), ChainSettings())
    x, y = eeg_like(32, 256, 128.0).reshape(32, 2, 128).swapaxes(0, 1)
    bad = np.arange(32) == 4
    both = chain.electrodes(np.stack([x, y]), bad)
    assert np.allclose(both[0], chain.electrodes(x, bad), atol=1e-5)
    total = chain.electrodes(2 * x - 3 * y, bad)
    assert np.allclose(total, 2 * both[0] - 3 * both[1], atol=1e-3)


def test_a_bad_channel_does_not_reach_the_electrodes(eeg_like: Make, source: Source) -> None:
    chain = SignalChain(source(250.0), ChainSettings())
    x = eeg_like(32, 1000, 250.0)
    spoilt = x.copy()
    spoilt[7] = 40_000 * np.sin(np.arange(1000))
    bad = chain.quality(spoilt[:, 500:750]).bad
    assert np.flatnonzero(bad).tolist() == [7]
    clean, dirty = in_chunks(chain, x, 100), in_chunks(chain, spoilt, 100)
    assert np.array_equal(
        chain.electrodes(clean[:, 256:384], bad), chain.electrodes(dirty[:, 256:384], bad)
    )


def test_scales_and_other_channels(eeg_like: Make) -> None:
    x = eeg_like(33, 500, 250.0)
    stored = (x / 0.5).round().astype(np.int32)
    channels = (
        Channel("ECG", ChannelKind.AUX, 7.0),
        *(Channel(n, scale_uv=0.5) for n in ELECTRODES),
    )
    chain = SignalChain(StreamInfo("rec.bdf", 250.0, channels), ChainSettings())
    assert np.abs(chain.to_uv(stored) - x[1:]).max() <= 0.25
    assert chain.push(stored).shape[0] == 32
    assert chain.quality(stored[:, :250]).flags.shape == (32,)


def test_samples_that_are_no_numbers_do_not_stay_in_the_filters(
    eeg_like: Make, source: Source
) -> None:
    chain = SignalChain(source(250.0), ChainSettings())
    x = eeg_like(32, 2000, 250.0)
    broken = x.copy()
    broken[3, 400:405] = np.nan
    broken[4, 0] = np.inf
    y, expected = in_chunks(chain, broken, 64), in_chunks(chain, x, 64)
    assert np.isfinite(y).all()
    assert np.array_equal(in_chunks(chain, broken, 3), y)
    late = slice(int(128 * (1.6 + chain.settle_s)), None)
    assert np.abs(y[:, late] - expected[:, late]).max() < 0.5
    quality = chain.quality(broken[:, 250:500])
    assert quality.flags[3] == Flag.RAILED.value
    assert quality.score == pytest.approx(31 / 32)


@pytest.mark.parametrize("rate_hz", RATES)
def test_raw_span_is_what_the_window_shows(source: Source, rate_hz: float) -> None:
    chain = SignalChain(source(rate_hz, ALL), ChainSettings())
    n = int(6 * rate_hz)
    middle = int(3.2 * rate_hz)
    x = np.zeros((32, n))
    x[:, middle] = 1.0
    peak = int(chain.push(x)[0].argmax())
    for end in (peak + 1, peak + 64, peak + 128):
        start, stop = chain.raw_span(end)
        assert start - 2 <= middle <= stop + 2
        assert stop - start == round(rate_hz)
        assert stop <= (end - 1) * rate_hz / 128 + 1
    assert chain.raw_span(128)[0] == 0


def test_settings_say_what_they_are() -> None:
    text = json.dumps(ChainSettings().describe())
    assert json.loads(text)["band_hz"] == [4.0, 45.0]
    assert ChainSettings(notch_hz=60.0).describe() == ChainSettings().describe()
    assert ChainSettings(notch_hz=None).describe() != ChainSettings().describe()
    assert ChainSettings(order=2).describe() != ChainSettings().describe()


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"band_hz": (45.0, 4.0)}, "band"),
        ({"band_hz": (4.0, 80.0)}, "band"),
        ({"order": 0}, "order"),
        ({"notch_hz": 55.0}, "notch"),
    ],
)
def test_settings_out_of_range_are_refused(wrong: dict, message: str) -> None:
    with pytest.raises(SettingsError, match=message):
        ChainSettings(**wrong)


def test_too_slow_a_source_is_refused_by_name(source: Source) -> None:
    slow = source(64.0)
    wrong = f"{slow.name} cannot be read: a band of 4-45 Hz needs a source of at least 100 Hz"
    with pytest.raises(SettingsError, match=wrong):
        SignalChain(slow, ChainSettings())


def test_a_slow_source_says_what_gave_way(source: Source) -> None:
    assert len(SignalChain(source(100.0), ChainSettings()).notes) == 1


def test_a_real_brainvision_recording(real_file: Callable[[str], object]) -> None:
    from mne.io import read_raw_brainvision

    raw = read_raw_brainvision(real_file("test.vhdr"), verbose="error")
    info = StreamInfo(
        "test.vhdr",
        raw.info["sfreq"],
        tuple(
            Channel(n, ChannelKind.AUX if n in ("CP5", "CP6") else ChannelKind.EEG, 1e6)
            for n in raw.ch_names
        ),
    )
    chain = SignalChain(info, ChainSettings())
    measured = {
        e for e, c in zip(ELECTRODES, chain.montage.coverage, strict=True) if c.name == "DIRECT"
    }
    assert {"Fp1", "Cz", "O2", "P7"} <= measured
    assert not {"CP5", "CP6", "T7"} & measured
    assert set(chain.montage.unused) == {"HL", "HR", "Vb", "ReRef"}
    x = raw.get_data()
    whole = in_chunks(chain, x, x.shape[1])
    assert np.array_equal(in_chunks(chain, x, 333), whole)
    start, stop = chain.raw_span(640)
    quality = chain.quality(x[:, start:stop])
    assert quality.score == 1.0
    window = chain.electrodes(whole[:, 512:640], quality.bad)
    assert window.shape == (32, 128)
    assert 0.05 < window.std() < 50
    assert np.isfinite(DifferentialEntropy().compute(window[None])).all()


def test_real_biosemi_names_map_and_a_real_grid_is_refused(
    real_file: Callable[[str], object],
) -> None:
    from mne.io import read_raw_bdf, read_raw_edf

    bdf = read_raw_bdf(real_file("mne_test.bdf"), verbose="error")
    channels = tuple(Channel(n) for n in bdf.ch_names)
    montage = SignalChain(StreamInfo("mne_test.bdf", 2048.0, channels), ChainSettings()).montage
    assert {c.name for c in montage.coverage} == {"DIRECT"}
    edf = read_raw_edf(real_file("mne_test.edf"), verbose="error")
    channels = tuple(Channel(n) for n in edf.ch_names)
    with pytest.raises(MontageError, match=r"mne_test\.edf: .*lettered grid"):
        SignalChain(StreamInfo("mne_test.edf", 512.0, channels), ChainSettings())
