"""The statistics of a run as tables of text."""

from __future__ import annotations

from resynapse.analysis.analyse import Analysis
from resynapse.analysis.cells import at_count
from resynapse.analysis.intervals import Interval
from resynapse.analysis.relapse import Share
from resynapse.report.tables import TextTable


def statistics_tables(analysis: Analysis) -> list[TextTable]:
    """One table a part of the analysis that applies to the run."""
    made = [
        _descriptions(analysis),
        _contrasts(analysis),
        _orders(analysis),
        _relapse(analysis),
        _survival(analysis),
        _survival_contrasts(analysis),
        _dose(analysis),
        _traits(analysis),
        _plans(analysis),
        _equivalence(analysis),
        _clinical(analysis),
    ]
    return [table for table in made if table.rows]


def _descriptions(analysis: Analysis) -> TextTable:
    rows = tuple(
        (
            d.arm,
            d.condition,
            d.outcome,
            str(d.n),
            number(d.mean),
            number(d.sd),
            number(d.median),
            f"{number(d.minimum)} to {number(d.maximum)}",
            interval(d.interval),
        )
        for d in analysis.descriptions
    )
    return TextTable(
        "Every arm, condition and outcome",
        ("arm", "condition", "outcome", "n", "mean", "SD", "median", "range", "95 % interval"),
        rows,
    )


def _contrasts(analysis: Analysis) -> TextTable:
    rows = tuple(
        (
            f"{c.arm} - {c.other}",
            c.condition,
            c.outcome,
            str(c.n),
            number(c.difference, signed=True),
            interval(c.interval),
            number(c.effect),
            _p(c.p),
            _p(c.p_holm),
        )
        for c in analysis.contrasts
    )
    return TextTable(
        "Contrasts between arms, paired by subject",
        ("arms", "condition", "outcome", "n", "difference", "95 % interval", "d_z", "p", "p (Holm)"),
        rows,
    )


def _orders(analysis: Analysis) -> TextTable:
    rows = tuple(
        (
            o.condition,
            o.outcome,
            str(order),
            f"{order.subjects} of {o.n}",
            interval(order.interval),
            f"{o.chance:.1f}",
        )
        for o in analysis.orders
        for order in o.orders
    )
    return TextTable(
        "Orders of the arms, highest value first",
        ("condition", "outcome", "order", "subjects", "95 % interval of the %", "chance %"),
        rows,
    )


def _relapse(analysis: Analysis) -> TextTable:
    rows = []
    for r in analysis.relapse:
        for where, of_all, of_remitted, fates in (
            (r.within, r.of_all, r.of_remitted, r.fates),
            *((at_count(r.within, at.count), at.of_all, at.of_remitted, at.fates) for at in r.counts),
        ):
            well = (fates.never_well, fates.relapsed, fates.well) if fates else (None, None, None)
            rows.append((r.arm, r.outcome, where, _share(of_all), _share(of_remitted), *map(_bare, well)))
    return TextTable(
        "Relapse in % [95 % interval]: of all subjects, of those who had remitted, and what became of all",
        ("arm", "outcome", "at", "of all", "of remitted", "never well", "relapsed", "well"),
        tuple(rows),
    )


def _survival(analysis: Analysis) -> TextTable:
    rows = tuple(
        (
            s.arm,
            s.within,
            s.outcome,
            s.population,
            f"{s.events} of {s.n}",
            number(s.median) or "not reached",
            f"{number(s.restricted_mean)} {interval(s.restricted_interval)}",
            f"{number(s.well[-1])} {interval(s.intervals[-1])}",
        )
        for s in analysis.survival
    )
    return TextTable(
        "Time to relapse along counts",
        ("arm", "along", "outcome", "subjects", "relapsed", "median", "restricted mean", "still well at the end, %"),
        rows,
    )


def _survival_contrasts(analysis: Analysis) -> TextTable:
    rows = tuple(
        (
            f"{s.arm} - {s.other}",
            s.within,
            s.outcome,
            s.population,
            str(s.n),
            number(s.difference, signed=True),
            interval(s.interval) or s.note,
            _p(s.p),
            _p(s.logrank_p),
        )
        for s in analysis.survival_contrasts
    )
    return TextTable(
        "Time to relapse between arms: restricted means paired by subject, and log-rank",
        ("arms", "along", "outcome", "subjects", "n", "difference", "95 % interval", "p", "p (log-rank)"),
        rows,
    )


