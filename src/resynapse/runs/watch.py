"""Following a run that another process computes, until it ends."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

from resynapse.errors import RunFolderError
from resynapse.runs.job import find
from resynapse.runs.status import RunStatus, read, runs

LOOK_EVERY = 0.5
"""Seconds between two looks."""


def follow(folder: str | Path, every: float = LOOK_EVERY) -> Iterator[RunStatus]:
    """The status of a run again and again, the last one when it has ended; nothing is written.

    Parameters
    ----------
    folder : a run folder, or the folder of an audit or attribution, of which the active run is followed.
    every : seconds between two looks.

    Raises
    ------
    RunFolderError : there is no run in the folder.
    """
    path = Path(folder)
    while True:
        # checked before the status is read: if the command ends in between, its final state is seen
        works = _works(path)
        status = _current(path)
        if status is None:
            raise RunFolderError(
                f"{path}: no run here; give a folder that `resynapse run` made, or see `resynapse runs`"
            )
        yield status
        if status.state != "running" and (status.path == path or not works):
            return
        time.sleep(every)


def _current(path: Path) -> RunStatus | None:
    """The run of the folder; or of those below it the active one, else the latest."""
    own = read(path)
    if own is not None and own.subjects is not None:
        return own
    below = [one for one in runs(path) if one.path != path]
    going_on = [one for one in below if one.state == "running"]
    latest = max(going_on or below, key=lambda one: one.updated or 0.0, default=None)
    return own if latest is None else latest


def _works(path: Path) -> bool:
    """Whether a command still works in the folder, or in one of its runs between two of them."""
    return any(job is not None and job.alive for job in (find(path), *(find(one.path) for one in runs(path))))
