"""What is to be taken away from a result, in two sentences."""

from __future__ import annotations

from PySide6.QtWidgets import QFrame, QSizePolicy

from app import theme
from app.widgets import Chip, Glyph, column, label, row
from app.wizard import exports


class Verdict(QFrame):
    """The headline, tinted; the first sentence large."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("info")
        self._first = label("", 17, 600, wrap=True)
        self._rest = label("", 14, 400, "ink2", wrap=True)
        self.synthetic = Chip()
        icon = column(Glyph("chat-circle-text", "accent", 24), None)
        layout = row(icon, gap=14, margins=(18, 12, 18, 13))
        layout.addLayout(column(self._first, self._rest, gap=4), 1)
        layout.addLayout(column(self.synthetic, None))
        self.setLayout(layout)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)

    def say(self, headline: tuple[str, ...], *, synthetic: bool) -> None:
        """headline: sentences, the first the one to take away."""
        self._first.setText(headline[0] if headline else "")
        self._rest.setText(" ".join(headline[1:]))
        self._rest.setVisible(len(headline) > 1)
        words = self.tr("Synthetic data") if synthetic else ""
        self.synthetic.say(words, "warning-fill" if words else "", "warn", "warn_soft")
        self.synthetic.setToolTip(exports.synthetic_words() if synthetic else "")

    def set_narrow(self, narrow: bool) -> None:
        self._first.setFont(theme.font(15 if narrow else 17, 600))
        self._rest.setFont(theme.font(13 if narrow else 14))

    @property
    def words(self) -> str:
        return f"{self._first.text()} {self._rest.text()}".strip()
