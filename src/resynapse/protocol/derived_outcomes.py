"""Outcomes computed from measured ones: differences, ratios, thresholds and shares.

They are arithmetic on one subject's results in one arm, so a threshold can change without running anything again.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Annotated, ClassVar, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, field_validator
from typing_extensions import override

from resynapse.errors import ProtocolError
from resynapse.protocol.when import When

Measured = Mapping[tuple[str, str], float]
"""Value by (condition, outcome)."""
Finite = Annotated[float, Field(strict=True, allow_inf_nan=False, json_schema_extra={"unit": "of `of`"})]


def base(condition: str) -> str:
    """The name before the count: ``maintenance`` of ``maintenance=25``."""
    return condition.split("=", 1)[0]


class Derived(BaseModel):
    """A rule that adds values to a subject's results; `outcome` names them."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    kind: ClassVar[str]
    outcome: str = Field(min_length=1, description="name of the new outcome")
    of: str = Field(min_length=1, description="the outcome it is computed from")
    among: str | None = Field(
        default=None,
        description="only of subjects for whom this holds, such as `acc_combined >= 90 at acute`; by default of all",
    )

    @field_validator("among")
    @classmethod
    def _comparison(cls, text: str | None) -> str | None:
        if text is None:
            return None
        try:
            when, condition = _among(text)
        except ProtocolError as error:
            raise ValueError(str(error)) from None
        return f"{when} at {condition}"

    @property
    def selects(self) -> tuple[When, str] | None:
        """The comparison of `among` and the condition it reads, or None."""
        return None if self.among is None else _among(self.among)

    def concerns(self, measured: Measured) -> bool:
        """Whether the subject is among those it is computed of; one who was not measured there is not."""
        if self.selects is None:
            return True
        when, condition = self.selects
        value = measured.get((condition, when.outcome))
        return value is not None and when.holds({when.outcome: value})

    def values(self, measured: Measured) -> Iterator[tuple[str, float]]:
        """(condition, value) of every value the rule adds; none where its inputs were not measured."""
        raise NotImplementedError

    @property
    def reads(self) -> tuple[str, ...]:
        """The conditions it needs."""
        raise NotImplementedError

    @property
    def asks(self) -> tuple[tuple[str, str], ...]:
        """The (condition, outcome) pairs that must be measured or derived before it."""
        return tuple((condition, self.of) for condition in self.reads)

    @property
    def writes(self) -> tuple[str, ...]:
        """The conditions its values stand under, with or without counts."""
        return self.reads


class Drop(Derived):
    """`of` at one condition minus `of` at another, in points; it stands under the first, count by count.

    An `after` that was measured without counts alone is the same for every count of `before`.
    """

    kind: ClassVar[str] = "drop"
    before: str = Field(description="condition before")
    after: str = Field(description="condition after")
    condition: str | None = Field(default=None, description="condition of the new value, by default `before`")

    @override
    def values(self, measured: Measured) -> Iterator[tuple[str, float]]:
        one = all(c == self.after for c, name in measured if name == self.of and base(c) == self.after)
        for (condition, name), value in measured.items():
            if name == self.of and self.before in (condition, base(condition)):
                counts = condition[len(self.before) :]
                other = measured.get((self.after if one else self.after + counts, self.of))
                if other is not None:
                    yield (self.condition or self.before) + counts, value - other

    @property
    @override
    def reads(self) -> tuple[str, ...]:
        return (self.before, self.after)

    @property
    @override
    def writes(self) -> tuple[str, ...]:
        return (self.condition or self.before,)


class Carry(Derived):
    """`of` at one condition, told at another, count by count: what is measured after a step beside what led to it."""

    kind: ClassVar[str] = "carry"
    at: str = Field(description="condition at which it was measured")
    to: str = Field(min_length=1, description="condition of the new value")

    @override
    def values(self, measured: Measured) -> Iterator[tuple[str, float]]:
        for (condition, name), value in measured.items():
            if name == self.of and self.at in (condition, base(condition)):
                yield self.to + condition[len(self.at) :], value

    @property
    @override
    def reads(self) -> tuple[str, ...]:
        return (self.at,)

    @property
    @override
    def writes(self) -> tuple[str, ...]:
        return (self.to,)


class Ratio(Derived):
    """`of` over another outcome at the same condition; no value where that is 0."""

    kind: ClassVar[str] = "ratio"
    over: str = Field(min_length=1, description="the outcome that it is divided by")
    within: str = Field(description="condition, with or without counts")

    @override
    def values(self, measured: Measured) -> Iterator[tuple[str, float]]:
        for (condition, name), value in measured.items():
            if name == self.of and self.within in (condition, base(condition)):
                divisor = measured.get((condition, self.over), 0.0)
                if divisor:
                    yield condition, value / divisor

    @property
    @override
    def reads(self) -> tuple[str, ...]:
        return (self.within,)

    @property
    @override
    def asks(self) -> tuple[tuple[str, str], ...]:
        return ((self.within, self.of), (self.within, self.over))


