from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.waiting import wait_for

ROOT = Path(__file__).resolve().parents[3]

PARENT = """
import os, subprocess, sys
child = subprocess.Popen([sys.executable, "-c", sys.argv[1], str(os.getpid())])
print(child.pid, flush=True)
sys.stdin.read()
"""
CHILD = """
import sys, time
from evoke.training.orphans import end_with
for _ in range(2):
    end_with(int(sys.argv[1]))
time.sleep(600)
"""


def running(process: int) -> bool:
    try:
        status = Path(f"/proc/{process}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False
    return status.rpartition(")")[2].split()[0] not in ("Z", "X")


def test_a_worker_ends_with_the_process_it_works_for() -> None:
    command = [sys.executable, "-c", PARENT, CHILD]
    parent = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT
    )
    assert parent.stdout is not None
    child = int(parent.stdout.readline())
    assert running(child)
    parent.kill()
    parent.communicate()
    wait_for(lambda: not running(child))


def test_a_process_that_works_for_itself_goes_on_without_its_parent() -> None:
    own = "import os\nfrom evoke.training import orphans\norphans.end_with(os.getpid())\n"
    own += "print(orphans._watched.is_set())"
    done = subprocess.run(
        [sys.executable, "-c", own], capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert done.stdout.strip() == "False"
