"""Recordings in other programs' formats: real ones, small ones made here, and damaged ones."""

from __future__ import annotations

import os
import struct
import sys
import threading
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.io import savemat

from evoke.errors import FileRefusedError
from evoke.sources import files
from evoke.sources.files import open_file
from evoke.sources.playback import UNPACED, PlaybackSource
from evoke.types import Channel, ChannelKind, Marker, StreamInfo

SHARED = Path(__file__).parents[3].parent / "shared" / "data"
RATE_HZ = 100
NAMES = ("Fp1", "Fz", "Cz", "VEOG")


def real(name: str) -> Path:
    path = SHARED / name
    if not path.is_file():
        pytest.skip(f"{name} is not in {SHARED.parent.name}/{SHARED.name}")
    return path


def played(source: PlaybackSource) -> tuple[np.ndarray, list[Marker]]:
    """The whole recording in stored units times scale (uV for EEG), and its markers."""
    source.open()
    chunks = list(iter(lambda: source.read(0), None))
    source.close()
    scales = np.array([c.scale_uv for c in source.info.channels])
    samples = np.concatenate([c.samples for c in chunks], axis=1) * scales[:, None]
    return samples, [m for c in chunks for m in c.markers]


def kinds(source: PlaybackSource) -> list[ChannelKind]:
    return [c.kind for c in source.info.channels]


EEG, EOG, AUX = ChannelKind.EEG, ChannelKind.EOG, ChannelKind.AUX

# -- writers of small files


def wave(n_channels: int, n_samples: int) -> np.ndarray:
    """Whole numbers, different in every channel, within a 16-bit file's range."""
    rng = np.random.default_rng(8)
    return rng.integers(-2000, 2000, (n_channels, n_samples)).astype(np.int16)


