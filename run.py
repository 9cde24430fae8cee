"""EVOKE from a fresh clone, with nothing but Python 3.11 to 3.14.

    python3 run.py            set up on the first run, then open the application
    python3 run.py test       set up, then check everything
    python3 run.py ARGS...    set up, then run `evoke ARGS...`

With no screen the first form plays one demo trial on a virtual screen instead and leaves
pictures, timeline and summary in the folder demo-out.
"""

from __future__ import annotations

import ctypes
import hashlib
import os
import shutil
import signal
import subprocess
import sys
import time
import venv
from collections.abc import Iterable
from pathlib import Path

from app.screen import has_screen, screen

HERE = Path(__file__).resolve().parent
VENV = HERE / ".venv"
BIN = VENV / ("Scripts" if os.name == "nt" else "bin")
PYTHON = BIN / ("python.exe" if os.name == "nt" else "python")
OUT = HERE / "demo-out"

# What Qt's xcb plugin and OpenGL load at run time, and the Debian package that has it.
LIBRARIES = {
    "libGL.so.1": "libgl1",
    "libEGL.so.1": "libegl1",
    "libGLX_mesa.so.0": "libglx-mesa0",
    "libxkbcommon-x11.so.0": "libxkbcommon-x11-0",
    "libxcb-cursor.so.0": "libxcb-cursor0",
    "libxcb-icccm.so.4": "libxcb-icccm4",
    "libxcb-image.so.0": "libxcb-image0",
    "libxcb-keysyms.so.1": "libxcb-keysyms1",
    "libxcb-randr.so.0": "libxcb-randr0",
    "libxcb-render-util.so.0": "libxcb-render-util0",
    "libxcb-shape.so.0": "libxcb-shape0",
    "libxcb-xinerama.so.0": "libxcb-xinerama0",
    "libxcb-xkb.so.1": "libxcb-xkb1",
    "libdbus-1.so.3": "libdbus-1-3",
    "libfontconfig.so.1": "libfontconfig1",
    "libglib-2.0.so.0": "libglib2.0-0",
    "libgomp.so.1": "libgomp1",
}


