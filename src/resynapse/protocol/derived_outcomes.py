"""Outcomes computed from measured ones: differences, ratios, thresholds and shares.

They are arithmetic on one subject's results in one arm, so a threshold can change without running anything again.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Annotated, Any, ClassVar, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, field_validator
from typing_extensions import override

from resynapse.errors import ProtocolError
from resynapse.outcomes import Facts, opposite
from resynapse.protocol.conditions import Condition
from resynapse.protocol.when import At, When

Measured = Mapping[tuple[str, str], float]
"""Value by (condition, outcome)."""
Finite = Annotated[float, Field(strict=True, allow_inf_nan=False, json_schema_extra={"unit": "of `of`"})]


class Derived(BaseModel):
    """A rule that adds values to a subject's results; `outcome` names them."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    kind: ClassVar[str]
    outcome: str = Field(min_length=1, description="name of the new outcome")
    of: str = Field(min_length=1, description="the outcome it is computed from")
    among: str | None = Field(
        default=None,
        description="only of subjects for whom this is true, such as `acc_combined >= 90 at acute`; by default of all",
    )

    @field_validator("among")
    @classmethod
    def _comparison(cls, text: str | None) -> str | None:
        if text is None:
            return None
        try:
            return str(At.parse(text))
        except ProtocolError as error:
            raise ValueError(str(error)) from None

    @property
    def selects(self) -> tuple[When, str] | None:
        """The comparison of `among` and the condition it reads, or None."""
        return None if self.among is None else At.parse(self.among).parts

    def concerns(self, measured: Measured) -> bool:
        """Whether the outcome is computed for the subject; False if it was not measured there."""
        if self.selects is None:
            return True
        when, condition = self.selects
        value = measured.get((condition, when.outcome))
        return value is not None and when.holds({when.outcome: value})

    def values(self, measured: Measured) -> Iterator[tuple[str, float]]:
        """(condition, value) of every value the rule adds; none where its inputs were not measured."""
        raise NotImplementedError

    def found(self, measured: Measured, meant: str) -> Iterator[tuple[Condition, str, float]]:
        """The counts that `meant` leaves open, the condition and the value, wherever `of` was measured there."""
        for (condition, name), value in measured.items():
            counts = Condition.parse(condition).beyond(meant) if name == self.of else None
            if counts is not None:
                yield counts, condition, value

    def facts(self, known: Mapping[str, Facts], order: Sequence[str] = ()) -> Facts:
        """What is known about the new outcome.

        Parameters
        ----------
        known : the facts of those that it is computed from.
        order : conditions, without counts, in the order in which they are reached.
        """
        raise NotImplementedError

    def _of(self, known: Mapping[str, Facts]) -> Facts:
        return known.get(self.of, Facts(self.of, "1", ""))

    def _titled(self, meaning: str, unit: str, **facts: Any) -> Facts:
        return Facts(self.outcome, unit, meaning, title=meaning, **facts)

    @property
    def reads(self) -> tuple[str, ...]:
        """The conditions it needs."""
        raise NotImplementedError

    @property
    def needs(self) -> tuple[tuple[str, str], ...]:
        """The (condition, outcome) pairs that must be measured or derived before it."""
        return tuple((condition, self.of) for condition in self.reads)

    @property
    def writes(self) -> tuple[str, ...]:
        """The conditions that its values are recorded at, with or without counts."""
        return self.reads


class Drop(Derived):
    """`of` at one condition minus `of` at another, in points; recorded at the first condition, count by count.

    An `after` that was measured without counts alone is the same for every count of `before`.
    """

    kind: ClassVar[str] = "drop"
    before: str = Field(description="condition before")
    after: str = Field(description="condition after")
    condition: str | None = Field(default=None, description="condition of the new value, by default `before`")

    @override
    def facts(self, known: Mapping[str, Facts], order: Sequence[str] = ()) -> Facts:
        of = self._of(known)
        unit = "points" if of.unit == "%" else of.unit
        before, after = Condition.parse(self.before), Condition.parse(self.after)
        position = {name: index for index, name in enumerate(order)}
        first, last = ((position.get(end.name, 0), end.counts) for end in (before, after))
        # what is lost from an earlier condition to a later one; the other way round it is a gain
        more = opposite(of.more) if first <= last else of.more
        return self._titled(f"{of.title}, {self.before} minus {self.after}", unit, more=more)

    @override
    def values(self, measured: Measured) -> Iterator[tuple[str, float]]:
        after = [counts for counts, _, _ in self.found(measured, self.after)]
        one = not any(counts.counts for counts in after)
        for counts, _, value in self.found(measured, self.before):
            other = measured.get((self.after if one else str(counts.renamed(self.after)), self.of))
            if other is not None:
                yield str(counts.renamed(self.condition or self.before)), value - other

    @property
    @override
    def reads(self) -> tuple[str, ...]:
        return (self.before, self.after)

    @property
    @override
    def writes(self) -> tuple[str, ...]:
        return (self.condition or self.before,)


class Carry(Derived):
    """`of` at one condition, recorded at another, count by count: a measurement after a step beside one before it."""

    kind: ClassVar[str] = "carry"
    at: str = Field(description="condition at which it was measured")
    to: str = Field(min_length=1, description="condition of the new value")

    @override
    def facts(self, known: Mapping[str, Facts], order: Sequence[str] = ()) -> Facts:
        return replace(self._of(known), name=self.outcome)

    @override
    def values(self, measured: Measured) -> Iterator[tuple[str, float]]:
        for counts, _, value in self.found(measured, self.at):
            yield str(counts.renamed(self.to)), value

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
    def facts(self, known: Mapping[str, Facts], order: Sequence[str] = ()) -> Facts:
        over = known[self.over].title if self.over in known else self.over
        of = self._of(known)
        return self._titled(f"{of.title} divided by {over}", "1", more=of.more)

    @override
    def values(self, measured: Measured) -> Iterator[tuple[str, float]]:
        for _, condition, value in self.found(measured, self.within):
            divisor = measured.get((condition, self.over), 0.0)
            if divisor:
                yield condition, value / divisor

    @property
    @override
    def reads(self) -> tuple[str, ...]:
        return (self.within,)

    @property
    @override
    def needs(self) -> tuple[tuple[str, str], ...]:
        return ((self.within, self.of), (self.within, self.over))


