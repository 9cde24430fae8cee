"""Real runs of real processes, on data so small that they take seconds."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from app.wizard.messages import Message
from app.wizard.plan import Plan
from app.wizard.process import kill
from app.wizard.runs import Phase, Run, RunStore
from evoke.dataset.demo_files import write_demo
from tests.waiting import wait_for

SMALL = Plan(name="Small", network="student", preset="quick", epochs=3, folds=3, hop_s=0.5)
"""Still without data."""

ENDED = (Phase.DONE, Phase.FAILED, Phase.CANCELLED, Phase.INTERRUPTED)


@pytest.fixture(scope="session")
def deap(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three people, ten trials of six seconds each."""
    folder = tmp_path_factory.mktemp("deap")
    write_demo(folder, [1, 2, 3], seed=3, trials=10, trial_s=6)
    return folder


@pytest.fixture
def plan(deap: Path) -> Plan:
    """Teacher, student and the student from scratch, a few seconds in all."""
    return SMALL.changed(data=str(deap))


@pytest.fixture
def long_plan(plan: Plan) -> Plan:
    """A minute of training and more: to be ended before."""
    return plan.changed(epochs=1000, preset="paper", scratch=False)


@pytest.fixture
def heavy_plan(long_plan: Plan) -> Plan:
    """Whose epochs take long, to compute and to keep: 100 MB each."""
    return long_plan.changed(network="ccnn")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[RunStore]:
    """Runs whose processes do not outlive the test."""
    made = RunStore(tmp_path / "runs")
    yield made
    end_runs(made)


@pytest.fixture
def start(store: RunStore) -> Callable[[Plan], Run]:
    """Create a run, start its process, and wait until that has its lock."""

    def begin(plan: Plan) -> Run:
        run = store.create(plan)
        run.launch()
        wait_for(lambda: run.process is not None or run.state is not None)
        return run

    return begin


def end_runs(store: RunStore) -> None:
    """End every process that works on one of its runs."""
    for run in store.all():
        process = run.process
        if process:
            kill(process)


def has_told(run: Run, kind: str, times: int = 1) -> Callable[[], bool]:
    """Whether its journal holds that many events of a kind."""

    def told() -> bool:
        path = run.folder / "events.jsonl"
        return path.exists() and path.read_text().count(f'"event": "{kind}"') >= times

    return told


def everything_told(run: Run) -> list[Message]:
    """All that its journal holds."""
    found: list[Message] = []
    at = -1
    since = 0
    while since != at:
        at = since
        more, since = run.messages(since)
        found += more
    return found


def until(run: Run, *phases: Phase, seconds: float = 60.0) -> None:
    wait_for(lambda: run.phase in (phases or ENDED), seconds)


def alive(process: int) -> bool:
    """Whether a process runs; a zombie, which its parent has not noticed yet, does not."""
    try:
        status = Path(f"/proc/{process}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False
    return status.rpartition(")")[2].split()[0] not in ("Z", "X")


def group_of(process: int) -> list[int]:
    """The processes that were started with it: those of its session."""
    found = []
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit() and alive(int(folder.name)):
            try:
                fields = (folder / "stat").read_text().rpartition(")")[2].split()
            except (FileNotFoundError, ProcessLookupError):
                continue
            if int(fields[3]) == process:
                found.append(int(folder.name))
    return found