def main(arguments: list[str]) -> int:
    testing = arguments[:1] == ["test"]
    if not (3, 11) <= sys.version_info < (3, 15):  # said in words before anything is installed
        print("EVOKE needs Python 3.11 to 3.14; this is", sys.version.split()[0])
        return 2
    try:
        if not add_system_libraries(virtual_screen=testing or not has_screen()):
            return 2
        install("dev" if testing else "")
    except subprocess.CalledProcessError as error:
        print(f"\nSetting up failed at: {' '.join(map(str, error.cmd))}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("\nStopped. Run the same command again to go on.", file=sys.stderr)
        return 130
    if not testing and not arguments and not has_screen():
        print("No screen: playing one demo trial on a virtual one, into", OUT, flush=True)
        arguments = ["replay", "demo", "--trial", "1", "--headless", "--out", str(OUT)]
    command = [str(PYTHON), "-m", "app.cli", *arguments]
    if os.name == "posix" and not testing:
        os.execv(command[0], command)  # every signal is the application's
    # Ctrl-C reaches what is started now by itself; raised here too, it would kill that meanwhile
    signal.signal(signal.SIGINT, lambda *_: None)
    return test(arguments[1:]) if testing else subprocess.call(command)


# -- system libraries (Debian and Ubuntu)


def add_system_libraries(*, virtual_screen: bool) -> bool:
    """Install what Qt and OpenGL miss, or say how. False if the application cannot run."""
    if not sys.platform.startswith("linux"):
        return True
    missing = missing_packages(virtual_screen=virtual_screen)
    if not missing:
        return True
    command = ["apt-get", "install", "-y", "--no-install-recommends", *missing]
    if not shutil.which("apt-get"):
        print("Missing system libraries; on Debian they are called:", " ".join(missing))
        return False
    if os.geteuid() != 0:
        print("Missing system libraries. Please run this once, then start again:")
        print("  sudo", " ".join(command))
        return False
    print(f"Adding {len(missing)} system libraries: {' '.join(missing)}", flush=True)
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for step in (["apt-get", "update", "-qq"], [*command, "-qq"]):
        subprocess.run(step, check=True, env=quiet, stdout=subprocess.DEVNULL)
    return True


def missing_packages(*, virtual_screen: bool) -> list[str]:
    missing = [package for name, package in LIBRARIES.items() if not loads(name)]
    drivers = [*Path("/usr/lib").glob("*/dri/*"), *Path("/usr/lib64").glob("dri/*")]
    if not drivers:
        missing.append("libgl1-mesa-dri")
    if not any(Path("/usr/share/fonts").glob("**/*.[to]tf")):
        missing.append("fonts-dejavu-core")
    if virtual_screen and not shutil.which("Xvfb"):
        missing.append("xvfb")
    return missing


def loads(library: str) -> bool:
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True


# -- Python packages


def install(extra: str) -> None:
    """Make .venv and install the project with the tested versions; nothing if that was done."""
    wanted = hashlib.sha256(f"{sys.version} {HERE}".encode())
    for name in ("pyproject.toml", "constraints.txt"):
        wanted.update((HERE / name).read_bytes())
    done = [VENV / f"installed-{e}" for e in {extra, "dev"}]
    if any(stamp.exists() and stamp.read_text() == wanted.hexdigest() for stamp in done):
        return
    print("Setting up (once; a few minutes, most of it PyTorch).", flush=True)
    if not works(PYTHON):
        print("  making .venv", flush=True)
        shutil.rmtree(VENV, ignore_errors=True)
        venv.create(VENV, with_pip=True)
    target = f".[{extra}]" if extra else "."
    pip = [str(PYTHON), "-m", "pip", "install", "--disable-pip-version-check", "--no-input"]
    run_pip([*pip, "-c", str(HERE / "constraints.txt"), "-e", target])
    (VENV / f"installed-{extra}").write_text(wanted.hexdigest())


def works(python: Path) -> bool:
    """Whether an interpreter with pip is there: an interrupted run may have left half of one."""
    try:
        probe = subprocess.run([python, "-m", "pip", "--version"], capture_output=True, check=False)
    except OSError:
        return False
    return probe.returncode == 0


def run_pip(command: list[str]) -> None:
    """Show one line a package, and pip's whole output only if it fails."""
    process = subprocess.Popen(
        command, cwd=HERE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    lines: list[str] = []
    assert process.stdout
    for line in process.stdout:
        lines.append(line)
        words = line.split()
        if words[:1] == ["Collecting"]:
            show(f"  {len(lines):4d}  fetching {words[1]}")
        elif line.startswith("Installing collected"):
            show(f"        unpacking {line.count(',') + 1} packages")
    show("")
    if process.wait():
        sys.stderr.writelines(lines[-30:])
        raise subprocess.CalledProcessError(process.returncode, command)


def show(text: str) -> None:
    if sys.stdout.isatty():
        print(f"\r\x1b[K{text}", end="", flush=True)
    elif text:
        print(text, flush=True)


# -- checks


def test(pytest_arguments: Iterable[str]) -> int:
    """Lint, format, types (on Windows too), import contracts, and pytest on a virtual screen."""
    steps: list[list[str | Path]] = [
        [PYTHON, "-m", "ruff", "check", "."],
        [PYTHON, "-m", "ruff", "format", "--check", "."],
        [PYTHON, "-m", "mypy"],
        [PYTHON, "-m", "mypy", "--platform", "win32", "--cache-dir", ".mypy_cache/win32"],
        [BIN / "lint-imports"],
        [PYTHON, "-m", "pytest", *pytest_arguments],
    ]
    with screen((2560, 1600), own=True):
        for step in steps:
            began = time.monotonic()
            print("--", " ".join(Path(word).name for word in step), flush=True)
            code = subprocess.call(step, cwd=HERE)
            print(f"   {time.monotonic() - began:.0f} s", flush=True)
            if code:
                return code
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
