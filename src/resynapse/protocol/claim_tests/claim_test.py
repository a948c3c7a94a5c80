"""What every kind of claim test has: the cells that it reads, the sums of them that it bounds, and the bound."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, ClassVar, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from resynapse.errors import ProtocolError
from resynapse.protocol.claim_tests.bound import Bound
from resynapse.protocol.claim_tests.measures import Combinations, Measure, Measured, Read
from resynapse.protocol.derived_outcomes import Finite

Statistic = Literal["mean", "subjects", "studies"]
"""What must meet the bound.

- ``mean``: the mean over subjects.
- ``subjects``: every single subject, or a share of them.
- ``studies``: the means of small studies, in a share of them.
"""


class Test(BaseModel):
    """A bound on something measured: `above`, `below` or `within`, in the unit of the outcome."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    __test__: ClassVar[bool] = False
    kind: ClassVar[str]
    bounded: ClassVar[bool] = True
    """Whether a file states its bound."""
    above: Finite | None = Field(default=None, description="true above this")
    below: Finite | None = Field(default=None, description="true below this")
    within: tuple[Finite, Finite] | None = Field(default=None, description="true between these: an equivalence")

    @model_validator(mode="after")
    def _sound(self) -> Test:
        given = [name for name in ("above", "below", "within") if getattr(self, name) is not None]
        if len(given) != self.bounded:
            expected = f"expected one of above, below, within; got {', '.join(given) or 'none'}"
            raise ValueError(expected if self.bounded else f"{self.kind} has no bound; leave out {', '.join(given)}")
        if self.within is not None and self.within[0] >= self.within[1]:
            raise ValueError(f"within {list(self.within)} is empty: the first number is the smaller one")
        try:
            tuple(self.measures)
        except ProtocolError as error:
            raise ValueError(str(error)) from None
        return self

    @property
    def bound(self) -> Bound:
        """What must be met; without a bound in the file, above 0."""
        if self.within is not None:
            return Bound(low=self.within[0], high=self.within[1], closed=True)
        if self.below is not None:
            return Bound(high=self.below)
        return Bound(low=self.above or 0.0)

    @property
    def statistic(self) -> Statistic:
        """What must meet the bound."""
        return "mean"

    @property
    def needed(self) -> float:
        """The share of subjects or studies that must meet the bound, in %."""
        return 100.0

    @property
    def measures(self) -> Iterator[Measure]:
        """The cells it reads."""
        raise NotImplementedError

    @property
    def weights(self) -> tuple[float, ...] | None:
        """The weight of each measure in what is bounded; None where no level of an outcome is bounded."""
        return (1.0,)

    def combine(self, found: Sequence[Measured]) -> Combinations:
        """The sums of cells that must meet the bound, all measures having values.

        Parameters
        ----------
        found : one a measure, in order.
        """
        raise NotImplementedError

    def combinations(self, read: Read) -> Combinations:
        """The sums of cells that must meet the bound.

        Parameters
        ----------
        read : finds a measure in the results.
        """
        found = [read(measure) for measure in self.measures]
        missing = tuple(str(one.measure) for one in found if not one.conditions)
        return Combinations((), missing) if missing else self.combine(found)

    def scaled(self, by: Callable[[Test], Callable[[float], float] | None]) -> Self:
        """The same test with other bounds.

        Parameters
        ----------
        by : the map of a test's bounds; None leaves them.
        """
        scale = by(self) if self.weights is not None else None
        if scale is None:
            return self
        changed: dict[str, Any] = {}
        for side in ("above", "below"):
            end = getattr(self, side)
            changed[side] = None if end is None else scale(end)
        changed["within"] = None if self.within is None else tuple(scale(end) for end in self.within)
        return self.model_copy(update=changed)


TESTS: dict[str, type[Test]] = {}
"""Every kind of test by the name it has in files; filled by `resynapse.protocol.claim_tests`."""


def dump_test(test: Test) -> dict[str, Any]:
    """Plain data of a test, its kind as key."""
    return {test.kind: test.model_dump(mode="json", exclude_defaults=True)}
