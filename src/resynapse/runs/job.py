"""Runs as child processes of the command line: start, find and stop them, also from another process later.

A job continues when the process that started it ends. It is recorded in `job.json` of its folder; a run that was
started by hand records the same in its `status.json`, so it can be stopped too.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from resynapse.errors import ResynapseError, RunFolderError
from resynapse.runs.processes import Process
from resynapse.runs.status import RunStatus, last_line, read, runs
from resynapse.runs.store.file_names import JOB, JOB_LOG, STATUS

COMMANDS = ("run", "replicate", "audit", "attribute", "match")
"""Commands that can be a job: those that compute into a folder."""
STOPPABLE = "RESYNAPSE_STOPPABLE"
"""Set for a job: it obeys the signal of Ctrl-C even if the process that started it does not."""
_LOOK_EVERY = 0.05

_children: dict[int, subprocess.Popen[bytes]] = {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A command that computes, or did, in a process of its own.

    Parameters
    ----------
    folder : what `--out` names: its run folder, or that of its runs.
    process : the process.
    command : the full command line, the interpreter first.
    directory : where it was started; relative paths in `command` count from there.
    words : what follows ``resynapse`` on the command line, `--out` aside; empty for a run started by hand.
    started : seconds since 1970.
    """

    folder: Path
    process: Process
    command: tuple[str, ...]
    directory: Path
    words: tuple[str, ...] = ()
    started: float = 0.0

    @property
    def alive(self) -> bool:
        """Whether its process still runs."""
        child = _children.get(self.process.pid)
        if child is not None and child.poll() is not None:
            del _children[self.process.pid]
        return self.process.alive

    @property
    def status(self) -> RunStatus | None:
        """The status of its folder."""
        return read(self.folder)

    @property
    def last_words(self) -> str:
        """The last line of its output; of a command that failed, why."""
        return last_line(self.folder / JOB_LOG)

    def cancel(self) -> bool:
        """Stop it as Ctrl-C does: running epochs end, finished subjects are kept; returns at once.

        Returns
        -------
        False if it had ended already.

        Raises
        ------
        ResynapseError : its process is on another machine or belongs to another user.
        """
        return self.alive and self.process.interrupt()

    def wait(self, within: float) -> bool:
        """Whether it ends within some seconds."""
        deadline = time.monotonic() + within
        while self.alive:
            if time.monotonic() > deadline:
                return False
            time.sleep(_LOOK_EVERY)
        return True

    def resume(self) -> Job:
        """Start the same command again; what is finished is not computed again.

        Raises
        ------
        ResynapseError : it still runs, or was not started as a job.
        """
        if not self.words:
            raise ResynapseError(f"{self.folder}: not started as a job; run its own command again")
        return start(self.words, self.folder, directory=self.directory)


def start(words: Sequence[str], folder: str | Path, *, directory: str | Path | None = None) -> Job:
    """Start a command as a child process that outlives this one.

    Parameters
    ----------
    words : the command and its options without `--out`: ``["run", "demo", "--subjects", "4"]``.
    folder : for `--out`; what the command prints is kept in its `job.log`.
    directory : where it runs; by default the working directory.

    Raises
    ------
    ResynapseError : another command, `--out` among the words, or a job in this folder still runs.
    RunFolderError : the folder cannot be written.
    """
    if not words or words[0] not in COMMANDS:
        raise ResynapseError(f"{words[0] if words else 'nothing'!r} cannot be a job; allowed: {', '.join(COMMANDS)}")
    if any(word == "--out" or word.startswith("--out=") for word in words):
        raise ResynapseError("--out is given by the folder of a job; leave it out of its words")
    path, where = Path(folder).absolute(), Path(directory or Path.cwd()).absolute()
    here = find(path)
    if here is not None and here.alive:
        raise RunFolderError(f"{path}: a job is running here (process {here.process.pid}); stop it or wait for it")
    command = [sys.executable, "-m", "resynapse", *words, "--out", str(path)]
    try:
        path.mkdir(parents=True, exist_ok=True)
        with (path / JOB_LOG).open("wb") as log:
            child = subprocess.Popen(
                command,
                cwd=where,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                env={**os.environ, STOPPABLE: "1"},
            )
        job = Job(
            folder=path,
            process=Process.of(child.pid),
            command=tuple(command),
            directory=where,
            words=tuple(words),
            started=time.time(),
        )
        _children[child.pid] = child
        _keep(job)
    except OSError as error:
        raise RunFolderError(f"{path}: no job can be started here ({error.strerror or error})") from None
    return job


def find(folder: str | Path) -> Job | None:
    """The job of a folder, running or not: one that `start` began, or a run started by hand; None without any."""
    path = Path(folder)
    found = [job for name in (JOB, STATUS) if (job := _read(path, path / name)) is not None]
    return next((job for job in found if job.alive), found[0] if found else None)


def jobs(folder: str | Path) -> list[Job]:
    """The jobs that run in the folders below `folder`."""
    running = [one.path for one in runs(folder) if one.state == "running"]
    return [job for path in running if (job := find(path)) is not None and job.alive]


def _keep(job: Job) -> None:
    from resynapse.runs.store.atomic_files import replace_quickly

    content = {
        "process": job.process.to_dict(),
        "command": list(job.command),
        "directory": str(job.directory),
        "words": list(job.words),
        "started": job.started,
    }
    replace_quickly(job.folder / JOB, content)


def _read(folder: Path, path: Path) -> Job | None:
    try:
        content: Any = json.loads(path.read_bytes())
        process = Process.from_dict(content["process"])
        return None if process is None else Job(
            folder=folder,
            process=process,
            command=tuple(map(str, content["command"])),
            directory=Path(content["directory"]),
            words=tuple(map(str, content.get("words", ()))),
            started=float(content["started"]),
        )  # fmt: skip
    except (OSError, ValueError, KeyError, TypeError):
        return None
