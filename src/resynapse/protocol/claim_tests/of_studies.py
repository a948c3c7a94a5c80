"""Claims about what small studies would find."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, ClassVar, Self

from pydantic import Field, SkipValidation, field_serializer, field_validator

from resynapse.protocol.claim_tests.bound import Bound
from resynapse.protocol.claim_tests.claim_test import TESTS, Statistic, Test, dump_test
from resynapse.protocol.claim_tests.measures import Combinations, Measure, Read


class Studies(Test):
    """Means of small studies, drawn from the subjects with replacement, are on the claimed side in a share of them."""

    kind: ClassVar[str] = "studies"
    bounded: ClassVar[bool] = False
    of: tuple[SkipValidation[Test], ...] = Field(min_length=1, description="tests that all have to come out by means")
    size: int = Field(default=10, ge=2, description="subjects of a study")
    share: float = Field(default=90.0, gt=0, lt=100, description="% of studies in which they have to")

    @field_validator("of", mode="before")
    @classmethod
    def _of(cls, items: object) -> object:
        return [_test(item) for item in items] if isinstance(items, (list, tuple)) else items

    @field_serializer("of")
    def _dumped(self, tests: tuple[Test, ...]) -> list[dict[str, Any]]:
        return [dump_test(test) for test in tests]

    @property
    def bound(self) -> Bound:
        """On the share of studies."""
        return Bound(low=self.share, unit=" %")

    @property
    def statistic(self) -> Statistic:
        """Always studies."""
        return "studies"

    @property
    def needed(self) -> float:
        """As written."""
        return self.share

    @property
    def measures(self) -> Iterator[Measure]:
        """The cells of all tests."""
        for test in self.of:
            yield from test.measures

    def combinations(self, read: Read) -> Combinations:
        """Those of all tests."""
        inner = [test.combinations(read) for test in self.of]
        missing = tuple(name for one in inner for name in one.missing)
        return Combinations(() if missing else tuple(part for one in inner for part in one.parts), missing)

    def scaled(self, by: Callable[[Test], Callable[[float], float] | None]) -> Self:
        """The bounds of its tests."""
        return self.model_copy(update={"of": tuple(test.scaled(by) for test in self.of)})


def _test(item: object) -> Test:
    if isinstance(item, Test):
        return item
    if not isinstance(item, dict) or len(item) != 1 or next(iter(item)) not in (*TESTS, ""):
        raise ValueError(f"expected one test of {', '.join(TESTS)}")
    ((kind, fields),) = item.items()
    made = TESTS[kind].model_validate(fields)
    if made.statistic != "mean":
        raise ValueError(f"{kind} has no mean that a study could have")
    return made
