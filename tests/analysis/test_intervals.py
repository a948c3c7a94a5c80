"""Intervals over subjects: the method fits the data, is said, and covers what it claims."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.proportion import proportion_confint

from resynapse.analysis.intervals import (
    FEW,
    MANY,
    RESAMPLES,
    RESAMPLES_OF_MANY,
    expanded,
    mean_interval,
    mean_intervals,
    proportion_interval,
    resampled_means,
    sample_sd,
    seed,
)


@given(st.integers(2, 60).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_shares_of_subjects_have_the_exact_interval(case: tuple[int, int]) -> None:
    yes, n = case
    ours = proportion_interval(yes, n)
    low, high = proportion_confint(yes, n, alpha=0.05, method="beta")
    assert ours.low == pytest.approx(100 * low, abs=1e-6)
    assert ours.high == pytest.approx(100 * high, abs=1e-6)
    assert ours.method == "Clopper-Pearson"


@pytest.mark.parametrize("n", [6, 10, 40])
def test_resampled_intervals_are_those_of_scipy_at_the_expanded_level(n: int) -> None:
    # whole numbers, whose sums are exact: scipy counts ties with the mean, which rounding would decide
    values = np.random.default_rng(n).poisson(4.0, size=n).astype(float)
    theirs = stats.bootstrap(
        (values,), np.mean, confidence_level=expanded(n), n_resamples=RESAMPLES, method="BCa",
        rng=np.random.default_rng(seed(np.arange(n))),
    ).confidence_interval  # fmt: skip
    ours = mean_interval(values, "free")
    assert (ours.low, ours.high) == pytest.approx((theirs.low, theirs.high))
    assert ours.method.startswith("BCa")


def test_the_expanded_level_makes_a_normal_percentile_interval_that_of_t() -> None:
    for n in (6, 10, 50):
        spread = math.sqrt((n - 1) / n)  # of the bootstrap distribution, in standard errors
        half = stats.norm.ppf(0.5 + expanded(n) / 2) * spread
        assert half == pytest.approx(stats.t.ppf(0.975, n - 1))


@pytest.mark.parametrize("n", [2, FEW - 1])
def test_few_subjects_have_students_interval(n: int) -> None:
    values = np.arange(n) ** 1.5
    ours = mean_interval(values, "free")
    theirs = stats.t.interval(0.95, n - 1, values.mean(), stats.sem(values))
    assert (ours.low, ours.high) == pytest.approx(theirs)
    assert "too few" in ours.note
    assert mean_interval(100 - values, "percent").high == 100.0


def test_many_subjects_have_a_percentile_interval_close_to_the_normal_one() -> None:
    n = 4 * MANY
    values = np.random.default_rng(2).normal(50, 10, n)
    ours = mean_interval(values, "free")
    error = values.std(ddof=1) / math.sqrt(n)
    # the 0.025 quantile of 999 resamples has a standard error of 0.085 standard errors of the mean; five of them
    assert ours.low == pytest.approx(values.mean() - 1.96 * error, abs=0.43 * error)
    assert ours.high == pytest.approx(values.mean() + 1.96 * error, abs=0.43 * error)
    assert ours.method.startswith("percentile")


def test_means_of_resamples_are_means_of_subjects_of_the_sample() -> None:
    values = np.column_stack([np.arange(8.0), np.arange(8.0) ** 2])
    means = resampled_means(values, np.arange(8))
    assert means.shape == (RESAMPLES_OF_MANY, 2)
    # five standard errors of the average of the resampled means
    error = values[:, 0].std() / math.sqrt(8) / math.sqrt(RESAMPLES_OF_MANY)
    assert means[:, 0].mean() == pytest.approx(3.5, abs=5 * error)
    single = np.eye(8)
    assert resampled_means(single, np.arange(8)).sum(axis=1) == pytest.approx(1.0)


def test_a_constant_has_no_interval_and_says_why() -> None:
    ours = mean_interval(np.full(10, 1.6), "free")
    assert not ours
    assert ours.note == "constant: all 10 subjects have 1.6"
    inside = mean_interval(np.full(10, 0.1 + 0.2), "percent")
    assert "constant" in inside.note


@pytest.mark.parametrize(("value", "ends"), [(100.0, (69.15, 100.0)), (0.0, (0.0, 30.85))])
def test_at_the_bounds_the_interval_is_exact(value: float, ends: tuple[float, float]) -> None:
    """All ten at the bound: a mean of (alpha / 2) ** (1 / n) would show that with probability alpha / 2."""
    ours = mean_interval(np.full(10, value), "percent")
    assert (ours.low, ours.high) == pytest.approx(ends, abs=0.01)
    assert pytest.approx(69.15, abs=0.01) == 100 * 0.025**0.1
    assert "at the bound" in ours.note


def test_one_subject_and_no_subject_have_no_interval() -> None:
    assert mean_interval(np.array([5.0]), "percent").note == "one subject: no interval"
    assert proportion_interval(1, 1).note == "one subject: no interval"
    assert not proportion_interval(0, 0)
    assert mean_interval(np.array([np.nan, np.nan]), "free").note == "no value"
    assert sample_sd(np.array([5.0])) is None
    assert sample_sd(np.full(3, 89.98451576576576)) == 0.0


def test_neither_other_columns_nor_their_number_move_an_interval() -> None:
    rng = np.random.default_rng(0)
    values = rng.normal(size=(9, 40))
    alone = mean_intervals(values[:, :1], ["free"])[0]
    among = mean_intervals(values, ["free"] * 40)[0]
    assert (alone.low, alone.high) == pytest.approx((among.low, among.high), rel=1e-12)


def test_missing_subjects_are_left_out_of_their_own_column_alone() -> None:
    values = np.random.default_rng(1).normal(size=(12, 2))
    holed = values.copy()
    holed[3, 1] = np.nan
    whole, part = (mean_intervals(v, ["free", "free"]) for v in (values, holed))
    assert (whole[0].low, whole[0].high) == pytest.approx((part[0].low, part[0].high), rel=1e-12)
    (kept,) = mean_intervals(np.delete(values, 3, axis=0)[:, 1:], ["free"], np.delete(np.arange(12), 3))
    assert (part[1].low, part[1].high) == pytest.approx((kept.low, kept.high), rel=1e-12)


@given(st.lists(st.floats(0, 100), min_size=2, max_size=15))
def test_the_interval_of_a_share_stays_in_its_range_and_holds_the_mean(sample: list[float]) -> None:
    values = np.array(sample)
    ours = mean_interval(values, "percent")
    if ours.low is None or ours.high is None:
        assert ours.note
        return
    assert 0.0 <= ours.low <= ours.high <= 100.0
    assert ours.low - 1e-9 <= values.mean() <= ours.high + 1e-9


def test_intervals_of_ten_subjects_cover_what_they_claim() -> None:
    """500 normal samples of ten: the count of hits is binomial, and the tolerance four of its standard errors."""
    rng = np.random.default_rng(7)
    values = rng.normal(size=(10, 500))
    hits = sum(0.0 in i for i in mean_intervals(values, ["free"] * 500))
    assert abs(hits / 500 - 0.95) < 4 * math.sqrt(0.95 * 0.05 / 500)
