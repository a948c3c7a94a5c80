"""Planning: numbers of subjects against statsmodels, and by simulation."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.power import TTestPower

import resynapse as rs
from resynapse.analysis.intervals import Interval
from resynapse.analysis.parts.contrasts import Contrast, sign_flip
from resynapse.analysis.parts.planning import FEWEST, MOST, for_power, for_precision, plans, power_of, upper_sd
from resynapse.errors import ResynapseError

ONE = Contrast(
    arm="ssri", other="untreated", condition="acute", outcome="acc_combined", n=10, difference=20.0, sd=6.0,
    interval=Interval(), effect=3.0, p=0.002, p_method="exact",
)  # fmt: skip


@given(st.floats(0.15, 3.0), st.integers(3, 80))
def test_power_is_that_of_statsmodels(effect: float, n: int) -> None:
    theirs = TTestPower().power(effect, n, 0.05, alternative="two-sided")
    assume(np.isfinite(theirs))  # both rest on SciPy's noncentral t, which has no number far out
    assert power_of(effect, 1.0, n) == pytest.approx(theirs, abs=1e-6)


@pytest.mark.parametrize("effect", [0.1, 0.3, 0.8, 2.0, 8.0, 400.0])
@pytest.mark.parametrize("power", [0.8, 0.95])
def test_the_number_is_the_smallest_that_has_the_power(effect: float, power: float) -> None:
    n = for_power(effect, 1.0, power)
    assert power_of(effect, 1.0, n) >= power
    assert n == FEWEST or power_of(effect, 1.0, n - 1) < power
    assert n >= FEWEST


def test_no_plan_is_below_the_number_at_which_the_reported_p_can_reach_5_percent() -> None:
    for n, reaches in ((FEWEST - 1, False), (FEWEST, True)):
        (p,), _ = sign_flip(np.full((n, 1), 7.0), np.arange(n))
        assert p is not None
        assert (p <= 0.05) == reaches


def test_so_many_subjects_find_the_difference_as_often_as_planned() -> None:
    n = for_power(5.0, 6.0)
    draws = np.random.default_rng(0).normal(5.0, 6.0, (4000, n))
    found = np.mean(stats.ttest_1samp(draws, 0.0, axis=1).pvalue < 0.05)
    assert found == pytest.approx(power_of(5.0, 6.0, n), abs=4 * math.sqrt(0.8 * 0.2 / 4000))


@given(st.floats(0.2, 5.0))
def test_so_many_subjects_make_the_interval_narrow_enough(ratio: float) -> None:
    n = for_precision(1.0, ratio)
    half = stats.t.ppf(0.975, n - 1) * ratio / math.sqrt(n)
    assert half <= 1.0
    assert n == 3 or stats.t.ppf(0.975, n - 2) * ratio / math.sqrt(n - 1) > 1.0


def test_the_cautious_sd_is_above_the_true_one_as_often_as_it_says() -> None:
    sds = np.random.default_rng(1).normal(0, 2.0, (4000, 10)).std(axis=1, ddof=1)
    above = np.mean([upper_sd(sd, 10) > 2.0 for sd in sds])
    assert above == pytest.approx(0.8, abs=4 * math.sqrt(0.8 * 0.2 / 4000))


def test_plans_follow_the_unit_of_the_outcome(switch_relapse: rs.Protocol) -> None:
    magnitude = replace(ONE, outcome="activation_magnitude", sd=0.08)
    points, absolute = plans([ONE, magnitude], switch_relapse)
    assert (points.difference, absolute.difference) == (5.0, 0.05)
    assert points.for_power == math.ceil(TTestPower().solve_power(5 / 6, power=0.8, alpha=0.05))
    assert points.for_power_cautious > points.for_power
    assert points.for_precision_cautious > points.for_precision
    assert plans([ONE], switch_relapse, points=20.0)[0].for_power < points.for_power


def test_differences_that_do_not_vary_or_have_no_unit_are_not_planned(switch_relapse: rs.Protocol) -> None:
    found = [replace(ONE, sd=0.0), replace(ONE, sd=None), replace(ONE, outcome="of another protocol")]
    assert plans(found, switch_relapse) == ()
    assert for_precision(1e-9, 1.0) == MOST


@pytest.mark.parametrize(
    ("options", "said"),
    [({"points": 0.0}, "points = 0"), ({"absolute": float("nan")}, "absolute = nan"), ({"power": 1.0}, "power 1 ")],
)
def test_impossible_wishes_are_refused_in_one_line(
    options: dict[str, float], said: str, switch_relapse: rs.Protocol
) -> None:
    with pytest.raises(ResynapseError, match=said):
        plans([ONE], switch_relapse, **options)
