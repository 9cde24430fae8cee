"""run.py: what can be looked at without installing anything."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import venv
from pathlib import Path

import pytest

import run

ROOT = Path(__file__).resolve().parents[1]


def test_nothing_is_missing_where_the_tests_run():
    assert run.missing_packages(virtual_screen=sys.platform.startswith("linux")) == []


def test_a_library_that_is_not_there_is_noticed():
    assert not run.loads("libnowhere.so.99")


def test_half_a_virtual_environment_does_not_count(tmp_path):
    assert not run.works(tmp_path / "bin" / "python")
    venv.create(tmp_path, with_pip=False)  # as an interruption before pip came leaves it
    assert not run.works(tmp_path / "bin" / "python")


def test_a_second_set_up_does_nothing(monkeypatch, tmp_path):
    """The stamp is written last, so only a finished installation is taken for one."""
    calls: list[list[str]] = []
    monkeypatch.setattr(run, "VENV", tmp_path)
    monkeypatch.setattr(run, "works", lambda python: True)
    monkeypatch.setattr(run, "run_pip", calls.append)
    run.install("dev")
    run.install("dev")
    run.install("")  # what the tests need holds what the application needs
    assert len(calls) == 1

    def interrupted(command: list[str]) -> None:
        raise KeyboardInterrupt

    (tmp_path / "installed-dev").unlink()
    monkeypatch.setattr(run, "run_pip", interrupted)
    with pytest.raises(KeyboardInterrupt):
        run.install("dev")
    monkeypatch.setattr(run, "run_pip", calls.append)
    run.install("dev")
    assert len(calls) == 2


def test_setting_up_needs_nothing_but_the_standard_library():
    code = f"import sys; sys.path.insert(0, {str(ROOT)!r}); import run; print('ok')"
    done = subprocess.run(
        [sys.executable, "-IS", "-c", code], check=False, capture_output=True, text=True
    )
    assert done.stdout == "ok\n", done.stderr


_APPLICATION = """
import signal, sys

assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
print("at work", flush=True)
signal.sigwait({signal.SIGINT})
print("interrupted", flush=True)
sys.stdin.readline()
print("tidied")
sys.exit(3)
"""

_STARTED_BY_RUN = """
import sys
sys.path.insert(0, sys.argv[1])
import run
run.PYTHON, run.add_system_libraries, run.install = sys.executable, lambda **_: True, print
sys.exit(run.main(["anything"]))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="one process cannot press Ctrl-C for others")
def test_ctrl_c_is_left_to_the_application(tmp_path):
    """Which takes its time here; as a supervisor sends it, to the one process that it started."""
    (tmp_path / "app").mkdir()
    (tmp_path / "app" / "__init__.py").touch()
    (tmp_path / "app" / "cli.py").write_text(_APPLICATION)
    with subprocess.Popen(
        [sys.executable, "-c", _STARTED_BY_RUN, ROOT],
        cwd=tmp_path,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as started:
        assert started.stdin
        assert started.stdout
        while "at work" not in (line := started.stdout.readline()):
            assert line, "it ended"
        os.kill(started.pid, signal.SIGINT)
        assert started.stdout.readline() == "interrupted\n"
        out, error = started.communicate("go on\n")
    assert (started.returncode, out, error) == (3, "tidied\n", "")


def test_every_dependency_has_a_tested_version():
    import tomllib

    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = [*project["dependencies"], *project["optional-dependencies"]["dev"]]
    names = {line.split("==")[0].lower().replace("_", "-") for line in _constraints()}
    for requirement in wanted:
        name = requirement.partition(";")[0].split(">")[0].split("<")[0].split("=")[0].strip()
        assert name.lower().replace("_", "-") in names


def _constraints() -> list[str]:
    lines = (ROOT / "constraints.txt").read_text().splitlines()
    return [line for line in lines if line and not line.startswith("#")]
