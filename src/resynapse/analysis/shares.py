"""Shares of subjects in two cohorts: their difference with an interval that knows that ten of ten is not certainty."""

from __future__ import annotations

import numpy as np

from resynapse.analysis.cells import Floats

YES_OR_NO = ("manic_relapse",)
"""Published outcomes that are shares of subjects."""


def newcombe(yes1: int, n1: int, yes2: int, n2: int, level: float) -> tuple[float, float]:
    """Interval in points of share 1 minus share 2 (Newcombe 1998, method 10: from the two Wilson intervals)."""
    low, high = _newcombe(np.array(float(yes1)), n1, np.array(float(yes2)), n2, level)
    return float(low), float(high)


def chance_of_difference(share: float, n1: int, n2: int, margin: float, level: float) -> float:
    """P(0 outside Newcombe's interval, and the difference beyond the margin) if both cohorts have this share.

    Parameters
    ----------
    share : 0 to 1.
    margin : points.
    """
    from scipy.stats import binom

    yes1, yes2 = np.arange(n1 + 1.0)[:, None], np.arange(n2 + 1.0)[None, :]
    low, high = _newcombe(yes1, n1, yes2, n2, level)
    differs = ((low > 0) | (high < 0)) & (np.abs(100 * (yes1 / n1 - yes2 / n2)) > margin + 1e-12)
    weight = binom.pmf(yes1, n1, share) * binom.pmf(yes2, n2, share)
    return float((weight * differs).sum())


def _newcombe(yes1: Floats, n1: int, yes2: Floats, n2: int, level: float) -> tuple[Floats, Floats]:
    share1, share2 = yes1 / n1, yes2 / n2
    low1, high1 = _wilson(share1, n1, level)
    low2, high2 = _wilson(share2, n2, level)
    difference = share1 - share2
    low = difference - np.sqrt((share1 - low1) ** 2 + (high2 - share2) ** 2)
    high = difference + np.sqrt((high1 - share1) ** 2 + (share2 - low2) ** 2)
    return np.asarray(100 * low), np.asarray(100 * high)


def _wilson(share: Floats, n: int, level: float) -> tuple[Floats, Floats]:
    from scipy.special import ndtri

    z = float(ndtri(0.5 + level / 2))
    centre = (share + z**2 / (2 * n)) / (1 + z**2 / n)
    half = z * np.sqrt(share * (1 - share) / n + z**2 / (4 * n**2)) / (1 + z**2 / n)
    return np.maximum(centre - half, 0.0), np.minimum(centre + half, 1.0)
