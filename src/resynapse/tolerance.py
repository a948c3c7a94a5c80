"""Tolerance: the strength of a disturbance at which accuracy has fallen halfway to chance.

An accuracy at a fixed strength is at its floor or ceiling for most networks; a threshold is on the scale of the
disturbance and has neither. This is the psychometric threshold of the midpoint.
"""

from __future__ import annotations

from collections.abc import Callable

GRID = tuple(2.0**power for power in range(-2, 7))
"""Strengths that are tried first, in rising order: 1/4, 1/2, ... 64."""
CEILING = GRID[-1]
"""The value of a network that is above the midpoint at every strength of the grid: its tolerance is this or more."""
HALVINGS = 6
"""Bisections of the interval in which accuracy first falls: the value is within 1/128 of its width."""
ABOVE_CHANCE = 10.0
"""Points above chance that the accuracy without disturbance must have; otherwise there is no midpoint to find."""


def tolerance(accuracy: Callable[[float], float], classes: int, *, kept: float = 0.5) -> float | None:
    """The strength at which an accuracy first falls to a share of what it has above chance when undisturbed.

    It costs one measurement without disturbance, one for each strength of `GRID` up to the crossing, and `HALVINGS`: 8
    to 16 in all.

    Parameters
    ----------
    accuracy : in %, as a function of the strength (0 or more). The noise is the same at every strength, scaled by it.
    classes : of the task; chance is 100 divided by them.
    kept : the share, in (0, 1); by default the midpoint of the undisturbed accuracy and chance.

    Returns
    -------
    The middle of the last interval of the bisection; `CEILING` where accuracy is above that share at every strength
    of `GRID` (censored: the tolerance is that or more); None where the undisturbed accuracy is not `ABOVE_CHANCE` above
    chance.

    >>> tolerance(lambda strength: 100.0 if strength < 3 else 25.0, 4)
    2.984375
    """
    chance = 100.0 / classes
    undisturbed = accuracy(0.0)
    if undisturbed < chance + ABOVE_CHANCE:
        return None
    target = (undisturbed + chance) / 2.0 if kept == 0.5 else chance + kept * (undisturbed - chance)
    low = 0.0
    for high in GRID:
        if accuracy(high) <= target:
            break
        low = high
    else:
        return CEILING
    for _ in range(HALVINGS):
        middle = (low + high) / 2.0
        if accuracy(middle) <= target:
            high = middle
        else:
            low = middle
    return (low + high) / 2.0
