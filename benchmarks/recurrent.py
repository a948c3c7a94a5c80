"""Time training steps of `gru-kindling` against a plain PyTorch loop of the same model (`benchmarks/torch_gru.py`).

    python -m benchmarks.recurrent              # processor time of one thread, in turns; then a whole subject
    python -m benchmarks.recurrent --density    # where dense products beat live weights

Networks are trained and pruned as in the protocol, for fewer epochs. A ratio or a share is formed within a round, and
the median over rounds is shown.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from benchmarks.contestants import torch_drug, torch_is_there
from benchmarks.machine import single_threaded_blas
from benchmarks.recurrent_whole import SECTIONS, Epochs, Taken, untrained, whole
from benchmarks.tables import table
from resynapse.disclaimer import SHORT_DISCLAIMER
from resynapse.engine import Engine, TrainingPhase, engine
from resynapse.engine.compiled import trained_arrays
from resynapse.modulation import NEUTRAL, Modulation
from resynapse.networks import Gru, Network
from resynapse.plasticity import prune, regrow
from resynapse.protocol import load
from resynapse.randomness import Key
from resynapse.task import RepeatedPoint, Split

UNITS, TIME, BATCH, STEPS = 384, 20, 128, 12
KEY = Key(0, 0)
DENSITIES = (0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4)
TANH = Modulation(inhibition=0.7, activation="tanh", gain=0.85)


@dataclass(frozen=True, slots=True)
class Phase:
    """A training phase: the network that enters it and the drug state."""

    name: str
    network: Network
    modulation: Modulation
    parts: tuple[tuple[str, str], ...] = ()
    """What it stands for in the protocol, as (section, arm)."""

    @property
    def share(self) -> float:
        """Share of the recurrent connections that live."""
        return float(self.network.masks["recurrent.1"].mean())

    @property
    def dense_flops(self) -> float:
        """Operations of a step in full products: forward, back, to the weights, in every step of time."""
        return 2.0 * 3 * TIME * BATCH * self.network.masks["recurrent.1"].size


def _phase(modulation: Modulation, epochs: int, learning_rate: float) -> TrainingPhase:
    return TrainingPhase(schedule=[modulation] * epochs, learning_rate=learning_rate, batch_size=BATCH, key=KEY)


def _trained(one: Engine, network: Network, data: Split, modulation: Modulation, epochs: int) -> Network:
    ((_, after),) = one.train(network, data, _phase(modulation, epochs, 5e-4), [epochs])
    return after


def phases(one: Engine, data: Split) -> list[Phase]:
    """Those that a subject spends most of its time in, each with a network that has been there."""
    task = RepeatedPoint(steps=TIME)
    base = _trained(one, Gru(hidden=(UNITS,)).initialise(KEY, task).astype(np.float32), data, NEUTRAL, 8)
    pruned = prune(base, 0.95)
    saliency = one.saliency(pruned, data, NEUTRAL, [np.arange(BATCH)])
    regrown = regrow(pruned, 0.5, saliency, KEY, init_sd=0.03)
    ketamine, ssri = Modulation(gain=1.25), Modulation(gain=1.6)
    ramp = Modulation(gain=1.3, noise_sd=0.25)
    treated = _trained(one, regrown, data, ketamine, 4)
    slow, damped = (_trained(one, pruned, data, drug, 4) for drug in (ssri, TANH))
    return [
        Phase("base", base, NEUTRAL, (("base", ""),)),
        Phase("ketamine-like treatment, cycles", treated, ketamine, _parts("ketamine", "treatment", "cycles")),
        Phase("ketamine-like maintenance", treated, stabilised(ketamine), _parts("ketamine", "maintenance")),
        Phase("SSRI-like treatment", _trained(one, pruned, data, ramp, 2), ramp, _parts("ssri", "treatment")),
        Phase("SSRI-like cycles", slow, ssri, _parts("ssri", "cycles")),
        Phase("SSRI-like maintenance", slow, stabilised(ssri), _parts("ssri", "maintenance")),
        # no unit of tanh is silent, so that protection changes nothing
        Phase("neurosteroid-like, all", damped, stabilised(TANH), _parts("neurosteroid", *SECTIONS.values(), "cycles")),
    ]


def _parts(arm: str, *sections: str) -> tuple[tuple[str, str], ...]:
    return tuple((section, arm) for section in sections)


def stabilised(modulation: Modulation) -> Modulation:
    """The same under full protection."""
    return replace(modulation, protection=1.0)


def ours(one: Engine, phase: Phase, data: Split) -> float:
    """Milliseconds a step."""
    marks = [
        time.thread_time() for _ in one.train(phase.network, data, _phase(phase.modulation, 3, 1e-6), [0, 1, 2, 3])
    ]
    # the first epoch arranges the network
    taken = [after - before for before, after in pairwise(marks[1:])]
    return 1e3 * min(taken) / STEPS


def ours_side_by_side(one: Engine, phase: Phase, data: Split) -> float:
    """Milliseconds a step of one subject where two are trained at a time, a core each."""
    with ThreadPoolExecutor(2) as pool:
        found = pool.map(lambda _: ours(one, phase, data), range(2))
        return statistics.mean(found) / 2


def loop(phase: Phase, data: Split) -> float:
    """Milliseconds a step of the plain loop on one thread."""
    import torch

    from benchmarks import torch_gru

    torch.set_num_threads(1)
    net = torch_gru.GruNet(UNITS, TIME)
    net.load(
        {name: torch.tensor(value) for name, value in phase.network.values.items()},
        [torch.tensor(mask) for mask in phase.network.masks.values()],
    )
    points = torch.tensor(data.inputs[0].T, dtype=torch.float32)
    marks = [time.process_time()]
    torch_gru.train(
        net,
        (points, torch.from_numpy(data.labels)),
        [torch_drug(phase.modulation)] * 2,
        1e-6,
        lambda _, __: marks.append(time.process_time()),
    )
    return 1e3 * min(after - before for before, after in pairwise(marks)) / STEPS


def sgemm(side: int = 1024) -> float:
    """GFLOP/s of a single-precision product, by processor time of one thread."""
    left = np.random.default_rng(0).standard_normal((side, side), dtype=np.float32)
    out = np.empty_like(left)
    np.dot(left, left, out)
    started = time.process_time()
    for _ in range(5):
        np.dot(left, left, out)
    return 5 * 2e-9 * side**3 / (time.process_time() - started)


def compare(one: Engine, data: Split, rounds: int) -> Iterator[str]:
    """The table of phases, and that of a whole subject."""
    rows, taken, timed = [], {}, phases(one, data)
    for phase in timed:
        found: dict[str, list[float]] = {"ours": [], "share": [], "two": [], "loop": [], "ratio": [], "of two": []}
        for _ in range(rounds):
            mine, rate = ours(one, phase, data), sgemm()
            found["ours"].append(mine)
            found["share"].append(100 * phase.dense_flops / (mine * 1e6) / rate)
            found["two"].append(ours_side_by_side(one, phase, data))
            if torch_is_there():
                found["loop"].append(loop(phase, data))
                found["ratio"].append(found["loop"][-1] / mine)
                found["of two"].append(found["loop"][-1] / 2 / found["two"][-1])
        middle = {name: statistics.median(values) if values else None for name, values in found.items()}
        rows.append([phase.name, f"{100 * phase.share:.0f}", *middle.values()])
        full = statistics.median(mine * share / 100 for mine, share in zip(found["ours"], found["share"], strict=True))
        taken[phase.name] = Taken(rows[-1][2], rows[-1][4], middle["loop"], full)
    head = ["phase", "live %", "ours ms", "of SGEMM %", "two at once ms", "loop ms", "x loop", "x two loops"]
    yield table(
        f"Training steps of gru-kindling, {UNITS} units, {TIME} steps of time, batch {BATCH}",
        head,
        rows,
        [
            "Milliseconds a step, processor time of the thread; two at once: a subject in each of two, over two.",
            "of SGEMM: rate on full products over that of a 1024 x 1024 one; above 100, products are left out",
            "x two loops: over two loops of one thread side by side, at best twice as fast as one.",
        ],
    )
    protocol = load("gru-kindling")
    counted, rest = untrained(protocol, one)
    epochs = {
        phase.name: Epochs(*(sum(counted.get(part, Epochs(0, 0))[n] for part in phase.parts) for n in (0, 1)))
        for phase in timed
    }
    yield whole(epochs, taken, -(-protocol.task.sizes.train // BATCH), rest)


def density(one: Engine, data: Split) -> Iterator[list[str | float]]:
    """By density, milliseconds a step by live weights and by dense blocks."""
    base = _trained(one, Gru(hidden=(UNITS,)).initialise(KEY, RepeatedPoint(steps=TIME)), data, NEUTRAL, 4)
    kept = trained_arrays.DENSE_FROM
    for share in DENSITIES:
        network = prune(base.astype(np.float32), 1 - share)
        times: dict[float, list[float]] = {1.1: [], 0.0: []}
        for _ in range(3):
            for limit, taken in times.items():
                trained_arrays.DENSE_FROM = limit
                taken.append(ours(one, Phase("", network, NEUTRAL), data))
        yield [f"{share:.2f}", *(min(taken) for taken in times.values())]
    trained_arrays.DENSE_FROM = kept


def main() -> None:
    """Print the tables that are asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--density", action="store_true", help="live weights against dense blocks, by density")
    asked = parser.parse_args()
    data = RepeatedPoint(train=STEPS * BATCH, test=1, clean=1, steps=TIME).draw(KEY).train
    one = engine("compiled", architecture=Gru())
    with single_threaded_blas():
        if asked.density:
            print(table("Milliseconds a step", ["density", "live weights", "dense blocks"], list(density(one, data))))
        else:
            for one_table in compare(one, data, asked.rounds):
                print(one_table, flush=True)
    print(SHORT_DISCLAIMER)


if __name__ == "__main__":
    main()
