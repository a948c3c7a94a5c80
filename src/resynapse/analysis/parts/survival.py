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
from itertools import combinations, pairwise
from typing import TYPE_CHECKING, Literal

import numpy as np

from resynapse.analysis.cells import Cells, at_count
from resynapse.analysis.count_axes import Exposure, side_paths
from resynapse.analysis.estimate import Estimate
from resynapse.analysis.intervals import Interval, mean_interval
from resynapse.analysis.kaplan_meier import Times, first_below, kaplan_meier
from resynapse.analysis.numbers import interval_text, number, p_value
from resynapse.analysis.part import Measurements, Part, PartTable
from resynapse.analysis.parts.contrasts import sign_flip
from resynapse.analysis.threshold_rules import Probes, probes
from resynapse.protocol import Protocol
from resynapse.protocol.conditions import Count, base

if TYPE_CHECKING:
    pass

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
    times: tuple[Count, ...]
    at_risk: tuple[int, ...]
    well: tuple[float, ...]
    intervals: tuple[Interval, ...]
    median: Count | None
    horizon: Count
    restricted_mean: float
    restricted_interval: Interval


@dataclass(frozen=True, slots=True, kw_only=True)
class SurvivalContrast:
    """Time to relapse in two arms.

    Parameters
    ----------
    logrank_p : two-sided log-rank p, as if the arms were different subjects; None if no subject relapsed, or if either
        arm has fewer than `FEWEST` subjects.
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


def _populations(one: Probes) -> Iterator[tuple[Population, tuple[float, ...], Times]]:
    """The counts at which each population was tested, and when its subjects relapsed.

    The remitted start after their test of remission. All start at the first count, so that a subject below there has
    time 0, as in the protocol's own `first` rules.
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
        note = note or "no subject relapsed in either arm"
        logrank_note = "no subject relapsed in either arm"
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


def _estimates(found: tuple[Survival, ...]) -> Iterator[Estimate]:
    for s in found:
        cell = Estimate(part=f"time to relapse, {s.population}", arm=s.arm, outcome=s.outcome, n=s.n)
        for time, share, within, risk in zip(s.times, s.well, s.intervals, s.at_risk, strict=True):
            yield cell.of("still well", share, within, condition=at_count(s.within, time))
            yield cell.of("at risk", risk, condition=at_count(s.within, time))
        yield cell.of("restricted mean", s.restricted_mean, s.restricted_interval, condition=s.within)


def _contrast_estimates(found: tuple[SurvivalContrast, ...]) -> Iterator[Estimate]:
    for c in found:
        cell = Estimate(
            part=f"time to relapse, {c.population}",
            arm=c.arm,
            other=c.other,
            condition=c.within,
            outcome=c.outcome,
            n=c.n,
        )
        note = c.note or c.interval.note or None
        yield cell.of("difference of restricted means", c.difference, c.interval, p=c.p, note=note)
        yield cell.of("log-rank", p=c.logrank_p, note=c.logrank_note or None)


def _turns(found: tuple[Survival, ...]) -> Iterator[tuple[Survival, int]]:
    """The first and the last count of each curve, and those at which somebody relapsed."""
    for curve in found:
        for place, (before, after) in enumerate(pairwise((100.0, *curve.well))):
            if before != after or place in (0, len(curve.times) - 1):
                yield curve, place


def _still_well(turn: tuple[Survival, int]) -> str:
    curve, place = turn
    return f"{number(curve.well[place])} {interval_text(curve.intervals[place])}"


def _why_absent(run: Measurements) -> str:
    return (
        "; ".join(one.why for one in run.of(untimed))
        or "the protocol has no threshold rule (`below` or `first`) along two counts of a condition or more"
    )


CURVES = Part(
    name="survival",
    title="Time to relapse",
    compute=lambda run: run.of(survival)[0],
    form=tuple[Survival, ...],
    estimates=_estimates,
    tables=(
        PartTable[Survival](
            title="Time to relapse along counts",
            columns={
                "arm": lambda s: s.arm,
                "along": lambda s: s.within,
                "outcome": lambda s: s.outcome,
                "subjects": lambda s: s.population,
                "relapsed": lambda s: f"{s.events} of {s.n}",
                "median": lambda s: number(s.median) or "not reached",
                "restricted mean": lambda s: f"{number(s.restricted_mean)} {interval_text(s.restricted_interval)}",
                "still well at the end, %": lambda s: f"{number(s.well[-1])} {interval_text(s.intervals[-1])}",
            },
        ),
        PartTable[tuple[Survival, int]](
            title="At risk and without relapse, count by count where somebody relapsed",
            rows=_turns,
            columns={
                "arm": lambda a: a[0].arm,
                "at": lambda a: at_count(a[0].within, a[0].times[a[1]]),
                "outcome": lambda a: a[0].outcome,
                "subjects": lambda a: a[0].population,
                "n": lambda a: str(a[0].n),
                "at risk": lambda a: str(a[0].at_risk[a[1]]),
                "without relapse after it, %": _still_well,
            },
        ),
    ),
    method_sentence=lambda found: (
        "Time to relapse: Kaplan-Meier; restricted means are paired by subject; the log-rank test treats arms as if "
        "they were different subjects, and is given beside them for comparison."
    ),
    why_absent=_why_absent,
)
BETWEEN_ARMS = Part(
    name="survival_contrasts",
    title="Time to relapse between arms",
    compute=lambda run: run.of(survival)[1],
    form=tuple[SurvivalContrast, ...],
    estimates=_contrast_estimates,
    tables=(
        PartTable[SurvivalContrast](
            title="Time to relapse between arms: restricted means paired by subject, and log-rank",
            columns={
                "arms": lambda s: f"{s.arm} - {s.other}",
                "along": lambda s: s.within,
                "outcome": lambda s: s.outcome,
                "subjects": lambda s: s.population,
                "n": lambda s: str(s.n),
                "difference": lambda s: number(s.difference, signed=True),
                "95 % interval": lambda s: interval_text(s.interval) or s.note,
                "p": lambda s: p_value(s.p),
                "p (log-rank)": lambda s: p_value(s.logrank_p) or s.logrank_note,
            },
        ),
    ),
    why_absent=lambda run: "no two arms have a time to relapse",
)
UNTIMED = Part(
    name="untimed",
    title="No time to relapse",
    compute=lambda run: run.of(untimed),
    form=tuple[Exposure, ...],
    estimates=lambda found: (),
    tables=(
        PartTable[Exposure](
            title="No time to relapse: each count is an exposure that is tested apart, and no network goes through all "
            "of them",
            columns={"along": lambda e: e.condition, "tested apart by": lambda e: ", ".join(e.apart)},
        ),
    ),
)
SURVIVAL = (CURVES, BETWEEN_ARMS, UNTIMED)
