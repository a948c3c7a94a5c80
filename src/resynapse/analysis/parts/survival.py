"""Time to relapse along counts (durations, steps of the washout, cycles): Kaplan-Meier and restricted means.

A count is a number of epochs, steps or cycles on one trajectory, not a calendar time. Where counts are exposures that
are each tested apart (`axes`) there is no time, and nothing is computed. Where every subject was tested at every count,
subjects are censored at the last count alone: then the share still well is a plain share of subjects, its interval is
Clopper-Pearson's, and every subject's restricted time is known, so arms are compared within the subject.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from resynapse.analysis.cells import Cells, Floats
from resynapse.analysis.count_axes import Exposure, side_paths
from resynapse.analysis.intervals import LEVEL, Interval, mean_interval, proportion_interval
from resynapse.analysis.parts.contrasts import sign_flip
from resynapse.analysis.threshold_rules import Probes, probes
from resynapse.protocol import Protocol
from resynapse.protocol.conditions import base

if TYPE_CHECKING:
    from scipy.stats import CensoredData

Population = Literal["remitted", "all"]
FEWEST = 3
"""Subjects in each arm without which no log-rank p is given: its chi-squared has no ground in one or two."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Survival:
    """The share of subjects that has not relapsed, along the counts.

    Parameters
    ----------
    population : subjects who had ``remitted``, or ``all``.
    n, events : subjects, and those that relapsed.
    times : every count at which the population was tested; the curve is at 100 % before the first of them.
    at_risk : subjects that are not relapsed before a time and are still tested.
    well : Kaplan-Meier estimate in % after each time.
    intervals : pointwise, in %.
    median : first count with at most half of the subjects well; None if there is none.
    restricted_mean : mean number of counts until relapse, up to `horizon` (the area under the curve).
    restricted_interval : of the restricted mean over subjects.
    """

    arm: str
    outcome: str
    within: str
    population: Population
    n: int
    events: int
    times: tuple[float, ...]
    at_risk: tuple[int, ...]
    well: tuple[float, ...]
    intervals: tuple[Interval, ...]
    median: float | None
    horizon: float
    restricted_mean: float
    restricted_interval: Interval


@dataclass(frozen=True, slots=True, kw_only=True)
class SurvivalContrast:
    """Time to relapse in two arms.

    Parameters
    ----------
    logrank_p : two-sided log-rank p, as if the arms were different subjects; None if nobody relapsed, or if either arm
        has fewer than `FEWEST` subjects.
    n : subjects in both curves.
    difference, interval, p, p_method : restricted mean of `arm` minus `other`, paired by subject; sign-flip p.
    note, logrank_note : why the restricted means, or the log-rank p, are missing.
    """

    arm: str
    other: str
    outcome: str
    within: str
    population: Population
    logrank_p: float | None
    n: int
    difference: float | None
    interval: Interval
    p: float | None
    p_method: str
    note: str = ""
    logrank_note: str = ""


@dataclass(frozen=True, slots=True)
class Times:
    """Time to the first relapse of each subject; `relapsed` is False where it was still well at that time."""

    subjects: NDArray[np.int64]
    time: Floats
    relapsed: NDArray[np.bool_]
    horizon: float

    @property
    def complete(self) -> bool:
        """Whether nobody left before the last count."""
        return bool(np.all(self.relapsed | (self.time >= self.horizon)))

    def censored(self) -> CensoredData:
        """For SciPy."""
        from scipy.stats import CensoredData

        return CensoredData.right_censored(self.time, ~self.relapsed)


def survival(cells: Cells, protocol: Protocol) -> tuple[tuple[Survival, ...], tuple[SurvivalContrast, ...]]:
    """Curves of every arm, rule and population, and contrasts of arms within them; none where counts are exposures."""
    exposures = side_paths(protocol)
    curves: list[Survival] = []
    groups: dict[tuple[str, str, Population], list[tuple[str, Times]]] = {}
    for one in probes(cells, protocol):
        if len(one.counts) < 2 or base(one.within) in exposures:
            continue
        for population, counts, times in _populations(one):
            curves.append(_curve(one, population, counts, times))
            groups.setdefault((one.rule.outcome, one.within, population), []).append((one.arm, times))
    found = []
    for (outcome, within, population), arms in groups.items():
        for (other, times_of_other), (arm, times) in combinations(arms, 2):
            variants = protocol.variants
            unrelated = {arm, other} & set(variants) and not (arm in variants and variants[arm].of == other)
            if not unrelated and times.horizon == times_of_other.horizon:
                found.append(_contrast((arm, other), outcome, within, population, times, times_of_other))
    return tuple(curves), tuple(found)


def untimed(cells: Cells, protocol: Protocol) -> tuple[Exposure, ...]:
    """The conditions with a threshold rule along which there is no time to relapse."""
    exposures = side_paths(protocol)
    ruled = dict.fromkeys(base(one.within) for one in probes(cells, protocol) if len(one.counts) > 1)
    return tuple(Exposure(within, exposures[within]) for within in ruled if within in exposures)


