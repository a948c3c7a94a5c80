"""The log of a run: one line of JSON for every event of the run, of a subject and of a phase."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from resynapse.runs.events import (
    Event,
    PhaseEntered,
    RunFinished,
    RunStarted,
    SubjectFailed,
    SubjectFinished,
    SubjectStarted,
)
from resynapse.runs.leading import Leading
from resynapse.runs.store.file_names import EVENTS

LOGGED = (RunStarted, SubjectStarted, PhaseEntered, SubjectFinished, SubjectFailed, RunFinished)


class EventLog:
    """A listener that appends to `events.jsonl`; for the process that owns the run folder.

    Parameters
    ----------
    folder : the run folder.
    leading : which values of a finished subject are written; all of them are in its part.
    """

    def __init__(self, folder: Path, leading: Leading) -> None:
        self.leading = leading
        self._lock = threading.Lock()
        path = folder / EVENTS
        whole = _ends_with_a_line(path)
        self._file = path.open("a", encoding="utf-8")
        if not whole:
            self._file.write("\n")

    def __call__(self, event: Event) -> None:
        """Write one event, unless it is an epoch or a measurement."""
        if not isinstance(event, LOGGED):
            return
        content = event.to_dict()
        if isinstance(event, SubjectFinished):
            content["leading"] = self.leading.values(content.pop("rows"))
        line = json.dumps(content) + "\n"
        with self._lock:
            self._file.write(line)
            self._file.flush()

    def close(self) -> None:
        """Close the file."""
        self._file.close()


@contextmanager
def event_log(folder: Path, leading: Leading) -> Iterator[EventLog]:
    """An open log; closed afterwards."""
    log = EventLog(folder, leading)
    try:
        yield log
    finally:
        log.close()


def events(folder: str | Path, since: int = 0) -> tuple[list[dict[str, Any]], int]:
    """The events that were logged after a position, and the position to ask from next time.

    Parameters
    ----------
    folder : the run folder; it may be a run that another process computes.
    since : 0 for all, or the position that an earlier call returned.

    Returns
    -------
    Events as plain data, each with `event` (its name) and `at`; none where there is no log. A line that a killed
    process left half written is left out.
    """
    try:
        with (Path(folder) / EVENTS).open("rb") as file:
            file.seek(since)
            content = file.read()
    except OSError:
        return [], since
    whole = content[: content.rfind(b"\n") + 1]
    return [event for line in whole.splitlines() if (event := _event(line)) is not None], since + len(whole)


def earlier(folder: Path, without: Collection[int]) -> Iterator[dict[str, dict[str, float]]]:
    """The leading values of subjects that earlier sessions finished, each subject once.

    Parameters
    ----------
    without : numbers of subjects that are computed again.
    """
    logged, _ = events(folder)
    latest = {one["subject"]: one for one in logged if one["event"] == SubjectFinished.name}
    for subject, event in latest.items():
        if subject not in without and isinstance(event.get("leading"), dict):
            yield event["leading"]


def _event(line: bytes) -> dict[str, Any] | None:
    try:
        event = json.loads(line)
    except ValueError:
        return None
    return event if isinstance(event, dict) and "event" in event else None


def _ends_with_a_line(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            if file.seek(0, os.SEEK_END) == 0:
                return True
            file.seek(-1, os.SEEK_END)
            return file.read(1) == b"\n"
    except FileNotFoundError:
        return True
