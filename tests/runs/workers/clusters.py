"""Real Dask processes on loopback for the tests, ended by their own process ids."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Self

_QUIET = {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}


def wait_until(true: Callable[[], object], within: float = 30.0) -> None:
    """Wait for something to become true, or fail."""
    deadline = time.monotonic() + within
    while not true():
        assert time.monotonic() < deadline, f"not within {within} s"
        time.sleep(0.02)


class Lab:
    """A scheduler process and its worker processes, each with one thread and without a nanny."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            self._stack = stack
            file = self.folder / "scheduler.json"
            self.scheduler = self._start("scheduler", "--port", "0", "--scheduler-file", str(file))
            wait_until(lambda: file.exists() and file.read_text().endswith("}"))
            self.address: str = json.loads(file.read_text())["address"]
            self._cleanup = stack.pop_all()
            self._stack = self._cleanup
        return self

    def __exit__(self, *_: object) -> None:
        self._cleanup.close()

    def worker(self, preload: str = "") -> subprocess.Popen[bytes]:
        """Start a worker; `preload` is Python that it runs first."""
        words = ["--nthreads", "1", "--no-nanny", "--memory-limit", "0", "--local-directory", str(self.folder)]
        if preload:
            file = self.folder / f"preload{time.monotonic_ns()}.py"
            file.write_text(preload)
            words += ["--preload", str(file)]
        return self._start("worker", self.address, *words)

    @contextmanager
    def only_worker(self, preload: str) -> Iterator[None]:
        """A worker that is ended afterwards."""
        process = self.worker(preload)
        try:
            yield
        finally:
            end(process)

    def _start(self, what: str, *words: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "dask", what, "--host", "127.0.0.1", "--no-dashboard", *words]
        log = (self.folder / f"{what}.log").open("ab")
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=_QUIET)
        log.close()
        self._stack.callback(end, process)
        return process


def end(process: subprocess.Popen[bytes]) -> None:
    """Kill one process and wait for it."""
    process.kill()
    process.wait(10)
