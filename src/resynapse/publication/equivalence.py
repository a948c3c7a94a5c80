"""Ours against the publication, cell by cell: is the difference shown to be small? And the numbers of a forest plot.

Two one-sided tests (Schuirmann 1987) test whether the difference is within the margin; `compare` tests the opposite,
whether it is shown to differ from 0. The margin is about the smallest difference between arms that the article's own
ten subjects show (`margin.py`). It was fixed beforehand and is no property of the model, so each cell also has the
smallest margin at which it would be equivalent. Printed SDs are population SDs and are converted.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from resynapse.analysis.estimate import Estimate
from resynapse.analysis.families import SETTINGS
from resynapse.analysis.intervals import ALPHA, LEVEL, proportion_interval, welch
from resynapse.analysis.library_changes import changes
from resynapse.analysis.numbers import bounds, number, p_value
from resynapse.analysis.part import Measurements, Part, PartTable
from resynapse.analysis.shares import YES_OR_NO, newcombe
from resynapse.publication.comparison import (
    MARGIN_ABSOLUTE,
    MARGIN_POINTS,
    Cell,
    Comparison,
    compare,
    protocols_with_tables,
)

POINTS = 5.0
"""Margin for outcomes in % or points."""
ABSOLUTE = 0.05
"""Margin for dimensionless outcomes."""
Verdict = Literal["equivalent", "constant", "not shown", "not run"]

Ends = tuple[float | None, float | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Equivalence:
    """One published cell beside ours.

    Parameters
    ----------
    published_mean, published_low, published_high : with a 95 % interval from the printed SD; None without one.
    mean, low, high : ours.
    difference, difference_low, difference_high : ours minus published, 95 %.
    inner_low, inner_high : the 90 % interval that the two one-sided tests at 5 % are read from.
    margin, smallest_margin : that is tested, and the least at which the cell would be equivalent; rounding included.
    p : the larger of the two one-sided p; None where none exists.
    verdict : ``equivalent``; ``constant`` where neither side varies and the difference is within the margin, which no
        test has shown; ``not shown``; ``not run``.
    method : ``Welch``, ``Newcombe`` (shares of subjects), ``constant`` (neither side varies) or empty.
    """

    table: str
    arm: str
    condition: str
    outcome: str
    unit: str
    published_mean: float
    published_low: float | None
    published_high: float | None
    mean: float | None
    low: float | None
    high: float | None
    difference: float | None
    difference_low: float | None
    difference_high: float | None
    inner_low: float | None
    inner_high: float | None
    margin: float
    smallest_margin: float | None
    p: float | None
    verdict: Verdict
    method: str


def equivalences(
    comparison: Comparison, *, points: float = POINTS, absolute: float = ABSOLUTE
) -> tuple[Equivalence, ...]:
    """Every published cell that is measured, not set; `points` and `absolute` are the margins."""
    return tuple(_equivalence(c, points, absolute) for c in comparison.cells if c.outcome not in SETTINGS)


def _equivalence(cell: Cell, points: float, absolute: float) -> Equivalence:
    in_points = cell.unit in ("pct", "pp")
    margin = points if in_points else absolute
    rounding = cell.margin - (MARGIN_POINTS if in_points else MARGIN_ABSOLUTE)
    tested = _tested(cell, margin - rounding)
    inner_low, inner_high = tested.inner
    smallest = None
    if inner_low is not None and inner_high is not None:
        smallest = max(abs(inner_low), abs(inner_high)) + rounding
    verdict: Verdict = "not run" if cell.mean is None else "not shown"
    if smallest is not None and smallest <= margin + 1e-12:
        verdict = "constant" if tested.method == "constant" else "equivalent"
    theirs = _own_interval(cell, cell.published_mean, _sample_sd(cell), cell.published_n)
    ours = _own_interval(cell, cell.mean, cell.sd, cell.n)
    return Equivalence(
        table=cell.table,
        arm=cell.arm,
        condition=cell.condition,
        outcome=cell.outcome,
        unit=cell.unit,
        published_mean=cell.published_mean,
        published_low=theirs[0],
        published_high=theirs[1],
        mean=cell.mean,
        low=ours[0],
        high=ours[1],
        difference=cell.difference,
        difference_low=tested.outer[0],
        difference_high=tested.outer[1],
        inner_low=inner_low,
        inner_high=inner_high,
        margin=margin,
        smallest_margin=smallest,
        p=tested.p,
        verdict=verdict,
        method=tested.method,
    )


@dataclass(frozen=True, slots=True)
class _Tested:
    outer: Ends = (None, None)
    inner: Ends = (None, None)
    p: float | None = None
    method: str = ""


def _tested(cell: Cell, margin: float) -> _Tested:
    sd = _sample_sd(cell)
    if cell.mean is None or cell.difference is None or sd is None or cell.sd is None or cell.n < 2:
        return _Tested()
    if cell.outcome in YES_OR_NO:
        yes = (round(cell.mean * cell.n / 100), round(cell.published_mean * cell.published_n / 100))
        outer, inner = (newcombe(yes[0], cell.n, yes[1], cell.published_n, level) for level in (LEVEL, 1 - 2 * ALPHA))
        return _Tested(outer, inner, None, "Newcombe")
    d = cell.difference
    half, df, error = welch(sd, cell.published_n, cell.sd, cell.n)
    if error == 0.0:
        return _Tested((d, d), (d, d), None, "constant")
    from scipy.stats import t

    inner_half = float(t.ppf(1 - ALPHA, df)) * error
    p = max(float(t.sf((margin + d) / error, df)), float(t.sf((margin - d) / error, df)))
    return _Tested((d - half, d + half), (d - inner_half, d + inner_half), p, "Welch")


def _sample_sd(cell: Cell) -> float | None:
    """The printed SD with n - 1 in the denominator."""
    if cell.published_sd is None or cell.published_n < 2:
        return None
    return cell.published_sd * math.sqrt(cell.published_n / (cell.published_n - 1))


def _own_interval(cell: Cell, mean: float | None, sd: float | None, n: int) -> Ends:
    """The 95 % interval of one side's mean, from its SD alone, so that both sides are made alike."""
    if mean is None or sd is None or n < 2:
        return (None, None)
    if cell.outcome in YES_OR_NO:
        exact = proportion_interval(round(mean * n / 100), n)
        return (exact.low, exact.high)
    from scipy.stats import t

    half = float(t.ppf(0.5 + LEVEL / 2, n - 1)) * sd / math.sqrt(n)
    low, high = mean - half, mean + half
    return (max(low, 0.0), min(high, 100.0)) if cell.unit == "pct" else (low, high)


