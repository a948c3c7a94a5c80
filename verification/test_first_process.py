"""A process that finds no compiled kernels computes the same as every later one."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path


def test_the_first_process_and_the_next_compute_the_same_to_the_last_bit(tmp_path: Path) -> None:
    env = {**os.environ, "NUMBA_CACHE_DIR": str(tmp_path / "cache")}
    names, said = [], []
    for number in (1, 2):
        out = tmp_path / f"run{number}"
        words = [sys.executable, "-m", "resynapse", "run", "demo", "--subjects", "1", "--out", str(out)]
        done = subprocess.run(words, env=env, capture_output=True, text=True, check=True)
        # the name of a part is a digest of every value in it
        names.append([p.name for p in out.glob("parts/*")])
        said.append(done.stderr)
    assert names[0] == names[1]
    assert "compiling the kernels" in said[0]
    assert "compiling the kernels" not in said[1]
