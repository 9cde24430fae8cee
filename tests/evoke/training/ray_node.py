"""A Ray node for tests, started here and ended here."""

from __future__ import annotations

import importlib.util
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator

import pytest

needs_ray = pytest.mark.skipif(
    importlib.util.find_spec("ray") is None, reason="Ray is not installed (extra 'cluster')"
)


@pytest.fixture(scope="module")
def ray_cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a Ray node with two workers, started here and ended here. As it serves several
    tests, it has a data folder of its own."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    temporary = tmp_path_factory.mktemp("ray")
    options = ("--num-cpus=2", "--include-dashboard=false", "--disable-usage-stats", "--block")
    place = (f"--port={port}", "--node-ip-address=127.0.0.1", f"--temp-dir={temporary}")
    command = [sys.executable, "-m", "ray.scripts.scripts", "start", "--head", *options, *place]
    node = subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
        env=os.environ | {"EVOKE_DATA_DIR": str(temporary / "data")},
    )
    assert node.stdout is not None
    said = []
    for line in node.stdout:
        said.append(line)
        if "--block" in line or "Ray runtime started" in line:
            break
    assert node.poll() is None, "".join(said)
    yield f"127.0.0.1:{port}"
    node.terminate()
    try:
        node.communicate(timeout=20)
    except subprocess.TimeoutExpired:
        os.killpg(node.pid, signal.SIGKILL)
        node.communicate()
