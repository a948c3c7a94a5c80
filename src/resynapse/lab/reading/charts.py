"""Charts as rows of marks: the numbers here, the SVG in `templates/charts.html.j2`, a table beside every chart.

Positions are in % of the width, so that a chart fits a telephone and a wall.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from resynapse.analysis.cells import Floats
from resynapse.analysis.intervals import Interval, Kind, mean_intervals
from resynapse.analysis.numbers import number
from resynapse.analysis.parts.describe import kinds
from resynapse.lab.reading.marks import NO_MARKS, Marks, marks
from resynapse.protocol import Protocol

if TYPE_CHECKING:
    import polars as pl

Ticks = tuple[tuple[float, str], ...]
COLOURS = 7
"""Colours of arms that can be told apart; the marker differs too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One arm, or one difference between arms: its marks in % of the width, its numbers in words.

    Parameters
    ----------
    look : number of its colour and marker.
    marks : of its subjects.
    """

    name: str
    title: str
    look: int
    n: int
    mean: str
    interval: str
    note: str
    x: float | None
    low: float | None
    high: float | None
    marks: Marks = NO_MARKS


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """Rows under one axis.

    Parameters
    ----------
    ticks : place in % and label.
    zero : place of 0 where it is a reference.
    note : what holds for the interval of every row.
    """

    title: str
    axis: str
    rows: tuple[Row, ...]
    ticks: tuple[tuple[float, str], ...]
    zero: float | None = None
    note: str = ""


def arms_chart(protocol: Protocol, frame: pl.DataFrame, outcome: str, title: str, axis: str, names: Mapping[str, str],
               arms: Sequence[str], decimals: int, looks: Mapping[str, int] | None = None) -> Chart:  # fmt: skip
    """A row an arm: every subject, the mean and its interval.

    Parameters
    ----------
    frame : columns subject, arm, value.
    names : titles of the arms.
    decimals : of the outcome.
    looks : numbers of their colours; by default their order.
    """
    columns = {arm: _column(frame, arm) for arm in arms}
    return _chart(title, axis, columns, kinds(protocol, [outcome])[0], names, looks or _looks(arms), decimals)


def differences_chart(frame: pl.DataFrame, title: str, axis: str, names: Mapping[str, str],
                      arms: Sequence[str], reference: str, decimals: int) -> Chart:  # fmt: skip
    """A row an arm: what each subject has more there than in the reference."""
    subjects, base = _column(frame, reference)
    columns = {}
    for arm in arms:
        if arm != reference:
            numbers, values = _column(frame, arm)
            shared, here, there = np.intersect1d(numbers, subjects, return_indices=True)
            columns[arm] = (shared, values[here] - base[there])
    return _chart(title, axis, columns, "free", names, _looks(arms), decimals, zero=True)


def _column(frame: pl.DataFrame, arm: str) -> tuple[Floats, Floats]:
    part = frame.filter(frame["arm"] == arm).drop_nulls()
    return part["subject"].to_numpy(), part["value"].to_numpy()


def _chart(title: str, label: str, columns: Mapping[str, tuple[Floats, Floats]], kind: Kind,
           names: Mapping[str, str], looks: Mapping[str, int], decimals: int, zero: bool = False) -> Chart:  # fmt: skip
    every = np.concatenate([values for _, values in columns.values()]) if columns else np.array([])
    every = every[np.isfinite(every)]
    intervals = {arm: _interval(kind, *column) for arm, column in columns.items()}
    ends = [end for one in intervals.values() for end in (one.low, one.high) if end is not None]
    reach = [*every.tolist(), *ends, *([0.0] if zero else [])]
    place, ticks = axis(reach, None if kind == "free" else 0.0)
    rows = []
    for arm, (subjects, values) in columns.items():
        interval = intervals[arm]
        mean = float(values.mean()) if len(values) else None
        rows.append(
            Row(
                name=arm,
                title=names.get(arm, arm),
                look=looks.get(arm, COLOURS - 1) % COLOURS,
                n=len(values),
                mean=rounded(mean, decimals, signed=zero),
                interval=span(interval, decimals, signed=zero),
                note=interval.note if len(values) else "no finished subject has a value here",
                x=None if mean is None else place(mean),
                low=None if interval.low is None else place(interval.low),
                high=None if interval.high is None else place(interval.high),
                marks=marks(place, subjects, values, partial(rounded, decimals=decimals, signed=zero)),
            )
        )
    said, note = noted(rows)
    return Chart(title=title, axis=label, rows=said, ticks=ticks, zero=place(0.0) if zero else None, note=note)


def noted(rows: Sequence[Row]) -> tuple[tuple[Row, ...], str]:
    """Rows, and the note that all of them have, which then is said once."""
    shared = {row.note for row in rows}
    note = shared.pop() if len(rows) > 1 and len(shared) == 1 else ""
    return tuple(replace(row, note="") for row in rows) if note else tuple(rows), note


def rounded(value: float | None, decimals: int, *, signed: bool = False) -> str:
    """A number with the decimals of its outcome; with more where these would leave nothing of it.

    >>> [rounded(v, 1) for v in (97.25, 0.0, 0.0123)], rounded(-4.0, 1, signed=True)
    (['97.2', '0.0', '0.0123'], '-4.0')
    """
    if value is None:
        return ""
    if value != 0 and abs(value) < 0.5 * 10.0**-decimals:
        return number(value, signed=signed)
    return f"{value:{'+' if signed and value else ''}.{decimals}f}"


def span(interval: Interval, decimals: int, *, signed: bool = False) -> str:
    """An interval in words; empty where there is none."""
    low, high = interval.low, interval.high
    if low is None or high is None:
        return ""
    return f"{rounded(low, decimals, signed=signed)} to {rounded(high, decimals, signed=signed)}"


def _looks(arms: Sequence[str]) -> dict[str, int]:
    return {arm: place for place, arm in enumerate(arms)}


def _interval(kind: Kind, subjects: Floats, values: Floats) -> Interval:
    if len(values) < 2:
        return Interval(note="one subject: no interval" if len(values) else "")
    return mean_intervals(values[:, None], [kind], subjects.astype(np.int64))[0]


def axis(values: Sequence[float], floor: float | None = None) -> tuple[Callable[[float], float], Ticks]:
    """Where a value is in % of the width, and round ticks; all values have their place with a little room.

    Parameters
    ----------
    floor : the axis does not begin below it.
    """
    low, high = min(values, default=0.0), max(values, default=1.0)
    if high - low < 1e-9:
        low, high = low - 0.5, high + 0.5
    step = 10.0 ** math.floor(math.log10((high - low) / 4))
    step *= next(m for m in (1, 2, 5, 10) if (high - low) / (step * m) <= 5)
    first, last = math.floor(low / step), math.ceil(high / step)
    if floor is not None and low >= floor:
        first = max(first, math.floor(floor / step))
    marks = [round(k * step, 10) for k in range(first, last + 1)]
    margin = 0.02 * (marks[-1] - marks[0])
    start, width = marks[0] - margin, marks[-1] - marks[0] + 2 * margin

    def place(value: float) -> float:
        return round(100 * (value - start) / width, 3)

    return place, tuple((place(mark), f"{mark:g}".replace("-", "−")) for mark in marks)
