"""The statistics of a run as tables of text."""

from __future__ import annotations

from resynapse.analysis.analyse import Analysis
from resynapse.analysis.intervals import Interval
from resynapse.report.tables import TextTable


def statistics_tables(analysis: Analysis) -> list[TextTable]:
    """One table a part of the analysis that applies to the run."""
    made = [_descriptions(analysis), _contrasts(analysis), _orders(analysis)]
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


def number(value: float | None, *, signed: bool = False) -> str:
    """Three significant digits at least, two decimals at most where the value is large."""
    if value is None:
        return ""
    digits = 1 if abs(value) >= 10 else 2 if abs(value) >= 1 else 3
    return f"{value:+.{digits}f}" if signed else f"{value:.{digits}f}"


def interval(found: Interval) -> str:
    """The ends, or why there are none."""
    if found.low is None or found.high is None:
        return found.note
    return f"[{number(found.low)}, {number(found.high)}]"


def _p(value: float | None) -> str:
    if value is None:
        return ""
    return "<0.001" if value < 0.001 else f"{value:.3f}"
