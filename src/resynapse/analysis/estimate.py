"""The record that every part of an analysis gives: one number with its interval, its test and what it is of."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import polars as pl

    from resynapse.analysis.intervals import Interval


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """One number of an analysis. A field that does not apply is None.

    Parameters
    ----------
    part : what it belongs to, in the singular, such as ``contrast``.
    arm, other : the arm; what it is compared with or read against.
    condition, outcome : where it was measured, and what.
    quantity : what the number is, such as ``difference`` or ``sd``.
    n : subjects.
    value, low, high : the number, and the bounds of its interval, in the unit of the outcome.
    method : of the interval.
    p, p_holm : the p value, and the adjusted one.
    role : ``primary``, ``default`` or ``exploratory``.
    note : what a reader must know.
    """

    part: str
    arm: str | None = None
    other: str | None = None
    condition: str | None = None
    outcome: str | None = None
    quantity: str = ""
    n: int | None = None
    value: float | None = None
    low: float | None = None
    high: float | None = None
    method: str | None = None
    p: float | None = None
    p_holm: float | None = None
    role: str | None = None
    note: str | None = None

    def of(self, quantity: str, value: float | None = None, interval: Interval | None = None, **more: Any) -> Estimate:
        """The same cell with another number.

        Parameters
        ----------
        interval : gives low, high, method and note.
        more : other fields that differ.
        """
        given: dict[str, Any] = {"quantity": quantity, "value": None if value is None else float(value)}
        if interval is not None:
            given |= {"low": interval.low, "high": interval.high}
            given |= {"method": interval.method or None, "note": interval.note or None}
        return replace(self, **{**given, **more})


_NUMBERS = dict.fromkeys(("value", "low", "high", "p", "p_holm"), float)
COLUMNS: dict[str, type] = {one.name: {"n": int, **_NUMBERS}.get(one.name, str) for one in fields(Estimate)}
"""Columns of the long table, with their types: the fields of an `Estimate`."""


def long_table(estimates: Iterable[Estimate]) -> pl.DataFrame:
    """One row a number, with `COLUMNS`."""
    import polars as pl

    rows = [[getattr(one, column) for column in COLUMNS] for one in estimates]
    return pl.DataFrame(rows, schema=COLUMNS, orient="row")
