"""Where the margin of equivalence comes from: the differences between arms that the published cohort itself shows.

A cell that is equivalent within the margin is off by less than the smallest effect that the article could have shown,
and an order of two arms that are more than two margins apart is kept if both of their cells are equivalent.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations

from resynapse.analysis.families import SETTINGS
from resynapse.analysis.intervals import ALPHA, welch
from resynapse.analysis.shares import YES_OR_NO
from resynapse.publication.comparison import published

CEILING = 1.0
"""% from 100 within which both arms count as standing at the ceiling."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A published difference between two arms that its own subjects show at 5 % (Welch).

    Parameters
    ----------
    size : absolute difference of means in the unit of the cell.
    ceiling : whether both means are within `CEILING` of 100 %.
    """

    condition: str
    outcome: str
    unit: str
    arms: tuple[str, str]
    size: float
    ceiling: bool


def shown_differences(protocol: str) -> tuple[Shown, ...]:
    """Every difference between two arms that the published tables show, smallest first.

    Raises
    ------
    ResynapseError : no published table of this protocol ships with resynapse.
    """
    return tuple(sorted(_shown(protocol), key=lambda one: one.size))


def _shown(protocol: str) -> Iterator[Shown]:
    from scipy.stats import t

    cells: dict[tuple[str, str, str], list[tuple[str, float, float, int]]] = {}
    for row in published(protocol).iter_rows(named=True):
        if row["outcome"] not in (*SETTINGS, *YES_OR_NO) and row["sd"] is not None:
            n = int(row["n"])
            arm = (row["arm"], float(row["mean"]), float(row["sd"]) * math.sqrt(n / (n - 1)), n)
            cells.setdefault((row["condition"], row["outcome"], row["unit"]), []).append(arm)
    for (condition, outcome, unit), arms in cells.items():
        for (one, mean, sd, n), (other, other_mean, other_sd, m) in combinations(arms, 2):
            size = abs(mean - other_mean)
            _, df, error = welch(sd, n, other_sd, m)
            if size > 0 and (error == 0.0 or 2 * float(t.sf(size / error, df)) < ALPHA):
                high = unit == "pct" and min(mean, other_mean) >= 100.0 - CEILING
                yield Shown(condition=condition, outcome=outcome, unit=unit, arms=(one, other), size=size, ceiling=high)
