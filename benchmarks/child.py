"""Measurements in a process of their own, so that memory and first calls are theirs alone."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from resynapse.networks import Perceptron

ROOT = Path(__file__).resolve().parents[1]

MINIATURE = """
name: miniature
task: {kind: gaussian-blobs, train: 256, test: 200, clean: 20}
network: {hidden: [32, 32, 16]}
induction:
  - train: {epochs: 1, lr: 1e-3}
  - prune: {sparsity: 0.8}
arms:
  regrown: [{drug: {gain: 1.25}}, {regrow: {of_pruned: 0.5, batches: 1}}, {train: {epochs: 1, lr: 1e-3}}]
  noisy: [{train: {epochs: 2, lr: 1e-3, noise_sd: [0.5, 0.0]}}]
follow_up:
  - assess: acute
"""


def ask(question: Mapping[str, Any], environment: Mapping[str, str] | None = None) -> dict[str, Any]:
    """Answer one question in a fresh process; `what` names it: kernels, run or step."""
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.child", json.dumps(question)],
        cwd=ROOT,
        env={**os.environ, **(environment or {})},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def kernels() -> dict[str, float]:
    """Seconds of a miniature run, and of the same run again."""
    first, again = (_run_seconds(miniature(), 1, 1) for _ in range(2))
    return {"first": first, "again": again}


def run(
    protocol: str,
    subjects: int,
    workers: int,
    hidden: list[int] | None = None,
    sparsity: float | None = None,
    epochs: int | None = None,
) -> dict[str, float]:
    """Seconds of a run, kernels ready, and the peak memory of its process."""
    import resynapse as rs

    chosen = rs.load(protocol)
    if hidden is not None:
        chosen = replace(chosen, network=Perceptron(hidden=tuple(hidden)))
    if sparsity is not None or epochs is not None:
        chosen = varied(chosen, sparsity, epochs)
    _run_seconds(miniature(), 1, 1)
    return {"seconds": _run_seconds(chosen, subjects, workers), "peak_mb": _peak_mb()}


def step(hidden: list[int], sparsity: float, epochs: int = 2) -> dict[str, float]:
    """Milliseconds a step of the compiled engine on a pruned network, and the peak memory of its process."""
    from benchmarks.contestants import ours
    from benchmarks.stages import Stage
    from resynapse.cohort import Subject
    from resynapse.engine import TrainingPhase
    from resynapse.modulation import NEUTRAL
    from resynapse.networks.perceptron import initialise
    from resynapse.plasticity import prune
    from resynapse.task import GaussianBlobs

    key = Subject(0, 0).key
    network = initialise(key.of("initialisation"), (2, *hidden, 4)).astype("float32")
    stage = Stage(
        name="step",
        network=prune(network, sparsity) if sparsity > 0 else network,
        data=GaussianBlobs(train=2560, test=1, clean=1).draw(key.of("data")).train,
        phase=TrainingPhase(schedule=[NEUTRAL], learning_rate=1e-6, batch_size=128, key=key.of("train")),
        published_epochs=0,
        shared_epochs=0,
    )
    ours(1)(stage.part(128))
    taken = sorted(ours(epochs + 1)(stage))
    return {"milliseconds": 1e3 * taken[len(taken) // 2], "peak_mb": _peak_mb()}


def varied(protocol: Any, sparsity: float | None, epochs: int | None) -> Any:
    """The protocol with another sparsity after pruning, or with at most `epochs` epochs in every phase."""
    import resynapse as rs

    def change(path: Any) -> Any:
        nodes = []
        for node in path:
            step = node.step
            at = node.at
            if isinstance(step, rs.Prune) and sparsity is not None:
                step = step.model_copy(update={"sparsity": sparsity})
            if isinstance(step, rs.Train) and epochs is not None:
                step = step.model_copy(update={"epochs": min(epochs, step.epochs)})
                at = tuple(sorted({min(epochs, count) for count in at}))
            nodes.append(replace(node, step=step, at=at, fork=change(node.fork)))
        return tuple(nodes)

    return replace(
        protocol,
        induction=change(protocol.induction),
        arms={name: change(path) for name, path in protocol.arms.items()},
        follow_up=change(protocol.follow_up),
    )


def miniature() -> Any:
    """Every kind of phase at the smallest size."""
    import resynapse as rs

    return rs.loads(MINIATURE)


def _run_seconds(protocol: Any, subjects: int, workers: int) -> float:
    import resynapse as rs

    with tempfile.TemporaryDirectory(prefix="resynapse-benchmark-") as folder:
        started = time.perf_counter()
        rs.run(protocol, subjects=subjects, workers=workers, out=Path(folder) / "run")
        return time.perf_counter() - started


def _peak_mb() -> float:
    """Peak resident memory of this process so far, in MB."""
    status = Path("/proc/self/status")
    if status.exists():
        # on Linux ru_maxrss would include the parent's memory, as the fork had it
        (peak,) = (line.split()[1] for line in status.read_text().splitlines() if line.startswith("VmHWM"))
        return int(peak) * 1024 / 1e6
    import resource

    largest = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return largest / 1e6 if sys.platform == "darwin" else largest * 1024 / 1e6


def main() -> None:
    """Answer the question on the command line."""
    question = json.loads(sys.argv[1])
    answers: dict[str, Callable[..., dict[str, float]]] = {"kernels": kernels, "run": run, "step": step}
    print(json.dumps(answers[question.pop("what")](**question)))


if __name__ == "__main__":
    main()
