"""Derived outcomes against hand-made courses."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from resynapse.errors import ProtocolError
from resynapse.protocol import dumps, loads
from resynapse.protocol.derived_outcomes import Below, Carry, Drop, Ever, First, Mean, Ratio, Steepest, derive

COURSE = {
    ("cycle=0", "acc"): 95.0,
    ("cycle=1", "acc"): 90.0,
    ("cycle=2", "acc"): 60.0,
    ("cycle=10", "acc"): 70.0,
    ("cycle=11", "other"): 0.0,
    ("lesioned=0", "acc"): 50.0,
    ("lesioned=2", "acc"): 10.0,
    ("acute", "acc"): 80.0,
    ("lesioned", "acc"): 30.0,
}


def test_drop_pairs_counts() -> None:
    rule = Drop(outcome="d", of="acc", before="cycle", after="lesioned")
    assert dict(rule.values(COURSE)) == {"cycle=0": 45.0, "cycle=2": 50.0}


def test_drop_of_plain_conditions_takes_no_counted_one() -> None:
    assert dict(Drop(outcome="d", of="acc", before="acute", after="lesioned").values(COURSE)) == {"acute": 50.0}
    assert dict(Drop(outcome="d", of="acc", before="cycle=2", after="acute").values(COURSE)) == {"cycle=2": -20.0}


def test_a_drop_to_a_condition_without_counts_is_taken_from_every_count() -> None:
    one = {key: value for key, value in COURSE.items() if key[0] in ("cycle=0", "cycle=2", "acute")}
    rule = Drop(outcome="d", of="acc", before="cycle", after="acute")
    assert dict(rule.values(one)) == {"cycle=0": 15.0, "cycle=2": -20.0}


def test_a_drop_may_stand_under_a_condition_of_its_own() -> None:
    whole = Drop(outcome="d", of="acc", before="cycle=0", after="cycle=10", condition="course")
    assert dict(whole.values(COURSE)) == {"course": 25.0}
    assert whole.writes == ("course",)
    each = Drop(outcome="d", of="acc", before="cycle", after="lesioned", condition="lost")
    assert dict(each.values(COURSE)) == {"lost=0": 45.0, "lost=2": 50.0}


def test_carry_tells_a_value_at_another_condition_count_by_count() -> None:
    rule = Carry(outcome="c", of="acc", at="cycle", to="after")
    assert dict(rule.values(COURSE)) == {"after=0": 95.0, "after=1": 90.0, "after=2": 60.0, "after=10": 70.0}
    assert dict(Carry(outcome="c", of="acc", at="cycle=2", to="course").values(COURSE)) == {"course": 60.0}


def test_a_ratio_needs_a_divisor_other_than_nothing() -> None:
    doses = {
        ("d=1", "gain"): 6.0,
        ("d=1", "dose"): 2.0,
        ("d=2", "gain"): 6.0,
        ("d=2", "dose"): 0.0,
        ("d=3", "gain"): 1.0,
    }
    assert dict(Ratio(outcome="r", of="gain", over="dose", within="d").values(doses)) == {"d=1": 3.0}


def test_ever_is_whether_any_count_was_yes() -> None:
    course = {("cycle=0", "b"): 0.0, ("cycle=1", "b"): 100.0, ("other=0", "b"): 0.0}
    assert dict(Ever(outcome="e", of="b", within="cycle", condition="course").values(course)) == {"course": 100.0}
    assert dict(Ever(outcome="e", of="b", within="other", condition="course").values(course)) == {"course": 0.0}
    assert not dict(Ever(outcome="e", of="b", within="none", condition="course").values(course))


def test_a_ratio_over_what_is_not_measured_is_refused_with_its_neighbour() -> None:
    text = (
        "name: x\narms: {a: []}\nfollow_up: [{assess: {condition: d, outcomes: [gain, sparsity]}}]\n"
        "derived: [{ratio: {outcome: r, of: gain, over: sparsit, within: d}}]\n"
    )
    with pytest.raises(ProtocolError, match=r"over: r reads 'sparsit', which is not measured at 'd'.*'sparsity'"):
        loads(text)


def test_first_crossing_follows_the_counts_as_numbers() -> None:
    backwards = dict(reversed(COURSE.items()))
    for course in (COURSE, backwards):
        rule = First(outcome="f", of="acc", within="cycle", condition="course", threshold=75)
        assert dict(rule.values(course)) == {"course": 2.0}


def test_no_crossing_has_no_value() -> None:
    assert not dict(First(outcome="f", of="acc", within="cycle", condition="c", threshold=60).values(COURSE))
    assert not dict(First(outcome="f", of="none", within="cycle", condition="c", threshold=60).values(COURSE))


def test_the_steepest_fall_and_where_it_ends() -> None:
    fall = Steepest(outcome="s", of="acc", within="cycle", condition="c")
    count = Steepest(outcome="s", of="acc", within="cycle", condition="c", give="count")
    assert dict(fall.values(COURSE)) == {"c": 30.0}
    assert dict(count.values(COURSE)) == {"c": 2.0}
    assert not dict(fall.values({("cycle=1", "acc"): 1.0}))


def test_every_outer_count_has_a_course_of_its_own() -> None:
    probes = {
        ("probe=1,0.1", "acc"): 90.0,
        ("probe=1,0.3", "acc"): 50.0,
        ("probe=2,0.1", "acc"): 60.0,
        ("probe=2,0.3", "acc"): 55.0,
    }
    first = First(outcome="f", of="acc", within="probe", condition="course", threshold=75)
    assert dict(first.values(probes)) == {"course=1": 0.3, "course=2": 0.1}
    fall = Steepest(outcome="s", of="acc", within="probe", condition="course")
    assert dict(fall.values(probes)) == {"course=1": 40.0, "course=2": 5.0}
    gathered = [first, Mean(outcome="m", of="f", within="course", condition="all")]
    assert derive(gathered, probes)["all", "m"] == 0.2


def test_below_and_mean_take_every_count() -> None:
    below = dict(Below(outcome="b", of="acc", threshold=75, within="cycle").values(COURSE))
    assert below == {"cycle=0": 0.0, "cycle=1": 0.0, "cycle=2": 100.0, "cycle=10": 100.0}
    mean = Mean(outcome="m", of="acc", within="cycle", condition="c")
    assert dict(mean.values(COURSE)) == {"c": (95 + 90 + 60 + 70) / 4}


def test_among_takes_only_those_for_whom_it_holds_where_it_was_measured() -> None:
    def found(among: str) -> dict[tuple[str, str], float]:
        rule = Below(outcome="b", of="acc", threshold=50, within="acute", among=among)
        return {key: value for key, value in derive([rule], COURSE).items() if key[1] == "b"}

    assert found("acc >= 80 at acute") == {("acute", "b"): 0.0}
    assert found("acc > 80 at acute") == {}
    assert found("acc >= 0 at cycle=7") == {}
    assert found("acc < 61 at cycle=2") == {("acute", "b"): 0.0}


def test_rules_read_what_earlier_ones_made() -> None:
    rules = [
        Below(outcome="b", of="acc", threshold=75, within="cycle"),
        Mean(outcome="m", of="b", within="cycle", condition="c"),
        Mean(outcome="n", of="b", within="cycle", condition="c", among="m > 50 at c"),
    ]
    assert derive(rules, COURSE)["c", "m"] == 50.0
    assert ("c", "n") not in derive(rules, COURSE)


@pytest.mark.parametrize("among", ["acc >= 80", "acc >= 80 at", "acc at acute", "at acute"])
def test_among_needs_a_comparison_and_a_condition(among: str) -> None:
    with pytest.raises(ValidationError, match=r"names no condition|is no comparison"):
        Below(outcome="b", of="acc", threshold=1, within="acute", among=among)


def test_among_what_no_arm_measures_is_refused() -> None:
    text = (
        "name: x\narms: {{a: [{{assess: {{condition: acute, outcomes: [gain]}}}}]}}\n"
        "derived: [{{below: {{outcome: b, of: gain, threshold: 1, within: acute, among: {among}}}}}]"
    )
    protocol = loads(text.format(among="gain > 1 at acute"))
    assert loads(dumps(protocol)) == protocol
    with pytest.raises(ProtocolError, match=r"derived\[0\].below.among: b is among 'gain > 1 at late', which no arm"):
        loads(text.format(among="gain > 1 at late"))
