"""The network and the engine are found by their entry points, keep the contract, and run a protocol."""

import numpy as np
import pytest
from resynapse_leaky import Leaky

import resynapse as rs
from resynapse.engine import engine
from resynapse.engine.conformance import SMALL, Tolerance, conform
from resynapse.engine.reference import forward, gradient
from resynapse.modulation import Modulation
from resynapse.protocol import dumps, plugins_of
from resynapse.randomness import Key
from resynapse.task.losses import loss as loss_of

PROTOCOL = """
name: leaking
task: {kind: gaussian-blobs, train: 256, test: 128, clean: 16}
network: {kind: leaky, units: 24, leak: %s}
induction:
  - train: {epochs: 5, lr: 1.0e-2}
  - prune: {sparsity: 0.6}
arms:
  untreated: []
  ketamine:
    - drug: {gain: 1.25, layers: [1]}
    - regrow: {of_pruned: 0.5, batches: 2}
    - train: {epochs: 3, lr: 5.0e-3}
follow_up:
  - assess: {condition: acute, outcomes: [acc_combined, acc_snr_1, activation_magnitude, sparsity]}
"""


def test_the_network_is_part_of_the_language() -> None:
    protocol = rs.loads(PROTOCOL % 0.2)
    assert protocol.network == Leaky(units=24, leak=0.2)
    assert rs.loads(dumps(protocol)) == protocol
    assert list(plugins_of(protocol)) == ["network leaky"]


def test_every_engine_that_supports_it_conforms() -> None:
    conform(engine("reference", architecture=Leaky()), Leaky(units=12))
    # a half has 11 bits
    conform(engine("float16", architecture=Leaky()), Leaky(units=12), tolerance=Tolerance(relative=2e-3, absolute=2e-3))


def test_its_gradient_equals_finite_differences() -> None:
    network, data = Leaky(units=5).initialise(Key(1, 0), SMALL), SMALL.draw(Key(0, 0)).train
    state = Modulation(gain=1.3, activation="tanh", protection=0.4)

    def loss(one) -> float:
        return loss_of(forward(one, data.inputs, state).scores, data)

    slopes = gradient(network, forward(network, data.inputs, state), data, state)
    for name, values in network.values.items():
        step = np.zeros(values.shape)
        step.flat[0] = 1e-6
        ends = (loss(network.with_values({name: values + sign * step})) for sign in (1, -1))
        assert np.subtract(*ends) / 2e-6 == pytest.approx(slopes[name].flat[0], abs=1e-7)


@pytest.mark.parametrize("name", ["reference", "float16"])
def test_a_protocol_runs_on_it(name: str) -> None:
    table = rs.run(rs.loads(PROTOCOL % 0.2), subjects=1, workers=1, engine=name).table()
    found = {(row["arm"], row["outcome"]): row["value"] for row in table.to_dicts()}
    assert found["untreated", "sparsity"] > found["ketamine", "sparsity"] > 0
    assert found["ketamine", "acc_combined"] > 40


def test_an_engine_without_kernels_for_it_is_refused_in_one_line() -> None:
    with pytest.raises(rs.ResynapseError, match="no kernels for network leaky; use --engine"):
        rs.run(rs.loads(PROTOCOL % 0.2), subjects=1, engine="compiled")
