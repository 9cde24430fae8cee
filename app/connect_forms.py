"""What to ask for the demo, for DEAP and for a recording."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QCoreApplication, QLocale, Qt, Signal
from PySide6.QtWidgets import (
    QGridLayout,
    QLineEdit,
    QListWidget,
    QSizePolicy,
    QWidget,
)

from app import theme
from app.buttons import Button, on_click
from app.compose import read_montage
from app.file_dialogs import ask_file, ask_folder
from app.lists import TwoLines, two_lines
from app.source_spec import SourceSpec
from app.widgets import Card, Combo, Notice, boxed, column, field, label, row
from app.words import people
from app.worker import Task
from evoke.errors import SettingsError, SourceError
from evoke.sources.boards import boards

N_TRIALS = 40
DEAP_SUFFIXES = (".dat", ".mat", ".bdf")


class Form(QWidget):
    """One kind of source. `spec` is what to open, or None while something is `missing`. picked: by
    a double click."""

    ready_changed = Signal()
    picked = Signal()

    def spec(self) -> SourceSpec | None:
        raise NotImplementedError

    @property
    def missing(self) -> str:
        """What keeps it from being opened, "" if nothing does."""
        return ""

    def wake(self) -> None:
        """The form is about to be shown."""


def trial_choice() -> Combo:
    """All trials in order, or one of DEAP's forty to begin with."""
    combo = Combo()
    combo.addItem(QCoreApplication.translate("connect", "From the first trial"))
    combo.addItems(
        [
            QCoreApplication.translate("connect", "From trial {0}").format(i + 1)
            for i in range(N_TRIALS)
        ]
    )
    return combo


class DemoForm(Form):
    """Nothing to ask but where to begin."""

    def __init__(self) -> None:
        super().__init__()
        self.trial = trial_choice()
        self.trial.setFixedWidth(240)
        notice = Notice(
            "warn",
            self.tr("The demo is synthetic: its signals are generated, not measured."),
            self.tr(
                "One made-up person, 40 trials of 60 s with 3 s of rest, in DEAP's layout. The "
                "network that reads them learned from other made-up people. It shows what the "
                "application does; its accuracy says nothing about real EEG."
            ),
        )
        notice.setMaximumWidth(760)
        body = column(notice, 4, boxed(field(self.tr("Begin"), self.trial)), None, gap=12)
        card = Card(self.tr("Demo"), self.tr("nothing to connect"), body=body)
        self.setLayout(column(card))

    def spec(self) -> SourceSpec:
        return SourceSpec("demo", trial=self.trial.currentIndex() or None)


class PathEdit(QWidget):
    """A path with a button to choose it."""

    changed = Signal(str)

    def __init__(self, hint: str) -> None:
        super().__init__()
        self.edit = QLineEdit()
        self.edit.setFont(theme.font(13))
        self.edit.setPlaceholderText(hint)
        self.edit.textChanged.connect(self.changed)
        self._layout = row(gap=8)
        self._layout.addWidget(self.edit, 1)
        self.setLayout(self._layout)
        self.setFocusProxy(self.edit)

    def add_button(self, button: Button) -> None:
        self._layout.addWidget(button)

    @property
    def path(self) -> str:
        return self.edit.text().strip()

    def set_path(self, path: Path) -> None:
        self.edit.setText(str(path))


class DeapForm(Form):
    """A folder of subjects, or one subject's file."""

    def __init__(self) -> None:
        super().__init__()
        self.path = PathEdit(self.tr("Folder with s01.dat … s32.dat, or one such file"))
        self.path.edit.setAccessibleName(self.tr("DEAP folder or file"))
        folder = Button(self.tr("Folder…"), "folder-open")
        file = Button(self.tr("File…"), "file")
        on_click(folder, self._choose_folder)
        on_click(file, self._choose_file)
        self.path.add_button(folder)
        self.path.add_button(file)
        self.path.changed.connect(self._look)
        self.found = label("", 12, 600, "ink3")
        self.subjects = QListWidget()
        self.subjects.setItemDelegate(TwoLines(self.subjects))
        self.subjects.setMouseTracking(True)
        self.subjects.setAccessibleName(self.tr("People"))
        self.subjects.setEnabled(False)  # no stop of Tab while there is nothing in it
        self.subjects.currentRowChanged.connect(lambda _row: self.ready_changed.emit())
        self.subjects.itemDoubleClicked.connect(lambda _item: self.picked.emit())
        self.trial = trial_choice()
        self.trial.setFixedWidth(240)
        info = Notice(
            "info",
            self.tr("Files are read by a reader that runs no code."),
            self.tr("DEAP's .dat files are pickles; one that asks for more than data is refused."),
        )
        form = column(self.path, self.found, gap=8)
        form.addWidget(self.subjects, 1)
        form.addWidget(boxed(field(self.tr("Begin"), self.trial)))
        form.addWidget(info)
        hint = self.tr("prepared files of 128 Hz, or the original recordings")
        self.setLayout(column(Card(self.tr("DEAP"), hint, body=form)))
        self._task: Task[list[tuple[Path, int]]] | None = None

    def spec(self) -> SourceSpec | None:
        item = self.subjects.currentItem()
        if item is None:
            return None
        path = str(item.data(Qt.ItemDataRole.UserRole))
        return SourceSpec("deap", path, self.trial.currentIndex() or None)

    @property
    def missing(self) -> str:
        if self.spec() is not None:
            return ""
        return self.found.text() or self.tr("Choose a folder or a file.")

    def _choose_folder(self) -> None:
        ask_folder(self, self.tr("DEAP folder"), self.path.set_path)

    def _choose_file(self) -> None:
        kinds = self.tr("DEAP files ({0})").format("*.dat *.mat *.bdf")
        ask_file(self, self.tr("DEAP file"), self.path.set_path, kinds)

    def _look(self, text: str) -> None:
        """List what the folder holds; a slow drive is no reason to wait."""
        if self._task is not None:
            self._task.cancel()
        self.subjects.clear()
        self.subjects.setEnabled(False)
        path = Path(text.strip()) if text.strip() else None
        if path is None:
            self.found.setText("")
            self.ready_changed.emit()
            return
        self._task = Task(self, lambda: subject_files(path), self._list, self._not_read)

    def _not_read(self, why: str) -> None:
        self.found.setText(why)
        self.ready_changed.emit()

    def _list(self, files: list[tuple[Path, int]]) -> None:
        for file, n_bytes in files:
            thousands = QLocale.DataSizeFormat.DataSizeSIFormat
            size = QLocale.c().formattedDataSize(n_bytes, 1, thousands)
            self.subjects.addItem(two_lines(file.name, size, "file", str(file)))
        none = self.tr("No DEAP files here: s01.dat, s01.mat and so on are expected.")
        found = self.tr("{0} found").format(people(len(files)))
        self.found.setText(found if files else none)
        self.subjects.setEnabled(bool(files))
        if files:
            self.subjects.setCurrentRow(0)
        self.ready_changed.emit()


