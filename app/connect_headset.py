"""Choosing a BrainFlow board and giving it what it asks for."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLineEdit, QListWidget, QWidget

from app import theme
from app.buttons import Button, on_click
from app.compose import montage_of
from app.connect_forms import Form, MontageField, PathEdit, recorders
from app.file_dialogs import ask_file
from app.lists import TwoLines, two_lines
from app.panels.coverage import CoverageView
from app.source_spec import SourceSpec
from app.widgets import Card, Combo, Notice, boxed, column, field, label, row
from app.worker import Task
from evoke.errors import MontageError
from evoke.signal.montage import MIN_LOCATED, Montage, map_channels
from evoke.signal.quality import frailty
from evoke.sources.boards import Board, boards

_PORTS = ("/dev/ttyUSB*", "/dev/ttyACM*", "/dev/cu.usb*", "/dev/tty.usb*")


@dataclass(frozen=True, slots=True)
class BoardChoice:
    """A board, and what it would measure; montage_error where its channels have no places."""

    board: Board
    montage: Montage | None
    montage_error: str


def board_choices() -> list[BoardChoice]:
    """Every board that has EEG, or borrows another's."""
    choices = []
    for board in boards():
        if not board.eeg and not board.borrows:
            continue
        montage, wrong = None, ""
        if board.eeg:
            try:
                montage = map_channels(board.stream_info(board.title, live=True))
            except MontageError as error:
                wrong = str(error)
        choices.append(BoardChoice(board, montage, wrong))
    return sorted(choices, key=lambda choice: choice.board.borrows)  # these last


def serial_ports() -> list[str]:
    """Serial ports that look like a board's (Linux, macOS); on Windows the user types COM3."""
    found = []
    for pattern in _PORTS:
        folder, name = pattern.rsplit("/", 1)
        found += sorted(str(p) for p in Path(folder).glob(name))
    return found


