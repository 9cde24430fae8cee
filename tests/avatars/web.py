"""The tools that judge exported files: the Khronos validator, and three-vrm in Chromium.

They live outside the tree, in the folder EVOKE_WEB_TOOLS (default: ~/.cache/evoke-web-tools), into
which `.ci/run` installs them; Chromium is the system's.
"""

from __future__ import annotations

import base64
import io
import json
import os
import shutil
import subprocess
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

TOOLS = Path(os.environ.get("EVOKE_WEB_TOOLS", Path.home() / ".cache" / "evoke-web-tools"))
MODULES = TOOLS / "node_modules"
_PAGE = Path(__file__).with_name("web.html")
_WAIT_S = 240
_TYPES = {".js": "text/javascript", ".html": "text/html", ".json": "application/json"}

_VALIDATE = """
const validator = require(process.argv[1]);
const fs = require('fs');
validator.validateBytes(new Uint8Array(fs.readFileSync(process.argv[2])), {maxIssues: 0})
  .then((report) => console.log(JSON.stringify(report.issues)));
"""


def missing_for_validation() -> str | None:
    """Why the validator cannot run, or None."""
    if shutil.which("node") is None:
        return "no Node.js"
    if not (MODULES / "gltf-validator").is_dir():
        return f"no gltf-validator in {TOOLS}"
    return None


def missing_for_browser() -> str | None:
    """Why three-vrm cannot run in Chromium, or None."""
    if _chromium() is None:
        return "no Chromium"
    absent = [name for name in ("three", "@pixiv/three-vrm") if not (MODULES / name).is_dir()]
    return f"no {' or '.join(absent)} in {TOOLS}" if absent else None


def _chromium() -> str | None:
    return shutil.which("chromium") or shutil.which("chromium-browser")


def validate(path: Path) -> dict[str, Any]:
    """The issues that the Khronos validator finds: numErrors, numWarnings, messages, ..."""
    command = ["node", "-e", _VALIDATE, str(MODULES / "gltf-validator"), str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=_WAIT_S)
    return json.loads(done.stdout)


@dataclass(frozen=True)
class Seen:
    """What three.js made of a file: `report`, and a picture (size, size, 3) of each pose."""

    report: dict[str, Any]
    pictures: dict[str, NDArray[np.uint8]]


def look(avatar: Path, poses: Mapping[str, Mapping[str, Any]], profile: Path, size: int) -> Seen:
    """Load `avatar` with three-vrm in headless Chromium and draw `poses`.

    poses: name -> {"weights": expression or morph target -> weight, "yaw": of the camera,
    "head": of the bone, degrees}. profile: an empty folder for the browser.
    """
    request = json.dumps({"size": size, "poses": poses}).encode()
    answer: list[bytes] = []
    arrived = threading.Event()
    handler = partial(_Handler, avatar.read_bytes(), request, answer, arrived)
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    browser = subprocess.Popen(
        [
            *(str(_chromium()), "--headless=new", "--no-sandbox", "--disable-dev-shm-usage"),
            *("--use-angle=swiftshader", "--enable-unsafe-swiftshader", "--no-first-run"),
            *(f"--user-data-dir={profile}", f"http://127.0.0.1:{server.server_port}/"),
        ],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        if not arrived.wait(_WAIT_S):
            raise TimeoutError(f"Chromium sent no report within {_WAIT_S} s")
    finally:
        browser.terminate()
        browser.wait(30)
        server.shutdown()
        server.server_close()
    report = json.loads(answer[0])
    pictures = {name: _pixels(url) for name, url in report.pop("pictures").items()}
    return Seen(report, pictures)


def _pixels(url: str) -> NDArray[np.uint8]:
    from PIL import Image

    data = base64.b64decode(url.partition(",")[2])
    return np.array(Image.open(io.BytesIO(data)).convert("RGB"))


class _Handler(BaseHTTPRequestHandler):
    """Serves the page, the modules, the avatar and the request; takes the report."""

    def __init__(
        self,
        avatar: bytes,
        request: bytes,
        answer: list[bytes],
        arrived: threading.Event,
        *args: Any,
    ) -> None:
        self._avatar, self._request = avatar, request
        self._answer, self._arrived = answer, arrived
        super().__init__(*args)

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        if path == "/avatar":
            self._send(self._avatar, "model/gltf-binary")
        elif path == "/request":
            self._send(self._request, _TYPES[".json"])
        elif path == "/":
            self._send(_PAGE.read_bytes(), _TYPES[".html"])
        else:
            file = MODULES / path.removeprefix("/modules/")
            if file.is_file():
                self._send(file.read_bytes(), _TYPES.get(file.suffix, "text/plain"))
            else:
                self.send_error(404)

    def do_POST(self) -> None:
        self._answer.append(self.rfile.read(int(self.headers["Content-Length"])))
        self._send(b"", "text/plain")
        self._arrived.set()

    def _send(self, body: bytes, kind: str) -> None:
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass
