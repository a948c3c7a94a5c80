"""When a subject reaches each epoch and each measurement of its walk, as expected or as an earlier subject took it."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple


class Place(NamedTuple):
    """How far a subject is: epochs trained and values measured, both of which only grow."""

    epochs: int
    measured: int = 0


@dataclass(frozen=True, slots=True)
class Timetable:
    """Seconds from the start of a subject to each place of its walk.

    Parameters
    ----------
    places : in the order of the walk.
    seconds : when each is reached; they do not fall.
    whole : when the subject is finished, above 0.
    """

    places: Sequence[Place]
    seconds: Sequence[float]
    whole: float

    @classmethod
    def even(cls, epochs: int) -> Timetable:
        """Every epoch takes one second, and nothing else takes any: where nothing is known yet."""
        return cls([Place(done) for done in range(1, epochs + 1)], range(1, epochs + 1), float(max(epochs, 1)))

    def reached(self, place: Place) -> float:
        """When a place is reached; that of the place before it where nobody was measured in between."""
        before = bisect_right(self.places, place)
        return min(self.seconds[before - 1], self.whole) if before else 0.0

    def following(self, place: Place) -> float:
        """When the place after it is reached."""
        after = bisect_right(self.places, place)
        return self.seconds[after] if after < len(self.places) else self.whole
