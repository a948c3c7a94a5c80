"""Everything that can be said about a run, in one object."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields, replace
from typing import Any

import polars as pl

from resynapse.analysis.cells import Cells
from resynapse.analysis.contrasts import Contrast, contrasts
from resynapse.analysis.describe import Description, describe
from resynapse.analysis.orders import Orders, rank_orders
from resynapse.disclaimer import DISCLAIMER
from resynapse.errors import ResynapseError, nearest
from resynapse.protocol import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Absent:
    """A part of the analysis that does not apply to this run, and why."""

    part: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Analysis:
    """The statistics of a run. An empty part is named in `absent` with its reason.

    Parameters
    ----------
    protocol : name of the protocol.
    subjects : subjects in the table.
    remarks : what a reader must know before any number.
    """

    protocol: str
    subjects: int
    descriptions: tuple[Description, ...]
    contrasts: tuple[Contrast, ...]
    orders: tuple[Orders, ...]
    absent: tuple[Absent, ...]
    remarks: tuple[str, ...]
    disclaimer: str = DISCLAIMER

    def only(self, outcomes: Sequence[str]) -> Analysis:
        """The same of some outcomes alone; of all if none is named. Adjusted p values stay as they are.

        Raises
        ------
        ResynapseError : the run has no such outcome.
        """
        known = {d.outcome for d in self.descriptions}
        for outcome in outcomes:
            if outcome not in known:
                raise ResynapseError(f"no outcome {outcome!r} in this run; {nearest(outcome, sorted(known))}")
        if not outcomes:
            return self
        kept: dict[str, Any] = {}
        for part in fields(self):
            value = getattr(self, part.name)
            if isinstance(value, tuple) and value and hasattr(value[0], "outcome"):
                kept[part.name] = tuple(one for one in value if one.outcome in outcomes)
        return replace(self, **kept)

    def to_json(self) -> str:
        """Everything, as JSON."""
        return json.dumps(asdict(self), indent=2, allow_nan=False) + "\n"

    def frame(self) -> pl.DataFrame:
        """One row a number, every part below the other; columns of `resynapse.analysis.long`."""
        from resynapse.analysis.long import long

        return long(self)


def analyse(table: pl.DataFrame, protocol: Protocol, *, unfinished: int = 0) -> Analysis:
    """The statistics of a run.

    Parameters
    ----------
    table : tidy table: protocol, variant, subject, arm, condition, outcome, value.
    unfinished : subjects that are still to come, which is said in the remarks.

    Raises
    ------
    ResynapseError : the table is empty.
    """
    if table.is_empty():
        raise ResynapseError("the table holds no value; run at least one subject first")
    cells = Cells.of(table)
    paired, orders = contrasts(cells, protocol), rank_orders(cells, protocol)
    absent = []
    if not paired:
        absent.append(Absent(part="contrasts and orders", reason="no outcome is measured in two arms"))
    remarks = []
    if unfinished:
        remarks.append(f"{unfinished} more subjects are still to come: these are the finished ones")
    if len(cells.subjects) == 1:
        remarks.append("one subject: no interval, no spread and no test")
    return Analysis(
        protocol=protocol.name,
        subjects=len(cells.subjects),
        descriptions=describe(cells, protocol),
        contrasts=paired,
        orders=orders,
        absent=tuple(absent),
        remarks=tuple(remarks),
    )
