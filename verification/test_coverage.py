"""Do the 95 % intervals cover 95 %? Simulated cohorts of 6, 10, 20 and 101 subjects, and exact sums for shares.

`pytest verification/test_coverage.py -s` prints the table of `docs/statistics.md`.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats

from resynapse.analysis.intervals import Kind, mean_intervals, proportion_interval
from resynapse.analysis.parts.contrasts import sign_flip

COHORTS = 4_000
ERROR = math.sqrt(0.95 * 0.05 / COHORTS)
"""Binomial standard error of a coverage near 95 %."""
Floats = NDArray[np.float64]


def _normal(rng: np.random.Generator, shape: tuple[int, int]) -> Floats:
    return rng.normal(50.0, 10.0, shape)


def _near_the_ceiling(rng: np.random.Generator, shape: tuple[int, int]) -> Floats:
    return 100 - 100 * rng.beta(0.6, 8.0, shape)


def _skewed(rng: np.random.Generator, shape: tuple[int, int]) -> Floats:
    return rng.exponential(10.0, shape)


def _paired(rng: np.random.Generator, shape: tuple[int, int]) -> Floats:
    level = rng.normal(60.0, 12.0, shape)
    return (level + rng.normal(5.0, 2.0, shape)) - (level + rng.normal(0.0, 4.0, shape))


def _shares_of_six(rng: np.random.Generator, shape: tuple[int, int]) -> Floats:
    return 100 * rng.binomial(6, rng.beta(1.0, 2.0, shape)) / 6


SOURCES: dict[str, tuple[Callable[[np.random.Generator, tuple[int, int]], Floats], float]] = {
    "normal": (_normal, 50.0),
    "paired difference": (_paired, 5.0),
    "share of six counts, clustered": (_shares_of_six, 100 / 3),
    "exponential": (_skewed, 10.0),
    "accuracy near 100 %": (_near_the_ceiling, 100 - 100 * 0.6 / 8.6),
}


def _coverage(name: str, n: int) -> float:
    draw, truth = SOURCES[name]
    values = draw(np.random.default_rng(n), (n, COHORTS))
    kind: Kind = "percent" if "share" in name or "%" in name else "free"
    return float(np.mean([truth in interval for interval in mean_intervals(values, [kind] * COHORTS)]))


def _plain(name: str, n: int) -> tuple[float, float]:
    """The same cohorts with an unexpanded BCa interval and with Student's."""
    draw, truth = SOURCES[name]
    values = draw(np.random.default_rng(n), (n, COHORTS))
    bca = stats.bootstrap((values.T,), np.mean, axis=-1, n_resamples=1999, batch=500, method="BCa", rng=1)
    ends = bca.confidence_interval
    half = stats.t.ppf(0.975, n - 1) * stats.sem(values)
    covered = (ends.low <= truth) & (truth <= ends.high)
    return float(np.mean(covered)), float(np.mean(np.abs(values.mean(axis=0) - truth) <= half))


@pytest.mark.parametrize("name", SOURCES)
@pytest.mark.parametrize("n", [6, 10, 20, 101])
@pytest.mark.filterwarnings("ignore::RuntimeWarning")  # the plain interval has no ends where a cohort is constant
def test_intervals_cover_the_mean(name: str, n: int) -> None:
    covered = _coverage(name, n)
    if n > 100:
        print(f"\n| {name} | {n} | {100 * covered:.1f} | | |")
    else:
        plain, student = _plain(name, n)
        print(f"\n| {name} | {n} | {100 * covered:.1f} | {100 * plain:.1f} | {100 * student:.1f} |")
        # expansion never makes it worse, and costs nothing against Student's interval where that one is too narrow
        assert covered >= plain - 4 * ERROR
        assert covered >= min(student, 0.95) - 0.02 - 4 * ERROR
    if name in ("normal", "paired difference") and n >= 10:
        # a percentile interval of ten normal values is right to first order only: one point is granted to the second
        assert abs(covered - 0.95) <= 0.01 + 4 * ERROR


@pytest.mark.parametrize("n", [6, 10, 20, 100])
def test_the_interval_of_a_share_never_covers_less_than_it_says(n: int) -> None:
    """Exact: the probability of every count, summed over those whose interval holds the true share."""
    ends = [proportion_interval(yes, n) for yes in range(n + 1)]
    shares = np.linspace(0.005, 0.995, 199)
    holds = np.array([[100 * p in interval for interval in ends] for p in shares])
    covered = (stats.binom.pmf(np.arange(n + 1), n, shares[:, None]) * holds).sum(axis=1)
    print(f"\nshare of {n} subjects: coverage from {100 * covered.min():.1f} to {100 * covered.max():.1f} %")
    assert covered.min() >= 0.95


@pytest.mark.parametrize("n", [6, 10, 12, 13, 30])
def test_sign_flips_reject_as_often_as_they_say(n: int) -> None:
    values = np.random.default_rng(n).standard_t(3, size=(n, COHORTS))
    found = np.asarray(sign_flip(values, np.arange(n))[0], dtype=float)
    rejected = float(np.mean(found <= 0.05))
    print(f"\nsign flips, n = {n}: {100 * rejected:.1f} % at 5 %")
    assert rejected <= 0.05 + 4 * ERROR
    # as many as its steps of 2 / 2**n allow: 0.031 at six subjects
    assert rejected >= 2 / 2**n * math.floor(0.05 / (2 / 2**n) + 1e-9) - 4 * ERROR - 0.002