def write_edf(
    path: Path,
    signals: list[tuple[str, str, np.ndarray]],
    *,
    seconds: int = 4,
    n_records: int | None = None,
    reserved: str = "",
) -> Path:
    """signals: label, unit, samples; a rate of len / seconds each. BDF by the extension."""
    bdf = path.suffix == ".bdf"
    top = 2 ** (23 if bdf else 15)
    per_record = [len(x) // seconds for _, _, x in signals]
    head = (b"\xffBIOSEMI" if bdf else b"0       ") + b" " * 160 + b"01.01.2301.01.00"
    for text, width in (
        (256 * (len(signals) + 1), 8),
        (reserved, 44),
        (seconds if n_records is None else n_records, 8),
        (1, 8),
        (len(signals), 4),
    ):
        head += str(text).ljust(width).encode()
    columns: list[tuple[list[Any], int]] = [
        ([s[0] for s in signals], 16),
        ([""] * len(signals), 80),
        ([s[1] for s in signals], 8),
        *[([v] * len(signals), 8) for v in (-top, top - 1, -top, top - 1)],
        ([""] * len(signals), 80),
        (per_record, 8),
        ([""] * len(signals), 32),
    ]
    for values, width in columns:
        head += b"".join(str(v).encode().ljust(width) for v in values)
    body = b""
    for r in range(seconds):
        for (_, _, x), n in zip(signals, per_record, strict=True):
            block = x[r * n : (r + 1) * n]
            if bdf:
                body += block.astype("<i4").view("u1").reshape(-1, 4)[:, :3].tobytes()
            else:
                body += block.astype("<i2").tobytes()
    path.write_bytes(head + body)
    return path


def write_brainvision(path: Path, samples: np.ndarray, **change: str) -> Path:
    """float32 if samples are, else int16, in uV; the last channel is a temperature."""
    data_file = change.get("data_file", path.with_suffix(".eeg").name)
    form = "IEEE_FLOAT_32" if samples.dtype == np.float32 else "INT_16"
    units = ["µV"] * (len(samples) - 1) + ["C"]
    channels = "".join(
        f"Ch{i}={name},,1,{unit}\n"
        for i, (name, unit) in enumerate(zip((*NAMES[:3], "Thermo"), units, strict=True), start=1)
    )
    path.write_text(
        "Brain Vision Data Exchange Header File Version 1.0\n[Common Infos]\nCodepage=UTF-8\n"
        f"DataFile={data_file}\nMarkerFile={path.stem}.vmrk\nDataFormat=BINARY\n"
        f"DataOrientation=MULTIPLEXED\nNumberOfChannels={len(samples)}\n"
        f"SamplingInterval={1e6 / RATE_HZ:g}\n"
        f"[Binary Infos]\nBinaryFormat={form}\n[Channel Infos]\n{channels}",
        encoding="utf-8",
    )
    path.with_suffix(".vmrk").write_text(
        "Brain Vision Data Exchange Marker File, Version 1.0\n[Common Infos]\n"
        f"DataFile={data_file}\n[Marker Infos]\nMk1=Stimulus,S  5,11,1,0\n"
        f"Mk2=Stimulus,S  6,{samples.shape[1]},1,0\n"
    )
    samples.T.tofile(path.with_suffix(".eeg"))
    return path


def eeglab(samples: np.ndarray, **change: Any) -> dict[str, Any]:
    """EEGLAB's EEG structure, electrodes placed: Fp1 in front on the left, Cz on top."""
    places = [(0.8, 0.3, 0.1), (0.7, 0.0, 0.7), (0.0, 0.0, 1.0), (1.0, 0.4, -0.4)]
    chanlocs = np.zeros(len(NAMES), dtype=[(k, "O") for k in ("labels", "X", "Y", "Z", "type")])
    for i, (name, place) in enumerate(zip(NAMES, places, strict=True)):
        chanlocs[i] = (name, *place, "EOG" if name == "VEOG" else "EEG")
    event = np.zeros(1, dtype=[(k, "O") for k in ("type", "latency", "duration")])
    event[0] = ("video", 31.0, 0.0)
    eeg = {
        "setname": "small",
        "nbchan": len(NAMES),
        "pnts": samples.shape[1],
        "trials": 1,
        "srate": float(RATE_HZ),
        "xmin": 0.0,
        "xmax": samples.shape[1] / RATE_HZ,
        "times": np.arange(samples.shape[1]) * 10.0,
        "data": samples.astype(np.float32),
        "chanlocs": chanlocs,
        "chaninfo": {"plotrad": 0.5},
        "icawinv": np.empty((0, 0)),
        "icasphere": np.empty((0, 0)),
        "icaweights": np.empty((0, 0)),
        "icaact": np.empty((0, 0)),
        "epoch": np.empty((0, 0)),
        "event": event,
    }
    return eeg | change


def write_set(path: Path, eeg: dict[str, Any], *, compress: bool = True) -> Path:
    savemat(path, {"EEG": eeg}, do_compression=compress, oned_as="row", appendmat=False)
    return path


def write_any(path: Path) -> Path:
    """A small good recording of the format that the extension says."""
    samples = wave(4, 4 * RATE_HZ)
    match path.suffix:
        case ".edf" | ".bdf":
            signals = [(n, "uV", x) for n, x in zip(NAMES, samples, strict=True)]
            return write_edf(path, signals)
        case ".vhdr":
            return write_brainvision(path, samples)
        case _:
            return write_set(path, eeglab(samples))


@pytest.mark.parametrize("section", ["Common Infos", "Channel Infos"])
def test_a_brainvision_header_without_a_section_is_refused(tmp_path: Path, section: str) -> None:
    path = write_brainvision(tmp_path / "r.vhdr", wave(4, 4 * RATE_HZ))
    path.write_text(path.read_text("utf-8").replace(section, "Comment Infos"), "utf-8")
    with pytest.raises(FileRefusedError, match="does not describe its channels"):
        open_file(path)


# -- real recordings


def test_brainvision_channels_without_volts_are_set_apart() -> None:
    source = open_file(real("test.vhdr"), speed=UNPACED)
    info = source.info
    assert (info.rate_hz, source.duration_s, info.rest_s) == (1000, 7.9, 0)
    aux = [c.name for c in info.channels if c.kind is AUX]
    assert aux == ["CP5", "CP6", "HL", "HR", "Vb", "ReRef"]
    assert len(info.eeg) == 26
    assert not info.preparations
    stored = np.fromfile(real("test.eeg"), "<i2").reshape(-1, 32).T[:26] * 0.5
    samples, markers = played(source)
    assert np.allclose(samples[:26], stored, rtol=0, atol=1e-9)
    assert markers[:2] == [Marker(486, "Stimulus/S253"), Marker(496, "Stimulus/S255")]


def test_a_bdf_keeps_its_electrodes_and_turns_its_status_into_markers() -> None:
    source = open_file(real("mne_test.bdf"), speed=UNPACED)
    assert source.info.rate_hz == 2048
    names = {c.name: c.kind for c in source.info.channels}
    assert "Status" not in names
    assert names["Cz"] is EEG
    assert names["REOG"] is EOG
    assert names["EXG5"] is AUX
    assert played(source)[1] == [Marker(589, "128")]


def test_an_edf_of_lettered_grids_is_read_as_it_stands() -> None:
    source = open_file(real("mne_test.edf"), speed=UNPACED)
    assert source.info.channels[0].name == "A1"
    samples, markers = played(source)
    assert samples.shape == (138, 3072)
    assert markers[:2] == [Marker(0, "start"), Marker(69, "type A")]


# -- EDF and BDF


@pytest.mark.parametrize("suffix", [".edf", ".bdf"])
def test_units_become_microvolts(tmp_path: Path, suffix: str) -> None:
    x = wave(5, 400) % 500  # 499 V is about as much as passes for a measurement
    units = ("uV", "mV", "nV", "V", "degC")
    signals = [(f"{n}{suffix}", u, s) for n, u, s in zip("abcde", units, x, strict=True)]
    source = open_file(write_edf(tmp_path / f"x{suffix}", signals), speed=UNPACED)
    expected = x * np.array([[1.0], [1e3], [1e-3], [1e6], [1.0]])
    assert kinds(source) == [EEG, EEG, EEG, EEG, AUX]
    assert np.allclose(played(source)[0][:4], expected[:4], rtol=1e-6)


@pytest.mark.parametrize(
    "unit", ["µV", "μV", "uv", "UV", "microV", "MicroVol", "uVolts", "uVolt", "Microvlt"]
)
def test_a_microvolt_has_many_spellings(tmp_path: Path, unit: str) -> None:
    x = wave(1, 400)
    known = unit != "Microvlt"
    path = write_edf(tmp_path / "x.edf", [("Fz", unit, x[0]), ("Cz", "uV", x[0])])
    source = open_file(path, speed=UNPACED)
    assert kinds(source) == [EEG if known else AUX, EEG]
    assert np.allclose(played(source)[0], np.concatenate([x, x]), rtol=1e-6) or not known


def test_a_channel_without_a_volt_is_not_left_out_in_silence(tmp_path: Path) -> None:
    units = {"Fp1": "uV", "Cz": "", "C3": "BS", "ECG": "", "SpO2": "%", "VEOG": ""}
    signals = [(name, unit, wave(1, 400)[0]) for name, unit in units.items()]
    source = open_file(write_edf(tmp_path / "x.edf", signals))
    assert source.info.notes == (
        "Left out, for the file does not give them in volts: Cz (no unit), C3 (BS).",
    )


@pytest.mark.parametrize(
    ("offset", "values"),
    [(104, ("0", "0")), (104, ("nan", "nan")), (104, ("-inf", "inf")), (104, ("", "1")),
     (120, ("7", "7"))],
)  # fmt: skip
def test_an_edf_without_a_scale_is_refused(
    tmp_path: Path, offset: int, values: tuple[str, str]
) -> None:
    signals = [(n, "uV", x) for n, x in zip(("T7", "ECG"), wave(2, 400), strict=True)]
    path = write_edf(tmp_path / "x.edf", signals)
    content = bytearray(path.read_bytes())

    def put(signal: int, offset: int, values: tuple[str, str]) -> None:
        for k, value in enumerate(values):
            start = 256 + 2 * (offset + 8 * k) + 8 * signal
            content[start : start + 8] = value.ljust(8).encode()
        path.write_bytes(content)

    put(1, offset, values)  # of what is no EEG, nothing is read
    put(0, 104, ("-1000,5", "1000,5"))
    if "" not in values:
        assert open_file(path).info.channels[0].scale_uv == 1e6
    put(0, offset, values)
    with pytest.raises(FileRefusedError, match="channel T7 has no physical or no digital range"):
        open_file(path)


def test_kinds_follow_the_labels(tmp_path: Path) -> None:
    labels = ("EEG Fz-REF", "EOG left", "HEOG", "EMG chin", "ECG", "Resp", "T7")
    signals = [(label, "uV", wave(1, 400)[0]) for label in labels]
    source = open_file(write_edf(tmp_path / "x.edf", signals))
    assert kinds(source) == [EEG, EOG, EOG, ChannelKind.EMG, AUX, AUX, EEG]


def test_slower_channels_are_left_out_instead_of_stretched(tmp_path: Path) -> None:
    x = wave(3, 400)
    signals = [("Fz", "uV", x[0]), ("SpO2", "%", x[1, :4]), ("Cz", "uV", x[2])]
    source = open_file(write_edf(tmp_path / "x.edf", signals), speed=UNPACED)
    assert [c.name for c in source.info.channels] == ["Fz", "Cz"]
    assert np.allclose(played(source)[0], x[[0, 2]])


def test_triggers_are_the_low_bits_of_the_status_channel(tmp_path: Path) -> None:
    status = np.full(400, 0x100000)
    status[10:20] |= 7
    status[20:30] |= 9
    status[300:] |= 7
    signals = [("Fz", "uV", wave(1, 400)[0].astype(int)), ("Status", "Boolean", status)]
    source = open_file(write_edf(tmp_path / "x.bdf", signals), speed=UNPACED)
    assert played(source)[1] == [Marker(10, "7"), Marker(20, "9"), Marker(300, "7")]
    assert len(source.info.channels) == 1


def test_a_recording_that_was_never_closed_is_read_to_its_end(tmp_path: Path) -> None:
    path = write_edf(tmp_path / "x.edf", [("Fz", "uV", wave(1, 400)[0])], n_records=-1)
    assert played(open_file(path, speed=UNPACED))[0].shape == (1, 400)


def test_a_huge_recording_is_opened_without_reading_it(tmp_path: Path) -> None:
    n_records = 9_000_000
    path = write_edf(tmp_path / "x.edf", [("Fz", "uV", wave(1, 400)[0])], n_records=n_records)
    os.truncate(path, 512 + 200 * n_records)  # 1.8 GB, sparse
    source = open_file(path, speed=UNPACED)
    assert source.duration_s == n_records
    source.seek(n_records - 1)
    chunk = source.read(0)
    assert chunk is not None
    assert chunk.n_samples == 100


def test_an_interrupted_recording_is_refused(tmp_path: Path) -> None:
    path = write_edf(tmp_path / "x.edf", [("Fz", "uV", wave(1, 400)[0])], reserved="EDF+D")
    with pytest.raises(FileRefusedError, match=r"interrupted recording \(EDF\+D\)"):
        open_file(path)


def test_a_file_without_volts_is_refused(tmp_path: Path) -> None:
    path = write_edf(tmp_path / "x.edf", [("Fz", "degC", wave(1, 400)[0])])
    with pytest.raises(FileRefusedError, match="no EEG channel measured in volts"):
        open_file(path)


def test_a_file_that_shrinks_while_it_plays_is_one_sentence(tmp_path: Path) -> None:
    x = wave(1, 400 * 10_000)[0]
    path = write_edf(tmp_path / "x.edf", [("Fz", "uV", x)], seconds=40)
    source = open_file(path, speed=UNPACED)
    path.unlink()
    with pytest.raises(FileRefusedError, match=r"x.edf can no longer be read at 0 s"):
        source.read(0)


def test_the_rate_of_an_edf_file_is_that_of_most_eeg_channels(tmp_path: Path) -> None:
    slow, fast = wave(1, 400)[0], wave(1, 800)[0]
    signals = [(name, "uV", slow) for name in ("Fp1", "Cz", "C3")]
    signals += [(name, "uV", fast) for name in ("EMG1", "EMG2", "EMG3", "VEOG", "O1")]
    source = open_file(write_edf(tmp_path / "x.edf", signals))
    assert source.info.rate_hz == RATE_HZ
    assert [c.name for c in source.info.channels] == ["Fp1", "Cz", "C3"]
    assert source.info.notes == (
        "Left out, for 100 Hz is the rate of most EEG channels and not theirs: O1.",
    )


def test_edf_channels_of_one_name_are_not_left_out_in_silence(tmp_path: Path) -> None:
    names = ("C3", "C3", "Fp1", "Cz", "O1", "O2")
    signals = [(name, "uV", wave(1, 400)[0]) for name in names]
    source = open_file(write_edf(tmp_path / "x.edf", signals))
    assert len({c.name for c in source.info.channels}) == 6, "a montage can tell them apart"
    assert len(source.info.notes) == 1
    assert "none of them is used: C3." in source.info.notes[0]


# -- BrainVision


def test_brainvision_values_that_are_no_numbers_take_the_last_one(tmp_path: Path) -> None:
    stored = wave(4, 400).astype(np.float32)
    expected = stored.copy()
    stored[0, :2] = np.nan
    expected[0, :2] = stored[0, 2]
    stored[1, 100] = np.nan
    expected[1, 100] = stored[1, 99]
    stored[2, 200:203] = np.inf
    expected[2, 200:203] = stored[2, 199]
    source = open_file(write_brainvision(tmp_path / "é.vhdr", stored), speed=UNPACED)
    samples, markers = played(source)
    assert np.allclose(samples[:3], expected[:3], rtol=1e-6)
    assert kinds(source) == [EEG, EEG, EEG, AUX]
    assert markers == [Marker(10, "Stimulus/S  5"), Marker(399, "Stimulus/S  6")]


def segments(source: PlaybackSource) -> list[tuple[int, int]]:
    """First sample and segment, counted from the first, wherever the signal breaks."""
    source.open()
    chunks = list(iter(lambda: source.read(0), None))
    source.close()
    found = {}
    for chunk in chunks:
        assert not chunk.lost
        found.setdefault(chunk.segment - chunks[0].segment, chunk.offset)
    return [(at, segment) for segment, at in found.items()]


def test_brainvision_breaks_where_recording_was_paused(tmp_path: Path) -> None:
    path = write_brainvision(tmp_path / "x.vhdr", wave(4, 400))
    with path.with_suffix(".vmrk").open("a") as marks:
        marks.write("Mk3=New Segment,,1,1,0\nMk4=New Segment,,251,1,0\n")
    assert segments(open_file(path, speed=UNPACED)) == [(0, 0), (250, 1)]


@pytest.mark.parametrize("cut", [1, 8 * 100], ids=["in a frame", "before a marker"])
def test_cut_brainvision_samples_are_refused(tmp_path: Path, cut: int) -> None:
    path = write_brainvision(tmp_path / "x.vhdr", wave(4, 400))
    data = path.with_suffix(".eeg")
    os.truncate(data, data.stat().st_size - cut)
    with pytest.raises(FileRefusedError, match=r"x.eeg is cut short"):
        open_file(path)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("[Binary Infos]\n", "[Binary Infos]\nUseBigEndianOrder=YES\n", "big-endian order"),
        ("DataFormat=", "DataType=FREQUENCYDOMAIN\nDataFormat=", "holds FREQUENCYDOMAIN data"),
        ("NumberOfChannels=4", "NumberOfChannels=2", "promises 2 channels and describes 4"),
        ("Ch2=Fz", "Ch2=Fp1", "several channels of the same name: Fp1"),
        ("MarkerFile=x", "MarkerFile=../x", "points to another folder for its marker"),
    ],
)
def test_a_brainvision_header_that_would_be_read_wrongly_is_refused(
    tmp_path: Path, old: str, new: str, said: str
) -> None:
    path = write_brainvision(tmp_path / "x.vhdr", wave(4, 400))
    text = path.read_text(encoding="utf-8").replace(old, new)
    path.write_text(f"{text}[Comment]\n{old}\nMarkerFile=x.vmrk\n", encoding="utf-8")
    with pytest.raises(FileRefusedError, match=said):
        open_file(path)


