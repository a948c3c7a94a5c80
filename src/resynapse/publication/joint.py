"""What all cells say together: pairs of cohorts redrawn from our own subjects, whole subjects at a time.

In one pair, a cohort of ours and one of the publication's size come from the same subjects, so nothing differs and
every dependence between cells is kept. The same verdicts on many pairs show how many cells differ by chance, how many a
shift of every cell would make differ, and which common shift is excluded. Normal theory is not needed; that our
subjects represent all subjects is, which ten do poorly.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from resynapse.analysis.cells import Cells, Floats
from resynapse.analysis.intervals import LEVEL, seed
from resynapse.publication.comparison import Cell
from resynapse.publication.spread import ratio_interval, widening_of_moments

PAIRS = 2_000
FEWEST = 6
"""Subjects that are worth redrawing."""
SHIFT = 2.0
"""The common shift that is tested, in points."""
SHIFTS = tuple(0.1 * step for step in range(1, 41))
"""Common shifts that are tried, in SDs of the cell: equally hard to see in every cell, as points are not."""
NEAR_A_BOUND = 5.0
"""% from 0 or 100 within which a published mean has no room for a shift."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Joint:
    """The cells with room for a shift: in % or points, not within `NEAR_A_BOUND` of 0 or 100 %, with spread.

    Parameters
    ----------
    cells : how many are taken together.
    differ : of these, how many are shown to differ.
    by_chance, by_chance_most : mean, and 95th percentile over redrawn pairs, of how many differ although nothing does.
    shift, by_shift : a shift of every cell by that many points, and how many cells it makes differ on average.
    excluded : the least common shift, in SDs of each cell and of either sign, that makes more cells differ in 95 of
        100 pairs; None within 4 SDs.
    mean, low, high : mean difference over these cells, ours minus published, and its 95 % interval from the pairs.
    ratios, ratios_apart : of all cells with a ratio of SDs, how many there are and how many exclude 1.
    ratios_by_chance, ratios_by_chance_most : the same by chance, mean and 95th percentile.
    """

    cells: int
    differ: int
    by_chance: float
    by_chance_most: int
    shift: float
    by_shift: float
    excluded: float | None
    mean: float
    low: float
    high: float
    ratios: int
    ratios_apart: int
    ratios_by_chance: float
    ratios_by_chance_most: int


def joint(means: Sequence[Cell], ratios: Sequence[Cell], ratios_apart: int, cells: Cells) -> Joint | None:
    """Take the cells together; None with fewer than `FEWEST` subjects, without a cell, or where subjects have gaps.

    Parameters
    ----------
    means : cells that are results of their own, or part of a trajectory.
    ratios : cells with a ratio of SDs, of which `ratios_apart` exclude 1.
    """
    roomy = [c for c in means if _has_room(c)]
    if not roomy or not ratios or len(cells.subjects) < FEWEST:
        return None
    theirs = {c.published_n for c in (*roomy, *ratios)}
    values, of_ratios = (_values(chosen, cells) for chosen in (roomy, ratios))
    if len(theirs) != 1 or values is None or of_ratios is None:
        return None
    n, (other,) = len(cells.subjects), theirs
    ours_drawn, theirs_drawn = (_counts(size, n, cells.subjects, side) for side, size in enumerate((n, other)))
    margins = np.array([c.margin for c in roomy])
    a, b = _moments(ours_drawn, values), _moments(theirs_drawn, values)
    difference, half = _welch(a, b)
    beyond = np.maximum(half, margins)

    def count(moved: Floats | float) -> NDArray[np.int64]:
        return np.asarray((np.abs(difference + moved) > beyond).sum(axis=1))

    by_chance, sds = count(0.0), values.std(axis=0, ddof=1)
    differ = sum(c.verdict == "differs" for c in roomy)
    average = float(np.mean([c.difference for c in roomy if c.difference is not None]))
    tail = (1 - LEVEL) / 2
    below, above = np.quantile(difference.mean(axis=1), [tail, 1 - tail])
    apart = _apart(_moments(ours_drawn, of_ratios), _moments(theirs_drawn, of_ratios)).sum(axis=1)
    return Joint(
        cells=len(roomy),
        differ=differ,
        by_chance=float(by_chance.mean()),
        by_chance_most=int(np.quantile(by_chance, LEVEL, method="higher")),
        shift=SHIFT,
        by_shift=float(count(SHIFT).mean()),
        excluded=next(
            (d for d in SHIFTS if all(np.mean(count(side * d * sds) <= differ) <= 1 - LEVEL for side in (-1, 1))), None
        ),
        mean=average,
        low=average - float(above),
        high=average - float(below),
        ratios=len(ratios),
        ratios_apart=ratios_apart,
        ratios_by_chance=float(apart.mean()),
        ratios_by_chance_most=int(np.quantile(apart, LEVEL, method="higher")),
    )


