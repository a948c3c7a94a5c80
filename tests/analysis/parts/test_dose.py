"""Dose and response: bands that hold at all counts together, trends within subjects."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import polars as pl
import pytest
from scipy import stats

import resynapse as rs
from resynapse.analysis.cells import Cells
from resynapse.analysis.parts.dose import dose_responses, simultaneous, trends

Tidy = Callable[..., pl.DataFrame]


def test_for_one_count_the_band_is_students_interval() -> None:
    values = np.random.default_rng(0).normal(50, 5, (10, 1))
    (band,) = simultaneous(values, "free", np.arange(10))
    low, high = stats.t.interval(0.95, 9, values.mean(), stats.sem(values[:, 0]))
    # a 0.95 quantile of 9999 draws has a relative error of about 1 %; four of them on the half width
    assert band.low is not None
    assert band.high is not None
    assert band.high - band.low == pytest.approx(high - low, rel=0.04)
    assert (band.low + band.high) / 2 == pytest.approx(values.mean())


def test_the_band_is_wider_for_more_counts_and_never_beyond_bonferroni() -> None:
    rng = np.random.default_rng(1)
    values = rng.normal(50, 5, (10, 8))
    one, eight = simultaneous(values[:, :1], "free", np.arange(10))[0], simultaneous(values, "free", np.arange(10))[0]
    assert one.low is not None
    assert eight.low is not None
    half, bonferroni = values[:, 0].mean() - eight.low, stats.t.ppf(1 - 0.025 / 8, 9) * stats.sem(values[:, 0])
    assert values[:, 0].mean() - one.low < half < 1.04 * bonferroni


def test_counts_that_move_together_need_no_wider_band_than_one() -> None:
    level = np.random.default_rng(2).normal(50, 5, (10, 1))
    together = simultaneous(level + np.arange(6.0), "free", np.arange(10))[0]
    alone = simultaneous(level, "free", np.arange(10))[0]
    assert together.low == pytest.approx(alone.low, abs=0.04 * (level.mean() - alone.low))  # type: ignore[operator]


def test_the_band_covers_all_means_together_as_often_as_it_says() -> None:
    rng = np.random.default_rng(3)
    hits = 0
    for _ in range(300):
        values = rng.normal(size=(10, 1)) + rng.normal(size=(10, 6))
        hits += all(0.0 in band for band in simultaneous(values, "free", np.arange(10)))
    # four binomial standard errors of 300 cohorts
    assert abs(hits / 300 - 0.95) < 4 * np.sqrt(0.95 * 0.05 / 300)


def test_constant_counts_have_no_band_and_shares_stay_in_their_range() -> None:
    values = np.column_stack([np.full(6, 100.0), [99, 100, 98, 100, 99, 100]])
    constant, bounded = simultaneous(values, "percent", np.arange(6))
    assert constant.note == "constant"
    assert bounded.high == 100.0
    assert simultaneous(values[:1], "percent", np.arange(1))[0].note == "one subject"


def test_the_trend_is_spearmans_correlation_of_each_subject() -> None:
    values = np.random.default_rng(4).integers(0, 5, (30, 7)).astype(float)
    expected = [stats.spearmanr(np.arange(7), row).statistic for row in values]
    assert trends(values) == pytest.approx(expected)
    assert trends(np.ones((2, 4))).tolist() == [0.0, 0.0]


def test_a_sweep_is_found_with_its_counts_in_order(tidy: Tidy) -> None:
    rng = np.random.default_rng(5)
    values = {
        ("ssri", f"dose={d}", "acc_combined"): (60 + d / 10 + rng.normal(0, 1, 8)).tolist() for d in (100, 20, 50)
    }
    values["ssri", "dose=20", "sparsity"] = values["ssri", "dose=50", "sparsity"] = [95.0] * 8
    values["untreated", "dose", "acc_combined"] = [30.0] * 8
    (found,) = dose_responses(Cells.of(tidy(values)), rs.load("dose"))
    assert (found.arm, found.within, found.outcome) == ("ssri", "dose", "acc_combined")
    assert [p.count for p in found.points] == [20.0, 50.0, 100.0]
    assert found.points[0].mean == pytest.approx(np.mean(values["ssri", "dose=20", "acc_combined"]))
    assert found.trend > 0.9
    assert found.trend_p == pytest.approx(2 / 2**8)
    for point in found.points:
        assert point.mean in point.band


def test_two_counts_and_yes_or_no_outcomes_are_no_dose_response(tidy: Tidy, switch_relapse: rs.Protocol) -> None:
    values = {("ssri", f"maintenance={c}", "manic_relapse"): [0, 100] for c in (25, 50, 100)}
    values |= {("ssri", f"maintenance={c}", "acc_biased_1.0"): [50, 60] for c in (25, 50)}
    assert dose_responses(Cells.of(tidy(values)), switch_relapse) == ()
