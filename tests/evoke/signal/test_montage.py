from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from evoke.errors import MontageError
from evoke.signal.montage import ELECTRODES, GRID, Coverage, map_channels
from evoke.signal.positions import direction, electrode_name
from evoke.types import Channel, ChannelKind, StreamInfo

CLASSIC = (
    *("Fp1", "Fp2", "F3", "F4", "C3", "C4", "P3", "P4", "O1", "O2"),
    *("F7", "F8", "T3", "T4", "T5", "T6", "Fz", "Cz", "Pz"),
)
OLD_NAMES = {"T7": "T3", "T8": "T4", "P7": "T5", "P8": "T6"}


def info(names: tuple[str, ...], **extra: object) -> StreamInfo:
    return StreamInfo("test.edf", 250.0, tuple(Channel(name, **extra) for name in names))


def smooth_field(points: np.ndarray) -> np.ndarray:
    """Potential of a dipole inside the sphere, as an EEG source gives it (uV)."""
    seen = points - np.array([0.1, -0.2, 0.3])
    return 40 * (seen @ np.array([0.3, 0.8, 0.5])) / np.linalg.norm(seen, axis=1) ** 3


def test_order_and_grid() -> None:
    assert len(ELECTRODES) == len(set(ELECTRODES)) == len(set(GRID)) == 32
    assert GRID[ELECTRODES.index("Cz")] == (4, 4)
    assert GRID[ELECTRODES.index("T8")] == (4, 8)
    assert all(row < 9 and column < 9 for row, column in GRID)


@given(
    st.sampled_from(ELECTRODES),
    st.booleans(),
    st.sampled_from([str, str.upper, str.lower]),
    st.sampled_from(["", "EEG ", "eeg ", "EEG-", "EEG:"]),
    st.sampled_from(["", ".", "..", "-REF", "-LE", "-A1", "-M2", " - Ref", "-Avg"]),
)
def test_spellings_of_a_name(name: str, old: bool, case: object, before: str, after: str) -> None:
    label = before + case(OLD_NAMES.get(name, name) if old else name) + after  # type: ignore[operator]
    assert electrode_name(label) == name


@pytest.mark.parametrize("label", ["Fp1-F7", "A1", "M2", "EXG1", "Status", "ECG", "", "X3", "-REF"])
def test_labels_that_are_no_electrode(label: str) -> None:
    assert electrode_name(label) is None


def test_positions_agree_with_the_caps_of_biosemi() -> None:
    from mne.channels import make_standard_montage

    caps = make_standard_montage("biosemi64").get_positions()["ch_pos"]
    for name, position in caps.items():
        cosine = direction(name) @ position / np.linalg.norm(position)
        assert np.degrees(np.arccos(min(cosine, 1))) < 4, name


def test_the_head_is_symmetric() -> None:
    for left, right in (("F3", "F4"), ("CP5", "CP6"), ("T7", "T8"), ("PO9", "PO10")):
        assert np.allclose(direction(left) * [-1, 1, 1], direction(right))
    assert direction("T8")[0] > 0.9
    assert direction("Fpz")[1] > 0.9


def test_all_32_by_name_in_any_order() -> None:
    shuffled = tuple(np.random.default_rng(0).permutation(ELECTRODES))
    montage = map_channels(info(shuffled))
    assert set(montage.coverage) == {Coverage.DIRECT}
    labels = np.array(shuffled)[montage.matrix().argmax(axis=1)]
    assert tuple(labels) == ELECTRODES
    assert montage.matrix().sum() == 32


def test_classic_cap_interpolates_the_rest() -> None:
    montage = map_channels(info(CLASSIC))
    measured = [e for e, c in zip(ELECTRODES, montage.coverage, strict=True) if c.name == "DIRECT"]
    assert len(measured) == 19
    assert Coverage.GUESSED not in montage.coverage
    assert np.allclose(montage.matrix().sum(axis=1), 1, atol=1e-5)
    assert ((montage.scores == 1) == (np.array(montage.coverage) == Coverage.DIRECT)).all()


def test_splines_beat_the_nearest_channel_on_a_smooth_field() -> None:
    montage = map_channels(info(CLASSIC))
    truth = smooth_field(np.array([direction(e) for e in ELECTRODES]))
    measured = smooth_field(montage.directions)
    missing = np.array([c is not Coverage.DIRECT for c in montage.coverage])
    spline = (montage.matrix() @ measured - truth)[missing]
    nearest = (measured[montage.anchors] - truth)[missing]
    assert np.sqrt(np.mean(spline**2)) < 0.4 * np.sqrt(np.mean(nearest**2))


