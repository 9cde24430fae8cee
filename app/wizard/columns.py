"""Pages whose columns stand one under the other where there is little room."""

from __future__ import annotations

from PySide6.QtWidgets import QBoxLayout

NARROW_PX = 1000
"""A page narrower than this, as with large text, has one column."""


def across_or_down(columns: QBoxLayout, width: int) -> bool:
    """Lay the columns of a page that wide side by side if they fit, else one under the other.
    Returns whether they fit."""
    margins = columns.contentsMargins()
    items = [item for i in range(columns.count()) if (item := columns.itemAt(i)) is not None]
    needed = margins.left() + margins.right() + columns.spacing() * (len(items) - 1)
    needed += sum(item.minimumSize().width() for item in items)
    fits = width >= max(NARROW_PX, needed)
    across, down = QBoxLayout.Direction.LeftToRight, QBoxLayout.Direction.TopToBottom
    columns.setDirection(across if fits else down)
    return fits
