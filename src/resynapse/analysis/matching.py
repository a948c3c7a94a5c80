"""Matching: what an arm would show where some measure of its treatment equals that of another arm.

An arm is run at several doses, a ladder. Subject by subject, its outcome is read off at the point of the ladder where
the measure has the value that the other arm reached; between two rungs both are straight lines. Where the ladder does
not reach that value, the subject has none: nothing is extrapolated.
"""

from __future__ import annotations

import numpy as np

from resynapse.analysis.cells import Floats


def at_equal(measure: Floats, outcome: Floats, target: Floats) -> Floats:
    """The outcome where the measure equals the target, for every subject; NaN where the ladder does not reach it.

    Parameters
    ----------
    measure, outcome : shape (rungs, subjects), rungs by rising dose.
    target : shape (subjects); the other arm's measure.

    Where the measure crosses the target several times along the ladder, the lowest dose counts.

    >>> at_equal(np.array([[0.0], [2.0]]), np.array([[10.0], [20.0]]), np.array([0.5])).tolist()
    [12.5]
    """
    found = np.full(target.shape, np.nan)
    for rung in range(len(measure) - 1, 0, -1):
        below, above = measure[rung - 1], measure[rung]
        inside = (np.minimum(below, above) <= target) & (target <= np.maximum(below, above))
        # within the span the share is at most 1, so that it cannot overflow
        share = np.divide(target - below, above - below, out=np.zeros(target.shape), where=inside & (above != below))
        here = (1.0 - share) * outcome[rung - 1] + share * outcome[rung]
        # from the top down, so that the lowest crossing is written last
        found = np.where(inside & ~np.isnan(here), here, found)
    return found
