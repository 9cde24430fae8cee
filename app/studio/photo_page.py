"""An avatar from a photograph: landmarks on the left, what comes of them on the right."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QCoreApplication, QSize, Qt, Signal, SignalInstance
from PySide6.QtGui import (
    QDragEnterEvent,
    QDropEvent,
    QHideEvent,
    QImage,
    QResizeEvent,
)
from PySide6.QtWidgets import QStackedWidget, QWidget

from app.buttons import Button, on_click
from app.photograph import Photograph, read_photograph
from app.studio.compare import PORTRAIT_PX, Compare
from app.studio.fit_cards import ColoursCard, FitCard
from app.studio.fitting import ENOUGH, Outcome, fit_photograph
from app.studio.history import History
from app.studio.landmark_card import LandmarkCard
from app.studio.likeness import Likeness, Likenesses, Wish
from app.studio.photo_drop import PhotoDrop, ask_for_photograph, dropped_file, privacy_notice
from app.studio.placement import Placement
from app.studio.words import explanation, full_name
from app.widgets import Card, Glyph, Notice, boxed, column, label, row, scrolling
from app.worker import Latest, Task
from avatars import Identity
from avatars.photo import LANDMARKS
from avatars.photo.landmarks import PLACE

_WIDE_PX, _SLIM_PX = 1300, 1190
_RIGHT_PX, _RIGHT_NARROW_PX = 480, 408
_TURNED_DEG = 25.0
_SHOW_FACE_AT = 3
"""Points set before the view goes nearer to the face: then it is known where that is."""


def _read(path: Path) -> Photograph:
    import scipy.optimize  # noqa: F401  the first fit is then as quick as the others

    photo = read_photograph(path)
    Placement.guessed(photo.size)  # reads the shared head, which takes a second, on this thread
    return photo


class PhotoPage(QWidget):
    """`start` an avatar, drop a photograph, set its landmarks, keep what was fitted.

    kept, fine_tune: carry the fitted Identity.
    """

    kept = Signal(object)
    fine_tune = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.setAcceptDrops(True)
        self._start = Identity("new")
        self._photo: Photograph | None = None
        self._history = History(Placement.nowhere())
        self._outcome: Outcome | None = None
        self._reading: Task[Photograph] | None = None
        self._nearer = False
        self._then: SignalInstance | None = None
        self._make_workers()
        self._make_left()
        self._make_right()
        self._make_foot()
        self.drop = PhotoDrop()
        self.drop.chosen.connect(self.read)
        self._stack = QStackedWidget()
        self._stack.addWidget(boxed(column(self.drop, margins=(12, 12, 12, 12))))
        self._stack.addWidget(self._editor())
        self.setLayout(column(self._stack))
        self._show_step()

    # -- from the studio

    def start(self, identity: Identity) -> None:
        """Begin anew from the avatar `identity`; no photograph is shown yet."""
        self.forget()
        self._start = identity
        self.compare.before.show_image(QImage())
        self._portraits.draw(Wish("before", identity, PORTRAIT_PX))

    def forget(self) -> None:
        """Let go of the photograph and all that came of it."""
        if self._reading is not None:
            self._reading.cancel()
            self._reading = None
        self._photo, self._outcome, self._then = None, None, None
        self._fitter.cancel()
        self._portraits.forget()
        self.view.forget()
        self.compare.over.forget()
        self._history = History(Placement.nowhere())
        self._show_unfitted("")
        self.drop.refuse("")
        self._stack.setCurrentIndex(0)

    def read(self, path: Path) -> None:
        """Take the photograph in a file; what cannot be read is said, and changes nothing."""
        if self._reading is not None:
            self._reading.cancel()
        self._say("")
        self._reading = Task(self, lambda: _read(path), self._show_photo, self._refuse)

    @property
    def identity(self) -> Identity | None:
        """The avatar fitted last, if there is one."""
        return None if self._outcome is None else self._outcome.identity

    @property
    def photograph(self) -> Photograph | None:
        """The photograph, while there is one."""
        return self._photo

    @property
    def outcome(self) -> Outcome | None:
        return self._outcome

    @property
    def placement(self) -> Placement:
        return self._history.present

    @property
    def foot_words(self) -> str:
        """What the foot of the page asks to look at again."""
        return self._doubt.text()

    # -- building

    def _make_workers(self) -> None:
        self._fitter = Latest[Outcome](self, self._show_outcome, self._show_misfit)
        self._portraits = Likenesses()
        self._portraits.ready.connect(self._show_portrait)
        self._portraits.failed.connect(self._say)
        # A thread must have ended before its object goes, however the page comes to go.
        self.destroyed.connect(self._portraits.end)
        application = QCoreApplication.instance()
        if application is not None:
            application.aboutToQuit.connect(self._portraits.end)

    def _make_left(self) -> None:
        self.marks = LandmarkCard()
        self.view = self.marks.view
        self.view.moved.connect(self._move)
        self.view.chosen.connect(lambda _name: self._show_chosen())
        self.view.undo_asked.connect(self.undo)
        self.view.redo_asked.connect(self.redo)
        on_click(self.marks.undo, self.undo)
        on_click(self.marks.redo, self.redo)

    def _make_right(self) -> None:
        self.compare, self.fit, self.colours = Compare(), FitCard(), ColoursCard()
        self.compare.over_asked.connect(self._draw_over)
        self.notice, self.remark = Notice("error", ""), Notice("warn", "")
        self.compare.setMinimumHeight(230)
        right = column(self.notice, self.remark, gap=12)
        right.addWidget(self.compare, 1)
        for card in (self.fit, self.colours, privacy_notice(self)):
            right.addWidget(card)
        self._right = scrolling(boxed(right))

    def _make_foot(self) -> None:
        self.other = Button(self.tr("Other photograph"), "image", "ghost")
        self.guess = Button(self.tr("Guess all again"), "magic-wand", "ghost")
        self.tune = Button(self.tr("Fine-tune by hand"), "sliders-horizontal")
        self.keep = Button(self.tr("Keep this avatar"), "check", "primary")
        self._warning = Glyph("warning", "warn", 16)
        self._doubt = label("", 13, kind="ink2")
        on_click(self.other, self._ask)
        on_click(self.guess, self._guess_again)
        on_click(self.tune, lambda: self._hand_over(self.fine_tune))
        on_click(self.keep, lambda: self._hand_over(self.kept))

    def _editor(self) -> QWidget:
        halves = row(gap=12, margins=(12, 12, 12, 12))
        halves.addWidget(self.marks, 1)
        halves.addWidget(self._right)
        foot = Card(
            body=row(
                *(self.other, self.guess, None, self._warning, self._doubt, 4),
                *(self.tune, self.keep),
            ),
            pad=10,
        )
        foot.setObjectName("top")
        whole = column(gap=0)
        whole.addLayout(halves, 1)
        whole.addWidget(foot)
        return boxed(whole)

    # -- the photograph

    def _ask(self) -> None:
        ask_for_photograph(self, self.read)

    def _refuse(self, why: str) -> None:
        self._reading = None
        if self._photo is None:
            self.drop.refuse(why)
        else:
            self._say(why)

    def _show_photo(self, photo: Photograph) -> None:
        self._reading, self._photo, self._outcome = None, photo, None
        self._fitter.cancel()
        self._nearer = False
        self._history = History(Placement.guessed(photo.size))
        self._stack.setCurrentIndex(1)
        self.view.show_picture(photo.pixels)
        self.compare.over.show_photo(photo.pixels)
        self.compare.show_side_by_side()
        self._say("")
        self._remark(photo.note)
        self.view.choose("right-eye-outer")
        self.view.setFocus(Qt.FocusReason.OtherFocusReason)
        self._show_step()

    def _say(self, sentence: str) -> None:
        """What went wrong; "" for nothing."""
        self.notice.say(sentence)

    def _remark(self, sentence: str) -> None:
        """What had to be assumed; "" for nothing."""
        self.remark.say(sentence)

    # -- landmarks

    def _move(self, name: str, x: float, y: float, how: str) -> None:
        placement = self.placement.with_point(name, x, y)
        if how == "drag":
            self.view.show_placement(placement)
        else:
            self._history.change(placement, name if how == "key" else "")
            self._show_step()

    def _guess_again(self) -> None:
        if self._photo is not None:
            self._history.change(Placement.guessed(self._photo.size))
            self.view.show_whole()
            self._nearer = False
            self._show_step()

    def undo(self) -> None:
        self._history.undo()
        self._show_step()

    def redo(self) -> None:
        self._history.redo()
        self._show_step()

    def _show_step(self) -> None:
        """The current placement, and what can be done with it."""
        self.marks.undo.setEnabled(self._history.can_undo)
        self.marks.redo.setEnabled(self._history.can_redo)
        placed = len(self.placement.placed)
        self.fit.show_placed(placed)
        if self._photo is None:
            return
        self.view.show_placement(self.placement)
        if placed >= _SHOW_FACE_AT and not self._nearer:
            self._nearer = True
            self.view.show_face()
        if placed >= ENOUGH:
            asked = self._photo, self.placement, self._start
            self._fitter.ask(lambda: fit_photograph(*asked))
        else:
            self._fitter.cancel()
            self._outcome = None
            more = self.tr("Set {0} more points: begin with the eyes and the chin.")
            self._show_unfitted(more.format(ENOUGH - placed))
        self._show_ready()
        self._show_chosen()

    def _show_unfitted(self, why: str) -> None:
        """There is no face yet."""
        self.view.show_doubts({})
        self.fit.show_nothing(why)
        self.colours.show_nothing()
        self.compare.after.show_nothing(why)

    def _show_chosen(self) -> None:
        landmark = LANDMARKS[PLACE[self.view.name]]
        doubts = self._outcome.fit.look_again if self._outcome else {}
        self.marks.explain(full_name(landmark), doubts.get(landmark.name) or explanation(landmark))

    # -- what comes of them

    def _show_outcome(self, outcome: Outcome) -> None:
        if self._fitter.busy:
            return  # of an earlier placement
        self._outcome = outcome
        self.view.show_doubts(outcome.fit.look_again)
        self.fit.show_fit(outcome.fit, outcome.took_s)
        if outcome.seen is not None:
            self.colours.show_colours(outcome.seen)
        else:
            self.colours.show_nothing()
        self._say("")
        photo = self._photo.note if self._photo else ""
        self._remark(outcome.note or self._turned(outcome) or photo)
        self._portraits.draw(Wish("after", outcome.identity, PORTRAIT_PX))
        if self.compare.is_over:
            self._draw_over()
        self._show_ready()
        self._show_chosen()
        if self._then is not None:
            self._hand_over(self._then)

    def _turned(self, outcome: Outcome) -> str:
        """What a face seen from the side leaves out; "" for one seen from the front."""
        turn_deg = max(map(abs, outcome.fit.camera.angles_deg[:2]))
        if turn_deg < _TURNED_DEG:
            return ""
        said = self.tr(
            "The head is turned by about {0}°: a photograph from the front tells more of the face."
        )
        return said.format(round(turn_deg))

    def _show_misfit(self, why: str) -> None:
        """No face: said in a sentence; the avatar on the screen stays."""
        if self._fitter.busy:
            return
        self.fit.show_nothing(self.tr("No face can be fitted to these points."))
        self._then = None
        self._say(why)

    def _draw_over(self) -> None:
        if self._outcome is not None:
            wish = Wish("over", self._outcome.identity, 2 * PORTRAIT_PX, self._outcome.fit.camera)
            self._portraits.draw(wish)

    def _show_portrait(self, wish: Wish, portrait: Likeness) -> None:
        if wish.key == "before":
            self.compare.before.show_image(portrait.image)
        elif self._outcome is None or wish.identity != self._outcome.identity:
            return  # of an earlier placement
        elif wish.key == "after":
            self.compare.after.show_image(portrait.image)
        else:
            self.compare.over.show_avatar(portrait, self._outcome.fit.points)

    def _show_ready(self) -> None:
        ready = self._outcome is not None
        self.keep.setEnabled(ready)
        self.tune.setEnabled(ready)
        doubts = list(self._outcome.fit.look_again) if self._outcome else []
        words = ""
        if len(doubts) == 1:
            name = full_name(LANDMARKS[PLACE[doubts[0]]])
            words = self.tr("Look again: {0}").format(name[:1].lower() + name[1:])
        elif doubts:
            words = self.tr("Look again at {0} points").format(len(doubts))
        self._doubt.setText(words)
        self._warning.setVisible(bool(words))

    def _hand_over(self, signal: SignalInstance) -> None:
        """Give the avatar away, once it fits the points as they stand."""
        self._then = signal if self._fitter.busy else None
        if self._outcome is not None and not self._fitter.busy:
            signal.emit(self._outcome.identity)

    # -- Qt

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if dropped_file(event.mimeData()) is not None:
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        path = dropped_file(event.mimeData())
        if path is not None:
            event.acceptProposedAction()
            self.read(path)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        wide, slim = self.width() >= _WIDE_PX, self.width() < _SLIM_PX
        self._right.setFixedWidth(_RIGHT_PX if wide else _RIGHT_NARROW_PX)
        self.marks.set_slim(slim)
        for button in (self.other, self.guess):
            button.set_compact(slim)

    def hideEvent(self, event: QHideEvent) -> None:
        """Leaving the page forgets the photograph; a window that is minimised does not leave."""
        super().hideEvent(event)
        if not event.spontaneous():
            self.forget()

    def sizeHint(self) -> QSize:
        return QSize(1180, 720)