def _compute(run: Measurements) -> tuple[Equivalence, ...]:
    if run.protocol.name not in protocols_with_tables():
        return ()
    return equivalences(compare(run.protocol.name, run.table, changes(run.protocol)))


def _estimates(found: tuple[Equivalence, ...]) -> Iterator[Estimate]:
    for e in found:
        cell = Estimate(part="equivalence", arm=e.arm, condition=e.condition, outcome=e.outcome, note=e.verdict)
        cell = cell.of("", method=e.method or None)
        yield cell.of("ours minus published", e.difference, low=e.difference_low, high=e.difference_high, p=e.p)
        yield cell.of("smallest margin", e.smallest_margin)


def _remarks(run: Measurements) -> Iterator[str]:
    name, changed = run.protocol.name, changes(run.protocol)
    if changed and name in protocols_with_tables():
        yield f"The protocol differs from the published {name} in {', '.join(changed)}: no replication."


EQUIVALENCE = Part(
    name="equivalence",
    title="Equivalence with the publication",
    compute=_compute,
    form=tuple[Equivalence, ...],
    estimates=_estimates,
    tables=(
        PartTable[Equivalence](
            title="Equivalence with the publication (two one-sided tests)",
            columns={
                "arm": lambda e: e.arm,
                "condition": lambda e: e.condition,
                "outcome": lambda e: e.outcome,
                "published": lambda e: number(e.published_mean),
                "ours": lambda e: number(e.mean),
                "90 % of difference": lambda e: bounds(e.inner_low, e.inner_high),
                "margin": lambda e: number(e.margin),
                "smallest": lambda e: number(e.smallest_margin),
                "p": lambda e: p_value(e.p),
                "verdict": lambda e: e.verdict,
            },
        ),
    ),
    method_sentence=lambda found: (
        "Against the publication: differences have Welch intervals (printed SDs are population SDs and are "
        "converted); equivalence is tested by two one-sided tests at 5 % with the margin that is printed beside each "
        "cell. Where neither side varies there is no test, and the cell is counted apart."
    ),
    why_absent=lambda run: f"no published table of protocol {run.protocol.name!r} ships with resynapse",
    remarks=_remarks,
)
