"""A result as files: pictures as PNG and SVG, figures as CSV, and a summary as PDF.

Drawn by the same code as the screen, always in the light theme. Not for the GUI thread: a summary
takes some tenths of a second.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Literal

from PySide6.QtCore import QBuffer, QIODevice, QMarginsF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QImage, QPageLayout, QPageSize, QPainter, QPdfWriter

from app import theme
from app.costs import to_write
from app.files import write_atomically
from app.png import png_bytes
from app.theme import LIGHT
from app.wizard.accuracy import Accuracy, People, protocols_of
from app.wizard.charts import Calibrations, Confusion, Figures, exact_words
from app.wizard.drawing import LEFT, RIGHT, Drawing, text
from app.wizard.plan import Plan
from app.wizard.result import Result, Score
from app.wizard.sweep import Sweep
from app.wizard.sweep_drawing import SweepDrawing
from app.wizard.titles import LABELS, MACRO, day, protocol_name, role_title, translate
from app.words import people, trials
from evoke.emotion import PAPER
from evoke.types import DIMENSIONS

Kind = Literal["png", "svg", "csv", "pdf"]
KINDS: tuple[Kind, ...] = ("pdf", "png", "svg", "csv")

PNG_SCALE = 2
PAD_PX, TITLE_PX = 20, 28

_PAGE_PX = QSize(794, 1123)
"""A4 in CSS pixels, at 96 to the inch."""
_MARGIN_PX = 48
_HEADED_PX = 72
"""A heading and a paragraph of three lines."""


def export(
    result: Result,
    plan: Plan,
    folder: Path,
    kinds: Iterable[Kind],
    commands: Sequence[str] = (),
    sweeps: Sequence[Sweep] = (),
) -> list[Path]:
    """Write what is asked for into `folder`, each file whole or not at all; return the files.

    commands: that make the same figures, for the summary. sweeps: that the run has. Raises
    EvokeError if the folder cannot be written.
    """
    written = []
    for path, content in _files(result, plan, set(kinds), commands, sweeps):
        write_atomically(folder / path, content)
        written.append(folder / path)
    return written


def _files(
    result: Result,
    plan: Plan,
    kinds: set[Kind],
    commands: Sequence[str],
    sweeps: Sequence[Sweep],
) -> Iterator[tuple[str, bytes | str]]:
    swept = [(drawing.name, drawing) for drawing in _swept(result, sweeps)]
    if "pdf" in kinds:
        yield "summary.pdf", summary_pdf(result, plan, commands, sweeps)
    if kinds & {"png", "svg"}:
        for name, drawing in [*drawings(result, plan), *swept]:
            mark = translate("wizard", "synthetic data") if result.synthetic else ""
            if "png" in kinds:
                yield f"{name}.png", png(drawing, mark)
            if "svg" in kinds:
                yield f"{name}.svg", svg(drawing, mark)
    if "csv" in kinds:
        yield "scores.csv", scores_csv(result)
        yield "calibration.csv", calibration_csv(result)
        yield "confusion.csv", confusion_csv(result)
        yield "per-subject.csv", people_csv(result)
        yield "cost.csv", cost_csv(result)
        for sweep in sweeps:
            yield f"sweep-{sweep.protocol}.csv", sweep_csv(result, sweep)


def _swept(result: Result, sweeps: Sequence[Sweep]) -> list[SweepDrawing]:
    return [SweepDrawing(sweep, result) for sweep in sweeps if sweep.points]


def drawings(result: Result, plan: Plan) -> Iterator[tuple[str, Drawing]]:
    """Every picture of a result, with its file's name."""
    first = result.judged[0].protocol
    for label in LABELS:
        yield f"accuracy-{label}", Accuracy(result, plan, label, first)
    for protocol in protocols_of(result):
        yield f"figures-{protocol}", Figures(result, MACRO, protocol)
    for judged in result.judged:
        stem = f"{judged.protocol}-{judged.role}"
        yield f"confusion-{stem}", Confusion(judged)
        yield f"per-subject-{stem}", People(judged)
        yield f"calibration-{stem}", Calibrations(judged)


