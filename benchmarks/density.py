"""Where dense products beat sparse rows: `python -m benchmarks.density` times both ways in turns."""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator

import numpy as np

from resynapse.disclaimer import SHORT_DISCLAIMER
from resynapse.engine import TrainingPhase, engine
from resynapse.engine.compiled import compaction
from resynapse.modulation import NEUTRAL, Modulation
from resynapse.networks.base import Network
from resynapse.networks.perceptron import initialise
from resynapse.plasticity import prune
from resynapse.randomness import Key
from resynapse.runs.workers.blas import single_threaded_blas
from resynapse.task import GaussianBlobs, Split

WIDTHS = (2, 512, 512, 256, 4)
DENSITIES = (0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7)
STEPS, ROUNDS = 20, 7
NOISY = Modulation(noise_sd=0.5)


def rows() -> Iterator[tuple[float, ...]]:
    """Density; median milliseconds of processor time of a step, sparse and dense, and of a noisy pass of a tile."""
    key = Key(0, 0)
    data = GaussianBlobs(train=STEPS * 128, test=1, clean=1).draw(key).train
    # the first layer stays whole, so that every hidden unit has an input and counts as varying
    whole = initialise(key, WIDTHS).astype(np.float32)
    for density in DENSITIES:
        pruned = prune(whole, 1 - density)
        masks = {name: m for name, m in pruned.masks.items() if name != "weights.1"}
        times: dict[tuple[str, bool], list[float]] = {}
        for _ in range(ROUNDS):
            for dense, limit in ((False, 1.0), (True, 0.0)):
                compaction.DENSE_FROM = limit
                # of networks that share their masks one compaction is kept
                network = whole.with_masks(masks)
                times.setdefault(("step", dense), []).append(_step(network, data, key))
                times.setdefault(("pass", dense), []).append(_pass(network, data, key))
        yield (density, *(1e3 / STEPS * statistics.median(each) for _, each in sorted(times.items(), reverse=True)))


def _step(network: Network, data: Split, key: Key) -> float:
    phase = TrainingPhase(schedule=[NEUTRAL] * 2, learning_rate=1e-6, batch_size=128, key=key)
    marks = [time.thread_time() for _ in engine("unfolded").train(network, data, phase, [0, 1, 2])]
    return marks[2] - marks[1]


def _pass(network: Network, data: Split, key: Key) -> float:
    marks = []
    for _ in range(3):
        marks.append(time.thread_time())
        engine("compiled").respond(network, data.inputs, NOISY, key)
    return marks[2] - marks[1]


def main() -> None:
    """Print the table."""
    limit = compaction.DENSE_FROM
    print(f"milliseconds of a training step and of a noisy pass of 128 samples; compaction.DENSE_FROM is {limit}")
    print(f"{'density':>8} {'step dense':>11} {'sparse':>7} {'pass dense':>11} {'sparse':>7}")
    with single_threaded_blas():
        for density, step_dense, step_sparse, pass_dense, pass_sparse in rows():
            print(f"{density:8.2f} {step_dense:11.3f} {step_sparse:7.3f} {pass_dense:11.3f} {pass_sparse:7.3f}")
    print(SHORT_DISCLAIMER)


if __name__ == "__main__":
    main()
