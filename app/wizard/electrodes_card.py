"""Which electrodes the data hold, by the names found in the files."""

from __future__ import annotations

from app.panels.coverage import CoverageView
from app.widgets import Card, Chip, boxed, column, row
from app.wizard.parts import Facts
from app.wizard.survey import Survey
from evoke.signal.montage import ELECTRODES, map_channels
from evoke.types import RATE_HZ, Channel, StreamInfo


class ElectrodesCard(Card):
    """Which electrodes the files hold, and how far they were prepared already."""

    def __init__(self) -> None:
        self.view = CoverageView(counts=False)
        self.view.setMinimumSize(270, 270)
        self.chip = Chip()
        self.order, self.prepared, self.others = Facts(), Facts(), Facts()
        side = boxed(column(None, self.order, self.prepared, self.others, None, gap=14))
        side.setFixedWidth(168)
        body = row(gap=8)
        body.addWidget(self.view, 1)
        body.addWidget(side)
        hint = self.tr("names and order found in the files")
        super().__init__(self.tr("Electrodes"), hint, (self.chip,), body)
        channels = tuple(Channel(name) for name in ELECTRODES)
        self._montage = map_channels(StreamInfo("data", RATE_HZ, channels))
        self._side = side

    def show_survey(self, found: Survey | None) -> None:
        there = bool(found and found.kept)
        self._side.setVisible(there)
        self.view.show_montage(self._montage if there else None)
        if found is None or not there:
            self.chip.say("")
            return
        n, total = len(found.electrodes), len(ELECTRODES)
        words = self.tr("{0} of {1}").format(n, total)
        self.chip.say(words, "check-circle-fill", "ok", "ok_soft")
        laboratories = sorted({file.laboratory for file in found.kept if file.laboratory})
        order = " + ".join(laboratories) or self.tr("Geneva")
        first = self.tr("Fp1, AF3, F3, F7, …")
        reordered = self.tr("brought into Geneva’s order by name")
        self.order.say(
            self.tr("{0} order").format(order), reordered if "Twente" in laboratories else first
        )
        if "original" in found.forms:
            title, text = (
                self.tr("Prepared here"),
                self.tr("eye artefacts removed, 4–45 Hz, average reference, 128 Hz"),
            )
        else:
            title, text = self.tr("Already prepared"), self.tr("4–45 Hz, average reference, 128 Hz")
        self.prepared.say(title, text)
        others = max((file.channels for file in found.kept), default=0) - total
        self.others.setVisible(others > 0)
        more = self.tr("{0} more channels").format(others)
        self.others.say(more, self.tr("eyes, muscles, skin, breath, pulse: left out"))