def test_brainvision_markers_in_an_older_encoding_are_read(tmp_path: Path) -> None:
    path = write_brainvision(tmp_path / "x.vhdr", wave(4, 400))
    with path.with_suffix(".vmrk").open("a", encoding="latin-1") as marks:
        marks.write("Mk3=Comment,Augen schließen,31,1,0\n")
    assert Marker(30, "Comment/Augen schließen") in played(open_file(path, speed=UNPACED))[1]


@pytest.mark.parametrize("data_file", ["../x.eeg", "/etc/hostname", "..\\x.eeg"])
def test_brainvision_may_not_point_elsewhere(tmp_path: Path, data_file: str) -> None:
    inner = tmp_path / "inner"
    inner.mkdir()
    path = write_brainvision(inner / "x.vhdr", wave(4, 400), data_file=data_file)
    with pytest.raises(FileRefusedError, match="points to another folder"):
        open_file(path)


@pytest.mark.parametrize("suffix", [".eeg", ".vmrk"])
def test_brainvision_needs_its_other_files(tmp_path: Path, suffix: str) -> None:
    path = write_brainvision(tmp_path / "x.vhdr", wave(4, 400))
    path.with_suffix(suffix).unlink()
    with pytest.raises(FileRefusedError, match=f"file x{suffix} beside it"):
        open_file(path)


