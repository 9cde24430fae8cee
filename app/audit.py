"""The trail of what was done, without a clinic: lines of JSON in the data folder."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from evoke import paths
from evoke.errors import EvokeError


class AuditFile:
    """An `evoke.store.base.AuditSink` that appends to a file, by default the user's. Nothing of a
    patient is told to it."""

    def __init__(self, path: Path | None = None) -> None:
        self._path = path

    def record(self, action: str, subject: str, detail: Mapping[str, str]) -> None:
        """Append one line, on the disk when this returns. Raises EvokeError."""
        path = self._path or paths.audit_file()
        entry = {
            "t": datetime.now(UTC).isoformat(timespec="milliseconds"),
            "action": action,
            "subject": subject,
        }
        entry = {**entry, **detail, **entry}  # of which detail replaces nothing
        line = json.dumps(entry, ensure_ascii=False).encode() + b"\n"
        try:
            with path.open("a+b") as file:
                if file.seek(0, os.SEEK_END):
                    file.seek(-1, os.SEEK_END)
                    if file.read(1) != b"\n":  # a line that was cut short takes no other with it
                        line = b"\n" + line
                file.write(line)
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise EvokeError(f"{path} could not be written: {error.strerror}.") from error
