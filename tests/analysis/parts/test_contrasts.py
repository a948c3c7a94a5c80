"""Paired contrasts: exact where they can be, adjusted over the right family, and blind to what does not concern them."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.multitest import multipletests

import resynapse as rs
from resynapse.analysis.cells import Cells
from resynapse.analysis.parts.contrasts import EXACT, contrasts, holm, pairs, sign_flip, standardised

Tidy = Callable[..., pl.DataFrame]

differences = st.lists(st.integers(-6, 6), min_size=2, max_size=8)


@given(differences)
def test_the_exact_p_is_the_share_of_all_sign_flips(sample: list[int]) -> None:
    values = np.array(sample, dtype=float)
    flips = [abs(sum(s * v for s, v in zip(signs, sample, strict=True))) for signs in
             itertools.product((1, -1), repeat=len(sample))]  # fmt: skip
    expected = sum(f >= abs(sum(sample)) for f in flips) / len(flips)
    (p,), (method,) = sign_flip(values[:, None], np.arange(len(sample)))
    assert p == pytest.approx(expected)
    assert method == "exact"


def test_the_exact_p_is_that_of_scipy() -> None:
    rng = np.random.default_rng(3)
    a, b = rng.normal(1.0, 1.0, 9), rng.normal(0.0, 1.0, 9)
    theirs = stats.permutation_test((a, b), lambda x, y: np.mean(x - y), permutation_type="samples", n_resamples=np.inf)
    (p,), _ = sign_flip((a - b)[:, None], np.arange(9))
    assert p == pytest.approx(theirs.pvalue)


def test_more_subjects_are_flipped_at_random_and_agree_with_enumeration() -> None:
    values = np.random.default_rng(4).normal(0.4, 1.0, EXACT + 1)
    codes = np.arange(2 ** len(values))[:, None] >> np.arange(len(values)) & 1
    exact = float(np.mean(np.abs((1 - 2 * codes) @ values) >= abs(values.sum()) - 1e-12))
    (p,), (method,) = sign_flip(values[:, None], np.arange(len(values)))
    assert method == "Monte Carlo, 9999 flips"
    assert p == pytest.approx(exact, abs=5 * math.sqrt(exact * (1 - exact) / 9999))


def test_a_p_of_random_flips_is_never_zero() -> None:
    (p,), _ = sign_flip(np.ones((40, 1)), np.arange(40))
    assert p == pytest.approx(1 / 10_000)


def test_under_no_difference_small_p_values_are_as_rare_as_they_claim() -> None:
    values = np.random.default_rng(5).standard_t(3, size=(10, 1000))
    found = np.array(sign_flip(values, np.arange(10))[0], dtype=float)
    for level in (0.05, 0.2):
        assert np.mean(found <= level) <= level + 4 * math.sqrt(level * (1 - level) / 1000)


@pytest.mark.parametrize("size", [1, 2, 7, 20])
def test_holm_is_that_of_statsmodels(size: int) -> None:
    p_values = np.random.default_rng(size).beta(0.3, 2.0, size).round(2).tolist()
    assert holm(p_values) == pytest.approx(multipletests(p_values, method="holm")[1].tolist())


def test_the_effect_is_d_z_with_hedges_correction() -> None:
    values = np.array([1.0, 2.0, 4.0, 3.0, 5.0, 3.0])
    df = len(values) - 1
    correction = stats.gamma(1).mean() * math.gamma(df / 2) / (math.sqrt(df / 2) * math.gamma((df - 1) / 2))
    assert standardised(values) == pytest.approx(correction * values.mean() / values.std(ddof=1))
    assert correction == pytest.approx(1 - 3 / (4 * df - 1), abs=0.01)
    assert standardised(np.full(6, 2.0)) is None
    assert standardised(np.array([1.0, 2.0])) is None


def test_the_corrected_effect_is_unbiased_for_normal_differences() -> None:
    rng = np.random.default_rng(6)
    found = [standardised(rng.normal(0.8, 1.0, 8)) for _ in range(4000)]
    mean, error = np.mean(found), np.std(found) / math.sqrt(4000)
    assert mean == pytest.approx(0.8, abs=4 * error)


def _two_arms(tidy: Tidy, a: list[float | None], b: list[float | None]) -> Cells:
    table = tidy({("untreated", "acute", "acc_combined"): a, ("ssri", "acute", "acc_combined"): b})
    return Cells.of(table)


def test_a_contrast_pairs_the_subjects_that_both_arms_have(tidy: Tidy, switch_relapse: rs.Protocol) -> None:
    a: list[float | None] = [30, 31, None, 33, 34, 35, 36, 90]
    b: list[float | None] = [80, 85, 90, 84, 88, 80, 81, None]
    (one,) = contrasts(_two_arms(tidy, a, b), switch_relapse)
    kept = [y - x for x, y in zip(a, b, strict=True) if x is not None and y is not None]
    assert (one.arm, one.other, one.n) == ("ssri", "untreated", 6)
    assert one.difference == pytest.approx(np.mean(kept))
    assert one.sd == pytest.approx(np.std(kept, ddof=1))
    assert one.p == pytest.approx(2 / 2**6)


def test_pairing_is_what_makes_it_precise(tidy: Tidy, switch_relapse: rs.Protocol) -> None:
    level = np.random.default_rng(8).normal(60, 10, 10)
    (one,) = contrasts(_two_arms(tidy, list(level), list(level + np.linspace(1, 2, 10))), switch_relapse)
    assert one.interval.low is not None
    assert one.interval.low > 1.0
    assert stats.ttest_ind(level + 1.5, level).pvalue > 0.5


def test_holm_runs_over_the_primary_endpoints_of_each_pair_of_arms(tidy: Tidy, switch_relapse: rs.Protocol) -> None:
    rng = np.random.default_rng(9)
    outcomes = ["acc_unheard_of", "acc_combined", "acc_internal_2.5", "relapse_drop"]
    values = {(arm, "acute", o): list(rng.normal(50, 5, 8)) for arm in ("untreated", "ssri") for o in outcomes}
    found = contrasts(Cells.of(tidy(values)), switch_relapse)
    family = [c for c in found if c.family]
    assert [c.outcome for c in family] == outcomes[1:]
    assert {c.family for c in family} == {"primary endpoints, ssri and untreated (3)"}
    expected = multipletests([c.p for c in family], method="holm")[1]
    assert [c.p_holm for c in family] == pytest.approx(expected.tolist())
    assert [(c.p_holm, c.role) for c in found if not c.family] == [(None, "exploratory")]


def test_settings_traits_and_what_one_arm_alone_has_are_no_contrasts(tidy: Tidy, switch_relapse: rs.Protocol) -> None:
    values = {
        ("untreated", "acute", "gain"): [1.0] * 4,
        ("ssri", "acute", "gain"): [1.6] * 4,
        ("untreated", "trait", "depth"): [0.9] * 4,
        ("ssri", "trait", "depth"): [0.9] * 4,
        ("ssri", "acute", "acc_clean"): [90, 91, 92, 93],
    }
    assert contrasts(Cells.of(tidy(values)), switch_relapse) == ()


def test_a_constant_difference_has_no_interval_but_an_exact_p(tidy: Tidy, switch_relapse: rs.Protocol) -> None:
    (one,) = contrasts(_two_arms(tidy, [50.0] * 6, [60.0] * 6), switch_relapse)
    assert (one.difference, one.sd, one.effect) == (10.0, 0.0, None)
    assert one.note == "constant: all 6 subjects have 10"
    assert one.p == pytest.approx(2 / 2**6)


def test_one_subject_has_a_difference_and_nothing_else(tidy: Tidy, switch_relapse: rs.Protocol) -> None:
    (one,) = contrasts(_two_arms(tidy, [50.0], [60.0]), switch_relapse)
    assert (one.difference, one.sd, one.effect, one.p, one.p_holm) == (10.0, None, None, None, None)
    assert one.interval.note == one.note == "one subject: no interval"


def test_what_was_measured_before_the_arms_part_is_no_contrast(tidy: Tidy) -> None:
    arms = ("untreated", "random-regrowth")
    values = {(arm, c, "acc_clean"): [50.0, 60.0] for arm in arms for c in ("pruned", "depth=0.9", "recovered")}
    (found,) = contrasts(Cells.of(tidy(values)), rs.load("fragility"))
    assert found.condition == "recovered"


def test_a_variant_is_contrasted_with_its_own_arm_alone() -> None:
    sham = rs.controlled(rs.load("switch-relapse"), "sham")
    arms = tuple(sham.routes)
    found = set(pairs(sham, arms))
    assert ("ssri:sham", "ssri") in found
    assert not any("sham" in one and "sham" in other for one, other in found)
    assert len(found) == 6 + len(sham.variants)


def test_a_real_run_gives_the_same_contrasts_whatever_else_was_run(tiny: rs.Protocol) -> None:
    table = rs.run(tiny, subjects=3).table()
    part = table.filter(pl.col("arm") != "ketamine")
    whole = [c for c in contrasts(Cells.of(table), tiny) if "ketamine" not in (c.arm, c.other)]
    assert tuple(whole) == contrasts(Cells.of(part), tiny)
