"""The statistics of a run as tables of text."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import pairwise
from typing import TypeVar

from resynapse.analysis.analyse import Analysis
from resynapse.analysis.cells import at_count
from resynapse.analysis.intervals import Interval
from resynapse.analysis.parts.planning import FEWEST
from resynapse.analysis.parts.relapse import Share
from resynapse.analysis.parts.survival import Survival
from resynapse.clinical.model_answers import CANNOT
from resynapse.report.page.numbers import number
from resynapse.report.page.tables import TextTable

Item = TypeVar("Item")


def statistics_tables(analysis: Analysis) -> list[TextTable]:
    """One table a part of the analysis that applies to the run."""
    made = [
        _descriptions(analysis),
        _contrasts(analysis),
        _orders(analysis),
        _relapse(analysis),
        _survival(analysis),
        _untimed(analysis),
        _at_risk(analysis),
        _survival_contrasts(analysis),
        _dose(analysis),
        _traits(analysis),
        _plans(analysis),
        _equivalence(analysis),
        _clinical(analysis),
    ]
    return [table for table in made if table.rows]


def _descriptions(analysis: Analysis) -> TextTable:
    return _table(
        "Every arm, condition and outcome",
        analysis.descriptions,
        {
            "arm": lambda d: d.arm,
            "condition": lambda d: d.condition,
            "outcome": lambda d: d.outcome,
            "n": lambda d: f"{d.n} ({d.censored} censored)" if d.censored else str(d.n),
            "mean": lambda d: number(d.mean),
            "SD": lambda d: number(d.sd),
            "median": lambda d: number(d.median),
            "range": lambda d: f"{number(d.minimum)} to {number(d.maximum)}",
            "95 % interval": lambda d: interval(d.interval),
        },
    )


def _contrasts(analysis: Analysis) -> TextTable:
    return _table(
        "Contrasts between arms, paired by subject",
        analysis.contrasts,
        {
            "arms": lambda c: f"{c.arm} - {c.other}",
            "condition": lambda c: c.condition,
            "outcome": lambda c: c.outcome,
            "n": lambda c: str(c.n),
            "difference": lambda c: number(c.difference, signed=True),
            "95 % interval": lambda c: interval(c.interval),
            "d_z": lambda c: number(c.effect),
            "p": lambda c: p_value(c.p),
            "p (Holm)": lambda c: p_value(c.p_holm),
            "role": lambda c: c.role,
        },
    )


def _orders(analysis: Analysis) -> TextTable:
    return _table(
        "Orders of the arms, highest value first",
        ((among, order) for among in analysis.orders for order in among.orders),
        {
            "condition": lambda o: o[0].condition,
            "outcome": lambda o: o[0].outcome,
            "order": lambda o: str(o[1]),
            "subjects": lambda o: f"{o[1].subjects} of {o[0].n}",
            "95 % interval of the %": lambda o: interval(o[1].interval),
            "chance %": lambda o: f"{o[0].chance:.1f}",
        },
    )


def _relapse(analysis: Analysis) -> TextTable:
    rows = []
    for r in analysis.relapse:
        for where, of_all, of_remitted, fates in (
            (r.within, r.of_all, r.of_remitted, r.fates),
            *((at_count(r.within, at.count), at.of_all, at.of_remitted, at.fates) for at in r.counts),
        ):
            well = (fates.never_well, fates.relapsed, fates.well) if fates else (None, None, None)
            rows.append((r.arm, r.outcome, where, _share(of_all), r.remission, _share(of_remitted), *map(_bare, well)))
    return TextTable(
        "Relapse in % [95 % interval]: of all subjects, of those who had remitted, and what became of all",
        ("arm", "outcome", "at", "of all", "remission at", "of remitted", "never well", "relapsed", "well"),
        tuple(rows),
    )


def _survival(analysis: Analysis) -> TextTable:
    return _table(
        "Time to relapse along counts",
        analysis.survival,
        {
            "arm": lambda s: s.arm,
            "along": lambda s: s.within,
            "outcome": lambda s: s.outcome,
            "subjects": lambda s: s.population,
            "relapsed": lambda s: f"{s.events} of {s.n}",
            "median": lambda s: number(s.median) or "not reached",
            "restricted mean": lambda s: f"{number(s.restricted_mean)} {interval(s.restricted_interval)}",
            "still well at the end, %": lambda s: f"{number(s.well[-1])} {interval(s.intervals[-1])}",
        },
    )


def _untimed(analysis: Analysis) -> TextTable:
    return _table(
        "No time to relapse: each count is an exposure that is tested apart, and no network goes through all of them",
        analysis.untimed,
        {"along": lambda e: e.condition, "tested apart by": lambda e: ", ".join(e.apart)},
    )


def _at_risk(analysis: Analysis) -> TextTable:
    """At the first and the last count, and wherever somebody relapsed."""
    return _table(
        "At risk and without relapse, count by count where somebody relapsed",
        ((s, i) for s in analysis.survival for i in _changes(s)),
        {
            "arm": lambda a: a[0].arm,
            "at": lambda a: at_count(a[0].within, a[0].times[a[1]]),
            "outcome": lambda a: a[0].outcome,
            "subjects": lambda a: a[0].population,
            "n": lambda a: str(a[0].n),
            "at risk": lambda a: str(a[0].at_risk[a[1]]),
            "without relapse after it, %": lambda a: f"{number(a[0].well[a[1]])} {interval(a[0].intervals[a[1]])}",
        },
    )


def _changes(curve: Survival) -> Iterator[int]:
    for place, (before, after) in enumerate(pairwise((100.0, *curve.well))):
        if before != after or place in (0, len(curve.times) - 1):
            yield place


def _survival_contrasts(analysis: Analysis) -> TextTable:
    return _table(
        "Time to relapse between arms: restricted means paired by subject, and log-rank",
        analysis.survival_contrasts,
        {
            "arms": lambda s: f"{s.arm} - {s.other}",
            "along": lambda s: s.within,
            "outcome": lambda s: s.outcome,
            "subjects": lambda s: s.population,
            "n": lambda s: str(s.n),
            "difference": lambda s: number(s.difference, signed=True),
            "95 % interval": lambda s: interval(s.interval) or s.note,
            "p": lambda s: p_value(s.p),
            "p (log-rank)": lambda s: p_value(s.logrank_p) or s.logrank_note,
        },
    )


def _dose(analysis: Analysis) -> TextTable:
    return _table(
        "Along counts, with a band for all counts together",
        ((along, point) for along in analysis.dose for point in along.points),
        {
            "arm": lambda d: d[0].arm,
            "at": lambda d: at_count(d[0].within, d[1].count),
            "outcome": lambda d: d[0].outcome,
            "n": lambda d: str(d[1].n),
            "mean": lambda d: number(d[1].mean),
            "95 % interval": lambda d: interval(d[1].interval),
            "95 % band": lambda d: interval(d[1].band),
            "trend": lambda d: number(d[0].trend, signed=True) if d[1] is d[0].points[-1] else "",
        },
    )


def _traits(analysis: Analysis) -> TextTable:
    return _table(
        "Outcomes on the traits of the subjects",
        analysis.traits,
        {
            "arm": lambda t: t.arm,
            "condition": lambda t: t.condition,
            "outcome": lambda t: t.outcome,
            "trait": lambda t: t.trait,
            "n": lambda t: str(t.n),
            "slope": lambda t: number(t.slope, signed=True),
            "95 % interval": lambda t: interval(t.interval),
            "p": lambda t: p_value(t.p),
            "p (Holm)": lambda t: p_value(t.p_holm),
            "rank correlation": lambda t: number(t.rank_correlation, signed=True),
            "R squared": lambda t: number(t.r_squared),
        },
    )


def _plans(analysis: Analysis) -> TextTable:
    return _table(
        f"Subjects needed for a paired t test, {FEWEST} at least for a sign-flip p of 5 % (in brackets: cautious SD)",
        analysis.plans,
        {
            "arms": lambda p: f"{p.arm} - {p.other}",
            "condition": lambda p: p.condition,
            "outcome": lambda p: p.outcome,
            "paired SD": lambda p: number(p.sd),
            "difference": lambda p: number(p.difference),
            "to find it, power 0.8": lambda p: f"{p.for_power} ({p.for_power_cautious})",
            "to measure it so closely": lambda p: f"{p.for_precision} ({p.for_precision_cautious})",
        },
    )


def _equivalence(analysis: Analysis) -> TextTable:
    return _table(
        "Equivalence with the publication (two one-sided tests)",
        analysis.equivalence,
        {
            "arm": lambda e: e.arm,
            "condition": lambda e: e.condition,
            "outcome": lambda e: e.outcome,
            "published": lambda e: number(e.published_mean),
            "ours": lambda e: number(e.mean),
            "90 % of difference": lambda e: _ends(e.inner_low, e.inner_high),
            "margin": lambda e: number(e.margin),
            "smallest": lambda e: number(e.smallest_margin),
            "p": lambda e: p_value(e.p),
            "verdict": lambda e: e.verdict,
        },
    )


def _clinical(analysis: Analysis) -> TextTable:
    return _table(
        "Clinical side-by-side: directions only",
        analysis.clinical.entries if analysis.clinical else (),
        {
            "question": lambda e: e.asks,
            "arm": lambda e: e.arm,
            "literature": lambda e: e.status,
            "model": lambda e: e.model.answer if e.model else "not asked" if e.note.startswith(CANNOT) else e.note,
            "yes": lambda e: "; ".join(f.study for f in e.findings if f.says == "yes"),
            "no": lambda e: "; ".join(f.study for f in e.findings if f.says == "no"),
            "share of draws (chance)": lambda e: (
                "" if e.share_of_draws is None or e.chance is None else f"{e.share_of_draws:.2f} ({e.chance:.2f})"
            ),
            "agreement": lambda e: e.agreement,
            "draws": lambda e: e.drawn,
        },
    )


def _table(title: str, items: Iterable[Item], columns: Mapping[str, Callable[[Item], str]]) -> TextTable:
    """One row an item, each column beside its heading."""
    rows = tuple(tuple(cell(item) for cell in columns.values()) for item in items)
    return TextTable(title, tuple(columns), rows)


def clinical_remarks(analysis: Analysis) -> list[str]:
    """What must be said beside the clinical table; empty where there is none."""
    if analysis.clinical is None:
        return []
    side = analysis.clinical
    return [
        side.statement,
        f"In tuning: {side.roles}.",
        *side.limits,
        *(f"No figure: {a}" for a in side.absent),
        *(f"Not shown: {o}" for o in side.omitted),
        *(
            f"Disputed, no counterpart in a run: {t.asks} {'; '.join(p.says for p in t.positions)}."
            for t in side.topics
        ),
    ]


def _share(share: Share | None) -> str:
    if share is None:
        return ""
    if share.value is None:
        return "nobody"
    return f"{number(share.value)} {interval(share.interval)}"


def _bare(share: Share | None) -> str:
    return "" if share is None else number(share.value)


def interval(found: Interval) -> str:
    """The ends, or why there are none."""
    return _ends(found.low, found.high) or found.note


def _ends(low: float | None, high: float | None) -> str:
    return "" if low is None or high is None else f"[{number(low)}, {number(high)}]"


def p_value(value: float | None) -> str:
    """A p of three decimals, or that it is smaller."""
    if value is None:
        return ""
    return "<0.001" if value < 0.001 else f"{value:.3f}"
