"""Virtual populations: a number of a protocol that each subject has its own of.

A draw is a function of (root seed, subject, name of the trait): arms share it, the same name in two places is the same
quantile, and it is stored with the results, at the condition `trait`.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from statistics import NormalDist
from typing import Any

from resynapse.errors import ProtocolError, Where, nearest
from resynapse.protocol.population.trait_tables import Column

TRAIT = "trait"
"""The condition that drawn values are recorded at."""
KINDS = ("uniform", "normal", "lognormal", "choice")
Place = tuple[str | int, ...]
"""A field of a step, or a field and an index in it."""


@dataclass(frozen=True, slots=True)
class Distribution:
    """Where a subject's value comes from.

    Parameters
    ----------
    kind : ``uniform`` (lowest, highest), ``normal`` (mean, sd), ``lognormal`` (median, sd of the logarithm) or
        ``choice`` (values, equally likely).
    numbers : its parameters.
    within : the distribution is cut off at these bounds (truncated, not clipped); None for none.
    name : of the trait; empty for one made of the step's place.
    """

    kind: str
    numbers: tuple[float, ...]
    within: tuple[float, float] | None = None
    name: str = ""

    @classmethod
    def parse(cls, value: Mapping[str, Any], where: Where) -> Distribution:
        """From its mapping, such as ``{normal: [0.95, 0.01], within: [0.9, 0.99], name: depth}``.

        Raises
        ------
        ProtocolError : an unknown kind, or parameters that make no distribution.
        """
        kinds = [key for key in value if key in KINDS]
        for key in value:
            if key not in (*KINDS, "within", "name"):
                raise ProtocolError(f"unknown key {key!r}; {nearest(key, (*KINDS, 'within', 'name'))}", where)
        if len(kinds) != 1:
            raise ProtocolError(f"give one distribution of {', '.join(KINDS)}", where)
        kind = kinds[0]
        numbers = _numbers(value[kind], (*where, kind))
        name = value.get("name", "")
        if not isinstance(name, str) or any(c in name for c in ",=/ "):
            raise ProtocolError(f"{name!r} is no name for a trait; use none of , = / and blanks", (*where, "name"))
        within = _bounds(value["within"], (*where, "within")) if "within" in value else None
        if kind != "choice" and len(numbers) != 2:
            raise ProtocolError(f"{kind} takes two numbers, {len(numbers)} are given", (*where, kind))
        if kind == "uniform" and not numbers[0] <= numbers[1]:
            raise ProtocolError(f"expected the lowest value first, got {list(numbers)}", (*where, kind))
        if kind in ("normal", "lognormal") and not numbers[1] > 0:
            raise ProtocolError(f"expected an sd above 0, got {numbers[1]:g}", (*where, kind))
        if kind == "lognormal" and not numbers[0] > 0:
            raise ProtocolError(f"expected a median above 0, got {numbers[0]:g}", (*where, kind))
        if kind == "choice" and within is not None:
            raise ProtocolError("a choice has no bounds; leave the other values out", (*where, "within"))
        made = cls(kind, numbers, within, name)
        if within is not None and not made._span[0] < made._span[1]:
            raise ProtocolError(f"{list(within)} contains no value of this distribution; widen it", (*where, "within"))
        return made

    def dump(self) -> dict[str, Any]:
        """Plain data that `parse` turns into an equal distribution."""
        out: dict[str, Any] = {self.kind: list(self.numbers)}
        if self.within is not None:
            out["within"] = list(self.within)
        return {**out, "name": self.name} if self.name else out

    def __str__(self) -> str:
        bounds = "" if self.within is None else f" within {self.within[0]:g} to {self.within[1]:g}"
        return f"{self.kind} {', '.join(f'{n:g}' for n in self.numbers)}{bounds}"

    def at(self, quantile: float) -> float:
        """The value at a quantile in (0, 1) of what is within the bounds."""
        low, high = self._span
        q = low + quantile * (high - low)
        if self.kind == "choice":
            return self.numbers[min(int(q * len(self.numbers)), len(self.numbers) - 1)]
        if self.kind == "uniform":
            value = self.numbers[0] + q * (self.numbers[1] - self.numbers[0])
        else:
            value = self._normal.inv_cdf(min(max(q, 1e-15), 1.0 - 1e-15))
            value = math.exp(value) if self.kind == "lognormal" else value
        return value if self.within is None else min(max(value, self.within[0]), self.within[1])

    @property
    def stream(self) -> str:
        """Of the draw, below that of the trait's name."""
        return self.name

    @property
    def median(self) -> float:
        """The value that half of the subjects are below."""
        return self.at(0.5)

    @property
    def bounded(self) -> bool:
        """Whether `limits` contains the lowest and the highest value that a subject can draw."""
        return self.kind in ("choice", "uniform") or self.within is not None

    @property
    def limits(self) -> Iterator[tuple[str, float]]:
        """Values that a field must allow: the bounds where there are some, every choice, else the median."""
        ends = self.numbers if self.kind in ("choice", "uniform") else (self.median,)
        if self.within is not None:
            ends = (self.at(0.0), self.at(1.0))
        for end in ends:
            yield "", end

    def value(self, subject: int, quantile: float) -> float:
        """The subject's value at its quantile."""
        return self.at(quantile)

    @property
    def _normal(self) -> NormalDist:
        centre, sd = self.numbers
        return NormalDist(math.log(centre) if self.kind == "lognormal" else centre, sd)

    @property
    def _span(self) -> tuple[float, float]:
        """The quantiles that the bounds leave."""
        if self.within is None or self.kind == "choice":
            return (0.0, 1.0)
        low, high = self._below(self.within[0]), self._below(self.within[1])
        return (low, high)

    def _below(self, value: float) -> float:
        if self.kind == "uniform":
            low, high = self.numbers
            return float(value >= low) if high == low else min(max((value - low) / (high - low), 0.0), 1.0)
        if self.kind == "lognormal":
            return self._normal.cdf(math.log(value)) if value > 0 else 0.0
        return self._normal.cdf(value)


