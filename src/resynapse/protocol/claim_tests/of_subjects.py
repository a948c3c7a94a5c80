"""Claims that can be about every single subject."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import ClassVar

from pydantic import Field

from resynapse.protocol.claim_tests.claim_test import Statistic, Test
from resynapse.protocol.claim_tests.measures import Combination, Combinations, Measure, Measured
from resynapse.protocol.claim_tests.of_means import Mean, difference


class Every(Mean):
    """The bound is true at every count: in every subject, or in a share of them."""

    kind: ClassVar[str] = "every"
    share: float = Field(
        default=100.0, gt=0, le=100, description="% of subjects for whom it must hold; by default all of them"
    )

    @property
    def statistic(self) -> Statistic:
        """Always subjects."""
        return "subjects"

    @property
    def needed(self) -> float:
        """As written."""
        return self.share

    def combine(self, found: Sequence[Measured]) -> Combinations:
        """One sum a count."""
        one = found[0]
        cells = [one.cell(condition) for condition in one.conditions]
        return Combinations(tuple(Combination(str(Measure(c.outcome, c.arm, c.condition)), ((1.0, c),)) for c in cells))


class Order(Test):
    """The arms, highest first, each above the next: in the mean, or in every subject."""

    kind: ClassVar[str] = "order"
    bounded: ClassVar[bool] = False
    of: str = Field(min_length=1, description="an outcome")
    at: str = Field(min_length=1, description="a condition")
    arms: tuple[str, ...] = Field(min_length=2, description="highest first")
    every: bool = Field(default=False, description="in every subject, not in the mean alone")

    @property
    def measures(self) -> Iterator[Measure]:
        """One cell an arm."""
        for arm in self.arms:
            yield Measure(self.of, arm, self.at)

    @property
    def weights(self) -> tuple[float, ...] | None:
        """An order bounds no level."""
        return None

    @property
    def statistic(self) -> Statistic:
        """As written."""
        return "subjects" if self.every else "mean"

    def combine(self, found: Sequence[Measured]) -> Combinations:
        """Each arm minus the next."""
        return Combinations(tuple(difference(*pair) for pair in pairwise(found)))
