"""Other mappings: the same samples, other answers; and a network that starts over."""

from __future__ import annotations

import numpy as np
import pytest

import resynapse as rs
from resynapse.cohort import Subject
from resynapse.engine import engine
from resynapse.errors import ProtocolError
from resynapse.protocol import loads
from resynapse.randomness import Key
from resynapse.runs.walk import walk
from resynapse.task import DelayedMatch, GaussianBlobs, Split, mapped, mappings_of
from resynapse.task.delayed_match import CONDITIONS

MATCH = DelayedMatch(repeats=2, test_repeats=3, delay=6)
DATA = MATCH.draw(Key(1, 0))


@pytest.mark.parametrize("mapping", mappings_of(MATCH))
def test_the_samples_stay_and_the_answer_is_right_for_what_each_trial_showed(mapping: str) -> None:
    other = mapped(MATCH, DATA, mapping)
    for name in ("train", "test", "clean"):
        split: Split = getattr(other, name)
        assert split.inputs is getattr(DATA, name).inputs
        # what the trials show: the cues are +-1 for two steps, under noise of sd 0.1
        first, second = (np.sign(split.inputs[at : at + 2, line].mean(axis=0)) for line, at in enumerate(MATCH.cues, 1))
        wanted = {"non-match": -first * second, "first-cue": first, "second-cue": second}[mapping]
        np.testing.assert_array_equal(2 * split.labels - 1, wanted)
        assert split.targets is not None
        assert other.correct(split.targets, split.labels).all()
        np.testing.assert_array_equal(np.flatnonzero(np.abs(split.targets).sum(axis=(1, 2))), range(*MATCH.response))


def test_the_mapping_of_the_task_is_none_of_the_others() -> None:
    every = [DATA.clean.labels, *(mapped(MATCH, DATA, name).clean.labels for name in mappings_of(MATCH))]
    assert len({tuple(labels) for labels in every}) == len(CONDITIONS)


def test_classes_are_answered_as_the_next_one() -> None:
    task = GaussianBlobs(train=40, test=20, clean=8)
    data = task.draw(Key(1, 0))
    other = mapped(task, data, "next-class")
    np.testing.assert_array_equal((other.test.labels - data.test.labels) % 4, 1)
    assert set(other.test.labels) == set(data.test.labels)


FLEXIBLE = """
name: flexible
task: {train: 256, test: 200, clean: 16}
network: {hidden: [16]}
induction: [{train: {epochs: 10, lr: 1.0e-2}}, {prune: {sparsity: 0.5}}]
arms: {a: [], b: []}
follow_up:
  - assess: {condition: before, outcomes: [acc_standard, sparsity]}
  - fork:
      - remap: next-class
      - train: {epochs: 60, lr: 1.0e-2}
        stream: relearning
        at: [0, 60]
        fork: [{assess: {condition: learning, outcomes: [acc_standard]}}]
    arms: [b]
  - fork: [{restart: {}}, {assess: {condition: anew, outcomes: [acc_standard, sparsity]}}]
    arms: [b]
  - train: {epochs: 2, lr: 1.0e-3}
  - assess: {condition: after, outcomes: [acc_standard, acc_combined]}
"""


def test_a_mapping_is_learnt_aside_and_a_restart_leaves_the_rest_as_it_was() -> None:
    found = {
        (r.arm, r.condition, r.outcome): r.value for r in walk(loads(FLEXIBLE), Subject(0, 0), engine("reference"))
    }
    # what was right is wrong as soon as another answer is asked for
    assert found["b", "learning=0", "acc_standard"] <= 100 - found["b", "before", "acc_standard"]
    assert found["b", "learning=60", "acc_standard"] > 80
    assert found["b", "anew", "sparsity"] == 0 < found["b", "before", "sparsity"]
    assert found["b", "anew", "acc_standard"] < 70
    assert {k[1:]: v for k, v in found.items() if k[0] == "a"} == {
        k[1:]: v for k, v in found.items() if k[0] == "b" and k[1] in ("before", "after")
    }


def test_a_mapping_that_the_task_does_not_have_is_refused() -> None:
    with pytest.raises(ProtocolError, match=r"line 10: .*no mapping 'first-cue' of this task; .*next-class"):
        rs.loads(FLEXIBLE.replace("remap: next-class", "remap: first-cue"))
