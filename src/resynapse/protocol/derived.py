"""Outcomes computed from measured ones: differences, thresholds and shares.

They are arithmetic on one subject's results in one arm, so a threshold can change without running anything again.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, ClassVar

import numpy as np
from pydantic import BaseModel, ConfigDict, Field
from typing_extensions import override

Measured = Mapping[tuple[str, str], float]
"""Value by (condition, outcome)."""
Finite = Annotated[float, Field(strict=True, allow_inf_nan=False)]


def base(condition: str) -> str:
    """The name before the count: ``maintenance`` of ``maintenance=25``."""
    return condition.split("=", 1)[0]


class Derived(BaseModel):
    """A rule that adds values to a subject's results; `outcome` names them."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    kind: ClassVar[str]
    outcome: str = Field(min_length=1, description="name of the new outcome")
    of: str = Field(min_length=1, description="the outcome it is computed from")

    def values(self, measured: Measured) -> Iterator[tuple[str, float]]:
        """(condition, value) of every value the rule adds; none where its inputs were not measured."""
        raise NotImplementedError

    @property
    def reads(self) -> tuple[str, ...]:
        """The conditions it needs."""
        raise NotImplementedError

    @property
    def writes(self) -> tuple[str, ...]:
        """The conditions its values stand under, with or without counts."""
        return self.reads


class Drop(Derived):
    """`of` at one condition minus `of` at another, in points; it stands under the first."""

    kind: ClassVar[str] = "drop"
    before: str = Field(description="condition before")
    after: str = Field(description="condition after")

    @override
    def values(self, measured: Measured) -> Iterator[tuple[str, float]]:
        first, second = measured.get((self.before, self.of)), measured.get((self.after, self.of))
        if first is not None and second is not None:
            yield self.before, first - second

    @property
    @override
    def reads(self) -> tuple[str, ...]:
        return (self.before, self.after)

    @property
    @override
    def writes(self) -> tuple[str, ...]:
        return (self.before,)


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


class Mean(Derived):
    """Mean of `of` over all counts of a condition; it stands under a condition of its own."""

    kind: ClassVar[str] = "mean"
    within: str = Field(description="condition whose counts are averaged")
    condition: str = Field(min_length=1, description="condition of the new value")

    @override
    def values(self, measured: Measured) -> Iterator[tuple[str, float]]:
        found = [v for (c, name), v in measured.items() if name == self.of and self.within in (c, base(c))]
        if found:
            yield self.condition, float(np.mean(found))

    @property
    @override
    def reads(self) -> tuple[str, ...]:
        return (self.within,)

    @property
    @override
    def writes(self) -> tuple[str, ...]:
        return (self.condition,)


RULES: dict[str, type[Derived]] = {rule.kind: rule for rule in (Drop, Below, Mean)}
"""Every rule by the name it has in protocol files."""
