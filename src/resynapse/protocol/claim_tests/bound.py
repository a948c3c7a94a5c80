"""The bound of a claim: an interval of numbers that meet it."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Bound:
    """Above a number, below one, or within two.

    Parameters
    ----------
    low, high : ends of the interval, in the unit of what is bounded; infinite where one side is free.
    closed : whether the ends meet the bound: those of `within` do, those of `above` and `below` do not.
    unit : shown after the numbers.

    >>> str(Bound(low=90.0)), Bound(low=90.0).holds(np.array([90.0, 91.0])).tolist()
    ('above 90', [False, True])
    """

    low: float = -math.inf
    high: float = math.inf
    closed: bool = False
    unit: str = ""

    @property
    def interval(self) -> tuple[float, float]:
        """Both ends."""
        return self.low, self.high

    def holds(self, numbers: Floats) -> NDArray[np.bool_]:
        """Which numbers meet it; NaN does not."""
        if self.closed:
            return (numbers >= self.low) & (numbers <= self.high)
        return (numbers > self.low) & (numbers < self.high)

    def distance(self, numbers: Floats) -> Floats:
        """How far each number is on the wrong side, negative on the right one."""
        return np.maximum(self.low - numbers, numbers - self.high)

    def scaled(self, by: Callable[[float], float]) -> Bound:
        """The bound with its finite ends mapped."""
        low, high = (by(end) if math.isfinite(end) else end for end in self.interval)
        return Bound(low=low, high=high, closed=self.closed, unit=self.unit)

    def __str__(self) -> str:
        if self.closed:
            return f"between {self.low:g} and {self.high:g}{self.unit}"
        return f"above {self.low:g}{self.unit}" if math.isfinite(self.low) else f"below {self.high:g}{self.unit}"
