"""Excitation and inhibition are counted where a connection is left."""

from __future__ import annotations

import numpy as np
import pytest

import resynapse as rs
from resynapse.errors import ProtocolError
from resynapse.modulation import NEUTRAL
from resynapse.networks import Architecture, Gru, Perceptron, Rnn
from resynapse.outcomes import Examination, outcome
from resynapse.plasticity import prune
from resynapse.randomness import Key
from resynapse.task import GaussianBlobs, TaskData

TASK = GaussianBlobs(train=4, test=4, clean=4)


@pytest.mark.parametrize("architecture", [Perceptron(hidden=(6, 5)), Gru(hidden=(4,)), Rnn(hidden=(5,))])
def test_active_connections_are_excitatory_or_inhibitory_and_add_up_over_layers(architecture: Architecture) -> None:
    network = prune(architecture.initialise(Key(0, 0), TASK), 0.4)
    nothing: TaskData = None  # type: ignore[assignment]
    seen = Examination(network, NEUTRAL, nothing, Key(0, 0), nothing)  # type: ignore[arg-type]
    total = {sign: outcome(sign).measure(seen) for sign in ("excitatory", "inhibitory")}
    assert sum(total.values()) == network.active
    for sign, count in total.items():
        layers = [outcome(f"{sign}_layer_{n}").measure(seen) for n in range(1, len(network.masks) + 1)]
        assert sum(layers) == count
        way = 1 if sign == "excitatory" else -1
        assert layers == [np.count_nonzero(way * w > 0) for w in network.weights]


@pytest.mark.parametrize(
    ("network", "last"), [("{hidden: [4]}", 2), ("{kind: rnn, hidden: [4]}", 3), ("{kind: gru, hidden: [4]}", 3)]
)
def test_a_layer_that_the_network_does_not_have_is_refused(network: str, last: int) -> None:
    text = "name: x\nnetwork: %s\narms: {a: [assess: {condition: c, outcomes: [inhibitory_layer_%d]}]}"
    assert rs.loads(text % (network, last)).arms
    with pytest.raises(
        ProtocolError, match=f"inhibitory_layer_{last + 1} is not possible: the network has {last} layers"
    ):
        rs.loads(text % (network, last + 1))
