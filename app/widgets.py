"""The few widgets that every screen is built of. Sizes are logical pixels."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from html import escape

from PySide6.QtCore import (
    QEvent,
    QPointF,
    QRectF,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import (
    QColor,
    QFontMetrics,
    QKeySequence,
    QPainter,
    QPaintEvent,
    QPen,
    QResizeEvent,
)
from PySide6.QtGui import Qt as QtText
from PySide6.QtWidgets import (
    QAbstractButton,
    QBoxLayout,
    QButtonGroup,
    QComboBox,
    QFrame,
    QHBoxLayout,
    QLabel,
    QLayout,
    QScrollArea,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from app import theme

QWIDGETSIZE_MAX = 2**24 - 1
"""Qt's word for no limit, which PySide6 lacks."""

Item = QWidget | QLayout | int | None
"""In a row or column: a widget, a layout, a fixed space, or (None) a stretch."""


def _filled(layout: QBoxLayout, items: Sequence[Item], gap: int, margins: Sequence[int]) -> None:
    layout.setSpacing(gap)
    layout.setContentsMargins(*margins)
    for item in items:
        if item is None:
            layout.addStretch(1)
        elif isinstance(item, int):
            layout.addSpacing(item)
        elif isinstance(item, QLayout):
            layout.addLayout(item)
        else:
            layout.addWidget(item)


def row(*items: Item, gap: int = 8, margins: Sequence[int] = (0, 0, 0, 0)) -> QHBoxLayout:
    layout = QHBoxLayout()
    _filled(layout, items, gap, margins)
    return layout


def column(*items: Item, gap: int = 8, margins: Sequence[int] = (0, 0, 0, 0)) -> QVBoxLayout:
    layout = QVBoxLayout()
    _filled(layout, items, gap, margins)
    return layout


def boxed(layout: QLayout) -> QWidget:
    """A plain widget around a layout."""
    widget = QWidget()
    widget.setLayout(layout)
    return widget


def scrolling(body: QWidget) -> QScrollArea:
    """`body`, to be scrolled up and down where it does not fit."""
    area = QScrollArea()
    area.setWidgetResizable(True)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    area.setWidget(body)
    return area


_UNIT = re.compile(r"(?<=[0-9–]) (?=(?:%|µV|uV|Hz|kHz|s|ms|min|h|MB|GB|px|dB)(?![\w]))")


