"""Opens the window as a user's start does, says when it was first painted, and closes.

Run in a process of its own: `python -m app.bench.first_paint`.
"""

from __future__ import annotations

import json
import sys
import time

HEAVY = ("torch", "mne", "sklearn", "trimesh")


def main() -> None:
    """Print seconds since the epoch and the heavy libraries imported by then, as JSON."""
    from PySide6.QtCore import QEvent, QObject, QTimer
    from PySide6.QtWidgets import QWidget

    import app.main as application

    class Watch(QObject):
        """Reports the first paint of the main window's content, then ends the application."""

        done = False

        def eventFilter(self, watched: QObject, event: QEvent) -> bool:
            painted = event.type() is QEvent.Type.Paint and isinstance(watched, QWidget)
            if painted and not self.done:
                self.done = True
                QTimer.singleShot(0, self.report)
            return False

        def report(self) -> None:
            heavy = [name for name in HEAVY if name in sys.modules]
            print(json.dumps({"at_s": time.time(), "heavy": heavy}), flush=True)  # noqa: T201
            qt.closeAllWindows()

    qt = application.application()
    watch = Watch()
    qt.installEventFilter(watch)
    application.run(None, keep=False)


if __name__ == "__main__":
    main()