class Below(Derived):
    """100 where `of` is below the threshold, else 0, so that a mean is a % of subjects."""

    kind: ClassVar[str] = "below"
    threshold: Finite = Field(description="in the unit of `of`")
    within: str = Field(description="condition, with or without counts")

    @override
    def facts(self, known: Mapping[str, Facts], order: Sequence[str] = ()) -> Facts:
        of = self._of(known)
        return self._titled(f"{_below(of, self.threshold)}, % of subjects", "%", flag=True, more=opposite(of.more))

    @override
    def values(self, measured: Measured) -> Iterator[tuple[str, float]]:
        for _, condition, value in self.found(measured, self.within):
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
    """Mean of `of` over all counts of a condition; recorded at a condition of its own."""

    kind: ClassVar[str] = "mean"

    @override
    def facts(self, known: Mapping[str, Facts], order: Sequence[str] = ()) -> Facts:
        of = self._of(known)
        title = f"{of.title}, mean over {self.within}"
        return replace(of, name=self.outcome, title=title, meaning=title, flag=False, setting=False)

    @override
    def values(self, measured: Measured) -> Iterator[tuple[str, float]]:
        found = [value for _, _, value in self.found(measured, self.within)]
        if found:
            yield self.condition, float(np.mean(found))


class Ever(Gathered):
    """100 where `of` is above 0 at any count of a condition, else 0: whether a yes-or-no outcome ever was yes."""

    kind: ClassVar[str] = "ever"

    @override
    def facts(self, known: Mapping[str, Facts], order: Sequence[str] = ()) -> Facts:
        of = self._of(known)
        return self._titled(f"{of.title}, at any {self.within}", "%", flag=True, more=of.more)

    @override
    def values(self, measured: Measured) -> Iterator[tuple[str, float]]:
        found = [value for _, _, value in self.found(measured, self.within)]
        if found:
            yield self.condition, 100.0 if max(found) > 0 else 0.0


class OverCounts(Gathered):
    """A rule that reads one outcome along the counts of a condition and gives one value.

    Of several counts, as in ``probe=2,0.3``, the last runs along a course and the others name it: the value is recorded
    under ``course=2``.
    """

    @override
    def values(self, measured: Measured) -> Iterator[tuple[str, float]]:
        courses: dict[Condition, list[tuple[float, float]]] = {}
        for counts, _, value in self.found(measured, self.within):
            if counts.counts:
                courses.setdefault(counts.within, []).append((float(counts.count), value))
        for outer, course in courses.items():
            found = self.along(sorted(course))
            if found is not None:
                yield str(outer.renamed(self.condition)), found

    def along(self, course: list[tuple[float, float]]) -> float | None:
        """The value from the (count, value) pairs, or None."""
        raise NotImplementedError


class First(OverCounts):
    """The first count at which `of` is below the threshold; no value where it never is."""

    kind: ClassVar[str] = "first"
    threshold: Finite = Field(description="in the unit of `of`")

    @override
    def facts(self, known: Mapping[str, Facts], order: Sequence[str] = ()) -> Facts:
        of = self._of(known)
        return self._titled(f"first {self.within} with {_below(of, self.threshold)}", "count", more=of.more)

    @override
    def along(self, course: list[tuple[float, float]]) -> float | None:
        return next((count for count, value in course if value < self.threshold), None)


class Steepest(OverCounts):
    """The largest fall of `of` from one count to the next: how far it falls, or the count it falls to."""

    kind: ClassVar[str] = "steepest"
    give: Literal["fall", "count"] = Field(default="fall", description="the size of the fall, or the count after it")

    @override
    def facts(self, known: Mapping[str, Facts], order: Sequence[str] = ()) -> Facts:
        of = self._of(known)
        if self.give == "count":
            return self._titled(f"{self.within} after the steepest fall of {of.title}", "count")
        unit = "points" if of.unit == "%" else of.unit
        return self._titled(f"steepest fall of {of.title}", unit, more=opposite(of.more))

    @override
    def along(self, course: list[tuple[float, float]]) -> float | None:
        falls = [(a[1] - b[1], b[0]) for a, b in pairwise(course)]
        if not falls:
            return None
        size, count = max(falls, key=lambda fall: fall[0])
        return size if self.give == "fall" else count


def _below(of: Facts, threshold: float) -> str:
    return f"{of.title} below {threshold:g}{' %' if of.unit == '%' else ''}"


RULES: dict[str, type[Derived]] = {rule.kind: rule for rule in (Drop, Carry, Ratio, Below, Mean, Ever, First, Steepest)}
"""Every rule by the name it has in protocol files."""


@dataclass(frozen=True, slots=True)
class OtherThreshold:
    """The name of a derived outcome at another threshold than the protocol's: ``manic_relapse_below_48``."""

    outcome: str
    threshold: str

    @classmethod
    def parse(cls, text: str) -> OtherThreshold | None:
        """From its text; None for another name."""
        outcome, below, threshold = text.rpartition("_below_")
        return cls(outcome, threshold) if below and outcome else None

    def __str__(self) -> str:
        return f"{self.outcome}_below_{self.threshold}"


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
