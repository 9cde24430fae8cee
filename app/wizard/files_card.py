"""The files of a data set as tiles, and what is wrong with some of them, each with its remedy."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFont, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QGridLayout, QVBoxLayout, QWidget

from app import theme
from app.buttons import Button, on_click
from app.widgets import (
    Card,
    Chip,
    ElidedLabel,
    Glyph,
    boxed,
    column,
    label,
    painting,
    plain_tip,
    row,
    rule,
    shortened,
)
from app.wizard.parts import Bar
from app.wizard.survey import FileFound, Survey
from app.words import trials
from evoke.dataset.check import Level
from evoke.types import HIGH_ABOVE, RATE_HZ

_COLUMNS = 8
_MOST_ISSUES = 4

State = str
"""Of a tile: waiting, sound, odd, damaged or out."""

_ICONS = {
    "waiting": ("circle-dashed", "ink3"),
    "sound": ("check-circle-fill", "ok"),
    "odd": ("warning-fill", "warn"),
    "damaged": ("x-circle-fill", "record"),
    "out": ("minus-circle", "ink3"),
}


def state_of(found: FileFound | None, leave_out: Sequence[str]) -> State:
    if found is None:
        return "waiting"
    if found.name in leave_out:
        return "out"
    return {Level.OK: "sound", Level.WARNING: "odd", Level.ERROR: "damaged"}[found.level]


class Tile(QAbstractButton):
    """One file: its state by icon, its name; struck out where it is left out."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name, self.state = name, "waiting"
        self.setCheckable(True)
        self.setAutoExclusive(True)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setMinimumSize(72, 32)
        self.show_state("waiting")

    def sizeHint(self) -> QSize:
        return QSize(92, 42)

    def show_state(self, state: State) -> None:
        words = {
            "waiting": self.tr("not read yet"),
            "sound": self.tr("readable"),
            "odd": self.tr("readable, but odd"),
            "damaged": self.tr("damaged"),
            "out": self.tr("left out"),
        }
        self.state = state
        self.setAccessibleName(f"{self.name}, {words[state]}")
        self.setToolTip(plain_tip(f"{self.name}: {words[state]}"))
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        tokens, state = theme.current(), self.state
        edges = {"damaged": tokens.record, "odd": tokens.warn}
        fills = {"damaged": tokens.record_soft, "odd": tokens.warn_soft, "out": tokens.surface}
        icon, role = _ICONS[state]
        with painting(self) as painter:
            picked = self.isChecked() or self.hasFocus()
            edge = tokens.accent if picked else edges.get(state, fills.get(state, tokens.sunk))
            if state == "out" and not picked:
                edge = tokens.line
            painter.setPen(QPen(QColor(edge), 1.5 if picked else 1))
            painter.setBrush(QColor(fills.get(state, tokens.sunk)))
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), 6, 6)
            middle = self.height() / 2
            glyph = theme.glyph(icon, getattr(tokens, role), 14, self.devicePixelRatioF())
            painter.drawPixmap(10, round(middle - 7), glyph)
            font = QFont(theme.font(13, 600))
            font.setStrikeOut(state == "out")
            painter.setFont(font)
            inks = {"damaged": tokens.record, "out": tokens.ink3, "waiting": tokens.ink3}
            painter.setPen(QColor(inks.get(state, tokens.ink)))
            area = QRectF(32, 0, self.width() - 36, self.height())
            stem = self.name.partition(".")[0]
            painter.drawText(area, Qt.AlignmentFlag.AlignVCenter, stem)


class Issue(QWidget):
    """A file that is damaged or odd, in one sentence, with what can be done about it."""

    def __init__(self, found: FileFound, icon: str, role: str) -> None:
        super().__init__()
        self.name = found.name
        words = label(found.sentence, 12, kind="ink2", wrap=True)
        self.leave = Button(self.tr("Leave it out"))
        self.leave.setAccessibleName(self.tr("Leave {0} out").format(found.name))
        layout = row(Glyph(icon, role, 16), gap=12)
        layout.addLayout(column(label(self._title(found), 13, 600), words, gap=1), 1)
        layout.addWidget(self.leave)
        self.setLayout(layout)

    def _title(self, found: FileFound) -> str:
        if found.level is Level.ERROR:
            return self.tr("{0} cannot be used").format(found.name)
        return self.tr("{0} is odd, and can be used").format(found.name)


MOST_NAME = 48
"""Characters of a folder's name that have room."""


