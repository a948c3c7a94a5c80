"""Worker processes on this machine, with a scheduler of their own that lives in this process.

The workers are started by command, not forked or spawned from this program, so that a script needs no `__main__` guard.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Self

from resynapse.errors import ClusterLostError

_LEAVE_WITHIN = 5.0


class LocalWorkers:
    """Processes with one thread each; a process that dies is started again.

    Parameters
    ----------
    count : number of processes.
    """

    def __init__(self, count: int) -> None:
        self.count = count

    def __enter__(self) -> Self:
        from distributed import LocalCluster

        with ExitStack() as stack:
            scratch = Path(stack.enter_context(tempfile.TemporaryDirectory(ignore_cleanup_errors=True)))
            cluster = LocalCluster(
                n_workers=0, processes=True, host="127.0.0.1", dashboard_address="127.0.0.1:0", silence_logs=False
            )
            stack.callback(cluster.close)
            self.address: str = cluster.scheduler_address
            self._log = scratch / "workers.log"
            command = ["-m", "dask", "worker", self.address, "--nworkers", str(self.count), "--nthreads", "1"]
            command += ["--host", "127.0.0.1", "--no-dashboard", "--memory-limit", "0", "--death-timeout", "30"]
            with self._log.open("wb") as log:
                # a session of their own: Ctrl-C reaches this process alone, which ends them in order
                self._process = subprocess.Popen(
                    [sys.executable, *command, "--local-directory", str(scratch)],
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    start_new_session=True,
                    env={**os.environ, **dict.fromkeys(_ONE_THREAD, "1")},
                )
            stack.callback(self._end)
            self._cleanup = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        """End the processes, then the scheduler."""
        self._cleanup.close()

    def check(self) -> None:
        """Refuse to wait for workers that will never come.

        Raises
        ------
        ClusterLostError : the processes have ended.
        """
        if self._process.poll() is not None:
            log_lines = self._log.read_text("utf-8", "replace").strip().splitlines()
            raise ClusterLostError(
                f"the worker processes of --dask local ended "
                f"({log_lines[-1] if log_lines else self._process.returncode})"
            )

    def _end(self) -> None:
        self._process.terminate()
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(_LEAVE_WITHIN)
            return
        if os.name == "posix":
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
        else:
            self._process.kill()
        self._process.wait(_LEAVE_WITHIN)


_ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
