"""Dose and response: an outcome along a swept count, with bands."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from resynapse.analysis.cells import Cells, Floats, at_count, courses, settings, units, yes_or_no
from resynapse.analysis.estimate import Estimate
from resynapse.analysis.intervals import LEVEL, Interval, Kind, is_constant, mean_interval, mean_intervals, seed
from resynapse.analysis.numbers import interval_text, number
from resynapse.analysis.part import Measurements, Part, PartTable
from resynapse.analysis.parts.contrasts import sign_flip
from resynapse.protocol import Protocol
from resynapse.protocol.conditions import Count

DRAWS = 9_999
JITTER = 1e-8
"""Added to the correlations: with fewer subjects than counts their matrix is singular."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DosePoint:
    """One count: mean over subjects, its own interval, and the band that is valid for all counts together."""

    count: Count
    n: int
    mean: float
    interval: Interval
    band: Interval


@dataclass(frozen=True, slots=True, kw_only=True)
class DoseResponse:
    """An outcome of one arm along the counts of a condition.

    Parameters
    ----------
    trend : mean over subjects of the rank correlation of outcome and count, -1 to 1; a subject without change has 0.
    trend_interval, trend_p : over subjects; sign-flip p.
    """

    arm: str
    within: str
    outcome: str
    points: tuple[DosePoint, ...]
    trend: float
    trend_interval: Interval
    trend_p: float | None


def dose_responses(cells: Cells, protocol: Protocol) -> tuple[DoseResponse, ...]:
    """Every outcome with three counts or more; settings and yes-or-no outcomes are left out."""
    left_out, unit = yes_or_no(protocol) | settings(protocol), units(protocol)
    made = []
    for (arm, within, outcome), points in courses(cells.keys).items():
        if len(points) < 3 or outcome in left_out:
            continue
        values = cells.values[:, [column for _, column in points]]
        kept = ~np.isnan(values).any(axis=1)
        if not kept.any():
            continue
        kind: Kind = "percent" if unit.get(outcome) == "%" else "free"
        counts = [count for count, _ in points]
        made.append(_response((arm, within, outcome), counts, values[kept], kind, cells.subjects[kept]))
    return tuple(made)


def _response(
    named: tuple[str, str, str], counts: list[float], values: Floats, kind: Kind, subjects: NDArray[np.int64]
) -> DoseResponse:
    intervals = mean_intervals(values, [kind] * len(counts), subjects)
    bands = simultaneous(values, kind, subjects)
    correlations = trends(values)
    (p,), _ = sign_flip(correlations[:, None], subjects)
    return DoseResponse(
        arm=named[0],
        within=named[1],
        outcome=named[2],
        points=tuple(
            DosePoint(count=count, n=len(values), mean=float(values[:, i].mean()), interval=intervals[i], band=bands[i])
            for i, count in enumerate(counts)
        ),
        trend=float(correlations.mean()),
        trend_interval=mean_interval(correlations, "free", subjects),
        trend_p=p,
    )


def simultaneous(values: Floats, kind: Kind, subjects: NDArray[np.int64], level: float = LEVEL) -> list[Interval]:
    """A band that covers all means together with the given probability: max-t over the counts.

    The largest of the t statistics of all counts is drawn from a multivariate t distribution with the correlations of
    the subjects' own courses and n - 1 degrees of freedom; for one count this is Student's t.

    Parameters
    ----------
    values : shape (subjects, counts), no NaN.
    """
    n, counts = values.shape
    varying = [i for i in range(counts) if n > 1 and not is_constant(values[:, i])]
    bands = [Interval(note="one subject" if n == 1 else "constant", level=level)] * counts
    if not varying:
        return bands
    kept = values[:, varying]
    sds = kept.std(axis=0, ddof=1)
    residuals = (kept - kept.mean(axis=0)) / sds
    correlations = residuals.T @ residuals / (n - 1) + JITTER * np.eye(len(varying))
    rng = np.random.default_rng(seed(subjects))
    normals = rng.standard_normal((DRAWS, len(varying))) @ np.linalg.cholesky(correlations).T
    scales = np.sqrt(rng.chisquare(n - 1, DRAWS) / (n - 1))
    critical = float(np.quantile(np.abs(normals).max(axis=1) / scales, level))
    for index, column in enumerate(varying):
        mean, half = float(kept[:, index].mean()), critical * float(sds[index]) / math.sqrt(n)
        low, high = mean - half, mean + half
        if kind != "free":
            low, high = max(low, 0.0), min(high, 100.0)
        bands[column] = Interval(low=low, high=high, method=f"max-t over {counts} counts", level=level)
    return bands


def trends(values: Floats) -> Floats:
    """Spearman's rank correlation of every subject's values with the order of the counts; 0 where they do not vary."""
    from scipy.stats import rankdata

    ranks = rankdata(values, axis=1)
    ranks = ranks - ranks.mean(axis=1, keepdims=True)
    steps = np.arange(values.shape[1]) - (values.shape[1] - 1) / 2
    spread = np.sqrt((ranks**2).sum(axis=1) * (steps**2).sum())
    return np.asarray(np.divide(ranks @ steps, spread, out=np.zeros(len(values)), where=spread > 0))


def _estimates(found: tuple[DoseResponse, ...]) -> Iterator[Estimate]:
    for dr in found:
        cell = Estimate(part="dose", arm=dr.arm, outcome=dr.outcome)
        for point in dr.points:
            at = {"condition": at_count(dr.within, point.count), "n": point.n}
            yield cell.of("mean", point.mean, point.interval, **at)
            yield cell.of("mean, band", point.mean, point.band, **at)
        yield cell.of("trend", dr.trend, dr.trend_interval, condition=dr.within, n=dr.points[0].n, p=dr.trend_p)


def _why_absent(run: Measurements) -> str:
    if courses(run.cells.keys):
        return "every outcome along counts is a setting or yes or no"
    return "no condition has three counts"


DOSE = Part(
    name="dose",
    title="Outcomes along counts",
    compute=lambda run: run.of(dose_responses),
    form=tuple[DoseResponse, ...],
    estimates=_estimates,
    tables=(
        PartTable[tuple[DoseResponse, DosePoint]](
            title="Along counts, with a band for all counts together",
            rows=lambda found: ((along, point) for along in found for point in along.points),
            columns={
                "arm": lambda d: d[0].arm,
                "at": lambda d: at_count(d[0].within, d[1].count),
                "outcome": lambda d: d[0].outcome,
                "n": lambda d: str(d[1].n),
                "mean": lambda d: number(d[1].mean),
                "95 % interval": lambda d: interval_text(d[1].interval),
                "95 % band": lambda d: interval_text(d[1].band),
                "trend": lambda d: number(d[0].trend, signed=True) if d[1] is d[0].points[-1] else "",
            },
        ),
    ),
    method_sentence=lambda found: (
        "Along counts: bands hold for all counts of a line together (max-t); trend is a rank correlation within "
        "subjects."
    ),
    why_absent=_why_absent,
)
