"""Numbers and values of fields as text."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

CHOICE = {"random": "at random", "smallest": "weakest first"}
"""How connections are chosen."""


def in_words(value: object) -> str:
    """A value of a field.

    >>> in_words((1.0, 1.6)), in_words((1, 3)), in_words(1e-5)
    ('1 to 1.6', '1 and 3', '1e-05')
    """
    if isinstance(value, tuple) and all(isinstance(v, int) for v in value):
        return " and ".join(map(str, value))
    if isinstance(value, tuple):
        return " to ".join(in_words(v) for v in value)
    if isinstance(value, list):
        return ", ".join(map(in_words, value))
    return f"{value:g}" if isinstance(value, float) else str(value)


def percent(share: float) -> str:
    """A share of 0 to 1 in %."""
    return f"{100 * share:g} %"


def counted(counts: Sequence[float]) -> str:
    """Counts as text: a rising range by its ends, others one by one.

    >>> counted([5, 10, 15, 20]), counted([1, 2, 5])
    ('5 to 20 by 5', '1, 2, 5')
    """
    steps = [after - before for before, after in pairwise(counts)]
    if len(counts) > 3 and steps[0] > 0 and all(math.isclose(step, steps[0], rel_tol=1e-9) for step in steps):
        by = "" if steps[0] == 1 else f" by {steps[0]:g}"
        return f"{counts[0]:g} to {counts[-1]:g}{by}"
    return ", ".join(f"{count:g}" for count in counts)
