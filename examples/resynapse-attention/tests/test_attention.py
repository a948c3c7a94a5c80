"""The network is found by its entry point, keeps the contract on `jax` by its forward pass alone, and runs a demo."""

import inspect
from dataclasses import replace

import numpy as np
import pytest
import resynapse_attention
from resynapse_attention import Attention

import resynapse as rs
from resynapse.engine import engine
from resynapse.engine.conformance import conform
from resynapse.engine.reference import forward
from resynapse.modulation import Modulation
from resynapse.protocol import dumps, plugins_of
from resynapse.randomness import Key
from resynapse.task import ResampledPoints
from resynapse.task.losses import loss as loss_of

POINTS = ResampledPoints(train=256, test=128, clean=16, steps=5)
DEMO = """
name: attending
base: demo
task: {kind: resampled-points, steps: 5, train: 512, test: 200, clean: 40}
network: {kind: attention, units: 16}
induction:
  - train: {epochs: 12, lr: 1.0e-2}
  - prune: {sparsity: 0.7}
"""


def test_it_is_part_of_the_language_and_short() -> None:
    protocol = rs.loads(DEMO)
    assert protocol.network == Attention(units=16)
    assert rs.loads(dumps(protocol)) == protocol
    assert list(plugins_of(protocol)) == ["network attention"]
    assert len(inspect.getsource(resynapse_attention).splitlines()) < 60


def test_jax_keeps_what_every_engine_has_to_keep() -> None:
    network = Attention(units=12)
    assert not network.has_gradient
    conform(engine("jax", architecture=network), network, task=POINTS)


def test_its_saliency_is_the_size_of_finite_differences() -> None:
    network, data = Attention(units=4).initialise(Key(1, 0), POINTS), POINTS.draw(Key(0, 0)).train
    state = Modulation(gain=1.3, activation="tanh", protection=0.4)
    found = engine("jax", architecture=network.architecture).saliency(network, data, state, [np.arange(256)])

    def loss(one) -> float:
        return loss_of(forward(one, data.inputs, state).scores, data)

    for name in network.masks:
        step = np.zeros(network.values[name].shape)
        step.flat[0] = 1e-5
        ends = (loss(network.with_values({name: network.values[name] + sign * step})) for sign in (1, -1))
        # a central difference of step h is off by h**2, and by a rounding over h
        assert abs(np.subtract(*ends)) / 2e-5 == pytest.approx(found[name].flat[0], abs=1e-8)


def test_a_protocol_with_all_four_arms_runs_on_it() -> None:
    table = rs.run(rs.loads(DEMO), subjects=1, workers=1, engine="jax").table()
    found = {(row["arm"], row["condition"], row["outcome"]): row["value"] for row in table.to_dicts()}
    assert found["untreated", "acute", "sparsity"] > found["ketamine", "acute", "sparsity"] > 0
    assert found["ketamine", "acute", "acc_clean"] > 90
    assert found["ketamine", "acute", "acc_combined"] > found["untreated", "acute", "acc_combined"]


def test_an_engine_that_cannot_train_it_says_so_in_one_line() -> None:
    short = replace(rs.loads(DEMO), task=POINTS)
    for name in ("reference", "compiled"):
        with pytest.raises(rs.ResynapseError, match=r"network attention.*; use --engine jax$"):
            rs.run(short, subjects=1, engine=name)
