"""The status of a run while it is computed: one small file, replaced at most twice a second."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Any

from resynapse.disclaimer import SHORT_DISCLAIMER
from resynapse.runs.events import Event, Measured, RunFinished, RunStarted, SubjectFinished
from resynapse.runs.leading import Leading
from resynapse.runs.processes import Process
from resynapse.runs.progress import Progress
from resynapse.runs.status import SCHEMA_VERSION
from resynapse.runs.store.atomic_files import replace_quickly
from resynapse.runs.store.file_names import STATUS

WRITE_EVERY = 0.5
"""Seconds between two writings of the file."""
MOST_ARMS = 50
"""Names of arms in the file; all of them are in the manifest."""


class StatusFile:
    """A listener that keeps `status.json` of a run; for the process that owns the run folder.

    Parameters
    ----------
    folder : the run folder.
    progress : listens beside it.
    leading : means over the finished subjects.
    """

    def __init__(self, folder: Path, progress: Progress, leading: Leading) -> None:
        self.path = folder / STATUS
        self.progress = progress
        self.leading = leading
        self.measured: dict[int, dict[str, Any]] = {}
        self._fixed: dict[str, Any] = {}
        self._end: dict[str, Any] = {"state": "running", "error": ""}

    def __call__(self, event: Event) -> None:
        """Take in one event."""
        match event:
            case RunStarted():
                content = event.to_dict()
                del content["event"], content["missing"]
                self._fixed = {
                    "started": content.pop("at"),
                    **content,
                    "arms": list(event.arms[:MOST_ARMS]),
                    "process": Process.this().to_dict(),
                    "command": sys.orig_argv,
                    "directory": str(Path.cwd()),
                }
                self.write()
            case Measured():
                self.measured[event.subject] = {
                    k: v for k, v in event.to_dict().items() if k not in ("event", "at", "subject")
                }
            case SubjectFinished():
                self.measured.pop(event.subject, None)
                self.leading.add(self.leading.values(event.rows))
            case RunFinished():
                self._end = {"state": event.state, "error": event.error}
                self.progress.courses.clear()
                self.write()
            case _:
                pass

    def write(self) -> None:
        """Replace the file in one atomic step; it is not made durable, as it is written again."""
        progress = self.progress
        ended = self._end["state"] != "running"
        content = {
            "schema_version": SCHEMA_VERSION,
            "disclaimer": SHORT_DISCLAIMER,
            **self._end,
            "updated": time.time(),
            "done": progress.already + progress.done,
            "failed": progress.failed,
            "share": progress.share,
            "seconds_left": None if ended else progress.seconds_left,
            "where": progress.where,
            "leading": self.leading.to_list(),
            "going_on": [
                {**one, "measured": self.measured.get(one["subject"])} for one in progress.going_on()
            ],
            **self._fixed,
        }  # fmt: skip
        replace_quickly(self.path, content)
