"""What networks read: the shape of one window, and where electrodes lie on the grid."""

from __future__ import annotations

GRID = (4, 9, 9)
"""Bands, rows and columns of one window's features."""

WINDOW = (32, 128)
"""Electrodes and samples of one raw window."""

ELECTRODE_CELLS = (
    *((0, 3), (1, 3), (2, 2), (2, 0), (3, 1), (3, 3), (4, 2), (4, 0)),
    *((5, 1), (5, 3), (6, 2), (6, 0), (7, 3), (8, 3), (8, 4), (6, 4)),
    *((0, 5), (1, 5), (2, 4), (2, 6), (2, 8), (3, 7), (3, 5), (4, 4)),
    *((4, 6), (4, 8), (5, 7), (5, 5), (6, 6), (6, 8), (7, 5), (8, 5)),
)
"""Row and column of DEAP's 32 electrodes, Fp1 to O2 in Geneva order."""
