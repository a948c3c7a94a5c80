"""Benjamini-Hochberg q: the expected share of false findings if everything up to this p is called one."""

from __future__ import annotations

import math
from collections.abc import Sequence


def q_values(p_values: Sequence[float | None]) -> list[float | None]:
    """The q of every p over all p that exist; None where a p is None or NaN, which counts as no test.

    Raises
    ------
    ValueError : a p outside of 0 to 1.

    >>> q_values([0.01, None, 0.04])
    [0.02, None, 0.04]
    """
    from scipy.stats import false_discovery_control

    known = [p for p in p_values if p is not None and not math.isnan(p)]
    if not all(0 <= p <= 1 for p in known):
        raise ValueError(f"{[p for p in known if not 0 <= p <= 1]} are no p values; each is from 0 to 1")
    rates = iter(false_discovery_control(known).tolist() if known else [])
    return [None if p is None or math.isnan(p) else next(rates) for p in p_values]