def _has_room(cell: Cell) -> bool:
    if cell.difference is None or cell.unit not in ("pct", "pp") or not cell.published_sd or not cell.sd:
        return False
    return cell.unit == "pp" or NEAR_A_BOUND <= cell.published_mean <= 100.0 - NEAR_A_BOUND


def _values(chosen: Sequence[Cell], cells: Cells) -> Floats | None:
    """The subjects' values about their mean, shape (subjects, cells); None where one is missing."""
    columns = [cells.column(c.arm, c.condition, c.outcome) for c in chosen]
    found = [column for column in columns if column is not None and not np.isnan(column).any()]
    if len(found) < len(columns):
        return None
    values = np.stack(found, axis=1)
    return np.asarray(values - values.mean(axis=0))


def _counts(size: int, n: int, subjects: NDArray[np.int64], side: int) -> Floats:
    """How often each of n subjects is in each redrawn cohort of that size, shape (pairs, subjects)."""
    rng = np.random.default_rng([seed(subjects), side])
    return rng.multinomial(size, np.full(n, 1 / n), PAIRS).astype(float)


@dataclass(frozen=True, slots=True)
class _Moments:
    """Of redrawn cohorts: size, means, and central moments with the size in the denominator; (pairs, cells)."""

    size: int
    mean: Floats
    second: Floats
    fourth: Floats

    @property
    def variance(self) -> Floats:
        return self.second * self.size / (self.size - 1)


def _moments(drawn: Floats, values: Floats) -> _Moments:
    size = int(drawn[0].sum())
    one, two, three, four = (drawn @ values**power / size for power in (1, 2, 3, 4))
    # rounding can leave a trace where a cohort is one subject many times
    floor = 1e-12 * (values**2).mean(axis=0)
    second = np.where(two - one**2 > floor, two - one**2, 0.0)
    fourth = np.maximum(four - 4 * one * three + 6 * one**2 * two - 3 * one**4, 0.0)
    return _Moments(size, one, second, fourth)


def _welch(a: _Moments, b: _Moments) -> tuple[Floats, Floats]:
    """Differences of means and half widths of their 95 % Welch intervals."""
    from scipy.stats import t

    part, other = a.variance / a.size, b.variance / b.size
    with np.errstate(divide="ignore", invalid="ignore"):
        df = (part + other) ** 2 / (part**2 / (a.size - 1) + other**2 / (b.size - 1))
    half = t.ppf(0.5 + LEVEL / 2, np.nan_to_num(df, nan=1.0)) * np.sqrt(part + other)
    return a.mean - b.mean, np.asarray(half)


def _apart(a: _Moments, b: _Moments) -> NDArray[np.bool_]:
    """Where the widened interval of the ratio of SDs excludes 1; a cohort without spread has no ratio."""
    low, high = (float(np.log(end)) for end in ratio_interval(1.0, a.size, b.size))
    factor = widening_of_moments(a.size, a.second, a.fourth)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = 0.5 * (np.log(a.variance) - np.log(b.variance))
    return np.isfinite(ratio) & ((ratio + factor * low > 0) | (ratio + factor * high < 0))
