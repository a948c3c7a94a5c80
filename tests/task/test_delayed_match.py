"""Delayed match to sample: cues, response, and what is right."""

from __future__ import annotations

import numpy as np
import pytest

from resynapse.randomness import Key
from resynapse.task import DelayedMatch
from resynapse.task.delayed_match import FALSE_RESPONSE

TASK = DelayedMatch()
DATA = TASK.draw(Key(1, 0))


def test_a_trial_has_58_steps_and_its_parts_where_they_belong() -> None:
    """Fixation 1-10, cue 1 at 13-14, cue 2 at 40-41, response at 52-53, counted from 1."""
    assert (TASK.steps, TASK.cues, TASK.response) == (58, (12, 39), (51, 53))
    clean = DATA.clean.inputs
    assert set(np.flatnonzero(clean[:, 1].any(axis=1)) + 1) == {13, 14}
    assert set(np.flatnonzero(clean[:, 2].any(axis=1)) + 1) == {40, 41}
    assert set(np.flatnonzero(DATA.clean.targets.any(axis=(1, 2))) + 1) == {52, 53}


def test_targets_say_whether_the_cues_match() -> None:
    first, second = (DATA.clean.inputs[start, line] for line, start in enumerate(TASK.cues, 1))
    np.testing.assert_array_equal(DATA.clean.targets[51, 0], np.where(first == second, 1.0, -1.0))
    np.testing.assert_array_equal(DATA.clean.labels, first == second)


def test_the_target_itself_is_right_and_its_opposite_is_not() -> None:
    targets, labels = DATA.test.targets, DATA.test.labels
    assert TASK.correct(targets, labels).all()
    assert not TASK.correct(-targets, labels).any()
    early = targets.copy()
    early[20, 0] = FALSE_RESPONSE + 0.01
    assert not TASK.correct(early, labels).any()


@pytest.mark.parametrize("strength", [0.0, 0.4, 1.0])
def test_a_distractor_has_the_wrong_sign_for_two_steps_of_the_delay_alone(strength: float) -> None:
    sets = list(TASK.distracted(DATA.clean, strength))
    assert [start + 1 for start in TASK.distractors] == [16, 20, 24, 28, 32, 36]
    for start, other in zip(TASK.distractors, sets, strict=True):
        changed = np.flatnonzero((other.inputs != DATA.clean.inputs).any(axis=(1, 2)))
        assert set(changed) <= {start, start + 1}
        cue = DATA.clean.inputs[TASK.cues[0], 1]
        np.testing.assert_array_equal(other.inputs[start, 1], -strength * cue)


def test_noise_makes_repeats_differ_and_the_clean_set_has_none() -> None:
    assert len({trial.tobytes() for trial in np.moveaxis(DATA.train.inputs, -1, 0)}) == TASK.sizes.train
    assert set(np.unique(DATA.clean.inputs)) <= {-1.0, 0.0, 1.0}


@pytest.mark.parametrize(
    ("field", "value"), [("repeats", 0), ("delay", 0), ("noise_sd", -1.0), ("noise_sd", float("nan"))]
)
def test_impossible_tasks_are_refused(field: str, value: float) -> None:
    with pytest.raises(ValueError, match=field):
        DelayedMatch(**{field: value})
