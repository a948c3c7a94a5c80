"""An analysis as one long table, one row a number."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import polars as pl

from resynapse.analysis.cells import at_count
from resynapse.analysis.intervals import Interval
from resynapse.analysis.parts.relapse import Relapse, Share
from resynapse.clinical.side_by_side import SideBySide

if TYPE_CHECKING:
    from resynapse.analysis.analyse import Analysis

COLUMNS: dict[str, type[pl.DataType]] = {
    "part": pl.String,
    "arm": pl.String,
    "other": pl.String,
    "condition": pl.String,
    "outcome": pl.String,
    "quantity": pl.String,
    "n": pl.Int64,
    "value": pl.Float64,
    "low": pl.Float64,
    "high": pl.Float64,
    "method": pl.String,
    "p": pl.Float64,
    "p_holm": pl.Float64,
    "role": pl.String,
    "note": pl.String,
}
Row = dict[str, Any]
FATES = ("never_well", "relapsed", "well")


def long(analysis: Analysis) -> pl.DataFrame:
    """Every number of an analysis; columns that do not apply to a row are null."""
    return pl.DataFrame(list(_rows(analysis)), schema=COLUMNS)


def _rows(analysis: Analysis) -> Iterator[Row]:
    for d in analysis.descriptions:
        cell = {"part": "description", "arm": d.arm, "condition": d.condition, "outcome": d.outcome, "n": d.n}
        yield {**cell, "quantity": "mean", "value": d.mean, **ends(d.interval)}
        for quantity in ("sd", "median", "minimum", "maximum"):
            yield {**cell, "quantity": quantity, "value": getattr(d, quantity)}
        if d.censored:
            yield {**cell, "quantity": "censored", "value": d.censored, "note": "values that are bounds: that or more"}
    for c in analysis.contrasts:
        cell = {"part": "contrast", "arm": c.arm, "other": c.other, "condition": c.condition, "outcome": c.outcome}
        cell = {**cell, "n": c.n}
        tested = {"p": c.p, "p_holm": c.p_holm, "role": c.role}
        yield {**cell, "quantity": "difference", "value": c.difference, **ends(c.interval), **tested}
        yield {**cell, "quantity": "sd of differences", "value": c.sd}
        yield {**cell, "quantity": "d_z", "value": c.effect, "note": c.note or None}
    for o in analysis.orders:
        for order in o.orders:
            cell = {"part": "order", "condition": o.condition, "outcome": o.outcome, "n": o.n}
            yield {**cell, "quantity": str(order), "value": order.share, **ends(order.interval)}
    for r in analysis.relapse:
        yield from _relapse(r)
    for s in analysis.survival:
        cell = {"part": f"time to relapse, {s.population}", "arm": s.arm, "outcome": s.outcome, "n": s.n}
        for time, share, interval, risk in zip(s.times, s.well, s.intervals, s.at_risk, strict=True):
            at = {**cell, "condition": at_count(s.within, time)}
            yield {**at, "quantity": "still well", "value": share, **ends(interval)}
            yield {**at, "quantity": "at risk", "value": risk}
        restricted = {"quantity": "restricted mean", "value": s.restricted_mean, **ends(s.restricted_interval)}
        yield {**cell, "condition": s.within, **restricted}
    for sc in analysis.survival_contrasts:
        cell = {"part": f"time to relapse, {sc.population}", "arm": sc.arm, "other": sc.other, "condition": sc.within}
        cell = {**cell, "outcome": sc.outcome, "n": sc.n}
        found = {"value": sc.difference, **ends(sc.interval), "p": sc.p}
        yield {
            **cell,
            "quantity": "difference of restricted means",
            **found,
            "note": sc.note or sc.interval.note or None,
        }
        yield {**cell, "quantity": "log-rank", "p": sc.logrank_p, "note": sc.logrank_note or None}
    for dr in analysis.dose:
        cell = {"part": "dose", "arm": dr.arm, "outcome": dr.outcome}
        for point in dr.points:
            at = {**cell, "condition": at_count(dr.within, point.count), "n": point.n, "value": point.mean}
            yield {**at, "quantity": "mean", **ends(point.interval)}
            yield {**at, "quantity": "mean, band", **ends(point.band)}
        trend = {"n": dr.points[0].n, "value": dr.trend, **ends(dr.trend_interval), "p": dr.trend_p}
        yield {**cell, "condition": dr.within, "quantity": "trend", **trend}
    for t in analysis.traits:
        cell = {
            "part": "trait",
            "arm": t.arm,
            "other": t.trait,
            "condition": t.condition,
            "outcome": t.outcome,
            "n": t.n,
        }
        yield {**cell, "quantity": "slope", "value": t.slope, **ends(t.interval), "p": t.p, "p_holm": t.p_holm}
        for quantity in ("standardised", "rank_correlation", "r_squared"):
            yield {**cell, "quantity": quantity, "value": getattr(t, quantity)}
    for plan in analysis.plans:
        cell = {"part": "plan", "arm": plan.arm, "other": plan.other, "condition": plan.condition, "n": plan.n}
        cell = {**cell, "outcome": plan.outcome, "note": f"for a difference of {plan.difference:g}"}
        for quantity in ("for_power", "for_power_cautious", "for_precision", "for_precision_cautious"):
            yield {**cell, "quantity": quantity, "value": getattr(plan, quantity)}
    for e in analysis.equivalence:
        cell = {"part": "equivalence", "arm": e.arm, "condition": e.condition, "outcome": e.outcome}
        cell = {**cell, "method": e.method or None, "note": e.verdict}
        ours = {"value": e.difference, "low": e.difference_low, "high": e.difference_high}
        yield {**cell, "quantity": "ours minus published", **ours, "p": e.p}
        yield {**cell, "quantity": "smallest margin", "value": e.smallest_margin}
    if analysis.clinical is not None:
        yield from _clinical(analysis.clinical)


def _clinical(side: SideBySide) -> Iterator[Row]:
    """The model's answers and every finding beside them; what must be said of all of them in the first row."""
    yield {"part": "clinical", "quantity": "statement", "note": side.statement}
    for e in side.entries:
        cell: Row = {"part": "clinical", "arm": e.arm, "condition": e.question}
        if e.model is None:
            yield {**cell, "quantity": "model", "note": e.note}
        else:
            found = {"n": e.model.n, "value": e.model.difference, **ends(e.model.interval)}
            yield {**cell, "quantity": f"model: {e.model.answer}", **found, "note": e.agreement}
        if e.findings:
            yield {**cell, "quantity": "share of draws", "value": e.share_of_draws, "p": e.p, "note": e.drawn}
        for f in e.findings:
            shown = "; ".join(f.figures)
            yield {**cell, "other": f.study, "quantity": f"finding: {f.says}", "value": f.share_of_draws, "note": shown}


def _relapse(r: Relapse) -> Iterator[Row]:
    cell: Row = {"part": "relapse", "arm": r.arm, "outcome": r.outcome, "condition": r.within, "note": r.note or None}
    shares: list[tuple[str, str, Share | None]] = [
        (r.within, "of all", r.of_all),
        (r.within, "of remitted", r.of_remitted),
        *((r.within, fate, getattr(r.fates, fate, None)) for fate in FATES),
    ]
    for at in r.counts:
        condition = at_count(r.within, at.count)
        shares += [(condition, "of all", at.of_all), (condition, "of remitted", at.of_remitted)]
        shares += [(condition, fate, getattr(at.fates, fate, None)) for fate in FATES]
    for condition, quantity, share in shares:
        if share is not None:
            found = {"n": share.n, "value": share.value, **ends(share.interval)}
            read = {} if quantity == "of all" else {"other": r.remission}
            yield {**cell, "condition": condition, "quantity": quantity, **read, **found}


def ends(interval: Interval) -> Row:
    """The columns of an interval."""
    return {
        "low": interval.low,
        "high": interval.high,
        "method": interval.method or None,
        "note": interval.note or None,
    }
