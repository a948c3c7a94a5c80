"""A part of the analysis: what it computes, its tables, its sentence in the methods, and why it may be absent.

A part is one object, so that a new one is one file. It computes a tuple of `Estimate`, which the long table, the text
tables and JSON show as it is. A part whose figure needs more computes records of its own, and says how these become
estimates.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from resynapse.analysis.estimate import Estimate
from resynapse.analysis.numbers import bounds, number, p_value
from resynapse.protocol import Protocol

if TYPE_CHECKING:
    import polars as pl

    from resynapse.analysis.cells import Cells

Item = TypeVar("Item")
Found = TypeVar("Found")


@dataclass(frozen=True, kw_only=True)
class Measurements:
    """What the parts of an analysis read.

    Parameters
    ----------
    table : tidy table of the run.
    cells : the same as a matrix, subjects down, cells across.
    protocol : that was run.
    difference : to plan for, in % or points; a hundredth of it in dimensionless outcomes.
    """

    table: pl.DataFrame
    cells: Cells
    protocol: Protocol
    difference: float = 5.0
    _known: dict[Any, Any] = field(default_factory=dict, repr=False)

    def of(self, compute: Callable[[Cells, Protocol], Found]) -> Found:
        """The result of a computation that several parts need; computed once."""
        if compute not in self._known:
            self._known[compute] = compute(self.cells, self.protocol)
        found: Found = self._known[compute]
        return found


@dataclass(frozen=True, kw_only=True)
class PartTable(Generic[Item]):
    """A text table of a part.

    Parameters
    ----------
    title : above the table.
    columns : the text of each cell, by the heading of its column.
    rows : from what the part computed to one item a row.
    """

    title: str
    columns: Mapping[str, Callable[[Item], str]]
    rows: Callable[[Any], Iterable[Item]] = iter


OF_ESTIMATES: Mapping[str, Callable[[Estimate], str]] = {
    "arm": lambda e: f"{e.arm} - {e.other}" if e.other else e.arm or "",
    "condition": lambda e: e.condition or "",
    "outcome": lambda e: e.outcome or "",
    "quantity": lambda e: e.quantity,
    "n": lambda e: "" if e.n is None else str(e.n),
    "value": lambda e: number(e.value),
    "95 % interval": lambda e: bounds(e.low, e.high),
    "p": lambda e: p_value(e.p),
    "p (Holm)": lambda e: p_value(e.p_holm),
    "note": lambda e: e.note or "",
}
"""Columns of a part that has no table of its own."""


def _nothing(_: Any) -> tuple[str, ...]:
    return ()


@dataclass(frozen=True, kw_only=True)
class Part:
    """A part of the analysis.

    Parameters
    ----------
    name : key in JSON, and attribute of an `Analysis`.
    title : heading of its table.
    compute : from the measurements to what was found: a tuple of estimates, or of records of its own.
    form : type of what is found; it must be readable from its JSON by pydantic.
    estimates : from what was found to estimates.
    tables : its text tables; by default one of all estimates, with `columns`.
    columns : of the default table.
    method_sentence : how it was computed, for the methods of a report; empty for nothing to say.
    why_absent : the reason, where nothing was found; an empty reason is not reported.
    remarks : what a reader must know before any number.
    beside : statements that must accompany its tables.
    nothing : value of an absent part in JSON.
    """

    name: str
    title: str
    compute: Callable[[Measurements], Any]
    form: Any = tuple[Estimate, ...]
    estimates: Callable[[Any], Iterable[Estimate]] = iter
    tables: tuple[PartTable[Any], ...] | None = None
    columns: Mapping[str, Callable[[Estimate], str]] = field(default_factory=lambda: OF_ESTIMATES)
    method_sentence: Callable[[Any], str] = lambda found: ""
    why_absent: Callable[[Measurements], str] = lambda run: ""
    remarks: Callable[[Measurements], Iterable[str]] = _nothing
    beside: Callable[[Any], Iterable[str]] = _nothing
    nothing: Any = ()

    @property
    def shown(self) -> tuple[PartTable[Any], ...]:
        """Its text tables."""
        if self.tables is not None:
            return self.tables
        return (PartTable[Estimate](title=self.title, columns=self.columns, rows=self.estimates),)

    def of_outcomes(self, found: Any, outcomes: Iterable[str]) -> Any:
        """What was found of some outcomes; records without an outcome stay, and what is no tuple belongs to none."""
        if not isinstance(found, tuple):
            return self.nothing
        chosen = set(outcomes)
        return tuple(one for one in found if getattr(one, "outcome", None) in (None, *chosen))
