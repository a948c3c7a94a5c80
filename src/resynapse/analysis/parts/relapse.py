"""Relapse: how many subjects, of all and of those who had remitted, at each count and over all counts.

The counts of one subject (durations, cycles) are one network tested again and again. So a share over all counts is
taken within the subject first, and its interval is over subjects.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from operator import itemgetter

import numpy as np
from numpy.typing import NDArray

from resynapse.analysis.cells import Cells, Floats, at_count
from resynapse.analysis.estimate import Estimate
from resynapse.analysis.intervals import Interval, mean_interval, proportion_interval
from resynapse.analysis.numbers import interval_text, number
from resynapse.analysis.part import Part, PartTable
from resynapse.analysis.threshold_rules import Probes, probes
from resynapse.protocol import Protocol
from resynapse.protocol.conditions import Count
from resynapse.protocol.derived_outcomes import First


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
    never_well : had not remitted before; over all counts, before none of them.
    relapsed : had remitted, and relapsed.
    well : had remitted, and did not relapse.
    """

    never_well: Share
    relapsed: Share
    well: Share


@dataclass(frozen=True, slots=True, kw_only=True)
class RelapseAt:
    """Relapse at one count; at the count that tests remission, of all alone."""

    count: Count
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
    remission : the condition at which `of` not below the threshold counts as remission; empty if there is none. Where
        each count has its own test, the condition has the same count.
    discontinued : whether remission was read in the very state that is discontinued.
    of_all : mean over subjects of the share of their counts with relapse, count 0 included.
    of_remitted : the same over the counts before which a subject had remitted; None without such a test.
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
    discontinued: bool
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
    below, after = one.below, one.below[:, one.first_after :]
    own, fates, at_risk = _own_share(below), None, None
    if one.before is not None:
        # relapse at a count is defined if it was tested and the state before it was
        before = one.before[:, one.first_after :]
        counted: NDArray[np.bool_] = ~np.isnan(after) & ~np.isnan(before)
        remitted: NDArray[np.bool_] = counted & (before >= one.rule.threshold)
        had, seen = np.asarray(remitted.any(axis=1)), np.asarray(counted.any(axis=1))
        at_risk = _mean_share(_own_share(np.where(remitted, after, np.nan)[had]), one.subjects[had])
        lost: NDArray[np.bool_] = remitted & (after > 0)
        fates = _fates(np.asarray(lost.any(axis=1))[seen], had[seen])
    # for a rule on the first count below, the result at each count is the curve of `survival`
    single = () if isinstance(one.rule, First) else tuple(enumerate(one.counts))
    return Relapse(
        arm=one.arm,
        outcome=one.rule.outcome,
        of=one.rule.of,
        threshold=one.rule.threshold,
        within=one.within,
        remission=one.remission,
        of_all=_mean_share(own, one.subjects),
        discontinued=one.discontinued,
        of_remitted=at_risk,
        design_effect=_design_effect(below, own),
        fates=fates,
        counts=tuple(_at(one, i, count) for i, count in single),
        note=""
        if one.before is not None
        else f"no test of remission: {one.rule.of} was not measured before {one.within}",
    )


def _own_share(below: Floats) -> Floats:
    return 100 * np.nanmean(below, axis=1) if below.size else np.zeros(0)


def _at(one: Probes, place: int, count: Count) -> RelapseAt:
    below = one.below[:, place]
    of_all = _share(below[~np.isnan(below)] > 0)
    if one.before is None or place < one.first_after:
        return RelapseAt(count=count, of_all=of_all, of_remitted=None, fates=None)
    seen = ~np.isnan(below) & ~np.isnan(one.before[:, place])
    relapsed, remitted = below[seen] > 0, one.before[seen, place] >= one.rule.threshold
    return RelapseAt(
        count=count, of_all=of_all, of_remitted=_share(relapsed[remitted]), fates=_fates(relapsed & remitted, remitted)
    )


def _fates(relapsed: NDArray[np.bool_], remitted: NDArray[np.bool_]) -> Fates:
    return Fates(never_well=_share(~remitted), relapsed=_share(relapsed), well=_share(remitted & ~relapsed))


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


def _estimates(found: tuple[Relapse, ...]) -> Iterator[Estimate]:
    for r in found:
        cell = Estimate(part="relapse", arm=r.arm, outcome=r.outcome, condition=r.within)
        shares = [("of all", r.of_all), ("of remitted", r.of_remitted), *_fates_by_name(r.fates)]
        rows_of_rule = [(r.within, quantity, share) for quantity, share in shares]
        for at in r.counts:
            shares = [("of all", at.of_all), ("of remitted", at.of_remitted), *_fates_by_name(at.fates)]
            rows_of_rule += [(at_count(r.within, at.count), quantity, share) for quantity, share in shares]
        for condition, quantity, share in rows_of_rule:
            if share is not None:
                read = None if quantity == "of all" else r.remission
                yield cell.of(quantity, share.value, share.interval, condition=condition, n=share.n, other=read)


def _fates_by_name(fates: Fates | None) -> list[tuple[str, Share | None]]:
    return [(fate, getattr(fates, fate, None)) for fate in ("never_well", "relapsed", "well")]


def _rows(found: tuple[Relapse, ...]) -> Iterator[tuple[str, ...]]:
    for r in found:
        for where, of_all, of_remitted, fates in (
            (r.within, r.of_all, r.of_remitted, r.fates),
            *((at_count(r.within, at.count), at.of_all, at.of_remitted, at.fates) for at in r.counts),
        ):
            became = ("" if share is None else number(share.value) for _, share in _fates_by_name(fates))
            yield (r.arm, r.outcome, where, _told(of_all), r.remission, _told(of_remitted), *became)


def _told(share: Share | None) -> str:
    if share is None:
        return ""
    return "no subject" if share.value is None else f"{number(share.value)} {interval_text(share.interval)}"


def _columns(*headings: str) -> dict[str, Callable[[tuple[str, ...]], str]]:
    return {heading: itemgetter(place) for place, heading in enumerate(headings)}


RELAPSE = Part(
    name="relapse",
    title="Relapse",
    compute=lambda run: run.of(relapse),
    form=tuple[Relapse, ...],
    estimates=_estimates,
    tables=(
        PartTable[tuple[str, ...]](
            title="Relapse in % [95 % interval]: of all subjects, of those who had remitted, and what became of all",
            rows=_rows,
            columns=_columns(
                "arm", "outcome", "at", "of all", "remission at", "of remitted", "never well", "relapsed", "well"
            ),
        ),
    ),
    method_sentence=lambda found: (
        "Relapse is a threshold on an outcome. The tests of one subject are not independent: a share over several of "
        "them is taken within the subject first, and intervals are over subjects."
    ),
    why_absent=lambda run: "the protocol has no threshold rule (`below` or `first`) along the counts of a condition",
)
