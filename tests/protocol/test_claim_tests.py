"""Kinds of claim tests: bounds, sums of cells, and kinds that packages bring."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.test_plugins import Install, install

import resynapse as rs
from resynapse.protocol import dump, loads
from resynapse.protocol.claim_tests import (
    Bound,
    Combinations,
    Contrast,
    Difference,
    Mean,
    Measured,
    Order,
    Trend,
)

__all__ = ["install"]
NUMBERS = st.floats(-1e6, 1e6)
BOUNDS = st.one_of(
    NUMBERS.map(lambda low: Bound(low=low)),
    NUMBERS.map(lambda high: Bound(high=high)),
    st.tuples(NUMBERS, NUMBERS)
    .filter(lambda ends: ends[0] < ends[1])
    .map(lambda e: Bound(low=e[0], high=e[1], closed=True)),
)


@given(BOUNDS, NUMBERS)
def test_a_number_is_on_the_right_side_where_its_distance_is_negative(bound: Bound, number: float) -> None:
    held, distance = bool(bound.holds(np.array([number]))[0]), float(bound.distance(np.array([number]))[0])
    assert held == (distance <= 0 if bound.closed else distance < 0)


@given(BOUNDS, NUMBERS, st.floats(0.1, 10), NUMBERS)
def test_scaling_a_bound_and_its_numbers_alike_changes_no_answer(
    bound: Bound, number: float, factor: float, by: float
) -> None:
    scaled = bound.scaled(lambda end: factor * end + by)
    # at an end rounding decides, elsewhere nothing does
    if abs(float(bound.distance(np.array([number]))[0])) > 1e-6 * (1 + abs(number) + abs(by)):
        assert scaled.holds(np.array([factor * number + by])) == bound.holds(np.array([number]))
    assert [math.isfinite(end) for end in scaled.interval] == [math.isfinite(end) for end in bound.interval]


def sums(test: Mean | Contrast | Order, counts: Sequence[int]) -> Combinations:
    return test.combinations(lambda measure: Measured(measure, tuple(f"{measure.condition}={n}" for n in counts)))


@given(st.lists(st.integers(0, 99), min_size=2, max_size=6, unique=True).map(sorted))
def test_levels_cancel_in_differences_and_trends_and_add_up_to_one_in_means(counts: list[int]) -> None:
    of = "y of a at later"
    expected = {
        Mean(of=of, above=0): 1.0,
        Difference(of=of, minus="y of b at later", above=0): 0.0,
        Trend(of=of, above=0): 0.0,
        Order(of="y", at="later", arms=("a", "b", "c")): 0.0,
    }
    for test, level in expected.items():
        for part in sums(test, counts).parts:
            assert sum(weight for weight, _ in part.weights) == pytest.approx(level, abs=1e-9)


def test_what_is_not_measured_is_named_and_nothing_is_combined() -> None:
    found = sums(Difference(of="y of a at later", minus="z of b at acute", above=0), [])
    assert found == Combinations((), ("y of a at later", "z of b at acute"))


PEAK = """
from typing import ClassVar
from resynapse.protocol.claim_tests import Combination, Combinations, Mean

class Peak(Mean):
    "The mean at the last count."
    kind: ClassVar[str] = "last"
    def combine(self, found):
        one = found[0]
        return Combinations((Combination(f"last {one.measure}", one.mean(one.conditions[-1:])),))
"""


def test_a_package_brings_a_kind_of_test_that_files_and_audits_use(install: Install) -> None:
    install("last-count", PEAK, claim_tests="last=Peak")
    protocol = loads(FILE)
    assert dump(protocol)["claims"][0]["tests"] == [{"last": {"of": "protection of a at later", "below": 0.8}}]
    (entry,) = rs.audit(rs.run(protocol, subjects=4, workers=1)).claims
    assert entry.readings[0].findings[0].what == "last protection of a at later"
    assert entry.estimate == pytest.approx(0.7)


FILE = """
name: counts
task: {kind: gaussian-blobs, train: 64, test: 32, clean: 8}
network: {hidden: [6]}
arms: {a: []}
follow_up:
  - stabilise: {protection: 1.0}
  - decay: {steps: 3, per_step: 0.1}
    at: [1, 3]
    fork: [{assess: {condition: later, outcomes: [protection]}}]
claims:
- {id: c, statement: s, tests: [{last: {of: protection of a at later, below: 0.8}}]}
"""
