"""An analysis as one long table, one row a number."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import polars as pl

from resynapse.analysis.intervals import Interval

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
    "note": pl.String,
}
Row = dict[str, Any]


def long(analysis: Analysis) -> pl.DataFrame:
    """Every number of an analysis; columns that do not apply to a row are null."""
    return pl.DataFrame(list(_rows(analysis)), schema=COLUMNS)


def _rows(analysis: Analysis) -> Iterator[Row]:
    for d in analysis.descriptions:
        cell = {"part": "description", "arm": d.arm, "condition": d.condition, "outcome": d.outcome, "n": d.n}
        yield {**cell, "quantity": "mean", "value": d.mean, **ends(d.interval)}
        for quantity in ("sd", "median", "minimum", "maximum"):
            yield {**cell, "quantity": quantity, "value": getattr(d, quantity)}
    for c in analysis.contrasts:
        cell = {"part": "contrast", "arm": c.arm, "other": c.other, "condition": c.condition, "outcome": c.outcome}
        cell = {**cell, "n": c.n}
        tested = {"p": c.p, "p_holm": c.p_holm}
        yield {**cell, "quantity": "difference", "value": c.difference, **ends(c.interval), **tested}
        yield {**cell, "quantity": "sd of differences", "value": c.sd}
        yield {**cell, "quantity": "d_z", "value": c.effect, "note": c.note or None}
    for o in analysis.orders:
        for order in o.orders:
            cell = {"part": "order", "condition": o.condition, "outcome": o.outcome, "n": o.n}
            yield {**cell, "quantity": str(order), "value": order.share, **ends(order.interval)}


def ends(interval: Interval) -> Row:
    """The columns of an interval."""
    return {
        "low": interval.low,
        "high": interval.high,
        "method": interval.method or None,
        "note": interval.note or None,
    }
