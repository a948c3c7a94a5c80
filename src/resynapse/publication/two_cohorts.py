"""Two cohorts of which every subject is known: means and spreads, cell by cell and together.

Cell by cell: Welch's interval of the difference, the widened F interval of the ratio of SDs, and Brown and Forsythe's
test of spread, which long tails mislead less. Together: whole subjects are permuted between the cohorts, so that cells
keep their dependence.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from resynapse.analysis.cells import Floats
from resynapse.analysis.intervals import ALPHA, sample_sd, welch
from resynapse.errors import ResynapseError
from resynapse.publication.spread import FEWEST, ratio_interval, widening

PERMUTATIONS = 2_000
MOST_AT_ONCE = 500_000
"""Numbers of permuted cohorts in memory at a time."""
SEED = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class TwoSamples:
    """One cell in two cohorts.

    Parameters
    ----------
    difference, low, high, p : first minus second mean, its 95 % Welch interval and p; None where neither varies.
    ratio, ratio_low, ratio_high : first over second SD; None where one does not vary. The interval is widened for the
        larger of both kurtoses.
    spread_p : Brown and Forsythe; None where neither varies.
    """

    mean: float
    other_mean: float
    sd: float
    other_sd: float
    difference: float
    low: float | None
    high: float | None
    p: float | None
    ratio: float | None
    ratio_low: float | None
    ratio_high: float | None
    spread_p: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Together:
    """What the cells say together.

    Parameters
    ----------
    means_apart, spreads_apart : cells with p (spread_p) below 0.05.
    means_p, spreads_p : share of permutations in which at least as many are.
    """

    cells: tuple[TwoSamples, ...]
    n: int
    other_n: int
    means_apart: int
    means_p: float
    spreads_apart: int
    spreads_p: float


def two_samples(first: Floats, second: Floats) -> Together:
    """Compare two cohorts, shape (subjects, cells) each, without gaps; equal input gives equal numbers.

    Raises
    ------
    ResynapseError : a cohort has fewer than 4 subjects, the cells are not the same, or a value is missing.
    """
    if min(len(first), len(second)) < FEWEST or first.shape[1] != second.shape[1]:
        raise ResynapseError(
            f"cohorts of shape {first.shape} and {second.shape} cannot be compared; give two of at least {FEWEST} "
            "subjects with the same cells"
        )
    if np.isnan(first).any() or np.isnan(second).any():
        raise ResynapseError("a value is missing; compare cells that every subject has")
    both = np.concatenate([first, second])
    n, cells = len(first), []
    means, spreads = _p_values(both, n)
    factors = np.maximum(widening(first), widening(second))
    for column in range(first.shape[1]):
        cells.append(_cell(first[:, column], second[:, column], means[column], spreads[column], factors[column]))
    rng = np.random.default_rng(SEED)
    orders = np.array([rng.permutation(len(both)) for _ in range(PERMUTATIONS)])
    block = max(1, MOST_AT_ONCE // both.size)
    counts = np.concatenate(
        [_counts(*_p_values(both[orders[at : at + block]], n)) for at in range(0, PERMUTATIONS, block)]
    )
    found = [int(count) for count in _counts(means, spreads)]
    return Together(
        cells=tuple(cells),
        n=n,
        other_n=len(second),
        means_apart=found[0],
        means_p=float(np.mean(counts[:, 0] >= found[0])),
        spreads_apart=found[1],
        spreads_p=float(np.mean(counts[:, 1] >= found[1])),
    )


def _counts(means: Floats, spreads: Floats) -> NDArray[np.int64]:
    """How many cells are apart in their means, and in their spreads."""
    return np.stack([(p < ALPHA).sum(axis=-1) for p in (means, spreads)], axis=-1)


def _p_values(both: Floats, n: int) -> tuple[Floats, Floats]:
    """Welch's p of means and Brown and Forsythe's p of spread of every cell; NaN where nothing varies.

    Parameters
    ----------
    both : shape (..., subjects, cells), the first cohort before the second.
    n : subjects of the first.
    """
    from scipy.stats import f, t

    a, b = both[..., :n, :], both[..., n:, :]
    m = b.shape[-2]
    va, vb = a.var(axis=-2, ddof=1) / n, b.var(axis=-2, ddof=1) / m
    with np.errstate(divide="ignore", invalid="ignore"):
        df = (va + vb) ** 2 / (va**2 / (n - 1) + vb**2 / (m - 1))
        means = 2 * t.sf(np.abs(a.mean(axis=-2) - b.mean(axis=-2)) / np.sqrt(va + vb), df)
        da, db = (np.abs(side - np.median(side, axis=-2, keepdims=True)) for side in (a, b))
        ma, mb = (side.mean(axis=-2, keepdims=True) for side in (da, db))
        within = ((da - ma) ** 2).sum(axis=-2) + ((db - mb) ** 2).sum(axis=-2)
        between = n * m / (n + m) * (ma - mb)[..., 0, :] ** 2
        spreads = f.sf(between * (n + m - 2) / within, 1, n + m - 2)
    flat = np.ptp(both, axis=-2) == 0
    return np.where(flat, np.nan, means), np.where(flat, np.nan, spreads)


def _cell(a: Floats, b: Floats, p: float, spread_p: float, factor: float) -> TwoSamples:
    sd, other = sample_sd(a) or 0.0, sample_sd(b) or 0.0
    half, _, error = welch(other, len(b), sd, len(a))
    difference = float(a.mean() - b.mean())
    known = sd > 0 and other > 0
    low, high = ratio_interval(sd / other, len(a), len(b), factor) if known else (None, None)
    return TwoSamples(
        mean=float(a.mean()),
        other_mean=float(b.mean()),
        sd=sd,
        other_sd=other,
        difference=difference,
        low=difference - half if error else None,
        high=difference + half if error else None,
        p=None if math.isnan(p) else float(p),
        ratio=sd / other if known else None,
        ratio_low=low,
        ratio_high=high,
        spread_p=None if math.isnan(spread_p) else float(spread_p),
    )
