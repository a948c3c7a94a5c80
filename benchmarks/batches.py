"""Time of training the 30-unit network, alone and as a batch of subjects: ``python -m benchmarks.batches``."""

from __future__ import annotations

import time
from collections.abc import Iterator

from resynapse.engine import Engine, TrainingPhase, engine
from resynapse.modulation import NEUTRAL
from resynapse.networks import Network
from resynapse.protocol import load
from resynapse.randomness import Key
from resynapse.task import Split

EPOCHS = 100
BATCHES = (2, 4, 8)


def subjects(many: int, chosen: Engine) -> tuple[list[Network], list[Split], list[TrainingPhase]]:
    """Networks, training sets and phases of `working-memory`."""
    protocol, keys = load("working-memory"), [Key(0, number) for number in range(many)]
    networks = [protocol.network.initialise(key.of("initialisation"), protocol.task) for key in keys]
    phases = [
        TrainingPhase(schedule=[NEUTRAL] * EPOCHS, learning_rate=1e-3, batch_size=protocol.batch_size, key=key)
        for key in keys
    ]
    sets = [protocol.task.draw(key.of("data")).train for key in keys]
    return [network.astype(chosen.dtype) for network in networks], sets, phases


def timed(name: str, many: int) -> tuple[float, float]:
    """Wall and processor time of an epoch of one subject, in ms; the fastest of three."""
    protocol = load("working-memory")
    chosen = engine(name, batch_size=protocol.batch_size, architecture=protocol.network)
    networks, sets, phases = subjects(many, chosen)

    def once() -> None:
        if many == 1:
            list(chosen.train(networks[0], sets[0], phases[0], [EPOCHS]))
        else:
            list(chosen.train_many(networks, sets, phases, [EPOCHS]))  # type: ignore[attr-defined]

    def measured() -> Iterator[tuple[float, float]]:
        once()  # compiles
        for _ in range(3):
            wall, processor = time.perf_counter(), time.process_time()
            once()
            yield time.perf_counter() - wall, time.process_time() - processor

    found = list(measured())
    return tuple(1e3 * min(part) / EPOCHS / many for part in zip(*found, strict=True))  # type: ignore[return-value]


if __name__ == "__main__":
    print("| engine | subjects together | wall, ms an epoch | processor, ms an epoch |\n|---|---|---|---|")
    for name, many in (("compiled", 1), ("reference", 1), ("jax", 1), *(("jax", size) for size in BATCHES)):
        wall, processor = timed(name, many)
        print(f"| {name} | {many} | {wall:.2f} | {processor:.2f} |")