def first_below(below: Floats, counts: tuple[float, ...], subjects: NDArray[np.int64]) -> Times:
    """Time to the first count below the threshold; who is not tested any more is censored at its last test."""
    at = np.asarray(counts)
    relapsed = np.nansum(below, axis=1) > 0
    last = at[below.shape[1] - 1 - np.argmax(~np.isnan(below)[:, ::-1], axis=1)]
    time = np.where(relapsed, at[np.nanargmax(np.nan_to_num(below), axis=1)], last)
    return Times(subjects, time, relapsed, float(at[-1]))


def _populations(one: Probes) -> Iterator[tuple[Population, tuple[float, ...], Times]]:
    """The counts at which each population was tested, and when its subjects relapsed.

    The remitted start after their test of remission. All start at the first count, so that who is below there has time
    0, as in the protocol's own `first` rules.
    """
    after, counts = one.below[:, one.first_after :], one.counts[one.first_after :]
    if one.remitted is not None:
        kept = one.remitted & ~np.isnan(after).all(axis=1)
        if kept.any():
            yield "remitted", counts, first_below(after[kept], counts, one.subjects[kept])
    if len(one.values):
        yield "all", one.counts, first_below(one.below, one.counts, one.subjects)


def _curve(one: Probes, population: Population, at: tuple[float, ...], times: Times) -> Survival:
    well, intervals = kaplan_meier(times, at)
    below_half = [t for t, share in zip(at, well, strict=True) if share <= 50.0 + 1e-9]
    return Survival(
        arm=one.arm,
        outcome=one.rule.outcome,
        within=one.within,
        population=population,
        n=len(times.time),
        events=int(times.relapsed.sum()),
        times=at,
        at_risk=tuple(int(np.sum(times.time >= t)) for t in at),
        well=well,
        intervals=intervals,
        median=below_half[0] if below_half else None,
        horizon=times.horizon,
        restricted_mean=float(np.dot(np.diff((0.0, *at)), (100.0, *well[:-1]))) / 100,
        restricted_interval=mean_interval(times.time, "free", times.subjects)
        if times.complete
        else Interval(note="some subjects were not tested to the last count"),
    )


def kaplan_meier(times: Times, at: tuple[float, ...]) -> tuple[tuple[float, ...], tuple[Interval, ...]]:
    """Share in % still well after each time, with pointwise intervals."""
    from scipy.stats import ecdf

    curve = ecdf(times.censored()).sf
    well = tuple((100 * curve.evaluate(np.asarray(at))).tolist())
    n = len(times.time)
    if times.complete:
        alive = [round(share * n / 100) for share in well]
        return well, tuple(proportion_interval(count, n) for count in alive)
    with warnings.catch_warnings():
        # before the first relapse, and after everybody relapsed, Greenwood's variance is 0
        warnings.simplefilter("ignore")
        band: Any = curve.confidence_interval(LEVEL, method="log-log")
    low, high = (100 * side.evaluate(np.asarray(at)) for side in (band.low, band.high))
    ends = zip(low.tolist(), high.tolist(), strict=True)
    return well, tuple(
        Interval(low=low, high=high, method="Greenwood, log-log")
        if np.isfinite([low, high]).all()
        else Interval(note="nobody relapsed yet, or everybody did: Greenwood's variance is 0")
        for low, high in ends
    )


def _contrast(
    arms: tuple[str, str], outcome: str, within: str, population: Population, times: Times, other: Times
) -> SurvivalContrast:
    from scipy.stats import logrank

    shared, here, there = np.intersect1d(times.subjects, other.subjects, return_indices=True)
    difference, interval, p, method, note = None, Interval(note="not compared within subjects"), None, "", ""
    if not (times.complete and other.complete):
        note = "some subjects were not tested to the last count"
    elif not len(shared):
        note = "no subject is in both curves"
    else:
        differences = times.time[here] - other.time[there]
        difference, interval = float(differences.mean()), mean_interval(differences, "free", shared)
        (p,), (method,) = sign_flip(differences[:, None], shared)
    fewest, logrank_p, logrank_note = min(len(times.time), len(other.time)), None, ""
    if not (times.relapsed.any() or other.relapsed.any()):
        note = note or "nobody relapsed in either arm"
        logrank_note = "nobody relapsed in either arm"
    elif fewest < FEWEST:
        logrank_note = f"{fewest} {'subject' if fewest == 1 else 'subjects'} in an arm: no log-rank p below {FEWEST}"
    else:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found = float(logrank(times.censored(), other.censored()).pvalue)
        logrank_p = found if np.isfinite(found) else None
        logrank_note = "" if np.isfinite(found) else "all relapsed at one count in both arms"
    return SurvivalContrast(
        arm=arms[0],
        other=arms[1],
        outcome=outcome,
        within=within,
        population=population,
        logrank_p=logrank_p,
        n=len(shared),
        difference=difference,
        interval=interval,
        p=p,
        p_method=method,
        note=note,
        logrank_note=logrank_note,
    )
