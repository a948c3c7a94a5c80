"""What a run says to one test: the interval decides, by the kind of the outcome."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

import resynapse as rs
from resynapse.analysis.cells import Cell, Cells
from resynapse.analysis.parts.describe import kinds
from resynapse.audits.findings import find, kind_of, p_missed
from resynapse.outcomes import OutcomeName
from resynapse.protocol import Assess
from resynapse.protocol.claim_tests import Bound, Combination, Every, Mean
from resynapse.protocol.routes import assessments

LIBRARY = ("switch-relapse", "kindling", "manic-switch", "withdrawal")


def cells_of(values: list[float], outcome: str = "y") -> Cells:
    rows = [("p", "base", n, "a", "acute", outcome, value) for n, value in enumerate(values)]
    columns = ["protocol", "variant", "subject", "arm", "condition", "outcome", "value"]
    return Cells.of(pl.DataFrame(rows, schema=columns, orient="row"))


@pytest.mark.parametrize("name", LIBRARY)
def test_the_kind_of_every_single_cell_is_the_one_of_the_description(name: str) -> None:
    protocol = rs.load(name)
    measured = [
        (arm, condition, OutcomeName.parse(text).stored)
        for arm, route in protocol.routes.items()
        for condition, step in assessments(route)
        if isinstance(step, Assess)
        for text in step.outcomes
    ]
    derived = [("untreated", "any", rule.outcome) for rule in protocol.derived]
    rows = [("p", "base", 0, *cell, 0.0) for cell in dict.fromkeys([*measured, *derived])]
    columns = ["protocol", "variant", "subject", "arm", "condition", "outcome", "value"]
    cells = Cells.of(pl.DataFrame(rows, schema=columns, orient="row"), protocol)
    found = [kind_of(Combination("c", ((1.0, key),)), cells) for key in cells.keys]
    assert found == kinds(protocol, [key.outcome for key in cells.keys])
    assert {"percent", "free"} <= set(found)


def test_an_accuracy_stored_under_another_name_has_the_bounds_of_an_accuracy() -> None:
    text = "name: p\narms: {a: [assess: {condition: acute, outcomes: [acc_biased_1.5 as stress_test]}]}"
    rows = [("p", "base", n, "a", "acute", "stress_test", 100.0) for n in range(10)]
    columns = ["protocol", "variant", "subject", "arm", "condition", "outcome", "value"]
    cells = Cells.of(pl.DataFrame(rows, schema=columns, orient="row"), rs.loads(text))
    one = Combination("c", ((1.0, Cell("a", "acute", "stress_test")),))
    assert kind_of(one, cells) == "percent"


VALUES = st.lists(st.floats(-100, 100).map(lambda x: round(x, 3)), min_size=3, max_size=12)


@given(VALUES, st.floats(-100, 100))
def test_above_and_below_one_bound_never_hold_both_and_are_open_together(values: list[float], limit: float) -> None:
    cells, of = cells_of(values), "y of a at acute"
    above, below = (find(test, cells).status for test in (Mean(of=of, above=limit), Mean(of=of, below=limit)))
    # equal values at the bound fail both: neither is above it nor below it
    if len(set(values)) > 1:
        assert {above, below} in ({"holds", "fails"}, {"open"})
    else:
        assert {above, below} in ({"holds", "fails"}, {"fails"})


@given(VALUES, st.floats(-100, 100))
def test_a_mean_on_the_right_side_is_never_significantly_missed(values: list[float], limit: float) -> None:
    kept = np.array(values)
    p = p_missed(Bound(low=limit), kept)
    assert p is not None
    if kept.mean() > limit + 1e-6:
        assert p >= 0.5


@given(VALUES, st.floats(-100, 100))
def test_a_claim_about_everyone_fails_with_one_exception(values: list[float], limit: float) -> None:
    found = find(Every(of="y of a at acute", above=limit), cells_of(values))
    assert (found.status == "holds") == all(value > limit for value in values)
    assert found.worst == min(values)
    assert found.estimate == pytest.approx(100 * np.mean(np.array(values) > limit))


def test_what_is_not_measured_is_missing_and_named() -> None:
    found = find(Mean(of="z of a at acute", above=0), cells_of([1.0, 2.0]))
    assert (found.status, found.missing) == ("missing", ("z of a at acute",))
