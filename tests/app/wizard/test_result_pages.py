"""The pages of a finished run, and what they write: real widgets, real clicks, files read again."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from pathlib import Path
from unicodedata import category

import pytest
from PIL import Image
from pypdf import PdfReader
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from app import theme
from app.wizard import exports
from app.wizard.accuracy import Accuracy
from app.wizard.charts import Figures
from app.wizard.result import EveryFold, Result
from app.wizard.result_page import ResultPage
from app.wizard.sweep import FEW, MANY
from app.wizard.sweep_drawing import SweepDrawing
from evoke.errors import EvokeError
from tests.app.conftest import WAIT_MS
from tests.app.wizard import sample
from tests.app.wizard.clicks import pick

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def page(dressed: None, qtbot: QtBot, tmp_path: Path) -> Iterator[ResultPage]:
    made = ResultPage()
    qtbot.addWidget(made)
    made.resize(1364, 760)
    made.show()
    yield made
    made.leave()


def shown(page: ResultPage) -> Accuracy:
    drawing = page.accuracy.drawing
    assert isinstance(drawing, Accuracy)
    return drawing


def test_without_a_result_the_page_says_so_and_the_next_one_stays_shut(page: ResultPage) -> None:
    assert page.reason
    assert not page.fact
    assert not page.verdict.isVisible()


def test_the_verdict_stands_first_and_synthetic_data_are_called_so(
    page: ResultPage, tmp_path: Path
) -> None:
    found = sample.result()
    page.show_result(found, sample.PLAN)
    assert page.verdict.words == " ".join(found.headline)
    assert page.verdict.synthetic.isVisible()
    assert not page.reason
    page.show_result(sample.result(synthetic=False), sample.PLAN)
    assert not page.verdict.synthetic.isVisible()


def test_one_person_is_one_and_on_screen_nobody_is_a_subject(page: ResultPage) -> None:
    page.show_result(sample.result(people=1), sample.PLAN)
    assert page.fact == "1 person · judged on 24 of 40 trials"
    assert page.views.button(2).text() == "Per person"
    assert exports.people_csv(sample.result()).startswith("protocol,network,subject,")


def test_a_click_on_a_protocol_chooses_it_for_the_figures_below(
    page: ResultPage, qtbot: QtBot, tmp_path: Path
) -> None:
    page.show_result(sample.result(), sample.PLAN)
    assert shown(page).chosen == "subjects"
    qtbot.mouseClick(page.accuracy, LEFT, pos=QPoint(page.accuracy.width() - 40, 30))
    assert shown(page).chosen == "segments"
    assert page.protocol.currentText() == "Mixed seconds"
    figures = page.figures.drawing
    assert isinstance(figures, Figures)
    assert figures.rows[1][:2] == ["Student", "87.1 % [84–90]"]


def test_each_label_has_its_own_figures_and_the_trivial_answer_beside_them(
    page: ResultPage, qtbot: QtBot, tmp_path: Path
) -> None:
    page.show_result(sample.result(), sample.PLAN)
    qtbot.mouseClick(page.labels.button(3), LEFT)
    figures = page.figures.drawing
    assert isinstance(figures, Figures)
    assert figures.rows[-1][:2] == ["The commoner answer", "52.3 %"]
    assert figures.rows[0][4] == "–", "an AUROC that is not defined has no figure"
    assert "always “low” 52.3 %" in page.accuracy.accessibleDescription()


@pytest.mark.parametrize(
    ("folds", "of", "named"), [(5, 5, "all its 5 folds"), (3, 5, "3 of its 5 folds")]
)
def test_all_folds_stand_above_their_own_trivial_answer(folds: int, of: int, named: str) -> None:
    """They test other windows than the first alone, of which other answers are the commoner."""
    found = sample.result()
    student = found.of("student", "trials")
    assert student is not None
    every = EveryFold(
        folds=folds,
        of=of,
        scores=student.scores,
        trivial={label: {"accuracy": 0.612, "f1": 0.7} for label in student.scores},
    )
    several = student.model_copy(update={"every_fold": every})
    judged = tuple(several if one is student else one for one in found.judged)
    found = found.model_copy(update={"judged": judged})
    rows = {row[0]: row for row in Figures(found, "macro", "trials").rows}
    assert rows[named][1] == rows["Student"][1]
    assert rows["The commoner answer"][1] == "55.3 %"
    assert rows[f"of {named}"][1] == "61.2 %"
    written = csv.DictReader(io.StringIO(exports.scores_csv(found)))
    mean = [r for r in written if (r["label"], r["metric"]) == ("macro", "accuracy")]
    [row] = [r for r in mean if "folds" in r["network"]]
    assert row["network"] == ("student, all 5 folds" if folds == of else "student, 3 of 5 folds")
    assert float(row["trivial"]) == pytest.approx(0.612)


@pytest.mark.parametrize(("view", "picture"), [(1, "confusion"), (2, "people")])
def test_every_view_shows_the_network_that_is_chosen(
    page: ResultPage, qtbot: QtBot, tmp_path: Path, view: int, picture: str
) -> None:
    page.show_result(sample.result(), sample.PLAN)
    qtbot.mouseClick(page.views.button(view), LEFT)
    drawing = getattr(page, picture).drawing
    assert "student" in drawing.title
    page.network.setFocus()
    qtbot.keyClick(page.network, Qt.Key.Key_Up)
    page.network.activated.emit(page.network.currentIndex())
    assert "teacher" in getattr(page, picture).drawing.title


def test_brackets_say_what_they_are_over() -> None:
    found = sample.result()
    assert exports.intervals_words(found).endswith("show 95 % intervals over trials.")
    drawn = {"videos": "videos", "subjects": "people"}
    judged = tuple(
        j.model_copy(update={"drawn": drawn.get(j.protocol, "trials")}) for j in found.judged
    )
    words = exports.intervals_words(found.model_copy(update={"judged": judged}))
    assert words.endswith("over trials, for new people over people.")


def test_the_page_says_that_one_video_was_tested(page: ResultPage) -> None:
    found = sample.result()
    network = found.judged[0].model_copy(update={"protocol": "videos", "trials": 8})
    page.show_result(found.model_copy(update={"judged": (network,)}), sample.PLAN)
    assert any("over 8 trials of one video" in w.text() for w in page.findChildren(QLabel))


def test_the_paper_stands_only_where_its_protocol_does() -> None:
    drawing = Accuracy(sample.result(), sample.PLAN, "macro", "segments")
    assert [row.reference for row in drawing.paper] == [True, True]
    measured = Accuracy(sample.result(synthetic=False), sample.PLAN, "macro", "segments")
    assert [row.value for row in measured.paper] == pytest.approx([0.9323, 0.8762])
    assert not any(row.reference for row in measured.paper)
    psd = Accuracy(sample.result(), sample.PLAN.changed(features="psd"), "macro", "segments")
    assert [row.value for row in psd.paper] == [pytest.approx(0.6111), None]
    other = Accuracy(sample.result(), sample.PLAN.changed(network="arjun_vit"), "macro", "segments")
    assert [row.title for row in other.paper] == ["Paper, ArjunViT", "Paper, EVOKE"]
    assert other.paper[0].value == pytest.approx(0.6224)


def test_scores_in_csv_are_those_of_the_result() -> None:
    found = sample.result()
    rows = {
        (r["protocol"], r["network"], r["label"], r["metric"]): r
        for r in csv.DictReader(io.StringIO(exports.scores_csv(found)))
    }
    for judged in found.judged:
        for label, scores in judged.scores.items():
            for metric, score in scores.items():
                row = rows.pop((judged.protocol, judged.role, label, metric))
                for name in ("value", "low", "high"):
                    value = getattr(score, name)
                    assert row[name] == ("" if value is None else f"{value:.6f}")
                assert row["trivial"] == (
                    f"{judged.trivial[label][metric]:.6f}"
                    if metric in judged.trivial[label]
                    else ""
                )
        assert float(rows.pop((judged.protocol, judged.role, "all", "exact_match"))["value"]) == (
            pytest.approx(judged.exact.value)
        )
    assert not rows


def test_the_other_tables_hold_every_count_person_point_and_cost() -> None:
    found = sample.result()
    student = found.of("student", "trials")
    assert student is not None

    def read(text: str) -> list[dict[str, str]]:
        rows = list(csv.DictReader(io.StringIO(text)))
        return [
            r for r in rows if r["network"] == "student" and r.get("protocol", "trials") == "trials"
        ]

    confusion = read(exports.confusion_csv(found))
    counts = [tuple(int(n) for n in list(row.values())[3:-1]) for row in confusion]
    assert tuple(counts) == student.confusion
    assert confusion[0]["rated"] == "neutral"
    assert {row["data"] for row in confusion} == {"synthetic"}
    recorded = exports.confusion_csv(sample.result(synthetic=False))
    assert {row["data"] for row in read(recorded)} == {"recorded"}
    people = read(exports.people_csv(found))
    assert len(people) == 3 * len(student.people)
    assert float(people[0]["accuracy"]) == pytest.approx(
        student.people[0].accuracy["valence"], abs=1e-6
    )
    points = read(exports.calibration_csv(found))
    after = [r for r in points if (r["calibration"], r["label"]) == ("after", "arousal")]
    rated = [p.right for p in student.after["arousal"]]
    assert [float(r["rated_high"]) for r in after] == pytest.approx(rated, abs=1e-6)
    assert [int(r["windows"]) for r in after] == [p.windows for p in student.after["arousal"]]
    (cost,) = read(exports.cost_csv(found))
    assert [cost[name] for name in ("mb", "one_ms", "windows_per_s")] == [
        "1.348",
        "0.134",
        "3150.0",
    ]


def test_pictures_open_again_and_svg_text_stays_text(dressed: None) -> None:
    found = sample.result(protocols=1)
    named = dict(exports.drawings(found, sample.PLAN))
    assert {"accuracy-macro", "figures-subjects", "confusion-subjects-student"} <= named.keys()
    drawing = named["accuracy-valence"]
    with Image.open(io.BytesIO(exports.png(drawing))) as image:
        image.load()
        assert image.size == (
            2 * (drawing.size.width() + 2 * exports.PAD_PX),
            2 * (drawing.size.height() + 2 * exports.PAD_PX + exports.TITLE_PX),
        )
        assert len(image.convert("RGB").getcolors(100_000) or []) > 20
    markup = exports.svg(drawing).decode()
    assert markup.lstrip().startswith("<?xml")
    assert "Student from scratch" in markup


@pytest.mark.parametrize("people", [3, 32])
def test_the_summary_is_a_pdf_of_a_few_pages(dressed: None, people: int) -> None:
    pdf = exports.summary_pdf(sample.result(people=people), sample.PLAN, ["evoke train demo"])
    assert pdf.startswith(b"%PDF-")
    assert pdf.rstrip().endswith(b"%%EOF")
    pages = len(re.findall(rb"/Type\s*/Page\b", pdf))
    assert 4 <= pages <= 12


def test_words_and_figures_of_the_summary_can_be_copied_and_read_aloud(dressed: None) -> None:
    command = "evoke train demo --folds 5 --seed 20631"
    pdf = exports.summary_pdf(sample.result(), sample.PLAN, [command], [sample.sweep()])
    pages = [page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages]
    said = " ".join(" ".join(pages).split())
    assert "right about valence 56 times in 100" in said
    assert "55.6 % [53–59]" in said
    assert "6,234,627" in said
    assert "The emotion is right 23 times in 100 (95 %: 20 to 26); always" in said
    assert command in said
    assert not [c for c in said if category(c) in ("Co", "Cn")]
    assert "…" not in said, "no label is cut off"
    assert theme.font(13).featureTags(), "on the screen figures stay of equal width"


def test_no_heading_is_the_last_line_of_a_page(dressed: None) -> None:
    pages = exports._Pages("Title", "foot")
    pages.space(1000)
    pages.heading("Heading")
    pages.words("Words")
    first, second = PdfReader(io.BytesIO(pages.end())).pages
    assert "Heading" not in first.extract_text()
    assert second.extract_text().splitlines()[-2:] == ["Heading", "Words"]


def test_everything_is_exported_and_the_page_says_where(
    page: ResultPage, qtbot: QtBot, tmp_path: Path
) -> None:
    page.show_result(sample.result(protocols=1), sample.PLAN)
    out = tmp_path / "out"
    out.mkdir()
    page._menu.actions()[-1].trigger()
    pick(qtbot, page, out)
    qtbot.waitUntil(page.notice.isVisible, timeout=WAIT_MS)
    written = sorted(path.name for path in out.iterdir())
    assert str(len(written)) in page.notice.title
    assert str(out) in page.notice.title
    suffixes = {path.rpartition(".")[2] for path in written}
    assert suffixes == {"csv", "pdf", "png", "svg"}


def test_a_folder_that_cannot_be_written_is_named(
    page: ResultPage, qtbot: QtBot, tmp_path: Path
) -> None:
    page.show_result(sample.result(protocols=1), sample.PLAN)
    blocked = tmp_path / "file"
    blocked.write_text("not a folder")
    page.export(blocked, ("csv",))
    qtbot.waitUntil(page.notice.isVisible, timeout=WAIT_MS)
    assert page.export_button.isEnabled()
    with pytest.raises(EvokeError, match="could not be written"):
        exports.export(sample.result(protocols=1), sample.PLAN, blocked, ("csv",))


def test_a_sweep_is_drawn_told_and_exported(dressed: None, tmp_path: Path) -> None:
    found, sweep = sample.result(protocols=1), sample.sweep()
    drawing = SweepDrawing(sweep, found)
    assert "T 4, alpha 0.9: 57.5 %" in drawing.in_words()
    with Image.open(io.BytesIO(exports.png(drawing))) as image:
        assert len(image.convert("RGB").getcolors(100_000) or []) > 20
    rows = list(csv.DictReader(io.StringIO(exports.sweep_csv(sample.result(), sweep))))
    assert [(float(r["temperature"]), float(r["alpha"])) for r in rows] == list(FEW)
    lows = [p.accuracy.low for p in sweep.points]
    assert [float(r["low"]) for r in rows] == pytest.approx(lows)
    files = exports.export(found, sample.PLAN, tmp_path, ("csv", "svg"), (), [sweep])
    assert {"sweep-subjects.csv", "sweep-subjects.svg"} <= {path.name for path in files}


def test_what_is_open_of_a_sweep_is_what_is_not_done() -> None:
    sweep = sample.sweep()
    assert not sweep.open
    half = sweep.model_copy(update={"points": sweep.points[:2], "grid": MANY})
    assert len(half.open) == len(MANY) - 2
    assert not {(p.temperature, p.alpha) for p in half.points} & set(half.open)


def test_a_result_survives_json() -> None:
    found = sample.result()
    assert Result.model_validate_json(found.model_dump_json()) == found
