"""The state of runs, from one small file each: cheap to poll from any process.

It needs no protocol, no table and no part of the run, so a thousand runs are listed in a moment.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from resynapse.runs.processes import Process
from resynapse.runs.store.file_names import JOB, JOB_LOG, MANIFEST, PARTS, RESULTS, SPARE_MANIFEST, STATUS

ENDINGS = ("audit.json", "attribution.json", "match.json")
"""What commands that keep their runs in folders below write at their end."""
DEPTH = 3
"""Levels of folders that are looked through: ``resynapse-audits/AUDIT/tree``."""
SILENT_AFTER = 30.0
"""Seconds without a new file after which a run of another machine counts as stopped."""
SCHEMA_VERSION = 1


RunState = Literal["running", "stopped", "finished", "failed", "damaged"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RunStatus:
    """What is known about a run without reading its results.

    Parameters
    ----------
    path : the run folder, or the folder that an audit or an attribution keeps its runs in.
    state : ``running``; ``stopped`` (by the user, or its process is gone); ``finished``; ``failed`` (subjects, or the
        whole command); ``damaged`` (cannot be read).
    protocol : its name; empty where no run has begun.
    subjects : size of the cohort; None if unknown.
    done : finished subjects; None if unknown.
    failed : subjects that failed in the last session.
    share : of the work of the session, 0 to 1; None if unknown.
    seconds_left : by the timetable of the run, at the pace so far; None if unknown or if the run is not active.
    started, updated : seconds since 1970; None if unknown.
    reason : why a run failed, stopped or is damaged; may be empty.
    leading : records with arm, endpoint, n, mean, sd.
    going_on : records of the subjects on their way: subject, arms_done, arms, stream, epoch (of the phase), epochs (its
        length), epochs_in_all, measured.
    where : description of the workers of a cluster; empty for threads of one process.
    """

    path: Path
    state: RunState
    protocol: str = ""
    subjects: int | None = None
    done: int | None = None
    failed: int = 0
    share: float | None = None
    seconds_left: float | None = None
    started: float | None = None
    updated: float | None = None
    reason: str = ""
    where: str = ""
    leading: tuple[dict[str, Any], ...] = ()
    going_on: tuple[dict[str, Any], ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """The status as plain data."""
        return {**asdict(self), "path": str(self.path)}


def read(folder: str | Path) -> RunStatus | None:
    """The status of the run in a folder; None where there is no run.

    A run of an earlier version, which has no `status.json`, is described by its manifest and the names of its parts.
    """
    path = Path(folder)
    content = _content(path / STATUS)
    if content is not None:
        with suppress(KeyError, TypeError, ValueError):
            return _of_status(path, content)
    if (path / MANIFEST).is_file():
        return _of_manifest(path)
    if (path / JOB).is_file():
        return _of_job(path)
    if (path / STATUS).is_file():
        return RunStatus(path=path, state="damaged", reason=f"{STATUS} cannot be read and {MANIFEST} is missing")
    return None


def runs(folder: str | Path) -> list[RunStatus]:
    """The run in a folder, or the runs below it (also those of audits and attributions), by folder name."""
    path = Path(folder)
    own = read(path)
    here = [] if own is None else [own]
    return here + [status for one in _folders(path, DEPTH) if (status := read(one)) is not None]


def _folders(folder: Path, depth: int) -> Iterator[Path]:
    """Folders that may contain runs; a run folder contains no other runs."""
    if (folder / MANIFEST).exists():
        return
    try:
        below = sorted(e.name for e in os.scandir(folder) if e.name[0] != "." and e.is_dir(follow_symlinks=False))
    except OSError:
        return
    for name in below:
        yield folder / name
        if depth > 1:
            yield from _folders(folder / name, depth - 1)


def _content(path: Path) -> dict[str, Any] | None:
    try:
        content = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return None
    return content if isinstance(content, dict) else None


def _of_status(path: Path, content: dict[str, Any]) -> RunStatus:
    state, reason = content["state"], content["error"]
    if state not in ("running", "stopped", "finished", "failed"):
        raise ValueError(state)
    updated = float(content["updated"])
    if state == "running":
        process = Process.from_dict(content["process"])
        # of another machine only the file is known; its clock may differ, so it gets extra time
        lives = process is not None and (
            process.alive if process.here else time.time() - updated < SILENT_AFTER
        )  # fmt: skip
        if not lives:
            state, reason = "stopped", "its process is gone"
    if state != "running" and _job_lives(path):  # it prepares, before it writes its own status
        state, reason = "running", ""
    running = state == "running"
    return RunStatus(
        path=path,
        state=state,
        protocol=str(content["protocol"]),
        subjects=int(content["subjects"]),
        done=int(content["done"]),
        failed=int(content["failed"]),
        share=float(content["share"]),
        seconds_left=content["seconds_left"] if running else None,
        started=float(content["started"]),
        updated=updated,
        reason=str(reason),
        where=str(content["where"]) if running else "",
        leading=tuple(content["leading"]),
        going_on=tuple(content["going_on"]) if running else (),
    )


def _job_lives(path: Path) -> bool:
    """Whether a job that was started after the last status still runs."""
    if _modified(path / JOB) < _modified(path / STATUS):
        return False
    process = Process.from_dict((_content(path / JOB) or {}).get("process"))
    return process is not None and process.alive


def _of_manifest(path: Path) -> RunStatus:
    content = _content(path / MANIFEST) or _content(path / SPARE_MANIFEST)
    try:
        if content is None:
            raise ValueError("manifest.json is no JSON")
        name, subjects = str(content["protocol"]["name"]), int(content["subjects"])
        finished = content["results"] is not None and (path / RESULTS).is_file()
    except (KeyError, TypeError, ValueError) as error:
        return RunStatus(path=path, state="damaged", reason=f"{MANIFEST}: {error}")
    return RunStatus(
        path=path,
        state="finished" if finished else "stopped",
        protocol=name,
        subjects=subjects,
        done=subjects if finished else _counted(path / PARTS, subjects),
        updated=(path / MANIFEST).stat().st_mtime,
    )


def _counted(parts: Path, subjects: int) -> int | None:
    """Finished subjects by the names of their files; None where some are packed, as a pack does not tell its number."""
    try:
        names = [entry.name for entry in os.scandir(parts)]
    except OSError:
        return 0
    if any(name.startswith("pack-") for name in names):
        return None
    return min(subjects, sum(name.startswith("subject-") for name in names))


def _of_job(path: Path) -> RunStatus:
    """A command that has not begun a run here: it prepares one, or keeps its runs in folders below, or failed."""
    content = _content(path / JOB) or {}
    process = Process.from_dict(content.get("process"))
    started = content.get("started")
    begun = started if isinstance(started, float) else None
    if process is None:
        return RunStatus(path=path, state="damaged", reason=f"{JOB} cannot be read")
    if process.alive:
        return RunStatus(path=path, state="running", started=begun)
    below = list(_folders(path, 1))
    if any(_modified(path / name) > (begun or 0.0) for name in ENDINGS):
        return RunStatus(path=path, state="finished", started=begun)
    state: RunState = "stopped" if any((one / MANIFEST).is_file() for one in below) else "failed"
    return RunStatus(path=path, state=state, started=begun, reason=last_line(path / JOB_LOG))


def _modified(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0


def last_line(path: Path) -> str:
    """The last line of a log; empty where there is none."""
    try:
        with path.open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(0, size - 4096))
            lines = file.read().decode("utf-8", "replace").strip().splitlines()
    except OSError:
        return ""
    return lines[-1] if lines else ""
