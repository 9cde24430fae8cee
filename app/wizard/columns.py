"""Pages whose columns stand one under the other where there is little room."""

from __future__ import annotations

from PySide6.QtWidgets import QBoxLayout

NARROW_PX = 1000
"""A page narrower than this, as with large text, has one column."""


def across_or_down(width: int) -> QBoxLayout.Direction:
    """How the columns of a page that wide are laid out."""
    narrow = width < NARROW_PX
    return QBoxLayout.Direction.TopToBottom if narrow else QBoxLayout.Direction.LeftToRight
