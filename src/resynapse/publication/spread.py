"""Spread of ours over that of the publication: ratios of standard deviations, with honest intervals.

Printed SDs are population SDs (ddof 0) and are converted to sample SDs. The interval of Fisher's F is valid for normal
outcomes; accuracies near a bound and rare failures have longer tails, in which an SD is known far less well than F
says. So the interval is widened on the logarithmic scale by sqrt((k - 1) / 2), k being the kurtosis of our subjects (3
for a normal outcome), and never narrowed (after Bonett 2006). What that covers, simulated:
`verification/test_spread.py`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from resynapse.analysis.cells import Cells, Floats
from resynapse.analysis.families import SETTINGS
from resynapse.analysis.intervals import LEVEL
from resynapse.analysis.parts.contrasts import holm
from resynapse.analysis.shares import YES_OR_NO
from resynapse.publication.comparison import MARGIN_ABSOLUTE, MARGIN_POINTS, Cell

FEWEST = 4
"""Subjects that a kurtosis needs."""
Verdict = Literal["wider", "narrower", "open", "constant", "yes or no", "not run"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """The SDs of one published cell.

    Parameters
    ----------
    published_sd, sd : sample SDs, theirs converted from the printed population SD; None where there is none.
    ratio, low, high : ours over theirs, with its 95 % interval: widened F, and the rounding of the printed SD added;
        `high` is None where that SD may be 0.
    f_low, f_high : the plain F interval, which is valid for normal outcomes.
    widened : the factor by which the logarithms of the F interval's ends were widened, 1 or more.
    p : of an equal SD, two-sided, from the same widened F at the published SD, within its rounding, nearest to ours.
    p_holm : after Holm over all cells with a ratio.
    verdict : ``wider``, ``narrower``: the interval excludes 1; ``open``: it does not; ``constant``: an SD is 0 on one
        side or both, so there is no ratio; ``yes or no``: the SD follows from the mean; ``not run``: fewer than two
        subjects, or no published SD.
    """

    arm: str
    condition: str
    outcome: str
    published_sd: float | None
    sd: float | None
    n: int
    published_n: int
    ratio: float | None = None
    low: float | None = None
    high: float | None = None
    f_low: float | None = None
    f_high: float | None = None
    widened: float | None = None
    p: float | None = None
    p_holm: float | None = None
    verdict: Verdict


def spreads(compared: Sequence[Cell], cells: Cells) -> tuple[Spread, ...]:
    """Every published cell that is measured, not set."""
    made = [_spread(c, cells) for c in compared if c.outcome not in SETTINGS]
    tested = [(place, one.p) for place, one in enumerate(made) if one.p is not None]
    for (place, _), adjusted in zip(tested, holm([p for _, p in tested]), strict=True):
        made[place] = replace(made[place], p_holm=adjusted)
    return tuple(made)


def ratio_interval(ratio: float, n: int, other_n: int, widened: float = 1.0) -> tuple[float, float]:
    """The 95 % interval of a ratio of SDs, ours over theirs.

    Parameters
    ----------
    ratio : of the sample SDs, above 0.
    n, other_n : subjects of ours and of theirs, at least 2.
    widened : factor on the logarithms; 1 is the interval of F.
    """
    from scipy.stats import f

    upper = 0.5 + LEVEL / 2
    down = 0.5 * math.log(float(f.ppf(upper, n - 1, other_n - 1)))
    up = 0.5 * math.log(float(f.ppf(upper, other_n - 1, n - 1)))
    return ratio * math.exp(-widened * down), ratio * math.exp(widened * up)


def ratio_p(ratio: float, n: int, other_n: int, widened: float = 1.0) -> float:
    """Two-sided p of equal SDs; at most 0.05 exactly where `ratio_interval` excludes 1."""
    from scipy.stats import f

    square = math.exp(2 * math.log(ratio) / widened)
    return float(min(1.0, 2 * min(f.cdf(square, n - 1, other_n - 1), f.sf(square, n - 1, other_n - 1))))


def widening(values: Floats) -> Floats:
    """By how much the kurtosis of each column widens the logarithmic interval of its SD, 1 or more.

    Parameters
    ----------
    values : shape (subjects, columns), without gaps; at least `FEWEST` subjects, else 1.
    """
    n = len(values)
    if n < FEWEST:
        return np.ones(values.shape[1])
    centred = values - values.mean(axis=0)
    return widening_of_moments(n, (centred**2).mean(axis=0), (centred**4).mean(axis=0))


def widening_of_moments(n: int, second: Floats, fourth: Floats) -> Floats:
    """The same from central moments of n subjects; the excess kurtosis is the unbiased one of normal samples (G2)."""
    with np.errstate(divide="ignore", invalid="ignore"):
        plain = np.where(second > 0, fourth / second**2 - 3, 0.0)
    excess = (n - 1) / ((n - 2) * (n - 3)) * ((n + 1) * plain + 6)
    return np.asarray(np.sqrt(np.maximum(1.0, 1 + excess / 2)))


def _spread(cell: Cell, cells: Cells) -> Spread:
    n = cell.published_n
    theirs = None if cell.published_sd is None or n < 2 else cell.published_sd * math.sqrt(n / (n - 1))
    nothing = Spread(
        arm=cell.arm,
        condition=cell.condition,
        outcome=cell.outcome,
        published_sd=theirs,
        sd=cell.sd,
        n=cell.n,
        published_n=n,
        verdict="not run",
    )
    column = cells.column(cell.arm, cell.condition, cell.outcome)
    if theirs is None or cell.sd is None or cell.n < 2 or column is None:
        return nothing
    if cell.outcome in YES_OR_NO:
        return replace(nothing, verdict="yes or no")
    if theirs == 0.0 or cell.sd == 0.0:
        return replace(nothing, verdict="constant")
    factor = float(widening(column[~np.isnan(column)][:, None])[0])
    in_points = cell.unit in ("pct", "pp")
    half = (cell.margin - (MARGIN_POINTS if in_points else MARGIN_ABSOLUTE)) * math.sqrt(n / (n - 1))
    least, most = max(theirs - half, 0.0), theirs + half
    low, _ = ratio_interval(cell.sd / most, cell.n, n, factor)
    high = ratio_interval(cell.sd / least, cell.n, n, factor)[1] if least > 0 else None
    f_low, f_high = ratio_interval(cell.sd / theirs, cell.n, n)
    nearest = min(max(cell.sd, least), most)
    return replace(
        nothing,
        ratio=cell.sd / theirs,
        low=low,
        high=high,
        f_low=f_low,
        f_high=f_high,
        widened=factor,
        p=ratio_p(cell.sd / nearest, cell.n, n, factor),
        verdict="wider" if low > 1 else "narrower" if high is not None and high < 1 else "open",
    )
