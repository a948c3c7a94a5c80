"""Trait regression against statsmodels and SciPy."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import polars as pl
import pytest
import statsmodels.api as sm
from scipy import stats
from statsmodels.stats.multitest import multipletests

import resynapse as rs
from resynapse.analysis.cells import Cells
from resynapse.analysis.parts.traits import least_squares, trait_effects

Tidy = Callable[..., pl.DataFrame]


def test_slopes_errors_and_fit_are_those_of_statsmodels() -> None:
    rng = np.random.default_rng(0)
    traits = np.column_stack([rng.uniform(0.9, 0.99, 40), rng.normal(3, 2, 40)])
    outcome = 80 - 200 * (traits[:, 0] - 0.95) + traits[:, 1] + rng.normal(0, 1 + 0.2 * np.abs(traits[:, 1]))
    fitted = sm.OLS(outcome, sm.add_constant(traits)).fit(cov_type="HC3")
    slopes, errors, r_squared = least_squares(outcome, traits)
    assert slopes == pytest.approx(fitted.params[1:])
    assert errors == pytest.approx(fitted.bse[1:])
    assert r_squared == pytest.approx(fitted.rsquared)


def test_one_trait_is_a_straight_line_with_its_rank_correlation(tidy: Tidy) -> None:
    rng = np.random.default_rng(1)
    trait = rng.uniform(0, 0.06, 12)
    outcome = 70 - 300 * trait + rng.normal(0, 2, 12)
    values = {("ssri", "trait", "adversity"): trait.tolist(), ("ssri", "cycle=0", "stress_test"): outcome.tolist()}
    (found,) = trait_effects(Cells.of(tidy(values)))
    line = stats.linregress(trait, outcome)
    assert (found.slope, found.n) == (pytest.approx(line.slope), 12)
    assert found.r_squared == pytest.approx(line.rvalue**2)
    assert found.standardised == pytest.approx(line.rvalue)
    assert found.rank_correlation == pytest.approx(stats.spearmanr(trait, outcome).statistic)
    assert found.slope in found.interval


def test_the_interval_covers_the_slope_also_where_the_spread_grows_with_the_trait(tidy: Tidy) -> None:
    rng = np.random.default_rng(2)
    hits = 0
    for _ in range(300):
        trait = rng.uniform(0, 1, 30)
        values = {
            ("a", "trait", "t"): trait.tolist(),
            ("a", "acute", "acc_combined"): (5 * trait + trait * rng.normal(0, 2, 30)).tolist(),
        }
        (found,) = trait_effects(Cells.of(tidy(values)))
        hits += 5.0 in found.interval
    # HC3 is within 2 % of its level at 30 subjects (Long and Ervin 2000); four binomial errors of 300 beside it
    assert hits / 300 > 0.93 - 4 * np.sqrt(0.93 * 0.07 / 300)


def test_p_is_adjusted_over_the_outcomes_and_traits_of_an_arm(tidy: Tidy) -> None:
    rng = np.random.default_rng(3)
    values = {("a", "trait", t): rng.normal(size=12).tolist() for t in ("depth", "age")}
    values |= {("a", "acute", o): rng.normal(size=12).tolist() for o in ("acc_clean", "acc_combined", "acc_standard")}
    values |= {("b", "trait", "depth"): values["a", "trait", "depth"], ("b", "acute", "acc_clean"): list(range(12))}
    found = trait_effects(Cells.of(tidy(values)))
    for arm, size in (("a", 6), ("b", 1)):
        own = [t for t in found if t.arm == arm]
        assert len(own) == size
        theirs = multipletests([t.p for t in own], method="holm")[1]
        assert [t.p_holm for t in own] == pytest.approx(list(theirs))


def test_what_cannot_be_regressed_is_left_out(tidy: Tidy) -> None:
    values = {
        ("ssri", "trait", "same"): [0.5] * 6,
        ("ssri", "acute", "acc_combined"): [1, 2, 3, 4, 5, 6],
        ("ketamine", "trait", "depth"): [1, 2, 3, 4, 5, 6],
        ("ketamine", "acute", "acc_combined"): [7.0] * 6,
        ("ketamine", "acute", "gain"): [1, 2, 3, 4, 5, 6],
        ("untreated", "acute", "acc_combined"): [1, 2, 3, 4, 5, 6],
    }
    assert trait_effects(Cells.of(tidy(values))) == ()
    short = {("a", "trait", "t"): [1, 2], ("a", "acute", "acc_clean"): [1, 2]}
    assert trait_effects(Cells.of(tidy(short))) == ()


def test_the_traits_of_a_real_run_are_found(tiny: rs.Protocol) -> None:
    text = rs.protocol.dumps(tiny).replace("sparsity: 0.9\n", "sparsity: {uniform: [0.8, 0.95], name: depth}\n", 1)  # type: ignore[attr-defined]
    run = rs.run(rs.loads(text), subjects=5)
    found = trait_effects(Cells.of(run.table()))
    assert {t.trait for t in found} == {"depth"}
    assert {t.arm for t in found} == {"untreated", "ketamine", "ssri"}
