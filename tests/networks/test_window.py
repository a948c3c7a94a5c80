"""The perceptron for tasks with time: it sees all steps at once, and is the perceptron where there is one step."""

from __future__ import annotations

import numpy as np
import pytest

import resynapse as rs
from resynapse.cohort import Subject
from resynapse.engine import engine
from resynapse.errors import ProtocolError, ResynapseError
from resynapse.modulation import NEUTRAL
from resynapse.networks import Perceptron, Window
from resynapse.protocol import loads
from resynapse.randomness import Key
from resynapse.runs.walk import walk
from resynapse.task import DelayedMatch, GaussianBlobs, ResampledPoints

KEY = Key(3, 1)


def test_without_time_it_is_the_perceptron() -> None:
    task = GaussianBlobs(train=8, test=20, clean=4)
    inputs = task.draw(KEY).test.inputs
    ours, theirs = (one.initialise(KEY, task) for one in (Window(hidden=(6, 5)), Perceptron(hidden=(6, 5))))
    for name, value in theirs.values.items():
        np.testing.assert_array_equal(ours.values[name], value)
    np.testing.assert_array_equal(
        ours.architecture.forward(ours, inputs, NEUTRAL).scores,
        theirs.architecture.forward(theirs, inputs, NEUTRAL).scores,
    )


def test_a_weight_belongs_to_one_input_of_one_step() -> None:
    task = ResampledPoints(train=8, test=20, clean=4, steps=3)
    inputs = task.draw(KEY).test.inputs
    network = Window(hidden=(6,)).initialise(KEY, task)
    of_step = network.values["weights.1"].reshape(6, 3, 2)
    deaf = network.with_values({"weights.1": np.where(np.arange(3)[:, None] == 1, of_step, 0.0).reshape(6, 6)})
    changed = inputs.copy()
    changed[[0, 2]] += 1.0
    first, second = (deaf.architecture.forward(deaf, one, NEUTRAL).scores for one in (inputs, changed))
    np.testing.assert_array_equal(first, second)


@pytest.mark.parametrize("readout", ["last", "every"])
def test_it_reads_once_or_in_every_step(readout: str) -> None:
    task = DelayedMatch(repeats=1, delay=4)
    data = task.draw(KEY)
    network = Window(hidden=(5,), readout=readout).initialise(KEY, task)  # type: ignore[arg-type]
    scores = network.architecture.forward(network, data.train.inputs, NEUTRAL).scores
    assert scores.shape == ((task.steps, 1, 4) if readout == "every" else (1, 4))


MEMORY = """
name: memory-without-recurrence
task: {kind: delayed-match, repeats: 48, test_repeats: 12, delay: 6}
network: {kind: window, hidden: [24], readout: every}
batch_size: 32
induction: [{train: {epochs: 60, lr: 5.0e-3}}]
arms: {unpruned: [], pruned: []}
follow_up:
  - repeat: {level: [30, 60], share: [0.3, 0.6]}
    do:
      - prune_to: {share: $share, of: [weights.1]}
        arms: [pruned]
      - train: {epochs: 10, lr: 2.0e-3}
      - assess: {condition: level, outcomes: [acc_standard, acc_distractor_1.0, train_loss, sparsity, excitatory_layer_1]}
"""


def test_squared_error_readout_in_every_step_and_pruning_with_retraining_serve_a_network_without_recurrence() -> None:
    found = {(r.arm, r.condition, r.outcome): r.value for r in walk(loads(MEMORY), Subject(0, 0), engine("reference"))}
    assert found["unpruned", "level=60", "acc_standard"] > 90
    assert found["pruned", "level=60", "train_loss"] < 0.5
    positions = 24 * 6 * DelayedMatch(delay=6).steps
    for share in (30, 60):
        every = positions + 24 * DelayedMatch(delay=6).steps
        assert found["pruned", f"level={share}", "sparsity"] == pytest.approx(
            100 * int(share / 100 * positions) / every
        )
        assert found["unpruned", f"level={share}", "sparsity"] == 0


def test_what_a_network_cannot_take_is_refused_in_one_line() -> None:
    with pytest.raises(
        ProtocolError, match=r"network perceptron takes inputs without time, .*; use network gru, rnn, window"
    ):
        loads(MEMORY.replace("kind: window, ", "").replace(", readout: every", ""))
    with pytest.raises(
        ProtocolError, match=r"line 9: .*no connections 'recurrent' in this network; allowed: weights.1, weights.2"
    ):
        loads(MEMORY.replace("of: [weights.1]", "of: [recurrent]"))
    with pytest.raises(ProtocolError, match=r"line 4: network.readout: readout 'last' .*; use readout: every"):
        loads(MEMORY.replace(", readout: every", ""))
    with pytest.raises(ResynapseError, match="no kernels for network window; use --engine"):
        rs.run(loads(MEMORY), subjects=1, engine="compiled")
