"""Colours that can be read and told apart, words for every value, the timeline's track."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import replace
from itertools import compress

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, QRectF
from PySide6.QtGui import QColor, QHelpEvent, QImage, QPainter
from PySide6.QtWidgets import QApplication, QToolTip, QWidget
from pytestqt.qtbot import QtBot
from shiboken6 import getCppPointer

from app import colour, theme
from app.panels.coverage import CoverageView
from app.panels.maps import HeadMap, disc
from app.panels.overlay import EmotionOverlay, caption
from app.panels.timeline import Stretch, Timeline, Track
from app.panels.trace_view import Gutter, Ruler
from app.panels.traces import TracesPanel
from app.status_bar import StatusBar, StatusItem
from app.studio.compare import Compare
from app.theme import DARK, LIGHT, Theme
from app.widgets import clock
from app.words import doubt_words, emotion_word, flag_words
from evoke.emotion import PAPER, UNDECIDED, WORDS
from evoke.signal.montage import ELECTRODES, map_channels
from evoke.signal.quality import rated
from evoke.types import (
    Affect,
    Channel,
    Doubt,
    Features,
    Flag,
    Phase,
    Quality,
    SessionStatus,
    StreamInfo,
)

THEMES = pytest.mark.parametrize("tokens", [LIGHT, DARK], ids=["light", "dark"])


def contrast(a: str, b: str) -> float:
    """WCAG 2 contrast ratio of two colours."""
    weights = np.array([0.2126, 0.7152, 0.0722])
    high, low = sorted(
        (colour.linear(colour.rgb(c)) @ weights + 0.05 for c in (a, b)), reverse=True
    )
    return float(high / low)


@THEMES
def test_words_can_be_read(tokens: Theme) -> None:
    for ink in (tokens.ink, tokens.ink2, tokens.ink3, tokens.accent, tokens.warn, tokens.record):
        assert contrast(ink, tokens.surface) >= 4.5
    pairs = [
        (tokens.ink, tokens.bg),
        (tokens.ink2, tokens.bg),
        (tokens.on_accent, tokens.accent),
        (tokens.accent, tokens.soft),
        (tokens.warn, tokens.warn_soft),
        (tokens.ink, tokens.record_soft),
        *((tokens.ink, tokens.tint(name).name()) for name in WORDS),
    ]
    assert min(contrast(a, b) for a, b in pairs) >= 4.5


@THEMES
@pytest.mark.parametrize("eyes", [None, *colour.DICHROMATS])
def test_emotions_can_be_told_apart(tokens: Theme, eyes: str | None) -> None:
    light = colour.seen_by([tokens.emotion(name) for name in WORDS], eyes)
    assert colour.closest_pair(light) >= 0.09


@THEMES
def test_the_map_scale_is_neutral_in_the_middle(tokens: Theme) -> None:
    scale = theme.map_scale(tokens)
    middle = colour.rgb(tokens.surface) * 255
    assert np.abs(scale[127].astype(float) - middle).max() < 16
    low, high = scale[0].astype(int), scale[-1].astype(int)
    assert low[2] > low[0] + 60, "blue below rest"
    assert high[0] > high[2] + 60, "rust above"


def test_every_token_is_a_colour() -> None:
    for tokens in (LIGHT, DARK):
        for field in dataclasses.fields(tokens):
            value = getattr(tokens, field.name)
            if isinstance(value, str):
                assert colour.rgb(value).shape == (3,)


def test_every_value_has_its_word() -> None:
    assert len({emotion_word(word) for word in (*WORDS, UNDECIDED)}) == len(WORDS) + 1
    assert all(doubt_words(doubt) for doubt in Doubt if doubt is not Doubt.NONE)
    hum = (Flag.LINE_NOISE, Flag.HUM_LEFT)  # one word, whatever the filters leave of it
    assert len({flag_words(flag.value) for flag in Flag if flag not in hum[1:]}) == len(Flag) - 1
    assert flag_words(Flag.BLINK.value | Flag.FLAT.value) == flag_words(Flag.FLAT.value)


@pytest.mark.parametrize(
    ("seconds", "words"), [(-1, "0:00"), (7.9, "0:07"), (3599, "59:59"), (3661, "1:01:01")]
)
def test_the_clock(seconds: float, words: str) -> None:
    assert clock(seconds) == words


def test_the_status_bar_says_which_samples_were_not_read_and_why(dressed: None) -> None:
    bar = StatusBar()

    def losses(**status: int) -> StatusItem:
        info = StreamInfo("Cyton", 250.0, (Channel("Cz"),), live=True)
        bar.show_status(info, SessionStatus(**status), False)
        items = bar.findChildren(StatusItem)
        return next(item for item in items if "never arrived" in item.toolTip())

    assert "too fast" not in losses(lost_samples=1200, gaps=2).toolTip()
    too_fast = losses(passed_over_samples=2048, passed_over_gaps=1, skipped_windows=7)
    assert too_fast.accessibleName() == "Lost 0 samples · dropped 7 windows"
    assert "never arrived (gaps: 0)" in too_fast.toolTip()
    assert "2,048 samples came too fast to be analysed" in too_fast.toolTip()
    slept = losses(clock_jumps=1)
    assert slept.accessibleName() == "Lost 0+ samples · dropped 0 windows"
    assert "slept, its clock was set, or the headset counted anew (times: 1)" in slept.toolTip()


@pytest.mark.parametrize(
    ("bad", "muscle", "hum", "said", "good"),
    [
        (0, 4, 0, "", 28),  # some of it is in every recording
        (0, 12, 0, "Muscle on 12 channels", 20),
        (0, 0, 32, "Mains noise on 32 channels", 0),
        (3, 5, 9, "3 channels interpolated · mains noise on 9", 15),
        (14, 0, 0, "14 channels bad", 18),
    ],
)
def test_what_is_wrong_with_channels_is_said(
    dressed: None, qtbot: QtBot, bad: int, muscle: int, hum: int, said: str, good: int
) -> None:
    flags = np.zeros(32, np.uint8)
    flags[:bad] = Flag.FLAT.value
    flags[bad : bad + muscle] = Flag.MUSCLE.value | Flag.DRIFT.value
    flags[bad + muscle : bad + muscle + hum] = Flag.LINE_NOISE.value | Flag.HUM_LEFT.value
    info = StreamInfo("EEG", 256.0, tuple(Channel(name) for name in ELECTRODES))
    quality = rated(map_channels(info), flags, np.arange(32) < bad)
    panel, bar = TracesPanel(lambda **_: None), StatusBar()
    qtbot.addWidget(panel)
    panel.set_quality(ELECTRODES, quality)
    assert panel.warning.text == said
    assert ("mains frequency in Settings" in panel.warning.toolTip()) is bool(hum)
    names = [tuple(compress(ELECTRODES, which)) for which in (quality.bad, quality.noisy)]
    status = SessionStatus(Phase.READING, "", 0, 1.0, quality=quality.score)
    status = replace(status, bad_channels=names[0], noisy_channels=names[1])
    bar.show_status(info, status, False)
    words = [item.accessibleName() for item in bar.findChildren(StatusItem)]
    assert f"Quality {100 * quality.score:.0f} % · {good} of 32 good" in words


def test_the_status_bar_leaves_out_the_words_of_figures_last(dressed: None) -> None:
    bar = StatusBar()
    name = "a long name of a recording.edf"
    info = StreamInfo(name, 128.0, tuple(Channel(f"C{k}") for k in range(32)))
    status = SessionStatus(
        quality=1.0, latency_ms=1.0, latency_p95_ms=3.0, device="CPU", model="Student of new trials"
    )

    def said(width: int) -> str:
        bar.resize(width, 28)
        bar.show_status(info, status, False)
        return " ".join(item.text for item in bar.findChildren(StatusItem))

    whole = said(2000)
    assert name in whole
    assert "Lost 0 samples" in whole
    middle = said(1300)
    assert name not in middle
    assert "Quality 100 % · 32 of 32 good" in middle
    assert "Latency 1 ms · p95 3 ms" in middle
    assert "Quality" not in said(1100)
    assert said(2000) == whole


def test_every_channel_is_named_where_lanes_are_five_pixels(dressed: None) -> None:
    gutter = Gutter()
    gutter.resize(66, Ruler.HEIGHT + 5 * 33)

    def drawn(names: Sequence[str]) -> QImage:
        gutter.show_names(names, frozenset())
        return gutter.grab().toImage()

    whole = drawn(ELECTRODES)
    for i in range(len(ELECTRODES)):
        assert drawn((*ELECTRODES[:i], "", *ELECTRODES[i + 1 :])) != whole, ELECTRODES[i]


def picture(widget: QWidget, width: int, height: int) -> np.ndarray:
    """(height, width, 3) of a widget without a window, no smaller than it can be."""
    widget.resize(width, height)
    image = widget.grab().toImage().convertToFormat(QImage.Format.Format_RGB888)
    lines = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), -1)
    return lines[:, : 3 * image.width()].reshape(image.height(), -1, 3).astype(int)


@pytest.mark.parametrize(("side", "named"), [(224, False), (420, True)])
def test_a_small_head_of_electrodes_says_names_under_the_mouse_alone(
    dressed: None, side: int, named: bool
) -> None:
    view = CoverageView(counts=False)
    view.show_montage(map_channels(StreamInfo("cap", 128.0, tuple(map(Channel, ELECTRODES)))))
    drawn = picture(view, side, side)
    # marks lie alike on both sides, names do not: F7 is not F8
    crooked = np.abs(drawn - drawn[:, ::-1]).max(axis=2)[side // 10 : -side // 10]
    assert (crooked > 120).sum() < 12 or named
    assert (crooked > 120).sum() > 100 or not named

    said = set()
    for x in range(0, side, 3):
        for y in range(0, side, 3):
            at = QPoint(x, y)
            help_ = QHelpEvent(QEvent.Type.ToolTip, at, view.mapToGlobal(at))
            QApplication.sendEvent(view, help_)
            said.add(QToolTip.text())
    QToolTip.hideText()
    assert {f"{name}: measured" for name in ELECTRODES} <= said
    assert view.words_at(QPointF(1, 1)) == ""


@pytest.mark.parametrize("size", [(150, 140), (150, 500), (500, 150)])
def test_a_map_has_its_title_just_above_the_head(dressed: None, size: tuple[int, int]) -> None:
    drawn = picture(HeadMap("Theta", "4–8 Hz"), *size)
    inked = (np.abs(drawn - drawn[0, 0]).max(axis=2) > 40).any(axis=1)
    rows = np.flatnonzero(inked)
    words, head = rows[rows < rows[0] + 14], rows[rows >= rows[0] + 14]
    assert rows[0] >= 1
    assert head[0] - words[-1] <= 10
    assert np.diff(head).max() == 1, "nothing but the head is below the title"


@pytest.mark.parametrize("size", [(455, 760), (480, 236), (700, 200), (300, 900)])
def test_before_and_after_show_whole_heads(dressed: None, size: tuple[int, int]) -> None:
    portrait = QImage(340, 340, QImage.Format.Format_RGB888)
    portrait.fill(QColor("#334455"))
    extremes = ((0.5, 0.06), (0.5, 0.84), (0.22, 0.5), (0.78, 0.5))  # hair, beard, ears
    with QPainter(portrait) as painter:
        for x, y in extremes:
            painter.fillRect(QRectF(340 * x - 4, 340 * y - 4, 8, 8), QColor("#FF0000"))
    compare = Compare()
    compare.before.show_image(portrait)
    compare.after.show_image(portrait)
    picture(compare, *size)
    for still in (compare.before, compare.after):
        drawn = picture(still, still.width(), still.height())
        red = (drawn[..., 0] > 200) & (drawn[..., 1] < 60)
        rows, columns = np.flatnonzero(red.any(axis=1)), np.flatnonzero(red.any(axis=0))
        spread = (rows[-1] - rows[0]) / (columns[-1] - columns[0])
        assert spread == pytest.approx((0.84 - 0.06) / (0.78 - 0.22), rel=0.1)


def test_electrodes_lie_where_they_should() -> None:
    place = dict(zip(ELECTRODES, disc().tolist(), strict=True))
    assert place["Cz"] == pytest.approx((0, 0), abs=1e-9)
    assert place["T7"] == pytest.approx((-1, 0), abs=1e-9)
    assert place["Oz"] == pytest.approx((0, -1), abs=1e-9)
    assert place["Fp2"][0] > 0
    assert place["Fp2"][1] > 0.9


def reading(t_s: float, emotion: str, confidence: float = 0.5) -> Affect:
    """A reading of which only time, word and confidence matter here."""
    nothing = np.zeros((32, 4), np.float32)
    return Affect(
        trial=1,
        t_s=t_s,
        end=0,
        segment=0,
        probabilities=(0.5, 0.5, 0.5),
        octants=(0.125,) * 8,
        bits="000",
        emotion=emotion,
        confidence=confidence,
        intensity=0.0,
        quality=Quality(np.zeros(32, np.uint8), np.zeros(32, bool), 1.0),
        features=Features(nothing, nothing),
    )


def track(words: str) -> Track:
    """One letter a hop: h happy, s sad, u undecided, a dot for no reading."""
    made = Track()
    names = {"h": "happy", "s": "sad", "u": UNDECIDED}
    for hop, letter in enumerate(words):
        if letter in names:
            made.add(reading(hop / 4, names[letter]))
    return made


def test_a_track_joins_equal_words() -> None:
    stretches = track("....hhhhssuu").stretches(0.0)
    assert [s.word for s in stretches] == ["", "happy", "sad", UNDECIDED]
    assert stretches[1] == Stretch(0.75, 1.75, "happy")


def test_slivers_join_their_neighbour_but_gaps_stay() -> None:
    assert [s.word for s in track("hhhhshhh").stretches(1.0)] == ["happy"]
    assert [s.word for s in track("hhhh....hhhh").stretches(0.5)] == ["happy", "", "happy"]
    assert [s.word for s in track("hshshshs").stretches(1.0)] == [UNDECIDED], "neither has most"


@pytest.mark.parametrize("least_s", [0.5, 1.0, 2.0, 5.0])
def test_undecided_stretches_keep_their_share_at_any_scale(least_s: float) -> None:
    """In long runs and in short, and never the colour of the word beside them."""
    rng = np.random.default_rng(3)
    runs = [("hsu"[k % 3], int(n)) for k, n in enumerate(rng.integers(1, 30, 400))]
    text = "".join(letter * n for letter, n in runs)
    drawn: dict[str, float] = {}
    for stretch in track(text).stretches(least_s):
        drawn[stretch.word] = drawn.get(stretch.word, 0.0) + stretch.end_s - stretch.start_s
    total = sum(drawn.values())
    assert total == pytest.approx(len(text) * 0.25)
    for letter, word in (("h", "happy"), ("s", "sad")):
        assert drawn[word] / total <= text.count(letter) / len(text) + 0.04
    assert drawn[UNDECIDED] / total >= text.count("u") / len(text) - 0.02


def test_what_is_read_again_replaces_what_was() -> None:
    made = track("hhhhhhhh")
    for hop in range(4, 8):
        made.add(reading(hop / 4, "sad"))
    assert [s.word for s in made.stretches(0.0)] == ["happy", "sad"]
    assert made.word_at(1.5) == "sad"
    assert made.word_at(0.5) == "happy"
    assert made.word_at(99) == ""


def test_a_long_track_grows() -> None:
    made = Track()
    made.add(reading(3600.0, "fear", 0.9))
    assert made.word_at(3600.0) == "fear"
    t, confidence = made.confidence(10)
    assert (t.tolist(), confidence.tolist()) == ([3600.0], [pytest.approx(0.9)])


def test_the_timeline_knows_its_scale(qapp: QApplication) -> None:
    timeline = Timeline()
    timeline.resize(900, 90)
    timeline.show_now(10.0, 60.0, ())
    left, middle, right = (timeline.x_of(t) for t in (0.0, 30.0, 60.0))
    assert left < middle < right < 900
    assert middle == pytest.approx((left + right) / 2)


def test_another_theme_leaves_the_style_in_its_place(qapp: QApplication) -> None:
    """Setting a style again under a sheet ended the process in the middle of a session."""
    theme.apply("light")
    before = getCppPointer(qapp.style())
    theme.apply("dark")
    assert getCppPointer(qapp.style()) == before
    theme.apply("light")
    assert getCppPointer(qapp.style()) == before


def test_why_nothing_was_read_is_said_aloud(dressed: None, qtbot: QtBot) -> None:
    card = QWidget()
    qtbot.addWidget(card)
    overlay = EmotionOverlay(card, corners=False)
    overlay.resize(320, 200)  # so low that there is room for one line above the word

    def drawn(note: str) -> QImage:
        nothing = replace(reading(4.0, UNDECIDED, 1 / 8), bits="---")
        overlay.show_caption(caption(nothing, PAPER, note))
        return overlay.grab().toImage()

    assert drawn("") != drawn("too much muscle")
    assert overlay.accessibleName() == "Undecided, too much muscle"
