"""Filters and columns of the traces."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pytestqt.qtbot import QtBot

from app.display import DisplayFilter, DisplayFilterSettings, Envelope, montage_order
from app.panels.trace_view import TraceView, short_names
from evoke.buffer import RingBuffer
from evoke.engine import Span
from evoke.signal.montage import ELECTRODES
from evoke.types import Channel, StreamInfo

RATE_HZ = 250.0


def chunks(samples: np.ndarray, sizes: list[int]) -> list[tuple[int, np.ndarray]]:
    """`samples` cut into pieces of `sizes`, over and over, with the index of each."""
    out, at = [], 0
    while at < samples.shape[1]:
        n = sizes[len(out) % len(sizes)]
        out.append((at, samples[:, at : at + n]))
        at += n
    return out


@settings(deadline=None)
@given(
    step=st.integers(1, 9),
    sizes=st.lists(st.integers(1, 60), min_size=1, max_size=6),
    n=st.integers(1, 700),
    start=st.integers(0, 1000),
)
def test_columns_hold_the_extremes_however_samples_come(
    step: int, sizes: list[int], n: int, start: int
) -> None:
    page = 40 * step
    samples = np.random.default_rng(n).normal(size=(2, n)).astype(np.float32)
    envelope = Envelope(2, page, page // step)
    assert envelope.step == step
    for at, piece in chunks(samples, sizes):
        envelope.push(start + at, piece)
    index, lines = envelope.lines()
    per_column = 1 if step == 1 else 2
    for k in range(0, len(index), per_column):
        first = int(index[k]) - start
        values = lines[:, k : k + per_column]
        if np.isnan(values).any():
            continue
        span = samples[:, first : first + step]
        assert span.shape[1] == step
        np.testing.assert_array_equal(values.min(axis=1), span.min(axis=1))
        np.testing.assert_array_equal(values.max(axis=1), span.max(axis=1))
    drawn = int((~np.isnan(lines[0])).sum()) // per_column
    assert drawn >= min(n // step - 3, page // step - 1)


def test_nothing_is_drawn_across_lost_samples() -> None:
    envelope = Envelope(1, 100, 100)
    envelope.push(0, np.ones((1, 30), np.float32))
    envelope.push(40, np.full((1, 30), 5, np.float32))
    index, lines = envelope.lines()
    values = dict(zip(index.astype(int).tolist(), lines[0].tolist(), strict=True))
    assert values[29] == 1
    assert all(np.isnan(values[i]) for i in range(30, 41))
    assert values[41] == 5


@settings(deadline=None)
@given(sizes=st.lists(st.integers(1, 90), min_size=1, max_size=5))
def test_filtering_does_not_depend_on_chunks(sizes: list[int]) -> None:
    samples = np.random.default_rng(3).normal(20, 30, (3, 400)).astype(np.float32)
    wanted = DisplayFilterSettings(1.0, 45.0, 50.0, average_reference=True)
    whole = DisplayFilter(RATE_HZ, wanted).push(samples)
    piecewise = DisplayFilter(RATE_HZ, wanted)
    parts = [piecewise.push(piece) for _, piece in chunks(samples, sizes)]
    np.testing.assert_allclose(np.concatenate(parts, axis=1), whole, atol=1e-3)


def test_a_loose_electrode_leaves_the_average_without_a_step() -> None:
    samples = np.random.default_rng(3).normal(0, 10, (8, 3000)).astype(np.float32)
    loose = samples.copy()
    loose[2] += 5000  # an offset, which the average must not hand on when it goes
    good = np.arange(8) != 2
    wanted = DisplayFilterSettings(average_reference=True)
    changing, fixed = DisplayFilter(RATE_HZ, wanted), DisplayFilter(RATE_HZ, wanted)
    changing.push(loose[:, :1500])
    fixed.push(samples[:, :1500], good)
    out = changing.push(loose[:, 1500:], good)
    np.testing.assert_allclose(out[good], fixed.push(samples[:, 1500:], good)[good], atol=1e-2)


def test_what_is_bad_or_has_no_place_is_not_in_the_average(dressed: None, qtbot: QtBot) -> None:
    rng = np.random.default_rng(3)
    clean = rng.normal(0, 10, (33, 1000)).astype(np.float32)
    info = StreamInfo("a.edf", RATE_HZ, tuple(Channel(n) for n in (*ELECTRODES, "A1")))
    sway = 5000 * np.sin(np.arange(1000) / RATE_HZ * 2 * np.pi * 2)
    view, judged = TraceView(), []
    qtbot.addWidget(view)
    view.judgeable.connect(lambda: judged.append(view.fitting_uv_per_mm()))

    def shown(loose: list[int]) -> np.ndarray:
        raw = RingBuffer(33, 1000)
        raw.append(0, clean + np.isin(np.arange(33), loose)[:, None].astype(np.float32) * sway)
        view.pull(raw, [Span(0, 0, 0)])
        return view.curve("Cz").getData()[1]

    view.set_stream(info)
    view.set_options(7.0, 4, DisplayFilterSettings(average_reference=True))
    view.set_bad(frozenset({"C3"}))
    expected = shown([])
    view.set_stream(info)
    assert not np.allclose(shown([ELECTRODES.index("C3"), 32]), expected, atol=0.1)
    view.set_bad(frozenset({"C3"}))
    np.testing.assert_allclose(shown([ELECTRODES.index("C3"), 32]), expected, atol=1e-3)
    assert judged[2] == pytest.approx(judged[0], rel=0.1), "the sensitivity is fitted anew"
    assert judged[1] > 3 * judged[2]


def test_an_offset_leaves_no_step() -> None:
    out = DisplayFilter(RATE_HZ, DisplayFilterSettings()).push(np.full((2, 500), 5000, np.float32))
    assert np.abs(out).max() < 0.1


@pytest.mark.parametrize(("hertz", "kept"), [(10.0, True), (50.0, False), (0.1, False)])
def test_what_passes(hertz: float, kept: bool) -> None:
    t = np.arange(int(20 * RATE_HZ)) / RATE_HZ
    wave = np.sin(2 * np.pi * hertz * t)[None].astype(np.float32)
    wanted = DisplayFilterSettings(1.0, 70.0, 50.0)
    out = DisplayFilter(RATE_HZ, wanted).push(wave)[0, int(10 * RATE_HZ) :]
    most = float(np.abs(out).max())
    assert most > 0.9 if kept else most < 0.1


def test_edges_beyond_nyquist_are_left_out() -> None:
    samples = np.random.default_rng(0).normal(size=(1, 50)).astype(np.float32)
    wanted = DisplayFilterSettings(0.0, 70.0, 60.0)
    np.testing.assert_array_equal(DisplayFilter(100.0, wanted).push(samples), samples)


def test_channels_stand_left_middle_right_front_to_back() -> None:
    order = [ELECTRODES[i] for i in montage_order(ELECTRODES)]
    assert order == [
        *("Fp1", "AF3", "F7", "F3", "FC5", "FC1", "T7", "C3", "CP5", "CP1", "P7", "P3"),
        *("PO3", "O1", "Fz", "Cz", "Pz", "Oz", "Fp2", "AF4", "F4", "F8", "FC2", "FC6"),
        *("C4", "T8", "CP2", "CP6", "P4", "P8", "PO4", "O2"),
    ]


def test_other_labels_keep_their_order_at_the_end() -> None:
    labels = ["EEG 2", "O2", "EEG T3-REF", "EEG 1", "Fz"]
    assert [labels[i] for i in montage_order(labels)] == [
        "EEG T3-REF",
        "Fz",
        "O2",
        "EEG 2",
        "EEG 1",
    ]


@pytest.mark.parametrize(
    ("names", "short"),
    [
        (["EEG Fp1-REF", "EEG F3-REF"], ["Fp1", "F3"]),
        (["Fp1-F3", "F3-C3"], ["Fp1-F3", "F3-C3"]),
        (["Fp1-F3"], ["Fp1-F3"]),
        (["Fp1", "F3"], ["Fp1", "F3"]),
        (["-REF", "F3-REF"], ["-REF", "F3-REF"]),
    ],
)
def test_what_all_names_share_is_not_drawn(names, short):
    assert short_names(names) == short