def test_four_channels_on_the_ears_and_forehead_are_mostly_guesses() -> None:
    montage = map_channels(info(("TP9", "AF7", "AF8", "TP10")))
    by_name = dict(zip(ELECTRODES, montage.coverage, strict=True))
    assert by_name["Cz"] is by_name["Pz"] is Coverage.GUESSED
    assert by_name["AF3"] is Coverage.INTERPOLATED
    assert montage.score(np.zeros(4, bool)) == pytest.approx(0.5)


def test_a_bad_channel_is_left_out_and_lowers_the_score() -> None:
    montage = map_channels(info(ELECTRODES))
    bad = np.zeros(32, bool)
    bad[ELECTRODES.index("C3")] = True
    matrix = montage.matrix(bad)
    assert (matrix[:, bad] == 0).all()
    assert np.array_equal(matrix[~bad], montage.matrix()[~bad])
    assert montage.score(bad) == pytest.approx(31 / 32)
    assert montage.matrix(bad.copy()) is matrix
    assert not matrix.flags.writeable


def test_with_everything_bad_there_is_still_a_matrix_and_no_score() -> None:
    montage = map_channels(info(CLASSIC))
    assert np.isfinite(montage.matrix(np.ones(19, bool))).all()
    assert montage.score(np.ones(19, bool)) == 0


def test_names_beyond_the_32_serve_the_interpolation() -> None:
    names = (*CLASSIC, "CPz", "POz")
    montage = map_channels(info(names))
    assert montage.unused == ()
    assert np.abs(montage.matrix()[ELECTRODES.index("CP1"), names.index("CPz")]) > 0.05


def test_positions_place_channels_whose_names_say_nothing() -> None:
    channels = tuple(
        Channel(f"E{i}", position=tuple(90 * direction(e)))  # type: ignore[arg-type]
        for i, e in enumerate(ELECTRODES, 10)
    )
    montage = map_channels(StreamInfo("net.mff", 250.0, channels))
    np.testing.assert_array_equal(montage.matrix(), np.eye(32))
    assert montage.scores.min() > 0.999


def placed(cap: str, frame: str, names: tuple[str, ...] = ()) -> StreamInfo:
    """A cap of MNE's, its positions in its own frame or, as MNE stores them, in the head's."""
    import mne

    montage = mne.channels.make_standard_montage(cap)
    own = montage.get_positions()["ch_pos"]
    labels = [name for name in own if name in names or not names]
    recording = mne.create_info(labels, 250, "eeg")
    recording.set_montage(montage)
    stored = [ch["loc"][:3] if frame == "head" else own[ch["ch_name"]] for ch in recording["chs"]]
    channels = tuple(
        Channel(f"ch{i}" if names else label, position=tuple(map(float, position)))
        for i, (label, position) in enumerate(zip(labels, stored, strict=True))
    )
    return StreamInfo("cap.set", 250.0, channels)


HYDROCEL = {
    "Fp1": "E22", "Fp2": "E9", "F3": "E24", "F4": "E124", "C3": "E36", "C4": "E104", "P3": "E52",
    "P4": "E92", "O1": "E70", "O2": "E83", "F7": "E33", "F8": "E122", "T7": "E45", "T8": "E108",
    "P7": "E58", "P8": "E96", "Fz": "E11", "Pz": "E62", "Oz": "E75",
}  # fmt: skip
"""The electrodes of the 10-20 system among EGI's 128, as their maker names them."""


@pytest.mark.parametrize(("frame", "most_deg"), [("own", 7.5), ("head", 10)])
def test_positions_are_seen_from_the_middle_of_the_head(frame: str, most_deg: float) -> None:
    montage = map_channels(placed("GSN-HydroCel-128", frame))
    rows = [montage.channels.index(label) for label in HYDROCEL.values()]
    wanted = np.array([direction(electrode) for electrode in HYDROCEL])
    cosines = (montage.directions[rows] * wanted).sum(axis=1)
    assert np.degrees(np.arccos(cosines)).mean() < most_deg


RING = ("Fp1", "Fp2", "F7", "F8", "T7", "T8", "O1", "O2", "P7", "P8")


