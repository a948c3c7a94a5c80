"""Where dense products beat sparse rows: `python -m benchmarks.density` times a training step both ways, in turns."""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator

import numpy as np

from resynapse.disclaimer import SHORT_DISCLAIMER
from resynapse.engine import TrainingPhase, compaction, engine
from resynapse.modulation import NEUTRAL
from resynapse.networks.base import Network
from resynapse.networks.perceptron import initialise
from resynapse.plasticity import prune
from resynapse.randomness import Key
from resynapse.runs.workers.blas import single_threaded_blas
from resynapse.task import GaussianBlobs, Split

WIDTHS = (2, 512, 512, 256, 4)
DENSITIES = (0.02, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4)
STEPS, ROUNDS = 20, 7


def rows() -> Iterator[tuple[float, float, float]]:
    """Density, and median milliseconds a step with every layer sparse and with every layer dense."""
    key = Key(0, 0)
    data = GaussianBlobs(train=STEPS * 128, test=1, clean=1).draw(key).train
    # the first layer stays whole, so that every hidden unit has an input and counts as varying
    whole = initialise(key, WIDTHS).astype(np.float32)
    for density in DENSITIES:
        pruned = prune(whole, 1 - density)
        network = whole.with_masks({name: m for name, m in pruned.masks.items() if name != "weights.1"})
        times: dict[bool, list[float]] = {False: [], True: []}
        for _ in range(ROUNDS):
            for dense, limit in ((False, 1.0), (True, 0.0)):
                compaction.DENSE_FROM = limit
                times[dense].append(_milliseconds(network, data, key))
        yield density, statistics.median(times[False]), statistics.median(times[True])


def _milliseconds(network: Network, data: Split, key: Key) -> float:
    phase = TrainingPhase(schedule=[NEUTRAL] * 2, learning_rate=1e-6, batch_size=128, key=key)
    marks = [time.perf_counter() for _ in engine("compiled").train(network, data, phase, [0, 1, 2])]
    return 1e3 * (marks[2] - marks[1]) / STEPS


def main() -> None:
    """Print the table."""
    print(f"{'density':>8} {'sparse ms':>10} {'dense ms':>9}   compaction.DENSE_FROM is {compaction.DENSE_FROM}")
    with single_threaded_blas():
        for density, sparse, dense in rows():
            print(f"{density:8.2f} {sparse:10.3f} {dense:9.3f}")
    print(SHORT_DISCLAIMER)


if __name__ == "__main__":
    main()
