"""Reading a ladder: planted curves are recovered, nothing is extrapolated."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from resynapse.analysis.cells import Floats
from resynapse.analysis.matching import at_equal

NUMBERS = st.floats(-100, 100)
SHAPES = st.tuples(st.integers(2, 8), st.integers(1, 4))
LADDERS = SHAPES.flatmap(
    lambda shape: st.tuples(*(arrays(np.float64, shape, elements=NUMBERS) for _ in range(2)),
                            arrays(np.float64, shape[1], elements=NUMBERS))
)  # fmt: skip
ROUNDING = 1e-12 * 100 * 8
"""A weighted mean of two numbers below 100 in a few operations, with room for the division by a small span."""


@given(LADDERS)
def test_nothing_is_extrapolated(ladder: tuple[Floats, Floats, Floats]) -> None:
    measure, outcome, target = ladder
    found = at_equal(measure, outcome, target)
    within = (measure.min(axis=0) <= target) & (target <= measure.max(axis=0))
    assert (np.isnan(found) == ~within).all()
    for subject in np.flatnonzero(within):
        assert outcome[:, subject].min() - ROUNDING <= found[subject] <= outcome[:, subject].max() + ROUNDING


@given(st.integers(2, 8), st.floats(-5, 5), st.floats(-5, 5), st.floats(0, 1))
def test_a_straight_curve_is_recovered_wherever_it_is_read(rungs: int, slope: float, start: float, part: float) -> None:
    measure = np.cumsum(np.linspace(1, 2, rungs))[:, None]
    target = measure[0] + part * (measure[-1] - measure[0])
    assert at_equal(measure, start + slope * measure, target) == pytest.approx(start + slope * target, abs=ROUNDING)


@given(LADDERS, st.data())
def test_at_a_rung_stands_what_was_measured_there(ladder: tuple[Floats, Floats, Floats], data: st.DataObject) -> None:
    measure, outcome, _ = ladder
    measure = np.cumsum(np.abs(measure) + 1.0, axis=0)
    rung = data.draw(st.integers(0, len(measure) - 1))
    assert at_equal(measure, outcome, measure[rung]) == pytest.approx(outcome[rung], abs=ROUNDING)


@given(LADDERS, st.floats(-3, 3), st.floats(-50, 50))
def test_the_scale_of_the_outcome_is_carried_through(
    ladder: tuple[Floats, Floats, Floats], factor: float, shift: float
) -> None:
    measure, outcome, target = ladder
    moved = at_equal(measure, factor * outcome + shift, target)
    assert moved == pytest.approx(factor * at_equal(measure, outcome, target) + shift, abs=10 * ROUNDING, nan_ok=True)


def test_a_measure_that_falls_along_the_ladder_is_read_too_and_of_several_crossings_the_lowest_dose() -> None:
    loss = np.array([[1.0], [0.4], [0.8], [0.2]])
    outcome = np.array([[10.0], [20.0], [30.0], [40.0]])
    assert at_equal(loss, outcome, np.array([0.7])).tolist() == [15.0]
    assert at_equal(loss, outcome, np.array([0.3])) == pytest.approx([40 - 10 / 6])


def test_a_curve_between_rungs_is_missed_by_no_more_than_its_bend() -> None:
    rates = np.linspace(0, 1, 11)[:, None]
    target = np.array([0.37])
    # between rungs a second derivative of 2 bends by at most 2 * step**2 / 8
    assert at_equal(rates, rates**2, target) == pytest.approx(target**2, abs=2 * 0.1**2 / 8)
