"""The five properties that keyed randomness promises, on whole walks through a protocol."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

import resynapse as rs
from resynapse.cohort import Cohort, Subject
from resynapse.engine import Engine, engine
from resynapse.protocol import Node, dump, parse
from resynapse.protocol.steps import Assess, Regrow
from resynapse.runs.walk import Row, walk

Values = dict[tuple[str, str, str], float]


def _values(rows: Sequence[Row]) -> Values:
    return {(r.arm, r.condition, r.outcome): r.value for r in rows}


def _arm(values: Values, arm: str) -> dict[tuple[str, str], float]:
    return {(c, o): v for (a, c, o), v in values.items() if a == arm}


@pytest.fixture(scope="module", params=["compiled", "reference"])
def either(request: pytest.FixtureRequest) -> Engine:
    return engine(request.param)


@pytest.fixture(scope="module")
def whole(tiny: rs.Protocol, either: Engine) -> Values:
    return _values(walk(tiny, Subject(5, 1), either))


def test_1_an_arm_at_dose_zero_equals_the_untreated_arm_bit_for_bit(tiny: rs.Protocol, either: Engine) -> None:
    nothing = [
        rs.Drug(gain=1.0, inhibition=1.0, activation="relu"),
        rs.Regrow(of_pruned=0.0),
        rs.Train(epochs=0, lr=1e-3, noise_sd=(0.5, 0.0), gain=(1.0, 1.6)),
        rs.PruneMore(of_active=0.0),
    ]
    both = tiny.with_arm("placebo", nothing).only(["untreated", "placebo"])
    values = _values(walk(both, Subject(5, 1), either))
    assert _arm(values, "placebo") == _arm(values, "untreated")


def test_1_training_at_rate_zero_changes_nothing(tiny: rs.Protocol, either: Engine) -> None:
    still = tiny.with_arm("still", [rs.Train(epochs=2, lr=0.0)]).only(["untreated", "still"])
    values = _values(walk(still, Subject(5, 1), either))
    assert _arm(values, "still") == _arm(values, "untreated")


def test_2_a_subject_alone_equals_the_same_subject_in_any_cohort_on_any_number_of_workers(tiny: rs.Protocol) -> None:
    alone = walk(tiny, Subject(5, 2), engine("compiled"))
    for subjects, workers in ((3, 1), (4, 2), (5, 4)):
        table = rs.run(tiny, subjects=subjects, workers=workers, seed=5).table()
        mine = table.filter(subject=2).select("arm", "condition", "outcome", "value").rows()
        assert mine == [tuple(row) for row in alone]


def test_3_removing_an_arm_changes_nothing_elsewhere(tiny: rs.Protocol, either: Engine, whole: Values) -> None:
    fewer = _values(walk(tiny.only(["ssri"]), Subject(5, 1), either))
    assert _arm(fewer, "ssri") == _arm(whole, "ssri")


def test_3_adding_an_arm_changes_nothing_elsewhere(tiny: rs.Protocol, either: Engine, whole: Values) -> None:
    more = tiny.with_arm("random regrowth", [Regrow(of_pruned=0.5, by="random"), rs.Train(epochs=1, lr=1e-3)])
    added = _values(walk(more, Subject(5, 1), either))
    assert {k: v for k, v in added.items() if k[0] in tiny.arms} == whole


def test_3_removing_a_fork_changes_nothing_elsewhere(tiny: rs.Protocol, either: Engine, whole: Values) -> None:
    without = replace(tiny, follow_up=tuple(n for n in tiny.follow_up if n.step or n.at), derived=())
    values = _values(walk(without, Subject(5, 1), either))
    assert 0 < len(values) < len(whole)
    assert values.items() <= whole.items()


def test_3_removing_a_count_changes_nothing_elsewhere(tiny: rs.Protocol, either: Engine, whole: Values) -> None:
    without = replace(tiny, follow_up=tuple(replace(n, at=(4,)) if n.at else n for n in tiny.follow_up), derived=())
    values = _values(walk(without, Subject(5, 1), either))
    assert ("ssri", "maintenance=4", "acc_biased_1.0") in values
    assert ("ssri", "maintenance=2", "acc_biased_1.0") not in values
    assert values.items() <= whole.items()


def test_3_removing_or_adding_an_outcome_changes_nothing_elsewhere(
    tiny: rs.Protocol, either: Engine, whole: Values
) -> None:
    other = tiny.with_outcomes("acute", ["acc_biased_1.0", "acc_input_2.0", "acc_combined"])
    values = _values(walk(other, Subject(5, 1), either))
    shared = values.keys() & whole.keys()
    assert ("untreated", "acute", "acc_input_2.0") in values.keys() - shared
    assert ("untreated", "acute", "acc_internal_1.0") in whole.keys() - shared
    assert {k: values[k] for k in shared} == {k: whole[k] for k in shared}


def test_4_shared_noise_makes_paired_differences_more_precise(tiny: rs.Protocol, compiled: Engine) -> None:
    """Two networks a little apart, probed with the same noise and with noise of their own."""
    slight = [rs.Train(epochs=1, lr=1e-5)]
    probes = ["acc_combined", "acc_biased_1.0", "acc_internal_1.0"]
    probed = tiny.with_arm("slight", slight).only(["untreated", "slight"]).with_outcomes("acute", probes)
    again = replace(probed, follow_up=(Node(step=Assess(condition="again", outcomes=tuple(probes))),), derived=())
    shared, own = [], []
    for number in range(12):
        subject = Subject(9, number)
        first = _values(walk(probed, subject, compiled))
        second = _values(walk(again, subject, compiled))
        for probe in probes:
            untreated = first["untreated", "acute", probe]
            shared.append(first["slight", "acute", probe] - untreated)
            own.append(second["slight", "again", probe] - untreated)
    # independent noise adds binomial variance of two draws of 300 samples; shared noise cancels nearly all of it
    assert np.var(shared) < 0.1 * np.var(own)


@pytest.mark.parametrize("modulation", [{}, {"noise_sd": 0.5}])
def test_5_dropping_units_leaves_the_noise_of_the_others(
    tiny: rs.Protocol, compiled: Engine, reference: Engine, modulation: dict[str, float]
) -> None:
    """The compiled engine drops units that cannot matter, the reference none: noisy training agrees all the same."""
    noisy = tiny.with_arm("noisy", [rs.Train(epochs=1, lr=1e-4, **modulation)]).only(["noisy"])
    ours = _values(walk(noisy, Subject(5, 1), compiled))
    theirs = _values(walk(noisy, Subject(5, 1), reference))
    for cell, value in theirs.items():
        # float32 against float64 may turn single samples of 300 whose two best scores are equal to 1e-5
        assert ours[cell] == pytest.approx(value, abs=100 * 2 / 300), cell


def test_labels_hold_when_a_file_is_written_and_read(tiny: rs.Protocol, either: Engine, whole: Values) -> None:
    assert _values(walk(parse(dump(tiny)), Subject(5, 1), either)) == whole


def test_another_seed_or_subject_is_another_network(tiny: rs.Protocol, either: Engine, whole: Values) -> None:
    for subject in (Subject(6, 1), Subject(5, 2)):
        other = _values(walk(tiny.only(["untreated"]), subject, either))
        assert any(other[k] != whole[k] for k in other)


def test_a_larger_cohort_begins_with_the_smaller_one() -> None:
    assert list(Cohort(size=9, root_seed=3))[:4] == list(Cohort(size=4, root_seed=3))
