"""The tidy table as a matrix: subjects down, cells (arm, condition, outcome) across."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from operator import itemgetter
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from resynapse.analysis.summaries import CELL
from resynapse.protocol import Assess, Protocol
from resynapse.protocol.claim_tests.measures import Cell as Cell
from resynapse.protocol.conditions import Condition, Count, base, below
from resynapse.protocol.facts import facts
from resynapse.protocol.node import every
from resynapse.protocol.population.distributions import TRAIT
from resynapse.protocol.remembered import Remembered

if TYPE_CHECKING:
    import polars as pl

Floats = NDArray[np.float64]
_SETTINGS = Remembered[frozenset[str]](8)


class Index(dict[Cell, int]):
    """The column of every cell, and the counts at which a cell was measured."""

    def __init__(self, cells: Iterable[Cell]) -> None:
        super().__init__({cell: column for column, cell in enumerate(cells)})

    def conditions(self, arm: str, condition: str, outcome: str) -> tuple[str, ...]:
        """The condition itself, or all counts of it, ascending; none where it was not measured."""
        if (arm, condition, outcome) in self:
            return (condition,)
        return tuple(at for _, at in sorted(self._along.get((arm, condition, outcome), ()), key=itemgetter(0)))

    @cached_property
    def _along(self) -> dict[tuple[str, str, str], list[tuple[Count, str]]]:
        found: dict[tuple[str, str, str], list[tuple[Count, str]]] = {}
        for arm, condition, outcome in self:
            at = Condition.parse(condition)
            if at.counts:
                found.setdefault((arm, at.name, outcome), []).append((at.count, condition))
        return found


@dataclass(frozen=True)
class Cells:
    """One column a cell, one row a subject; NaN where a subject has no value.

    Parameters
    ----------
    subjects : numbers of the subjects, ascending.
    keys : the cells in table order.
    values : shape (subjects, cells).
    flags : outcomes that are yes or no in each subject, where the protocol is known.
    percentages : outcomes within 0 and 100 %, where the protocol is known.
    """

    subjects: NDArray[np.int64]
    keys: tuple[Cell, ...]
    values: Floats
    flags: frozenset[str] = frozenset()
    percentages: frozenset[str] = frozenset()

    @classmethod
    def of(cls, table: pl.DataFrame, protocol: Protocol | None = None) -> Cells:
        """From the tidy table of a run, and the protocol that says which outcomes are yes or no."""
        named, columns = _cells_of(table)
        subjects, rows = np.unique(table["subject"].to_numpy(), return_inverse=True)
        values = np.full((len(subjects), len(named)), np.nan)
        values[rows, columns] = table["value"].cast(float).to_numpy()
        if protocol is None:
            return cls(subjects.astype(np.int64), named, values)
        percentages = frozenset(name for name, unit in units(protocol).items() if unit == "%")
        return cls(subjects.astype(np.int64), named, values, yes_or_no(protocol), percentages)

    def column(self, arm: str, condition: str, outcome: str) -> Floats | None:
        """The values of one cell, or None where it was not measured."""
        column = self.index.get(Cell(arm, condition, outcome))
        return None if column is None else self.values[:, column]

    @cached_property
    def index(self) -> Index:
        """The column of every cell."""
        return Index(self.keys)

    def only(self, keys: Sequence[Cell]) -> Cells:
        """The same subjects with these cells alone."""
        return replace(self, keys=tuple(keys), values=self.values[:, [self.index[key] for key in keys]])

    @property
    def arms(self) -> tuple[str, ...]:
        """Arms in table order."""
        return tuple(dict.fromkeys(k.arm for k in self.keys))


def _cells_of(table: pl.DataFrame) -> tuple[tuple[Cell, ...], NDArray[np.int64]]:
    """The cells of a table in its order, and the cell of each row.

    Each name is numbered by itself, and a cell by its three numbers: to compare whole rows takes ten times the memory.
    """
    import polars as pl

    code = np.zeros(table.height, dtype=np.int64)
    for name in CELL:
        there = table[name].unique(maintain_order=True)
        code = code * len(there) + table[name].cast(pl.Enum(there)).to_physical().to_numpy()
    _, first, place = np.unique(code, return_index=True, return_inverse=True)
    in_order = np.argsort(first)
    column = np.empty_like(in_order)
    column[in_order] = np.arange(len(first))
    return tuple(Cell(*row) for row in table[first[in_order]].select(CELL).iter_rows()), column[place]


def by_presence(values: Floats) -> Iterator[tuple[list[int], NDArray[np.bool_]]]:
    """Columns grouped by which rows they have: (columns, mask of present rows)."""
    present = ~np.isnan(values)
    groups: dict[bytes, list[int]] = {}
    for column in range(values.shape[1]):
        groups.setdefault(present[:, column].tobytes(), []).append(column)
    for columns in groups.values():
        yield columns, present[:, columns[0]]


def counted(condition: str) -> tuple[str, Count] | None:
    """A condition with counts as (its text without the last count, that count); None for one without.

    >>> counted("maintenance=25"), counted("course=3,15"), counted("acute")
    (('maintenance', 25), ('course=3', 15), None)
    """
    found = Condition.parse(condition)
    return (str(found.within), found.count) if found.counts else None


def at_count(within: str, count: Count) -> str:
    """The condition that `counted` takes apart, as the run wrote it.

    >>> at_count("maintenance", 25), at_count("course=3", 1.0)
    ('maintenance=25', 'course=3,1.0')
    """
    return below(within, count)


def courses(keys: Sequence[Cell]) -> dict[tuple[str, str, str], list[tuple[Count, int]]]:
    """Columns of one outcome along the counts of a condition.

    Returns
    -------
    (count, column) ascending by count, for each (arm, condition without its last count, outcome).
    """
    found: dict[tuple[str, str, str], list[tuple[Count, int]]] = {}
    for column, key in enumerate(keys):
        named = counted(key.condition)
        if named is not None:
            found.setdefault((key.arm, named[0], key.outcome), []).append((named[1], column))
    return {key: sorted(points) for key, points in found.items()}


def yes_or_no(protocol: Protocol) -> frozenset[str]:
    """Outcomes that are 0 or 100 for each subject, so that a mean is a % of subjects."""
    derived = {rule.outcome for rule in protocol.derived}
    return frozenset(name for name, found in facts(protocol).items() if found.flag and name in derived)


def settings(protocol: Protocol) -> frozenset[str]:
    """Outcomes that follow from the protocol by arithmetic."""
    return _SETTINGS.of((protocol,), lambda: frozenset(n for n, found in facts(protocol).items() if found.setting))


def units(protocol: Protocol) -> dict[str, str]:
    """The unit of every outcome of a protocol: ``%`` (0 to 100), ``points``, ``count`` or ``1`` (dimensionless)."""
    return {name: found.unit for name, found in facts(protocol).items()}


def before_the_arms(protocol: Protocol) -> frozenset[str]:
    """Conditions, without counts, that all arms have in common because they come before the arms separate.

    Values there are the same in every arm by construction, so that a comparison of arms would say nothing.
    """
    shared = {node.step.condition for node in every(protocol.induction) if isinstance(node.step, Assess)}
    shared.add(TRAIT)
    for rule in protocol.derived:
        if shared.issuperset(base(read) for read in rule.reads):
            shared.update(base(written) for written in rule.writes)
    return frozenset(shared)
