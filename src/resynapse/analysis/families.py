"""Families of outcomes: over what p values of two arms are adjusted.

A family is the protocol's primary endpoints. Where none is named it is, by rule, every measured outcome: the counts of
a condition averaged within the subject, settings left out. In both, what has the same values in every subject is one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from resynapse.analysis.cells import Cell, Cells, Floats, before_the_arms, settings
from resynapse.outcomes import catalogue
from resynapse.protocol import Protocol
from resynapse.protocol.conditions import base

Role = Literal["primary", "default", "exploratory"]
BY_RULE = "all outcomes by the default rule"
NAMED = "primary endpoints"
Shared = Mapping[tuple[str, str], tuple[int, int]]
"""The columns of two arms for each (condition, outcome) that both have."""

SETTINGS = tuple(one.name for one in catalogue() if one.setting)
"""Outcomes that follow from the protocol by arithmetic: their agreement shows that the settings are the article's."""


@dataclass(frozen=True, slots=True)
class Member:
    """One outcome of a family in two arms.

    Parameters
    ----------
    condition, outcome : that name it; a condition without its counts where these are averaged.
    cells : the (condition, outcome) of every count that both arms have.
    arm, other : the mean over these within each subject, NaN where a subject lacks one of them in either arm.
    same_as : the member with the same values in every subject, which represents it; empty for none.
    """

    condition: str
    outcome: str
    cells: tuple[tuple[str, str], ...]
    arm: Floats
    other: Floats
    same_as: str = ""

    def __str__(self) -> str:
        return f"{self.outcome} at {self.condition}"

    def equals(self, member: Member) -> bool:
        """Whether every subject has the same values, but for rounding."""
        pairs = ((self.arm, member.arm), (self.other, member.other))
        return all(np.allclose(one, two, rtol=1e-9, atol=1e-9, equal_nan=True) for one, two in pairs)


def shared_cells(cells: Cells, protocol: Protocol, arm: str, other: str) -> dict[tuple[str, str], tuple[int, int]]:
    """What two arms both measured after they parted, settings aside, in table order."""
    before, fixed = before_the_arms(protocol), settings(protocol)
    found = {}
    for key, column in cells.index.items():
        twin = cells.index.get(Cell(other, key.condition, key.outcome))
        if key.arm == arm and twin is not None and key.outcome not in fixed and base(key.condition) not in before:
            found[key.condition, key.outcome] = (column, twin)
    return found


def family(values: Floats, shared: Shared, protocol: Protocol) -> tuple[Member, ...]:
    """The members of a family of two arms, including those that another one represents.

    Parameters
    ----------
    values : shape (subjects, cells).
    shared : what both arms have.
    """
    found: list[Member] = []
    for condition, outcome in _wanted(shared, protocol):
        names = _cells(condition, outcome, shared)
        if not names:
            continue
        arm, other = (values[:, [shared[name][side] for name in names]].mean(axis=1) for side in (0, 1))
        lacking = np.isnan(arm) | np.isnan(other)
        if lacking.all():
            continue
        at = condition if len(names) > 1 else names[0][0]
        arm, other = (np.where(lacking, np.nan, side) for side in (arm, other))
        made = Member(at, outcome, names, arm, other)
        twin = next((str(one) for one in found if not one.same_as and one.equals(made)), "")
        found.append(Member(at, outcome, names, arm, other, twin))
    return tuple(found)


def smallest_p(n: int, size: int, flips: int | None = None) -> float:
    """The smallest p that a family can give after Holm, whatever the data.

    Parameters
    ----------
    n : subjects.
    size : members of the family.
    flips : random sign flips; None where all ``2**n`` are counted.
    """
    return min(1.0, size * (2.0 ** (1 - n) if flips is None else 1 / (1 + flips)))


def _wanted(shared: Shared, protocol: Protocol) -> Sequence[tuple[str, str]]:
    if protocol.primary:
        return [(one.condition, one.outcome) for one in protocol.primary]
    return list(dict.fromkeys((base(condition), outcome) for condition, outcome in shared))


def _cells(condition: str, outcome: str, shared: Shared) -> tuple[tuple[str, str], ...]:
    if (condition, outcome) in shared:
        return ((condition, outcome),)
    return tuple(_along(condition, outcome, shared))


def _along(condition: str, outcome: str, shared: Shared) -> Iterator[tuple[str, str]]:
    for name in shared:
        if name[1] == outcome and base(name[0]) == condition:
            yield name
