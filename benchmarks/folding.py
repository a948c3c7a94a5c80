"""Where folding pays: `python -m benchmarks.folding` times a training step both ways, in turns, for wider clouds."""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator

import numpy as np

from resynapse.disclaimer import SHORT_DISCLAIMER
from resynapse.engine import TrainingPhase, engine
from resynapse.engine.compiled import folding
from resynapse.modulation import NEUTRAL
from resynapse.networks.base import Network
from resynapse.networks.perceptron import initialise
from resynapse.plasticity import prune, regrow
from resynapse.randomness import Key
from resynapse.runs.workers.blas import single_threaded_blas
from resynapse.task import GaussianBlobs, Split

WIDTHS = (2, 512, 512, 256, 4)
SPREADS = (0.4, 0.8, 1.2, 1.6, 2.0, 2.5, 3.0, 5.0)
STEPS, ROUNDS = 20, 7


def rows() -> Iterator[tuple[str, float, float, float, float]]:
    """Network, sd of the clouds, share of mixed pairs, and median ms of processor time a step folded and unfolded."""
    key = Key(0, 0)
    folding.MOST_MIXED = 1.0
    whole = initialise(key, WIDTHS)
    grown = regrow(prune(whole, 0.95), 0.5, None, key, init_sd=0.03)
    for name, network in (("never pruned", whole.astype(np.float32)), ("regrown", grown.astype(np.float32))):
        varying = np.flatnonzero(network.masks["weights.1"].any(axis=1))
        for sd in SPREADS:
            data = GaussianBlobs(sd=sd, train=STEPS * 128, test=1, clean=1).draw(key).train
            times: dict[str, list[float]] = {"compiled": [], "unfolded": []}
            for _ in range(ROUNDS):
                for way, taken in times.items():
                    taken.append(_milliseconds(way, network, data, key))
            share = folding.mixed(network, data, varying)
            yield name, sd, share, statistics.median(times["compiled"]), statistics.median(times["unfolded"])


def _milliseconds(way: str, network: Network, data: Split, key: Key) -> float:
    phase = TrainingPhase(schedule=[NEUTRAL] * 2, learning_rate=1e-6, batch_size=128, key=key)
    marks = [time.thread_time() for _ in engine(way).train(network, data, phase, [0, 1, 2])]
    return 1e3 * (marks[2] - marks[1]) / STEPS


def main() -> None:
    """Print the table."""
    limit = folding.MOST_MIXED
    print(
        f"{'network':>14} {'sd':>5} {'mixed':>6} {'folded ms':>10} {'unfolded ms':>12}   folding.MOST_MIXED is {limit}"
    )
    with single_threaded_blas():
        for name, sd, share, folded, unfolded in rows():
            print(f"{name:>14} {sd:5.1f} {share:6.3f} {folded:10.3f} {unfolded:12.3f}")
    print(SHORT_DISCLAIMER)


if __name__ == "__main__":
    main()
