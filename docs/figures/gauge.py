"""What probes of fixed noise see that the network's answers do not: the numbers of docs/model.md, Gauge.

`python docs/figures/gauge.py` trains the ketamine-like network of one subject of switch-relapse (about half a minute).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

import resynapse as rs
from resynapse.cohort import Subject
from resynapse.engine import engine
from resynapse.modulation import NEUTRAL, Modulation
from resynapse.networks.base import Network
from resynapse.outcomes import Examination, outcome
from resynapse.runs.walk import reached
from resynapse.runs.workers.blas import single_threaded_blas

OUTCOMES = (
    *("acc_standard", "acc_internal_2.5", "acc_biased_1.0", "tolerance_internal"),
    *("acc_snr_2.5", "tolerance_snr"),
)
FACTORS = (0.25, 0.5, 1.0, 2.0, 4.0)
GAINS = (0.5, 1.0, 1.6, 3.0)


def rescaled(network: Network, factors: Sequence[float]) -> Network:
    """The same answers with the activity of each hidden layer multiplied by a factor (ReLU, no stabiliser)."""
    weights, biases = list(network.weights), list(network.biases)
    for layer, factor in enumerate(factors):
        weights[layer] = weights[layer] * np.float32(factor)
        biases[layer] = biases[layer] * np.float32(factor)
        weights[layer + 1] = weights[layer + 1] / np.float32(factor)
    return network.with_weights(weights, biases)


def rows() -> Iterator[tuple[str, ...]]:
    """One row a network or drug state: its answers may be the same, its probes need not."""
    protocol, subject, chosen = rs.load("switch-relapse"), Subject(0, 0), engine("compiled", batch_size=128)
    stops = protocol.routes["ketamine"]
    treated = next(i for i, stop in enumerate(stops) if isinstance(stop.step, rs.Assess))
    with single_threaded_blas():
        network = reached(protocol, "ketamine", treated, subject, chosen)[-1][1].network
        data, key = subject.data(protocol), subject.key.of("assess/acute")
        answers = chosen.respond(network, data.test.inputs, NEUTRAL)

        def row(what: str, one: Network, state: Modulation) -> tuple[str, ...]:
            seen = Examination(one, state, data, key, chosen)
            same = np.array_equal(chosen.respond(one, data.test.inputs, state), answers)
            values = (outcome(name).measure(seen) for name in OUTCOMES)
            shown = (
                "none" if v is None else f"{v:.{1 if n.startswith('acc') else 2}f}"
                for n, v in zip(OUTCOMES, values, strict=True)
            )
            return (what, "yes" if same else "no", *shown)

        for factor in FACTORS:
            yield row(f"all hidden layers x {factor:g}", rescaled(network, (factor,) * 3), NEUTRAL)
        yield row("layer 1 x 0.25, the others as they are", rescaled(network, (0.25, 1.0, 1.0)), NEUTRAL)
        for gain in GAINS:
            yield row(f"the same weights at gain {gain:g}", network, Modulation(gain=gain))


def main() -> None:
    """Print the table in Markdown."""
    header = ("network", "same answers", *(f"`{name}`" for name in OUTCOMES))
    print(f"| {' | '.join(header)} |\n|{'---|' * len(header)}")
    for row in rows():
        print(f"| {' | '.join(row)} |", flush=True)


if __name__ == "__main__":
    main()
