"""What a claim reads: cells of results, and weighted sums of them."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from resynapse.errors import ProtocolError


class Cell(NamedTuple):
    """What names a column of results."""

    arm: str
    condition: str
    outcome: str


@dataclass(frozen=True, slots=True)
class Measure:
    """An outcome of an arm at a condition; a condition without its counts means all of them.

    >>> Measure.parse("acc_combined of ketamine:sham at acute").arm
    'ketamine:sham'
    """

    outcome: str
    arm: str
    condition: str

    @classmethod
    def parse(cls, text: str) -> Measure:
        """From ``OUTCOME of ARM at CONDITION``.

        Raises
        ------
        ProtocolError : it has another form.
        """
        match = re.fullmatch(r"\s*(\S+) of (.+?) at (\S+)\s*", text)
        if match is None:
            raise ProtocolError(f"{text!r} names no cell; write it such as acc_combined of ketamine at acute")
        return cls(*match.groups())

    def __str__(self) -> str:
        return f"{self.outcome} of {self.arm} at {self.condition}"


@dataclass(frozen=True, slots=True)
class Measured:
    """A measure and the conditions at which it has values: its own, or one a count, ascending."""

    measure: Measure
    conditions: tuple[str, ...]

    def cell(self, condition: str) -> Cell:
        """The cell at one of the conditions."""
        return Cell(self.measure.arm, condition, self.measure.outcome)

    def mean(self, conditions: Sequence[str] = (), times: float = 1.0) -> tuple[tuple[float, Cell], ...]:
        """Equal weights on its cells that add up to `times`: on all of them, or on those at `conditions`."""
        over = conditions or self.conditions
        return tuple((times / len(over), self.cell(condition)) for condition in over)


Read = Callable[[Measure], Measured]
"""Finds a measure in results: in a run, in a changed run, or in published tables."""


@dataclass(frozen=True, slots=True)
class Combination:
    """A weighted sum of cells, and its name."""

    name: str
    weights: tuple[tuple[float, Cell], ...]


@dataclass(frozen=True, slots=True)
class Combinations:
    """What a test is about; all of them must meet its bound. Without any, `missing` names what is not measured."""

    parts: tuple[Combination, ...]
    missing: tuple[str, ...] = ()
