"""Numbers as people read them: the one rule for every table, sentence and page."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from resynapse.analysis.intervals import Interval


def number(value: float | None, *, signed: bool = False) -> str:
    """Three significant digits at least; one decimal where the value is 10 or more; powers of ten below 0.0001.

    >>> [number(v) for v in (97.25, 2.5, 0.0471, 0.000123, 4.2e-07)]
    ['97.2', '2.50', '0.0471', '0.000123', '4.20e-07']
    """
    if value is None:
        return ""
    if value == 0:
        return "0"
    size = math.floor(math.log10(abs(value)))
    form = ".2e" if size < -4 else f".{max(1, 2 - size)}f"
    return f"{value:+{form}}" if signed else f"{value:{form}}"


def bounds(low: float | None, high: float | None) -> str:
    """Both bounds of an interval in square brackets; empty without them.

    >>> bounds(1.0, 20.0), bounds(None, None)
    ('[1.00, 20.0]', '')
    """
    return "" if low is None or high is None else f"[{number(low)}, {number(high)}]"


def interval_text(found: Interval) -> str:
    """The bounds of an interval, or why there are none."""
    return bounds(found.low, found.high) or found.note


def p_value(value: float | None) -> str:
    """A p value with three decimals, or that it is smaller.

    >>> p_value(0.0314), p_value(0.0001), p_value(None)
    ('0.031', '<0.001', '')
    """
    if value is None:
        return ""
    return "<0.001" if value < 0.001 else f"{value:.3f}"
