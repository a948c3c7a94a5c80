"""The few outcomes that summarise an active run: means over the subjects so far."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from math import sqrt
from typing import Any

from resynapse.protocol import Protocol
from resynapse.protocol.conditions import Condition
from resynapse.protocol.endpoints import Endpoint
from resynapse.protocol.routes import assessments
from resynapse.runs.events import Row

MOST = 3
"""Outcomes that lead."""
MOST_ARMS = 12
"""Arms of which they are shown; a run with every control has more than sixty."""
FIRST = ("acc_combined", "acc_biased_1.0", "acc_standard")
"""Outcomes that lead in a protocol without primary endpoints; others follow in the order of measuring."""


@dataclass(slots=True)
class _Mean:
    """A running mean and sum of squared deviations (Welford)."""

    n: int = 0
    mean: float = 0.0
    squares: float = 0.0

    def add(self, value: float) -> None:
        self.n += 1
        before = value - self.mean
        self.mean += before / self.n
        self.squares += before * (value - self.mean)

    @property
    def sd(self) -> float | None:
        return sqrt(self.squares / (self.n - 1)) if self.n > 1 else None


@dataclass(slots=True)
class Leading:
    """Running means of a protocol's leading outcomes, arm by arm.

    Parameters
    ----------
    endpoints : what leads.
    arms : whose values are taken.
    """

    endpoints: tuple[Endpoint, ...]
    arms: tuple[str, ...]
    means: dict[tuple[str, str], _Mean] = field(default_factory=dict)

    @classmethod
    def of(cls, protocol: Protocol) -> Leading:
        """The first primary endpoints of a protocol, or else outcomes of the first condition of its first arm."""
        arms = tuple(protocol.routes)[:MOST_ARMS]
        return cls(tuple((protocol.primary or _first_measured(protocol, arms[0]))[:MOST]), arms)

    def values(self, rows: Iterable[Row]) -> dict[str, dict[str, float]]:
        """A subject's leading values: by arm, by ``OUTCOME at CONDITION``."""
        found: dict[tuple[str, str], list[float]] = {}
        for arm, condition, outcome, value in rows:
            if arm in self.arms:
                for place in {condition, Condition.parse(condition).name}:
                    if (one := Endpoint(outcome, place)) in self.endpoints:
                        found.setdefault((arm, str(one)), []).append(value)
        by_arm: dict[str, dict[str, float]] = {}
        for (arm, endpoint), values in found.items():
            by_arm.setdefault(arm, {})[endpoint] = sum(values) / len(values)
        return by_arm

    def add(self, values: Mapping[str, Mapping[str, float]]) -> None:
        """Take the leading values of one finished subject into the means."""
        for arm, ours in values.items():
            for endpoint, value in ours.items():
                self.means.setdefault((arm, endpoint), _Mean()).add(value)

    def to_list(self) -> list[dict[str, Any]]:
        """One record for each arm and endpoint that has values; `sd` is None for one subject."""
        return [
            {"arm": arm, "endpoint": endpoint, "n": one.n, "mean": one.mean, "sd": one.sd}
            for (arm, endpoint), one in sorted(self.means.items(), key=self._place)
        ]

    def _place(self, item: tuple[tuple[str, str], _Mean]) -> tuple[int, int]:
        (arm, endpoint), _ = item
        return self.endpoints.index(Endpoint.parse(endpoint)), self.arms.index(arm)


def _first_measured(protocol: Protocol, arm: str) -> list[Endpoint]:
    found = [(outcome, condition) for condition, step in assessments(protocol.routes[arm]) for outcome in step.stored]
    first: dict[str, str] = {}
    for outcome, condition in found:
        first.setdefault(outcome, condition)
    ranked = sorted(first.items(), key=lambda one: FIRST.index(one[0]) if one[0] in FIRST else len(FIRST))
    return [Endpoint(*one) for one in ranked]