class FilesCard(Card):
    """What was found, file by file.

    leave_out_changed: names of the files to leave out, as a tuple. picked: a file's name.
    stop, again, folder, demo: what the buttons ask for.
    """

    leave_out_changed = Signal(object)
    picked = Signal(str)

    def __init__(self) -> None:
        self.folder = Button(self.tr("Other folder"), "folder-plus", "ghost", 12)
        self.demo = Button(self.tr("Use demo data"), "play-circle", "ghost", 12)
        self.again = Button(self.tr("Check again"), "arrow-clockwise", "ghost", 12)
        body = QWidget()
        super().__init__(self.tr("Files"), "", (self.again, self.folder, self.demo), body)
        self._found: Survey | None = None
        self._locked = False
        self._leave_out: tuple[str, ...] = ()
        self.tiles: dict[str, Tile] = {}
        self.issues: list[Issue] = []
        self.name = ElidedLabel("", 15, 600)
        self.about = label("", 12, kind="ink3", wrap=True)
        self.sound, self.odd, self.damaged, self.out = Chip(), Chip(), Chip(), Chip()
        self.stop = Button(self.tr("Stop"))
        self._bar, self._reading = Bar(6), label("", 12, kind="ink2")
        self._grid = QGridLayout()
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setSpacing(4)
        progress = row(self._reading, gap=12)
        progress.addWidget(self._bar, 1)
        progress.addWidget(self.stop)
        self._progress = boxed(progress)
        self._issues = column(gap=8)
        self.all_out = Button("", kind="ghost", px=12)
        self.all_out.hide()
        self._issues.addWidget(self.all_out, 0, Qt.AlignmentFlag.AlignLeft)
        self.about_file = label("", 12, kind="ink2", wrap=True)
        self.toggle = Button(self.tr("Leave it out"), kind="ghost", px=12)
        self._chosen_row = self._build_chosen()
        body.setLayout(self._build())
        on_click(self.all_out, self._leave_all_out)
        on_click(self.toggle, self._toggle)

    def set_compact(self, compact: bool) -> None:
        """Icons alone on its buttons."""
        for button in (self.again, self.folder, self.demo):
            button.set_compact(compact)

    def _build(self) -> QVBoxLayout:
        head = row(Glyph("folder-open", "accent", 20), gap=12)
        head.addLayout(column(self.name, self.about, gap=1), 1)
        for chip in (self.sound, self.odd, self.damaged, self.out):
            head.addWidget(chip)
        layout = column(head, self._progress, gap=10)
        layout.addLayout(self._grid)
        layout.addWidget(self._chosen_row)
        layout.addLayout(self._issues)
        layout.addStretch(1)
        return layout

    def _build_chosen(self) -> QWidget:
        layout = row(gap=12)
        layout.addWidget(self.about_file, 1)
        layout.addWidget(self.toggle)
        made = boxed(column(layout, rule(), gap=6))
        made.hide()
        return made

    # -- while files are read

    def show_progress(self, source: str, names: Sequence[str], found: Sequence[FileFound]) -> None:
        self.name.setText(self._source_words(source))
        self.about.setText(self.tr("nothing in it is changed, and nothing that it holds is run"))
        self.hint.setText("")
        self._progress.show()
        if tuple(self.tiles) != tuple(names):
            self._lay_tiles(names)
        for file in found:
            self.tiles[file.name].show_state(state_of(file, self._leave_out))
        self._bar.show_share(len(found) / max(1, len(names)))
        words = self.tr("Reading {0} of {1} files").format(len(found), len(names))
        self._reading.setText(words)
        self._count(found)
        self._show_issues(found)
        self._show_buttons()

    def show_survey(self, found: Survey, about: str) -> None:
        """about: what kind of data it is, in words."""
        self._found, self._leave_out = found, found.leave_out
        self._show_buttons()
        self._progress.hide()
        self.name.setText(self._source_words(found.source))
        self.about.setText(about)
        words = self.tr("checked in {0} s; nothing was changed").format(_s(found.seconds))
        if found.files and all(file.recalled for file in found.files):
            words = self.tr("read before, unchanged since")
        self.hint.setText(words)
        names = [file.name for file in found.files]
        if list(self.tiles) != names:
            self._lay_tiles(names)
        for file in found.files:
            self.tiles[file.name].show_state(state_of(file, found.leave_out))
        self._count(found.files)
        self._show_issues(found.files)
        self._show_chosen()

    def _source_words(self, source: str) -> str:
        if not source.startswith("demo:"):
            return shortened(Path(source).name, MOST_NAME)
        _, preset, people = source.split(":")[:3]
        words = {
            "showcase": self.tr("Demo data: {0} made-up people whose affect shows plainly"),
            "benchmark": self.tr("Demo data: {0} made-up people who behave like DEAP’s"),
        }
        return words.get(preset, "{0}").format(people)

    def _lay_tiles(self, names: Sequence[str]) -> None:
        for tile in self.tiles.values():
            self._grid.removeWidget(tile)
            tile.deleteLater()
        self.tiles = {name: Tile(name) for name in names}
        for i, (name, tile) in enumerate(self.tiles.items()):
            self._grid.addWidget(tile, i // _COLUMNS, i % _COLUMNS)
            on_click(tile, partial(self.pick, name))
        for i in range(_COLUMNS):
            self._grid.setColumnStretch(i, 1)

    def _count(self, found: Sequence[FileFound]) -> None:
        states = [state_of(file, self._leave_out) for file in found]
        sound, damaged = states.count("sound"), states.count("damaged")
        words = self.tr("{0} readable").format(sound) if sound else ""
        self.sound.say(words, "check-circle-fill", "ok", "ok_soft")
        words = self.tr("{0} damaged").format(damaged) if damaged else ""
        self.damaged.say(words, "x-circle-fill", "record", "record_soft")
        odd, out = states.count("odd"), states.count("out")
        words = self.tr("{0} odd").format(odd) if odd else ""
        self.odd.say(words, "warning-fill", "warn", "warn_soft")
        words = self.tr("{0} left out").format(out) if out else ""
        self.out.say(words, "minus-circle", "ink2", "sunk")

    # -- what is wrong, and what to do about it

    def _show_issues(self, found: Sequence[FileFound]) -> None:
        states = {file.name: state_of(file, self._leave_out) for file in found}
        wrong = [f for f in found if states[f.name] == "damaged"]
        wrong += [f for f in found if states[f.name] == "odd"]
        shown = wrong[:_MOST_ISSUES]
        if [f.name for f in shown] != [issue.name for issue in self.issues]:
            self._lay_issues(shown)
        damaged = [f.name for f in wrong if f.level is Level.ERROR]
        rest = len(wrong) - len(shown)
        words = self.tr("Leave all {0} damaged files out").format(len(damaged))
        if rest:
            more = self.tr("and {0} more").format(rest)
            words = f"{more} · {words}"
        self.all_out.set_words(words)
        self.all_out.setVisible(len(damaged) > 1)
        self._show_buttons()

    def _lay_issues(self, shown: Sequence[FileFound]) -> None:
        for issue in self.issues:
            self._issues.removeWidget(issue)
            issue.deleteLater()
        self.issues = [Issue(file, *_ICONS[state_of(file, ())]) for file in shown]
        for i, issue in enumerate(self.issues):
            self._issues.insertWidget(i, issue)
            on_click(issue.leave, partial(self._leave, issue.name))

    def set_locked(self, locked: bool) -> None:
        """Whether nothing may be changed."""
        self._locked = locked
        self._show_buttons()

    def _show_buttons(self) -> None:
        ready = self._found is not None
        free = ready and not self._locked
        self.again.setEnabled(ready)
        for button in (self.folder, self.demo, self.toggle, self.all_out):
            button.setEnabled(free)
        for issue in self.issues:
            issue.leave.setEnabled(free)

    def forget(self) -> None:
        """What was found no longer holds: a check begins."""
        self._found = None

    def set_leave_out(self, names: Sequence[str]) -> None:
        self._leave_out = tuple(names)

    def _leave(self, *names: str) -> None:
        kept = [name for name in self._leave_out if name not in names]
        self.leave_out_changed.emit((*kept, *names))

    def _leave_all_out(self) -> None:
        if self._found is not None:
            self._leave(*(file.name for file in self._found.damaged))

    # -- one file, looked at

    def pick(self, name: str) -> None:
        """Show what is known of a file."""
        tile = self.tiles.get(name)
        if tile is not None:
            tile.setChecked(True)
        self._show_chosen()
        self.picked.emit(name)

    def _show_chosen(self) -> None:
        file = self._chosen
        self._chosen_row.setVisible(file is not None and file.level is not Level.ERROR)
        if file is None:
            return
        self.about_file.setText(self._about(file))
        out = file.name in self._leave_out
        self.toggle.set_words(self.tr("Take it in again") if out else self.tr("Leave it out"))
        self.toggle.setAccessibleName(f"{self.toggle.accessibleName()}: {file.name}")

    @property
    def _chosen(self) -> FileFound | None:
        files = self._found.files if self._found else ()
        return next((f for f in files if self.tiles[f.name].isChecked()), None)

    def _toggle(self) -> None:
        file = self._chosen
        if file is not None and file.name in self._leave_out:
            kept = tuple(name for name in self._leave_out if name != file.name)
            self.leave_out_changed.emit(kept)
        elif file is not None:
            self._leave(file.name)

    def _about(self, file: FileFound) -> str:
        words = [f"{file.name}", trials(file.trials)]
        if file.samples:
            words.append(self.tr("{0} s each").format(f"{file.samples / RATE_HZ:g}"))
        if file.ratings is not None:
            high = (file.ratings > HIGH_ABOVE).sum(axis=0)
            pattern = self.tr("rated high: valence {0}, arousal {1}, dominance {2}")
            words.append(pattern.format(*high))
        amplitude = (file.facts or {}).get("amplitude", "")
        if amplitude:
            words.append(self.tr("EEG {0} µV").format(amplitude.partition(" ")[0]))
        return " · ".join(words)


def _s(seconds: float) -> str:
    return f"{seconds:.1f}" if seconds < 10 else f"{seconds:.0f}"