# -- EEGLAB


def test_eeglab_breaks_where_a_piece_was_cut_out(tmp_path: Path) -> None:
    """Its latencies count from 1, and a cut lies half a sample before what follows it."""
    event = np.zeros(2, dtype=[(k, "O") for k in ("type", "latency", "duration")])
    event[0], event[1] = ("boundary", 120.5, 33.0), ("boundary", 300.5, float("nan"))
    path = write_set(tmp_path / "x.set", eeglab(wave(4, 400), event=event))
    assert segments(open_file(path, speed=UNPACED)) == [(0, 0), (120, 1), (300, 2)]


@pytest.mark.parametrize("compress", [True, False])
def test_eeglab_gives_samples_positions_and_events(tmp_path: Path, compress: bool) -> None:
    stored = wave(4, 400)
    path = write_set(tmp_path / "x.set", eeglab(stored), compress=compress)
    source = open_file(path, speed=UNPACED)
    samples, markers = played(source)
    assert np.allclose(samples, stored)
    assert kinds(source) == [EEG, EEG, EEG, EOG]
    assert markers == [Marker(30, "video")]
    left, _, top, eye = (c.position for c in source.info.channels)
    assert eye is None
    assert left is not None
    assert top is not None
    assert left[0] < 0 < left[1]  # x right, y front, z up
    assert top[2] == max(np.abs(top))