def _dose(analysis: Analysis) -> TextTable:
    rows = tuple(
        (
            d.arm,
            at_count(d.within, p.count),
            d.outcome,
            str(p.n),
            number(p.mean),
            interval(p.interval),
            interval(p.band),
            number(d.trend, signed=True) if p is d.points[-1] else "",
        )
        for d in analysis.dose
        for p in d.points
    )
    return TextTable(
        "Along counts, with a band for all counts together",
        ("arm", "at", "outcome", "n", "mean", "95 % interval", "95 % band", "trend"),
        rows,
    )


def _traits(analysis: Analysis) -> TextTable:
    rows = tuple(
        (
            t.arm,
            t.condition,
            t.outcome,
            t.trait,
            str(t.n),
            number(t.slope, signed=True),
            interval(t.interval),
            _p(t.p),
            number(t.rank_correlation, signed=True),
            number(t.r_squared),
        )
        for t in analysis.traits
    )
    return TextTable(
        "Outcomes on the traits of the subjects",
        ("arm", "condition", "outcome", "trait", "n", "slope", "95 % interval", "p", "rank correlation", "R squared"),
        rows,
    )


def _plans(analysis: Analysis) -> TextTable:
    rows = tuple(
        (
            f"{p.arm} - {p.other}",
            p.condition,
            p.outcome,
            number(p.sd),
            number(p.difference),
            f"{p.for_power} ({p.for_power_cautious})",
            f"{p.for_precision} ({p.for_precision_cautious})",
        )
        for p in analysis.plans
    )
    return TextTable(
        "Subjects needed (in brackets with a cautious SD)",
        (
            "arms",
            "condition",
            "outcome",
            "paired SD",
            "difference",
            "to find it, power 0.8",
            "to measure it so closely",
        ),
        rows,
    )


def _equivalence(analysis: Analysis) -> TextTable:
    rows = tuple(
        (
            e.arm,
            e.condition,
            e.outcome,
            number(e.published_mean),
            number(e.mean),
            _ends(e.inner_low, e.inner_high),
            number(e.margin),
            number(e.smallest_margin),
            _p(e.p),
            e.verdict,
        )
        for e in analysis.equivalence
    )
    return TextTable(
        "Equivalence with the publication (two one-sided tests)",
        (
            "arm",
            "condition",
            "outcome",
            "published",
            "ours",
            "90 % of difference",
            "margin",
            "smallest",
            "p",
            "verdict",
        ),
        rows,
    )


def _clinical(analysis: Analysis) -> TextTable:
    entries = analysis.clinical.entries if analysis.clinical else ()
    rows = tuple(
        (
            e.asks,
            e.arm,
            e.status,
            e.model.answer if e.model else e.note,
            "; ".join(f.study for f in e.findings if f.says == "yes"),
            "; ".join(f.study for f in e.findings if f.says == "no"),
            "" if e.share_of_draws is None or e.chance is None else f"{e.share_of_draws:.2f} ({e.chance:.2f})",
            e.agreement,
        )
        for e in entries
    )
    return TextTable(
        "Clinical side-by-side: directions only",
        ("question", "arm", "literature", "model", "yes", "no", "share of draws (chance)", "agreement"),
        rows,
    )


def clinical_remarks(analysis: Analysis) -> list[str]:
    """What must be said beside the clinical table; empty where there is none."""
    if analysis.clinical is None:
        return []
    side = analysis.clinical
    return [side.statement, f"In tuning: {side.roles}.", *side.limits, *(f"No figure: {a}" for a in side.absent)]


def _share(share: Share | None) -> str:
    if share is None:
        return ""
    if share.value is None:
        return "nobody"
    return f"{number(share.value)} {interval(share.interval)}"


def _bare(share: Share | None) -> str:
    return "" if share is None else number(share.value)


def number(value: float | None, *, signed: bool = False) -> str:
    """Three significant digits at least, two decimals at most where the value is large."""
    if value is None:
        return ""
    if value == 0:
        return "0"
    digits = 1 if abs(value) >= 10 else 2 if abs(value) >= 1 else 3
    return f"{value:+.{digits}f}" if signed else f"{value:.{digits}f}"


def interval(found: Interval) -> str:
    """The ends, or why there are none."""
    return _ends(found.low, found.high) or found.note


def _ends(low: float | None, high: float | None) -> str:
    return "" if low is None or high is None else f"[{number(low)}, {number(high)}]"


def _p(value: float | None) -> str:
    if value is None:
        return ""
    return "<0.001" if value < 0.001 else f"{value:.3f}"
