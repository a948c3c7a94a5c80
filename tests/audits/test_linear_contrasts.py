"""Tests as weights on cells, and what a run says to them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from resynapse.analysis.cells import Cell, Cells
from resynapse.audits.findings import find, values
from resynapse.audits.linear_contrasts import combinations
from resynapse.audits.scenarios import Scenario
from resynapse.protocol.claim_tests import Difference, Every, Mean, Order, Test, Trend
from resynapse.protocol.when import When


def weights(test: Test, cells: Cells, scenario: Scenario | None = None) -> list[float]:
    about = combinations(test, cells.index, scenario or Scenario())
    assert not about.missing
    return [float(values(cells, part).mean()) for part in about.parts]


def test_a_mean_over_counts_is_taken_within_the_subject(cells: Cells) -> None:
    # subject s has s at count 1 and 3 s + 4 at count 3, so 2 s + 2 on average, and s runs from 0 to 5
    assert weights(Mean(of="score of a at later", above=0), cells) == [7.0]


def test_a_difference_is_paired_by_the_counts_that_both_sides_have(cells: Cells) -> None:
    test = Difference(of="score of a at later", minus="score of b at later", above=0)
    assert weights(test, cells) == [pytest.approx(np.mean([3 * s + 4 for s in range(6)]))]


def test_a_trend_is_the_slope_times_the_span(cells: Cells) -> None:
    assert weights(Trend(of="score of a at later", above=0), cells) == [
        pytest.approx(np.mean([2 * s + 4 for s in range(6)]))
    ]


def test_an_order_is_the_differences_of_neighbours(cells: Cells) -> None:
    assert weights(Order(of="score", at="acute", arms=("a", "b")), cells) == [pytest.approx(3.5)]


def test_a_world_reads_other_arms_and_outcomes(cells: Cells) -> None:
    test = Mean(of="score of a at acute", above=0)
    assert weights(test, cells, Scenario(arms={"a": "b"})) == [9.0]
    assert weights(test, cells, Scenario(outcomes={"score": "flag"})) == [pytest.approx(500 / 6)]


def test_what_is_not_measured_is_named(cells: Cells) -> None:
    found = find(Mean(of="score of c at acute", above=0), cells)
    assert found.status == "missing"
    assert found.missing == ("score of c at acute",)
    assert find(Trend(of="score of b at later", above=0), cells).status == "missing"


@pytest.mark.parametrize(
    ("bound", "status"),
    [
        ({"above": 5.0}, "holds"),
        ({"above": 12.4}, "open"),
        ({"above": 20.0}, "fails"),
        ({"below": 20.0}, "holds"),
        ({"below": 5.0}, "fails"),
        ({"within": (0.0, 100.0)}, "holds"),
        ({"within": (12.0, 13.0)}, "open"),
        ({"within": (0.0, 5.0)}, "fails"),
    ],
)
def test_a_mean_holds_or_fails_with_its_whole_interval(cells: Cells, bound: dict[str, object], status: str) -> None:
    found = find(Mean.model_validate({"of": "score of a at acute", **bound}), cells)
    assert found.status == status
    assert found.estimate == 12.5
    assert found.low is not None
    assert found.high is not None
    assert found.low < 12.5 < found.high


def test_one_subject_on_the_wrong_side_refutes_a_statement_about_every_subject(cells: Cells) -> None:
    found = find(Every(of="score of a at acute", above=10.5), cells)
    assert (found.status, found.estimate, found.worst) == ("fails", pytest.approx(500 / 6), 10.0)
    assert find(Every(of="score of a at acute", above=9.5), cells).status == "holds"
    assert find(Order(of="score", at="acute", arms=("a", "b"), every=True), cells).worst == 1.0


def test_only_those_meant_are_counted_and_nobody_is_no_support(cells: Cells) -> None:
    some = Scenario(name="some", among=(When.parse("score >= 14"), "acute"))
    assert find(Mean(of="score of a at acute", above=0), cells, some).n == 2
    none = Scenario(name="none", among=(When.parse("score >= 99"), "acute"))
    assert find(Mean(of="score of a at acute", above=0), cells, none).status == "missing"


def test_a_constant_difference_has_itself_as_interval(cells: Cells) -> None:
    found = find(Difference(of="score of a at acute", minus="score of a at acute", above=0), cells)
    assert (found.status, found.low, found.high) == ("fails", 0.0, 0.0)


def test_an_accuracy_that_never_varies_is_its_own_and_a_share_of_subjects_is_not(cells: Cells) -> None:
    whole = replace(cells, values=np.full_like(cells.values, 100.0))
    test = Mean(of="acc_clean of a at acute", above=95)
    key = Cell("a", "acute", "acc_clean")
    accuracy = replace(whole, keys=(key, *whole.keys[1:]))
    assert find(test, accuracy).status == "holds"
    # six of six subjects are no evidence that more than 95 % of all are so
    counted = find(test, replace(accuracy, flags=frozenset({"acc_clean"})))
    assert counted.status == "open"
    assert counted.low is not None
    assert counted.low < 60


def test_a_share_over_many_counts_is_at_its_bound_where_each_count_is(cells: Cells) -> None:
    keys = tuple(Cell("a", f"later={count}", "flag") for count in range(6))
    always = replace(cells, keys=keys, values=np.full((6, 6), 100.0), flags=frozenset({"flag"}))
    found = find(Mean(of="flag of a at later", above=75), always)
    # the bound of six of six, although the mean of six sixths is rounded
    assert (found.estimate, found.high) == (100.0, 100.0)
    assert found.low == pytest.approx(100 * 0.025 ** (1 / 6))
