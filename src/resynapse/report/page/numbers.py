"""Numbers as they are printed."""

from __future__ import annotations

import math


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
