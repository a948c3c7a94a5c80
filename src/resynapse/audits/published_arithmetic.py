"""What published means and SDs alone imply for a test, whatever the values and the pairing behind them.

The bounds hold for every set of n values with this mean and population SD (`design/audit.md`); printed numbers are
taken anywhere within their rounding. So a contradiction found here needs no run, and no run can repair it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from resynapse.analysis.cells import Cell, Index
from resynapse.analysis.intervals import LEVEL
from resynapse.audits.linear_contrasts import Combination, combinations
from resynapse.protocol.claim_tests import Bound, Test
from resynapse.publication.comparison import protocols_with_tables, published

Says = Literal["implied", "possible", "contradicted", "not printed"]


@dataclass(frozen=True, slots=True)
class Printed:
    """A published cell: mean and population SD with half a unit of their last digit, n, and the largest possible value.

    `smallest` and `largest` are those of its n values, where the publication prints them.
    """

    mean: float
    mean_rounding: float
    sd: float | None
    sd_rounding: float
    n: int
    most: float | None
    smallest: float | None = None
    largest: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Arithmetic:
    """What the published figures imply for one test.

    Parameters
    ----------
    says : ``contradicted`` where no values behind the figures can fulfil the test, or where the 95 % interval of the
        published mean difference, at the widest pairing, is wholly on the wrong side; ``implied`` where all must.
    what : the combination of cells that decides.
    mean : of it, as published.
    low, high : the bounds that decided: of the extreme value, or of the mean.
    sentence : in words.
    """

    says: Says
    what: str
    mean: float | None = None
    low: float | None = None
    high: float | None = None
    sentence: str = ""


def printed(protocol: str) -> dict[Cell, Printed]:
    """The published cells of a protocol; none where no table ships."""
    if protocol not in protocols_with_tables():
        return {}
    found = {}
    for row in published(protocol).iter_rows(named=True):
        mean, sd, n = str(row["mean"]), row["sd"], int(row["n"])
        value = float(mean)
        shares = row["outcome"] == "manic_relapse"
        found[Cell(row["arm"], row["condition"], row["outcome"])] = Printed(
            mean=value,
            mean_rounding=_half_unit(mean),
            # a share of subjects, each 0 or 100, has its SD from its mean
            sd=math.sqrt(value * (100 - value)) if shares else float(sd) if sd not in (None, "") else None,
            sd_rounding=0.0 if shares or sd in (None, "") else _half_unit(str(sd)),
            n=n,
            most=100.0 if row["unit"] == "pct" else None,
            smallest=_number(row.get("min")),
            largest=_number(row.get("max")),
        )
    return found


def _number(text: object) -> float | None:
    return None if text in (None, "") else float(str(text))


def _half_unit(text: str) -> float:
    return 0.5 * 10.0 ** -len(text.partition(".")[2])


def compute(test: Test, table: Mapping[Cell, Printed]) -> Arithmetic:
    """What the table says to a test; the combination that speaks most against it decides."""
    about = combinations(test, Index(table))
    if about.missing:
        return Arithmetic(says="not printed", what=about.missing[0])
    order = ("contradicted", "possible", "implied")
    if test.statistic != "mean" and test.needed < 100:
        # means and SDs bound no share of subjects or of studies
        return Arithmetic(says="possible", what=about.parts[0].name)
    bounds = _means if test.statistic == "mean" else _extremes
    made = [bounds(test.bound, one, table) for one in about.parts]
    return min(made, key=lambda a: order.index(a.says))


def _spread(one: Combination, table: Mapping[Cell, Printed]) -> tuple[float, float, float, float] | None:
    """Smallest and largest mean and SD that the printed cells allow, whatever their pairing."""
    mean = slack = most = 0.0
    parts = []
    for weight, cell in one.weights:
        p = table[cell]
        if p.sd is None:
            return None
        mean += weight * p.mean
        slack += abs(weight) * p.mean_rounding
        parts.append((abs(weight) * max(0.0, p.sd - p.sd_rounding), abs(weight) * (p.sd + p.sd_rounding)))
        most += parts[-1][1]
    # one part's SD can be offset by at most all others together
    least = max(
        0.0, *(low - sum(high for i, (_, high) in enumerate(parts) if i != at) for at, (low, _) in enumerate(parts))
    )
    return mean - slack, mean + slack, least, most


def _means(bound: Bound, one: Combination, table: Mapping[Cell, Printed]) -> Arithmetic:
    from scipy.stats import t

    spread = _spread(one, table)
    mean = sum(weight * table[cell].mean for weight, cell in one.weights)
    if spread is None:
        return Arithmetic(says="possible", what=one.name, mean=mean)
    n = min(table[cell].n for _, cell in one.weights)
    half = float(t.ppf(0.5 + LEVEL / 2, n - 1)) * spread[3] / math.sqrt(n - 1) if n > 1 else math.inf
    low, high = spread[0] - half, spread[1] + half
    says = _side(bound, low, high)
    sentence = f"The article's own tables give {one.name} as {mean:.1f}, {low:.1f} to {high:.1f} at the widest pairing"
    return Arithmetic(
        says=says, what=one.name, mean=mean, low=low, high=high, sentence=_ended(sentence, f"it {bound}", says)
    )


def _extremes(bound: Bound, one: Combination, table: Mapping[Cell, Printed]) -> Arithmetic:
    """The value that is furthest on the wrong side: at best (contradiction), and at worst (implication)."""
    spread = _spread(one, table)
    mean = sum(weight * table[cell].mean for weight, cell in one.weights)
    n = min(table[cell].n for _, cell in one.weights)
    if spread is None or n < 2:
        return Arithmetic(says="possible", what=one.name, mean=mean)
    least_mean, most_mean, least, most = spread
    root = math.sqrt(n - 1)
    cap = table[one.weights[0][1]].most if len(one.weights) == 1 else None
    smallest_at_best = most_mean - least / root
    largest_at_best = least_mean + least / root
    if cap is not None:
        smallest_at_best = min(smallest_at_best, cap - _nearest(cap - most_mean, cap - least_mean, least))
        largest_at_best = max(largest_at_best, _nearest(least_mean, most_mean, least))
    worst = (least_mean - root * most, most_mean + root * most)
    if cap is not None:
        worst = (max(worst[0], 0.0), min(worst[1], cap))
    only = table[one.weights[0][1]] if len(one.weights) == 1 and one.weights[0][0] == 1 else None
    if only is not None and only.smallest is not None:
        smallest_at_best, worst = min(smallest_at_best, only.smallest), (only.smallest, worst[1])
    if only is not None and only.largest is not None:
        largest_at_best, worst = max(largest_at_best, only.largest), (worst[0], only.largest)
    lower, upper = bound.interval
    if smallest_at_best < lower:
        says: Says = "contradicted"
        text = f"at least one of the {n} values behind it is at most {smallest_at_best:.1f}"
    elif largest_at_best > upper:
        says = "contradicted"
        text = f"at least one of the {n} values behind it is at least {largest_at_best:.1f}"
    else:
        says = "implied" if worst[0] > lower and worst[1] < upper else "possible"
        text = f"its {n} values can lie anywhere from {worst[0]:.1f} to {worst[1]:.1f}"
    sds = " and ".join(f"{table[cell].sd:.1f}" for _, cell in one.weights)
    sentence = f"The article's own tables give {one.name} as {mean:.1f} with SD {sds}, so that {text}"
    return Arithmetic(
        says=says,
        what=one.name,
        mean=mean,
        low=smallest_at_best if smallest_at_best < lower else worst[0],
        high=largest_at_best if largest_at_best > upper else worst[1],
        sentence=_ended(sentence, f"every value {bound}", says),
    )


def _nearest(low: float, high: float, sd: float) -> float:
    """The least that the furthest of some numbers of 0 or more can be, with a mean from low to high and this SD.

    It is at least ``m + sd**2 / m`` (Bhatia and Davis 2000), which is smallest at ``m = sd``.
    """
    mean = min(max(sd, low), high)
    return mean + sd**2 / mean if mean > 0 else 0.0


def _side(bound: Bound, low: float, high: float) -> Says:
    lower, upper = bound.interval
    if high < lower or low > upper:
        return "contradicted"
    return "implied" if low > lower and high < upper else "possible"


def _ended(sentence: str, needed: str, says: Says) -> str:
    return f"{sentence}; the claim needs {needed}." if says == "contradicted" else f"{sentence}."
