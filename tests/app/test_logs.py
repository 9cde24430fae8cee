"""What the logs keep of a fault: its kind and its place, and nothing of a patient."""

from __future__ import annotations

import logging
import subprocess
import sys
from pathlib import Path

from app.logs import WithoutTexts, start_logging
from evoke.errors import EvokeError, FileRefusedError, one_sentence

PATIENT = "Mueller_Anna_1970"


def log_a_fault() -> None:
    """In a process of its own, since crashes are written for as long as one lives."""
    assert start_logging() is not None
    log = logging.getLogger("app.test")
    try:
        with one_sentence(Path(f"{PATIENT}.edf"), "EDF"):
            raise ValueError(f"12 uV in {PATIENT}")
    except FileRefusedError as error:
        log.warning("%s is odd: %s; %d of %.1f; %s", PATIENT, Path(PATIENT), 3, 0.5, error)
        log.exception("a task failed")
    log.info("%(name)s", {"name": PATIENT})
    logging.getLogger("mne").warning("Extracting %s", PATIENT)


def test_the_log_has_kinds_and_places_and_no_texts(data_dir: Path) -> None:
    code = "from tests.app.test_logs import log_a_fault; log_a_fault()"
    subprocess.run([sys.executable, "-c", code], check=True)
    text = (data_dir / "logs" / "evoke.log").read_text(encoding="utf-8")
    assert PATIENT not in text
    assert "12 uV in M" not in text
    assert "… is odd: …; 3 of 0.5; FileRefusedError at errors.py:" in text
    assert "ValueError\nthen\n" in text, "its cause"
    assert "test_logs.py" in text, "and where"
    assert "WARNING mne:" in text


def log_past_the_end() -> None:
    """In a process of its own, as above."""
    assert start_logging() is not None
    for _ in range(3):
        logging.getLogger("app.test").warning("one more")


def test_a_log_that_cannot_be_renamed_grows_on(data_dir: Path) -> None:
    """Here because a folder is in the way, on Windows because another window has it open."""
    log = data_dir / "logs" / "evoke.log"
    log.with_name("evoke.log.3").mkdir(parents=True)
    log.with_name("evoke.log.2").touch()
    log.write_bytes(b"." * 1_000_000)
    code = "from tests.app.test_logs import log_past_the_end; log_past_the_end()"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert log.read_text(encoding="utf-8").lstrip(".").count("one more\n") == 3
    assert done.stderr == ""


def test_errors_that_are_each_others_causes_come_to_an_end() -> None:
    one, other = EvokeError(PATIENT), EvokeError(PATIENT)
    one.__cause__, other.__cause__ = other, one
    assert WithoutTexts().formatException((EvokeError, one, None)) == "EvokeError\nthen\nEvokeError"


def test_without_a_folder_nothing_is_logged(data_dir: Path) -> None:
    (data_dir / "logs").write_text("")
    assert start_logging() is None