class Below(Derived):
    """100 where `of` is below the threshold, else 0, so that a mean is a % of subjects."""

    kind: ClassVar[str] = "below"
    threshold: Finite = Field(description="in the unit of `of`")
    within: str = Field(description="condition, with or without counts")

    @override
    def values(self, measured: Measured) -> Iterator[tuple[str, float]]:
        for (condition, name), value in measured.items():
            if name == self.of and self.within in (condition, base(condition)):
                yield condition, 100.0 if value < self.threshold else 0.0

    @property
    @override
    def reads(self) -> tuple[str, ...]:
        return (self.within,)


class Gathered(Derived):
    """A rule that gathers the counts of one condition and gives one value at a condition of its own."""

    within: str = Field(description="condition whose counts are gathered")
    condition: str = Field(min_length=1, description="condition of the new value")

    @property
    @override
    def reads(self) -> tuple[str, ...]:
        return (self.within,)

    @property
    @override
    def writes(self) -> tuple[str, ...]:
        return (self.condition,)


class Mean(Gathered):
    """Mean of `of` over all counts of a condition; it stands under a condition of its own."""

    kind: ClassVar[str] = "mean"

    @override
    def values(self, measured: Measured) -> Iterator[tuple[str, float]]:
        found = [v for (c, name), v in measured.items() if name == self.of and self.within in (c, base(c))]
        if found:
            yield self.condition, float(np.mean(found))


class Ever(Gathered):
    """100 where `of` is above 0 at any count of a condition, else 0: whether a yes-or-no outcome ever was yes."""

    kind: ClassVar[str] = "ever"

    @override
    def values(self, measured: Measured) -> Iterator[tuple[str, float]]:
        found = [v for (c, name), v in measured.items() if name == self.of and self.within in (c, base(c))]
        if found:
            yield self.condition, 100.0 if max(found) > 0 else 0.0


class OverCounts(Gathered):
    """A rule that reads one outcome along the counts of a condition and gives one value.

    Of several counts, as in ``probe=2,0.3``, the last runs along a course, and the others name it: the value stands
    under ``course=2``.
    """

    @override
    def values(self, measured: Measured) -> Iterator[tuple[str, float]]:
        courses: dict[str, list[tuple[float, float]]] = {}
        for (condition, name), value in measured.items():
            if name == self.of and base(condition) == self.within != condition:
                outer, _, count = condition.split("=", 1)[1].rpartition(",")
                courses.setdefault(outer, []).append((float(count), value))
        for outer, course in courses.items():
            found = self.along(sorted(course))
            if found is not None:
                yield f"{self.condition}={outer}" if outer else self.condition, found

    def along(self, course: list[tuple[float, float]]) -> float | None:
        """The value from the (count, value) pairs, or None."""
        raise NotImplementedError


class First(OverCounts):
    """The first count at which `of` is below the threshold; no value where it never is."""

    kind: ClassVar[str] = "first"
    threshold: Finite = Field(description="in the unit of `of`")

    @override
    def along(self, course: list[tuple[float, float]]) -> float | None:
        return next((count for count, value in course if value < self.threshold), None)


class Steepest(OverCounts):
    """The largest fall of `of` from one count to the next: how far it falls, or the count it falls to."""

    kind: ClassVar[str] = "steepest"
    give: Literal["fall", "count"] = Field(default="fall", description="the size of the fall, or the count after it")

    @override
    def along(self, course: list[tuple[float, float]]) -> float | None:
        falls = [(a[1] - b[1], b[0]) for a, b in pairwise(course)]
        if not falls:
            return None
        size, count = max(falls, key=lambda fall: fall[0])
        return size if self.give == "fall" else count


RULES: dict[str, type[Derived]] = {rule.kind: rule for rule in (Drop, Carry, Ratio, Below, Mean, Ever, First, Steepest)}
"""Every rule by the name it has in protocol files."""


def derive(rules: Sequence[Derived], measured: Measured, *, everyone: bool = False) -> dict[tuple[str, str], float]:
    """What was measured and, after it, what the rules add, one after the other.

    Parameters
    ----------
    rules : in the order of the protocol.
    measured : of one subject in one arm.
    everyone : take no notice of `among`.
    """
    values = dict(measured)
    for rule in rules:
        if everyone or rule.concerns(values):
            values.update({(condition, rule.outcome): value for condition, value in rule.values(values)})
    return values


def _among(text: str) -> tuple[When, str]:
    """The comparison and the condition of ``outcome < number at condition``."""
    comparison, _, condition = text.rpartition(" at ")
    if not comparison or not condition.strip():
        raise ProtocolError(f"{text!r} names no condition; write it such as acc_combined >= 90 at acute")
    return When.parse(comparison), condition.strip()
