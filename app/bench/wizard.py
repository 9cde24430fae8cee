"""The training wizard's first pages: whether reading a whole data set ever holds the window up."""

from __future__ import annotations

import contextlib
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from app.application import application, run_until
from app.bench.window import heartbeat
from app.compose import Composer
from app.settings import Settings
from app.windows import MainWindow
from evoke.dataset.demo_files import write_demo
from evoke.errors import EvokeError

_LONGEST_S = 900.0
_REST_S = 0.5
_IDLE_S = 2.0


@dataclass(frozen=True, slots=True)
class Found:
    """block_ms: the GUI thread's longest block, by what was done meanwhile; work_ms: the longest
    that it worked without a pause, which other programs on the computer do not lengthen."""

    files: int
    gigabytes: float
    check_s: float
    block_ms: dict[str, float]
    work_ms: dict[str, float]


def run(subjects: int, folder: Path | None = None) -> Found:
    """Check a folder of DEAP's size in a window of its own, and turn its pages. folder: data that
    are there; else synthetic ones are written, a hundred megabytes a subject. Raises EvokeError if
    there is nothing in it to train on."""
    with contextlib.ExitStack() as stack:
        if folder is None:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
            write_demo(folder, range(1, subjects + 1))
        kept = stack.enter_context(tempfile.TemporaryDirectory())
        stack.enter_context(_data_dir(Path(kept)))
        return _measured(folder)


@contextlib.contextmanager
def _data_dir(folder: Path) -> Iterator[None]:
    """The user's own draft is left alone."""
    before = os.environ.get("EVOKE_DATA_DIR")
    os.environ["EVOKE_DATA_DIR"] = str(folder)
    try:
        yield
    finally:
        os.environ.pop("EVOKE_DATA_DIR")
        if before is not None:
            os.environ["EVOKE_DATA_DIR"] = before


def _measured(folder: Path) -> Found:
    import scipy.signal  # noqa: F401  as the first source to be opened does

    app = application()
    window = MainWindow(Settings(notice_seen=True), Composer(), keep=False)
    window.resize(1440, 900)
    window.show()
    run_until(lambda: False, _REST_S)
    blocks: dict[str, float] = {}
    worked: dict[str, float] = {}

    def during(name: str, do: Callable[[], object], done: Callable[[], bool]) -> float:
        began = time.perf_counter()
        with heartbeat() as heart:
            run_until(lambda: bool(heart.beats), 5)
            do()
            run_until(done, _LONGEST_S)
        took = time.perf_counter() - began
        blocks[name] = float(heart.between_ms.max())
        worked[name] = float(heart.worked_ms.max())
        run_until(lambda: False, _REST_S)
        return took

    idle = time.perf_counter()
    during("nothing", lambda: None, lambda: time.perf_counter() - idle > _IDLE_S)
    during(
        "first visit",
        window.shell.rail.button("training").click,
        lambda: window.training is not None and window.training.wizard is not None,
    )
    wizard = window.training.wizard if window.training else None
    assert wizard is not None
    data, rows = wizard.data, wizard.protocol.folds.rows

    check_s = during(
        "files checked", lambda: data.choose(str(folder)), lambda: data.found is not None
    )
    found = data.found
    assert found is not None
    if not found.trials:
        window.leave()
        raise EvokeError(f"{folder} holds no recordings that training could use.")
    during("first look", lambda: None, lambda: data.look.signals.trial is not None)
    during("another trial", data.look.shuffle.click, lambda: not data.look.busy)
    features, protocol = wizard.features, wizard.protocol
    during("features", wizard.footer.next.click, lambda: not features.busy)
    during("other rest", features.choices["paper"].click, lambda: not features.busy)
    during("protocol", wizard.footer.next.click, lambda: rows.fold_of is not None)
    during("mixed seconds", protocol.choices["segments"].click, lambda: rows.fold_of is not None)
    window.leave()
    app.processEvents()
    return Found(len(found.files), found.n_bytes / 1e9, check_s, blocks, worked)