def test_eeglab_reads_the_fdt_beside_it_and_no_other(tmp_path: Path) -> None:
    samples = wave(4, 400)
    inner = tmp_path / "inner"
    inner.mkdir()
    beside, outside = inner / "x.fdt", tmp_path / "x.fdt"
    for data in (beside, outside):
        samples.T.astype("<f4").tofile(data)
    good = write_set(inner / "good.set", eeglab(samples, data="x.fdt"))
    assert np.allclose(played(open_file(good, speed=UNPACED))[0], samples)
    for name in ("../x.fdt", str(outside)):
        bad = write_set(inner / "bad.set", eeglab(samples, data=name))
        with pytest.raises(FileRefusedError, match="points to another folder"):
            open_file(bad)
    np.zeros(1700, "<f4").tofile(beside)
    with pytest.raises(FileRefusedError, match="6400 bytes expected, 6800 found"):
        open_file(good)
    os.truncate(beside, 1000)
    with pytest.raises(FileRefusedError, match="6400 bytes expected, 1000 found"):
        open_file(good)


def test_eeglab_epochs_are_refused(tmp_path: Path) -> None:
    eeg = eeglab(wave(4, 400), trials=2, pnts=200, data=np.zeros((4, 200, 2), np.float32))
    with pytest.raises(FileRefusedError, match="not a readable EEGLAB file of a continuous"):
        open_file(write_set(tmp_path / "x.set", eeg))