@pytest.mark.parametrize(
    ("cap", "frame", "names"),
    [("mgh60", "own", ()), ("biosemi64", "own", ELECTRODES), ("easycap-M1", "head", RING),
     ("easycap-M1", "head", ("AF3", "AF4", "F3", "F4", "F7", "F8", "Fp1", "Fp2")),
     ("easycap-M1", "head", ("C3", "C4", "Fz", "Pz", "Oz", "T7", "T8"))],
)  # fmt: skip
def test_the_origin_of_positions_counts_where_no_better_middle_can_be_found(
    cap: str, frame: str, names: tuple[str, ...]
) -> None:
    """Frames about the head's centre; a ring, a patch, and few: their sphere would be a guess."""
    info = placed(cap, frame, names)
    own = np.array([c.position for c in info.channels])
    expected = own / np.linalg.norm(own, axis=1, keepdims=True)
    np.testing.assert_allclose(map_channels(info).directions, expected)


def test_positions_decide_in_a_lettered_grid() -> None:
    labels = [f"{row}{column}" for row in "ABCDEFGH" for column in range(1, 5)]
    channels = tuple(
        Channel(label, position=tuple(direction(e)))  # type: ignore[arg-type]
        for label, e in zip(labels, ELECTRODES, strict=True)
    )
    montage = map_channels(StreamInfo("cap.bdf", 250.0, channels))
    assert set(montage.coverage) == {Coverage.DIRECT}
    np.testing.assert_array_equal(montage.matrix(), np.eye(32))


@pytest.mark.parametrize(("away_deg", "measured"), [(4, True), (6, False)])
def test_a_channel_near_enough_to_an_electrode_measures_it(away_deg: float, measured: bool) -> None:
    axis = np.cross(direction("Cz"), direction("Oz"))
    turn = Rotation.from_rotvec(np.radians(away_deg) * axis / np.linalg.norm(axis))
    channels = [Channel(name) for name in CLASSIC if name != "Cz"]
    channels.append(Channel("E1", position=tuple(turn.apply(np.array(direction("Cz"))))))
    montage = map_channels(StreamInfo("net", 250.0, tuple(channels)))
    cz = ELECTRODES.index("Cz")
    assert (montage.coverage[cz] is Coverage.DIRECT) is measured
    assert bool(montage.matrix()[cz, -1] == 1) is measured


def test_interpolation_does_not_amplify_noise() -> None:
    """Where each electrode in turn is interpolated from all others."""
    montage = map_channels(info(ELECTRODES))
    gains = [np.linalg.norm(montage.matrix(bad)[i]) for i, bad in enumerate(np.eye(32, dtype=bool))]
    assert np.mean(gains) < 1
    assert max(gains) < 1.2


def test_lettered_grids_are_refused() -> None:
    labels = tuple(f"{row}{column}" for row in "ABCDEFGHI" for column in range(1, 9))
    with pytest.raises(MontageError, match=r"test\.edf: .*A1, A2.*lettered grid.*choose a montage"):
        map_channels(info(labels))


def test_earlobes_and_eyes_make_no_grid() -> None:
    montage = map_channels(info((*CLASSIC, "A1", "A2", "E1", "E2")))
    assert montage.unused == ("A1", "A2", "E1", "E2")


def test_unknown_names_are_refused() -> None:
    with pytest.raises(MontageError, match=r"at least 4 .* found 2 among 5 \(C3, C4, ch1, ch2,"):
        map_channels(info(("C3", "C4", "ch1", "ch2", "ch3")))


def test_two_channels_of_one_electrode_are_refused() -> None:
    with pytest.raises(MontageError, match="two channels are electrode T7: 'T7' and 'T3'"):
        map_channels(info((*ELECTRODES, "T3")))


def test_the_users_own_montage_goes_before_the_labels() -> None:
    labels = tuple(f"{row}{column}" for row in "ABCDEFGHI" for column in range(1, 9))
    chosen = {0: "Fp1", 1: "Fp2", 2: "c3", 3: "C4", 4: "T5", 5: None}
    montage = map_channels(info(labels), chosen)
    assert montage.direct[ELECTRODES.index("P7")] == 4
    assert montage.direct[ELECTRODES.index("F3")] == -1, "F3 of the grid is no electrode"
    assert montage.located.sum() == 5
    with pytest.raises(MontageError, match=r"channel 'A1' cannot be 'nose'"):
        map_channels(info(labels), {0: "nose"})


def test_only_eeg_channels_count() -> None:
    names = (*CLASSIC, "CP5")
    channels = tuple(Channel(n, ChannelKind.AUX if n == "CP5" else ChannelKind.EEG) for n in names)
    montage = map_channels(StreamInfo("test.vhdr", 250.0, channels))
    assert len(montage.channels) == 19
    assert montage.coverage[ELECTRODES.index("CP5")] is Coverage.INTERPOLATED