class HeadsetForm(Form):
    """Boards at the left, the chosen one's inputs in the middle, its electrodes at the right."""

    def __init__(self) -> None:
        super().__init__()
        self.search = QLineEdit()
        self.search.setFont(theme.font(13))
        self.search.setPlaceholderText(self.tr("Find a board"))
        self.search.setAccessibleName(self.tr("Find a board"))
        self.search.setClearButtonEnabled(True)
        self.count = label(self.tr("Looking at BrainFlow…"), 12, 600, "ink3")
        self.list = QListWidget()
        self.list.setItemDelegate(TwoLines(self.list))
        self.list.setMouseTracking(True)
        self.list.setAccessibleName(self.tr("Boards"))
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        picker = column(self.search, 2, self.count, gap=4)
        picker.addWidget(self.list, 1)
        board_card = Card(self.tr("Board"), body=picker, gap=4)
        board_card.setFixedWidth(290)
        self._title = label("", 13, 600, wrap=True)
        self._facts = label("", 12, kind="ink3")
        self._fields = column(gap=10)
        self.inputs: dict[str, QLineEdit | Combo | PathEdit] = {}
        self.montage: MontageField | None = None
        self.problem = Notice("warn", "")
        body = column(column(self._title, self._facts, gap=2), gap=10)
        body.addWidget(boxed(self._fields))
        body.addStretch(1)
        body.addWidget(self.problem)
        self._form_card = Card(body=body)
        self._form_card.setMinimumWidth(280)
        self.coverage = CoverageView()
        hint = self.tr("the 32 the network reads")
        electrodes = Card(self.tr("Electrodes"), hint, body=self.coverage, gap=2)
        layout = row(board_card, gap=12)
        layout.addWidget(self._form_card, 46)
        layout.addWidget(electrodes, 54)
        self.setLayout(layout)
        self.search.textChanged.connect(lambda _text: self._filter())
        self.list.currentItemChanged.connect(lambda *_: self._pick())
        self.list.itemDoubleClicked.connect(lambda _item: self.picked.emit())
        self._choices: list[BoardChoice] = []
        self._task: Task[list[BoardChoice]] | None = None

    def wake(self) -> None:
        """Ask BrainFlow once for its boards; loading it takes a second."""
        if self._task is None:
            self._task = Task(self, board_choices, self._fill, self.count.setText)

    def spec(self) -> SourceSpec | None:
        choice = self._choice
        if choice is None or self._too_few(choice.board):
            return None
        params = {name: self._value(widget) for name, widget in self.inputs.items()}
        if any(not params.get(name) for name in choice.board.required):
            return None
        given = {name: value for name, value in params.items() if value}
        spec = SourceSpec("board", board=choice.board.name, params=given)
        if self.montage is None:
            return spec
        if self.montage.wrong or not self.montage.names:
            return None
        return replace(spec, montage=self.montage.names)

    @property
    def missing(self) -> str:
        choice = self._choice
        if choice is None:
            return self.tr("Choose a board.")
        if self._too_few(choice.board):
            return self.tr("It has too few electrodes.")
        for name in choice.board.required:
            if name in self.inputs and not self._value(self.inputs[name]):
                return self.tr("Still to be given: {0}.").format(self._ask(name)[0])
        if self.montage is not None and (self.montage.wrong or not self.montage.names):
            return self.tr("Still to be given: a montage.")
        return ""

    @property
    def _choice(self) -> BoardChoice | None:
        item = self.list.currentItem()
        return None if item is None else self._choices[item.data(Qt.ItemDataRole.UserRole)]

    def _fill(self, choices: list[BoardChoice]) -> None:
        self._choices = choices
        self._filter()

    def _filter(self) -> None:
        words = self.search.text().lower().split()
        self.list.clear()
        for i, choice in enumerate(self._choices):
            board = choice.board
            text = f"{board.title} {board.name}".lower()
            if all(word in text for word in words):
                self.list.addItem(two_lines(board.title, self._summary(board), "cpu", i))
        shown, every = self.list.count(), len(self._choices)
        self.count.setText(self.tr("{0} of {1} boards with EEG").format(shown, every))
        if shown:
            self.list.setCurrentRow(0)
        else:
            self._pick()
        self.ready_changed.emit()

    def _summary(self, board: Board) -> str:
        if board.borrows:
            return self.tr("channels of another board")
        n = len(board.eeg)
        words = self.tr("1 channel · {1} Hz") if n == 1 else self.tr("{0} channels · {1} Hz")
        return words.format(n, f"{board.rate_hz:g}")

    def _pick(self) -> None:
        choice = self._choice
        while self._fields.count():
            item = self._fields.takeAt(0)
            widget = item.widget() if item is not None else None
            if widget is not None:
                widget.hide()  # at once; Qt deletes it a moment later
                widget.deleteLater()
        self.inputs.clear()
        self.montage = None
        self.problem.hide()
        self.coverage.show_montage(choice.montage if choice else None)
        if choice is not None:
            self._show(choice)
        elif self._choices:
            self._title.setText(self.tr("No board of that name"))
            self._facts.setText(self.tr("try its maker's or BrainFlow's name for it"))
        self.ready_changed.emit()

    def _show(self, choice: BoardChoice) -> None:
        board = choice.board
        self._title.setText(board.title)
        montage = choice.montage_error and not self._too_few(board)
        asks = bool(board.required or board.optional or montage)
        self._facts.setText(self.tr("asks for") if asks else self.tr("asks for nothing"))
        for name in (*board.required, *board.optional):
            words, help_text = self._ask(name)
            if name not in board.required:
                words = self.tr("{0} (may stay empty)").format(words)
            widget = self._input(name)
            self.inputs[name] = widget
            self._fields.addWidget(boxed(field(words, widget, help_text)))
        if self._too_few(board):
            words = self.tr("EEG channels: {0}. The network needs {1} at least.")
            said = words.format(len(board.eeg), MIN_LOCATED)
            self.problem.say(self.tr("Too few electrodes"), said)
        elif choice.montage_error:
            self._ask_montage(board)
            self._say_where()
        else:
            self._warn(choice.montage)

    def _say_where(self) -> None:
        """That a montage is wanted."""
        why = self._choice.montage_error if self._choice else ""
        self.problem.say(self.tr("Where its electrodes are"), why)

    def _warn(self, montage: Montage | None) -> None:
        """Of electrodes so few that little is read from them."""
        words = frailty(montage) if montage is not None else ""
        self.problem.say(self.tr("Few electrodes") if words else "", words)

    @staticmethod
    def _too_few(board: Board) -> bool:
        """Whether no montage could help."""
        return not board.borrows and len(board.eeg) < MIN_LOCATED

    def _ask_montage(self, board: Board) -> None:
        """Its channels' own names do not say where they are."""
        names = [board.channels[i].name for i in board.eeg]
        few = names if len(names) < 3 else [names[0], "…", names[-1]]
        self.montage = MontageField(self.tr("which channel is which electrode"), ", ".join(few))
        self.montage.changed.connect(lambda: self._read_montage(board))
        self._fields.addWidget(self.montage)

    def _read_montage(self, board: Board) -> None:
        """Show where the electrodes are by the file, or say why it does not do."""
        asked, montage = self.montage, None
        if asked is not None and asked.names:
            info = board.stream_info(board.title, live=True)
            try:
                montage = montage_of(info, SourceSpec("board", montage=asked.names))
            except MontageError as error:
                asked.refuse(str(error))
        self.coverage.show_montage(montage)
        if montage is None:
            self._say_where()
        else:
            self._warn(montage)
        self.ready_changed.emit()

    def _ask(self, name: str) -> tuple[str, str]:
        """An input in the user's words, and a line of help."""
        asks = {
            "serial_port": (self.tr("Serial port"), self.tr("Where the dongle is plugged in")),
            "mac_address": (self.tr("Bluetooth address"), self.tr("Empty: the first one found")),
            "ip_address": (self.tr("IP address"), ""),
            "ip_port": (self.tr("IP port"), self.tr("A free port of this computer")),
            "serial_number": (self.tr("Serial number or name"), self.tr("Empty: the first found")),
            "other_info": (self.tr("Other information"), self.tr("See the board's manual")),
            "file": (self.tr("BrainFlow file"), self.tr("A recording made by BrainFlow")),
            "master_board": (self.tr("Recorded with"), self.tr("The board that made the data")),
            "timeout_s": (self.tr("Time to answer"), self.tr("Seconds; empty: the board's own")),
        }
        return asks.get(name, (name, ""))

    def _input(self, name: str) -> QLineEdit | Combo | PathEdit:
        if name == "serial_port":
            ports = Combo(serial_ports())
            ports.setEditable(True)
            edit = QLineEdit()
            edit.setPlaceholderText("/dev/ttyUSB0, COM3")
            ports.setLineEdit(edit)
            ports.editTextChanged.connect(lambda _text: self.ready_changed.emit())
            return ports
        if name == "master_board":
            names = Combo(recorders())
            names.currentTextChanged.connect(lambda _text: self.ready_changed.emit())
            return names
        if name == "file":
            path = PathEdit("")
            choose = Button(self.tr("File…"), "file")
            on_click(choose, lambda: ask_file(self, self.tr("Recording"), path.set_path))
            path.add_button(choose)
            path.changed.connect(lambda _text: self.ready_changed.emit())
            return path
        line = QLineEdit()
        line.setFont(theme.font(13))
        line.textChanged.connect(lambda _text: self.ready_changed.emit())
        return line

    @staticmethod
    def _value(widget: QWidget) -> str:
        if isinstance(widget, Combo):
            return widget.currentText().strip()
        if isinstance(widget, PathEdit):
            return widget.path
        assert isinstance(widget, QLineEdit)
        return widget.text().strip()
