"""Commands that the laboratory starts: each a child process of its own session, one at a time, the others waiting.

A job is a small file. So a server that was killed finds its jobs again, and a run goes on without it.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Literal

from resynapse.errors import ResynapseError
from resynapse.runs.store.atomic_files import put

State = Literal["waiting", "running", "stopping", "finished", "stopped", "failed", "lost"]
LIVE = frozenset({"waiting", "running", "stopping"})
_LOOK = 2.0
"""Seconds between looks at a job that an earlier server started."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A command, and what has become of it.

    Parameters
    ----------
    arguments : of `resynapse`, as a list; never a line for a shell.
    folder : the run folder that it fills.
    pid, born : the process and when the system says it began, so that another process of this number is not meant.
    code : its exit code.
    """

    id: str
    title: str
    arguments: tuple[str, ...]
    folder: str
    state: State = "waiting"
    pid: int | None = None
    born: str = ""
    code: int | None = None


class Jobs:
    """The jobs of a workspace.

    Parameters
    ----------
    own : folder in which they are kept.
    work : folder in which commands run.
    """

    def __init__(self, own: Path, work: Path) -> None:
        self.path, self.work = own / "jobs", work
        self._lock = threading.RLock()
        self._ours: dict[str, subprocess.Popen[bytes]] = {}
        self._watched: set[str] = set()

    def every(self) -> list[Job]:
        """All jobs, the oldest first."""
        found = []
        for path in sorted(self.path.glob("*.json")) if self.path.is_dir() else ():
            with suppress(OSError, ValueError, TypeError):
                content = json.loads(path.read_text("utf-8"))
                found.append(Job(**{**content, "arguments": tuple(content["arguments"])}))
        return found

    def of(self, folder: Path) -> Job | None:
        """The latest job of a run folder."""
        return next((job for job in reversed(self.every()) if job.folder == str(folder)), None)

    def add(self, title: str, arguments: Sequence[str], folder: Path) -> Job:
        """Start a command, or let it wait until the one before it has ended.

        Raises
        ------
        ResynapseError : the folder has a job that has not ended.
        """
        with self._lock:
            before = self.of(folder)
            if before is not None and before.state in LIVE:
                raise ResynapseError(f"{folder.name}: a run is already {before.state} in this folder; wait or stop it")
            number = len(list(self.path.glob("*.json"))) if self.path.is_dir() else 0
            job = Job(id=f"{number:05d}", title=title, arguments=tuple(arguments), folder=str(folder))
            self._keep(job)
            self.advance()
            return next(one for one in self.every() if one.id == job.id)

    def stop(self, id: str) -> None:
        """Stop a job as Ctrl-C does: what is finished is kept. One that waits is taken out of the queue."""
        with self._lock:
            for job in self.every():
                if job.id != id or job.state not in LIVE:
                    continue
                if job.state == "waiting":
                    self._keep(replace(job, state="stopped"))
                elif job.pid is not None and _born(job.pid) == job.born:
                    self._keep(replace(job, state="stopping"))
                    os.kill(job.pid, signal.SIGINT)

    def advance(self) -> None:
        """Note which jobs have ended, and start the next one."""
        with self._lock:
            going = False
            for job in self.every():
                if job.state in ("running", "stopping"):
                    current = self._looked_at(job)
                    going = going or current.state in LIVE
                elif job.state == "waiting" and not going:
                    self._start(job)
                    going = True

    def log(self, job: Job) -> str:
        """The end of what a job wrote on standard error."""
        try:
            with (self.path / f"{job.id}.log").open("rb") as file:
                file.seek(0, os.SEEK_END)
                file.seek(max(0, file.tell() - 8192))
                return file.read().decode("utf-8", "replace")
        except OSError:
            return ""

    def output(self, job: Job) -> str:
        """What a job wrote on standard output."""
        try:
            return (self.path / f"{job.id}.out").read_text("utf-8", "replace")
        except OSError:
            return ""

    def _start(self, job: Job) -> None:
        with (self.path / f"{job.id}.log").open("wb") as errors, (self.path / f"{job.id}.out").open("wb") as out:
            child = subprocess.Popen(
                [sys.executable, "-m", "resynapse", *job.arguments],
                cwd=self.work,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=errors,
                start_new_session=True,
            )
        self._ours[job.id] = child
        started = replace(job, state="running", pid=child.pid, born=_born(child.pid))
        self._keep(started)
        threading.Thread(target=self._wait, args=(job.id, child), daemon=True).start()

    def _wait(self, id: str, child: subprocess.Popen[bytes]) -> None:
        child.wait()
        with suppress(OSError):  # the workspace may be gone with the session
            self.advance()

    def _looked_at(self, job: Job) -> Job:
        child = self._ours.get(job.id)
        if child is not None:
            code = child.poll()
            if code is None:
                return job
            ended = {0: "finished", 130: "stopped", -signal.SIGINT: "stopped"}.get(code, "failed")
            job = replace(job, state=ended, code=code)  # type: ignore[arg-type]
            self._keep(job)
        elif job.pid is None or _born(job.pid) != job.born:
            job = replace(job, state="lost")
            self._keep(job)
        else:
            threading.Thread(target=self._watch, args=(job,), daemon=True).start()
        return job

    def _watch(self, job: Job) -> None:
        """Wait for a child of an earlier server, of which only the process number is known."""
        if job.id in self._watched:
            return
        self._watched.add(job.id)
        while job.pid is not None and _born(job.pid) == job.born:
            time.sleep(_LOOK)
        with suppress(OSError):
            self.advance()

    def _keep(self, job: Job) -> None:
        self.path.mkdir(parents=True, exist_ok=True)
        put(self.path / f"{job.id}.json", lambda draft: draft.write_text(json.dumps(asdict(job), indent=1), "utf-8"))


def _born(pid: int) -> str:
    """When a process began, in the system's own words; empty where there is none."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text("utf-8").rpartition(")")[2].split()
        return "" if fields[0] == "Z" else fields[19]
    except FileNotFoundError:
        if Path("/proc/self").exists():
            return ""
    except OSError:
        return ""
    said = subprocess.run(["ps", "-o", "lstart=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return said.stdout.strip()
