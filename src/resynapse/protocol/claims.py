"""Claims: what a publication concludes, as statements that results decide.

A claim has tests, each a bound on something measured, and controls: the changed worlds in which it must still hold, or
tests of their own that it must pass. Bounds are written down before anything is run.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict, Field, model_validator

from resynapse.errors import ProtocolError
from resynapse.protocol.derived import Finite
from resynapse.protocol.when import When


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
    """The bound holds for every subject at every count."""

    kind: ClassVar[str] = "every"

    @property
    def each(self) -> bool:
        """Always."""
        return True


class Trend(Mean):
    """The change over all counts of a condition: slope within the subject times the span of the counts."""

    kind: ClassVar[str] = "trend"


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


TESTS: dict[str, type[Test]] = {kind.kind: kind for kind in (Mean, Difference, Every, Trend, Order)}
"""Every kind of test by the name it has in files."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Survival:
    """A control that a claim must survive.

    Parameters
    ----------
    control : its name; ``ketamine:sham`` changes this arm alone. With `tests` or `among` any name will do.
    tests : that must hold; empty for the claim's own, read in the world of the control.
    among : only subjects for whom this holds in the arm that is read, such as ``acc_combined >= 90 at acute``.
    """

    control: str
    tests: tuple[Test, ...] = ()
    among: str = ""

    @property
    def selects(self) -> tuple[When, str] | None:
        """The comparison of `among` and its condition."""
        if not self.among:
            return None
        comparison, _, condition = self.among.rpartition(" at ")
        return When.parse(comparison), condition.strip()


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A conclusion and what decides it.

    Parameters
    ----------
    id, where, statement : a short name, the place in the publication, the sentence as a reader takes it.
    tests : all of them must hold.
    controls : what it must survive.
    reading : how the sentence was read, where it can be read otherwise.
    """

    id: str
    statement: str
    tests: tuple[Test, ...]
    where: str = ""
    controls: tuple[Survival, ...] = ()
    reading: str = ""

    @property
    def needs(self) -> frozenset[str]:
        """Names of the controls that must be run for it."""
        arms = {m.arm for t in (*self.tests, *(t for c in self.controls for t in c.tests)) for m in t.measures}
        named = {arm.partition(":")[2] for arm in arms if ":" in arm}
        read = {c.control.rpartition(":")[2] for c in self.controls if not c.among and not c.tests}
        return frozenset(named | read)


def dump_test(test: Test) -> dict[str, Any]:
    """Plain data of a test, its kind as key."""
    return {test.kind: test.model_dump(mode="json", exclude_defaults=True)}
