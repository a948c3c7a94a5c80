"""The flow of subjects through selection, counted as a trial reports it, and cells that no subject reached."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING

from resynapse.analysis.summaries import CELL
from resynapse.protocol import Protocol
from resynapse.protocol.derived_outcomes import derive
from resynapse.protocol.routes import enrolments, looks
from resynapse.protocol.steps import ENROLLED

if TYPE_CHECKING:
    import polars as pl

FLOW = {"arm": str, "point": str, "criterion": str, "assessed": int, "enrolled": int, "excluded": int}
"""Columns of the flow of subjects."""


def flow(protocol: Protocol, table: pl.DataFrame) -> pl.DataFrame:
    """Per arm and enrol point, in the order they are passed: how many were assessed for eligibility, and what became.

    Parameters
    ----------
    protocol, table : of one run; subjects that are still to come are not counted.

    Returns
    -------
    `FLOW`: ``criterion`` as written, and numbers of subjects, ``assessed = enrolled + excluded``. A point that no
    subject reached has zeros. Without an enrol point the frame is empty.
    """
    import polars as pl

    decided = table.filter(pl.col("outcome") == ENROLLED).group_by("arm", "condition")
    counted = {
        (arm, point): (n, yes) for arm, point, n, yes in decided.agg(pl.len(), (pl.col("value") > 0).sum()).iter_rows()
    }
    rows = []
    for arm, route in protocol.routes.items():
        for point, step in enrolments(route):
            assessed, enrolled = counted.get((arm, point), (0, 0))
            rows.append((arm, point, step.when, assessed, enrolled, assessed - enrolled))
    return pl.DataFrame(rows, schema=FLOW, orient="row")


def with_unreached(summarised: pl.DataFrame, protocol: Protocol) -> pl.DataFrame:
    """A summary that ends with the cells that no subject reached: n = 0, no mean, no SD."""
    import polars as pl

    cells = pl.DataFrame(list(_planned(protocol)), schema=dict.fromkeys(CELL, pl.String), orient="row")
    missing = cells.join(summarised, on=CELL, how="anti", maintain_order="left")
    empty = missing.with_columns(
        mean=pl.lit(None, pl.Float64), sd=pl.lit(None, pl.Float64), n=pl.lit(0, pl.Int64)
    ).select(summarised.columns)
    return pl.concat([summarised, empty])


def _planned(protocol: Protocol) -> Iterator[tuple[str, str, str]]:
    """(arm, condition, outcome) of everything measured in a subject that is never excluded."""
    for arm, route in protocol.routes.items():
        # below every threshold, so that rules which look for a crossing find one
        lowest = {(condition, name): -math.inf for condition, step in looks(route) for name in step.stored}
        for condition, outcome in derive(protocol.derived, lowest, everyone=True):
            yield arm, condition, outcome