Trait = Distribution | Column
"""Where the number of a subject comes from."""


def found(value: Any, where: Where, place: Place = ()) -> Iterator[tuple[Place, Trait]]:
    """The distributions and columns among a step's fields, with their positions."""
    items = value.items() if isinstance(value, Mapping) else enumerate(value)
    for key, inner in items:
        if isinstance(inner, Mapping) and any(k in KINDS for k in inner):
            yield (*place, key), Distribution.parse(inner, (*where, key))
        elif isinstance(inner, Mapping) and "column" in inner:
            yield (*place, key), Column.parse(inner, (*where, key))
        elif not place and isinstance(inner, list):
            yield from found(inner, (*where, key), (key,))


def placed(value: Mapping[str, Any], numbers: Mapping[Place, Any]) -> dict[str, Any]:
    """The fields with numbers in place of distributions."""
    out = {key: list(inner) if isinstance(inner, (list, tuple)) else inner for key, inner in value.items()}
    for (key, *index), number in numbers.items():
        if index:
            out[str(key)][int(index[0])] = number
        else:
            out[str(key)] = number
    return out


def _numbers(value: object, where: Where) -> tuple[float, ...]:
    if not isinstance(value, list) or not value:
        raise ProtocolError(f"expected a list of numbers, got {value!r}", where)
    for number in value:
        if isinstance(number, bool) or not isinstance(number, (int, float)) or not math.isfinite(number):
            raise ProtocolError(f"{number!r} is no finite number", where)
    return tuple(value)


def _bounds(value: object, where: Where) -> tuple[float, float]:
    numbers = _numbers(value, where)
    if len(numbers) != 2 or not numbers[0] < numbers[1]:
        raise ProtocolError(f"expected [lowest, highest], got {value!r}", where)
    return (numbers[0], numbers[1])
