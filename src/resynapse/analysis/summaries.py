"""Mean and spread of every cell of a run."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import polars as pl

CELL = ("arm", "condition", "outcome")
"""What names a cell, in results and in published tables."""


def summary(table: pl.DataFrame) -> pl.DataFrame:
    """Per arm, condition and outcome: mean, sd (n - 1 in the denominator, null for one subject) and n, in table order.

    Parameters
    ----------
    table : the tidy table of a run.
    """
    import polars as pl

    return table.group_by(CELL, maintain_order=True).agg(
        mean=pl.col("value").mean(), sd=pl.col("value").std(ddof=1), n=pl.len().cast(pl.Int64)
    )
