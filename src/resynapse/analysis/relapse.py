"""Relapse: how many subjects, of all and of those who had remitted, at each count and over all counts.

The counts of one subject (durations, cycles) are one network tested again and again. So a share over all counts is
taken within the subject first, and its interval is over subjects.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from resynapse.analysis.cells import Cells, Floats, at_count, courses
from resynapse.analysis.intervals import Interval, mean_interval, proportion_interval
from resynapse.protocol import Protocol
from resynapse.protocol.derived import Below


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
    """Relapse at one count."""

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
    of_all : mean over subjects of the share of their counts with relapse.
    of_remitted : the same among subjects who had remitted; None without a test of remission.
    design_effect : how many times the variance is that of as many independent counts; None at 0 or 100 %.
    fates : over all counts: relapsed is relapsed at any of them.
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


@dataclass(frozen=True, slots=True)
class Probes:
    """The threshold outcome of one arm along the counts of a condition.

    Parameters
    ----------
    subjects : numbers of those who were measured.
    values : the outcome of the rule, NaN where not measured; shape (subjects, counts).
    remitted : whether each subject was not below it at the test of remission; None without such a test.
    remission : the condition of that test; empty for none.
    """

    subjects: NDArray[np.int64]
    arm: str
    within: str
    rule: Below
    counts: tuple[float, ...]
    values: Floats
    remitted: NDArray[np.bool_] | None
    remission: str

    @property
    def below(self) -> Floats:
        """1 where below the threshold, 0 where not, NaN where not measured."""
        return np.where(np.isnan(self.values), np.nan, self.values < self.rule.threshold)


def probes(cells: Cells, protocol: Protocol) -> Iterator[Probes]:
    """Every threshold rule of the protocol along the counts of its condition, arm by arm.

    Remission is read at the first condition without counts at which the same outcome was measured in the arm (in
    `switch-relapse`: acute, drug on), or else at count 0, which is then no test of relapse.
    """
    along = courses(cells.keys)
    for rule in protocol.derived:
        if not isinstance(rule, Below):
            continue
        for (arm, within, outcome), points in along.items():
            if outcome != rule.of or within.split("=", 1)[0] != rule.within:
                continue
            before = [k for k in cells.keys if k.arm == arm and k.outcome == rule.of and "=" not in k.condition]
            remission, first = "", None
            if before:
                remission, first = before[0].condition, cells.values[:, cells.keys.index(before[0])]
            elif points[0][0] == 0 and len(points) > 1:
                remission, first = at_count(within, 0), cells.values[:, points[0][1]]
                points = points[1:]
            values = cells.values[:, [column for _, column in points]]
            kept = ~np.isnan(values).all(axis=1)
            remitted = None
            if first is not None:
                kept &= ~np.isnan(first)
                remitted = (first >= rule.threshold)[kept]
            yield Probes(
                cells.subjects[kept], arm, within, rule, tuple(c for c, _ in points), values[kept], remitted, remission
            )


def relapse(cells: Cells, protocol: Protocol) -> tuple[Relapse, ...]:
    """Relapse of every arm, for every threshold rule that is read along counts."""
    return tuple(_relapse(one) for one in probes(cells, protocol) if len(one.values))


def _relapse(one: Probes) -> Relapse:
    own = 100 * np.nanmean(one.below, axis=1)
    known = one.remitted is not None
    return Relapse(
        arm=one.arm,
        outcome=one.rule.outcome,
        of=one.rule.of,
        threshold=one.rule.threshold,
        within=one.within,
        remission=one.remission,
        of_all=_mean_share(own, one.subjects),
        of_remitted=_mean_share(own[one.remitted], one.subjects[one.remitted]) if one.remitted is not None else None,
        design_effect=_design_effect(one.below, own),
        fates=_fates(np.nanmax(one.below, axis=1), one.remitted),
        counts=tuple(_at(count, one.below[:, i], one.remitted) for i, count in enumerate(one.counts)),
        note="" if known else f"no test of remission: {one.rule.of} was not measured before {one.within}",
    )


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


def _fates(below: Floats, remitted: NDArray[np.bool_] | None) -> Fates | None:
    if remitted is None:
        return None
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
