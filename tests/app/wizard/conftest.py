"""Pages alone, in the light theme."""

from __future__ import annotations

import pytest
from PySide6.QtWidgets import QApplication

from app import theme


@pytest.fixture(scope="session")
def dressed(qapp: QApplication) -> None:
    """Dressing takes long where many widgets are: once is enough."""
    theme.apply("light")
