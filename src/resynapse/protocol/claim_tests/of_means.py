"""Claims about means over subjects: of a cell, of a difference, of a trend over counts, of a weighted sum."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import ClassVar

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from resynapse.protocol.claim_tests.claim_test import Test
from resynapse.protocol.claim_tests.measures import Cell, Combination, Combinations, Measure, Measured
from resynapse.protocol.conditions import Condition
from resynapse.protocol.derived_outcomes import Finite


class Mean(Test):
    """The mean over subjects; over counts it is taken within the subject first."""

    kind: ClassVar[str] = "mean"
    of: str = Field(description="OUTCOME of ARM at CONDITION")

    @property
    def measures(self) -> Iterator[Measure]:
        """The one cell."""
        yield Measure.parse(self.of)

    def combine(self, found: Sequence[Measured]) -> Combinations:
        """The mean over the counts."""
        return Combinations((Combination(str(found[0].measure), found[0].mean()),))


class Difference(Mean):
    """The mean difference of two cells, paired by subject and, where both have counts, by count."""

    kind: ClassVar[str] = "difference"
    minus: str = Field(description="OUTCOME of ARM at CONDITION")

    @property
    def measures(self) -> Iterator[Measure]:
        """The two cells."""
        yield Measure.parse(self.of)
        yield Measure.parse(self.minus)

    @property
    def weights(self) -> tuple[float, ...] | None:
        """Levels cancel."""
        return 1.0, -1.0

    def combine(self, found: Sequence[Measured]) -> Combinations:
        """The one difference."""
        return Combinations((difference(*found),))


class Trend(Mean):
    """The change over all counts of a condition: slope within the subject times the span of the counts."""

    kind: ClassVar[str] = "trend"

    @property
    def weights(self) -> tuple[float, ...] | None:
        """A slope has no level."""
        return (0.0,)

    def combine(self, found: Sequence[Measured]) -> Combinations:
        """The least-squares slope times the span."""
        one, conditions = found[0], found[0].conditions
        if len(conditions) < 2:
            return Combinations((), (f"two counts of {one.measure}",))
        counts = np.array([float(Condition.parse(condition).count) for condition in conditions])
        centred = counts - counts.mean()
        weights = centred / np.sum(centred**2) * np.ptp(counts)
        name = f"change of {one.measure} from {counts[0]:g} to {counts[-1]:g}"
        cells = zip(weights.tolist(), conditions, strict=True)
        return Combinations((Combination(name, tuple((weight, one.cell(at)) for weight, at in cells)),))


class Term(BaseModel):
    """One cell of a contrast and its weight."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    times: Finite = Field(description="weight")
    of: str = Field(description="OUTCOME of ARM at CONDITION")


class Contrast(Test):
    """A weighted sum of cells, paired by subject: such as a part of a difference that something must explain."""

    kind: ClassVar[str] = "contrast"
    title: str = Field(default="", description="description of the sum")
    terms: tuple[Term, ...] = Field(min_length=2, description="cells with their weights")

    @property
    def measures(self) -> Iterator[Measure]:
        """One cell a term."""
        for term in self.terms:
            yield Measure.parse(term.of)

    @property
    def weights(self) -> tuple[float, ...] | None:
        """As written."""
        return tuple(term.times for term in self.terms)

    def combine(self, found: Sequence[Measured]) -> Combinations:
        """The one sum, over the counts that all terms of one condition share."""
        shared: dict[str, Sequence[str]] = {}
        for one in found:
            here = shared.setdefault(one.measure.condition, one.conditions)
            shared[one.measure.condition] = [c for c in here if c in one.conditions] or here
        parts: list[tuple[float, Cell]] = []
        for term, one in zip(self.terms, found, strict=True):
            common = [c for c in one.conditions if c in shared[one.measure.condition]]
            parts += one.mean(common, term.times)
        sums = " ".join(f"{term.times:+g} {one.measure}" for term, one in zip(self.terms, found, strict=True))
        return Combinations((Combination(self.title or sums.removeprefix("+"), tuple(parts)),))


def difference(of: Measured, minus: Measured) -> Combination:
    """Paired by count where both sides have counts of one condition."""
    one, other = of.measure, minus.measure
    here, there = of.conditions, minus.conditions
    if one.condition == other.condition:
        common = tuple(condition for condition in here if condition in there)
        here, there = (common, common) if common else (here, there)
    if one.outcome == other.outcome and one.condition == other.condition:
        name = f"{one.outcome} of {one.arm} minus {other.arm} at {one.condition}"
    else:
        name = f"{one} minus {other}"
    return Combination(name, (*of.mean(here), *minus.mean(there, -1.0)))
