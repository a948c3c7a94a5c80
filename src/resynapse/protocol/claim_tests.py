"""Criteria of claims: a bound on a linear combination of measured cells, or on every subject."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    SkipValidation,
    field_serializer,
    field_validator,
    model_validator,
)  # fmt: skip

from resynapse.errors import ProtocolError
from resynapse.protocol.derived_outcomes import Finite


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


class Test(BaseModel):
    """A bound on something measured: `above`, `below` or `within`, in the unit of the outcome."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    __test__: ClassVar[bool] = False
    kind: ClassVar[str]
    above: Finite | None = Field(default=None, description="holds above this")
    below: Finite | None = Field(default=None, description="holds below this")
    within: tuple[Finite, Finite] | None = Field(default=None, description="holds between these: an equivalence")

    @model_validator(mode="after")
    def _sound(self) -> Test:
        given = [name for name in ("above", "below", "within") if getattr(self, name) is not None]
        if len(given) != self.bounds:
            raise ValueError("one of above, below, within must stand here" if self.bounds else "an order has no bound")
        if self.within is not None and self.within[0] >= self.within[1]:
            raise ValueError(f"within {list(self.within)} is empty: the first number is the smaller one")
        try:
            tuple(self.measures)
        except ProtocolError as error:
            raise ValueError(str(error)) from None
        return self

    bounds: ClassVar[int] = 1
    """How many bounds it has."""

    @property
    def measures(self) -> Iterator[Measure]:
        """The cells it reads."""
        raise NotImplementedError

    @property
    def each(self) -> bool:
        """Whether it is about every single subject, not about a mean over subjects."""
        return False


class Mean(Test):
    """The mean over subjects; over counts it is taken within the subject first."""

    kind: ClassVar[str] = "mean"
    of: str = Field(description="OUTCOME of ARM at CONDITION")

    @property
    def measures(self) -> Iterator[Measure]:
        """The one cell."""
        yield Measure.parse(self.of)


class Difference(Mean):
    """The mean difference of two cells, paired by subject and, where both have counts, by count."""

    kind: ClassVar[str] = "difference"
    minus: str = Field(description="OUTCOME of ARM at CONDITION")

    @property
    def measures(self) -> Iterator[Measure]:
        """The two cells."""
        yield Measure.parse(self.of)
        yield Measure.parse(self.minus)


class Every(Mean):
    """The bound holds at every count: in every subject, or in a share of them."""

    kind: ClassVar[str] = "every"
    share: float = Field(
        default=100.0, gt=0, le=100, description="% of subjects for whom it must hold; by default all of them"
    )

    @property
    def each(self) -> bool:
        """Always."""
        return True


class Trend(Mean):
    """The change over all counts of a condition: slope within the subject times the span of the counts."""

    kind: ClassVar[str] = "trend"


class Term(BaseModel):
    """One cell of a contrast and its weight."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    times: Finite = Field(description="weight")
    of: str = Field(description="OUTCOME of ARM at CONDITION")


class Contrast(Test):
    """A weighted sum of cells, paired by subject: such as a part of a difference that something must explain."""

    kind: ClassVar[str] = "contrast"
    title: str = Field(default="", description="what the sum is, in words")
    terms: tuple[Term, ...] = Field(min_length=2, description="cells with their weights")

    @property
    def measures(self) -> Iterator[Measure]:
        """One cell a term."""
        for term in self.terms:
            yield Measure.parse(term.of)


class Order(Test):
    """The arms, highest first, each above the next: in the mean, or in every subject."""

    kind: ClassVar[str] = "order"
    bounds: ClassVar[int] = 0
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
    def each(self) -> bool:
        """As written."""
        return self.every


class Studies(Test):
    """Means of small studies, drawn from the subjects with replacement, lie on the claimed side in a share of them."""

    kind: ClassVar[str] = "studies"
    bounds: ClassVar[int] = 0
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
    def measures(self) -> Iterator[Measure]:
        """The cells of all tests."""
        for test in self.of:
            yield from test.measures


def _test(item: object) -> Test:
    if isinstance(item, Test):
        return item
    if not isinstance(item, dict) or len(item) != 1 or next(iter(item)) not in (*TESTS, ""):
        raise ValueError(f"one test of {', '.join(TESTS)} must stand here")
    ((kind, fields),) = item.items()
    made = TESTS[kind].model_validate(fields)
    if isinstance(made, Studies) or made.each:
        raise ValueError(f"{kind} has no mean that a study could have")
    return made


TESTS: dict[str, type[Test]] = {kind.kind: kind for kind in (Mean, Difference, Every, Trend, Contrast, Order, Studies)}
"""Every kind of test by the name it has in files."""


def dump_test(test: Test) -> dict[str, Any]:
    """Plain data of a test, its kind as key."""
    return {test.kind: test.model_dump(mode="json", exclude_defaults=True)}
