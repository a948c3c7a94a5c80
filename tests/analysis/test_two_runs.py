"""Two runs: paired within subjects where seed and numbers are equal, between groups elsewhere."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats
from tests.analysis.conftest import Tidy

from resynapse.analysis.two_runs import between

A = [50.0, 60.0, 70.0, 80.0, 90.0, 40.0, 30.0]
B = [52.0, 63.0, 71.0, 84.0, 95.0, 46.0, 37.0]
CELL = ("ketamine", "acute", "acc_combined")


def test_a_run_beside_itself_is_the_same(tidy: Tidy) -> None:
    (found,) = between(tidy({CELL: A}), tidy({CELL: A}), paired=True)
    assert found.same
    assert found.difference == 0
    assert found.interval.low is None


def test_paired_differences_are_those_of_the_subjects(tidy: Tidy) -> None:
    (found,) = between(tidy({CELL: A}), tidy({CELL: B}), paired=True)
    differences = np.subtract(B, A)
    assert found.n == len(A)
    assert found.difference == pytest.approx(differences.mean())
    assert found.interval.low is not None
    assert 0 < found.interval.low < differences.mean()
    assert found.p == pytest.approx(2 / 2 ** len(A)), "all signs agree: two of all flips are as extreme"
    assert not found.same


def test_only_subjects_in_both_runs_are_paired(tidy: Tidy) -> None:
    (found,) = between(tidy({CELL: A}), tidy({CELL: [*B[:4], None, 1.0]}), paired=True)
    assert found.n == 5
    assert (found.first_n, found.second_n) == (7, 5)


def test_unpaired_differences_have_welch_s_interval(tidy: Tidy) -> None:
    (found,) = between(tidy({CELL: A}), tidy({CELL: B[:5]}), paired=False)
    expected = stats.ttest_ind(B[:5], A, equal_var=False).confidence_interval(0.95)
    assert found.difference == pytest.approx(np.mean(B[:5]) - np.mean(A))
    assert (found.interval.low, found.interval.high) == pytest.approx((expected.low, expected.high))
    assert found.n == 0
    assert found.p is None


def test_what_has_no_interval_says_why(tidy: Tidy) -> None:
    (one,) = between(tidy({CELL: [1.0]}), tidy({CELL: [2.0]}), paired=False)
    assert one.interval.note == "one subject: no interval"
    (constant,) = between(tidy({CELL: [1.0, 1.0]}), tidy({CELL: [2.0, 2.0]}), paired=False)
    assert constant.interval.note == "constant in both runs"


def test_a_cell_of_one_run_stays_in_sight(tidy: Tidy) -> None:
    other = ("ssri", "acute", "acc_combined")
    first, second = between(tidy({CELL: A}), tidy({CELL: A, other: B}), paired=True)
    assert first.same
    assert (second.arm, second.first_n, second.second_n) == ("ssri", 0, 7)
    assert second.difference is None
    assert second.interval.note == "not in both runs"
