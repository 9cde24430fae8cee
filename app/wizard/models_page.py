"""The library of models: what each is, where it comes from, how two compare; the one in use."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import (
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QPlainTextEdit,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from app import theme
from app.buttons import Button, on_click
from app.file_dialogs import ask_file, ask_new_file
from app.library import ENDING, MOST_NAME, Ancestor, Library, Model
from app.lists import TwoLines, two_lines
from app.shell import TopBar
from app.widgets import (
    Card,
    Chip,
    Combo,
    Notice,
    Segmented,
    boxed,
    column,
    field,
    label,
    row,
    scrolling,
)
from app.wizard.card_view import CardView
from app.wizard.drawing import Picture
from app.wizard.model_facts import FactsTable, Unlike, lineage_words, one_line, taught_by
from app.worker import Task

if TYPE_CHECKING:
    from app.wizard.drawing import Drawing

T = TypeVar("T")

_FACTS, _LINEAGE, _COMPARE, _CARD = range(4)
_LIST_PX = 340


class ModelsPage(QWidget):
    """use_asked: a model is to be put to work. renamed: one has another name or note."""

    use_asked = Signal(object)
    renamed = Signal(object)

    def __init__(self, library: Library | None = None) -> None:
        super().__init__()
        self._library = library or Library()
        self._models: list[Model] = []
        self._in_use = ""
        self._model: Model | None = None
        self._task: Task[list[Model]] | None = None
        self._lineage_task: Task[list[Ancestor]] | None = None
        self.list = QListWidget()
        self.title = label("", 18, 600, wrap=True)
        self.chips = (Chip(), Chip(), Chip())
        self.use = Button(self.tr("Use"), "rocket-launch", "primary")
        self.export_button = Button(self.tr("Export…"), "export")
        self.remove = Button(self.tr("Remove…"), "trash")
        self.import_button = Button(self.tr("Import…"), "download-simple")
        self.name = QLineEdit()
        self.note = QPlainTextEdit()
        self.note.setTabChangesFocus(True)
        self.save = Button(self.tr("Save name and note"), "floppy-disk")
        self.views = Segmented(
            [self.tr("In figures"), self.tr("Lineage"), self.tr("Compare"), self.tr("Card")]
        )
        self.other = Combo(small=True)
        self.figures, self.compared = Picture(), Picture()
        self.unlike = Unlike()
        self.lineage = label("", 13, kind="ink2", wrap=True)
        self.card = CardView()
        self.notice = Notice("info", "")
        self.really = Button(self.tr("Remove"))
        self.keep = Button(self.tr("Keep"), kind="primary")
        self.confirm = Notice("warn", "", "", self.really, self.keep)
        self._why = label("", 12, kind="ink3", wrap=True)
        self._build()

    # -- building

    def _build(self) -> None:
        self.setObjectName("page")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.list.setItemDelegate(TwoLines(self.list, ticked=False))
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setSpacing(2)
        self.list.setMouseTracking(True)
        self.list.setAccessibleName(self.tr("Models"))
        self.list.currentRowChanged.connect(self._choose)
        for button, do in (
            (self.use, self._use),
            (self.export_button, self._ask_export),
            (self.import_button, self._ask_import),
            (self.remove, self._ask_remove),
            (self.really, self._remove),
            (self.keep, self.confirm.hide),
            (self.save, self._save),
        ):
            on_click(button, do)
        self.name.returnPressed.connect(self._save)
        self.views.chosen.connect(lambda _k: self._show_view())
        self.other.activated.connect(lambda _k: self._show_view())
        self.other.setAccessibleName(self.tr("Compare with"))
        self.other.setSizeAdjustPolicy(Combo.SizeAdjustPolicy.AdjustToContents)
        self.name.setMaxLength(MOST_NAME)
        self.note.setFixedHeight(72)
        self.note.setFont(theme.font(13))
        top = TopBar(label(self.tr("Models"), 18, 600), None, self.import_button)
        models = Card(self.tr("Library"), body=self.list)
        models.setFixedWidth(_LIST_PX)
        body = row(gap=12, margins=(12, 12, 12, 12))
        body.addWidget(models)
        body.addLayout(self._details(), 1)
        layout = column(top, gap=0)
        layout.addLayout(body, 1)
        self.setLayout(layout)
        self.views.choose(_FACTS)

    def _details(self) -> QVBoxLayout:
        actions = row(*self.chips, None, self.use, self.export_button, self.remove)
        said = row(gap=12)
        named = field(self.tr("Name"), self.name)
        noted = field(self.tr("Note"), self.note)
        named.addLayout(row(self.save, None))
        named.addStretch(1)
        noted.addStretch(1)
        said.addLayout(named, 2)
        said.addLayout(noted, 3)
        head = Card(
            body=column(self.title, actions, self._why, self.confirm, self.notice, said, gap=8),
            pad=16,
        )
        self._stack = QStackedWidget()
        compared = boxed(column(self.unlike, self.compared, gap=12))
        for page in (self.figures, self.lineage, compared):
            scroll = scrolling(boxed(column(page, None, gap=0)))
            self._stack.addWidget(scroll)
        self._stack.addWidget(self.card)
        views = Card(body=column(row(self.views, None, self.other), self._stack, gap=8))
        details = column(gap=12)
        details.addWidget(head)
        details.addWidget(views, 1)
        return details

    # -- the library

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.refresh()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._keep_typed()

    def refresh(self) -> None:
        """Read the library again, off the GUI thread."""
        if self._task is not None:
            self._task.cancel()
        self._task = Task(self, self._library.models, self._show_models, self._failed)

    def show_in_use(self, key: str) -> None:
        """The model that the session reads with: its key in the library."""
        self._in_use = key
        self._fill()

    def show_deployed(self, key: str) -> None:
        """It was put to work."""
        self.show_in_use(key)
        name = next((m.name for m in self._models if m.key == key), key)
        self._say("info", self.tr("The session reads with “{0}” now.").format(name))

    def show_not_deployed(self, why: str) -> None:
        self._say("error", self.tr("The model before goes on reading."), why)

    def _show_models(self, models: list[Model]) -> None:
        self._task = None
        first = not self._models
        self._models = models
        self._fill()
        if first and self._library.lost:
            self._say("warn", self._library.lost)

    def _fill(self) -> None:
        """The list anew, with the same model chosen."""
        chosen = self._model.path if self._model is not None else None
        with QSignalBlocker(self.list):
            self.list.clear()
            for model in self._models:
                self.list.addItem(self._item(model))
            at = next((k for k, m in enumerate(self._models) if m.path == chosen), None)
            if at is None:
                at = next((k for k, m in enumerate(self._models) if m.key == self._in_use), 0)
            self.list.setCurrentRow(at)
        self._choose(at)

    def _item(self, model: Model) -> QListWidgetItem:
        icon = "warning-circle" if model.damage else "flask" if model.synthetic else "brain"
        caption = one_line(model)
        if model.key == self._in_use:
            icon = "check"  # the chip beside its name says it in words
        return two_lines(model.name, caption, icon, str(model.path))

    # -- one model

    def _choose(self, at: int) -> None:
        if not 0 <= at < len(self._models):
            return
        model, before = self._models[at], self._model
        again = before is not None and model.path == before.path
        typed = self._typed and again
        if not again:
            self.notice.hide()
            self._keep_typed()
        self._model = model
        self.confirm.hide()
        self.title.setText(model.name)
        in_use, damaged, synthetic = self.chips
        using = model.key == self._in_use
        in_use.say(self.tr("In use") if using else "", "check-circle-fill", "ok", "ok_soft")
        damaged.say(self.tr("Damaged") if model.damage else "", "x-circle-fill", "record",
                    "record_soft")  # fmt: skip
        words = self.tr("Demo model") if model.demo else self.tr("Synthetic data")
        synthetic.say(
            words if model.synthetic or model.demo else "", "warning-fill", "warn", "warn_soft"
        )
        self.use.setEnabled(not using and not model.damage)
        self.export_button.setEnabled(not model.damage)
        stays = self._why_it_stays(model)
        self.remove.setEnabled(not stays)
        said = [model.damage, stays]
        self._why.setText("  ".join(words for words in said if words))
        self._why.setVisible(any(said))
        for widget in (self.name, self.note, self.save):
            widget.setEnabled(not model.demo)
        if not typed:
            self._show_said(model)
        self._show_others(model)
        self._show_view()

    def _show_said(self, model: Model) -> None:
        self.name.setText(model.name)
        self.note.setPlainText(model.note)

    @property
    def _said(self) -> tuple[str, str]:
        """Name and note as the fields have them."""
        return self.name.text().strip(), self.note.toPlainText().strip()

    @property
    def _typed(self) -> bool:
        """Whether they say something that is not kept yet."""
        model = self._model
        return model is not None and self._said != (model.name.strip(), model.note.strip())

    def _keep_typed(self) -> None:
        """Of a model that is left, if it is still there."""
        model = self._model
        if self._typed and model is not None and any(m.path == model.path for m in self._models):
            self._save()

    def _why_it_stays(self, model: Model) -> str:
        """Why it cannot be removed; "" if it can."""
        if model.demo:
            return self.tr("The demo student comes with the application and stays.")
        if model.key == self._in_use:
            return self.tr("The model in use cannot be removed; put another to work first.")
        return ""

    def _show_others(self, model: Model) -> None:
        before = self.other.currentData()
        self.other.clear()
        for other in self._models:
            if other.path != model.path and not other.damage:
                self.other.addItem(other.name, str(other.path))
        self.other.setCurrentIndex(max(0, self.other.findData(before)))

    def _show_view(self) -> None:
        model, view = self._model, self.views.index
        if model is None:
            return
        self._stack.setCurrentIndex(view)
        self.other.setVisible(view == _COMPARE)
        if view == _FACTS:
            self._show_table(self.figures, FactsTable([(model.name, model)]))
        elif view == _COMPARE:
            other = next((m for m in self._models if str(m.path) == self.other.currentData()), None)
            pair = [(model.name, model), *([(other.name, other)] if other else [])]
            self._show_table(self.compared, FactsTable(pair))
            self.unlike.show_models(model, other)
        elif view == _LINEAGE:
            self._show_lineage(model)
        else:
            self._show_card(model)

    @staticmethod
    def _show_table(picture: Picture, table: Drawing) -> None:
        picture.show_drawing(table)
        picture.setFixedHeight(table.size.height())

    def _show_card(self, model: Model) -> None:
        from models.card import render

        if model.card is None:
            self.card.setPlainText(model.damage)
        else:
            self.card.show_markdown(render(model.card))

    def _show_lineage(self, model: Model) -> None:
        self.lineage.setText(self.tr("Reading the library…"))
        if self._lineage_task is not None:
            self._lineage_task.cancel()
        self._lineage_task = Task(
            self,
            lambda: self._library.lineage(model),
            lambda found: self.lineage.setText(self._lineage_words(model, found)),
            self.lineage.setText,
        )

    def _lineage_words(self, model: Model, ancestors: list[Ancestor]) -> str:
        taught = [m.name for m in self._models if taught_by(m, model)]
        return lineage_words(model, ancestors, taught, in_use=model.key == self._in_use)

    # -- changes

    def _do(self, work: Callable[[], T], done: Callable[[T], object]) -> None:
        """Change the library off the GUI thread, then show it as it is."""

        def changed(found: T) -> None:
            done(found)
            self.refresh()

        Task(self, work, changed, self._failed)

    def _failed(self, why: str) -> None:
        self._say("error", self.tr("The library stays as it was."), why)

    def _say(self, kind: str, title: str, text: str = "") -> None:
        self.notice.say(title, text, kind)

    def _use(self) -> None:
        if self._model is not None:
            self.use_asked.emit(self._model)

    def _save(self) -> None:
        model, library = self._model, self._library
        if model is None:
            return
        name, note = self._said
        self._do(
            lambda: library.note(library.rename(model, name), note),
            self._saved,
        )

    def _saved(self, kept: Model) -> None:
        if self._model is not None and self._model.path == kept.path:
            self._model = kept
            self._show_said(kept)
        self._say("info", self.tr("Kept as “{0}”.").format(kept.name))
        self.renamed.emit(kept)

    def _ask_remove(self) -> None:
        if self._model is not None:
            self.confirm.say(
                self.tr("Remove “{0}”?").format(self._model.name),
                self.tr("It goes to the library's trash folder, {0}.").format(
                    self._library.folder / "trash"
                ),
            )
            self.keep.setFocus()

    def _remove(self) -> None:
        model, library = self._model, self._library
        self.confirm.hide()
        if model is not None:
            self._do(
                lambda: library.remove(model),
                lambda _none: self._say("info", self.tr("“{0}” was removed.").format(model.name)),
            )

    def _ask_import(self) -> None:
        kinds = self.tr("Models (*{0})").format(ENDING)
        ask_file(self, self.tr("Import a model"), self.import_model, kinds)

    def import_model(self, path: Path) -> None:
        """Take a checkpoint into the library, or say why it cannot be."""
        library = self._library
        self._do(
            lambda: library.import_(path),
            lambda model: self._say("info", self.tr("“{0}” is here now.").format(model.name)),
        )

    def _ask_export(self) -> None:
        model = self._model
        if model is None:
            return
        ask_new_file(
            *(self, self.tr("Export a model"), model.path.name),
            lambda path: self.export_model(model, path),
        )

    def export_model(self, model: Model, path: Path) -> None:
        """Write a model's checkpoint and its card to a file."""
        library = self._library
        self._do(
            lambda: library.export(model, path),
            lambda _none: self._say("info", self.tr("Written to {0}").format(path)),
        )
