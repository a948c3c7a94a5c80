"""Conditional steps: done only if the last measured value of an outcome is on one side of a threshold."""

from __future__ import annotations

import math
import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from resynapse.errors import ProtocolError, Where

_SIDES: dict[str, Callable[[float, float], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


@dataclass(frozen=True, slots=True)
class When:
    """A comparison such as ``acc_combined < 80``.

    Parameters
    ----------
    outcome : measured earlier on the same path; the latest value counts.
    side : ``<``, ``<=``, ``>`` or ``>=``.
    threshold : in the unit of the outcome.
    """

    outcome: str
    side: str
    threshold: float

    @classmethod
    def parse(cls, text: object, where: Where = ()) -> When:
        """From its text.

        Raises
        ------
        ProtocolError : it is not ``outcome < number``.
        """
        match = re.fullmatch(r"\s*(\S+?)\s*(<=|>=|<|>)\s*(\S+)\s*", text) if isinstance(text, str) else None
        try:
            threshold = float(match[3]) if match else math.nan
        except ValueError:
            threshold = math.nan
        if match is None or not math.isfinite(threshold):
            raise ProtocolError(f"{text!r} is no comparison; write one such as acc_combined < 80", where)
        return cls(match[1], match[2], threshold)

    def holds(self, seen: Mapping[str, float]) -> bool:
        """Whether it is true of the values measured so far; of an outcome that has no value it is not."""
        value = seen.get(self.outcome)
        return value is not None and _SIDES[self.side](value, self.threshold)

    def __str__(self) -> str:
        short = f"{self.threshold:g}"
        return f"{self.outcome} {self.side} {short if float(short) == self.threshold else self.threshold}"


@dataclass(frozen=True, slots=True)
class At:
    """A comparison at a condition, such as ``acc_combined >= 90 at acute``."""

    when: When
    condition: str

    @classmethod
    def parse(cls, text: str) -> At:
        """From its text.

        Raises
        ------
        ProtocolError : it has another form.
        """
        comparison, _, condition = text.rpartition(" at ")
        if not comparison or not condition.strip():
            raise ProtocolError(f"{text!r} names no condition; write it such as acc_combined >= 90 at acute")
        return cls(When.parse(comparison), condition.strip())

    @property
    def parts(self) -> tuple[When, str]:
        """The comparison and the condition."""
        return self.when, self.condition

    def __str__(self) -> str:
        return f"{self.when} at {self.condition}"