def subject_files(path: Path) -> list[tuple[Path, int]]:
    """DEAP's subject files at `path`, itself or those in the folder, with their sizes in bytes.
    Raises SourceError where it cannot be read."""
    from evoke.dataset.subject import is_subject_file

    try:
        if not path.exists():
            raise SourceError(f"There is nothing at {path}.")
        files = [path] if path.is_file() else []
        if path.is_dir():
            files = sorted(p for p in path.iterdir() if is_subject_file(p))
        return [(file, file.stat().st_size) for file in files]
    except OSError as error:
        raise SourceError(f"{path} could not be read: {error.strerror or error}.") from error


class MontageField(QWidget):
    """A file that says which channel is which electrode, for sources whose own names do not.

    names: channel -> electrode; wrong: why the file cannot be used, "" if it can. changed: either.
    """

    changed = Signal()

    def __init__(self, hint: str = "", channels: str = "") -> None:
        """channels: what the source calls them."""
        super().__init__()
        self.names: dict[str, str] = {}
        self.path = PathEdit(hint)
        choose = Button(self.tr("File…"), "file")
        on_click(choose, self._choose)
        self.path.add_button(choose)
        self.path.changed.connect(self._read)
        self._wrong = label("", 12, 500, "warn", wrap=True)
        self._wrong.hide()
        words = self.tr("A CSV file of two columns: channel, electrode (for instance B1, Fp1)")
        if channels:
            words = self.tr("A CSV file of two columns: channel ({0}), electrode").format(channels)
        self.setLayout(column(field(self.tr("Montage"), self.path, words), self._wrong, gap=4))

    @property
    def wrong(self) -> str:
        return self._wrong.text()

    def refuse(self, why: str) -> None:
        self._wrong.setText(why)
        self._wrong.setVisible(bool(why))

    def _choose(self) -> None:
        ask_file(self, self.tr("Montage"), self.path.set_path, "CSV (*.csv *.txt)")

    def _read(self, text: str) -> None:
        self.names = {}
        try:
            if text.strip():
                self.names = read_montage(Path(text.strip()))
            self.refuse("")
        except SettingsError as error:
            self.refuse(str(error))
        self.changed.emit()


def recorders() -> list[str]:
    """Names of the boards that have EEG of their own."""
    return [board.name for board in boards() if board.eeg and not board.borrows]


class FileForm(Form):
    """Any recording; a montage where its channels are not named after electrodes."""

    def __init__(self) -> None:
        super().__init__()
        self.path = PathEdit(self.tr("Choose a file, or write where it is"))
        choose = Button(self.tr("File…"), "file")
        on_click(choose, self._choose)
        self.path.add_button(choose)
        self.path.changed.connect(lambda _path: self.ready_changed.emit())
        self.board = Combo([self.tr("Recognised from the file")])
        self.montage = MontageField(self.tr("only where channels are not named after electrodes"))
        self.montage.changed.connect(self.ready_changed)
        grid = QGridLayout()
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(12)
        grid.setVerticalSpacing(12)
        help_text = self.tr("EDF, EDF+, BDF, BDF+, BrainVision, EEGLAB, BrainFlow CSV")
        grid.addLayout(field(self.tr("Recording"), self.path, help_text), 0, 0)
        only = self.tr("Only for a BrainFlow CSV: the board that made it")
        grid.addLayout(field(self.tr("Recorded with"), self.board, only), 1, 0)
        grid.addWidget(self.montage, 2, 0)
        body = column(boxed(grid), None)
        card = Card(self.tr("File"), self.tr("the file itself is left as it is"), body=body)
        card.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setLayout(column(card))
        self._task: Task[list[str]] | None = None

    def wake(self) -> None:
        """Ask BrainFlow once for its boards; loading it takes a second."""
        if self._task is None:
            self._task = Task(self, recorders, self.board.addItems, self.board.setToolTip)

    def spec(self) -> SourceSpec | None:
        if not self.path.path or self.montage.wrong:
            return None
        board = self.board.currentText() if self.board.currentIndex() else ""
        return SourceSpec("file", self.path.path, board=board, montage=self.montage.names)

    @property
    def missing(self) -> str:
        if not self.path.path:
            return self.tr("Choose a recording.")
        return self.tr("The montage cannot be used.") if self.montage.wrong else ""

    def _choose(self) -> None:
        ask_file(self, self.tr("Recording"), self.path.set_path)