# -- pictures


def png(drawing: Drawing, mark: str = "") -> bytes:
    """Twice as fine as a screen. mark: what is to be known of the data, beside the title."""
    size = _framed(drawing.size)
    image = QImage(size * PNG_SCALE, QImage.Format.Format_ARGB32)
    image.fill(QColor(LIGHT.surface))
    image.setDevicePixelRatio(PNG_SCALE)
    painter = QPainter(image)
    _paint_framed(painter, drawing, mark)
    painter.end()
    return png_bytes(image)


def svg(drawing: Drawing, mark: str = "") -> bytes:
    """Text stays text. mark: as of `png`."""
    from PySide6.QtSvg import QSvgGenerator

    size, buffer = _framed(drawing.size), _open_buffer()
    generator = QSvgGenerator()
    generator.setOutputDevice(buffer)
    generator.setSize(size)
    generator.setViewBox(QRect(0, 0, size.width(), size.height()))
    generator.setTitle(drawing.title)
    painter = QPainter(generator)
    painter.fillRect(QRectF(0, 0, size.width(), size.height()), QColor(LIGHT.surface))
    _paint_framed(painter, drawing, mark)
    painter.end()
    return bytes(buffer.data().data())


def _framed(size: QSize) -> QSize:
    return QSize(size.width() + 2 * PAD_PX, size.height() + 2 * PAD_PX + TITLE_PX)


