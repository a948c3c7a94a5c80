"""Time a training step of the folded phases, paired with another checkout of this repository.

    python -m benchmarks.steps                       # this checkout alone
    python -m benchmarks.steps --against ../before   # both in turn, and the ratio of each round

The phases are those of one subject of `switch-relapse`, ketamine-like arm. Seconds are processor time of the one thread
that computes; the ratio of a round is what a busy machine leaves unharmed.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import time
from itertools import pairwise
from pathlib import Path
from typing import IO

from resynapse.disclaimer import SHORT_DISCLAIMER

HERE = Path(__file__).resolve().parents[1]
EPOCHS = 4


def answer() -> None:
    """For each name of a phase on standard input, print the median milliseconds a step."""
    from benchmarks.machine import single_threaded_blas
    from benchmarks.stages import stages
    from resynapse.engine import engine
    from resynapse.protocol import load

    with single_threaded_blas():
        found = {stage.name: stage for stage in stages(load("switch-relapse").only(["ketamine"]))}
        print(",".join(found), flush=True)
        for line in sys.stdin:
            stage = found[line.strip()]
            phase, marks = stage.short(EPOCHS + 1, lambda: None), []
            for _ in engine("compiled").train(stage.network, stage.data, phase, list(range(EPOCHS + 2))):
                marks.append(time.thread_time())
            taken = [after - before for before, after in pairwise(marks[1:])]
            print(1e3 * statistics.median(taken) / stage.steps, flush=True)


class _Checkout:
    """A process that times the code of one checkout."""

    def __init__(self, root: Path) -> None:
        code = f"import runpy; runpy.run_path({str(Path(__file__).resolve())!r})['answer']()"
        path = os.pathsep.join([str(root / "src"), str(root)])
        self.process = subprocess.Popen(
            [sys.executable, "-c", code],
            cwd=root,
            env={**os.environ, "PYTHONPATH": path},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.names = self._line().split(",")

    def _line(self) -> str:
        out: IO[str] | None = self.process.stdout
        assert out is not None
        return out.readline().strip()

    def milliseconds(self, name: str) -> float:
        assert self.process.stdin is not None
        self.process.stdin.write(name + "\n")
        self.process.stdin.flush()
        return float(self._line())


def main() -> None:
    """Print a row for each phase."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--against", type=Path, help="another checkout of the repository")
    parser.add_argument("--rounds", type=int, default=7)
    options = parser.parse_args()
    checkouts = [_Checkout(root.resolve()) for root in (HERE, options.against) if root is not None]
    print(
        f"{'phase':>22} {'ms a step':>10}"
        + (f" {'before':>8} {'ratio':>6} {'of rounds':>14}" if options.against else "")
    )
    for name in checkouts[0].names:
        # the first round compiles and warms up
        rounds = [[one.milliseconds(name) for one in checkouts] for _ in range(options.rounds + 1)][1:]
        row = f"{name:>22} {statistics.median(r[0] for r in rounds):10.3f}"
        if options.against:
            ratios = [ours / before for ours, before in rounds]
            row += f" {statistics.median(r[1] for r in rounds):8.3f} {statistics.median(ratios):6.3f}"
            row += f" {min(ratios):6.3f}..{max(ratios):.3f}"
        print(row, flush=True)
    for one in checkouts:
        one.process.terminate()
    print(SHORT_DISCLAIMER)


if __name__ == "__main__":
    main()
