"""Relapse: how many subjects, of all and of those who had remitted, at each count and over all counts.

The counts of one subject (durations, cycles) are one network tested again and again. So a share over all counts is
taken within the subject first, and its interval is over subjects.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from resynapse.analysis.cells import Cells, Floats
from resynapse.analysis.intervals import Interval, mean_interval, proportion_interval
from resynapse.analysis.probes import Probes, probes
from resynapse.protocol import Protocol
from resynapse.protocol.derived import First


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """A share of subjects, or a mean share over subjects, in %; None of no subject."""

    value: float | None
    interval: Interval
    n: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Fates:
    """The competing view, each a share of all subjects; the three make 100 %.

    Parameters
    ----------
    never_well : had not remitted before.
    relapsed : had remitted, and relapsed.
    well : had remitted, and did not relapse.
    """

    never_well: Share
    relapsed: Share
    well: Share


@dataclass(frozen=True, slots=True, kw_only=True)
class RelapseAt:
    """Relapse at one count; at the count that tests remission, of all alone."""

    count: float
    of_all: Share
    of_remitted: Share | None
    fates: Fates | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Relapse:
    """A yes-or-no outcome of one arm along the counts of a condition.

    Parameters
    ----------
    outcome, of, threshold : relapse is `of` below the threshold.
    within : the condition whose counts are gathered.
    remission : the condition at which `of` not below the threshold counts as remission; empty if there is none.
    of_all : mean over subjects of the share of their counts with relapse, count 0 included.
    of_remitted : the same after the test of remission, among who had remitted; None without such a test.
    design_effect : how many times the variance is that of as many independent counts; None at 0 or 100 %.
    fates : over all counts after the test of remission: relapsed is relapsed at any of them.
    counts : one by one; empty for a `first` rule, whose counts are the times of `survival`.
    note : why something is missing.
    """

    arm: str
    outcome: str
    of: str
    threshold: float
    within: str
    remission: str
    of_all: Share
    of_remitted: Share | None
    design_effect: float | None
    fates: Fates | None
    counts: tuple[RelapseAt, ...]
    note: str = ""


def relapse(cells: Cells, protocol: Protocol) -> tuple[Relapse, ...]:
    """Relapse of every arm, for every threshold rule that is read along counts."""
    return tuple(_relapse(one) for one in probes(cells, protocol) if len(one.values))


def _relapse(one: Probes) -> Relapse:
    below, after, remitted = one.below, one.below[:, one.first_after :], one.remitted
    own, tested = _own_share(below), ~np.isnan(after).all(axis=1)
    # of a rule that asks for the first count below, what became of each count is the curve of `survival`
    single = () if isinstance(one.rule, First) else tuple(enumerate(one.counts))
    return Relapse(
        arm=one.arm,
        outcome=one.rule.outcome,
        of=one.rule.of,
        threshold=one.rule.threshold,
        within=one.within,
        remission=one.remission,
        of_all=_mean_share(own, one.subjects),
        of_remitted=None
        if remitted is None
        else _mean_share(_own_share(after[remitted & tested]), one.subjects[remitted & tested]),
        design_effect=_design_effect(below, own),
        fates=None if remitted is None else _fates(_any(after[tested]), remitted[tested]),
        counts=tuple(_at(count, below[:, i], remitted if i >= one.first_after else None) for i, count in single),
        note=""
        if remitted is not None
        else f"no test of remission: {one.rule.of} was not measured before {one.within}",
    )


def _own_share(below: Floats) -> Floats:
    return 100 * np.nanmean(below, axis=1) if below.size else np.zeros(0)


def _any(below: Floats) -> Floats:
    return np.nanmax(below, axis=1) if below.size else np.zeros(0)


def _at(count: float, below: Floats, remitted: NDArray[np.bool_] | None) -> RelapseAt:
    seen = ~np.isnan(below)
    below = below[seen]
    if remitted is None:
        return RelapseAt(count=count, of_all=_share(below > 0), of_remitted=None, fates=None)
    remitted = remitted[seen]
    return RelapseAt(
        count=count,
        of_all=_share(below > 0),
        of_remitted=_share(below[remitted] > 0),
        fates=_fates(below, remitted),
    )


def _fates(below: Floats, remitted: NDArray[np.bool_]) -> Fates:
    return Fates(
        never_well=_share(~remitted),
        relapsed=_share(remitted & (below > 0)),
        well=_share(remitted & (below == 0)),
    )


def _share(yes: NDArray[np.bool_]) -> Share:
    n = len(yes)
    value = 100.0 * float(yes.mean()) if n else None
    return Share(value=value, interval=proportion_interval(int(yes.sum()), n), n=n)


def _mean_share(own: Floats, subjects: NDArray[np.int64]) -> Share:
    value = float(own.mean()) if len(own) else None
    return Share(value=value, interval=mean_interval(own, "percent", subjects), n=len(own))


def _design_effect(below: Floats, own: Floats) -> float | None:
    """Variance of the mean of subjects' shares over that of independent counts with the same mean."""
    n, share = len(own), float(own.mean()) / 100
    if n < 2 or share in (0.0, 1.0):
        return None
    independent = share * (1 - share) / float(np.sum(~np.isnan(below)))
    return float(own.var(ddof=1)) / 1e4 / n / independent