def test_a_matlab_bomb_is_refused_before_it_goes_off(tmp_path: Path) -> None:
    squeezer = zlib.compressobj()
    head = squeezer.compress(b"") + squeezer.flush(zlib.Z_FULL_FLUSH)
    zeros = squeezer.compress(bytes(1 << 20)) + squeezer.flush(zlib.Z_FULL_FLUSH)
    packed = head + zeros * 600
    mat = b"MATLAB 5.0 MAT-file".ljust(124) + struct.pack("<H", 0x0100) + b"IM"
    path = tmp_path / "bomb.set"
    path.write_bytes(mat + struct.pack("<II", 15, len(packed)) + packed)
    with pytest.raises(FileRefusedError, match="unpack to more than"):
        open_file(path)


def test_a_matlab_file_that_kills_its_reader_is_refused(tmp_path: Path) -> None:
    path = write_set(tmp_path / "x.set", eeglab(wave(4, 400)), compress=False)
    content = bytearray(path.read_bytes())
    start = content.index(struct.pack("<IIiiHH", 5, 8, 1, 1, 1, 0)[:16])  # a scalar's size, 1 x 1
    content[start + 13] = 45  # 1 x 11,521
    path.write_bytes(content)
    with pytest.raises(FileRefusedError, match=r"x.set is (damaged|not a readable)"):
        open_file(path)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux limits a process's memory")
