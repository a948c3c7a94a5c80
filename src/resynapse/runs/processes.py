"""Processes that are known again later: a number alone may be given to another process."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
from contextlib import suppress
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any

from resynapse.errors import ResynapseError

_PROC = Path("/proc")


@dataclass(frozen=True, slots=True, kw_only=True)
class Process:
    """One process of one machine.

    Parameters
    ----------
    pid : its number.
    born : its start time, as the system reports it; together with the number it identifies one process.
    host : name of its machine.
    """

    pid: int
    born: str
    host: str

    @classmethod
    def this(cls) -> Process:
        """The process that calls."""
        return cls.of(os.getpid())

    @classmethod
    def of(cls, pid: int) -> Process:
        """The living process of this number on this machine."""
        return cls(pid=pid, born=birth(pid) or "", host=socket.gethostname())

    @classmethod
    def from_dict(cls, content: Any) -> Process | None:
        """The process behind `to_dict`; None for anything else."""
        try:
            process = cls(pid=content["pid"], born=content["born"], host=content["host"])
        except (TypeError, KeyError):
            return None
        # numbers of 0 and below mean groups of processes
        return process if type(process.pid) is int and process.pid > 0 else None

    def to_dict(self) -> dict[str, Any]:
        """The process as plain data."""
        return asdict(self)

    @property
    def here(self) -> bool:
        """Whether it belongs to this machine."""
        return self.host == socket.gethostname()

    @property
    def alive(self) -> bool:
        """Whether it still runs; False for one of another machine, of which nothing can be known."""
        return self.here and self.born != "" and birth(self.pid) == self.born

    def interrupt(self) -> bool:
        """Send what Ctrl-C sends; False if the process has ended.

        Raises
        ------
        ResynapseError : it runs on another machine, belongs to another user, or the system cannot do it.
        """
        if not self.here:
            raise ResynapseError(f"process {self.pid} runs on {self.host}; stop it there")
        if os.name != "posix":
            raise ResynapseError(f"process {self.pid} cannot be stopped from here on this system; use Ctrl-C there")
        try:
            return self._interrupted()
        except ProcessLookupError:
            return False
        except PermissionError:
            raise ResynapseError(f"process {self.pid} belongs to another user and cannot be stopped") from None

    def _interrupted(self) -> bool:
        # a handle keeps the number from going to another process between the look and the signal
        handle = os.pidfd_open(self.pid) if hasattr(os, "pidfd_open") else None
        try:
            if not self.alive:
                return False
            if handle is None:
                os.kill(self.pid, signal.SIGINT)
            else:
                signal.pidfd_send_signal(handle, signal.SIGINT)
            return True
        finally:
            if handle is not None:
                os.close(handle)


def birth(pid: int) -> str | None:
    """When a living process of this machine began, as text to compare; None if there is none, or it has ended."""
    if _PROC.joinpath("self", "stat").exists():
        try:
            # the name, in brackets, may hold anything; the fields behind it are counted from 3
            fields = _PROC.joinpath(str(pid), "stat").read_text("utf-8", "replace").rpartition(")")[2].split()
        except OSError:
            return None
        return None if fields[0] in "ZX" else f"{_boot()}/{fields[19]}"
    with suppress(OSError, subprocess.SubprocessError):
        found = subprocess.run(
            ["ps", "-o", "stat=,lstart=", "-p", str(pid)], capture_output=True, text=True, timeout=5, check=False
        ).stdout.split(maxsplit=1)
        return None if len(found) < 2 or found[0].startswith("Z") else found[1].strip()
    return None


@cache
def _boot() -> str:
    """The name of this start of the machine: times of birth count from it."""
    with suppress(OSError):
        return _PROC.joinpath("sys", "kernel", "random", "boot_id").read_text("utf-8").strip()
    return ""
