"""Commands that the laboratory starts: one at a time, the others wait.

What waits is a small file, and what runs is a job of `resynapse.runs.job`: a server that was killed finds both again.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from itertools import pairwise
from pathlib import Path

from resynapse.errors import ResynapseError
from resynapse.runs.job import Job, find, start
from resynapse.runs.store.atomic_files import put

_LOOK_EVERY = 0.5
"""Seconds between looks at the command that runs, while another one waits or a page watches."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A command that was asked for.

    Parameters
    ----------
    words : of `resynapse`, without `--out`; a list, never a line for a shell.
    folder : for `--out`.
    started : whether it no longer waits.
    """

    number: int
    title: str
    words: tuple[str, ...]
    folder: str
    started: bool = False

    @property
    def path(self) -> Path:
        """The folder."""
        return Path(self.folder)

    @property
    def changes(self) -> tuple[str, ...]:
        """Its controls and changed values."""
        return tuple(value for word, value in pairwise(self.words) if word in ("--control", "--set"))

    def command(self, root: Path) -> list[str]:
        """Its words as they are typed in the workspace."""
        inside = self.path.relative_to(root).as_posix() if self.path.is_relative_to(root) else self.folder
        return [*self.words, "--out", inside]


class Queue:
    """The commands of a workspace.

    Parameters
    ----------
    own : folder in which they are kept.
    work : folder in which they run.
    """

    def __init__(self, own: Path, work: Path) -> None:
        self.path, self.work = own / "queue", work
        self._lock = threading.RLock()
        self._stopping: set[Path] = set()
        self._read: dict[Path, tuple[int, Asked]] = {}

    def every(self) -> list[Asked]:
        """All commands, the oldest first."""
        found = []
        for path in sorted(self.path.glob("*.json")) if self.path.is_dir() else ():
            with suppress(OSError, ValueError, TypeError, KeyError):
                stamp = path.stat().st_mtime_ns
                if path not in self._read or self._read[path][0] != stamp:
                    content = json.loads(path.read_text("utf-8"))
                    self._read[path] = (stamp, Asked(**{**content, "words": tuple(content["words"])}))
                found.append(self._read[path][1])
        return found

    def latest(self) -> dict[Path, Asked]:
        """The latest command of every folder."""
        return {one.path: one for one in self.every()}

    def of(self, folder: Path) -> Asked | None:
        """The latest command of a folder."""
        return self.latest().get(folder)

    def waits(self, folder: Path) -> bool:
        """Whether the command of a folder has yet to begin."""
        one = self.of(folder)
        return one is not None and not one.started

    def stopping(self, folder: Path) -> bool:
        """Whether a run was told to stop and has not ended yet."""
        return folder in self._stopping

    def add(self, title: str, words: Sequence[str], folder: Path) -> Asked:
        """Start a command, or let it wait until the one before it has ended.

        Raises
        ------
        ResynapseError : the folder has a command that has not ended.
        """
        with self._lock:
            job = find(folder)
            # one that has been told to stop may take a moment to end; the next one waits for it
            going = job is not None and job.alive and not self.stopping(folder)
            if self.waits(folder) or going:
                raise ResynapseError(f"{folder.name}: a run goes on in this folder already; wait for it or stop it")
            number = max((one.number for one in self.every()), default=0) + 1
            asked = Asked(number=number, title=title, words=tuple(words), folder=str(folder))
            self._keep(asked)
            self.advance()
            return asked

    def stop(self, folder: Path) -> None:
        """Stop what goes on in a folder as Ctrl-C does: what is finished is kept. What waits is taken out.

        Raises
        ------
        ResynapseError : it runs on another machine or belongs to another user.
        """
        with self._lock:
            asked = self.of(folder)
            if asked is not None and not asked.started:
                self._file(asked).unlink(missing_ok=True)
                return
            job = find(folder)
            if job is not None and job.cancel():
                self._stopping.add(folder)
                threading.Thread(target=self._follow, args=(job,), daemon=True).start()

    def advance(self) -> None:
        """Start the next command if none runs."""
        with self._lock:
            waiting = []
            for one in self.every():
                if not one.started:
                    waiting.append(one)
                elif (job := find(one.path)) is not None and job.alive:
                    if waiting or any(not other.started for other in self.every()):
                        threading.Thread(target=self._follow, args=(job,), daemon=True).start()
                    return
            if waiting:
                job = start(waiting[0].words, waiting[0].path, directory=self.work)
                self._keep(Asked(**{**asdict(waiting[0]), "started": True}))
                threading.Thread(target=self._follow, args=(job,), daemon=True).start()

    def _follow(self, job: Job) -> None:
        """Wait for the end of a command, then start the next."""
        while job.alive:
            time.sleep(_LOOK_EVERY)
        self._stopping.discard(job.folder)
        with suppress(OSError, ResynapseError):  # the workspace may be gone with the session
            self.advance()

    def _file(self, one: Asked) -> Path:
        return self.path / f"{one.number:06d}.json"

    def _keep(self, one: Asked) -> None:
        put(self._file(one), lambda draft: draft.write_text(json.dumps(asdict(one), indent=1), "utf-8"))
