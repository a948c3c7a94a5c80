"""What the interval of a ratio of SDs covers, on normal outcomes, near a bound, and where one subject in twenty fails.

`pytest verification/test_spread.py -s` prints the table of `docs/statistics.md`.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from resynapse.publication.spread import ratio_interval, widening

PAIRS = 20_000
ERROR = math.sqrt(0.95 * 0.05 / PAIRS)
"""Binomial standard error of a coverage near 95 %."""
Floats = NDArray[np.float64]
Draw = Callable[[np.random.Generator, tuple[int, int]], Floats]


def _rare_failures(rng: np.random.Generator, shape: tuple[int, int]) -> Floats:
    """Ninety and a little spread, but one subject in twenty is twenty points lower."""
    return rng.normal(90.0, 3.0, shape) - np.where(rng.random(shape) < 0.05, 20.0, 0.0)


SOURCES: dict[str, Draw] = {
    "normal": lambda rng, shape: rng.normal(50.0, 10.0, shape),
    "accuracy between bounds": lambda rng, shape: 100 * rng.beta(4.0, 2.0, shape),
    "accuracy near 93 %": lambda rng, shape: 100 - 100 * rng.beta(3.0, 40.0, shape),
    "accuracy near 100 %": lambda rng, shape: 100 - 100 * rng.beta(0.6, 8.0, shape),
    "exponential": lambda rng, shape: rng.exponential(10.0, shape),
    "one in twenty fails": _rare_failures,
}


@pytest.mark.parametrize("name", SOURCES)
@pytest.mark.parametrize(("n", "other"), [(10, 10), (50, 10), (50, 20)])
def test_the_widened_interval_covers_more_than_f_and_all_where_outcomes_are_normal(
    name: str, n: int, other: int
) -> None:
    rng = np.random.default_rng(n + other)
    ours, theirs = SOURCES[name](rng, (n, PAIRS)), SOURCES[name](rng, (other, PAIRS))
    ratio = np.log(ours.std(axis=0, ddof=1) / theirs.std(axis=0, ddof=1))
    low, high = (math.log(end) for end in ratio_interval(1.0, n, other))
    factor = widening(ours)
    plain, widened = (
        float(np.mean((ratio + f * low <= 0) & (ratio + f * high >= 0))) for f in (np.ones(PAIRS), factor)
    )
    print(f"\n| {name} | {n} v {other} | {100 * plain:.1f} | {100 * widened:.1f} |")
    assert widened >= plain
    if name in ("normal", "accuracy between bounds"):
        assert widened >= 0.95 - 4 * ERROR