def test_a_matlab_file_that_declares_a_matrix_of_7_gb_is_refused(tmp_path: Path) -> None:
    def element(kind: int, data: bytes) -> bytes:
        return struct.pack("<II", kind, len(data)) + data + bytes(-len(data) % 8)

    size = struct.pack("<ii", 30_000, 30_000)
    cells = element(6, struct.pack("<II", 1, 0)) + element(5, size) + element(1, b"EEG")
    mat = b"MATLAB 5.0 MAT-file".ljust(124) + struct.pack("<H", 0x0100) + b"IM"
    path = tmp_path / "x.set"
    path.write_bytes(mat + element(14, cells))
    with pytest.raises(FileRefusedError, match="not a readable EEGLAB file") as refused:
        open_file(path)
    assert "MemoryError" in str(refused.value.__cause__)


def test_matlab_73_says_how_to_save_it(tmp_path: Path) -> None:
    path = tmp_path / "x.set"
    path.write_bytes(b"MATLAB 7.3 MAT-file, Platform: GLNXA64".ljust(512))
    with pytest.raises(FileRefusedError, match="save it from EEGLAB in version 7"):
        open_file(path)


# -- every format


@pytest.mark.parametrize("suffix", [".edf", ".bdf", ".vhdr", ".set"])
@pytest.mark.parametrize(
    "damage",
    [
        lambda content: b"",
        lambda content: content[: len(content) // 2],
        lambda content: content[:300],
        lambda content: b"\x00" * len(content),
        lambda content: bytes(reversed(content)),
        lambda content: content[:200] + b"\xff" * 200 + content[400:],
    ],
    ids=["empty", "half", "head", "zeros", "reversed", "overwritten"],
)
def test_a_damaged_file_is_refused_in_one_sentence(
    tmp_path: Path, suffix: str, damage: Callable[[bytes], bytes]
) -> None:
    path = write_any(tmp_path / f"bad{suffix}")
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(FileRefusedError, match=r"^bad\.\w+ .*\.$") as refusal:
        open_file(path)
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize("suffix", [".edf", ".bdf", ".vhdr", ".set"])
def test_chunks_do_not_change_samples(tmp_path: Path, suffix: str) -> None:
    path = write_any(tmp_path / f"x{suffix}")
    whole = played(open_file(path, speed=UNPACED))[0]
    assert np.allclose(whole[:3], wave(4, 4 * RATE_HZ)[:3])
    source = open_file(path, speed=UNPACED)
    source.seek(1.23)
    chunk = source.read(0)
    assert chunk is not None
    scales = np.array([c.scale_uv for c in source.info.channels])[:, None]
    assert np.array_equal(chunk.samples * scales, whole[:, 123:223])


def test_a_missing_file_and_an_unknown_format_are_refused(tmp_path: Path) -> None:
    with pytest.raises(FileRefusedError, match="There is no file"):
        open_file(tmp_path / "none.edf")
    with pytest.raises(FileRefusedError, match=r"known are .edf \(EDF\+\), .bdf"):
        open_file(tmp_path / "x.docx")
    with pytest.raises(FileRefusedError, match=r"open x.vhdr instead"):
        open_file(tmp_path / "x.eeg")
    (tmp_path / "folder.edf").mkdir()
    with pytest.raises(FileRefusedError, match="There is no file"):
        open_file(tmp_path / "folder.edf")


def test_two_threads_never_load_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """The one that reads, and the one that looks for a rest."""
    monkeypatch.setattr(files, "_BLOCK_VALUES", 10)
    samples = np.arange(20.0)[None]
    both, within, most = threading.Event(), [], []

    def load(start: int, stop: int) -> np.ndarray:
        within.append(start)
        most.append(len(within))
        if len(within) == 2:
            both.set()
        both.wait(0.1)  # the other comes in meanwhile, if anything lets it
        within.remove(start)
        return samples[:, start:stop]

    blocks = files._Blocks(StreamInfo("x", 100.0, (Channel("Cz"),)), load, 20)
    threads = [threading.Thread(target=blocks.read, args=(at, at + 1)) for at in (0, 10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert most == [1, 1]
