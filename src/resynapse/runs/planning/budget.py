"""A budget of time: how many subjects fit into it at a measured speed, and when it is over."""

from __future__ import annotations

import math
import re
import time
from collections.abc import Callable, Iterable, Iterator

from resynapse.errors import ResynapseError
from resynapse.runs.duration import duration

_UNITS = {"s": 1.0, "m": 60.0, "h": 3600.0}


def span(text: str) -> float:
    """Seconds behind ``90s``, ``30m`` or ``1.5h``.

    Raises
    ------
    ResynapseError : it has another form, or is no time at all.

    >>> span("1.5h")
    5400.0
    """
    match = re.fullmatch(r"\s*(\d+(?:\.\d+)?|\.\d+)\s*([smh])\s*", text, re.ASCII)
    seconds = float(match[1]) * _UNITS[match[2]] if match else 0.0
    if not 0 < seconds < math.inf:
        raise ResynapseError(f"{text!r} is no span of time: give a number above 0 with s, m or h, such as 90s or 1.5h")
    return seconds


class Budget:
    """Time that may be used from now on.

    Parameters
    ----------
    seconds : more than 0.
    clock : seconds that only grow.

    Raises
    ------
    ResynapseError : the seconds are no number above 0.
    """

    def __init__(self, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        if not (isinstance(seconds, int | float) and 0 < seconds < math.inf):
            raise ResynapseError(f"within = {seconds!r} is not possible: give seconds, a number above 0")
        self.seconds = float(seconds)
        self.clock = clock
        self.ends = clock() + self.seconds

    @property
    def left(self) -> float:
        """Seconds that remain; 0 when it is over."""
        return max(0.0, self.ends - self.clock())

    def over(self) -> bool:
        """Whether the time is used up."""
        return self.left <= 0

    def fitting(self, each: float, at_once: int) -> int:
        """Subjects that can be finished in what is left.

        Parameters
        ----------
        each : seconds that a subject takes.
        at_once : subjects that are computed side by side.
        """
        return at_once * int(self.left / max(each, 1e-9))

    def while_they_fit(
        self, numbers: Iterable[int], each: float, at_once: int, finished: Callable[[], int]
    ) -> Iterator[int]:
        """Subjects to begin, as long as the next one can be finished in what is left.

        Parameters
        ----------
        each : seconds that a subject is expected to take; what finished ones took replaces it.
        finished : how many of these subjects are finished by now.
        """
        began = self.clock()
        for begun, number in enumerate(numbers):
            done = finished()
            if done >= at_once:
                each = (self.clock() - began) * at_once / done
            if self.fitting(each, at_once) < at_once * ((begun - done) // at_once + 1):
                return
            yield number

    def __str__(self) -> str:
        return f"{self.seconds:g} s" if self.seconds < 10 else duration(self.seconds)
