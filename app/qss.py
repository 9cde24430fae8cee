"""The style sheet: one rule per kind of widget, colours filled in from a `Theme`.

Kinds are the dynamic property `kind`; frames are told apart by object name. Nothing has an outline:
whatever the keyboard can reach shows its focus by its border or ground.
"""

from string import Template

QSS = Template("""
* { outline: 0; }
QWidget { color: $ink; }
QMainWindow, QWidget#page, QDialog { background: $bg; }
QFrame#card { background: $surface; border: 1px solid $line; border-radius: 10px; }
QFrame#dockHead { background: $surface; border: 1px solid $line; border-bottom: 0;
  border-top-left-radius: 10px; border-top-right-radius: 10px; }
QFrame#dockBody { background: $surface; border: 1px solid $line; border-top: 0;
  border-bottom-left-radius: 10px; border-bottom-right-radius: 10px; }
QFrame#dockBody[bare="true"] { border: 1px solid $line; border-radius: 10px; }
QFrame#rail { background: $surface; border: 0; border-right: 1px solid $line; }
QFrame#top { background: $surface; border: 0; border-bottom: 1px solid $line; }
QFrame#status { background: $surface; border: 0; border-top: 1px solid $line; }
QFrame#rule { background: $line; border: 0; }
QFrame#tick { background: $line2; border: 0; }
QFrame#banner { background: $soft; border: 0; border-bottom: 1px solid $line; }
QFrame#info { background: $soft; border: 0; border-radius: 8px; }
QFrame#warn { background: $warn_soft; border: 0; border-radius: 8px; }
QFrame#error { background: $record_soft; border: 0; border-radius: 8px; }
QMainWindow::separator { background: transparent; width: 12px; height: 12px; }
QMainWindow::separator:hover { background: $line; }
QLabel[kind="ink2"] { color: $ink2; }
QLabel[kind="ink3"] { color: $ink3; }
QLabel[kind="warn"] { color: $warn; }
QLabel[kind="accent"] { color: $accent; }
QPushButton { background: $surface; color: $ink; border: 1px solid $line2; border-radius: 6px;
  padding: 0 12px; min-height: 32px; }
QPushButton:hover { background: $sunk; }
QPushButton:focus { border-color: $accent; }
QPushButton:disabled { color: $ink3; border-color: $line; background: $bg; }
QPushButton[kind="primary"] { background: $accent; color: $on_accent; border-color: $accent; }
QPushButton[kind="primary"]:hover, QPushButton[kind="primary"]:focus {
  background: $accent_hover; border-color: $ink; }
QPushButton[kind="primary"]:disabled { background: $sunk; color: $ink3; border-color: $line; }
QPushButton[kind="ghost"] { background: transparent; color: $ink2; border-color: transparent;
  padding: 0 8px; min-height: 28px; }
QPushButton[kind="ghost"]:hover { background: $sunk; }
QPushButton[kind="ghost"]:focus { border-color: $accent; }
QPushButton[kind="ghost"]:disabled { background: transparent; color: $ink3;
  border-color: transparent; }
QPushButton::menu-indicator { image: none; width: 0; }
QToolButton { background: transparent; border: 1px solid transparent; border-radius: 6px; }
QToolButton:hover { background: $sunk; }
QToolButton:focus { border-color: $accent; }
QToolButton:checked { background: $soft; }
QToolButton::menu-indicator { image: none; }
QToolButton[kind="drop"] { color: $ink2; padding: 0 6px; }
QToolButton[kind="nav"] { border-radius: 8px; color: $ink2; padding: 6px 0 4px 0; }
QToolButton[kind="nav"]:checked { background: $soft; color: $accent; }
QToolButton[kind="nav"]:focus { border: 2px solid $accent; padding: 5px 0 3px 0; }
QToolButton[kind="picture"]:focus { border: 2px solid #FFFFFF; border-radius: 17px; }
QToolButton[kind="row"] { color: $ink; text-align: left; padding: 0 10px; border-radius: 8px; }
QToolButton[kind="step"] { border-radius: 8px; }
QToolButton[kind="step"][current="true"] { background: $soft; }
QFrame#drop { background: transparent; border: 1px dashed $line2; border-radius: 10px; }
QFrame#drop[over="true"] { background: $soft; border-color: $accent; }
QFrame#segmented { background: $sunk; border: 0; border-radius: 7px; }
QFrame#segmented QToolButton { border: 1px solid transparent; border-radius: 5px; padding: 0 9px;
  min-height: 24px; color: $ink2; }
QFrame#segmented QToolButton:checked { background: $selected; color: $ink; border-color: $line; }
QFrame#segmented QToolButton:focus { border-color: $accent; }
QLineEdit, QComboBox, QSpinBox, QDoubleSpinBox { background: $surface; color: $ink;
  border: 1px solid $line2; border-radius: 6px; padding: 0 10px; min-height: 32px;
  selection-background-color: $accent; selection-color: $on_accent; }
QLineEdit:disabled, QSpinBox:disabled, QDoubleSpinBox:disabled { color: $ink3;
  border-color: $line; background: $bg; }
QLineEdit:focus, QComboBox:focus, QSpinBox:focus, QDoubleSpinBox:focus { border-color: $accent; }
QPlainTextEdit { background: $surface; color: $ink; border: 1px solid $line2; border-radius: 6px;
  padding: 4px 6px; selection-background-color: $accent; selection-color: $on_accent; }
QPlainTextEdit:focus { border-color: $accent; }
QPlainTextEdit:disabled { color: $ink3; border-color: $line; background: $bg; }
QPlainTextEdit[kind="bare"], QTextBrowser { background: transparent; border: 0; padding: 0; }
QPlainTextEdit[kind="bare"]:focus, QTextBrowser:focus { background: $sunk; }
QLineEdit[bad="true"] { border-color: $record; }
QLineEdit[kind="small"], QComboBox[kind="small"], QDoubleSpinBox[kind="small"],
QSpinBox[kind="small"] { min-height: 26px; max-height: 26px; padding: 0 8px; }
QComboBox { combobox-popup: 0; }
QComboBox::drop-down { border: 0; width: 26px; }
QComboBox::down-arrow { image: none; }
QAbstractSpinBox QLineEdit,
QComboBox QLineEdit { background: transparent; border: 0; padding: 0; min-height: 0; }
QAbstractSpinBox::up-button, QAbstractSpinBox::down-button { width: 0; border: 0; }
QComboBox QAbstractItemView, QMenu { background: $surface; color: $ink; border: 1px solid $line2;
  selection-background-color: $soft; selection-color: $ink; }
QMenu { padding: 4px; }
QMenu::item { padding: 6px 24px 6px 12px; border-radius: 4px; }
QMenu::item:selected { background: $soft; }
QMenu::item:disabled { color: $ink3; }
QMenu::separator { height: 1px; background: $line; margin: 4px 8px; }
QMenu::indicator { width: 16px; height: 16px; margin-left: 6px; }
QListView { background: transparent; border: 0; }
QListView::item { border-radius: 8px; padding: 7px 10px; color: $ink; }
QListView::item:hover { background: $sunk; }
QListView::item:selected { background: $soft; color: $ink; }
QScrollArea { background: transparent; border: 0; qproperty-focusPolicy: NoFocus; }
QScrollArea > QWidget > QWidget { background: transparent; }
QScrollBar:vertical { background: transparent; width: 8px; }
QScrollBar::handle:vertical { background: $line2; border-radius: 4px; min-height: 32px; }
QScrollBar:horizontal { background: transparent; height: 8px; }
QScrollBar::handle:horizontal { background: $line2; border-radius: 4px; min-width: 32px; }
QScrollBar::add-line, QScrollBar::sub-line { width: 0; height: 0; }
QScrollBar::add-page, QScrollBar::sub-page { background: transparent; }
QToolTip { background: $ink; color: $surface; border: 0; padding: 4px 8px; }
""")