class _Prose(QLabel):
    """Text of several lines; no figure is parted from its unit."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.setWordWrap(True)
        self.setText(text)

    def setText(self, text: str) -> None:
        super().setText(_UNIT.sub("\u00a0", text))

    def text(self) -> str:
        return super().text().replace("\u00a0", " ")


def label(
    text: str = "", px: int = 13, weight: int = 400, kind: str = "", wrap: bool = False
) -> QLabel:
    """Text in one of the type sizes; kind: "", "ink2", "ink3", "warn", "accent"."""
    made = _Prose(text) if wrap else QLabel(text)
    made.setFont(theme.font(px, weight))
    made.setTextFormat(Qt.TextFormat.PlainText)
    if kind:
        made.setProperty("kind", kind)
    return made


def plain_tip(text: str) -> str:
    """`text` for a tooltip, to be read as it stands. Qt takes what looks like HTML for it and loads
    the pictures that it names: a channel called <img src='file:///dev/zero'> ends the session."""
    if not QtText.mightBeRichText(text):
        return text
    return f"<qt>{escape(text)}</qt>".replace("\n", "<br>")


def key_name(key: str | QKeySequence.StandardKey) -> str:
    """A shortcut as this system writes it: 'Ctrl+Z', on macOS '⌘Z'."""
    return QKeySequence(key).toString(QKeySequence.SequenceFormat.NativeText)


class ElidedLabel(QLabel):
    """One line of text that ends in an ellipsis where there is no room; a tooltip has it all."""

    LEAST_PX = 40

    def __init__(self, text: str = "", px: int = 13, weight: int = 400, kind: str = "") -> None:
        super().__init__(text)
        self.setFont(theme.font(px, weight))
        self.setTextFormat(Qt.TextFormat.PlainText)
        if kind:
            self.setProperty("kind", kind)

    def minimumSizeHint(self) -> QSize:
        size = super().minimumSizeHint()
        return QSize(min(self.LEAST_PX, size.width()), size.height())

    def paintEvent(self, event: QPaintEvent) -> None:
        room, text = self.contentsRect(), self.text()
        shown = QFontMetrics(self.font()).elidedText(
            text, Qt.TextElideMode.ElideRight, room.width() + 1
        )
        self.setToolTip("" if shown == text else plain_tip(text))
        with painting(self) as painter:
            self.style().drawItemText(
                *(painter, room, self.alignment(), self.palette(), self.isEnabled(), shown),
                self.foregroundRole(),
            )


def rule() -> QFrame:
    """A horizontal line."""
    line = QFrame()
    line.setObjectName("rule")
    line.setFixedHeight(1)
    return line


def tick(height: int = 16) -> QFrame:
    """A short vertical line between neighbours."""
    line = QFrame()
    line.setObjectName("tick")
    line.setFixedSize(1, height)
    return line


def restyle(widget: QWidget) -> None:
    """Make the style sheet look at a changed dynamic property."""
    widget.style().unpolish(widget)
    widget.style().polish(widget)


def clock(t_s: float) -> str:
    """Seconds as m:ss, or h:mm:ss from an hour up."""
    whole = max(0, int(t_s))
    minutes, seconds = divmod(whole, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{seconds:02d}" if hours else f"{minutes}:{seconds:02d}"


def shortened(text: str, most: int) -> str:
    """At most `most` characters of `text`, its end as an ellipsis."""
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"


@contextmanager
def painting(widget: QWidget) -> Iterator[QPainter]:
    """An antialiasing painter for a paintEvent, ended in any case: one that an exception's
    traceback keeps alive would crash Qt."""
    painter = QPainter(widget)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    try:
        yield painter
    finally:
        painter.end()


def hatch(painter: QPainter, area: QRectF, tint: str, step: int = 6) -> None:
    """Diagonal lines over `area`: the sign of 'undecided'. Fixed to the widget, not the area."""
    painter.save()
    painter.setClipRect(area, Qt.ClipOperation.IntersectClip)
    painter.setPen(QPen(QColor(tint), 1))
    x = area.left() - area.height()
    x -= x % step
    while x < area.right() + step:
        painter.drawLine(QPointF(x, area.bottom()), QPointF(x + area.height(), area.top()))
        x += step
    painter.restore()


class Glyph(QWidget):
    """A Phosphor icon in the colour of a token ("ink2", "accent", ...)."""

    def __init__(self, name: str, role: str = "ink2", px: int = 16) -> None:
        super().__init__()
        self._name, self._role, self._px = name, role, px
        self.setFixedSize(px, px)

    def show_icon(self, name: str, role: str) -> None:
        if (name, role) != (self._name, self._role):
            self._name, self._role = name, role
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        tint = getattr(theme.current(), self._role)
        ratio = self.devicePixelRatioF()
        with painting(self) as painter:
            painter.drawPixmap(0, 0, theme.glyph(self._name, tint, self._px, ratio))


class Chip(QWidget):
    """An icon and a few words, tinted by tokens, with or without a pill behind."""

    def __init__(self, text: str = "", icon: str = "", ink: str = "ink2") -> None:
        super().__init__()
        self._font = theme.font(12, 500)
        self.say(text, icon, ink)

    def say(self, text: str, icon: str = "", ink: str = "ink2", fill: str = "") -> None:
        self._text, self._icon, self._ink, self._fill = text, icon, ink, fill
        width = QFontMetrics(self._font).horizontalAdvance(text)
        width += (20 if icon else 0) + (18 if fill else 2)
        self.setFixedSize(width, 24)
        self.setAccessibleName(text)
        self.setVisible(bool(text))
        self.update()

    @property
    def text(self) -> str:
        return self._text

    def paintEvent(self, event: QPaintEvent) -> None:
        tokens = theme.current()
        with painting(self) as painter:
            x = 0
            if self._fill:
                painter.setPen(Qt.PenStyle.NoPen)
                painter.setBrush(QColor(getattr(tokens, self._fill)))
                painter.drawRoundedRect(QRectF(self.rect()), 12, 12)
                x = 9
            tint = getattr(tokens, self._ink)
            if self._icon:
                ratio = self.devicePixelRatioF()
                painter.drawPixmap(x, 4, theme.glyph(self._icon, tint, 16, ratio))
                x += 20
            painter.setFont(self._font)
            painter.setPen(QColor(tint))
            painter.drawText(
                QRectF(x, 0, self.width(), 24), Qt.AlignmentFlag.AlignVCenter, self._text
            )


def one_tab_stop(group: QButtonGroup) -> None:
    """Tab enters the group on the button that is checked, else on the first; arrow keys go on from
    there."""
    buttons = group.buttons()
    entrance = group.checkedButton() or (buttons[0] if buttons else None)
    for button in buttons:
        stop = button is entrance
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus if stop else Qt.FocusPolicy.NoFocus)


def tab_through(after: QWidget, within: QWidget) -> QWidget:
    """Let Tab go from `after` through all of `within`, in the order it was laid out; for what is
    made late, which Qt puts last of all. Returns where it ends."""
    for child in within.findChildren(QWidget):
        policy = child.focusPolicy()
        # the buttons of a group take turns at being its stop
        stop = policy & Qt.FocusPolicy.TabFocus
        if not stop and not (isinstance(child, QAbstractButton) and child.group()):
            continue
        child.setFocusPolicy(Qt.FocusPolicy.TabFocus)  # behind what is none, Qt puts nothing
        QWidget.setTabOrder(after, child)
        child.setFocusPolicy(policy)
        after = child
    return after


class Segmented(QFrame):
    """A few choices side by side, one of them chosen."""

    chosen = Signal(int)

    def __init__(self, words: Sequence[str], names: Sequence[str] = ()) -> None:
        super().__init__()
        self.setObjectName("segmented")
        group = self._group = QButtonGroup(self)
        layout = row(gap=2, margins=(3, 3, 3, 3))
        for i, text in enumerate(words):
            button = QToolButton()
            button.setText(text)
            button.setCheckable(True)
            button.setFont(theme.font(12, 500))
            button.setAccessibleName(names[i] if names else text)
            self._group.addButton(button, i)
            layout.addWidget(button)
        self.setLayout(layout)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        one_tab_stop(self._group)
        group.buttonToggled.connect(lambda *_: one_tab_stop(group))
        self._group.idClicked.connect(self.chosen)

    def choose(self, index: int) -> None:
        button = self._group.button(index)
        if button is not None:
            button.setChecked(True)

    def button(self, index: int) -> QAbstractButton:
        return self._group.button(index)

    @property
    def index(self) -> int:
        return self._group.checkedId()


class Combo(QComboBox):
    """A combo box with our caret; `small` for card heads and rows of settings."""

    def __init__(self, items: Sequence[str] = (), small: bool = False) -> None:
        super().__init__()
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus if small else Qt.FocusPolicy.StrongFocus)
        self.setFont(theme.font(12 if small else 13, 500 if small else 400))
        self.setProperty("kind", "small" if small else "")
        self.setMaxVisibleItems(14)
        self.addItems(list(items))

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        caret = theme.glyph("caret-down", theme.current().ink3, 14, self.devicePixelRatioF())
        with painting(self) as painter:
            painter.drawPixmap(self.width() - 22, self.height() // 2 - 7, caret)


class Card(QFrame):
    """A panel with an optional head (title, hint, actions at the right) and a body."""

    def __init__(
        self,
        title: str = "",
        hint: str = "",
        actions: Sequence[Item] = (),
        body: QWidget | QLayout | None = None,
        pad: int = 12,
        gap: int = 8,
    ) -> None:
        super().__init__()
        self.setObjectName("card")
        layout = column(gap=gap, margins=(pad, pad - 4 if title else pad, pad, pad))
        self.setLayout(layout)
        self.title, self.hint = label(title, 13, 600), ElidedLabel(hint, 12, kind="ink3")
        for words in (self.title, self.hint):
            words.setParent(self)
            words.setVisible(bool(title))
        if title:
            head = boxed(row(self.title, self.hint, None, *actions))
            head.setMinimumHeight(28)
            layout.addWidget(head)
        if isinstance(body, QLayout):
            layout.addLayout(body, 1)
        elif body is not None:
            layout.addWidget(body, 1)


class Notice(QFrame):
    """One sentence in a tinted panel, with what can be done about it; kind: info, warn, error.
    Without a sentence it is not seen.

    slim: what can be done stands beside the sentence.
    """

    _LOOK = {  # noqa: RUF012  a table
        "info": ("info", "accent"),
        "warn": ("warning-fill", "warn"),
        "error": ("x-circle-fill", "record"),
    }

    def __init__(
        self, kind: str, title: str, text: str = "", *actions: QWidget, slim: bool = False
    ) -> None:
        super().__init__()
        self.setObjectName(kind)
        self._glyph = Glyph(*self._LOOK[kind], 18)
        self._title = label(title, 13, 600, wrap=True)
        self._text = label(text, 13, 400, "ink2", wrap=True)
        self._text.setVisible(bool(text))
        words = column(self._title, self._text, gap=3)
        if actions and not slim:
            words.addSpacing(6)
            words.addLayout(row(*actions, None))
        above = None if slim else 0
        sign = column(above, self._glyph, None)
        layout = row(sign, gap=10, margins=(12, 4, 8, 4) if slim else (12, 10, 12, 12))
        layout.addLayout(words, 1)
        for action in actions if slim else ():
            layout.addWidget(action)
        self.setLayout(layout)
        self._layout = layout
        if not title:
            self.hide()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def event(self, event: QEvent) -> bool:
        handled = super().event(event)
        if event.type() == QEvent.Type.LayoutRequest:  # one of its buttons came or went
            self._fit()
        return handled

    def _fit(self) -> None:
        """As high as its words are at this width and no higher, which no size policy can say."""
        self._layout.activate()  # else it goes by the sentence before
        height = self._layout.totalHeightForWidth(self.width())
        self.setMaximumHeight(height if height > 0 else QWIDGETSIZE_MAX)

    def say(self, title: str, text: str = "", kind: str = "") -> None:
        """Show a sentence, or nothing for ''. kind: where it changes."""
        self._title.setText(title)
        self._text.setText(text)
        self._text.setVisible(bool(text))
        if kind and kind != self.objectName():
            self.setObjectName(kind)
            self._glyph.show_icon(*self._LOOK[kind])
            restyle(self)
        self._fit()
        self.setVisible(bool(title))

    @property
    def title(self) -> str:
        return self._title.text()


def field(name: str, widget: QWidget, help_text: str = "") -> QVBoxLayout:
    """A named input with an optional line of help under it."""
    words = label(name, 12, 500, "ink2")
    words.setBuddy(widget)
    (widget.focusProxy() or widget).setAccessibleName(name)  # what is focused is read aloud
    items: list[Item] = [words, widget]
    if help_text:
        items.append(label(help_text, 12, kind="ink3", wrap=True))
    return column(*items, gap=4)
