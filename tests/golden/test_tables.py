"""Numbers of every library protocol stay as they were; what moves them is flagged in CHANGELOG.md."""

from __future__ import annotations

import json

import polars as pl
import pytest
from tests.golden.tables import FILE, MACHINE, NAMES, computed, golden, kinds, machine

ONE_SAMPLE = 100 / 16
"""Points of an accuracy when one of the fewest test samples of a small task is decided otherwise."""


def test_every_protocol_of_the_library_has_its_table() -> None:
    kept = pl.read_parquet(FILE, columns=["protocol"])
    assert set(kept["protocol"]) == set(NAMES)


@pytest.mark.parametrize(("name", "kind"), [(name, kind) for name in NAMES for kind in kinds(name)])
def test_numbers_are_those_that_were_kept(name: str, kind: str) -> None:
    kept = golden(name)
    now = computed(name, kind)
    found = [now.get(cell) for cell in kept.select("arm", "condition", "outcome").iter_rows()]
    assert len(now) == len(kept)
    frame = kept.with_columns(pl.Series("now", found, dtype=pl.Float64))
    off = frame.filter(pl.col("now").is_null() | ~_near(frame, kind))
    assert off.is_empty(), off


def _near(frame: pl.DataFrame, kind: str) -> pl.Series:
    """Equal on the machine that made the tables; elsewhere as near as rounding allows.

    In double precision a gradient is rounded at 1e-16, and Adam divides by no less than 1e-8: a step moves by 1e-8 of
    the learning rate at most, far below any sample's margin, so accuracies are equal and other values are to 1e-9.
    What rounding of single precision does is measured in the table itself: the two engines differ in nothing else.
    Another processor may do to the same engine what that does, and a sample more may fall on the other side.
    """
    same = frame.select(pl.col("now").eq_missing(pl.col(kind)) | (pl.col("now").is_nan() & pl.col(kind).is_nan()))
    if machine() == json.loads(MACHINE.read_text("utf-8")):
        return same.to_series()
    scale = pl.col(kind).abs().max().over("outcome")
    apart = (pl.col("now") - pl.col(kind)).abs()
    if kind == "reference":
        return frame.select(apart <= 1e-9 * scale).to_series() | same.to_series()
    rounding = (pl.col("reference") - pl.col("compiled")).abs().fill_nan(0.0).max().over("outcome")
    samples = pl.when(pl.col("outcome").str.starts_with("acc_")).then(ONE_SAMPLE).otherwise(1e-5 * scale)
    return frame.select(apart <= pl.max_horizontal(rounding, samples)).to_series() | same.to_series()
