"""What a user waits for before anything runs: import, help, and kernels compiled once and then read from the cache."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from typing import Any

from benchmarks.child import ask
from benchmarks.tables import Cell, table

REPEATS = 5
NOTES = (
    "Wall time of a fresh interpreter, median; kernels: first run of a miniature of all phases minus its repetition",
    "in the same process, so compilation (or reading the cache) alone.",
)
STARTS = {
    "interpreter alone": "pass",
    "import resynapse": "import resynapse",
    "import numpy (for comparison)": "import numpy",
    "resynapse --help": "import sys; sys.argv = ['resynapse', '--help']; from resynapse.cli import main; main()",
}


def measure() -> tuple[str, dict[str, Any]]:
    """Time every start, in turn, then both kinds of kernel start."""
    taken: dict[str, list[float]] = {name: [] for name in STARTS}
    for _ in range(REPEATS):
        for name, code in STARTS.items():
            taken[name].append(_seconds(code))
    rows: list[list[Cell]] = [[name, statistics.median(s), min(s)] for name, s in taken.items()]
    kernels: dict[str, float] = {}
    with tempfile.TemporaryDirectory(prefix="resynapse-benchmark-") as folder:
        for name in ("kernels, first call", "kernels, cached"):
            found = ask({"what": "kernels"}, {"NUMBA_CACHE_DIR": folder})
            kernels[name] = found["first"] - found["again"]
            rows.append([name, kernels[name], None])
    return table("Start", ["what", "seconds", "best"], rows, NOTES), {"seconds": taken, "kernel_seconds": kernels}


def _seconds(code: str) -> float:
    started = time.perf_counter()
    subprocess.run([sys.executable, "-c", code], check=True, stdout=subprocess.DEVNULL, env=dict(os.environ))
    return time.perf_counter() - started
