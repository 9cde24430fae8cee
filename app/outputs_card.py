"""Settings of what is sent to other programs: VMC for avatars, LSL for laboratories."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from PySide6.QtCore import QSignalBlocker
from PySide6.QtWidgets import QLabel, QLineEdit

from app import theme
from app.buttons import Button, on_click
from app.setting_rows import line, number
from app.settings import Settings
from app.widgets import Card, Combo, Notice, Segmented, boxed, column, label, restyle, row, rule
from evoke.errors import SettingsError
from evoke.outputs.base import Output
from evoke.outputs.vmc import Names

_RATES_HZ = (10, 20, 30, 60)
_NAMES: tuple[Names, ...] = ("vrm0", "vrm1", "arkit", "vrm0+arkit", "vrm1+arkit")
_REACHES = ("off", "computer", "network")


class OutputsCard(Card):
    """'Virtual worlds'. What leaves this computer is asked about first, and said from then on."""

    def __init__(self, change: Callable[..., None]) -> None:
        self._change = change
        self._settings = Settings()
        self._asked: dict[str, object] = {}  # the change that waits for a yes
        self._outputs: Sequence[Output] = ()
        self._make_controls()
        self.vmc_state, self.lsl_state = (label("", 12, kind="ink3", wrap=True) for _ in range(2))
        body = column(
            line(
                self.tr("Avatars (VMC)"),
                self.tr("the face, for VSeeFace, Warudo, Unity, Unreal, Blender"),
                self.vmc,
            ),
            self.vmc_state,
            line(
                self.tr("Receiver and port"),
                self.tr("127.0.0.1 is this computer"),
                boxed(row(self.host, self.port, gap=6)),
            ),
            line(self.tr("Rate"), self.tr("sent whether or not the face moves"), self.rate),
            line(
                self.tr("Names"),
                self.tr(
                    "EVOKE's own avatars: ARKit alone. By two sets a model may wear the face twice"
                ),
                self.names,
            ),
            self.notice,
            3,
            rule(),
            line(
                self.tr("Laboratory streams (LSL)"),
                self.tr("affect, markers, features"),
                self.lsl,
            ),
            self.lsl_state,
            gap=3,
        )
        super().__init__(
            self.tr("Virtual worlds"), self.tr("sent live to other programs"), body=body, gap=2
        )
        self._connect()

    def _make_controls(self) -> None:
        self.vmc = Segmented([self.tr("Off"), self.tr("On")])
        self.host = QLineEdit()
        self.host.setProperty("kind", "small")
        self.host.setFont(theme.font(12, 500))
        self.host.setFixedWidth(132)
        self.host.setAccessibleName(self.tr("Receiver"))
        self.port = number(1, 65535, 1, 0)
        self.port.setAccessibleName(self.tr("Port"))
        rates = [self.tr("{0} a second").format(rate) for rate in _RATES_HZ]
        self.rate = Combo(rates, small=True)
        words = (
            self.tr("VRM 0 alone"),
            self.tr("VRM 1 alone"),
            self.tr("ARKit alone"),
            self.tr("VRM 0 and ARKit"),
            self.tr("VRM 1 and ARKit"),
        )
        self.names = Combo(words, small=True)
        self.lsl = Segmented([self.tr("Off"), self.tr("This computer"), self.tr("Network")])
        self.agree = Button("")
        self.refuse = Button(self.tr("Stay on this computer"))
        self.notice = Notice("warn", "", "", self.agree, self.refuse)

    def _connect(self) -> None:
        self.vmc.chosen.connect(lambda i: self._change(send_vmc=bool(i)))
        self.host.editingFinished.connect(self._choose_host)
        self.port.valueChanged.connect(lambda v: self._change_vmc(port=round(v)))
        self.rate.activated.connect(lambda i: self._change_vmc(rate_hz=_RATES_HZ[i]))
        self.names.activated.connect(lambda i: self._change_vmc(names=_NAMES[i]))
        self.lsl.chosen.connect(self._choose_reach)
        on_click(self.agree, lambda: self._change(**self._asked))
        on_click(self.refuse, lambda: self.show_settings(self._settings))

    # -- changing

    def _change_vmc(self, **fields: object) -> None:
        self._change(vmc=replace(self._settings.vmc, **fields))  # type: ignore[arg-type]

    def _choose_host(self) -> None:
        host = self.host.text().strip()
        if host == self._settings.vmc.host:
            self.show_settings(self._settings)
            return
        try:
            vmc = replace(self._settings.vmc, host=host)
        except SettingsError as error:
            self._asked = {}
            self._mark(bad=True)
            self._say(str(error))
            return
        self._mark(bad=False)
        if vmc.loopback:
            self._change(vmc=vmc)
        else:
            question = self.tr("Send the face to {0}?").format(host)
            self._ask(question, self.tr("Send it there"), vmc=vmc)

    def _choose_reach(self, chosen: int) -> None:
        if _REACHES[chosen] == "network":
            self.lsl.choose(_REACHES.index(self._settings.lsl))  # until there is a yes
            question = self.tr("Announce the streams in this network?")
            self._ask(question, self.tr("Announce them"), lsl="network")
        else:
            self._change(lsl=_REACHES[chosen])
            self.show_settings(self._settings)

    def _ask(self, question: str, yes: str, **change: object) -> None:
        self._asked = change
        self.agree.set_words(yes)
        self._say(question, self._risk())

    def _risk(self) -> str:
        return self.tr(
            "It is not encrypted: whoever is on the same network may read it. What is read from a "
            "person's EEG is health data."
        )

    # -- showing

    def show_settings(self, settings: Settings) -> None:
        self._settings, self._asked = settings, {}
        vmc = settings.vmc
        self.vmc.choose(int(settings.send_vmc))
        self.lsl.choose(_REACHES.index(settings.lsl))
        self.host.setText(vmc.host)
        self._mark(bad=False)
        with QSignalBlocker(self.port):
            self.port.setValue(vmc.port)
        if vmc.rate_hz in _RATES_HZ:
            self.rate.setCurrentIndex(_RATES_HZ.index(vmc.rate_hz))
        self.names.setCurrentIndex(_NAMES.index(vmc.names))
        leaves = settings.lsl == "network" or (settings.send_vmc and not vmc.loopback)
        self._say(self.tr("What is read leaves this computer.") if leaves else "", self._risk())
        self.show_outputs(self._outputs)

    def show_outputs(self, outputs: Sequence[Output]) -> None:
        """Say whether what runs gets through. outputs: those of the open source."""
        self._outputs = outputs
        problems = {output.name: output.problem for output in outputs}
        vmc, reach = self._settings.vmc, self._settings.lsl
        to = self.tr("Sent to {0} port {1}.").format(vmc.host, vmc.port)
        self._show_state(self.vmc_state, self._settings.send_vmc, problems.get("VMC"), to)
        where = self.tr(
            "Announced on this computer alone. Its ports are open: a firewall keeps others out."
        )
        if reach == "network":
            where = self.tr("Announced in this network.")
        self._show_state(self.lsl_state, reach != "off", problems.get("LSL"), where)

    def summary(self) -> tuple[str, str, str]:
        """For the status bar: where readings are sent, "" for nowhere; the first problem; all."""
        states = {"VMC": self.vmc_state, "LSL": self.lsl_state}
        running = {output.name: output.problem for output in self._outputs}
        to = " + ".join(self._settings.vmc.host if name == "VMC" else name for name in running)
        problem = next((problem for problem in running.values() if problem), "")
        return to, problem, "\n".join(f"{name}: {states[name].text()}" for name in running)

    def _show_state(self, state: QLabel, on: bool, problem: str | None, well: str) -> None:
        """problem: None where no source is open."""
        state.setVisible(on)
        words = self.tr("Begins as soon as a source is open.") if problem is None else problem
        state.setText(words or well)
        kind = "warn" if problem else "ink3"
        if state.property("kind") != kind:
            state.setProperty("kind", kind)
            restyle(state)

    def _mark(self, *, bad: bool) -> None:
        self.host.setProperty("bad", bad)
        restyle(self.host)

    def _say(self, title: str, text: str = "") -> None:
        """A question, a warning or an error below the settings; "" for none."""
        self.notice.say(title, text)
        for button in (self.agree, self.refuse):
            button.setVisible(bool(self._asked))