def _paint_framed(painter: QPainter, drawing: Drawing, mark: str) -> None:
    """Under its title, with a margin."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    size = drawing.size
    head = QRectF(PAD_PX, PAD_PX - 6, size.width(), 22)
    text(painter, head, drawing.title, LIGHT.ink, theme.font(15, 600), LEFT)
    text(painter, head, mark, LIGHT.warn, theme.font(13, 600), RIGHT)
    area = QRectF(PAD_PX, PAD_PX + TITLE_PX, size.width(), size.height())
    drawing.paint(painter, area, LIGHT)


def _open_buffer() -> QBuffer:
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    return buffer


# -- the summary


class _Pages:
    """Writes down A4 pages from top to bottom; a piece that does not fit begins a new one."""

    def __init__(self, title: str, footer: str) -> None:
        self._buffer, self._footer = _open_buffer(), footer
        self._writer = QPdfWriter(self._buffer)
        self._writer.setTitle(title)
        self._writer.setCreator("EVOKE")
        self._writer.setResolution(288)
        page = QPageLayout(
            QPageSize(QPageSize.PageSizeId.A4),
            QPageLayout.Orientation.Portrait,
            QMarginsF(0, 0, 0, 0),
        )
        self._writer.setPageLayout(page)
        self._painter = QPainter(self._writer)
        self._painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._painter.scale(3, 3)  # 96 logical pixels to the inch
        self._y = float(_MARGIN_PX)
        self._pages = 0
        self._begin()

    def _begin(self) -> None:
        self._pages += 1
        self._y = float(_MARGIN_PX)
        foot = QRectF(_MARGIN_PX, _PAGE_PX.height() - 36, self.width, 16)
        text(self._painter, foot, self._footer, LIGHT.ink3, theme.font(11))
        right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        text(self._painter, foot, str(self._pages), LIGHT.ink3, theme.font(11), right)

    @property
    def width(self) -> float:
        return float(_PAGE_PX.width() - 2 * _MARGIN_PX)

    def _room(self, height: float) -> None:
        if self._y + height > _PAGE_PX.height() - _MARGIN_PX and self._y > _MARGIN_PX:
            self._writer.newPage()
            self._begin()

    def heading(self, said: str) -> None:
        """Never the last of its page."""
        self._room(_HEADED_PX)
        self.words(said, 13, 600)

    def words(self, said: str, px: int = 13, weight: int = 400, tint: str = LIGHT.ink) -> None:
        """A paragraph."""
        font = theme.font(px, weight)
        self._painter.setFont(font)
        flags = int(Qt.TextFlag.TextWrapAnywhere) if " " not in said else 0
        flags |= int(Qt.TextFlag.TextWordWrap)
        box = QRectF(_MARGIN_PX, 0, self.width, 10_000)
        needed = self._painter.boundingRect(box, flags, said)
        self._room(needed.height())
        self._painter.setFont(font)
        self._painter.setPen(QColor(tint))
        self._painter.drawText(QRectF(_MARGIN_PX, self._y, self.width, 10_000), flags, said)
        self._y += needed.height() + 4

    def space(self, px: float) -> None:
        self._y += px

    def drawing(self, drawing: Drawing) -> None:
        """A picture under its title, shrunk to the page where it is larger."""
        size = drawing.size
        shrunk = min(1.0, self.width / size.width())
        shrunk = min(shrunk, (_PAGE_PX.height() - 2 * _MARGIN_PX - 40) / size.height())
        self._room(size.height() * shrunk + 34)
        self.words(drawing.title, 13, 600)
        self._painter.save()
        self._painter.translate(_MARGIN_PX, self._y)
        self._painter.scale(shrunk, shrunk)
        drawing.paint(self._painter, QRectF(0, 0, size.width(), size.height()), LIGHT)
        self._painter.restore()
        self._y += size.height() * shrunk + 12

    def end(self) -> bytes:
        self._painter.end()
        return bytes(self._buffer.data().data())


@theme.to_be_read()
def summary_pdf(
    result: Result, plan: Plan, commands: Sequence[str] = (), sweeps: Sequence[Sweep] = ()
) -> bytes:
    """What was found, on a few pages."""
    footer = translate("wizard", "EVOKE · research use only, not a medical device")
    pages = _Pages(translate("wizard", "EVOKE: what training found"), footer)
    pages.words(plan.name or translate("wizard", "What training found"), 24, 600)
    about = translate("wizard", "{0} · {1}, {2} · judged {3}").format(
        result.data, people(result.subjects), trials(result.trials), day(result.created)
    )
    pages.words(about, 12, 400, LIGHT.ink2)
    if result.synthetic:
        pages.words(synthetic_words(), 13, 600, LIGHT.warn)
    pages.space(8)
    for k, sentence in enumerate(result.headline):
        pages.words(sentence, 15 if k == 0 else 13, 600 if k == 0 else 400)
    pages.space(10)
    first = result.judged[0].protocol
    pages.drawing(Accuracy(result, plan, MACRO, first))
    for protocol in protocols_of(result):
        pages.drawing(Figures(result, MACRO, protocol))
    pages.words(intervals_words(result), 11, tint=LIGHT.ink3)
    for protocol in protocols_of(result):
        student = result.of("student", protocol)
        if student is None:
            continue
        pages.space(8)
        pages.drawing(Calibrations(student))
        pages.drawing(Confusion(student))
        pages.words(exact_words(student), 12, tint=LIGHT.ink2)
        pages.drawing(People(student))
    for drawing in _swept(result, sweeps):
        pages.drawing(drawing)
    for judged in result.judged:
        pages.space(8)
        pages.heading(f"{role_title(judged.role)}, {protocol_name(judged.protocol).lower()}")
        for sentence in judged.words:
            pages.words(sentence, 12, tint=LIGHT.ink2)
    if commands:
        pages.space(8)
        pages.heading(translate("wizard", "Commands that make the same figures"))
        for command in commands:
            pages.words(command, 11, tint=LIGHT.ink2)
    return pages.end()


def synthetic_words() -> str:
    return translate("wizard", "Synthetic data: these figures say nothing about people.")


def intervals_words(result: Result) -> str:
    """What the brackets and lines are over: trials, and of some protocols something else."""
    words = translate("wizard", "Brackets and lines show 95 % intervals over trials")
    drawn = {judged.drawn for judged in result.judged}
    if "videos" in drawn:
        words += translate("wizard", ", for new videos over videos")
    if "people" in drawn:
        words += translate("wizard", ", for new people over people")
    return f"{words}."


# -- figures


def scores_csv(result: Result) -> str:
    """One line for each network, label and metric; trivial where there is such a value."""
    rows: list[Sequence[object]] = []
    for judged in result.judged:
        where = (judged.protocol, judged.role)
        for label, row in judged.scores.items():
            for metric, score in row.items():
                trivial = judged.trivial.get(label, {}).get(metric)
                rows.append((*where, label, metric, *_score(score), _number(trivial)))
        if judged.every_fold is not None:
            every = judged.every_fold
            of = f"all {every.folds}" if every.folds >= every.of else f"{every.folds} of {every.of}"
            network = f"{judged.role}, {of} folds"
            for label, row in every.scores.items():
                for metric, score in row.items():
                    usual = _number(every.trivial.get(label, {}).get(metric))
                    rows.append((judged.protocol, network, label, metric, *_score(score), usual))
        exact = _score(judged.exact)
        rows.append((*where, "all", "exact_match", *exact, _number(judged.exact_trivial)))
    heads = ("protocol", "network", "label", "metric", "value", "low", "high", "trivial")
    return _csv(result, heads, rows)


def calibration_csv(result: Result) -> str:
    """One line for each point of each curve: the mean probability of high that was stated, and
    the share of those windows rated high."""
    rows = [
        (j.protocol, j.role, label, when, _number(p.stated), _number(p.right), p.windows)
        for j in result.judged
        for when, curves in (("before", j.before), ("after", j.after))
        for label, points in curves.items()
        for p in points
    ]
    heads = ("protocol", "network", "label", "calibration", "stated_high", "rated_high", "windows")
    return _csv(result, heads, rows)


def confusion_csv(result: Result) -> str:
    """One line for each emotion that was rated: windows read as each."""
    rows = [
        (j.protocol, j.role, word, *counts)
        for j in result.judged
        for word, counts in zip(PAPER.words, j.confusion, strict=True)
    ]
    return _csv(result, ("protocol", "network", "rated", *PAPER.words), rows)


def people_csv(result: Result) -> str:
    """One line for each person and label."""
    rows = [
        (
            *(j.protocol, j.role, person.name, person.windows, label),
            *(_number(person.accuracy[label]), _number(person.trivial[label])),
        )
        for j in result.judged
        for person in j.people
        for label in DIMENSIONS
    ]
    heads = ("protocol", "network", "subject", "windows", "label", "accuracy", "trivial")
    return _csv(result, heads, rows)


def cost_csv(result: Result) -> str:
    """One line for each network."""
    rows = [(role, *to_write(dict(cost)).values()) for role, cost in result.costs.items()]
    heads = ("network", "parameters", "macs", "mb", "one_ms", "windows_per_s", "device")
    return _csv(result, heads, rows)


def sweep_csv(result: Result, sweep: Sweep) -> str:
    """One line for each student."""
    rows = [
        (sweep.protocol, point.temperature, point.alpha, *_score(point.accuracy))
        for point in sweep.points
    ]
    heads = ("protocol", "temperature", "alpha", "accuracy", "low", "high")
    return _csv(result, heads, rows)


def _csv(result: Result, heads: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Each line ends in what kind of data it is about."""
    data = "synthetic" if result.synthetic else "recorded"
    written = io.StringIO()
    writer = csv.writer(written, lineterminator="\n")
    writer.writerow((*heads, "data"))
    writer.writerows((*row, data) for row in rows)
    return written.getvalue()


def _score(score: Score) -> tuple[str, str, str]:
    return _number(score.value), _number(score.low), _number(score.high)


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.6f}"
